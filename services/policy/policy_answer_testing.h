/* policy_answer_testing.h -- answers of one application from JSON settings, as text. Internal to tests. */
#ifndef POLICY_ANSWER_TESTING_H
#define POLICY_ANSWER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_decide.h"
#include "policy_resource.h"

#define NOW 1767225600000 /* 2026-01-01T00:00:00Z */

/* What is asked, in JSON; NULL: nothing is set. */
struct question {
	const char *tenant, *plan, *line; /* members of each; `plan` "gone": the line's plan does not exist */
	const char *app, *boost_type;     /* boost_type NULL: none */
	uint32_t version;                 /* 0: 12 */
	bool no_handle;
};

static inline void read_members(const struct policy_shape *shape, const char *names, const char *members,
                                struct es_arena *arena, void *into)
{
	char body[2048];
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault = { "", "" };
	const char *more = members != NULL ? members : "";

	assert_true(snprintf(body, sizeof body, "{%s%s%s}", names, more[0] != '\0' ? "," : "", more) < (int)sizeof body);
	assert_int_equal(es_json_parse(es_slice_str(body), ES_JSON_SMALL, &json), ES_OK);
	policy_resource_defaults(shape, into);
	if (policy_resource_read(shape, json, arena, into, &fault) != ES_OK)
		fail_msg("%s: %s: %s", body, fault.field, fault.error);
}

/* The answer's nodes as "name=value;" with characteristics as "name{...}". */
static inline void print_nodes(const struct es_doc_node *node, struct es_buf *out)
{
	for (; node != NULL; node = node->next) {
		es_put_printf(out, ES_SLICE_FMT, ES_SLICE_ARG(node->name));
		if (node->is_parm) {
			es_put_printf(out, "=" ES_SLICE_FMT ";", ES_SLICE_ARG(node->value));
			continue;
		}
		es_put_str(out, node->is_list ? "[" : "{");
		print_nodes(node->child, out);
		es_put_str(out, node->is_list ? "]" : "}");
	}
}

static inline es_status give_handle(const struct policy_handles *handles, const char *app, struct es_arena *arena,
                                    struct es_slice *out)
{
	(void)handles;
	(void)app;
	*out = es_arena_copy(arena, ES_SLICE_LIT("abc"));
	return ES_OK;
}
static const struct policy_handles handles = { give_handle };

struct asked {
	struct policy_tenant tenant;
	struct policy_plan plan;
	struct policy_subscriber line;
	struct policy_context context;
};

static inline void prepare(const struct question *q, struct es_arena *arena, struct asked *out)
{
	bool gone = q->plan != NULL && strcmp(q->plan, "gone") == 0;

	read_members(&policy_tenant_shape, "\"id\":\"demo\"", q->tenant, arena, &out->tenant);
	read_members(&policy_plan_shape, "\"id\":\"p\"", gone ? NULL : q->plan, arena, &out->plan);
	read_members(&policy_subscriber_shape, "\"imsi\":\"001010123456789\",\"plan\":\"p\"", q->line, arena, &out->line);
	out->context = (struct policy_context){
		.tenant = &out->tenant,
		.plan = gone ? NULL : &out->plan,
		.subscriber = &out->line,
		.version_major = q->version != 0 ? q->version : 12,
		.now_ms = NOW,
		.handles = q->no_handle ? NULL : &handles,
		.boost_type = q->boost_type != NULL ? es_slice_str(q->boost_type) : (struct es_slice){ NULL, 0 },
	};
}

static inline const char *answer_to(const struct question *q)
{
	static char text[8192];
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct es_doc_node *first = NULL;
	struct asked asked;
	struct es_buf out;

	assert_non_null(arena);
	prepare(q, arena, &asked);
	assert_int_equal(policy_answer(&asked.context, es_slice_str(q->app), arena, &first), ES_OK);
	es_buf_init_fixed(&out, text, sizeof text - 1);
	print_nodes(first, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	text[out.len] = '\0';
	es_arena_free(arena);
	return text;
}

/* What explain says of it: "rule: saw -> said|" of each. */
static inline const char *explanation_of(const struct question *q)
{
	static char text[8192];
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct policy_trace trace = { .arena = arena };
	struct policy_decision decision;
	struct asked asked;
	struct es_buf out;

	assert_non_null(arena);
	prepare(q, arena, &asked);
	asked.context.trace = &trace;
	assert_int_equal(policy_decide(&asked.context, es_slice_str(q->app), &decision), ES_OK);
	es_buf_init_fixed(&out, text, sizeof text - 1);
	for (size_t i = 0; i < trace.count; i++)
		es_put_printf(&out, "%s: %s -> %s|", trace.notes[i].rule, trace.notes[i].saw, trace.notes[i].said);
	text[out.len] = '\0';
	es_arena_free(arena);
	return text;
}

#endif
