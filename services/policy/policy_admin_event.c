/* policy_admin_event.c -- what an operator's own system tells of a line: applied once, in order, or kept with the reason. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_bss.h"
#include "policy_bss_event.h"
#include "policy_bss_map.h"
#include "policy_lifecycle.h"

#define AHEAD_MAX_MS 300000 /* a clock that is ahead must not shut out what comes after */

/* One event in work. */
struct telling {
	struct policy_admin_call *call;
	const char *source, *name; /* name: of a TM Forum event; "": our own form */
	struct policy_bss_event event;
	struct policy_tenant tenant;
	struct policy_subscriber before;
	bool exists;
	enum policy_told told;
	struct policy_fault fault; /* of POLICY_TOLD_DEAD: why */
};

static const char *const told_names[POLICY_TOLD_COUNT] = {
	[POLICY_TOLD_NOTHING] = "refused",     [POLICY_TOLD_APPLIED] = "applied",   [POLICY_TOLD_UNCHANGED] = "unchanged",
	[POLICY_TOLD_DUPLICATE] = "duplicate", [POLICY_TOLD_OUTDATED] = "outdated", [POLICY_TOLD_DEAD] = "dead_letter",
};

static es_status give_up(struct telling *t, const char *field, const char *error)
{
	t->fault = (struct policy_fault){ field, error };
	return ES_MALFORMED;
}

/* ---- who may tell ---- */

static es_status read_tenant(struct telling *t)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_document document;
	struct policy_fault fault;

	ES_TRY(policy_row_tenant_document(t->call->conn, t->call->tenant, t->call->arena, &document));
	ES_TRY(es_json_parse(document.json, POLICY_BSS_JSON, &json));
	policy_resource_defaults(&policy_tenant_shape, &t->tenant);
	es_status status = policy_resource_read(&policy_tenant_shape, json, t->call->arena, &t->tenant, &fault);
	return status == ES_MALFORMED ? ES_INTERNAL : status; /* our own writer wrote it */
}

static bool is_heard(const struct policy_tenant_bss *bss, const char *source)
{
	if (bss->source[0] != '\0' && strcmp(bss->source, source) == 0)
		return true;
	for (size_t i = 0; i < bss->events_from.count; i++)
		if (strcmp(bss->events_from.items[i], source) == 0)
			return true;
	return false;
}

/* A secret of one tenant's system must not reach another tenant's lines. */
static es_status begin(struct telling *t)
{
	ES_TRY(read_tenant(t));
	if (policy_bss_find(t->call->request->bss, t->source) == NULL || !is_heard(&t->tenant.bss, t->source))
		return policy_refuse(t->call, POLICY_ADMIN_NOT_FOUND, "source", "no such source of this tenant");
	return ES_OK;
}

/* ---- whose line ---- */

struct numbered {
	char imsi[16];
	size_t count;
};

static es_status take_imsi(const struct policy_subscriber *line, void *user)
{
	struct numbered *n = user;
	if (n->count++ == 0)
		memcpy(n->imsi, line->imsi, strlen(line->imsi) + 1);
	return ES_OK;
}

static es_status find_line(struct telling *t)
{
	struct policy_admin_call *call = t->call;
	struct numbered found = { .count = 0 };
	const struct policy_filter filter = {
		.after = "", .msisdn = t->event.msisdn, .plan = "", .status = -1, .limit = 2
	};

	t->exists = false;
	if (t->event.imsi[0] == '\0') {
		ES_TRY(policy_row_subscribers(call->conn, call->tenant, &filter, call->row_arena, take_imsi, &found));
		if (found.count == 0)
			return ES_OK;
		if (found.count > 1)
			return give_up(t, "msisdn", "two lines have this number");
		t->event.imsi = es_arena_strdup(call->arena, es_slice_str(found.imsi));
		if (t->event.imsi == NULL)
			return ES_TOO_LARGE;
	}
	return policy_line_find(call, t->event.imsi, call->arena, &t->before, &t->exists);
}

/* ---- what it says ---- */

static es_status enter(struct telling *t, const struct policy_subscriber *before, const struct policy_subscriber *line)
{
	t->told = POLICY_TOLD_APPLIED;
	t->call->is_quiet = false;
	return policy_line_note(t->call, before, line);
}

