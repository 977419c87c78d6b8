/* gw_device_test_kit.h -- what the tests of the device front share: real HTTP on one side, the real bus on the other,
 * and behind it four stand-ins that answer by what they are asked and note in which order. */
#ifndef GW_DEVICE_TEST_KIT_H
#define GW_DEVICE_TEST_KIT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "gw_config.h"
#include "gw_device.h"
#include "gw_exchange.h"

#define ANSWER_MAX 65536
#define BOUND_MS 30000

#define GET "GET /?terminal_id=356938035643809&entitlement_version=12.0"
#define RELAY "application/vnd.gsma.eap-relay.v1.0+json"
#define XML "text/vnd.wap.connectivity-xml"
#define ACCEPT_EAP "Accept: " RELAY ", " XML "\r\n"

/* ---- the stand-ins ---- */

static struct {
	pthread_mutex_t lock;
	char calls[32]; /* one letter each, in order */
	bool last_fresh, last_had_token;
	struct es_bus_key *key;
	struct es_bus_server *servers[4];
	struct gw_config config;
	struct gw_clients clients;
	struct gw_sign_keys *sign_keys; /* NULL: none */
	struct gw_device *device;
	char dir[64], targets[4][96];
} stage = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note(char letter)
{
	size_t len;

	pthread_mutex_lock(&stage.lock);
	len = strlen(stage.calls);
	if (len + 1 < sizeof(stage.calls))
		stage.calls[len] = letter;
	pthread_mutex_unlock(&stage.lock);
}

static uint8_t challenge_packet[] = { 0x01, 0x07, 0x00, 0x04 };
static char cookie[] = "C1-value_0", fresh_token[] = "fresh", new_token[] = "renewed", reason[] = "r";
static char operation_result[] = "OperationResult", status_name[] = "EntitlementStatus", one[] = "1",
			list_name[] = "List";
static char item_name[] = "Item", hostile[] = "a&b<c";
static char signing_tenant[] = "demo", signing_key[] = "demo-1", lost_key[] = "demo-0";
static char filler[1500], relay_only_app[] = "ap2004";

static void reply_challenge(struct es_bus_call *call)
{
	Openes__EapReply reply;

	openes__eap_reply__init(&reply);
	reply.outcome = OPENES__EAP_REPLY__OUTCOME__CHALLENGE;
	reply.packet = (ProtobufCBinaryData){ sizeof(challenge_packet), challenge_packet };
	reply.cookie = cookie;
	es_bus_reply(call, &reply.base);
}

static void reply_eap(struct es_bus_call *call, Openes__EapReply__Outcome outcome)
{
	Openes__EapReply reply;

	openes__eap_reply__init(&reply);
	reply.outcome = outcome;
	reply.reason = reason;
	es_bus_reply(call, &reply.base);
}

static void on_start(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EapStartRequest *request = (const void *)message;

	(void)user;
	stage.last_had_token = request->had_token;
	note('S');
	if (strcmp(request->eap_id, "reject") == 0)
		reply_eap(call, OPENES__EAP_REPLY__OUTCOME__REJECTED);
	else if (strcmp(request->eap_id, "mangled") == 0)
		reply_eap(call, OPENES__EAP_REPLY__OUTCOME__MALFORMED);
	else if (strcmp(request->eap_id, "limited") == 0)
		reply_eap(call, OPENES__EAP_REPLY__OUTCOME__LIMITED);
	else if (strcmp(request->eap_id, "busy") == 0)
		es_bus_fail(call, ES_BUSY, "full");
	else
		reply_challenge(call);
}

/* The first octet of the packet says how it ends. */
static void on_continue(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EapContinueRequest *request = (const void *)message;
	Openes__EapReply reply;
	Openes__DeviceRequest original;
	char *apps[] = { relay_only_app };

	openes__eap_reply__init(&reply);
	openes__device_request__init(&original);
	(void)user;
	note('C');
	if (request->n_cookies != 1 || strcmp(request->cookies[0], cookie) != 0) {
		reply_eap(call, OPENES__EAP_REPLY__OUTCOME__NO_SESSION);
		return;
	}
	if (request->packet.data[0] == 'c') {
		reply_challenge(call);
		return;
	}
	if (request->packet.data[0] == 'r') {
		reply_eap(call, OPENES__EAP_REPLY__OUTCOME__REJECTED);
		return;
	}
	original.apps = apps;
	original.n_apps = 1;
	original.wants_json = request->packet.data[0] == 'j';
	original.version_major = 12;
	reply.outcome = OPENES__EAP_REPLY__OUTCOME__SUCCESS;
	reply.token = fresh_token;
	reply.token_validity_s = 777;
	reply.request = &original;
	es_bus_reply(call, &reply.base);
}

