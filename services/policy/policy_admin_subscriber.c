/* policy_admin_subscriber.c -- actions on subscribers. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_lifecycle.h"
#include "policy_qos_follow.h"
#include "policy_resource.h"

#define TOUCH_BYTES (1u << 20) /* all devices of a line with all their answers */

static es_status name_resource(struct policy_admin_call *call, const char *imsi)
{
	call->resource = es_arena_printf(call->arena, "subscriber/%s", imsi);
	return call->resource != NULL ? ES_OK : ES_TOO_LARGE;
}

/* What became of the line, for the trail. */
static es_status describe(struct policy_admin_call *call, const struct policy_subscriber *before,
                          const struct policy_subscriber *after)
{
	if (before != NULL)
		call->detail = policy_change_in_words(call->arena, &policy_subscriber_shape, before, after);
	return call->detail != NULL ? ES_OK : ES_TOO_LARGE;
}

/* The subscriber of the path; refused when there is none. */
static es_status load(struct policy_admin_call *call, struct policy_subscriber *out)
{
	const char *imsi = policy_param(call, "imsi");
	uint64_t version;

	ES_TRY(name_resource(call, imsi));
	es_status status = policy_row_subscriber(call->conn, call->tenant, imsi, call->arena, out, &version);
	return status == ES_NOT_FOUND ? policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "imsi", "no such subscriber") : status;
}

static es_status answer(struct policy_admin_call *call, enum policy_admin_outcome outcome,
                        const struct policy_subscriber *line)
{
	return policy_answer_resource(call, outcome, &policy_subscriber_shape, line);
}

/* ---- storing a change: epoch, event and version ---- */

/* Orders for quality of service that its boosts call for. Most lines never had a boost. */
static es_status follow(struct policy_admin_call *call, const struct policy_subscriber *before,
                        const struct policy_subscriber *line)
{
	const struct policy_catalog *catalog = NULL;

	if (line->data.boosts.count == 0 && (before == NULL || before->data.boosts.count == 0))
		return ES_OK;
	ES_TRY(policy_call_catalog_in_write(call, &catalog));
	return policy_qos_follow(call->conn, catalog, line, call->now_ms);
}

/* Never an epoch twice for one IMSI: a number drawn from the outbox is above all that were drawn before, and a raise goes
 * at least one up. A subscriber that is deleted and made again starts above its old tokens, since the deletion is an
 * event. */
static es_status insert(struct policy_admin_call *call, struct policy_subscriber *line)
{
	uint64_t head = 0;
	ES_TRY(policy_row_event_head(call->conn, &head));
	line->epoch = head + 1;
	line->version = head; /* a creation is no event: nobody can have asked about this line before */
	line->updated_ms = call->now_ms;
	ES_TRY(policy_row_subscriber_insert(call->conn, line));
	return follow(call, NULL, line);
}

/* Dead tokens concern every answer: the next one is a demand to authenticate. */
static es_status tell(struct policy_admin_call *call, const struct policy_subscriber *before,
                      struct policy_subscriber *line, const char *apps, bool kills_tokens)
{
	const char *kind = policy_change_ends(before, line) ? "subscriber.terminated" : "subscriber.changed";
	const struct policy_moment old = { before, call->now_ms }, new = { line, call->now_ms };
	const struct policy_catalog *catalog = NULL;
	struct policy_touches devices = { NULL, 0 };
	struct es_arena *arena = es_arena_new(0, TOUCH_BYTES);
	es_status status = arena != NULL ? ES_OK : ES_TOO_LARGE;

	if (status == ES_OK && kills_tokens) {
		status = policy_touch_all(call->conn, line->tenant, line->imsi, NULL, arena, &devices);
	} else if (status == ES_OK) {
		status = policy_call_catalog_in_write(call, &catalog);
		if (status == ES_OK)
			status = policy_touch_compare(call->conn, catalog, &old, &new, arena, &devices);
	}
	if (status == ES_OK)
		status = policy_tell_devices(call, kind, line->tenant, line->imsi, apps, &devices, &line->version);
	es_arena_free(arena);
	return status;
}

/* The line is nobody's any more, or has another IMSI from now on. */
static es_status tell_farewell(struct policy_admin_call *call, const struct policy_subscriber *line,
                               const char *moved_to)
{
	struct policy_touches devices = { NULL, 0 };
	struct es_arena *arena = es_arena_new(0, TOUCH_BYTES);
	uint64_t sequence = 0;

	if (arena == NULL)
		return ES_TOO_LARGE;
	es_status status = policy_touch_all(call->conn, line->tenant, line->imsi, NULL, arena, &devices);
	if (status == ES_OK)
		status = policy_tell_removed(call, line->imsi, moved_to, &devices, &sequence);
	es_arena_free(arena);
	return status;
}

