/* notify_smsc_bind.c -- SMPP on one link: the bind, submits and their answers, what the SMSC asks, timers, its end. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "notify_smpp_receipt.h"
#include "notify_smsc_int.h"

enum { STATUS_OK = 0, STATUS_INVALID_LENGTH = 1, STATUS_INVALID_COMMAND = 3 };
enum { MISSED_MAX = 2 };

enum { ENDED_UNANSWERED = NOTIFY_STOPPED + 1, ENDED_THROTTLED, ENDS };
static const char *const ends[ENDS] = {
	[NOTIFY_ACCEPTED] = "accepted", [NOTIFY_LATER] = "later",     [NOTIFY_GONE] = "gone",
	[NOTIFY_REFUSED] = "refused",   [NOTIFY_STOPPED] = "stopped", [ENDED_UNANSWERED] = "unanswered",
	[ENDED_THROTTLED] = "throttled"
};
ES_METRIC_COUNTER(submits, "openes_notify_smpp_submits_total", "SMS handed to SMSCs, by what became of the submit",
                  "result", ends);
ES_METRIC_COUNTER(receipts, "openes_notify_smpp_receipts_total", "Delivery receipts of SMSCs, by the state they tell",
                  "state", notify_receipt_names);
ES_METRIC_COUNTER1(inbound, "openes_notify_smpp_inbound_total",
                   "SMS from phones that SMSCs sent here: answered, not read");
ES_METRIC_COUNTER1(drops, "openes_notify_smpp_drops_total",
                   "Binds and tries to bind that ended otherwise than by a stop");
ES_METRIC_GAUGE(bound, "openes_notify_smpp_bound", "Binds to SMSCs that stand");
ES_METRIC_GAUGE(window, "openes_notify_smpp_window", "Submits that SMSCs have not answered yet");

void smsc_bind_metrics(void)
{
	es_metric_register(&submits);
	es_metric_register(&receipts);
	es_metric_register(&inbound);
	es_metric_register(&drops);
	es_metric_register(&bound);
	es_metric_register(&window);
}

/* ---- slots ---- */

static struct smsc_slot *slot_of(struct smsc_link *link, uint32_t sequence)
{
	for (uint32_t i = 0; i < link->smsc->config->window; i++)
		if (link->slots[i].job != NULL && link->slots[i].sequence == sequence)
			return &link->slots[i];
	return NULL;
}

static struct smsc_job *free_slot(struct smsc_link *link, struct smsc_slot *slot)
{
	struct smsc_job *job = slot->job;

	slot->job = NULL;
	link->under_way--;
	job->under_way--;
	es_gauge_add(&window, -1);
	return job;
}

static uint32_t next_sequence(struct smsc_link *link)
{
	link->sequence = link->sequence >= NOTIFY_SMPP_SEQUENCE_MAX ? 1 : link->sequence + 1;
	return link->sequence;
}

/* ---- the end of a link ---- */

static void tell_under_way(struct smsc_link *link)
{
	for (uint32_t i = 0; i < SMSC_WINDOW_MAX; i++) {
		if (link->slots[i].job == NULL)
			continue;
		struct smsc_job *job = free_slot(link, &link->slots[i]);
		es_count(&submits, ENDED_UNANSWERED);
		smsc_job_tell(job, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, 0, "the bind ended before an answer");
		smsc_job_release(job);
	}
}

/* Between three quarters and all of it, so that many processes do not come back at once. */
static int64_t jittered(int64_t ms)
{
	uint16_t random;

	es_random(&random, sizeof random);
	return ms - ms / 4 * random / UINT16_MAX;
}

static void end_link(struct smsc_link *link, int64_t wait, int64_t now)
{
	if (link->state == LINK_BOUND || link->state == LINK_UNBINDING)
		es_gauge_add(&bound, -1);
	smsc_link_close(link);
	link->state = LINK_DOWN;
	link->since = now;
	link->retry_at = now + jittered(wait);
	tell_under_way(link);
}

void smsc_bind_end(struct smsc_link *link, int64_t now)
{
	end_link(link, 0, now);
}

void smsc_bind_drop(struct smsc_link *link, const char *why, int64_t now)
{
	const struct smsc_config *c = link->smsc->config;

	es_count(&drops, 0);
	es_warn(NULL, "notify.smsc_down", es_f_str("account", link->smsc->base.name), es_f_u64("bind", link->number),
	        es_f_bool("was_bound", link->state == LINK_BOUND), es_f_str("why", why),
	        es_f_u64("unanswered", link->under_way));
	end_link(link, link->pause, now);
	link->pause = link->pause * 2 < c->rebind_max ? link->pause * 2 : c->rebind_max;
}