static es_status patch_line(struct telling *t)
{
	struct policy_subscriber line;
	bool changed = false;

	policy_resource_defaults(&policy_subscriber_shape, &line);
	if (t->exists)
		line = t->before;
	const struct policy_subscriber *before = t->exists ? &t->before : NULL;
	ES_TRY(policy_line_read(t->call, t->event.patch, t->event.imsi, &line, &t->fault));
	ES_TRY(policy_line_store(t->call, before, &line, &changed, &t->fault));
	t->told = POLICY_TOLD_UNCHANGED;
	return changed ? enter(t, before, &line) : ES_OK;
}

static es_status swap_sim(struct telling *t)
{
	struct policy_subscriber line = t->before, other;
	bool is_taken = false;

	if (strcmp(t->event.new_imsi, t->event.imsi) == 0) {
		t->told = POLICY_TOLD_UNCHANGED;
		return ES_OK;
	}
	ES_TRY(policy_line_find(t->call, t->event.new_imsi, t->call->arena, &other, &is_taken));
	if (is_taken)
		return give_up(t, "new_imsi", "another subscriber has this IMSI");
	ES_TRY(policy_line_swap(t->call, &t->before, &line, t->event.new_imsi, &t->fault));
	t->event.imsi = t->event.new_imsi;
	return enter(t, &t->before, &line);
}

static es_status reset_tokens(struct telling *t)
{
	struct policy_subscriber line = t->before;

	ES_TRY(policy_line_reset(t->call, &t->before, &line));
	ES_TRY(enter(t, &t->before, &line));
	t->call->noted = "tokens reset";
	return ES_OK;
}

static es_status erase(struct telling *t)
{
	struct policy_erased erased;

	t->told = POLICY_TOLD_APPLIED;
	t->call->is_quiet = false;
	t->call->noted = "erased";
	return policy_line_erase(t->call, t->before.imsi, &erased);
}

static es_status refresh(struct telling *t)
{
	t->told = POLICY_TOLD_APPLIED;
	return policy_row_bss_answered(t->call->conn, t->call->tenant, t->event.imsi, t->before.bss_source, 0);
}

static es_status nothing(struct telling *t)
{
	return give_up(t, "", t->event.refusal);
}

static es_status carry_out(struct telling *t)
{
	static es_status (*const deeds[])(struct telling * t) = {
		[POLICY_BSS_PATCH] = patch_line, [POLICY_BSS_SWAP_SIM] = swap_sim, [POLICY_BSS_RESET_TOKENS] = reset_tokens,
		[POLICY_BSS_ERASE] = erase,      [POLICY_BSS_REFRESH] = refresh,   [POLICY_BSS_NOTHING] = nothing,
	};
	return deeds[t->event.deed](t);
}

/* What came before the last one of this source about this line is not news. */
static es_status in_order(struct telling *t)
{
	struct policy_admin_call *call = t->call;
	const int64_t latest = call->now_ms + AHEAD_MAX_MS, at = t->event.at_ms < latest ? t->event.at_ms : latest;
	int64_t last = 0;

	if (t->exists)
		ES_TRY(policy_row_bss_last(call->conn, call->tenant, t->event.imsi, t->source, &last));
	if (at < last) {
		t->told = POLICY_TOLD_OUTDATED;
		return ES_OK;
	}
	ES_TRY(carry_out(t));
	if (t->event.deed == POLICY_BSS_ERASE)
		return ES_OK;
	return policy_row_bss_last_put(call->conn, call->tenant, t->event.imsi, t->source, at);
}

static es_status apply(struct telling *t)
{
	if (t->event.deed == POLICY_BSS_NOTHING)
		return nothing(t);
	ES_TRY(find_line(t));
	const bool may_create = t->tenant.bss.create_unknown && t->event.deed == POLICY_BSS_PATCH &&
	                        t->event.imsi[0] != '\0' && es_json_str(t->event.patch, "plan") != NULL;
	if (!t->exists && t->event.deed == POLICY_BSS_ERASE) {
		t->told = POLICY_TOLD_UNCHANGED;
		return ES_OK;
	}
	return t->exists || may_create ? in_order(t) : give_up(t, "", "no such line");
}

/* ---- reading either form ---- */