/* ---- logins of people ---- */

static char no_texts[] = "", login_session[] = "H-handle", sheet_back[] = "https://ecs.example:8443/?code=c&state=b",
			provider_url[] = "https://op.example/auth?state=s", tenant_name[] = "Demo <Mobile>", number_end[] = "01",
			error_url[] = "https://portal.example/why", error_data[] = "a=b&c=d", error_text[] = "No.";

static void reply_login(struct es_bus_call *call, Openes__LoginReply__Outcome outcome)
{
	Openes__LoginReply reply;
	Openes__DeviceRequest original;
	char *apps[] = { relay_only_app };

	openes__login_reply__init(&reply);
	openes__device_request__init(&original);
	original.apps = apps;
	original.n_apps = 1;
	original.version_major = 12;
	original.vers = 7;
	reply.outcome = outcome;
	reply.reason = reason;
	reply.session = login_session;
	reply.tenant_name = tenant_name;
	reply.number_end = number_end;
	reply.tries_left = 4;
	if (outcome == OPENES__LOGIN_REPLY__OUTCOME__REDIRECT)
		reply.location = provider_url;
	if (outcome == OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT || outcome == OPENES__LOGIN_REPLY__OUTCOME__WRONG_CODE)
		reply.location = sheet_back;
	if (outcome == OPENES__LOGIN_REPLY__OUTCOME__LIMITED)
		reply.retry_after_s = 99;
	if (outcome == OPENES__LOGIN_REPLY__OUTCOME__ERROR_PAGE) {
		reply.error_url = error_url;
		reply.error_user_data = error_data;
		reply.error_text = error_text;
	}
	reply.token = outcome == OPENES__LOGIN_REPLY__OUTCOME__SUCCESS ? fresh_token : no_texts;
	reply.token_validity_s = 777;
	reply.request = &original;
	es_bus_reply(call, &reply.base);
}

static void on_oidc_start(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__OidcStartRequest *request = (const void *)message;

	(void)user;
	note('I');
	if (strcmp(request->request->app_name, "oidc") == 0)
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__REDIRECT);
	else
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE);
}

static void on_oidc_finish(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__OidcFinishRequest *request = (const void *)message;

	(void)user;
	note('F');
	if (request->error[0] != '\0')
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__ERROR_PAGE);
	else if (strcmp(request->code, "good") == 0)
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__SUCCESS);
	else if (strcmp(request->code, "factor") == 0)
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT);
	else if (strcmp(request->code, "down") == 0)
		es_bus_fail(call, ES_UNAVAILABLE, "the provider was of no help");
	else
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE);
}

static void on_code_start(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__CodeStartRequest *request = (const void *)message;

	(void)user;
	note('M');
	if (strcmp(request->msisdn, "+34600000001") == 0)
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT);
	else
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__LIMITED);
}

static void on_code_check(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__CodeCheckRequest *request = (const void *)message;
	bool is_sheet = strcmp(request->session, login_session) == 0;

	(void)user;
	note(request->again ? 'k' : 'K');
	if (strcmp(request->session, "down") == 0)
		es_bus_fail(call, ES_UNAVAILABLE, "no SMS");
	else if (request->code[0] == '\0' && is_sheet)
		reply_login(call, OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT);
	else if (strcmp(request->code, "123456") == 0)
		reply_login(call, is_sheet ? OPENES__LOGIN_REPLY__OUTCOME__REDIRECT : OPENES__LOGIN_REPLY__OUTCOME__SUCCESS);
	else
		reply_login(call,
		            is_sheet ? OPENES__LOGIN_REPLY__OUTCOME__WRONG_CODE : OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE);
}