/* Trying on would lock the account at some SMSCs. */
static void refuse(struct smsc_link *link, const struct notify_smpp_status *row, uint32_t status, int64_t now)
{
	es_error(NULL, "notify.smsc_refused", es_f_str("account", link->smsc->base.name), es_f_u64("bind", link->number),
	         es_f_str("why", row->name), es_f_u64("command_status", status));
	es_count(&drops, 0);
	link->is_refused = true;
	end_link(link, link->smsc->config->refused_wait, now);
}

/* ---- PDUs that go ---- */

/* False: what waits to go is more than is kept, and the link was dropped. */
static bool has_gone(struct smsc_link *link, int64_t now)
{
	if (es_buf_status(&link->out) == ES_OK)
		return true;
	smsc_bind_drop(link, "the SMSC does not read", now);
	return false;
}

void smsc_bind_begin(struct smsc_link *link, int64_t now)
{
	const struct smsc_config *c = link->smsc->config;
	const struct notify_smpp_bind bind = { .system_id = c->system_id,
		                                   .password = link->smsc->password,
		                                   .system_type = c->system_type,
		                                   .address_range = c->address_range };

	link->state = LINK_BINDING;
	link->since = now;
	link->sequence = 0;
	notify_smpp_put_bind(&bind, next_sequence(link), &link->out);
	if (has_gone(link, now))
		smsc_link_flush(link, now);
}

void smsc_bind_unbind(struct smsc_link *link, int64_t now)
{
	link->state = LINK_UNBINDING;
	link->since = now;
	notify_smpp_put_empty(SMPP_UNBIND, STATUS_OK, next_sequence(link), &link->out);
	if (has_gone(link, now))
		smsc_link_flush(link, now);
}

void smsc_bind_submit(struct smsc_link *link, struct smsc_job *job, unsigned part, int64_t now)
{
	struct smsc_slot *slot = link->slots;

	while (slot->job != NULL)
		slot++;
	*slot = (struct smsc_slot){ .job = job, .sequence = next_sequence(link), .part = part, .sent = now };
	link->under_way++;
	job->under_way++;
	es_gauge_add(&window, 1);
	notify_smsc_flow_sent(&link->flow, es_mono_us());
	smsc_job_submit(link->smsc->config, job, part, slot->sequence, &link->out);
	(void)has_gone(link, now);
}

/* ---- answers ---- */

/* What one part came to is what the message does, but for the parts of it that are still to be accepted. A text that the SMSC
 * says it has not taken for now was not sent: it may go once more. */
static void decide(struct smsc_link *link, struct smsc_job *job, unsigned part, const struct notify_smpp_status *row,
                   int64_t now)
{
	int64_t wait = 0;

	if (row->verdict == NOTIFY_ACCEPTED) {
		if (--job->undecided == 0)
			smsc_job_tell(job, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, 0, "");
	} else if (row->effect == SMPP_SLOWS_DOWN && job->is_text && job->told != NULL && job->deadline > now) {
		job->waiting = (uint16_t)(job->waiting | 1u << part);
		if (!job->is_listed)
			smsc_list_put(&link->smsc->texts, job);
		job->is_listed = true;
	} else {
		if (row->effect == SMPP_SLOWS_DOWN)
			(void)notify_smsc_flow_room(&link->flow, es_mono_us(), &wait);
		smsc_job_tell(job, row->verdict, row->reason, wait, row->name);
	}
	smsc_job_release(job);
}

static void take_status(struct smsc_link *link, struct smsc_slot *slot, uint32_t status, const char *id, int64_t now)
{
	const struct notify_smpp_status *row = notify_smpp_status_of(status, link->smsc->vendor);
	const unsigned part = slot->part;
	struct smsc_job *job = free_slot(link, slot);

	es_count(&submits, row->effect == SMPP_SLOWS_DOWN ? ENDED_THROTTLED : row->verdict);
	if (row->effect == SMPP_SLOWS_DOWN)
		notify_smsc_flow_throttled(&link->flow, es_mono_us());
	else if (row->verdict == NOTIFY_ACCEPTED)
		notify_smsc_flow_taken(&link->flow, es_mono_us());
	if (row->verdict == NOTIFY_ACCEPTED && id[0] != '\0')
		smsc_recent_note(&link->smsc->recent, id, job);
	if (row->verdict != NOTIFY_ACCEPTED)
		es_info(job->has_trace ? &job->trace : NULL, "notify.sms_not_taken", es_f_str("account", link->smsc->base.name),
		        es_f_str("why", row->name), es_f_u64("command_status", status),
		        es_f_id("msisdn", es_slice_str(job->digits)));
	decide(link, job, part, row, now);
	if (row->effect == SMPP_STOPS)
		refuse(link, row, status, now);
	else if (row->effect == SMPP_REBINDS)
		smsc_bind_drop(link, row->name, now);
}

