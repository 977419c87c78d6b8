/* gw_flow.c -- which process is asked what, and in which order (TS.43 2.8; ts43 annex 4).
 *
 *     EAP answer ───────────────► CONTINUE ─ challenge ──────────────► 200, packet
 *     EAP_ID, no usable token ──► START ────┘   │ success: original request, fresh token
 *     token, or somebody else's token ──────────▼
 *                                            DECIDE ─ no ────────────► 511, 403
 *                                               │
 *                     SPEND (a token that is good once), ACQUIRE (the answer is a token), SERVER_TOKEN (TOKEN of ap2011),
 *                     RENEW (token near its end), OPERATE (each ODSA application), REGISTER (push), as due
 *                                               ▼
 *                                           document
 *
 * Without a usable credential gw_login.c sends a person to log in, and comes back to DECIDE.
 * gw_grant.c knows what is good once, and what makes a token.
 *
 * Every call is a row of `calls`; its callback hands the reply to the row's function, which starts the next call or
 * answers. Nothing blocks, nothing is kept outside the exchange. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "es_clock.h"
#include "es_crypto.h"
#include "gw_exchange.h"

enum {
	CALL_START,
	CALL_CONTINUE,
	CALL_DECIDE,
	CALL_RENEW,
	CALL_OPERATE,
	CALL_REGISTER,
	CALL_GRANT,                               /* as many as gw_grant_call */
	CALL_LOGIN = CALL_GRANT + GW_GRANT_CALLS, /* as many as gw_login_call */
};

