/* auth_bus_test.c -- auth as the gateway sees it, over a real bus, with a pretended policy on another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth.pb-c.h"
#include "auth_bus.h"
#include "auth_policy_link.h"
#include "auth_test_env.h"
#include "bus.pb-c.h"
#include "es_clock.h"
#include "policy.pb-c.h"

struct fixture {
	struct test_env t;
	struct es_bus_key *key;
	struct es_bus_server *server, *policy_server;
	struct es_bus_client *client, *policy_client;
	struct auth_policy_link *link;
	struct es_arena *arena;
	char auth_url[64], policy_url[64];
};

/* ---- policy ---- */

static void on_tenants(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__TenantsRequest *request = (const void *)message;
	Openes__TenantsReply reply;
	Openes__Tenant tenant, *list[] = { &tenant };
	char id[] = TEST_TENANT, plmn[] = "00101", *plmns[] = { plmn };

	openes__tenants_reply__init(&reply);
	openes__tenant__init(&tenant);
	(void)user;
	reply.version = 5;
	if (request->known_version != 5) {
		tenant.id = id;
		tenant.plmns = plmns;
		tenant.n_plmns = 1;
		tenant.token_ttl_s = 1234;
		reply.tenants = list;
		reply.n_tenants = 1;
	}
	es_bus_reply(call, &reply.base);
}