static es_status update(struct policy_admin_call *call, const struct policy_subscriber *before,
                        struct policy_subscriber *line, bool kills_tokens)
{
	char storage[128], apps[128];
	struct es_buf list;

	es_buf_init_fixed(&list, storage, sizeof storage - 1);
	policy_changed_apps(before, line, &list);
	memcpy(apps, storage, list.len);
	apps[list.len] = '\0';
	ES_TRY(tell(call, before, line, list.len > 0 ? apps : POLICY_ALL_APPS, kills_tokens));
	if (kills_tokens)
		line->epoch = before->epoch + 1 > line->version ? before->epoch + 1 : line->version;
	line->updated_ms = call->now_ms;
	ES_TRY(policy_row_subscriber_update(call->conn, line));
	return follow(call, before, line);
}

/* Replaces `before` by `line`, or finds that nothing differs. */
static es_status replace(struct policy_admin_call *call, const struct policy_subscriber *before,
                         struct policy_subscriber *line, bool *changed)
{
	line->epoch = before->epoch;
	line->version = before->version;
	line->updated_ms = before->updated_ms;
	line->bss_ms = before->bss_ms; /* written by who asks, not here */
	line->bss_source = before->bss_source;
	*changed = policy_subscriber_differs(before, line);
	if (!*changed)
		return ES_OK;
	return update(call, before, line, policy_change_kills_tokens(before, line));
}

es_status policy_line_find(struct policy_admin_call *call, const char *imsi, struct es_arena *arena,
                           struct policy_subscriber *out, bool *exists)
{
	uint64_t version;
	es_status status = policy_row_subscriber(call->conn, call->tenant, imsi, arena, out, &version);
	*exists = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_line_store(struct policy_admin_call *call, const struct policy_subscriber *before,
                            struct policy_subscriber *line, bool *changed, struct policy_fault *fault)
{
	line->tenant = call->tenant;
	if (before == NULL) {
		*changed = true;
		return insert(call, line);
	}
	if (policy_change_revives(before, line)) {
		*fault = (struct policy_fault){ "status", "the line is terminated: delete it first" };
		return ES_MALFORMED;
	}
	return replace(call, before, line, changed);
}

/* ---- put and patch ---- */

static es_status read_line(struct policy_admin_call *call, const cJSON *json, struct policy_subscriber *line)
{
	struct policy_fault fault = { "", "the body must be a JSON object" };
	bool exists = false;

	es_status status = policy_resource_read(&policy_subscriber_shape, json, call->arena, line, &fault);
	if (status == ES_MALFORMED)
		return policy_refuse(call, POLICY_ADMIN_INVALID, fault.field, fault.error);
	if (status != ES_OK)
		return status;
	if (strcmp(line->imsi, policy_param(call, "imsi")) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "imsi", "is not the one of the path");
	ES_TRY(policy_row_plan_exists(call->conn, call->tenant, line->plan, &exists));
	return exists ? ES_OK : policy_refuse(call, POLICY_ADMIN_INVALID, "plan", "no such plan");
}

/* Stores, leaves word in the trail, answers. */
static es_status store_and_answer(struct policy_admin_call *call, const struct policy_subscriber *before,
                                  struct policy_subscriber *line)
{
	struct policy_fault fault = { "", "" };
	bool changed = false;

	es_status status = policy_line_store(call, before, line, &changed, &fault);
	if (status == ES_MALFORMED)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, fault.field, fault.error);
	if (status != ES_OK)
		return status;
	if (!changed)
		call->noted = "unchanged";
	ES_TRY(describe(call, before, line));
	return answer(call, before == NULL ? POLICY_ADMIN_CREATED : POLICY_ADMIN_DONE, line);
}

es_status policy_do_subscriber_put(struct policy_admin_call *call)
{
	struct policy_subscriber before, line;
	bool exists = false;

	policy_resource_defaults(&policy_subscriber_shape, &line);
	line.imsi = policy_param(call, "imsi");
	ES_TRY(name_resource(call, line.imsi));
	ES_TRY(read_line(call, call->body, &line));
	ES_TRY(policy_line_find(call, line.imsi, call->arena, &before, &exists));
	return store_and_answer(call, exists ? &before : NULL, &line);
}

