/* notify_flight.c -- one message: made of rows, sent, told of, and what it was told written to its rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_text.h"
#include "notify_deliver_int.h"
#include "policy.pb-c.h"

#define FLIGHT_MEMORY ((size_t)128 * 1024)
#define BUSY_MS 100 /* an account that had no room after all */
#define NOTIFY_OUTCOME_SIZE (NOTIFY_DETAIL_SIZE + 32)

struct flight {
	struct notify_deliver *d;
	struct es_arena *arena; /* this, too */
	struct notify_account *account;
	const char *account_name;
	struct notify_message message;
	struct notify_taken *rows;
	size_t count;
	int64_t lease;
	struct notify_heard heard;
	int64_t heard_ms;
	bool is_put_back; /* it was not sent, or will not be: rows are due again at put_back_ms */
	int64_t put_back_ms;
	/* of the transaction, set anew when it runs again */
	int64_t late, by_sms, dead, tokens;
	bool is_renewed;
};

/* ---- its end ---- */

static void end(struct flight *f)
{
	struct notify_deliver *d = f->d;
	struct es_arena *arena = f->arena;

	es_arena_free(arena);
	pthread_mutex_lock(&d->lock);
	d->flights--;
	d->is_kicked = true; /* there may be room, or a row that is due */
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

static struct notify_addressed addressed(const struct flight *f)
{
	const struct notify_taken *row = &f->rows[0];

	return (struct notify_addressed){ f->message.tenant, row->imsi, row->terminal_id, row->channel, row->token_hash };
}

/* ---- inside the write job ---- */

/* For people: why, in a word of ours, and the provider's own. */
static void outcome_of(const struct flight *f, char out[NOTIFY_OUTCOME_SIZE])
{
	const bool accepted = f->heard.verdict == NOTIFY_ACCEPTED;
	const bool has_detail = !accepted && f->heard.detail[0] != '\0';

	(void)snprintf(out, NOTIFY_OUTCOME_SIZE, "%s%s%s", accepted ? "accepted" : notify_reason_names[f->heard.reason],
	               has_detail ? ": " : "", has_detail ? f->heard.detail : "");
}

/* What is noted of the registration; of a dead token that it is dead, unless it came again since. */
static es_status note_registration(struct es_db_conn *conn, struct flight *f)
{
	const struct notify_addressed to = addressed(f);
	char outcome[NOTIFY_OUTCOME_SIZE];

	if (f->is_put_back)
		return ES_OK;
	if (to.channel == NOTIFY_BY_SMS)
		return f->heard.verdict != NOTIFY_ACCEPTED ? ES_OK
		                                           : notify_store_told_by_sms(conn, to.tenant, to.imsi, f->heard_ms);
	if (f->heard.verdict == NOTIFY_GONE) {
		const int64_t since = f->heard.gone_ms > 0 ? f->heard.gone_ms : f->message.now_ms;
		ES_TRY(notify_store_withdraw(conn, &to, since, &f->tokens));
		f->is_renewed = f->tokens == 0;
	}
	outcome_of(f, outcome);
	return notify_store_told(conn, &to, outcome, f->heard.verdict == NOTIFY_ACCEPTED, f->heard_ms);
}

static es_status give_up(struct es_db_conn *conn, const struct notify_rules *rules, struct flight *f,
                         const struct notify_taken *row, bool is_silent)
{
	const struct notify_given_up why = { f->message.tenant, f->account_name, f->heard.reason, f->heard.detail,
		                                 f->heard_ms };
	bool by_sms = false;

	ES_TRY(notify_give_up(conn, rules, row, &why, is_silent, &by_sms));
	f->by_sms += by_sms ? 1 : 0;
	f->dead += is_silent ? 0 : 1;
	return ES_OK;
}

static es_status settle_row(struct es_db_conn *conn, const struct notify_rules *rules, struct flight *f,
                            const struct notify_taken *row, int64_t generation)
{
	uint32_t lot = 0;

	if (f->is_put_back)
		return notify_store_wake_put_back(conn, row->id, f->put_back_ms);
	es_random(&lot, sizeof lot);
	const struct notify_ruling ruling =
		notify_rule_on(rules, row, &f->heard, generation > row->generation, f->heard_ms, lot);
	switch (ruling.fate) {
	case NOTIFY_ENDS: return notify_store_wake_delete(conn, row->id);
	case NOTIFY_STAYS:
		if (f->heard.verdict == NOTIFY_ACCEPTED)
			return notify_store_wake_begin(conn, row->id, ruling.due_ms, f->message.now_ms);
		return notify_store_wake_free(conn, row->id, ruling.due_ms);
	case NOTIFY_WITHDRAW:
		if (f->is_renewed)
			return notify_store_wake_free(conn, row->id, f->heard_ms + notify_back_off(rules, row->attempts, lot));
		return give_up(conn, rules, f, row, true);
	case NOTIFY_DIES: break;
	}
	return give_up(conn, rules, f, row, false);
}

static es_status settle(struct es_db_conn *conn, void *user)
{
	struct flight *f = user;
	const struct notify_rules *rules = f->d->o.ways.rules(f->d->o.ways.user, f->message.tenant);

	f->late = f->by_sms = f->dead = f->tokens = 0;
	f->is_renewed = false;
	ES_TRY(note_registration(conn, f));
	for (size_t i = 0; i < f->count; i++) {
		int64_t generation = 0;
		const es_status status = notify_store_wake_held(conn, f->rows[i].id, f->lease, &generation);
		if (status == ES_NOT_FOUND) {
			f->late++; /* its lease has ended, or its line is gone */
			continue;
		}
		ES_TRY(status);
		ES_TRY(settle_row(conn, rules, f, &f->rows[i], generation));
	}
	return ES_OK;
}

/* ---- told ---- */

static int64_t oldest_change(const struct flight *f)
{
	int64_t oldest = f->rows[0].changed_ms;

	for (size_t i = 1; i < f->count; i++)
		if (f->rows[i].changed_ms < oldest)
			oldest = f->rows[i].changed_ms;
	return oldest;
}

static void log_apps(const struct flight *f, struct es_buf *out)
{
	for (size_t i = 0; i < f->message.app_count; i++)
		es_put_printf(out, "%s%s", i > 0 ? " " : "", f->message.apps[i]);
}

static void say(const struct flight *f)
{
	const struct notify_message *m = &f->message;
	uint8_t text[256];
	struct es_buf apps;

	es_buf_init_fixed(&apps, text, sizeof text);
	log_apps(f, &apps);
	const struct es_field fields[] = {
		es_f_str("channel", notify_channel_names[m->channel]),
		es_f_str("account", f->account_name),
		es_f_str("tenant", m->tenant),
		es_f_id("imsi", es_slice_str(m->imsi)),
		es_f_slice("apps", es_buf_slice(&apps)),
		es_f_i64("attempts", f->rows[0].attempts),
		es_f_i64("ms", f->heard_ms - oldest_change(f)),
		es_f_str("reason", notify_reason_names[f->heard.reason]),
		es_f_str("detail", f->heard.detail),
	};
	if (f->heard.verdict == NOTIFY_ACCEPTED)
		es_log_event(ES_LOG_INFO, &m->trace, "notify.accepted", fields, ES_COUNT(fields) - 2);
	else if (f->dead > 0)
		es_log_event(ES_LOG_WARN, &m->trace, "notify.given_up", fields, ES_COUNT(fields));
	else if (f->tokens > 0)
		es_log_event(ES_LOG_INFO, &m->trace, "notify.token_withdrawn", fields, ES_COUNT(fields));
	else
		es_log_event(ES_LOG_DEBUG, &m->trace, "notify.not_sent", fields, ES_COUNT(fields));
}

static void count(const struct flight *f)
{
	const enum notify_channel channel = f->message.channel;

	notify_insight_heard(channel, &f->heard);
	notify_insight_late(f->late);
	notify_insight_by_sms(f->by_sms);
	notify_insight_tokens(channel, f->tokens);
	for (int64_t i = 0; i < f->dead; i++)
		notify_insight_dead(channel, f->heard.reason);
	for (size_t i = 0; f->heard.verdict == NOTIFY_ACCEPTED && i < f->count; i++)
		notify_insight_told(channel, f->rows[i].mass > 0, f->heard_ms - f->rows[i].changed_ms);
}

static void settled(es_status status, void *user)
{
	struct flight *f = user;

	if (status != ES_OK)
		es_warn(&f->message.trace, "notify.not_written", es_f_status(status), es_f_str("account", f->account_name));
	else if (!f->is_put_back) {
		count(f);
		say(f);
	}
	end(f);
}

/* What cannot be written is not lost: the rows' lease ends. */
static void write_down(struct flight *f)
{
	f->heard_ms = es_wall_ms();
	const es_status status = es_db_write(notify_store_db(f->d->o.store), settle, settled, f);
	if (status != ES_OK)
		settled(status, f);
}

static void put_back(struct flight *f, int64_t wait_ms)
{
	f->is_put_back = true;
	f->put_back_ms = es_wall_ms() + wait_ms;
	write_down(f);
}

static void told(const struct notify_heard *heard, void *user)
{
	struct flight *f = user;

	f->heard = *heard;
	if (f->d->stopping && heard->verdict == NOTIFY_LATER)
		put_back(f, 0); /* for the next process, or another, at once */
	else
		write_down(f);
}

static void tell(struct flight *f, enum notify_verdict verdict, enum notify_reason reason, const char *detail)
{
	struct notify_heard heard = { .verdict = verdict, .reason = reason };

	es_slice_to_str_cut(es_slice_str(detail), heard.detail, sizeof heard.detail);
	told(&heard, f);
}

static void send(struct flight *f)
{
	const es_status status = f->account->ops->send(f->account, &f->message, told, f);

	if (status == ES_BUSY)
		put_back(f, BUSY_MS);
	else if (status == ES_UNSUPPORTED || status == ES_MALFORMED) /* this account never sends that */
		tell(f, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, es_status_name(status));
	else if (status != ES_OK)
		tell(f, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, es_status_name(status));
}

/* ---- by SMS: the number is asked for ---- */

static const char *number_of(const struct flight *f, const Openes__LinesReply *reply)
{
	for (size_t i = 0; i < reply->n_lines; i++)
		if (strcmp(reply->lines[i]->imsi, f->message.imsi) == 0)
			return reply->lines[i]->msisdn;
	return "";
}

static void on_number(const struct es_bus_reply_view *view, void *user)
{
	struct flight *f = user;
	const Openes__LinesReply *reply = NULL;

	pthread_mutex_lock(&f->d->lock);
	if (f->d->numbers-- == NOTIFY_NUMBERS_MAX) {
		f->d->is_kicked = true; /* others wait to ask */
		pthread_cond_broadcast(&f->d->wake);
	}
	pthread_mutex_unlock(&f->d->lock);
	if (view->status == ES_OK)
		reply = (const Openes__LinesReply *)es_bus_unpack(&openes__lines_reply__descriptor, view->payload, f->arena);
	if (reply == NULL) {
		tell(f, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, "policy was asked for the number");
		return;
	}
	f->message.address = es_slice_str(number_of(f, reply));
	if (f->message.address.len == 0)
		tell(f, NOTIFY_REFUSED, NOTIFY_WHY_NO_NUMBER, "");
	else
		send(f);
}

static void ask_number(struct flight *f)
{
	Openes__LinesRequest request;
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__POLICY_LINES,
		                                         .deadline = f->message.deadline,
		                                         .trace = &f->message.trace };

	openes__lines_request__init(&request);
	request.tenant = (char *)(uintptr_t)f->message.tenant;
	request.imsi = (char *)(uintptr_t)f->message.imsi;
	request.limit = 1;
	pthread_mutex_lock(&f->d->lock);
	f->d->numbers++;
	pthread_mutex_unlock(&f->d->lock);
	const es_status status = es_bus_call(f->d->policy, &options, &request.base, on_number, f);
	if (status == ES_OK)
		return;
	pthread_mutex_lock(&f->d->lock);
	f->d->numbers--;
	pthread_mutex_unlock(&f->d->lock);
	if (status == ES_BUSY)
		put_back(f, BUSY_MS);
	else
		tell(f, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, "policy was to be asked for the number");
}