static void on_renew(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__TokenRenewRequest *request = (const void *)message;
	Openes__TokenRenewReply reply;

	openes__token_renew_reply__init(&reply);
	(void)user;
	note('N');
	if (strcmp(request->token, "old-auth-down") == 0) {
		es_bus_fail(call, ES_UNAVAILABLE, "down");
		return;
	}
	reply.token = new_token;
	reply.token_validity_s = 888;
	es_bus_reply(call, &reply.base);
}

/* The credential that decides: the gateway sends all that it got. */
static const char *shown(const Openes__DecideRequest *request)
{
	if (request->temporary_token[0] != '\0')
		return request->temporary_token;
	if (request->operator_token[0] != '\0')
		return request->operator_token;
	return request->token[0] != '\0' ? request->token : request->access_token;
}

static void reply_decided(struct es_bus_call *call, const Openes__DecideRequest *request)
{
	static char enterprise[] = "acme";
	Openes__DecideReply reply;
	Openes__Subject subject;
	Openes__DocNode status, list, item;
	Openes__DocNode *list_children[] = { &item }, *item_children[] = { &status }, *nodes[] = { &status, &list };
	Openes__AppAnswer answers[GW_APPS_MAX], *pointers[GW_APPS_MAX];

	openes__decide_reply__init(&reply);
	openes__subject__init(&subject);
	openes__doc_node__init(&status);
	openes__doc_node__init(&list);
	openes__doc_node__init(&item);
	status.name = status_name;
	status.value = strcmp(request->token, "hostile") == 0   ? hostile
	               : strstr(request->token, "long") != NULL ? filler
	                                                        : one;
	status.is_parm = true;
	item.name = item_name;
	item.children = item_children;
	item.n_children = 1;
	list.name = list_name;
	list.is_list = true;
	list.children = list_children;
	list.n_children = 1;
	for (size_t i = 0; i < request->request->n_apps; i++) {
		if (gw_app_is_odsa(es_slice_str(request->request->apps[i])))
			continue;
		pointers[reply.n_answers] = &answers[reply.n_answers];
		openes__app_answer__init(&answers[reply.n_answers]);
		answers[reply.n_answers].app = request->request->apps[i];
		answers[reply.n_answers].nodes = nodes;
		answers[reply.n_answers++].n_nodes = 2;
	}
	reply.outcome = OPENES__DECIDE_REPLY__OUTCOME__DECIDED;
	reply.subject = &subject;
	subject.tenant = signing_tenant;
	if (strncmp(request->token, "signed", 6) == 0)
		reply.signing_key_id = strstr(request->token, "lost") != NULL ? lost_key : signing_key;
	reply.answers = pointers;
	reply.token_remaining_s = 555;
	reply.token_renew = strncmp(request->token, "old", 3) == 0;
	reply.vers = 3;
	reply.validity_s = 1000;
	char *token = es_arena_strdup(es_bus_call_arena(call), es_slice_str(shown(request)));
	reply.spend = strncmp(token, "once", 4) == 0;
	reply.spend_token = token;
	reply.acquire =
		strncmp(request->request->operation, "Acquire", 7) == 0 && strcmp(request->request->apps[0], "ap2011") != 0;
	reply.no_token = strcmp(token, request->token) != 0;
	if (strncmp(token, "bound", 5) == 0) {
		reply.token_enterprise = enterprise;
		reply.no_token = false;
	}
	reply.eap_over_token = strcmp(token, "over") == 0;
	es_bus_reply(call, &reply.base);
}

/* Outcomes by the word that is shown; true: answered. */
static bool refused(struct es_bus_call *call, const char *word)
{
	static const struct {
		const char *word;
		Openes__DecideReply__Outcome outcome;
	} words[] = {
		{ "unauthorized", OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED },
		{ "forbidden", OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN },
		{ "not-offered", OPENES__DECIDE_REPLY__OUTCOME__NOT_OFFERED },
		{ "invalid", OPENES__DECIDE_REPLY__OUTCOME__INVALID },
		{ "no-resource", OPENES__DECIDE_REPLY__OUTCOME__NO_RESOURCE },
		{ "limited", OPENES__DECIDE_REPLY__OUTCOME__LIMITED },
	};
	Openes__DecideReply reply;

	openes__decide_reply__init(&reply);
	for (size_t i = 0; i < ES_COUNT(words); i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		reply.outcome = words[i].outcome;
		reply.retry_after_s = reply.outcome == OPENES__DECIDE_REPLY__OUTCOME__LIMITED ? 3 : 0;
		es_bus_reply(call, &reply.base);
		return true;
	}
	return false;
}