es_status policy_do_subscriber_patch(struct policy_admin_call *call)
{
	struct policy_subscriber before, line;

	ES_TRY(load(call, &before));
	line = before;
	ES_TRY(read_line(call, call->body, &line));
	return store_and_answer(call, &before, &line);
}

/* ---- reading ---- */

/* Devices with what each was answered. */
struct showing {
	struct es_json_out *j;
	struct policy_device_app *answers;
	size_t count;
};

static es_status take_answer(const struct policy_device_app *one, void *user)
{
	struct showing *s = user;
	if (s->count < POLICY_DEVICE_APPS_MAX)
		s->answers[s->count++] = *one;
	return ES_OK;
}

static void write_answer(const struct policy_device_app *a, struct es_json_out *j)
{
	char version[24], at[21];

	(void)snprintf(version, sizeof version, "%u.%u", (unsigned)a->version_major, (unsigned)a->version_minor);
	es_time_iso8601(a->answered_ms, at);
	es_json_object(j, NULL);
	es_json_put_str(j, "app", a->app);
	es_json_put_str(j, "entitlement_version", version);
	es_json_put_str(j, "answered", at);
	es_json_end_object(j);
}

static es_status write_device(const struct policy_device *device, void *user)
{
	const struct showing *s = user;

	es_json_object(s->j, NULL);
	policy_resource_write(&policy_device_shape, device, s->j);
	es_json_array(s->j, "answers");
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->answers[i].terminal_id, device->terminal_id) == 0)
			write_answer(&s->answers[i], s->j);
	es_json_end_array(s->j);
	es_json_end_object(s->j);
	return ES_OK;
}

es_status policy_do_subscriber_get(struct policy_admin_call *call)
{
	struct policy_subscriber line;
	struct showing s = { .answers = es_arena_array(call->arena, POLICY_DEVICE_APPS_MAX, sizeof *s.answers) };

	if (s.answers == NULL)
		return ES_TOO_LARGE;
	ES_TRY(load(call, &line));
	ES_TRY(policy_row_device_apps(call->conn, call->tenant, line.imsi, call->arena, take_answer, &s));
	struct es_json_out j = policy_answer_start(call);
	s.j = &j;
	policy_resource_write(&policy_subscriber_shape, &line, &j);
	es_json_array(&j, "devices");
	ES_TRY(policy_row_devices(call->conn, call->tenant, line.imsi, call->row_arena, write_device, &s));
	es_json_end_array(&j);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	char last[16];
	bool more;
};

static es_status write_line(const struct policy_subscriber *line, void *user)
{
	struct listing *listing = user;
	if (listing->count == listing->limit) {
		listing->more = true;
		return ES_OK;
	}
	listing->count++;
	size_t len = strlen(line->imsi);
	memcpy(listing->last, line->imsi, len < sizeof listing->last ? len + 1 : 0);
	es_json_object(listing->j, NULL);
	policy_resource_write(&policy_subscriber_shape, line, listing->j);
	es_json_end_object(listing->j);
	return ES_OK;
}

es_status policy_do_subscriber_list(struct policy_admin_call *call)
{
	struct policy_filter filter = {
		.after = policy_param(call, "cursor"),
		.msisdn = policy_param(call, "msisdn"),
		.plan = policy_param(call, "plan"),
		.status = -1,
	};
	const char *status = policy_param(call, "status"), *since = policy_param(call, "unanswered_since");
	struct listing listing = { .limit = 0 };

	ES_TRY(policy_param_limit(call, &listing.limit));
	if (status[0] != '\0' && (filter.status = policy_name_value(policy_status_names, status)) < 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "status",
		                     "must be one of: active, suspended, barred, terminated");
	if (since[0] != '\0' && (policy_time_parse(es_slice_str(since), &filter.unanswered_since_ms) != ES_OK ||
	                         filter.msisdn[0] != '\0' || filter.plan[0] != '\0'))
		return policy_refuse(call, POLICY_ADMIN_INVALID, "unanswered_since", "must be a time, without msisdn and plan");
	filter.limit = listing.limit + 1; /* one more tells whether there is a next page */
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_subscribers(call->conn, call->tenant, &filter, call->row_arena, write_line, &listing));
	es_json_end_array(&j);
	if (listing.more)
		es_json_put_str(&j, "next", listing.last);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

/* ---- lifecycle ---- */