static es_status read_event(struct telling *t, const cJSON *body, struct policy_fault *fault)
{
	struct es_arena *arena = t->call->arena;
	char room[256];
	struct es_buf why;
	cJSON *patch = NULL;

	if (t->name[0] == '\0')
		return policy_bss_event_read(body, arena, &t->event, &fault->field, &fault->error);
	ES_TRY(policy_bss_envelope_read(body, arena, &t->event, &fault->field, &fault->error));
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status =
		policy_bss_event_patch(policy_bss_find(t->call->request->bss, t->source), t->name, body, &patch, &why);
	if (status == ES_OK)
		return policy_bss_envelope_fill(&t->event, patch, arena);
	if (status == ES_UNSUPPORTED)
		es_put_str(&why, "this source has no mapping for such an event");
	else if (status != ES_MALFORMED)
		return status;
	t->event.deed = POLICY_BSS_NOTHING;
	t->event.refusal = es_arena_strdup(arena, es_buf_slice(&why));
	return t->event.refusal != NULL ? ES_OK : ES_TOO_LARGE;
}

/* "vowifi.terms: must be one of ..." */
static const char *reason_of(struct telling *t)
{
	const char *field = t->fault.field != NULL ? t->fault.field : "";
	const char *text = es_arena_printf(t->call->arena, "%s%s%s", field, field[0] != '\0' ? ": " : "", t->fault.error);
	return text != NULL ? text : "out of memory";
}

static es_status answer(struct telling *t)
{
	const bool is_news = t->told == POLICY_TOLD_APPLIED || t->told == POLICY_TOLD_UNCHANGED;

	t->call->result->told = t->told;
	if (t->name[0] != '\0') { /* TM Forum's hub wants 204, whatever became of it */
		es_buf_reset(&t->call->result->body);
		t->call->result->outcome = POLICY_ADMIN_DONE;
		return ES_OK;
	}
	struct es_json_out j = policy_answer_start(t->call);
	es_json_put_str(&j, "outcome", told_names[t->told]);
	if (t->told == POLICY_TOLD_DEAD)
		es_json_put_str(&j, "reason", reason_of(t));
	return policy_answer_end(t->call, &j, is_news ? POLICY_ADMIN_DONE : POLICY_ADMIN_ACCEPTED);
}

static es_status keep_dead(struct telling *t)
{
	const struct policy_admin_request *request = t->call->request;
	const struct policy_bss_dead dead = {
		.at_ms = t->call->now_ms,
		.source = t->source,
		.event_id = t->event.id,
		.name = t->name,
		.reason = reason_of(t),
		.body = es_arena_strdup(t->call->arena, request->body),
	};

	if (dead.body == NULL)
		return ES_TOO_LARGE;
	t->told = POLICY_TOLD_DEAD;
	return policy_row_bss_dead_add(t->call->conn, t->call->tenant, &dead);
}

static es_status take(struct telling *t)
{
	struct policy_admin_call *call = t->call;

	es_status status = policy_row_bss_event_add(call->conn, call->tenant, t->source, t->event.id, call->now_ms);
	if (status == ES_CONFLICT) {
		t->told = POLICY_TOLD_DUPLICATE;
		return answer(t);
	}
	if (status != ES_OK)
		return status;
	status = apply(t);
	if (status == ES_MALFORMED)
		status = keep_dead(t);
	return status == ES_OK ? answer(t) : status;
}

static es_status tell(struct policy_admin_call *call, const char *name)
{
	struct telling t = { .call = call, .source = policy_param(call, "source"), .name = name };
	struct policy_fault fault = { "", "must be a JSON object" };

	call->is_quiet = true;
	ES_TRY(begin(&t));
	es_status status = call->body != NULL ? read_event(&t, call->body, &fault) : ES_MALFORMED;
	if (status == ES_MALFORMED)
		status = policy_refuse(call, POLICY_ADMIN_INVALID, fault.field, fault.error);
	else if (status == ES_OK)
		status = take(&t);
	cJSON_Delete(t.event.patch);
	return status;
}

es_status policy_do_bss_event(struct policy_admin_call *call)
{
	return tell(call, "");
}

es_status policy_do_bss_listener(struct policy_admin_call *call)
{
	return tell(call, policy_param(call, "event"));
}

/* ---- what could not be applied ---- */

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	char last[24];
	bool more;
};