static void on_eap(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_decision(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_renewed(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_operated(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_registered(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_spent(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_acquired(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_bound(struct gw_exchange *x, const ProtobufCMessage *message);
static void on_login(struct gw_exchange *x, const ProtobufCMessage *message);

static const struct call {
	uint32_t method;
	size_t client; /* in struct gw_clients */
	const ProtobufCMessageDescriptor *reply;
	void (*on_reply)(struct gw_exchange *x, const ProtobufCMessage *message);
	bool may_fail;   /* the answer is worth having without it: on_reply gets NULL then */
	bool may_repeat; /* running it twice does no harm */
} calls[] = {
#define CLIENT(name) offsetof(struct gw_clients, name)
	[CALL_START] = { OPENES__BUS_METHOD__AUTH_EAP_START, CLIENT(auth), &openes__eap_reply__descriptor, on_eap, false,
	                 true },
	[CALL_CONTINUE] = { OPENES__BUS_METHOD__AUTH_EAP_CONTINUE, CLIENT(auth), &openes__eap_reply__descriptor, on_eap,
	                    false, true },
	[CALL_DECIDE] = { OPENES__BUS_METHOD__POLICY_DECIDE, CLIENT(policy), &openes__decide_reply__descriptor, on_decision,
	                  false, true },
	[CALL_RENEW] = { OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, CLIENT(auth), &openes__token_renew_reply__descriptor,
	                 on_renewed, true, true },
	/* An operation may order a profile: a phone that gets 503 asks again, nobody else repeats it. */
	[CALL_OPERATE] = { OPENES__BUS_METHOD__ESIM_OPERATE, CLIENT(esim), &openes__operate_reply__descriptor, on_operated,
	                   false, false },
	[CALL_REGISTER] = { OPENES__BUS_METHOD__NOTIFY_REGISTER, CLIENT(notify), &openes__register_reply__descriptor,
	                    on_registered, true, true },
	/* Its key tells a call that is repeated from a second use. */
	[CALL_GRANT + GW_GRANT_SPEND] = { OPENES__BUS_METHOD__AUTH_SPEND, CLIENT(auth), &openes__spend_reply__descriptor,
	                                  on_spent, false, true },
	[CALL_GRANT + GW_GRANT_ACQUIRE] = { OPENES__BUS_METHOD__AUTH_ACQUIRE, CLIENT(auth),
	                                    &openes__acquire_reply__descriptor, on_acquired, false, true },
	/* Another TOKEN of the same enterprise is as good. */
	[CALL_GRANT + GW_GRANT_SERVER] = { OPENES__BUS_METHOD__AUTH_SERVER_TOKEN, CLIENT(auth),
	                                   &openes__server_token_reply__descriptor, on_bound, false, true },
/* Each of them knows what it was asked before: a state, a code, a handle. An SMS is not sent twice. */
#define LOGIN(method, repeat)                                                                                          \
	{                                                                                                                  \
		OPENES__BUS_METHOD__AUTH_##method, CLIENT(auth), &openes__login_reply__descriptor, on_login, false, repeat     \
	}
	[CALL_LOGIN + GW_LOGIN_OIDC_START] = LOGIN(OIDC_START, true),
	[CALL_LOGIN + GW_LOGIN_OIDC_FINISH] = LOGIN(OIDC_FINISH, true),
	[CALL_LOGIN + GW_LOGIN_CODE_START] = LOGIN(CODE_START, false),
	[CALL_LOGIN + GW_LOGIN_CODE_CHECK] = LOGIN(CODE_CHECK, false),
#undef LOGIN
#undef CLIENT
};

/* ---- calls ---- */

static void failed(struct gw_exchange *x, es_status status, const char *detail)
{
	const struct call *call = &calls[x->step];

	if (call->may_fail) {
		call->on_reply(x, NULL);
		return;
	}
	x->reason = es_arena_printf(x->arena, "%s: %s", es_status_name(status), detail);
	gw_answer(x, gw_outcome_of_status(status));
}

static void on_bus_reply(const struct es_bus_reply_view *reply, void *user)
{
	struct gw_exchange *x = user;
	ProtobufCMessage *message;

	if (reply->status != ES_OK) {
		failed(x, reply->status, reply->detail);
		return;
	}
	message = es_bus_unpack(calls[x->step].reply, reply->payload, x->arena);
	if (message == NULL)
		failed(x, ES_INTERNAL, "a reply that does not parse");
	else
		calls[x->step].on_reply(x, message);
}

/* An idempotency key has to be unique, not secret: a random start for the process, then one more for each call. */
static uint8_t key_start[8];

static void make_key_start(void)
{
	es_random(key_start, sizeof(key_start));
}

static void next_key(uint8_t key[16])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static _Atomic uint64_t count;
	uint64_t number = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);

	pthread_once(&once, make_key_start);
	memcpy(key, key_start, sizeof(key_start));
	memcpy(key + sizeof(key_start), &number, sizeof(number));
}

static void call(struct gw_exchange *x, int step, const ProtobufCMessage *request)
{
	struct es_bus_client *const *client = (const void *)((const char *)x->clients + calls[step].client);
	uint8_t key[16];
	struct es_bus_call_options options = { .method = calls[step].method,
		                                   .deadline = x->deadline,
		                                   .trace = es_http_trace(x->http) };
	es_status status;

	if (calls[step].may_repeat) {
		next_key(key);
		options.idempotency_key = es_slice_of(key, sizeof(key));
	}
	x->step = step;
	status = es_bus_call(*client, &options, request, on_bus_reply, x);
	/* Once a call is under way, its callback owns the exchange. */
	if (status != ES_OK)
		failed(x, status, "not sent");
}

/* ---- authentication ---- */

static void start_eap(struct gw_exchange *x)
{
	Openes__EapStartRequest request;

	openes__eap_start_request__init(&request);
	request.eap_id = x->eap_id;
	request.request = x->request;
	request.had_token = x->token != NULL;
	request.client_address = es_arena_strdup(x->arena, es_slice_str(es_http_peer(x->http)));
	if (request.client_address == NULL)
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		call(x, CALL_START, &request.base);
}

static void continue_eap(struct gw_exchange *x)
{
	Openes__EapContinueRequest request;
	char *values[GW_COOKIES_MAX];

	openes__eap_continue_request__init(&request);
	request.client_address = es_arena_strdup(x->arena, es_slice_str(es_http_peer(x->http)));
	if (request.client_address == NULL) {
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	for (size_t i = 0; i < x->cookies.count; i++) {
		values[i] = es_arena_strdup(x->arena, x->cookies.values[i]);
		if (values[i] == NULL) {
			gw_answer(x, GW_OUTCOME_INTERNAL);
			return;
		}
	}
	request.cookies = values;
	request.n_cookies = x->cookies.count;
	request.packet = (ProtobufCBinaryData){ x->packet.len, (uint8_t *)(uintptr_t)x->packet.ptr }; /* only read */
	call(x, CALL_CONTINUE, &request.base);
}

static bool asks_for(const struct gw_exchange *x, const char *app)
{
	for (size_t i = 0; i < x->request->n_apps; i++)
		if (strcmp(x->request->apps[i], app) == 0)
			return true;
	return false;
}

/* Servers have no SIM: ap2011 is never challenged (TS.43 10). */
static bool may_start_eap(const struct gw_exchange *x)
{
	return x->eap_id != NULL && !asks_for(x, "ap2011");
}

/* NULL: as absent as protobuf knows. */
static void set_text(char **to, char *value)
{
	if (value != NULL)
		*to = value;
}

static void decide(struct gw_exchange *x)
{
	Openes__DecideRequest request;

	openes__decide_request__init(&request);
	set_text(&request.token, x->token);
	set_text(&request.temporary_token, x->temporary_token);
	set_text(&request.operator_token, x->operator_token);
	set_text(&request.access_token, x->access_token);
	request.request = x->request;
	request.fresh = x->is_fresh;
	call(x, CALL_DECIDE, &request.base);
}

static void on_authenticated(struct gw_exchange *x, const Openes__EapReply *reply)
{
	if (reply->request == NULL || reply->request->n_apps > GW_APPS_MAX || reply->token[0] == '\0') {
		x->reason = "auth: success without a usable request or token";
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	x->request = reply->request;
	x->token = reply->token;
	x->token_validity_s = reply->token_validity_s;
	x->is_fresh = true;
	decide(x);
}

/* TS.43 T7; settled 4, 6, 7, 8. What auth should never have said is our fault. */
static enum gw_outcome refusal_by_auth(const Openes__EapReply *reply)
{
	static const struct {
		Openes__EapReply__Outcome from;
		enum gw_outcome to;
	} rows[] = {
		{ OPENES__EAP_REPLY__OUTCOME__REJECTED, GW_OUTCOME_FORBIDDEN },
		{ OPENES__EAP_REPLY__OUTCOME__MALFORMED, GW_OUTCOME_BAD_REQUEST },
		{ OPENES__EAP_REPLY__OUTCOME__NO_SESSION, GW_OUTCOME_AUTHENTICATE },
		{ OPENES__EAP_REPLY__OUTCOME__AWAY, GW_OUTCOME_UNAVAILABLE },
	};

	if (reply->outcome == OPENES__EAP_REPLY__OUTCOME__AWAY && reply->other_method)
		return GW_OUTCOME_AUTHENTICATE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].from == reply->outcome)
			return rows[i].to;
	return GW_OUTCOME_INTERNAL;
}

static void on_eap(struct gw_exchange *x, const ProtobufCMessage *message)
{
	const Openes__EapReply *reply = (const void *)message;

	x->reason = reply->reason;
	if (reply->outcome == OPENES__EAP_REPLY__OUTCOME__CHALLENGE)
		gw_answer_challenge(x, es_slice_of(reply->packet.data, reply->packet.len), reply->cookie);
	else if (reply->outcome == OPENES__EAP_REPLY__OUTCOME__SUCCESS)
		on_authenticated(x, reply);
	else {
		x->retry_after_s = reply->retry_after_s;
		if (reply->outcome == OPENES__EAP_REPLY__OUTCOME__LIMITED)
			gw_answer_later(x);
		else
			gw_answer(x, refusal_by_auth(reply));
	}
}

static void on_login(struct gw_exchange *x, const ProtobufCMessage *message)
{
	gw_login_answered(x, (const void *)message);
}

void gw_flow_login(struct gw_exchange *x, enum gw_login_call which, const ProtobufCMessage *request)
{
	call(x, CALL_LOGIN + (int)which, request);
}

void gw_flow_logged_in(struct gw_exchange *x, Openes__DeviceRequest *request, char *token, int64_t validity_s)
{
	x->request = request;
	x->token = token;
	x->token_validity_s = validity_s;
	x->is_fresh = true;
	decide(x);
}

/* ---- after the decision: what else is due ---- */

static bool renew_is_due(const struct gw_exchange *x)
{
	return x->decision->token_renew && !x->decision->no_token && !x->is_fresh && !x->was_renewed;
}

static void renew(struct gw_exchange *x)
{
	Openes__TokenRenewRequest request;

	openes__token_renew_request__init(&request);
	x->was_renewed = true;
	request.token = x->token;
	call(x, CALL_RENEW, &request.base);
}

/* Looks for the next ODSA application; without an operation its AppID alone is the answer (TS.43 8.1). */
static bool operation_is_due(struct gw_exchange *x)
{
	if (x->request->operation[0] == '\0')
		return false;
	while (x->operated_count < x->request->n_apps && !gw_app_is_odsa(es_slice_str(x->request->apps[x->operated_count])))
		x->operated_count++;
	return x->operated_count < x->request->n_apps;
}

static void operate(struct gw_exchange *x)
{
	Openes__OperateRequest request;

	openes__operate_request__init(&request);
	request.subject = x->decision->subject;
	request.facts = x->decision->esim;
	request.request = x->request;
	request.app = x->request->apps[x->operated_count];
	call(x, CALL_OPERATE, &request.base);
}

static bool registration_is_due(const struct gw_exchange *x)
{
	if (x->decision->no_token && !gw_app_is_odsa(es_slice_str(x->request->apps[0])))
		return false; /* a server that asks for a number is no device to be woken */
	return x->request->has_notif && !x->has_notif_status;
}

static void register_push(struct gw_exchange *x)
{
	Openes__RegisterRequest request;

	openes__register_request__init(&request);
	request.subject = x->decision->subject;
	request.apps = x->request->apps;
	request.n_apps = x->request->n_apps;
	request.action = x->request->notif_action;
	request.token = x->request->notif_token;
	call(x, CALL_REGISTER, &request.base);
}

static void go_on(struct gw_exchange *x)
{
	if (gw_grant_is_due(x))
		gw_grant_next(x);
	else if (renew_is_due(x))
		renew(x);
	else if (operation_is_due(x))
		operate(x);
	else if (registration_is_due(x))
		register_push(x);
	else
		gw_answer_document(x);
}

static void on_decided(struct gw_exchange *x, const Openes__DecideReply *reply)
{
	x->decision = reply;
	if (!x->is_fresh)
		x->token_validity_s = reply->token_remaining_s;
	if (reply->eap_over_token && !x->is_fresh && !reply->no_token && may_start_eap(x))
		start_eap(x);
	else
		go_on(x);
}

/* A token made a moment ago and dead already: the subscriber has just changed. Not 511 then, which would send a phone
 * that came by EAP into another round at once (TS.43 2.10). */
static void on_dead_token(struct gw_exchange *x)
{
	if (x->is_fresh)
		gw_answer(x, GW_OUTCOME_UNAVAILABLE);
	else if (may_start_eap(x))
		start_eap(x);
	else
		gw_login_start(x); /* V12-OIDC-01 */
}

/* TS.43 2.10, T8. What policy should never have said is our fault. */
static enum gw_outcome refusal_by_policy(Openes__DecideReply__Outcome outcome)
{
	static const struct {
		Openes__DecideReply__Outcome from;
		enum gw_outcome to;
	} rows[] = {
		{ OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN, GW_OUTCOME_FORBIDDEN },
		{ OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED, GW_OUTCOME_NO_TOKEN },
		{ OPENES__DECIDE_REPLY__OUTCOME__NOT_OFFERED, GW_OUTCOME_NOT_OFFERED },
		{ OPENES__DECIDE_REPLY__OUTCOME__INVALID, GW_OUTCOME_BAD_REQUEST },
		{ OPENES__DECIDE_REPLY__OUTCOME__NO_RESOURCE, GW_OUTCOME_NO_RESOURCE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].from == outcome)
			return rows[i].to;
	return GW_OUTCOME_INTERNAL;
}

static void on_decision(struct gw_exchange *x, const ProtobufCMessage *message)
{
	const Openes__DecideReply *reply = (const void *)message;

	x->reason = reply->reason;
	x->retry_after_s = reply->retry_after_s;
	if (reply->outcome == OPENES__DECIDE_REPLY__OUTCOME__LIMITED)
		gw_answer_later(x);
	else if (reply->outcome == OPENES__DECIDE_REPLY__OUTCOME__DECIDED && reply->subject != NULL)
		on_decided(x, reply);
	else if (reply->outcome == OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE)
		on_dead_token(x);
	else
		gw_answer(x, refusal_by_policy(reply->outcome));
}

static void on_spent(struct gw_exchange *x, const ProtobufCMessage *message)
{
	gw_grant_spent(x, (const void *)message);
}

static void on_acquired(struct gw_exchange *x, const ProtobufCMessage *message)
{
	gw_grant_acquired(x, (const void *)message);
}

static void on_bound(struct gw_exchange *x, const ProtobufCMessage *message)
{
	gw_grant_bound(x, (const void *)message);
}

void gw_flow_grant(struct gw_exchange *x, enum gw_grant_call which, const ProtobufCMessage *request)
{
	call(x, CALL_GRANT + (int)which, request);
}

void gw_flow_go_on(struct gw_exchange *x)
{
	go_on(x);
}

/* Without a new token the old one is repeated: it is still good. */
static void on_renewed(struct gw_exchange *x, const ProtobufCMessage *message)
{
	const Openes__TokenRenewReply *reply = (const void *)message;

	if (reply != NULL && reply->token[0] != '\0') {
		x->token = reply->token;
		x->token_validity_s = reply->token_validity_s;
	}
	go_on(x);
}

/* TS.43 2.10, 7.6. What esim should never have said is our fault. */
static enum gw_outcome refusal_by_esim(Openes__OperateReply__Outcome outcome)
{
	static const struct {
		Openes__OperateReply__Outcome from;
		enum gw_outcome to;
	} rows[] = {
		{ OPENES__OPERATE_REPLY__OUTCOME__NOT_OFFERED, GW_OUTCOME_NOT_OFFERED },
		{ OPENES__OPERATE_REPLY__OUTCOME__FORBIDDEN, GW_OUTCOME_FORBIDDEN },
		{ OPENES__OPERATE_REPLY__OUTCOME__NOT_ACCEPTABLE, GW_OUTCOME_UNACCEPTABLE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].from == outcome)
			return rows[i].to;
	return GW_OUTCOME_INTERNAL;
}

static void on_operated(struct gw_exchange *x, const ProtobufCMessage *message)
{
	const Openes__OperateReply *reply = (const void *)message;

	if (reply->reason[0] != '\0')
		x->reason = reply->reason;
	if (reply->outcome != OPENES__OPERATE_REPLY__OUTCOME__ANSWERED || reply->answer == NULL) {
		gw_answer(x, refusal_by_esim(reply->outcome));
		return;
	}
	x->operated[x->operated_count++] = reply->answer;
	go_on(x);
}

/* Status 1, not registered, makes a client try again another time; failing the whole answer would take its service. */
static void on_registered(struct gw_exchange *x, const ProtobufCMessage *message)
{
	const Openes__RegisterReply *reply = (const void *)message;

	x->has_notif_status = true;
	x->notif_status = reply != NULL ? reply->status : 1;
	go_on(x);
}

/* TS.43 2.8: the first credential that is there decides. An EAP_ID without a token always gets a challenge. */
void gw_flow_start(struct gw_exchange *x)
{
	if (x->packet.len > 0)
		continue_eap(x);
	else if (x->back.kind != GW_RETURN_NONE)
		gw_login_return(x);
	else if (x->token != NULL || x->temporary_token != NULL || x->operator_token != NULL)
		decide(x);
	else if (may_start_eap(x))
		start_eap(x);
	else if (x->access_token != NULL)
		decide(x);
	else
		gw_login_start(x);
}
