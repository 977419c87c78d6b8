/* notify_bus.c -- one registration request: judge it, look whether it is known, write it, answer after the commit. And a
 * text for the SMS gateway, answered when that has it. */
#include "notify_bus.h"

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_id.h"
#include "es_log.h"
#include "es_metrics.h"
#include "notify.pb-c.h"
#include "policy.pb-c.h"

enum { RESULT_FAILED = NOTIFY_STATUS_COUNT };
static const char *const results[] = {
	[NOTIFY_SUCCESS] = "success",
	[NOTIFY_INVALID_TOKEN] = "invalid_token",
	[NOTIFY_DUPLICATE_TOKEN] = "duplicate_token",
	[RESULT_FAILED] = "failed",
};
ES_METRIC_COUNTER(registrations, "openes_notify_registrations_total", "Registration requests by RegisterNotifStatus",
                  "result", results);

void notify_bus_init(void)
{
	es_metric_register(&registrations);
	notify_sms_metrics();
	notify_admin_metrics();
}

/* Lives in the call's arena until the answer. */
struct registering {
	struct notify_bus *bus;
	struct es_bus_call *call;
	struct notify_registration r;
	struct es_slice token;
	size_t duplicates;
	bool is_old;
};

/* ---- answers ---- */

static void answer(struct es_bus_call *call, enum notify_status status)
{
	Openes__RegisterReply reply;

	openes__register_reply__init(&reply);
	reply.status = status;
	es_count(&registrations, status);
	es_bus_reply(call, &reply.base);
}

static void refuse(struct es_bus_call *call, es_status status, const char *detail)
{
	es_count(&registrations, RESULT_FAILED);
	es_bus_fail(call, status, detail);
}

/* ---- the way through the database ---- */

static es_status run_disable(struct es_db_conn *conn, void *user)
{
	const struct registering *x = user;

	return notify_store_disable(conn, &x->r);
}

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static es_status run_look(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_duplicates(conn, &x->r, &x->duplicates, &x->is_old);
}

static void on_disabled(es_status status, void *user)
{
	const struct registering *x = user;

	if (status == ES_OK)
		answer(x->call, NOTIFY_SUCCESS);
	else
		refuse(x->call, status, "the registration could not be removed");
}

static void on_registered(es_status status, void *user)
{
	const struct registering *x = user;

	if (status == ES_OK)
		answer(x->call, notify_outcome(x->r.app_count, x->duplicates));
	else
		refuse(x->call, status, "the registration could not be stored");
}

static void write_or_refuse(struct registering *x, es_db_fn *fn, es_db_done *done)
{
	const es_status status = es_db_write(notify_store_db(x->bus->store), fn, done, x);

	if (status != ES_OK)
		refuse(x->call, status, "too many registrations are waiting");
}

static void enable(struct registering *x)
{
	uint8_t *sealed = es_arena_alloc(es_bus_call_arena(x->call), x->token.len + ES_SEAL_OVERHEAD);

	if (sealed == NULL) {
		refuse(x->call, ES_TOO_LARGE, "the request does not fit its memory");
		return;
	}
	notify_store_seal(x->bus->store, &x->r.owner, x->token, sealed);
	x->r.token_sealed = es_slice_of(sealed, x->token.len + ES_SEAL_OVERHEAD);
	write_or_refuse(x, run_register, on_registered);
}

/* Phones send the same registration with every request: that costs a read, and a commit every ten minutes. */
static void look(void *user)
{
	struct registering *x = user;
	const es_status status = es_db_read(notify_store_db(x->bus->store), run_look, x);

	if (status != ES_OK)
		refuse(x->call, status, "the registrations could not be read");
	else if (notify_outcome(x->r.app_count, x->duplicates) == NOTIFY_DUPLICATE_TOKEN && !x->is_old)
		answer(x->call, NOTIFY_DUPLICATE_TOKEN);
	else
		enable(x);
}

static void look_where_it_may_block(struct registering *x)
{
	if (x->bus->readers == NULL) {
		look(x);
		return;
	}
	const es_status status = es_worker_submit(x->bus->readers, look, x);
	if (status != ES_OK)
		refuse(x->call, status, "too many registrations are waiting");
}

/* ---- the request ---- */

