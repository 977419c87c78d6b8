/* gw_admin_test.c -- the operators' API over real HTTP and a real bus, with policy, auth and esim played by this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "gw_admin.h"
#include "policy.pb-c.h"

/* ---- the processes behind the gateway ---- */

struct played {
	pthread_mutex_t lock;
	/* what they answer */
	Openes__AdminReply__Outcome outcome;
	const char *body, *audit_id;
	Openes__AdminWorkReply__Outcome work_outcome;
	const char *work_body;
	es_status policy_fails, auth_fails, work_fails;
	/* what they were asked */
	char steps[256];       /* "begin put end(done) " */
	char asked[1024];      /* action, parameters, body of the last AdminRequest */
	char work_asked[1024]; /* of the last AdminWorkRequest */
	size_t box_size;
};
static struct played played = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void step(const char *name)
{
	size_t used = strlen(played.steps);
	(void)snprintf(played.steps + used, sizeof played.steps - used, "%s ", name);
}

static void put_params(struct es_buf *asked, Openes__Param **params, size_t count)
{
	for (size_t i = 0; i < count; i++)
		es_put_printf(asked, " %s=%s", params[i]->name, params[i]->value);
}

static void admin_answer(struct es_bus_call *call, const Openes__AdminRequest *request, const char *name)
{
	Openes__AdminReply reply;
	struct es_buf asked;

	openes__admin_reply__init(&reply);
	pthread_mutex_lock(&played.lock);
	step(name);
	es_buf_init_fixed(&asked, played.asked, sizeof played.asked - 1);
	es_put_printf(&asked, "%s credential=%s", request->action, request->credential);
	put_params(&asked, request->params, request->n_params);
	es_put_printf(&asked, " body=%.*s", (int)request->body.len, (const char *)request->body.data);
	played.asked[asked.len] = '\0';
	reply.outcome = played.outcome;
	reply.body = (ProtobufCBinaryData){ .len = strlen(played.body), .data = (uint8_t *)(uintptr_t)played.body };
	reply.audit_id = (char *)(uintptr_t)played.audit_id;
	es_status fails = played.policy_fails;
	pthread_mutex_unlock(&played.lock);
	if (fails != ES_OK)
		es_bus_fail(call, fails, "as the test wants");
	else
		es_bus_reply(call, &reply.base);
}

static void on_admin(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)user;
	admin_answer(call, (const void *)request, "admin");
}

static void on_begin(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)user;
	admin_answer(call, (const void *)request, "begin");
}

static void on_end(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	const Openes__AdminEndRequest *end = (const void *)request;
	Openes__Empty reply;
	char name[96];

	openes__empty__init(&reply);
	(void)user;
	(void)snprintf(name, sizeof name, "end(%s,%s)", end->audit_id, end->outcome);
	pthread_mutex_lock(&played.lock);
	step(name);
	pthread_mutex_unlock(&played.lock);
	es_bus_reply(call, &reply.base);
}

static void auth_answer(struct es_bus_call *call, const char *name, const ProtobufCMessage *reply)
{
	pthread_mutex_lock(&played.lock);
	step(name);
	es_status fails = played.auth_fails;
	pthread_mutex_unlock(&played.lock);
	if (fails != ES_OK)
		es_bus_fail(call, fails, "as the test wants");
	else
		es_bus_reply(call, reply);
}

static void on_keys_put(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	const Openes__KeysPutRequest *put = (const void *)request;
	Openes__Empty reply;

	openes__empty__init(&reply);
	(void)user;
	pthread_mutex_lock(&played.lock);
	played.box_size = put->box.len;
	pthread_mutex_unlock(&played.lock);
	auth_answer(call, "put", &reply.base);
}

static void on_keys_status(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	Openes__KeysStatusReply reply;
	char algorithm[] = "milenage";

	openes__keys_status_reply__init(&reply);
	(void)request;
	(void)user;
	reply.exists = true;
	reply.algorithm = algorithm;
	reply.updated_unix_ms = 1700000000000;
	auth_answer(call, "status", &reply.base);
}