static es_status move(struct policy_admin_call *call, enum policy_move how)
{
	struct policy_subscriber before, line;
	bool changed = false;

	ES_TRY(load(call, &before));
	line = before;
	if (policy_move_to(how, before.status, &line.status) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, "status", "the line is terminated");
	ES_TRY(replace(call, &before, &line, &changed));
	if (!changed)
		call->noted = "unchanged";
	ES_TRY(describe(call, &before, &line));
	return answer(call, POLICY_ADMIN_DONE, &line);
}

es_status policy_do_subscriber_suspend(struct policy_admin_call *call)
{
	return move(call, POLICY_MOVE_SUSPEND);
}

es_status policy_do_subscriber_resume(struct policy_admin_call *call)
{
	return move(call, POLICY_MOVE_RESUME);
}

es_status policy_do_subscriber_terminate(struct policy_admin_call *call)
{
	return move(call, POLICY_MOVE_TERMINATE);
}

es_status policy_line_reset(struct policy_admin_call *call, const struct policy_subscriber *before,
                            struct policy_subscriber *line)
{
	return update(call, before, line, true);
}

es_status policy_do_subscriber_reset_tokens(struct policy_admin_call *call)
{
	struct policy_subscriber before, line;

	ES_TRY(load(call, &before));
	line = before;
	ES_TRY(policy_line_reset(call, &before, &line));
	return answer(call, POLICY_ADMIN_DONE, &line);
}

/* Moves the line to another IMSI; the old one is then nobody's. */
static es_status change_imsi(struct policy_admin_call *call, const struct policy_subscriber *before,
                             struct policy_subscriber *line, const char *to, struct policy_fault *fault)
{
	ES_TRY(tell_farewell(call, before, to)); /* while its devices are known */
	es_status status = policy_row_subscriber_move(call->conn, call->tenant, before->imsi, to);
	if (status == ES_CONFLICT) {
		*fault = (struct policy_fault){ "new_imsi", "another subscriber has this IMSI" };
		return ES_MALFORMED;
	}
	if (status != ES_OK)
		return status;
	line->imsi = to;
	if (strcmp(line->iccid, before->iccid) == 0)
		line->iccid = ""; /* that of the SIM that is left behind */
	ES_TRY(policy_qos_leave(call->conn, call->tenant, before->imsi, call->now_ms)); /* it is of that SIM */
	ES_TRY(policy_row_consents_move(call->conn, call->tenant, before->imsi, to));
	return ES_OK;
}

es_status policy_line_swap(struct policy_admin_call *call, const struct policy_subscriber *before,
                           struct policy_subscriber *line, const char *to, struct policy_fault *fault)
{
	if (before->status == POLICY_TERMINATED) {
		*fault = (struct policy_fault){ "status", "the line is terminated" };
		return ES_MALFORMED;
	}
	if (strcmp(to, before->imsi) != 0)
		ES_TRY(change_imsi(call, before, line, to, fault));
	ES_TRY(update(call, before, line, true));
	return policy_row_sim_change_add(call->conn, line, before->imsi, call->now_ms);
}

es_status policy_do_subscriber_swap_sim(struct policy_admin_call *call)
{
	const char *to = call->body != NULL ? es_json_str(call->body, "new_imsi") : NULL;
	struct policy_fault fault = { "", "" };
	struct policy_subscriber before, line;
	struct es_imsi valid;

	ES_TRY(load(call, &before));
	line = before;
	if (to != NULL && before.status != POLICY_TERMINATED && es_imsi_parse(es_slice_str(to), &valid) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "new_imsi", "6 to 15 digits");
	es_status status = policy_line_swap(call, &before, &line, to != NULL ? to : before.imsi, &fault);
	if (status == ES_MALFORMED)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, fault.field, fault.error);
	if (status != ES_OK)
		return status;
	ES_TRY(describe(call, &before, &line));
	return answer(call, POLICY_ADMIN_DONE, &line);
}

es_status policy_line_delete(struct policy_admin_call *call, const struct policy_subscriber *line)
{
	ES_TRY(tell_farewell(call, line, "")); /* while its devices are known */
	ES_TRY(policy_row_subscriber_delete(call->conn, call->tenant, line->imsi));
	ES_TRY(policy_qos_leave(call->conn, call->tenant, line->imsi, call->now_ms));
	return policy_consents_outlive(call, line->imsi);
}

es_status policy_do_subscriber_delete(struct policy_admin_call *call)
{
	struct policy_subscriber line;

	ES_TRY(load(call, &line));
	ES_TRY(policy_line_delete(call, &line));
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
