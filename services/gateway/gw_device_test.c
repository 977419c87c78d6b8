/* gw_device_test.c -- the whole device front: real HTTP on one side, the real bus on the other, and behind it four stand-ins
 * that answer by what they are asked and note in which order. */
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
#include "es_gzip.h"
#include "gw_config.h"
#include "gw_device.h"
#include "gw_exchange.h"

#define ANSWER_MAX 65536
#define BOUND_MS 30000

/* ---- the stand-ins ---- */

static struct {
	pthread_mutex_t lock;
	char calls[32]; /* one letter each, in order */
	bool last_fresh, last_had_token;
	struct es_bus_key *key;
	struct es_bus_server *servers[4];
	struct gw_config config;
	struct gw_clients clients;
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

static void reply_decided(struct es_bus_call *call, const Openes__DecideRequest *request)
{
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
	status.value = strcmp(request->token, "hostile") == 0 ? hostile
	               : strcmp(request->token, "long") == 0  ? filler
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
	reply.answers = pointers;
	reply.token_remaining_s = 555;
	reply.token_renew = strncmp(request->token, "old", 3) == 0;
	reply.vers = 3;
	reply.validity_s = 1000;
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
	if (strcmp(request->token, "down") == 0) {
		es_bus_fail(call, ES_UNAVAILABLE, "no store");
	} else if (strcmp(request->token, "confused") == 0) {
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
		                               .device_threads = 2,
		                               .body_max = 65536,
		                               .call_time = BOUND_MS,
		                               .retry_after_s = 17,
		                               .version_major_max = 12 };
	require(gw_device_start(&stage.config, &stage.clients, &stage.device, &error), &error);
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

static void check(const struct row *row)
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

#define GET "GET /?terminal_id=356938035643809&entitlement_version=12.0"
#define RELAY "application/vnd.gsma.eap-relay.v1.0+json"
#define XML "text/vnd.wap.connectivity-xml"
#define ACCEPT_EAP "Accept: " RELAY ", " XML "\r\n"
#define COOKIE "Cookie: ecs=\"C1-value_0\"\r\n"
#define PACKET(text) "{\"eap-relay-packet\":\"" text "\"}"

static void each_request_ends_as_the_table_of_the_standard_says(void **state)
{
	static const struct row rows[] = {
		{ "no credentials (V12-HTTP-09)", GET "&app=ap2004", NULL, NULL, 511, "", { "!APPLICATION" } },
		{ "a token is enough (V12-TOK-01, V12-TOK-02)",
		  GET "&app=ap2004&token=T",
		  NULL,
		  NULL,
		  200,
		  "D",
		  { "Content-Type: " XML "\r\n", "<parm name=\"version\" value=\"3\"/>",
		    "<parm name=\"validity\" value=\"1000\"/>",
		    "<parm name=\"token\" value=\"T\"/>\n<parm name=\"validity\" value=\"555\"/>", "value=\"ap2004\"/>",
		    "!Content-Encoding" } },
		{ "several applications, each once (V12-DOC-03, V12-DOC-04)",
		  GET "&app=ap2003&app=ap2004&app=ap2003&token=T",
		  NULL,
		  NULL,
		  200,
		  "D",
		  { "value=\"ap2003\"/>", "value=\"ap2004\"/>", "!ap2005" } },
		{ "JSON where only JSON is read (V12-DOC-05)",
		  GET "&app=ap2004&token=T",
		  "Accept: application/json\r\n",
		  NULL,
		  200,
		  "D",
		  { "Content-Type: application/json\r\n", "\"Vers\":", "\"Token\":", "\"ap2004\":{\"EntitlementStatus\":\"1\"",
		    "!eap-relay-packet" } },
		{ "by POST the same (V12-REQ-02)",
		  "POST /",
		  "Content-Type: application/json; charset=utf-8\r\n",
		  "{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"[ap2004]\",\"token\":\"T\"}",
		  200,
		  "D",
		  { "value=\"ap2004\"/>" } },
		{ "POST with the parameters in the query",
		  "POST /?terminal_id=1&entitlement_version=12.0&app=ap2004&token=T",
		  NULL,
		  "",
		  200,
		  "D",
		  { "value=\"ap2004\"/>" } },
		{ "a hostile value is escaped (V12-DOC-08)",
		  GET "&app=ap2004&token=hostile",
		  NULL,
		  NULL,
		  200,
		  "D",
		  { "value=\"a&amp;b&lt;c\"" } },
		{ "a dead token (V12-TOK-04)", GET "&app=ap2004&token=dead", NULL, NULL, 511, "D", { NULL } },
		{ "a dead token with EAP_ID: a challenge",
		  GET "&app=ap2004&token=dead&EAP_ID=0001%40x",
		  ACCEPT_EAP,
		  NULL,
		  200,
		  "DS",
		  { "eap-relay-packet" } },
		{ "a good token with EAP_ID: the token (V12-AUTH-11)",
		  GET "&app=ap2004&token=T&EAP_ID=0001%40x",
		  ACCEPT_EAP,
		  NULL,
		  200,
		  "D",
		  { "value=\"ap2004\"/>" } },
		{ "a terminated subscriber", GET "&app=ap2004&token=gone", NULL, NULL, 403, "D", { NULL } },
		{ "policy is away (V12-HTTP-08)",
		  GET "&app=ap2004&token=down",
		  NULL,
		  NULL,
		  503,
		  "D",
		  { "Retry-After: 17\r\n" } },
		{ "policy did not understand (V12-HTTP-07)", GET "&app=ap2004&token=confused", NULL, NULL, 500, "D", { NULL } },
		{ "a temporary token (V12-TT-02)",
		  GET "&app=ap2009&temporary_token=x",
		  NULL,
		  NULL,
		  401,
		  "",
		  { "WWW-Authenticate: " } },
		{ "an operator token", GET "&app=ap2015&operator_token=x", NULL, NULL, 401, "", { NULL } },
		{ "near its end a token is renewed (V12-TOK-05)",
		  GET "&app=ap2004&token=old",
		  NULL,
		  NULL,
		  200,
		  "DN",
		  { "<parm name=\"token\" value=\"renewed\"/>\n<parm name=\"validity\" value=\"888\"/>" } },
		{ "which is no condition",
		  GET "&app=ap2004&token=old-auth-down",
		  NULL,
		  NULL,
		  200,
		  "DN",
		  { "<parm name=\"token\" value=\"old-auth-down\"/>\n<parm name=\"validity\" value=\"555\"/>" } },
		{ "an operation (V12-HTTP-01)",
		  GET "&app=ap2006&token=T&operation=CheckEligibility",
		  NULL,
		  NULL,
		  200,
		  "DO",
		  { "value=\"ap2006\"/>", "<parm name=\"OperationResult\" value=\"1\"/>" } },
		{ "the authenticating request of an ODSA client",
		  GET "&app=ap2009&token=T",
		  NULL,
		  NULL,
		  200,
		  "D",
		  { "<parm name=\"AppID\" value=\"ap2009\"/>\n</characteristic>" } },
		{ "an operation switched off (V12-HTTP-05)",
		  GET "&app=ap2006&token=T&operation=off",
		  NULL,
		  NULL,
		  405,
		  "DO",
		  { "Allow: GET, POST\r\n" } },
		{ "esim is slow", GET "&app=ap2006&token=T&operation=down", NULL, NULL, 503, "DO", { "Retry-After: 17\r\n" } },
		{ "two ODSA applications beside another",
		  GET "&app=ap2006&app=ap2004&app=ap2009&token=T&operation=x",
		  NULL,
		  NULL,
		  200,
		  "DOO",
		  { "value=\"ap2006\"/>", "value=\"ap2004\"/>", "value=\"ap2009\"/>" } },
		{ "a registration (V12-NOTIF-01)",
		  GET "&app=ap2004&token=T&notif_token=t&notif_action=2",
		  NULL,
		  NULL,
		  200,
		  "DR",
		  { "<parm name=\"RegisterNotifStatus\" value=\"0\"/>" } },
		{ "in each application (V12-NOTIF-02)",
		  GET "&app=ap2003&app=ap2006&token=T&notif_token=dup&notif_action=2",
		  "Accept: application/json\r\n",
		  NULL,
		  200,
		  "DR",
		  { "\"ap2006\":{\"RegisterNotifStatus\":\"2\"}" } },
		{ "notify is away",
		  GET "&app=ap2004&token=T&notif_token=down&notif_action=2",
		  NULL,
		  NULL,
		  200,
		  "DR",
		  { "<parm name=\"RegisterNotifStatus\" value=\"1\"/>", "value=\"ap2004\"/>" } },
		{ "everything at once",
		  GET "&app=ap2006&token=old&operation=x&notif_token=t&notif_action=2",
		  NULL,
		  NULL,
		  200,
		  "DNOR",
		  { "RegisterNotifStatus", "OperationResult", "renewed" } },
		{ "version too new (V12-VER-01)",
		  "GET /?terminal_id=1&app=ap2004&entitlement_version=13.0&token=T",
		  NULL,
		  NULL,
		  406,
		  "",
		  { "HTTP/1.1 406 protocol not supported\r\n" } },
		{ "a parameter missing (V12-HTTP-02)", GET "&token=T", NULL, NULL, 400, "", { NULL } },
		{ "another method", "PUT /", NULL, "x", 405, "", { "Allow: GET, POST\r\n" } },
		{ "another path", "GET /admin?app=ap2004&token=T", NULL, NULL, 404, "", { "!APPLICATION" } },
		{ "a configured path (V12-REQ-23)",
		  "GET /ts43/entitlement?terminal_id=1&app=ap2004&entitlement_version=2.0&token=T",
		  NULL,
		  NULL,
		  200,
		  "D",
		  { "APPLICATION" } },
		{ "a body that is no JSON", "POST /", NULL, "app=ap2004", 400, "", { NULL } },
		{ "an unknown coding of the body", "POST /", "Content-Encoding: br\r\n", "{}", 400, "", { NULL } },
		{ "a body that is no gzip", "POST /", "Content-Encoding: gzip\r\n", "{}", 400, "", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		check(&rows[i]);
}

static void an_eap_exchange_runs_over_cookie_and_packet(void **state)
{
	static const struct row rows[] = {
		{ "start (V12-AUTH-01, V12-AUTH-02)",
		  GET "&app=ap2004&EAP_ID=0001%40x",
		  ACCEPT_EAP,
		  NULL,
		  200,
		  "S",
		  { "Content-Type: " RELAY "\r\n", "Set-Cookie: ecs=C1-value_0; Path=/; Secure; HttpOnly\r\n",
		    "\r\n\r\n{\"eap-relay-packet\":\"AQcABA==\"}", "!Location" } },
		{ "without the relay type in Accept, too (settled 20)",
		  GET "&app=ap2004&EAP_ID=0001%40x",
		  NULL,
		  NULL,
		  200,
		  "S",
		  { "Content-Type: " RELAY "\r\n" } },
		{ "by POST",
		  "POST /",
		  ACCEPT_EAP,
		  "{\"terminal_id\":\"1\",\"entitlement_version\":\"2.0\",\"app\":\"ap2004\",\"EAP_ID\":\"0001@x\"}",
		  200,
		  "S",
		  { "eap-relay-packet" } },
		{ "without IMEI (settled 9)",
		  "GET /?terminal_id=null&entitlement_version=2.0&app=ap2004&EAP_ID=0001%40x",
		  NULL,
		  NULL,
		  200,
		  "S",
		  { "eap-relay-packet" } },
		{ "an identity that is not ours (V12-AUTH-08)",
		  GET "&app=ap2004&EAP_ID=reject",
		  ACCEPT_EAP,
		  NULL,
		  403,
		  "S",
		  { NULL } },
		{ "an identity that is none", GET "&app=ap2004&EAP_ID=mangled", ACCEPT_EAP, NULL, 400, "S", { NULL } },
		{ "auth is full (V12-AUTH-10)",
		  GET "&app=ap2004&EAP_ID=busy",
		  ACCEPT_EAP,
		  NULL,
		  503,
		  "S",
		  { "Retry-After: 17\r\n" } },
		{ "another round (V12-AUTH-05, V12-AUTH-13)",
		  "POST /",
		  ACCEPT_EAP COOKIE,
		  PACKET("Y2M="),
		  200,
		  "C",
		  { "Set-Cookie: ecs=C1-value_0; ", "eap-relay-packet" } },
		{ "success (V12-AUTH-03, V12-AUTH-06, V12-AUTH-07)",
		  "POST /",
		  ACCEPT_EAP COOKIE,
		  PACKET("c3M="),
		  200,
		  "CD",
		  { "Content-Type: " XML "\r\n",
		    "<parm name=\"token\" value=\"fresh\"/>\n<parm name=\"validity\" value=\"777\"/>", "value=\"ap2004\"/>",
		    "!Set-Cookie" } },
		{ "success in JSON, by the last Accept",
		  "POST /",
		  "Accept: application/json\r\n" COOKIE,
		  PACKET("c3M="),
		  200,
		  "CD",
		  { "Content-Type: application/json\r\n", "\"Token\":" } },
		{ "success in XML, although the first Accept said JSON",
		  "POST /",
		  "Accept: " XML "\r\n" COOKIE,
		  PACKET("amo="),
		  200,
		  "CD",
		  { "Content-Type: " XML "\r\n" } },
		{ "the relay type alone: as the first Accept said",
		  "POST /",
		  "Accept: " RELAY "\r\n" COOKIE,
		  PACKET("amo="),
		  200,
		  "CD",
		  { "Content-Type: application/json\r\n" } },
		{ "wrong RES (V12-AUTH-14)", "POST /", ACCEPT_EAP COOKIE, PACKET("cnI="), 403, "C", { "!fresh" } },
		{ "no cookie (V12-AUTH-16)", "POST /", ACCEPT_EAP, PACKET("c3M="), 511, "C", { "!APPLICATION" } },
		{ "not Base64 (V12-AUTH-15)", "POST /", ACCEPT_EAP COOKIE, PACKET("*"), 400, "", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		check(&rows[i]);
	assert_true(stage.last_fresh);
}

static void auth_hears_whether_there_was_a_token(void **state)
{
	static const struct row with = {
		"with", GET "&app=ap2004&token=dead&EAP_ID=0%40x", NULL, NULL, 200, "DS", { NULL }
	};
	static const struct row without = { "without", GET "&app=ap2004&EAP_ID=0%40x", NULL, NULL, 200, "S", { NULL } };

	(void)state;
	check(&with);
	assert_true(stage.last_had_token);
	check(&without);
	assert_false(stage.last_had_token);
}

/* V12-DOC-10, V12-DOC-11 */
static void a_long_document_is_packed_for_those_who_read_gzip(void **state)
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct es_slice plain, packed;
	size_t len;
	char *answer = ask(ES_SLICE_LIT(GET "&app=ap2004&token=long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	                                    "Accept-Encoding: gzip\r\n\r\n"),
	                   &len);
	const char *body = strstr(answer, "\r\n\r\n");

	(void)state;
	assert_non_null(strstr(answer, "Content-Encoding: gzip\r\n"));
	packed = es_slice_of(body + 4, len - (size_t)(body + 4 - answer));
	assert_int_equal(es_gunzip(packed, 65536, 100, arena, &plain), ES_OK);
	assert_true(es_slice_starts_with(plain, ES_SLICE_LIT("<?xml")));
	free(answer);
	answer = ask(ES_SLICE_LIT(GET "&app=ap2004&token=long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), &len);
	assert_null(strstr(answer, "Content-Encoding"));
	free(answer);
	es_arena_free(arena);
}

static void a_packed_body_is_read_and_a_bomb_is_413(void **state)
{
	static const char body[] =
		"{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"ap2004\",\"token\":\"T\"}";
	static char bomb[1000000];
	const struct {
		struct es_slice plain;
		unsigned status;
	} rows[] = { { es_slice_str(body), 200 }, { es_slice_of(bomb, sizeof(bomb)), 413 } };

	(void)state;
	memset(bomb, ' ', sizeof(bomb));
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_buf packed, request;
		size_t len;
		char *answer;

		es_buf_init(&packed, ANSWER_MAX);
		es_buf_init(&request, ANSWER_MAX);
		assert_int_equal(es_gzip(rows[i].plain, &packed), ES_OK);
		es_put_printf(&request,
		              "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
		              "Content-Length: %zu\r\n\r\n",
		              packed.len);
		es_put_bytes(&request, es_buf_slice(&packed));
		answer = ask(es_buf_slice(&request), &len);
		assert_int_equal(status_of(answer), rows[i].status);
		free(answer);
		es_buf_free(&packed);
		es_buf_free(&request);
	}
}

static void the_caller_s_trace_is_kept(void **state)
{
	static const struct row row = { "trace",
		                            GET "&app=ap2004&token=T",
		                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
		                            NULL,
		                            200,
		                            "D",
		                            { "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-" } };

	(void)state;
	check(&row);
}

static void the_configuration_s_table_is_sound(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct gw_config config = { 0 };
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 1024);
	require(es_config_parse(gw_config_keys, GW_CONFIG_KEY_COUNT, ES_SLICE_LIT("[gateway]\nbus_key_file = /k\n"),
	                        &config, arena, &error),
	        &error);
	assert_int_equal(gw_config_check(&config, &error), ES_OK);
	assert_string_equal(config.device_paths, "/");
	assert_int_equal(config.version_major_max, 12);
	assert_int_equal(config.body_max, 65536);
	config.device_cert_file = "/c";
	assert_int_equal(gw_config_check(&config, &error), ES_MALFORMED);
	es_buf_free(&error);
	es_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_ends_as_the_table_of_the_standard_says),
		cmocka_unit_test(an_eap_exchange_runs_over_cookie_and_packet),
		cmocka_unit_test(auth_hears_whether_there_was_a_token),
		cmocka_unit_test(a_long_document_is_packed_for_those_who_read_gzip),
		cmocka_unit_test(a_packed_body_is_read_and_a_bomb_is_413),
		cmocka_unit_test(the_caller_s_trace_is_kept),
		cmocka_unit_test(the_configuration_s_table_is_sound),
	};

	return cmocka_run_group_tests_name("gw_device", tests, set_up, tear_down);
}