static void on_transport(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	Openes__TransportKeyReply reply;
	uint8_t key[32] = { 9 };

	openes__transport_key_reply__init(&reply);
	(void)request;
	(void)user;
	reply.public_key = (ProtobufCBinaryData){ .len = sizeof key, .data = key };
	auth_answer(call, "transport", &reply.base);
}

static void on_work(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__AdminWorkRequest *request = (const void *)message;
	Openes__AdminWorkReply reply;
	struct es_buf asked;

	openes__admin_work_reply__init(&reply);
	(void)user;
	pthread_mutex_lock(&played.lock);
	step(request->action);
	es_buf_init_fixed(&asked, played.work_asked, sizeof played.work_asked - 1);
	es_put_str(&asked, request->action);
	put_params(&asked, request->params, request->n_params);
	es_put_printf(&asked, " body=%.*s", (int)request->body.len, (const char *)request->body.data);
	played.work_asked[asked.len] = '\0';
	reply.outcome = played.work_outcome;
	reply.body =
		(ProtobufCBinaryData){ .len = strlen(played.work_body), .data = (uint8_t *)(uintptr_t)played.work_body };
	es_status fails = played.work_fails;
	pthread_mutex_unlock(&played.lock);
	if (fails != ES_OK)
		es_bus_fail(call, fails, "as the test wants");
	else
		es_bus_reply(call, &reply.base);
}

static const struct es_bus_method policy_methods[] = {
	{ OPENES__BUS_METHOD__POLICY_ADMIN, &openes__admin_request__descriptor, on_admin },
	{ OPENES__BUS_METHOD__POLICY_ADMIN_BEGIN, &openes__admin_request__descriptor, on_begin },
	{ OPENES__BUS_METHOD__POLICY_ADMIN_END, &openes__admin_end_request__descriptor, on_end },
};
static const struct es_bus_method auth_methods[] = {
	{ OPENES__BUS_METHOD__AUTH_KEYS_PUT, &openes__keys_put_request__descriptor, on_keys_put },
	{ OPENES__BUS_METHOD__AUTH_KEYS_STATUS, &openes__keys_request__descriptor, on_keys_status },
	{ OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY, &openes__empty__descriptor, on_transport },
};

static const struct es_bus_method esim_methods[] = {
	{ OPENES__BUS_METHOD__ESIM_ADMIN, &openes__admin_work_request__descriptor, on_work },
};
static const struct es_bus_method notify_methods[] = {
	{ OPENES__BUS_METHOD__NOTIFY_ADMIN, &openes__admin_work_request__descriptor, on_work },
};

/* ---- the stage ---- */

struct stage {
	char dir[64], policy_url[128], auth_url[128], esim_url[128], notify_url[128];
	struct es_bus_key *key;
	struct es_bus_server *policy, *auth, *esim, *notify;
	struct gw_clients clients;
	struct gw_config config;
	struct gw_admin *admin;
};
static struct stage stage;

static void serve(const char *url, const char *name, const struct es_bus_method *methods, size_t count,
                  struct es_bus_server **out)
{
	const struct es_bus_server_options options = {
		.url = url, .key = stage.key, .service = name, .methods = methods, .method_count = count
	};
	struct es_buf error;

	es_buf_init(&error, 1024);
	assert_int_equal(es_bus_server_start(&options, out, &error), ES_OK);
	es_buf_free(&error);
}

