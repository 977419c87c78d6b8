/* policy_admin_rules.c -- versions of a tenant's rules: written, tried against their own cases, activated, rolled back.
 *
 * A version is never changed. Which one decides is one number, so that activating is one commit, and going back is
 * activating the one before. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_lifecycle.h"
#include "policy_ruleset.h"
#include "policy_store_rules.h"
#include "policy_trial.h"

#define BOOK_BYTES (16u << 20)

es_status policy_body_as_given(struct policy_admin_call *call, struct es_slice *out)
{
	char *text = cJSON_PrintUnformatted(call->body);
	const struct es_slice given = es_slice_str(text != NULL ? text : "");
	const bool fits = given.len <= POLICY_RULESET_OCTETS;

	*out = fits ? es_arena_copy(call->arena, given) : given;
	cJSON_free(text);
	if (!fits)
		return policy_refuse(call, POLICY_ADMIN_INVALID, NULL, "the document is larger than 262144 octets");
	return text != NULL && out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- what a change of them tells ---- */

static bool has_app(struct es_slice list, const char *app)
{
	while (list.len > 0)
		if (es_slice_eq(es_slice_cut(&list, ' '), es_slice_str(app)))
			return true;
	return false;
}

static void put_own_apps(const struct policy_ruleset *rules, struct es_buf *list)
{
	for (size_t i = 0; rules != NULL && i < rules->app_count; i++)
		if (!has_app(es_buf_slice(list), rules->apps[i].id))
			es_put_printf(list, " %s", rules->apps[i].id);
}

/* `coming`: rules that shall decide from now on, whose applications count as well; NULL: none. */
static es_status name_all(struct policy_admin_call *call, const struct policy_ruleset *coming, const char **out)
{
	struct es_arena *arena = es_arena_new(0, BOOK_BYTES);
	const struct policy_book *books = NULL;
	uint8_t storage[1024];
	struct es_buf list;
	size_t count = 0;

	es_buf_init_fixed(&list, storage, sizeof storage);
	es_put_str(&list, POLICY_ALL_APPS);
	es_status status = arena != NULL ? policy_row_books(call->conn, call->tenant, arena, &books, &count) : ES_TOO_LARGE;
	if (status == ES_OK) {
		put_own_apps(count > 0 ? books[0].rules : NULL, &list);
		put_own_apps(coming, &list);
		*out = es_arena_strdup(call->arena, es_buf_slice(&list));
		status = *out != NULL ? es_buf_status(&list) : ES_TOO_LARGE;
	}
	es_arena_free(arena);
	return status;
}

es_status policy_apps_of_all(struct policy_admin_call *call, const char **out)
{
	if (call->all_apps == NULL)
		ES_TRY(name_all(call, NULL, &call->all_apps));
	*out = call->all_apps;
	return ES_OK;
}

static es_status tell(struct policy_admin_call *call, const struct policy_book_row *row, const char *kind,
                      const char *apps, uint64_t *version)
{
	ES_TRY(policy_tell(call, kind, call->tenant, "", apps, version));
	return policy_row_book_put(call->conn, call->tenant, *row, *version);
}

es_status policy_book_changed(struct policy_admin_call *call, const char *kind, uint64_t *version)
{
	struct policy_book_row book;
	const char *apps;

	ES_TRY(policy_row_book(call->conn, call->tenant, &book));
	ES_TRY(policy_apps_of_all(call, &apps));
	return tell(call, &book, kind, apps, version);
}

/* ---- trying the cases ---- */

struct trying {
	struct policy_admin_call *call;
	struct es_arena *arena; /* of books and plans */
	struct policy_tenant tenant;
	struct policy_book book;
	struct policy_ruleset rules;
};

/* As of this transaction: the copy in memory may not have what it changes. */
static es_status read_tenant(struct trying *t)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_document stored;
	struct policy_fault fault;

	ES_TRY(policy_row_tenant_document(t->call->conn, t->call->tenant, t->arena, &stored));
	ES_TRY(es_json_parse(stored.json, ES_JSON_SMALL, &json));
	policy_resource_defaults(&policy_tenant_shape, &t->tenant);
	return policy_resource_read(&policy_tenant_shape, json, t->arena, &t->tenant, &fault);
}

static es_status read_plan(struct trying *t, const char *id, struct policy_plan *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_document stored;
	struct policy_fault fault;

	ES_TRY(policy_row_plan_document(t->call->conn, t->call->tenant, id, t->arena, &stored));
	ES_TRY(es_json_parse(stored.json, ES_JSON_SMALL, &json));
	policy_resource_defaults(&policy_plan_shape, out);
	return policy_resource_read(&policy_plan_shape, json, t->arena, out, &fault);
}