/* The gateway has checked these; a request that misses them was not made by it. */
static es_status read_request(const Openes__RegisterRequest *request, struct notify_registration *r)
{
	struct es_imsi imsi;

	if (request->subject == NULL || request->subject->tenant[0] == '\0' || request->n_apps == 0 ||
	    request->n_apps > NOTIFY_APPS_MAX)
		return ES_MALFORMED;
	r->owner = (struct notify_owner){
		.tenant = es_slice_str(request->subject->tenant),
		.imsi = es_slice_str(request->subject->imsi),
		.terminal_id = es_slice_str(request->subject->terminal_id),
		.app_name = es_slice_str(request->subject->app_name),
	};
	ES_TRY(es_imsi_parse(r->owner.imsi, &imsi));
	for (size_t i = 0; i < request->n_apps; i++)
		r->apps[i] = es_slice_str(request->apps[i]);
	r->app_count = request->n_apps;
	r->now_ms = es_wall_ms();
	return ES_OK;
}

static void on_register(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__RegisterRequest *request = (const Openes__RegisterRequest *)message;
	struct registering *x = es_arena_alloc(es_bus_call_arena(call), sizeof *x);

	if (x == NULL) {
		refuse(call, ES_TOO_LARGE, "the request does not fit its memory");
		return;
	}
	x->bus = user;
	x->call = call;
	if (read_request(request, &x->r) != ES_OK) {
		refuse(call, ES_MALFORMED, "subject or applications are missing");
		return;
	}
	x->token = es_slice_str(request->token);
	const enum notify_wish wish = notify_wish_of(request->action, x->token, &x->r.channel);
	if (wish == NOTIFY_REFUSE) {
		answer(call, NOTIFY_INVALID_TOKEN);
		return;
	}
	notify_store_hash(x->bus->store, x->token, x->r.token_hash);
	if (wish == NOTIFY_DISABLE)
		write_or_refuse(x, run_disable, on_disabled);
	else
		look_where_it_may_block(x);
}

/* ---- texts ---- */

static void sms_sent(const struct notify_heard *heard, void *user)
{
	Openes__Empty reply;

	openes__empty__init(&reply);
	if (heard->verdict == NOTIFY_ACCEPTED)
		es_bus_reply(user, &reply.base);
	else
		es_bus_fail(user, ES_UNAVAILABLE, "the SMS gateway did not accept the text");
}

/* NULL: the tenant has none, and its texts go by the gateway of [notify]. */
static struct notify_account *account_of(const struct notify_bus *bus, const char *tenant)
{
	const struct notify_rules *rules = notify_channels_rules(bus->channels, tenant);
	struct notify_account *account = rules->sms[0] != '\0' ? notify_channels_account(bus->channels, rules->sms) : NULL;

	return account != NULL && account->ops->text != NULL ? account : NULL;
}

static void on_sms(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__SmsRequest *request = (const Openes__SmsRequest *)message;
	struct notify_bus *bus = user;
	struct es_msisdn msisdn;

	if (es_msisdn_parse(es_slice_str(request->msisdn), &msisdn) != ES_OK || request->text[0] == '\0') {
		es_bus_fail(call, ES_MALFORMED, "number or text are missing");
		return;
	}
	const struct notify_text text = { .tenant = es_slice_str(request->tenant),
		                              .msisdn = es_slice_str(msisdn.text),
		                              .text = es_slice_str(request->text),
		                              .deadline = es_bus_call_deadline(call),
		                              .trace = es_bus_call_trace(call) };
	struct notify_account *account = account_of(bus, request->tenant);
	const es_status status = account != NULL ? account->ops->text(account, &text, sms_sent, call)
	                                         : notify_sms_send(bus->sms, &text, sms_sent, call);
	if (status != ES_OK) {
		es_warn(text.trace, "notify.sms_not_asked", es_f_status(status), es_f_slice("tenant", text.tenant));
		es_bus_fail(call, ES_UNAVAILABLE, "the SMS gateway could not be asked");
	}
}

const struct es_bus_method notify_bus_methods[] = {
	{ OPENES__BUS_METHOD__NOTIFY_REGISTER, &openes__register_request__descriptor, on_register },
	{ OPENES__BUS_METHOD__NOTIFY_SMS, &openes__sms_request__descriptor, on_sms },
	{ OPENES__BUS_METHOD__NOTIFY_ADMIN, &openes__admin_work_request__descriptor, notify_on_admin },
};
const size_t notify_bus_method_count = ES_COUNT(notify_bus_methods);