static void dial(const char *url, const char *name, struct es_bus_client **out)
{
	const struct es_bus_client_options options = { .target = url, .name = name, .key = stage.key };
	struct es_buf error;

	es_buf_init(&error, 1024);
	assert_int_equal(es_bus_client_start(&options, out, &error), ES_OK);
	es_buf_free(&error);
	for (int n = 0; n < 5000 && !es_bus_client_is_ready(*out); n++)
		usleep(1000);
	assert_true(es_bus_client_is_ready(*out));
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = { 1 };
	struct es_buf error;

	(void)state;
	es_bus_init();
	es_crypto_init();
	(void)snprintf(stage.dir, sizeof stage.dir, "/tmp/gw_admin_test.XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	(void)snprintf(stage.policy_url, sizeof stage.policy_url, "ipc://%s/policy", stage.dir);
	(void)snprintf(stage.auth_url, sizeof stage.auth_url, "ipc://%s/auth", stage.dir);
	(void)snprintf(stage.esim_url, sizeof stage.esim_url, "ipc://%s/esim", stage.dir);
	(void)snprintf(stage.notify_url, sizeof stage.notify_url, "ipc://%s/notify", stage.dir);
	stage.key = es_bus_key_from(secret);
	serve(stage.policy_url, "policy", policy_methods, ES_COUNT(policy_methods), &stage.policy);
	serve(stage.auth_url, "auth", auth_methods, ES_COUNT(auth_methods), &stage.auth);
	serve(stage.esim_url, "esim", esim_methods, ES_COUNT(esim_methods), &stage.esim);
	serve(stage.notify_url, "notify", notify_methods, ES_COUNT(notify_methods), &stage.notify);
	dial(stage.policy_url, "policy", &stage.clients.policy);
	dial(stage.auth_url, "auth", &stage.clients.auth);
	dial(stage.esim_url, "esim", &stage.clients.esim);
	dial(stage.notify_url, "notify", &stage.clients.notify);
	stage.config = (struct gw_config){ .admin_listen = "127.0.0.1:0", .retry_after_s = 3 };
	es_buf_init(&error, 1024);
	assert_int_equal(gw_admin_start(&stage.config, &stage.clients, &stage.admin, &error), ES_OK);
	es_buf_free(&error);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gw_admin_drain(stage.admin);
	gw_admin_stop(stage.admin, 1000);
	es_bus_client_stop(stage.clients.policy);
	es_bus_client_stop(stage.clients.auth);
	es_bus_client_stop(stage.clients.esim);
	es_bus_client_stop(stage.clients.notify);
	es_bus_server_stop(stage.policy, 1000);
	es_bus_server_stop(stage.auth, 1000);
	es_bus_server_stop(stage.esim, 1000);
	es_bus_server_stop(stage.notify, 1000);
	es_bus_key_free(stage.key);
	(void)rmdir(stage.dir);
	return 0;
}

static int rehearse(void **state)
{
	(void)state;
	pthread_mutex_lock(&played.lock);
	played.outcome = OPENES__ADMIN_REPLY__OUTCOME__DONE;
	played.body = "{\"id\":\"demo\"}";
	played.audit_id = "17";
	played.work_outcome = OPENES__ADMIN_WORK_REPLY__OUTCOME__DONE;
	played.work_body = "{\"id\":\"o1\"}";
	played.policy_fails = played.auth_fails = played.work_fails = ES_OK;
	played.steps[0] = played.asked[0] = played.work_asked[0] = '\0';
	pthread_mutex_unlock(&played.lock);
	return 0;
}

/* Sends one request, reads the answer to the end of the connection. */
/* What this thread wrote is read by the played services, and the other way round, with a socket between them: an order
 * that only the lock shows to ThreadSanitizer. */
static void meet_the_played(void)
{
	pthread_mutex_lock(&played.lock);
	pthread_mutex_unlock(&played.lock);
}

static unsigned ask(const char *method_path, const char *headers, const char *body, char answer[8192])
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(gw_admin_port(stage.admin)) };
	char request[4096];
	unsigned status = 0;
	size_t used = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	int len = snprintf(request, sizeof request,
	                   "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
	                   method_path, headers, strlen(body), body);
	assert_true(len > 0 && (size_t)len < sizeof request);
	meet_the_played();
	assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
	for (ssize_t n; used < 8191 && (n = recv(fd, answer + used, 8191 - used, 0)) > 0;)
		used += (size_t)n;
	answer[used] = '\0';
	close(fd);
	meet_the_played();
	assert_int_equal(sscanf(answer, "HTTP/1.1 %u", &status), 1);
	return status;
}

