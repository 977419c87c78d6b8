/* notify_admin_line.c -- one line: its devices that are woken, what is due, and a wake-up as a test. */
#include <stdio.h>
#include <string.h>

#include "es_id.h"
#include "notify_admin_call.h"

static es_status read_imsi(struct es_admin_call *call, struct es_imsi *out)
{
	if (es_imsi_parse(es_slice_str(es_admin_param(call, "imsi")), out) != ES_OK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "imsi", "must have 6 to 15 digits");
	return ES_OK;
}

/* ---- as JSON ---- */

static void write_registration(const struct es_admin_call *call, const struct notify_seen *r, struct es_json_out *j)
{
	es_json_object(j, NULL);
	notify_write_client(j, r->app, r->app_name, r->channel, r->terminal_id, notify_admin_account(call, r->channel));
	es_json_put_str(j, "token", r->fingerprint);
	es_admin_put_time(j, "registered", r->registered_ms);
	es_admin_put_time(j, "told", r->told_ms);
	if (r->outcome[0] != '\0')
		es_json_put_str(j, "outcome", r->outcome);
	es_admin_put_time(j, "outcome_at", r->outcome_ms);
	es_json_end_object(j);
}

static void write_due(const struct notify_due *d, struct es_json_out *j)
{
	es_json_object(j, NULL);
	notify_write_client(j, d->app, d->app_name, d->channel, d->terminal_id, d->account);
	es_json_put_i64(j, "attempts", d->attempts);
	es_admin_put_time(j, "since", d->changed_ms);
	es_admin_put_time(j, "next", d->due_ms > 0 ? d->due_ms : d->changed_ms);
	es_admin_put_time(j, "expires", d->expires_ms);
	es_json_put_bool(j, "is_being_sent", d->is_taken);
	if (d->mass > 0)
		notify_admin_put_id(j, "mass_change", d->mass);
	es_json_end_object(j);
}

es_status notify_do_line_get(struct es_admin_call *call)
{
	struct notify_seen *registrations = NULL;
	struct notify_due *due = NULL;
	size_t registered = 0, waiting = 0;
	struct es_imsi imsi;

	ES_TRY(read_imsi(call, &imsi));
	ES_TRY(notify_view_registrations(call->conn, call->tenant, imsi.digits, call->arena, &registrations, &registered));
	ES_TRY(notify_view_due(call->conn, call->tenant, imsi.digits, call->arena, &due, &waiting));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "registrations");
	for (size_t i = 0; i < registered; i++)
		write_registration(call, &registrations[i], &j);
	es_json_end_array(&j);
	es_json_array(&j, "due");
	for (size_t i = 0; i < waiting; i++)
		write_due(&due[i], &j);
	es_json_end_array(&j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- a test ---- */

struct testing {
	struct notify_test test;
	const char *imsi;
	size_t found, woken;
	enum notify_channel lacks; /* an account, of one that fits; 0: none does */
};

static es_status wake(struct es_admin_call *call, struct testing *t, const char *app, const char *app_name,
                      const char *terminal_id, enum notify_channel channel, struct es_json_out *j)
{
	struct notify_wake row = { .imsi = t->imsi,
		                       .terminal_id = terminal_id,
		                       .app_name = app_name,
		                       .app = app,
		                       .channel = channel,
		                       .account = notify_admin_account(call, channel),
		                       .changed_ms = call->now_ms,
		                       .traceparent = call->request->traceparent };

	t->found++;
	if (row.account[0] == '\0') {
		t->lacks = channel;
		return ES_OK;
	}
	ES_TRY(notify_admin_wake(call, &row));
	t->woken++;
	es_json_object(j, NULL);
	notify_write_client(j, app, app_name, channel, terminal_id, row.account);
	es_json_end_object(j);
	return ES_OK;
}

static es_status wake_registered(struct es_admin_call *call, struct testing *t, struct es_json_out *j)
{
	struct notify_seen *registrations = NULL;
	size_t count = 0;

	ES_TRY(notify_view_registrations(call->conn, call->tenant, t->imsi, call->arena, &registrations, &count));
	for (size_t i = 0; i < count; i++) {
		const struct notify_seen *r = &registrations[i];
		if (notify_test_means(&t->test, r->app, r->terminal_id, r->channel))
			ES_TRY(wake(call, t, r->app, r->app_name, r->terminal_id, r->channel, j));
	}
	return ES_OK;
}

static es_status wake_by_sms(struct es_admin_call *call, struct testing *t, struct es_json_out *j)
{
	for (size_t i = 0; i < t->test.app_count; i++)
		ES_TRY(wake(call, t, t->test.apps[i], "", "", NOTIFY_BY_SMS, j));
	return ES_OK;
}

static es_status refuse(struct es_admin_call *call, const struct testing *t)
{
	char text[160];

	if (t->found == 0)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, NULL,
		                       "no device of the line has registered to be woken for that: its client does so with "
		                       "notif_token and notif_action");
	(void)snprintf(text, sizeof text, "the tenant has no account for %s: name one in notify's channels_file",
	               notify_channel_name(t->lacks));
	return es_admin_refuse(call, ES_ADMIN_CONFLICT, "channel", text);
}

es_status notify_do_line_test(struct es_admin_call *call)
{
	struct notify_fault fault = { NULL, NULL };
	struct testing t = { .found = 0 };
	struct es_imsi imsi;

	ES_TRY(read_imsi(call, &imsi));
	if (!notify_form_test(call->body, &t.test, &fault))
		return es_admin_refuse(call, ES_ADMIN_INVALID, fault.field, fault.text);
	t.imsi = imsi.digits;
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	ES_TRY(t.test.channel == NOTIFY_BY_SMS ? wake_by_sms(call, &t, &j) : wake_registered(call, &t, &j));
	es_json_end_array(&j);
	return t.woken > 0 ? es_admin_end(call, &j, ES_ADMIN_DONE) : refuse(call, &t);
}
