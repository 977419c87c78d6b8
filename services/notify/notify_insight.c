/* notify_insight.c -- what delivery counts. */
#include "es_cleanup.h"
#include "es_metrics.h"
#include "notify_deliver_int.h"

ES_METRIC_COUNTER(accepted, "openes_notify_accepted_total", "Messages that a provider has accepted", "channel",
                  notify_channel_names);
ES_METRIC_COUNTER(dead_letters, "openes_notify_dead_letters_total", "Wake-ups given up", "reason", notify_reason_names);
ES_METRIC_COUNTER(failures, "openes_notify_failures_total", "Messages that were not accepted, this time", "reason",
                  notify_reason_names);
ES_METRIC_COUNTER(tokens, "openes_notify_tokens_withdrawn_total", "Registrations that ended as their provider said so",
                  "channel", notify_channel_names);
ES_METRIC_COUNTER(withdrawn, "openes_notify_wakes_withdrawn_total", "Wake-ups of clients that are registered no more",
                  "channel", notify_channel_names);
ES_METRIC_COUNTER1(leases_ended, "openes_notify_leases_ended_total",
                   "Wake-ups taken again, since nobody told what became of them: these may be sent twice");
ES_METRIC_COUNTER1(late, "openes_notify_told_late_total",
                   "Wake-ups told of when their lease had ended or their line was gone");
ES_METRIC_COUNTER1(by_sms, "openes_notify_fallbacks_total", "Wake-ups that went on by SMS");
ES_METRIC_GAUGES(queue, "openes_notify_queue", "Wake-ups that wait", "channel", notify_channel_names);
ES_METRIC_GAUGES(oldest, "openes_notify_queue_oldest_seconds", "Since when the oldest of them waits", "channel",
                 notify_channel_names);
ES_METRIC_HISTOGRAM(seconds, "openes_notify_seconds", "From change to acceptance by the provider");

void notify_insight_init(void)
{
	struct es_metric *const all[] = { &accepted, &dead_letters, &failures, &tokens, &withdrawn, &leases_ended,
		                              &late,     &by_sms,       &queue,    &oldest, &seconds };

	for (size_t i = 0; i < ES_COUNT(all); i++)
		es_metric_register(all[i]);
}

void notify_insight_queue(const struct notify_queue *q, int64_t now_ms)
{
	for (size_t i = NOTIFY_GCM; i < NOTIFY_CHANNELS; i++) {
		const int64_t age = q->oldest_ms[i] > 0 && now_ms > q->oldest_ms[i] ? now_ms - q->oldest_ms[i] : 0;
		es_gauge_set_at(&queue, i, q->count[i]);
		es_gauge_set_at(&oldest, i, age / 1000);
	}
}

void notify_insight_taken(int64_t ended_leases)
{
	es_count_by(&leases_ended, 0, ended_leases);
}

void notify_insight_dead(enum notify_channel channel, enum notify_reason reason)
{
	(void)channel;
	es_count(&dead_letters, reason);
}

void notify_insight_withdrawn(enum notify_channel channel, int64_t rows)
{
	es_count_by(&withdrawn, channel, rows);
}

void notify_insight_tokens(enum notify_channel channel, int64_t count)
{
	es_count_by(&tokens, channel, count);
}

void notify_insight_heard(enum notify_channel channel, const struct notify_heard *heard)
{
	if (heard->verdict == NOTIFY_ACCEPTED)
		es_count(&accepted, channel);
	else
		es_count(&failures, heard->reason);
}

void notify_insight_told(enum notify_channel channel, bool is_mass, int64_t ms)
{
	(void)channel;
	if (!is_mass)
		es_observe_us(&seconds, ms > 0 ? (uint64_t)ms * 1000 : 0);
}

void notify_insight_late(int64_t rows)
{
	es_count_by(&late, 0, rows);
}

void notify_insight_by_sms(int64_t rows)
{
	es_count_by(&by_sms, 0, rows);
}