#define BEARER "Authorization: Bearer secret-of-alice\r\n"
#define JSON "Content-Type: application/json\r\n"
#define LINE "/v1/tenants/demo/subscribers/001010000000042"

/* ---- what the gateway judges itself ---- */

static void without_a_credential_nothing_is_answered_but_how_to_send_one(void **state)
{
	static const char *const headers[] = { "", "Authorization: Basic YTpi\r\n", "Authorization: Bearer\r\n",
		                                   "Authorization: Bearer a b\r\n", BEARER BEARER };
	char answer[8192];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(headers); i++) {
		assert_int_equal(ask("GET /v1/nowhere", headers[i], "", answer), 401);
		assert_non_null(strstr(answer, "WWW-Authenticate: Bearer"));
	}
	assert_string_equal(played.steps, "");
}

static void what_is_no_request_of_this_api_is_refused_before_policy_is_asked(void **state)
{
	static const struct {
		const char *line, *headers, *body;
		unsigned status;
		const char *says;
	} cases[] = {
		{ "GET /v1/nowhere", BEARER, "", 404, "\"error\"" },
		{ "POST " LINE, BEARER, "", 405, "Allow: GET, PUT, PATCH, DELETE" },
		{ "GET /v1/tenants/de%20mo", BEARER, "", 422, "\"field\":\"tenant\"" },
		{ "GET /v1/tenants/demo/subscribers?color=red", BEARER, "", 422, "\"field\":\"query\"" },
		{ "GET /v1/tenants/demo/subscribers?limit=1&limit=2", BEARER, "", 422, "\"field\":\"limit\"" },
		{ "PUT " LINE, BEARER, "{}", 415, "application/json" },
		{ "PUT " LINE, BEARER "Content-Type: application/json5\r\n", "{}", 415, "application/json" },
		{ "PUT " LINE, BEARER JSON "Content-Encoding: gzip\r\n", "{}", 415, "compressed" },
		{ "POST " LINE ":suspend", BEARER JSON, "{}", 400, "no body" },
	};
	char answer[8192];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(ask(cases[i].line, cases[i].headers, cases[i].body, answer), cases[i].status);
		assert_non_null(strstr(answer, cases[i].says));
	}
	assert_string_equal(played.steps, "");
}

/* ---- what policy answers ---- */

static void action_parameters_and_body_reach_policy_as_sent(void **state)
{
	char answer[8192];

	(void)state;
	assert_int_equal(
		ask("PUT " LINE, BEARER "Content-Type: application/json; charset=utf-8\r\n", "{\"plan\":\"gold\"}", answer),
		200);
	assert_string_equal(
		played.asked,
		"subscriber.put credential=secret-of-alice tenant=demo imsi=001010000000042 body={\"plan\":\"gold\"}");
	assert_non_null(strstr(answer, "{\"id\":\"demo\"}"));
	assert_non_null(strstr(answer, "Openes-Audit-Id: 17"));
	assert_non_null(strstr(answer, "Cache-Control: no-store"));
	assert_int_equal(ask("GET /v1/tenants/demo/subscribers?msisdn=%2B15550000042&limit=5", BEARER, "", answer), 200);
	assert_string_equal(played.asked,
	                    "subscriber.list credential=secret-of-alice tenant=demo msisdn=+15550000042 limit=5 body=");
}