static const struct policy_plan *plan_of(const void *user, const char *id)
{
	union {
		const void *in;
		struct trying *out;
	} it = { .in = user };
	struct policy_plan *plan = es_arena_alloc(it.out->arena, sizeof *plan);

	return plan != NULL && read_plan(it.out, id, plan) == ES_OK ? plan : NULL;
}

/* What a rule document means, beside the add-ons and outages of this moment. ES_CONFLICT: refused. */
static es_status prepare(struct trying *t, const cJSON *document)
{
	struct policy_fault fault = { "", "must be an object" };
	const struct policy_book *books = NULL;
	size_t count = 0;

	es_status status = policy_ruleset_read(document, t->arena, &t->rules, &fault);
	if (status == ES_MALFORMED)
		return policy_refuse(t->call, POLICY_ADMIN_INVALID, fault.field, fault.error);
	if (status != ES_OK)
		return status;
	ES_TRY(read_tenant(t));
	ES_TRY(policy_row_books(t->call->conn, t->call->tenant, t->arena, &books, &count));
	if (count > 0)
		t->book = books[0];
	t->book.tenant = t->call->tenant;
	t->book.rules = &t->rules;
	return ES_OK;
}

es_status policy_answer_cases(struct policy_admin_call *call, const struct policy_trial *trial, const cJSON *document,
                              struct es_arena *arena, struct es_json_out *j, size_t *failed)
{
	struct policy_fault fault = { "", "" };
	size_t run = 0;

	es_json_object(j, "cases");
	es_json_array(j, "failed");
	es_status status = policy_cases_run(trial, document, j, &run, failed, arena, &fault);
	es_json_end_array(j);
	es_json_put_i64(j, "run", (int64_t)run);
	es_json_end_object(j);
	if (status != ES_MALFORMED)
		return status;
	const char *field = es_arena_strdup(call->arena, es_slice_str(fault.field));
	return field != NULL ? policy_refuse(call, POLICY_ADMIN_INVALID, field, fault.error) : ES_TOO_LARGE;
}

static es_status try_cases(struct trying *t, const cJSON *document, struct es_json_out *j, size_t *failed)
{
	const struct policy_trial trial = {
		.tenant = &t->tenant, .book = &t->book, .plan_of = plan_of, .user = t, .now_ms = t->call->now_ms
	};
	return policy_answer_cases(t->call, &trial, document, t->arena, j, failed);
}

static es_status with_arena(struct policy_admin_call *call, es_status (*run)(struct trying *t))
{
	struct trying t = { .call = call, .arena = es_arena_new(0, BOOK_BYTES) };
	const es_status status = t.arena != NULL ? run(&t) : ES_TOO_LARGE;

	es_arena_free(t.arena);
	return status;
}

/* ---- writing ---- */

static es_status add(struct trying *t)
{
	struct policy_admin_call *call = t->call;
	struct es_slice document = { NULL, 0 };
	uint64_t number = 0, version = 0;
	size_t failed = 0;

	ES_TRY(prepare(t, call->body));
	ES_TRY(policy_body_as_given(call, &document));
	ES_TRY(policy_row_ruleset_add(call->conn, call->tenant, document, call->who.name, call->now_ms, &number));
	ES_TRY(policy_tell(call, "rules.added", call->tenant, "", "", &version));
	call->resource = es_arena_printf(call->arena, "rules/%llu", (unsigned long long)number);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	struct es_json_out j = policy_answer_start(call);
	es_json_put_i64(&j, "number", (int64_t)number);
	ES_TRY(try_cases(t, call->body, &j, &failed));
	return policy_answer_end(call, &j, POLICY_ADMIN_CREATED);
}

es_status policy_do_rules_add(struct policy_admin_call *call)
{
	if (call->body == NULL)
		return policy_refuse(call, POLICY_ADMIN_INVALID, NULL, "the rules are missing");
	return with_arena(call, add);
}

/* "7", "active", "previous"; 0: no rules at all. */
static es_status read_number(struct policy_admin_call *call, uint64_t *out)
{
	const char *text = policy_param(call, "number");
	struct policy_book_row book;

	ES_TRY(policy_row_book(call->conn, call->tenant, &book));
	if (strcmp(text, "active") == 0)
		*out = book.active;
	else if (strcmp(text, "previous") == 0)
		*out = book.previous;
	else if (es_parse_u64(es_slice_str(text), 0, INT64_MAX, out) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "number", "must be a number, active or previous");
	return ES_OK;
}

static es_status load(struct policy_admin_call *call, uint64_t number, struct policy_ruleset_row *out)
{
	es_status status = policy_row_ruleset(call->conn, call->tenant, number, call->arena, out);
	return status == ES_NOT_FOUND ? policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "number", "no such rules") : status;
}

