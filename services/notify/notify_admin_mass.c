/* notify_admin_mass.c -- mass changes: how far they are, paused, resumed, cancelled, faster or slower. */
#include "notify_admin_call.h"
#include "notify_store_mass.h"

_Static_assert(NOTIFY_RATE_MAX == NOTIFY_MASS_RATE_MAX, "what may be asked for is what may be stored");

/* ---- as JSON ---- */

static void write_change(const struct notify_mass *m, int64_t now_ms, struct es_json_out *j)
{
	notify_admin_put_id(j, "id", m->id);
	es_json_put_str(j, "kind", m->kind);
	es_json_put_str(j, "plan", m->plan);
	notify_write_apps(j, m->apps);
	es_json_put_str(j, "state", notify_mass_state_names[m->state]);
	es_json_put_i64(j, "rate", m->rate);
	if (m->total >= 0) {
		es_json_put_i64(j, "total", m->total);
		es_json_put_i64(j, "percent", m->state == NOTIFY_MASS_DONE ? 100 : notify_percent(m->lines, m->total));
	}
	es_json_put_i64(j, "lines", m->lines);
	es_json_put_i64(j, "woken", m->woken);
	es_admin_put_time(j, "start", m->start_ms);
	es_admin_put_time(j, "created", m->created_ms);
	es_admin_put_time(j, "changed", m->changed_ms);
	es_admin_put_time(j, "ended", m->ended_ms);
	if (m->state == NOTIFY_MASS_RUNNING)
		es_admin_put_time(j, "estimated_end", notify_estimated_end(m->lines, m->total, m->woken, m->rate, now_ms));
	notify_write_trace(j, m->traceparent);
}

/* ---- a page ---- */

struct listing {
	struct es_json_out *j;
	int64_t now_ms, last;
	size_t limit, count; /* one more than the limit is looked for */
};

static es_status list_one(const struct notify_mass *m, void *user)
{
	struct listing *l = user;

	if (l->count++ >= l->limit)
		return ES_OK;
	l->last = m->id;
	es_json_object(l->j, NULL);
	write_change(m, l->now_ms, l->j);
	es_json_end_object(l->j);
	return ES_OK;
}

es_status notify_do_mass_list(struct es_admin_call *call)
{
	struct listing l = { .now_ms = call->now_ms };
	int64_t before = 0;

	ES_TRY(es_admin_limit(call, &l.limit));
	ES_TRY(notify_admin_cursor(call, &before));
	struct es_json_out j = es_admin_begin(call);
	l.j = &j;
	es_json_array(&j, "items");
	ES_TRY(notify_store_mass_list(call->conn, call->tenant, before, (uint32_t)l.limit + 1, call->arena, list_one, &l));
	es_json_end_array(&j);
	if (l.count > l.limit)
		notify_admin_put_id(&j, "next", l.last);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- one ---- */

static es_status refuse_unknown(struct es_admin_call *call)
{
	return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "change", "no such mass change");
}

static es_status read_id(struct es_admin_call *call, int64_t *out)
{
	ES_TRY(es_admin_number(call, "change", out));
	return *out > 0 ? ES_OK : refuse_unknown(call);
}

static es_status answer(struct es_admin_call *call, int64_t id)
{
	struct notify_mass mass;
	const es_status status = notify_store_mass_get(call->conn, call->tenant, id, call->arena, &mass);

	if (status == ES_NOT_FOUND)
		return refuse_unknown(call);
	ES_TRY(status);
	struct es_json_out j = es_admin_begin(call);
	write_change(&mass, call->now_ms, &j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

es_status notify_do_mass_get(struct es_admin_call *call)
{
	int64_t id = 0;

	ES_TRY(read_id(call, &id));
	return answer(call, id);
}

/* ---- changed ---- */

/* `status`: of the store. */
static es_status changed(struct es_admin_call *call, int64_t id, es_status status)
{
	if (status == ES_NOT_FOUND)
		return refuse_unknown(call);
	if (status == ES_CONFLICT)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, "state", "it has ended");
	ES_TRY(status);
	return answer(call, id);
}

typedef es_status change_fn(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms);
static es_status act(struct es_admin_call *call, change_fn *change)
{
	int64_t id = 0;

	ES_TRY(read_id(call, &id));
	return changed(call, id, change(call->conn, call->tenant, id, call->now_ms));
}

es_status notify_do_mass_pause(struct es_admin_call *call)
{
	return act(call, notify_store_mass_pause);
}

es_status notify_do_mass_resume(struct es_admin_call *call)
{
	return act(call, notify_store_mass_resume);
}

es_status notify_do_mass_cancel(struct es_admin_call *call)
{
	return act(call, notify_store_mass_cancel);
}

es_status notify_do_mass_patch(struct es_admin_call *call)
{
	struct notify_fault fault = { NULL, NULL };
	uint32_t rate = 0;
	int64_t id = 0;

	ES_TRY(read_id(call, &id));
	if (!notify_form_rate(call->body, &rate, &fault))
		return es_admin_refuse(call, ES_ADMIN_INVALID, fault.field, fault.text);
	return changed(call, id, notify_store_mass_set_rate(call->conn, call->tenant, id, rate, call->now_ms));
}