static void each_outcome_has_its_http_status(void **state)
{
	static const struct {
		Openes__AdminReply__Outcome outcome;
		unsigned status;
		const char *header;
	} cases[] = {
		{ OPENES__ADMIN_REPLY__OUTCOME__DONE, 200, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__CREATED, 201, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__UNAUTHENTICATED, 401, "WWW-Authenticate" },
		{ OPENES__ADMIN_REPLY__OUTCOME__FORBIDDEN, 403, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__NOT_FOUND, 404, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__INVALID, 422, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__CONFLICT, 409, "application/json" },
		{ OPENES__ADMIN_REPLY__OUTCOME__OUTCOME_NONE, 500, "application/json" },
		{ (Openes__AdminReply__Outcome)99, 500, "application/json" },
	};
	char answer[8192];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		played.outcome = cases[i].outcome;
		assert_int_equal(ask("GET /v1/tenants/demo", BEARER, "", answer), cases[i].status);
		assert_non_null(strstr(answer, cases[i].header));
	}
	played.outcome = OPENES__ADMIN_REPLY__OUTCOME__DONE;
	played.body = "";
	assert_int_equal(ask("DELETE " LINE, BEARER, "", answer), 204);
}

static void a_busy_policy_is_503_with_the_time_to_come_back(void **state)
{
	char answer[8192];

	(void)state;
	played.policy_fails = ES_BUSY;
	assert_int_equal(ask("GET /v1/tenants", BEARER, "", answer), 503);
	assert_non_null(strstr(answer, "Retry-After: 3"));
	played.policy_fails = ES_INTERNAL;
	assert_int_equal(ask("GET /v1/tenants", BEARER, "", answer), 500);
	assert_non_null(strstr(answer, "Openes-Trace: "));
}

/* ---- what auth carries out ---- */

static void keys_body(char *out, size_t size, const char *amf)
{
	uint8_t box[ES_BOX_OVERHEAD + 32] = { 1 }, storage[256];
	struct es_buf text;

	es_buf_init_fixed(&text, storage, sizeof storage);
	es_base64_encode(es_slice_of(box, sizeof box), &text);
	(void)snprintf(out, size, "{\"box\":\"%.*s\",\"amf\":\"%s\",\"sqn\":32}", (int)text.len, (const char *)storage,
	               amf);
}

static void keys_go_to_auth_between_begin_and_end(void **state)
{
	char answer[8192], body[512];

	(void)state;
	keys_body(body, sizeof body, "8000");
	assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), 204);
	assert_string_equal(played.steps, "begin put end(17,done) ");
	assert_int_equal(played.box_size, ES_BOX_OVERHEAD + 32);
	/* policy's trail learns who and whom, never the box */
	assert_string_equal(played.asked, "keys.put credential=secret-of-alice tenant=demo imsi=001010000000042 body=");
}

static void a_sim_with_tuak_has_a_box_of_its_own_size(void **state)
{
	static const struct {
		size_t plain;
		const char *algorithm;
		unsigned status;
	} cases[] = {
		{ 50, "tuak", 204 }, { 66, "tuak", 204 }, { 32, "tuak", 422 }, { 50, "milenage", 422 }, { 32, "comp128", 422 }
	};
	uint8_t box[ES_BOX_OVERHEAD + 66] = { 1 }, storage[256];
	char answer[8192], body[512];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_buf text;
		es_buf_init_fixed(&text, storage, sizeof storage);
		es_base64_encode(es_slice_of(box, ES_BOX_OVERHEAD + cases[i].plain), &text);
		(void)snprintf(body, sizeof body, "{\"box\":\"%.*s\",\"amf\":\"8000\",\"algorithm\":\"%s\"}", (int)text.len,
		               (const char *)storage, cases[i].algorithm);
		assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), cases[i].status);
	}
}

static void a_failure_of_auth_is_in_the_trail_and_in_the_answer(void **state)
{
	char answer[8192], body[512];

	(void)state;
	keys_body(body, sizeof body, "8000");
	played.auth_fails = ES_UNAUTHENTIC;
	assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), 422);
	assert_string_equal(played.steps, "begin put end(17,failed: unauthentic) ");
	played.steps[0] = '\0';
	played.auth_fails = ES_CONFLICT;
	assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), 409);
	assert_string_equal(played.steps, "begin put end(17,failed: conflict) ");
}

