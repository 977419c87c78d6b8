/* notify_insight.c -- what delivery counts. */
#include "es_cleanup.h"
#include "es_metrics.h"
#include "notify_deliver_int.h"

static const char *const verdicts[] = {
	[NOTIFY_ACCEPTED] = "accepted", [NOTIFY_LATER] = "later",     [NOTIFY_GONE] = "gone",
	[NOTIFY_REFUSED] = "refused",   [NOTIFY_STOPPED] = "stopped",
};

/* Of each channel one; [0] is none. */
static struct es_metric messages[NOTIFY_CHANNELS], failures[NOTIFY_CHANNELS], dead_letters[NOTIFY_CHANNELS];
/* By channel, then whether a mass change called: those wait on purpose. */
static struct es_metric seconds[NOTIFY_CHANNELS][2];
static const char *const causes[] = { "change", "mass" };
static const uint64_t bounds_us[ES_METRIC_BUCKETS] = {
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000, 300000000, 1800000000,
};

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

static void name(struct es_metric *m, enum es_metric_kind kind, const char *metric_name, const char *help,
                 size_t channel)
{
	m->kind = kind;
	m->name = metric_name;
	m->help = help;
	m->fixed[0][0] = "channel";
	m->fixed[0][1] = notify_channel_names[channel];
	m->series = 1;
}

static void label(struct es_metric *m, const char *of, const char *const *values, size_t count)
{
	m->label = of;
	m->values = values;
	m->series = count;
}

static void name_seconds(size_t channel, size_t cause)
{
	struct es_metric *m = &seconds[channel][cause];

	name(m, ES_HISTOGRAM, "openes_notify_change_seconds", "From a change to its acceptance by the provider", channel);
	m->fixed[1][0] = "cause";
	m->fixed[1][1] = causes[cause];
	m->bounds_us = bounds_us;
	es_metric_register(m);
}

static void name_all(void)
{
	for (size_t i = NOTIFY_GCM; i < NOTIFY_CHANNELS; i++) {
		name(&messages[i], ES_COUNTER, "openes_notify_messages_total", "Messages, by what their provider made of them",
		     i);
		label(&messages[i], "verdict", verdicts, ES_COUNT(verdicts));
		name(&failures[i], ES_COUNTER, "openes_notify_failures_total", "Messages that were not accepted, this time", i);
		label(&failures[i], "reason", notify_reason_names, NOTIFY_REASONS);
		name(&dead_letters[i], ES_COUNTER, "openes_notify_dead_letters_total", "Wake-ups given up", i);
		label(&dead_letters[i], "reason", notify_reason_names, NOTIFY_REASONS);
		es_metric_register(&messages[i]);
		es_metric_register(&failures[i]);
		es_metric_register(&dead_letters[i]);
		for (size_t k = 0; k < ES_COUNT(causes); k++)
			name_seconds(i, k);
	}
}

void notify_insight_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct es_metric *const all[] = { &tokens, &withdrawn, &leases_ended, &late, &by_sms, &queue, &oldest };

	pthread_once(&once, name_all);
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
	es_count(&dead_letters[channel], reason);
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
	es_count(&messages[channel], heard->verdict);
	if (heard->verdict != NOTIFY_ACCEPTED)
		es_count(&failures[channel], heard->reason);
}

void notify_insight_told(enum notify_channel channel, bool is_mass, int64_t ms)
{
	es_observe_us(&seconds[channel][is_mass ? 1 : 0], ms > 0 ? (uint64_t)ms * 1000 : 0);
}

void notify_insight_late(int64_t rows)
{
	es_count_by(&late, 0, rows);
}

void notify_insight_by_sms(int64_t rows)
{
	es_count_by(&by_sms, 0, rows);
}