static es_status write_dead(const struct policy_bss_dead *dead, void *user)
{
	struct listing *l = user;
	char time[21];

	if (l->count == l->limit) {
		l->more = true;
		return ES_OK;
	}
	l->count++;
	(void)snprintf(l->last, sizeof l->last, "%lld", (long long)dead->id);
	es_time_iso8601(dead->at_ms, time);
	es_json_object(l->j, NULL);
	es_json_put_str(l->j, "id", l->last);
	es_json_put_str(l->j, "source", dead->source);
	es_json_put_str(l->j, "at", time);
	es_json_put_str(l->j, "event_id", dead->event_id);
	es_json_put_str(l->j, "name", dead->name);
	es_json_put_str(l->j, "reason", dead->reason);
	es_json_put_i64(l->j, "tries", dead->tries);
	es_json_put_raw(l->j, "event", es_slice_str(dead->body));
	es_json_end_object(l->j);
	return ES_OK;
}

es_status policy_do_bss_dead_list(struct policy_admin_call *call)
{
	const char *cursor = policy_param(call, "cursor");
	struct listing listing = { .limit = 0 };
	int64_t after = 0;

	ES_TRY(policy_param_limit(call, &listing.limit));
	if (cursor[0] != '\0' && es_parse_i64(es_slice_str(cursor), 0, INT64_MAX, &after) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "cursor", "is none of this list");
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_bss_deads(call->conn, call->tenant, after, listing.limit + 1, call->row_arena, write_dead,
	                            &listing));
	return policy_list_end(call, &j, listing.more ? listing.last : NULL);
}

static es_status load_dead(struct policy_admin_call *call, struct policy_bss_dead *out)
{
	int64_t id = 0;
	es_status status = es_parse_i64(es_slice_str(policy_param(call, "letter")), 1, INT64_MAX, &id);

	if (status == ES_OK)
		status = policy_row_bss_dead(call->conn, call->tenant, id, call->arena, out);
	return status == ES_NOT_FOUND || status == ES_MALFORMED
	           ? policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "letter", "no such dead letter")
	           : status;
}

static es_status name_dead(struct policy_admin_call *call, const struct policy_bss_dead *dead)
{
	call->resource = es_arena_printf(call->arena, "bss/dead-letter/%lld", (long long)dead->id);
	return call->resource != NULL ? ES_OK : ES_TOO_LARGE;
}

/* In the order of the source's events about the line, as if it came now. */
static es_status try_again(struct telling *t, const struct policy_bss_dead *dead, const cJSON *body)
{
	struct policy_admin_call *call = t->call;
	struct policy_fault fault = { "", "" };

	ES_TRY(read_event(t, body, &fault));
	es_status status = apply(t);
	if (status == ES_MALFORMED) {
		t->told = POLICY_TOLD_DEAD;
		status = policy_row_bss_dead_try(call->conn, call->tenant, dead->id, reason_of(t));
	} else if (status == ES_OK) {
		status = policy_row_bss_dead_delete(call->conn, call->tenant, dead->id);
	}
	return status;
}

es_status policy_do_bss_dead_replay(struct policy_admin_call *call)
{
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	struct policy_bss_dead dead;
	struct telling t = { .call = call };

	ES_TRY(load_dead(call, &dead));
	t.source = dead.source;
	t.name = dead.name;
	ES_TRY(begin(&t));
	ES_TRY(es_json_parse(es_slice_str(dead.body), POLICY_BSS_JSON, &body));
	es_status status = try_again(&t, &dead, body);
	cJSON_Delete(t.event.patch);
	if (status != ES_OK)
		return status == ES_MALFORMED ? ES_INTERNAL : status;
	if (call->is_quiet || call->resource[0] == '\0')
		ES_TRY(name_dead(call, &dead));
	call->is_quiet = false;
	if (t.told != POLICY_TOLD_APPLIED)
		call->noted = told_names[t.told];
	t.name = ""; /* a person reads the answer */
	return answer(&t);
}

es_status policy_do_bss_dead_delete(struct policy_admin_call *call)
{
	struct policy_bss_dead dead;

	ES_TRY(load_dead(call, &dead));
	ES_TRY(name_dead(call, &dead));
	ES_TRY(policy_row_bss_dead_delete(call->conn, call->tenant, dead.id));
	es_buf_reset(&call->result->body);
	call->result->outcome = POLICY_ADMIN_DONE;
	return ES_OK;
}