/* ---- making one ---- */

/* The same for all messages to a client under this database's key, and of no use to anybody else. */
static void name_client(const struct flight *f, char out[NOTIFY_COLLAPSE_SIZE])
{
	static const struct es_slice nul = { (const uint8_t *)"", 1 };
	const struct notify_taken *row = &f->rows[0];
	const struct es_slice parts[] = { es_slice_str("collapse"), nul, es_slice_str(f->message.tenant), nul,
		                              es_slice_str(row->imsi),  nul, es_slice_str(row->terminal_id),  nul,
		                              row->token_hash };
	uint8_t name[16];

	notify_store_pseudonym(f->d->o.store, parts, ES_COUNT(parts), name);
	es_hex_encode(es_slice_of(name, sizeof name), out);
}

static es_status copy_rows(struct flight *f, const struct notify_taken *rows, size_t count)
{
	f->rows = es_arena_array(f->arena, count, sizeof *f->rows);
	if (f->rows == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < count; i++) {
		struct notify_taken *row = &f->rows[i];
		*row = rows[i];
		const char **const texts[] = { &row->imsi, &row->terminal_id, &row->app_name, &row->app, &row->traceparent };
		for (size_t k = 0; k < ES_COUNT(texts); k++)
			if ((*texts[k] = es_arena_strdup(f->arena, es_slice_str(*texts[k]))) == NULL)
				return ES_TOO_LARGE;
		row->token_sealed = (struct es_slice){ NULL, 0 };
		row->token_hash = es_arena_copy(f->arena, row->token_hash);
	}
	f->count = count;
	return ES_OK;
}

