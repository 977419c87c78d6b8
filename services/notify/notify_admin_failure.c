/* notify_admin_failure.c -- what was given up: looked at, tried again, let go of. */
#include <string.h>

#include "notify_admin_call.h"

/* ---- as JSON ---- */

static void write_failure(const struct notify_dead *d, struct es_json_out *j)
{
	notify_admin_put_id(j, "id", d->id);
	es_admin_put_time(j, "at", d->at_ms);
	es_json_put_str(j, "imsi", d->imsi);
	notify_write_client(j, d->app, d->app_name, d->channel, d->terminal_id, d->account);
	es_json_put_str(j, "reason", d->reason);
	es_json_put_str(j, "detail", d->detail);
	es_json_put_i64(j, "attempts", d->attempts);
	es_admin_put_time(j, "since", d->changed_ms);
	notify_write_trace(j, d->traceparent);
}

/* ---- a page ---- */

struct page {
	struct notify_dead_filter filter;
	size_t limit, count; /* of items, of which one more than the limit was looked for */
	struct notify_dead *items;
};

static es_status read_page(struct es_admin_call *call, struct page *p)
{
	p->filter = (struct notify_dead_filter){ .tenant = call->tenant,
		                                     .reason = es_admin_param(call, "reason"),
		                                     .imsi = es_admin_param(call, "imsi") };
	if (p->filter.reason[0] != '\0' && !notify_reason_is_known(p->filter.reason))
		return es_admin_refuse(call, ES_ADMIN_INVALID, "reason", "is no reason of ours");
	ES_TRY(notify_admin_channel(call, &p->filter.channel));
	ES_TRY(notify_admin_cursor(call, &p->filter.before));
	ES_TRY(es_admin_limit(call, &p->limit));
	return notify_view_failures(call->conn, &p->filter, p->limit + 1, call->arena, &p->items, &p->count);
}

static size_t shown(const struct page *p)
{
	return p->count > p->limit ? p->limit : p->count;
}

static void write_next(const struct page *p, struct es_json_out *j)
{
	if (p->count > p->limit)
		notify_admin_put_id(j, "next", p->items[p->limit - 1].id);
}

es_status notify_do_failure_list(struct es_admin_call *call)
{
	struct page p = { .count = 0 };

	ES_TRY(read_page(call, &p));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < shown(&p); i++) {
		es_json_object(&j, NULL);
		write_failure(&p.items[i], &j);
		es_json_end_object(&j);
	}
	es_json_end_array(&j);
	write_next(&p, &j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- one ---- */

static es_status refuse_unknown(struct es_admin_call *call)
{
	return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "failure", "no such failure");
}

static es_status read_id(struct es_admin_call *call, int64_t *out)
{
	ES_TRY(es_admin_number(call, "failure", out));
	return *out > 0 ? ES_OK : refuse_unknown(call);
}

static es_status load(struct es_admin_call *call, struct notify_dead *out)
{
	int64_t id = 0;

	ES_TRY(read_id(call, &id));
	const es_status status = notify_view_failure(call->conn, call->tenant, id, call->arena, out);
	return status == ES_NOT_FOUND ? refuse_unknown(call) : status;
}

es_status notify_do_failure_get(struct es_admin_call *call)
{
	struct notify_dead dead;

	ES_TRY(load(call, &dead));
	struct es_json_out j = es_admin_begin(call);
	write_failure(&dead, &j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

es_status notify_do_failure_delete(struct es_admin_call *call)
{
	int64_t id = 0;

	ES_TRY(read_id(call, &id));
	const es_status status = notify_view_failure_delete(call->conn, call->tenant, id);
	if (status == ES_NOT_FOUND)
		return refuse_unknown(call);
	ES_TRY(status);
	struct es_json_out j = es_admin_begin(call);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- again ---- */

/* Why it cannot be tried again; NULL: it is due. */
static es_status replay(struct es_admin_call *call, const struct notify_dead *d, const char **why, const char **account)
{
	bool has_client = d->channel == NOTIFY_BY_SMS;

	*why = NULL;
	*account = notify_admin_account(call, d->channel);
	if (!has_client)
		ES_TRY(notify_view_is_registered(call->conn, d, &has_client));
	if (!has_client)
		*why = "its device is not registered any more";
	else if ((*account)[0] == '\0')
		*why = "the tenant has no account for its channel: name one in notify's channels_file";
	if (*why != NULL)
		return ES_OK;
	struct notify_wake row = { .imsi = d->imsi,
		                       .terminal_id = d->terminal_id,
		                       .app_name = d->app_name,
		                       .app = d->app,
		                       .channel = d->channel,
		                       .account = *account,
		                       .changed_ms = call->now_ms,
		                       .traceparent = call->request->traceparent };
	ES_TRY(notify_admin_wake(call, &row));
	return notify_view_failure_delete(call->conn, call->tenant, d->id);
}

es_status notify_do_failure_replay(struct es_admin_call *call)
{
	const char *why = NULL, *account = "";
	struct notify_dead dead;

	ES_TRY(load(call, &dead));
	ES_TRY(replay(call, &dead, &why, &account));
	if (why != NULL)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, NULL, why);
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	es_json_object(&j, NULL);
	notify_write_client(&j, dead.app, dead.app_name, dead.channel, dead.terminal_id, account);
	es_json_end_object(&j);
	es_json_end_array(&j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

es_status notify_do_failure_replay_all(struct es_admin_call *call)
{
	struct page p = { .count = 0 };
	int64_t replayed = 0;

	ES_TRY(read_page(call, &p));
	for (size_t i = 0; i < shown(&p); i++) {
		const char *why = NULL, *account = "";
		ES_TRY(replay(call, &p.items[i], &why, &account));
		replayed += why == NULL;
	}
	struct es_json_out j = es_admin_begin(call);
	es_json_put_i64(&j, "replayed", replayed);
	es_json_put_i64(&j, "passed_over", (int64_t)shown(&p) - replayed);
	write_next(&p, &j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}