static void keys_that_make_no_sense_never_reach_auth(void **state)
{
	static const char *const bodies[] = { "{", "[]", "{}", "{\"box\":\"AAAA\",\"amf\":\"8000\"}", "{\"k\":\"00\"}" };
	char answer[8192], body[512];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bodies); i++) {
		played.steps[0] = '\0';
		assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, bodies[i], answer), 422);
		assert_string_equal(played.steps, "begin end(17,failed: invalid) ");
	}
	keys_body(body, sizeof body, "80");
	assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), 422);
	assert_non_null(strstr(answer, "\"field\":\"amf\""));
}

static void auth_is_not_asked_when_policy_forbids(void **state)
{
	char answer[8192], body[512];

	(void)state;
	keys_body(body, sizeof body, "8000");
	played.outcome = OPENES__ADMIN_REPLY__OUTCOME__FORBIDDEN;
	assert_int_equal(ask("PUT " LINE "/keys", BEARER JSON, body, answer), 403);
	assert_string_equal(played.steps, "begin ");
}

static void reads_from_auth_leave_no_mark_in_the_trail(void **state)
{
	char answer[8192];

	(void)state;
	played.audit_id = "";
	assert_int_equal(ask("GET " LINE "/keys", BEARER, "", answer), 200);
	assert_string_equal(played.steps, "begin status ");
	assert_non_null(
		strstr(answer, "{\"exists\":true,\"algorithm\":\"milenage\",\"updated\":\"2023-11-14T22:13:20Z\"}"));
	assert_int_equal(ask("GET /v1/keys/transport", BEARER, "", answer), 200);
	assert_non_null(strstr(answer, "\"public_key\":\"CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""));
}

/* ---- what esim carries out ---- */

#define ESIM_ORDER "/v1/tenants/demo/esim-orders/o1"

static void a_change_goes_to_esim_between_begin_and_end(void **state)
{
	char answer[8192];

	(void)state;
	assert_int_equal(ask("POST " ESIM_ORDER ":advance", BEARER JSON, "{\"state\":\"done\"}", answer), 200);
	assert_string_equal(played.steps, "begin order.advance end(17,done) ");
	assert_string_equal(played.work_asked, "order.advance tenant=demo order=o1 body={\"state\":\"done\"}");
	/* policy's trail learns who and what, never the body: the BSS's answer may hold an activation code */
	assert_string_equal(played.asked, "esim.order.advance credential=secret-of-alice tenant=demo order=o1 body=");
	assert_non_null(strstr(answer, "{\"id\":\"o1\"}"));
	assert_non_null(strstr(answer, "Openes-Audit-Id: 17"));
}

static void a_list_of_esim_takes_its_filters_and_leaves_no_mark(void **state)
{
	char answer[8192];

	(void)state;
	played.audit_id = "";
	assert_int_equal(ask("GET /v1/tenants/demo/esim-orders?stuck=true&limit=5", BEARER, "", answer), 200);
	assert_string_equal(played.steps, "begin order.list ");
	assert_string_equal(played.work_asked, "order.list tenant=demo stuck=true limit=5 body=");
}

static void each_outcome_of_esim_has_its_http_status_and_its_mark(void **state)
{
	static const struct {
		Openes__AdminWorkReply__Outcome outcome;
		const char *body;
		unsigned status;
		const char *says, *mark;
	} cases[] = {
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__DONE, "", 204, "Openes-Audit-Id", "end(17,done)" },
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__CREATED, "{}", 201, "{}", "end(17,done)" },
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__NOT_FOUND, "", 404, "\"error\"", "end(17,failed: not_found)" },
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__INVALID, "{\"error\":\"x\",\"field\":\"eid\"}", 422, "\"field\":\"eid\"",
		  "end(17,failed: invalid)" },
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__CONFLICT, "{\"error\":\"done already\"}", 409, "done already",
		  "end(17,failed: conflict)" },
		{ OPENES__ADMIN_WORK_REPLY__OUTCOME__OUTCOME_NONE, "", 500, "\"error\"", "end(17,failed: internal)" },
		{ (Openes__AdminWorkReply__Outcome)99, "{}", 500, "\"error\"", "end(17,failed: internal)" },
	};
	char answer[8192];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		played.steps[0] = '\0';
		played.work_outcome = cases[i].outcome;
		played.work_body = cases[i].body;
		assert_int_equal(ask("POST " ESIM_ORDER ":retry", BEARER, "", answer), cases[i].status);
		assert_non_null(strstr(answer, cases[i].says));
		assert_non_null(strstr(played.steps, cases[i].mark));
	}
}