static struct es_trace trace_of(const struct flight *f)
{
	struct es_trace trace;

	for (size_t i = f->count; i > 0; i--) /* the newest row's */
		if (es_trace_parse(es_slice_str(f->rows[i - 1].traceparent), &trace))
			return es_trace_child(&trace);
	return es_trace_new();
}

static int64_t latest_expiry(const struct flight *f)
{
	int64_t latest = f->rows[0].expires_ms;

	for (size_t i = 1; i < f->count; i++)
		if (f->rows[i].expires_ms > latest)
			latest = f->rows[i].expires_ms;
	return latest;
}

static es_status fill(struct flight *f, const struct notify_take *take, const struct notify_taken *rows, size_t count)
{
	struct notify_message *m = &f->message;

	ES_TRY(copy_rows(f, rows, count));
	m->tenant = es_arena_strdup(f->arena, es_slice_str(take->tenant));
	f->account_name = es_arena_strdup(f->arena, es_slice_str(take->account));
	if (m->tenant == NULL || f->account_name == NULL)
		return ES_TOO_LARGE;
	f->lease = take->lease;
	m->imsi = f->rows[0].imsi;
	m->channel = f->rows[0].channel;
	m->app_count = notify_group_apps(f->rows, f->count, m->apps);
	m->now_ms = es_wall_ms();
	m->expires_ms = latest_expiry(f);
	m->deadline = take->now_ms + f->d->o.lease_ms / 2;
	m->trace = trace_of(f);
	es_random(m->id, sizeof m->id);
	name_client(f, m->collapse);
	return ES_OK;
}