static void on_spend(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__SpendRequest *request = (const void *)message;
	Openes__SpendReply reply;

	openes__spend_reply__init(&reply);
	(void)user;
	note('P');
	reply.spent_before = strcmp(request->token, "once-before") == 0;
	if (strcmp(request->token, "once-down") == 0)
		es_bus_fail(call, ES_UNAVAILABLE, "down");
	else
		es_bus_reply(call, &reply.base);
}

static void on_acquire(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	static char made[] = "TemporaryToken", value[] = "tt";
	const Openes__AcquireRequest *request = (const void *)message;
	Openes__AcquireReply reply;
	Openes__AppAnswer answer;
	Openes__DocNode node, *nodes[] = { &node };

	openes__acquire_reply__init(&reply);
	openes__app_answer__init(&answer);
	openes__doc_node__init(&node);
	(void)user;
	note('A');
	node.name = made;
	node.value = value;
	node.is_parm = true;
	answer.app = request->app;
	answer.nodes = nodes;
	answer.n_nodes = 1;
	reply.answer = &answer;
	reply.outcome = strcmp(request->token, "dead-there") == 0   ? OPENES__ACQUIRE_REPLY__OUTCOME__DEAD
	                : strcmp(request->token, "wrong") == 0      ? OPENES__ACQUIRE_REPLY__OUTCOME__INVALID
	                : strcmp(request->token, "terminated") == 0 ? OPENES__ACQUIRE_REPLY__OUTCOME__REFUSED
	                                                            : OPENES__ACQUIRE_REPLY__OUTCOME__MADE;
	es_bus_reply(call, &reply.base);
}

static void on_server_token(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	static char made[] = "st";
	const Openes__ServerTokenRequest *request = (const void *)message;
	Openes__ServerTokenReply reply;

	openes__server_token_reply__init(&reply);
	(void)user;
	note('B');
	reply.token_validity_s = 77;
	if (strcmp(request->access_token, "bound-dead") != 0)
		reply.token = made;
	es_bus_reply(call, &reply.base);
}

static void on_decide(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DecideRequest *request = (const void *)message;
	Openes__DecideReply reply;

	openes__decide_reply__init(&reply);
	(void)user;
	note('D');
	stage.last_fresh = request->fresh;
	if (refused(call, shown(request)))
		return;
	if (strcmp(shown(request), "down") == 0) {
		es_bus_fail(call, ES_UNAVAILABLE, "no store");
	} else if (strcmp(shown(request), "confused") == 0) {
		es_bus_fail(call, ES_MALFORMED, "what?");
	} else if (strcmp(request->token, "dead") == 0 || strcmp(request->token, "gone") == 0) {
		reply.outcome = request->token[0] == 'd' ? OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE
		                                         : OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN;
		es_bus_reply(call, &reply.base);
	} else {
		reply_decided(call, request);
	}
}

static void on_operate(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__OperateRequest *request = (const void *)message;
	Openes__OperateReply reply;
	Openes__AppAnswer answer;
	Openes__DocNode result, *nodes[] = { &result };

	openes__operate_reply__init(&reply);
	openes__app_answer__init(&answer);
	openes__doc_node__init(&result);
	(void)user;
	note('O');
	if (strcmp(request->request->operation, "down") == 0) {
		es_bus_fail(call, ES_TIMEOUT, "slow");
		return;
	}
	result.name = operation_result;
	result.value = one;
	result.is_parm = true;
	answer.app = request->app;
	answer.nodes = nodes;
	answer.n_nodes = 1;
	reply.answer = &answer;
	reply.outcome = strcmp(request->request->operation, "off") == 0 ? OPENES__OPERATE_REPLY__OUTCOME__NOT_OFFERED
	                                                                : OPENES__OPERATE_REPLY__OUTCOME__ANSWERED;
	es_bus_reply(call, &reply.base);
}