static void on_admit(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__AdmitRequest *request = (const void *)message;
	Openes__AdmitReply reply;

	openes__admit_reply__init(&reply);
	(void)user;
	bool known = strcmp(request->tenant, TEST_TENANT) == 0 && strcmp(request->imsi, TEST_IMSI) == 0;
	reply.outcome = known ? OPENES__ADMIT_REPLY__OUTCOME__ADMITTED : OPENES__ADMIT_REPLY__OUTCOME__UNKNOWN;
	reply.epoch = 9;
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method policy_methods[] = {
	{ OPENES__BUS_METHOD__POLICY_TENANTS, &openes__tenants_request__descriptor, on_tenants },
	{ OPENES__BUS_METHOD__POLICY_ADMIT, &openes__admit_request__descriptor, on_admit },
};

/* ---- the two processes ---- */

static struct es_bus_server *serve(const char *url, struct es_bus_key *key, const char *name,
                                   const struct es_bus_method *methods, size_t count, void *user)
{
	struct es_bus_server *server = NULL;
	struct es_buf error;
	const struct es_bus_server_options options = {
		.url = url, .key = key, .service = name, .methods = methods, .method_count = count, .user = user
	};

	es_buf_init(&error, 512);
	assert_int_equal(es_bus_server_start(&options, &server, &error), ES_OK);
	es_buf_free(&error);
	return server;
}

static struct es_bus_client *client_of(const char *url, struct es_bus_key *key, const char *name)
{
	struct es_bus_client *client = NULL;
	struct es_buf error;
	const struct es_bus_client_options options = { .target = url, .name = name, .key = key };

	es_buf_init(&error, 512);
	assert_int_equal(es_bus_client_start(&options, &client, &error), ES_OK);
	es_buf_free(&error);
	return client;
}

static int setup(void **state)
{
	static struct fixture f;
	static const uint8_t secret[32] = { 1 };

	memset(&f, 0, sizeof f);
	test_now = es_wall_ms(); /* deadlines on the bus are of the real clock */
	test_env_begin(&f.t);
	(void)snprintf(f.auth_url, sizeof f.auth_url, "ipc:///tmp/auth_bus_test.%d.a", (int)getpid());
	(void)snprintf(f.policy_url, sizeof f.policy_url, "ipc:///tmp/auth_bus_test.%d.p", (int)getpid());
	f.arena = es_arena_new(0, 1 << 20);
	f.key = es_bus_key_from(secret);
	f.policy_server = serve(f.policy_url, f.key, "policy", policy_methods, ES_COUNT(policy_methods), NULL);
	f.policy_client = client_of(f.policy_url, f.key, "policy");
	f.link = auth_policy_link_new(f.policy_client, f.t.env.tenants);
	f.t.env.policy = f.link;
	f.t.env.admit = auth_policy_admit;
	f.server = serve(f.auth_url, f.key, "auth", auth_bus_methods, auth_bus_method_count, &f.t.env);
	f.client = client_of(f.auth_url, f.key, "auth");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	es_bus_client_stop(f->client);
	es_bus_server_stop(f->server, 5000);
	es_bus_client_stop(f->policy_client);
	es_bus_server_stop(f->policy_server, 5000);
	auth_policy_link_free(f->link);
	es_bus_key_free(f->key);
	es_arena_free(f->arena);
	test_env_end(&f->t);
	return 0;
}

/* Calls until a replica answers at all: connections are made in the background. Bounded by the deadline of the test. */
static es_status call_of(struct fixture *f, uint32_t method, const ProtobufCMessage *request,
                         const ProtobufCMessageDescriptor *type, void *reply)
{
	int64_t give_up = es_wall_ms() + 30000;
	es_status status;
	ProtobufCMessage *message = NULL;

	do {
		const struct es_bus_call_options options = { .method = method, .deadline = es_wall_ms() + 5000 };
		status = es_bus_call_wait(f->client, &options, request, type, f->arena, &message);
	} while (status == ES_UNAVAILABLE && es_wall_ms() < give_up);
	memcpy(reply, &message, sizeof message);
	return status;
}

static void tenants_of(struct fixture *f)
{
	int64_t give_up = es_wall_ms() + 30000;

	while (auth_policy_refresh(f->link) != ES_OK)
		assert_true(es_wall_ms() < give_up);
	assert_true(auth_policy_is_known(f->link));
	assert_int_equal(auth_policy_refresh(f->link), ES_OK); /* unchanged: nothing is told, nothing is lost */
	const struct auth_tenants *tenants = auth_snapshot_get(f->t.env.tenants);
	assert_true(tenants->version == 5 && tenants->count == 1 && tenants->items[0].token_ttl_s == 1234);
	auth_snapshot_put(tenants);
}

static void put_keys(struct fixture *f)
{
	Openes__Empty none, *done = NULL;
	Openes__TransportKeyReply *transport = NULL;
	Openes__KeysPutRequest put;
	char tenant[] = TEST_TENANT, imsi[] = TEST_IMSI, algorithm[] = "milenage";
	uint8_t plain[32], box[32 + ES_BOX_OVERHEAD], amf[2] = { 0x80, 0 }, storage[AUTH_AAD_MAX];
	struct es_slice aad;

	openes__empty__init(&none);
	openes__keys_put_request__init(&put);
	assert_int_equal(call_of(f, OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY, &none.base,
	                         &openes__transport_key_reply__descriptor, &transport),
	                 ES_OK);
	assert_int_equal(transport->public_key.len, 32);
	memset(plain, 0x11, 16);
	memset(plain + 16, 0x22, 16);
	assert_int_equal(auth_vault_aad(TEST_TENANT, TEST_IMSI, storage, &aad), ES_OK);
	assert_int_equal(es_box_seal(transport->public_key.data, aad, es_slice_of(plain, 32), box), ES_OK);
	put.tenant = tenant;
	put.imsi = imsi;
	put.algorithm = algorithm;
	put.box = (ProtobufCBinaryData){ .data = box, .len = sizeof box };
	put.amf = (ProtobufCBinaryData){ .data = amf, .len = 2 };
	assert_int_equal(call_of(f, OPENES__BUS_METHOD__AUTH_KEYS_PUT, &put.base, &openes__empty__descriptor, &done),
	                 ES_OK);
}

static Openes__EapReply *start(struct fixture *f, Openes__DeviceRequest *device)
{
	Openes__EapStartRequest request;
	Openes__EapReply *reply = NULL;
	char eap_id[] = TEST_EAP_ID;

	openes__eap_start_request__init(&request);
	request.eap_id = eap_id;
	request.request = device;
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_EAP_START, &request.base, &openes__eap_reply__descriptor, &reply), ES_OK);
	return reply;
}