static const char *on_bound(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now)
{
	uint8_t version;

	if (link->state != LINK_BINDING || pdu->sequence != link->sequence)
		return "an answer to no bind";
	if (pdu->status != STATUS_OK) {
		const struct notify_smpp_status *row = notify_smpp_status_of(pdu->status, link->smsc->vendor);
		if (row->effect == SMPP_STOPS) {
			refuse(link, row, pdu->status, now);
			return NULL;
		}
		return row->name;
	}
	if (notify_smpp_read_bind(pdu->body, &version) != ES_OK)
		return "bind_transceiver_resp is malformed";
	link->state = LINK_BOUND;
	link->since = now;
	link->pause = link->smsc->config->rebind_first;
	link->is_refused = false;
	link->enquire_at = now + link->smsc->config->enquire_link;
	link->unanswered = 0;
	es_gauge_add(&bound, 1);
	es_info(NULL, "notify.smsc_bound", es_f_str("account", link->smsc->base.name), es_f_u64("bind", link->number),
	        es_f_u64("version", version));
	return NULL;
}

static const char *on_submitted(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now)
{
	struct smsc_slot *slot = slot_of(link, pdu->sequence);
	char id[NOTIFY_SMPP_ID_SIZE];

	if (slot == NULL)
		return "an answer to no submit_sm";
	if (notify_smpp_read_submit(pdu->body, id) != ES_OK)
		return "submit_sm_resp is malformed";
	take_status(link, slot, pdu->status, id, now);
	return NULL;
}

static const char *on_nack(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now)
{
	struct smsc_slot *slot = slot_of(link, pdu->sequence);

	if (slot == NULL || notify_smpp_read_empty(pdu->body) != ES_OK)
		return "generic_nack";
	if (pdu->status == STATUS_OK)
		return "generic_nack without a fault";
	take_status(link, slot, pdu->status, "", now);
	return NULL;
}

static const char *on_enquired(struct smsc_link *link, const struct notify_smpp_pdu *pdu, ES_UNUSED int64_t now)
{
	if (link->unanswered == 0 || pdu->sequence > link->enquiry)
		return "an answer to no enquire_link";
	link->unanswered = 0;
	return NULL;
}

static const char *on_unbound(struct smsc_link *link, ES_UNUSED const struct notify_smpp_pdu *pdu, int64_t now)
{
	if (link->state != LINK_UNBINDING)
		return "an answer to no unbind";
	end_link(link, 0, now);
	return NULL;
}

/* ---- what the SMSC asks ---- */

static void note_receipt(struct smsc_link *link, const struct notify_receipt *receipt)
{
	const struct smsc_sent *sent = smsc_recent_find(&link->smsc->recent, receipt->id);

	es_count(&receipts, receipt->state);
	es_info(sent != NULL && sent->has_trace ? &sent->trace : NULL, "notify.sms_receipt",
	        es_f_str("account", link->smsc->base.name), es_f_str("state", notify_receipt_names[receipt->state]),
	        es_f_bool("is_known", sent != NULL), es_f_bool("is_text", sent != NULL && sent->is_text));
}

/* It is answered whatever it is, or the SMSC sends it for ever. */
static const char *on_deliver(struct smsc_link *link, const struct notify_smpp_pdu *pdu, ES_UNUSED int64_t now)
{
	struct notify_smpp_deliver deliver;
	struct notify_receipt receipt;
	const bool is_read = notify_smpp_read_deliver(pdu->body, &deliver) == ES_OK;

	if (!is_read)
		es_count(&receipts, RECEIPT_UNREADABLE);
	else if (notify_smpp_receipt(&deliver, &receipt))
		note_receipt(link, &receipt);
	else
		es_count(&inbound, 0);
	notify_smpp_put_deliver_resp(is_read ? STATUS_OK : STATUS_INVALID_LENGTH, pdu->sequence, &link->out);
	return NULL;
}

static const char *on_enquire(struct smsc_link *link, const struct notify_smpp_pdu *pdu, ES_UNUSED int64_t now)
{
	notify_smpp_put_empty(SMPP_ENQUIRE_LINK | SMPP_RESPONSE, STATUS_OK, pdu->sequence, &link->out);
	return NULL;
}

static const char *on_unbind(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now)
{
	notify_smpp_put_empty(SMPP_UNBIND | SMPP_RESPONSE, STATUS_OK, pdu->sequence, &link->out);
	smsc_link_flush(link, now);
	return link->fd >= 0 ? "the SMSC unbound" : NULL;
}

static const char *on_alert(ES_UNUSED struct smsc_link *link, const struct notify_smpp_pdu *pdu, ES_UNUSED int64_t now)
{
	return notify_smpp_read_alert(pdu->body) == ES_OK ? NULL : "alert_notification is malformed";
}