static void on_register(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__RegisterRequest *request = (const void *)message;
	Openes__RegisterReply reply;

	openes__register_reply__init(&reply);
	(void)user;
	note('R');
	if (strcmp(request->token, "down") == 0) {
		es_bus_fail(call, ES_UNAVAILABLE, "down");
		return;
	}
	reply.status = strcmp(request->token, "dup") == 0 ? 2 : 0;
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method auth_methods[] = {
	{ OPENES__BUS_METHOD__AUTH_EAP_START, &openes__eap_start_request__descriptor, on_start },
	{ OPENES__BUS_METHOD__AUTH_EAP_CONTINUE, &openes__eap_continue_request__descriptor, on_continue },
	{ OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, &openes__token_renew_request__descriptor, on_renew },
	{ OPENES__BUS_METHOD__AUTH_SPEND, &openes__spend_request__descriptor, on_spend },
	{ OPENES__BUS_METHOD__AUTH_ACQUIRE, &openes__acquire_request__descriptor, on_acquire },
	{ OPENES__BUS_METHOD__AUTH_SERVER_TOKEN, &openes__server_token_request__descriptor, on_server_token },
	{ OPENES__BUS_METHOD__AUTH_OIDC_START, &openes__oidc_start_request__descriptor, on_oidc_start },
	{ OPENES__BUS_METHOD__AUTH_OIDC_FINISH, &openes__oidc_finish_request__descriptor, on_oidc_finish },
	{ OPENES__BUS_METHOD__AUTH_CODE_START, &openes__code_start_request__descriptor, on_code_start },
	{ OPENES__BUS_METHOD__AUTH_CODE_CHECK, &openes__code_check_request__descriptor, on_code_check },
};
static const struct es_bus_method policy_methods[] = {
	{ OPENES__BUS_METHOD__POLICY_DECIDE, &openes__decide_request__descriptor, on_decide },
};
static const struct es_bus_method esim_methods[] = {
	{ OPENES__BUS_METHOD__ESIM_OPERATE, &openes__operate_request__descriptor, on_operate },
};
static const struct es_bus_method notify_methods[] = {
	{ OPENES__BUS_METHOD__NOTIFY_REGISTER, &openes__register_request__descriptor, on_register },
};

/* ---- the stage ---- */

static void require(es_status status, struct es_buf *error)
{
	if (status != ES_OK)
		fail_msg("%s: " ES_SLICE_FMT, es_status_name(status), ES_SLICE_ARG(es_buf_slice(error)));
}

static void start_link(size_t i, const char *name, const struct es_bus_method *methods, size_t count,
                       struct es_bus_client **client, struct es_buf *error)
{
	const int64_t give_up = es_mono_ms() + BOUND_MS;
	const struct timespec moment = { .tv_nsec = 2000000 };

	snprintf(stage.targets[i], sizeof(stage.targets[i]), "ipc://%s/%s", stage.dir, name);
	const struct es_bus_server_options server = {
		.url = stage.targets[i], .key = stage.key, .service = name, .methods = methods, .method_count = count
	};
	const struct es_bus_client_options link = { .target = stage.targets[i], .name = name, .key = stage.key };

	require(es_bus_server_start(&server, &stage.servers[i], error), error);
	require(es_bus_client_start(&link, client, error), error);
	while (!es_bus_client_is_ready(*client)) {
		assert_true(es_mono_ms() < give_up);
		(void)nanosleep(&moment, NULL);
	}
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = "the bus secret of this test.....";
	struct es_buf error;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	es_buf_init(&error, 1024);
	snprintf(stage.dir, sizeof(stage.dir), "/tmp/gw_device_test.XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	stage.key = es_bus_key_from(secret);
	start_link(0, "auth", auth_methods, ES_COUNT(auth_methods), &stage.clients.auth, &error);
	start_link(1, "policy", policy_methods, ES_COUNT(policy_methods), &stage.clients.policy, &error);
	start_link(2, "esim", esim_methods, ES_COUNT(esim_methods), &stage.clients.esim, &error);
	start_link(3, "notify", notify_methods, ES_COUNT(notify_methods), &stage.clients.notify, &error);
	stage.config = (struct gw_config){ .device_listen = "127.0.0.1:0",
		                               .device_paths = "/, /ts43/entitlement",
		                               .sheet_path = "/otp",
		                               .device_threads = 2,
		                               .body_max = 65536,
		                               .call_time = BOUND_MS,
		                               .retry_after_s = 17,
		                               .version_major_max = 12 };
	require(gw_device_start(&stage.config, &stage.clients, stage.sign_keys, &stage.device, &error), &error);
	es_buf_free(&error);
	return 0;
}

static int tear_down(void **state)
{
	struct es_bus_client *clients[] = { stage.clients.auth, stage.clients.policy, stage.clients.esim,
		                                stage.clients.notify };

	(void)state;
	gw_device_drain(stage.device);
	gw_device_stop(stage.device, 1000);
	for (size_t i = 0; i < 4; i++) {
		es_bus_client_stop(clients[i]);
		es_bus_server_stop(stage.servers[i], 1000);
		(void)unlink(stage.targets[i] + strlen("ipc://"));
	}
	es_bus_key_free(stage.key);
	return rmdir(stage.dir) != 0;
}

/* ---- a device ---- */

/* Sends and hears until the server closes; the caller frees. *len: octets heard. */
static char *ask(struct es_slice request, size_t *len)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                      .sin_port = htons(gw_device_port(stage.device)),
		                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = (void *)&to;
	char *answer = calloc(1, ANSWER_MAX + 1);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t n;

	assert_non_null(answer);
	pthread_mutex_lock(&stage.lock);
	memset(stage.calls, 0, sizeof(stage.calls));
	pthread_mutex_unlock(&stage.lock);
	assert_int_equal(connect(fd, address, sizeof(to)), 0);
	assert_int_equal(send(fd, request.ptr, request.len, MSG_NOSIGNAL), (ssize_t)request.len);
	*len = 0;
	while ((n = recv(fd, answer + *len, ANSWER_MAX - *len, 0)) > 0)
		*len += (size_t)n;
	close(fd);
	pthread_mutex_lock(&stage.lock); /* an order that ThreadSanitizer sees: the socket is none to it */
	pthread_mutex_unlock(&stage.lock);
	return answer;
}

static unsigned status_of(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

struct row {
	const char *name, *line; /* method and target */
	const char *headers;     /* more of them, each with CR LF */
	const char *body;        /* NULL: none */
	unsigned status;
	const char *calls;
	const char *parts[6]; /* all in the answer; with a '!' in front: not in it */
};

ES_UNUSED static void check(const struct row *row)
{
	struct es_buf request;
	size_t len;
	char *answer;

	es_buf_init(&request, ANSWER_MAX);
	es_put_printf(&request, "%s HTTP/1.1\r\nHost: aes.example\r\nConnection: close\r\n%s", row->line,
	              row->headers != NULL ? row->headers : "");
	if (row->body != NULL)
		es_put_printf(&request, "Content-Length: %zu\r\n", strlen(row->body));
	es_put_printf(&request, "\r\n%s", row->body != NULL ? row->body : "");
	answer = ask(es_buf_slice(&request), &len);
	if (status_of(answer) != row->status || strcmp(stage.calls, row->calls) != 0)
		fail_msg("%s: calls '%s', %s", row->name, stage.calls, answer);
	for (size_t i = 0; i < ES_COUNT(row->parts) && row->parts[i] != NULL; i++) {
		bool is_wanted = row->parts[i][0] != '!';

		if ((strstr(answer, row->parts[i] + !is_wanted) != NULL) != is_wanted)
			fail_msg("%s: '%s' in %s", row->name, row->parts[i], answer);
	}
	if (strstr(answer, "\r\nDate: ") == NULL || strstr(answer, "\r\ntraceparent: ") == NULL ||
	    strstr(answer, "\r\nCache-Control: no-store\r\n") == NULL)
		fail_msg("%s: headers that are always there: %s", row->name, answer);
	free(answer);
	es_buf_free(&request);
}

#endif