/* Rules whose cases fail do not get to decide. */
static es_status check_cases(struct trying *t, uint64_t number)
{
	ES_CLEANUP(es_json_done) cJSON *document = NULL;
	struct policy_ruleset_row row;
	size_t failed = 0;

	ES_TRY(load(t->call, number, &row));
	ES_TRY(es_json_parse(row.document, POLICY_RULESET_JSON, &document));
	ES_TRY(prepare(t, document));
	struct es_json_out j = policy_answer_start(t->call);
	es_json_put_str(&j, "error", "cases of the rules fail");
	ES_TRY(try_cases(t, document, &j, &failed));
	if (failed == 0)
		return ES_OK;
	ES_TRY(policy_answer_end(t->call, &j, POLICY_ADMIN_CONFLICT));
	return ES_CONFLICT;
}

/* Answers of applications that go and of those that come alter. t->rules: those of `number`. */
static es_status decide_by(struct trying *t, uint64_t number, uint64_t before)
{
	const struct policy_book_row next = { number, before };
	const char *apps;
	uint64_t version = 0;

	ES_TRY(name_all(t->call, number > 0 ? &t->rules : NULL, &apps));
	return tell(t->call, &next, "rules.changed", apps, &version);
}

static es_status activate(struct trying *t)
{
	struct policy_admin_call *call = t->call;
	struct policy_book_row book;
	uint64_t number = 0;

	ES_TRY(read_number(call, &number));
	ES_TRY(policy_row_book(call->conn, call->tenant, &book));
	if (number > 0)
		ES_TRY(check_cases(t, number));
	call->resource = es_arena_printf(call->arena, "rules/%llu", (unsigned long long)number);
	call->detail = es_arena_printf(call->arena, "active: %llu -> %llu", (unsigned long long)book.active,
	                               (unsigned long long)number);
	if (call->resource == NULL || call->detail == NULL)
		return ES_TOO_LARGE;
	if (number != book.active)
		ES_TRY(decide_by(t, number, book.active));
	else
		call->noted = "unchanged";
	struct es_json_out j = policy_answer_start(call);
	es_json_put_i64(&j, "active", (int64_t)number);
	es_json_put_i64(&j, "previous", (int64_t)(number != book.active ? book.active : book.previous));
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

es_status policy_do_rules_activate(struct policy_admin_call *call)
{
	return with_arena(call, activate);
}

/* ---- reading ---- */

es_status policy_do_rules_get(struct policy_admin_call *call)
{
	struct policy_ruleset_row row;
	struct policy_book_row book;
	uint64_t number = 0;
	char created[21];

	ES_TRY(read_number(call, &number));
	ES_TRY(policy_row_book(call->conn, call->tenant, &book));
	ES_TRY(load(call, number, &row));
	es_time_iso8601(row.created_ms, created);
	struct es_json_out j = policy_answer_start(call);
	es_json_put_i64(&j, "number", (int64_t)number);
	es_json_put_bool(&j, "active", number == book.active);
	es_json_put_str(&j, "author", row.author);
	es_json_put_str(&j, "created", created);
	es_json_put_raw(&j, "rules", row.document);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

struct listing {
	struct es_json_out *j;
	struct policy_book_row book;
	uint32_t limit, count;
	uint64_t last;
	bool more;
};

static es_status write_row(const struct policy_ruleset_row *row, void *user)
{
	struct listing *l = user;
	char created[21];

	if (l->count == l->limit) {
		l->more = true;
		return ES_OK;
	}
	l->count++;
	l->last = row->number;
	es_time_iso8601(row->created_ms, created);
	es_json_object(l->j, NULL);
	es_json_put_i64(l->j, "number", (int64_t)row->number);
	es_json_put_bool(l->j, "active", row->number == l->book.active);
	es_json_put_str(l->j, "author", row->author);
	es_json_put_str(l->j, "created", created);
	es_json_end_object(l->j);
	return ES_OK;
}

es_status policy_do_rules_list(struct policy_admin_call *call)
{
	const char *cursor = policy_param(call, "cursor");
	struct listing l = { .limit = 0 };
	uint64_t before = 0;

	if (cursor[0] != '\0' && es_parse_u64(es_slice_str(cursor), 1, INT64_MAX, &before) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "cursor", "must be one that a list gave");
	ES_TRY(policy_param_limit(call, &l.limit));
	ES_TRY(policy_row_book(call->conn, call->tenant, &l.book));
	struct es_json_out j = policy_answer_start(call);
	l.j = &j;
	es_json_put_i64(&j, "active", (int64_t)l.book.active);
	es_json_put_i64(&j, "previous", (int64_t)l.book.previous);
	es_json_array(&j, "items");
	ES_TRY(policy_row_rulesets(call->conn, call->tenant, before, l.limit + 1, call->row_arena, write_row, &l));
	const char *last = es_arena_printf(call->arena, "%llu", (unsigned long long)l.last);
	return last != NULL ? policy_list_end(call, &j, l.more ? last : NULL) : ES_TOO_LARGE;
}