static void a_phone_authenticates_over_the_bus(void **state) /* V12-AUTH-06 */
{
	struct fixture *f = *state;
	Openes__DeviceRequest device;
	char app[] = "ap2004", terminal[] = "350000000000001", *apps[] = { app };
	struct test_sim sim = test_sim_of();
	uint8_t storage[512];
	struct es_buf response;
	struct es_token token;

	openes__device_request__init(&device);
	tenants_of(f);
	put_keys(f);
	device.apps = apps;
	device.n_apps = 1;
	device.terminal_id = terminal;
	Openes__EapReply *challenge = start(f, &device);
	assert_int_equal(challenge->outcome, OPENES__EAP_REPLY__OUTCOME__CHALLENGE);
	es_buf_init_fixed(&response, storage, sizeof storage);
	assert_int_equal(peer_answer(&sim, es_slice_of(challenge->packet.data, challenge->packet.len), &response),
	                 SIM_ACCEPTS);

	Openes__EapContinueRequest next;
	char stray[] = "other=1", *cookies[] = { stray, challenge->cookie };
	Openes__EapReply *done = NULL;
	openes__eap_continue_request__init(&next);
	next.cookies = cookies;
	next.n_cookies = 2;
	next.packet = (ProtobufCBinaryData){ .data = response.ptr, .len = response.len };
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_EAP_CONTINUE, &next.base, &openes__eap_reply__descriptor, &done), ES_OK);
	assert_int_equal(done->outcome, OPENES__EAP_REPLY__OUTCOME__SUCCESS);
	assert_string_equal(done->reason, "success");
	assert_int_equal(done->token_validity_s, 1234); /* the tenant's */
	assert_string_equal(done->request->terminal_id, terminal);
	assert_string_equal(done->request->apps[0], app);
	assert_int_equal(es_token_open(f->t.env.token_keys, es_slice_str(done->token), test_now, &token), ES_OK);
	assert_string_equal(token.group, "ap2003"); /* settled 14: ap2003, 2004 and 2005 share one */
	assert_int_equal(token.epoch, 9);

	Openes__TokenRenewRequest renew;
	Openes__TokenRenewReply *renewed = NULL;
	openes__token_renew_request__init(&renew);
	renew.token = done->token;
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, &renew.base, &openes__token_renew_reply__descriptor, &renewed),
		ES_OK);
	assert_true(strlen(renewed->token) > 0 && renewed->token_validity_s == 1234);
}

static void keys_are_asked_about_and_removed_over_the_bus(void **state)
{
	struct fixture *f = *state;
	Openes__KeysRequest keys;
	Openes__KeysStatusReply *status = NULL;
	Openes__Empty *done = NULL;
	char tenant[] = TEST_TENANT, imsi[] = TEST_IMSI;

	openes__keys_request__init(&keys);
	put_keys(f);
	keys.tenant = tenant;
	keys.imsi = imsi;
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_KEYS_STATUS, &keys.base, &openes__keys_status_reply__descriptor, &status),
		ES_OK);
	assert_true(status->exists && strcmp(status->algorithm, "milenage") == 0 && status->updated_unix_ms > 0);
	assert_int_equal(call_of(f, OPENES__BUS_METHOD__AUTH_KEYS_DELETE, &keys.base, &openes__empty__descriptor, &done),
	                 ES_OK);
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_KEYS_STATUS, &keys.base, &openes__keys_status_reply__descriptor, &status),
		ES_OK);
	assert_false(status->exists);
}

static void a_request_without_an_application_is_malformed(void **state)
{
	struct fixture *f = *state;
	Openes__EapStartRequest request;
	Openes__EapReply *reply = NULL;

	openes__eap_start_request__init(&request);
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_EAP_START, &request.base, &openes__eap_reply__descriptor, &reply),
		ES_MALFORMED);
}

static void without_an_eir_every_device_is_asked_about_in_vain(void **state)
{
	struct fixture *f = *state;
	Openes__EquipmentRequest request;
	Openes__EquipmentReply *reply = NULL;
	char source[] = "devices", imei[] = "35693803564380";

	openes__equipment_request__init(&request);
	request.source = source;
	request.imei = imei;
	assert_int_equal(
		call_of(f, OPENES__BUS_METHOD__AUTH_EQUIPMENT, &request.base, &openes__equipment_reply__descriptor, &reply),
		ES_OK);
	assert_int_equal(reply->state, OPENES__EQUIPMENT_REPLY__STATE__AWAY);
	assert_string_equal(reply->why, "no EIR is configured");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_an_eir_every_device_is_asked_about_in_vain, setup, teardown),
		cmocka_unit_test_setup_teardown(a_phone_authenticates_over_the_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_asked_about_and_removed_over_the_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_without_an_application_is_malformed, setup, teardown),
	};
	es_bus_init();
	TEST_ON_EACH_ENGINE("auth_bus_test", tests);
}