static es_status address(struct flight *f, const struct notify_taken *row)
{
	const struct notify_owner owner = { es_slice_str(f->message.tenant), es_slice_str(row->imsi),
		                                es_slice_str(row->terminal_id), es_slice_str(row->app_name) };

	return notify_store_unseal(f->d->o.store, &owner, row->token_sealed, f->arena, &f->message.address);
}

void notify_flight_launch(struct notify_deliver *d, struct notify_account *account, const struct notify_take *take,
                          const struct notify_taken *rows, size_t count)
{
	struct es_arena *arena = es_arena_new(0, FLIGHT_MEMORY);
	struct flight *f = arena == NULL ? NULL : es_arena_alloc(arena, sizeof *f);

	if (f != NULL) {
		es_arena_set_secret(arena);
		*f = (struct flight){ .d = d, .arena = arena, .account = account };
	}
	if (f == NULL || fill(f, take, rows, count) != ES_OK) {
		es_arena_free(arena);
		es_warn(NULL, "notify.no_memory", es_f_str("account", take->account)); /* their lease ends */
		return;
	}
	pthread_mutex_lock(&d->lock);
	d->flights++;
	pthread_mutex_unlock(&d->lock);
	if (f->message.channel == NOTIFY_BY_SMS)
		ask_number(f);
	else if (address(f, &rows[0]) != ES_OK)
		tell(f, NOTIFY_LATER, NOTIFY_WHY_CREDENTIAL, "the key ring does not open the push token");
	else
		send(f);
}