static void what_notify_owns_goes_to_notify(void **state)
{
	char answer[8192];

	(void)state;
	assert_int_equal(ask("PATCH /v1/tenants/demo/mass-changes/3", BEARER JSON, "{\"rate\":50}", answer), 200);
	assert_string_equal(played.steps, "begin mass.patch end(17,done) ");
	assert_string_equal(played.work_asked, "mass.patch tenant=demo change=3 body={\"rate\":50}");
	assert_string_equal(played.asked, "notify.mass.patch credential=secret-of-alice tenant=demo change=3 body=");
	assert_int_equal(ask("POST /v1/tenants/demo/notification-failures:replay?reason=rate", BEARER, "", answer), 200);
	assert_string_equal(played.work_asked, "failure.replay-all tenant=demo reason=rate body=");
}

static void esim_away_is_503_and_in_the_trail(void **state)
{
	char answer[8192];

	(void)state;
	played.work_fails = ES_BUSY;
	assert_int_equal(ask("POST " ESIM_ORDER ":cancel", BEARER, "", answer), 503);
	assert_non_null(strstr(answer, "Retry-After: 3"));
	assert_string_equal(played.steps, "begin order.cancel end(17,failed: busy) ");
}

static void esim_is_not_asked_when_policy_forbids(void **state)
{
	char answer[8192];

	(void)state;
	played.outcome = OPENES__ADMIN_REPLY__OUTCOME__FORBIDDEN;
	assert_int_equal(ask("DELETE " LINE "/profiles/8901000000000000012", BEARER, "", answer), 403);
	assert_string_equal(played.steps, "begin ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_a_credential_nothing_is_answered_but_how_to_send_one, rehearse),
		cmocka_unit_test_setup(what_is_no_request_of_this_api_is_refused_before_policy_is_asked, rehearse),
		cmocka_unit_test_setup(action_parameters_and_body_reach_policy_as_sent, rehearse),
		cmocka_unit_test_setup(each_outcome_has_its_http_status, rehearse),
		cmocka_unit_test_setup(a_busy_policy_is_503_with_the_time_to_come_back, rehearse),
		cmocka_unit_test_setup(keys_go_to_auth_between_begin_and_end, rehearse),
		cmocka_unit_test_setup(a_sim_with_tuak_has_a_box_of_its_own_size, rehearse),
		cmocka_unit_test_setup(a_failure_of_auth_is_in_the_trail_and_in_the_answer, rehearse),
		cmocka_unit_test_setup(keys_that_make_no_sense_never_reach_auth, rehearse),
		cmocka_unit_test_setup(auth_is_not_asked_when_policy_forbids, rehearse),
		cmocka_unit_test_setup(reads_from_auth_leave_no_mark_in_the_trail, rehearse),
		cmocka_unit_test_setup(a_change_goes_to_esim_between_begin_and_end, rehearse),
		cmocka_unit_test_setup(a_list_of_esim_takes_its_filters_and_leaves_no_mark, rehearse),
		cmocka_unit_test_setup(each_outcome_of_esim_has_its_http_status_and_its_mark, rehearse),
		cmocka_unit_test_setup(what_notify_owns_goes_to_notify, rehearse),
		cmocka_unit_test_setup(esim_away_is_503_and_in_the_trail, rehearse),
		cmocka_unit_test_setup(esim_is_not_asked_when_policy_forbids, rehearse),
	};
	return cmocka_run_group_tests_name("gw_admin", tests, set_up, tear_down);
}