/* What is wrong ends the link; NULL: nothing, or it has ended already. */
typedef const char *on_pdu(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now);
static const struct {
	uint32_t command;
	bool before_bound; /* may come in answer to a bind */
	on_pdu *on;
} commands[] = {
	{ SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, true, on_bound },
	{ SMPP_SUBMIT_SM | SMPP_RESPONSE, false, on_submitted },
	{ SMPP_DELIVER_SM, false, on_deliver },
	{ SMPP_ENQUIRE_LINK, true, on_enquire },
	{ SMPP_ENQUIRE_LINK | SMPP_RESPONSE, false, on_enquired },
	{ SMPP_UNBIND, false, on_unbind },
	{ SMPP_UNBIND | SMPP_RESPONSE, false, on_unbound },
	{ SMPP_ALERT_NOTIFICATION, false, on_alert },
	{ SMPP_GENERIC_NACK, true, on_nack },
};

static const char *handle(struct smsc_link *link, const struct notify_smpp_pdu *pdu, int64_t now)
{
	for (size_t i = 0; i < ES_COUNT(commands); i++) {
		if (commands[i].command != pdu->command)
			continue;
		if (link->state == LINK_BINDING && !commands[i].before_bound)
			return "a PDU before the bind was answered";
		return commands[i].on(link, pdu, now);
	}
	if ((pdu->command & SMPP_RESPONSE) != 0)
		return "an answer to what was never asked";
	notify_smpp_put_empty(SMPP_GENERIC_NACK, STATUS_INVALID_COMMAND, pdu->sequence, &link->out);
	return NULL;
}

bool smsc_bind_received(struct smsc_link *link, int64_t now)
{
	size_t at = 0, taken = 0;
	struct notify_smpp_pdu pdu;
	enum notify_smpp_framing framing;

	for (;; at += taken) {
		framing = notify_smpp_frame(es_slice_of(link->in + at, link->in_len - at), &pdu, &taken);
		if (framing != SMPP_PDU_WHOLE)
			break;
		const char *why = handle(link, &pdu, now);
		if (why != NULL)
			smsc_bind_drop(link, why, now);
		if (link->state == LINK_DOWN || !has_gone(link, now))
			return false;
	}
	if (framing == SMPP_PDU_BAD) {
		smsc_bind_drop(link, "no PDU of SMPP, or one that is too large", now);
		return false;
	}
	memmove(link->in, link->in + at, link->in_len - at);
	link->in_len -= at;
	return true;
}

/* ---- timers ---- */

static void enquire(struct smsc_link *link, int64_t now)
{
	if (link->unanswered >= MISSED_MAX) {
		smsc_bind_drop(link, "enquire_link was not answered", now);
		return;
	}
	link->unanswered++;
	link->enquire_at = now + link->smsc->config->enquire_link;
	link->enquiry = next_sequence(link);
	notify_smpp_put_empty(SMPP_ENQUIRE_LINK, STATUS_OK, link->enquiry, &link->out);
	if (has_gone(link, now))
		smsc_link_flush(link, now);
}

/* ms at which the oldest submit should have been answered. */
static int64_t answer_due(const struct smsc_link *link)
{
	int64_t due = INT64_MAX;

	for (uint32_t i = 0; link->under_way > 0 && i < link->smsc->config->window; i++) {
		const struct smsc_slot *slot = &link->slots[i];
		if (slot->job != NULL && slot->sent + link->smsc->config->answer_timeout < due)
			due = slot->sent + link->smsc->config->answer_timeout;
	}
	return due;
}

int64_t smsc_bind_due(const struct smsc_link *link)
{
	const struct smsc_config *c = link->smsc->config;

	if (link->ssl != NULL && SSL_pending(link->ssl) > 0)
		return 0;
	if (link->state == LINK_DOWN)
		return link->retry_at;
	if (link->state != LINK_BOUND)
		return link->since + c->connect_timeout;
	const int64_t answer = answer_due(link);
	return answer < link->enquire_at ? answer : link->enquire_at;
}

void smsc_bind_timers(struct smsc_link *link, int64_t now)
{
	static const char *const late[] = { [LINK_RESOLVING] = "the name was not found in time",
		                                [LINK_CONNECTING] = "no connection in time",
		                                [LINK_SHAKING] = "no TLS in time",
		                                [LINK_BINDING] = "the bind was not answered",
		                                [LINK_UNBINDING] = "the unbind was not answered" };

	if (link->state == LINK_DOWN) {
		if (now >= link->retry_at)
			smsc_link_start(link, now);
	} else if (link->state != LINK_BOUND) {
		if (now >= link->since + link->smsc->config->connect_timeout)
			smsc_bind_drop(link, late[link->state], now);
	} else if (now >= answer_due(link)) {
		smsc_bind_drop(link, "a submit_sm was not answered", now);
	} else if (now >= link->enquire_at) {
		enquire(link, now);
	}
}
