/* policy_grant_test.c -- DECIDE for holders of tokens that are no TOKEN, and the servers they belong to, as messages, on
 * every engine there is. */
#include <stdio.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_grant.h"
#include "policy_engine.h"
#include "policy_info.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
/* A public key of nobody. */
#define KEYS                                                                                                           \
	"{\"keys\":[{\"crv\":\"P-256\",\"kid\":\"ec\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":"                               \
	"\"OzjWyjKIc9JlQ4gFvpmMMbpa0WJtdPtqBHjIavesXJA\",\"y\":\"hJdoMKKRmb5LEzGtJA37rrHENjf4YxHSH5g_GWEFs6U\"}]}"
#define CLIENT "tenant=demo&client=mdm"
#define CLIENT_BODY                                                                                                    \
	"{\"jwks\":" KEYS ",\"scopes\":[\"GetPhoneNumber\",\"AcquirePlan\"],\"requestor_ids\":[\"r-1\"],\"token_ttl\":60}"
#define TENANT_BODY                                                                                                    \
	"{\"hosts\":[\"aes.example\"],\"phone_number\":{\"operations\":[\"AcquireTemporaryToken\",\"GetPhoneNumber\"]}}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_grant");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", TENANT_BODY);
	policy_test_do(t, POLICY_ADMIN_CREATED, "client.put", CLIENT, CLIENT_BODY);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static uint32_t epoch_of_line(void)
{
	char tenant[] = "demo", imsi[] = TEST_IMSI;
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	request.tenant = tenant;
	request.imsi = imsi;
	assert_int_equal(policy_serve_admit(&engine_of_test, &request, arena, &reply), ES_OK);
	return reply.epoch;
}

static char *sealed(const struct es_grant *grant)
{
	struct es_slice text;
	assert_int_equal(es_grant_seal(test.ring, grant, arena, &text), ES_OK);
	return es_arena_strdup(arena, text);
}

static struct es_grant temporary(void)
{
	struct es_grant grant = es_grant_new(ES_GRANT_TEMPORARY, "demo", NOW + 1000);
	memcpy(grant.imsi.digits, TEST_IMSI, sizeof TEST_IMSI);
	memcpy(grant.app, "ap2014", 7);
	grant.epoch = epoch_of_line();
	grant.operations = ES_OP_BIT(GET_PHONE_NUMBER);
	return grant;
}

static struct es_grant access_of(const char *tenant)
{
	struct es_grant grant = es_grant_new(ES_GRANT_ACCESS, tenant, NOW + 1000);
	memcpy(grant.client_id, "mdm", 4);
	memcpy(grant.scope, "GetPhoneNumber AcquirePlan", 27);
	return grant;
}

struct asked {
	char *temporary, *access, *app, *operation, *host, *requestor;
};

static Openes__DecideReply decide(struct asked asked)
{
	char app[] = "ap2014", operation[] = "GetPhoneNumber", host[] = "aes.example", requestor[] = "r-1";
	char *apps[] = { asked.app != NULL ? asked.app : app };
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;

	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.operation = asked.operation != NULL ? asked.operation : operation;
	device.host = asked.host != NULL ? asked.host : host;
	device.requestor_id = asked.requestor != NULL ? asked.requestor : requestor;
	request.request = &device;
	if (asked.temporary != NULL)
		request.temporary_token = asked.temporary;
	if (asked.access != NULL)
		request.access_token = asked.access;
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, NOW, arena, &reply), ES_OK);
	return reply;
}

#define ASSERT_OUTCOME(asked, expected)                                                                                \
	do {                                                                                                               \
		Openes__DecideReply reply_ = decide(asked);                                                                    \
		if (reply_.outcome != OPENES__DECIDE_REPLY__OUTCOME__##expected)                                               \
			fail_msg("%s: %s", #expected, reply_.reason);                                                              \
	} while (0)

/* V12-TT-10, V12-INFO-01 */
static void a_temporary_token_is_answered_to_be_spent_and_without_token(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_grant grant = temporary();
		char *token = sealed(&grant);
		Openes__DecideReply reply = decide((struct asked){ .temporary = token });
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		assert_true(reply.no_token && reply.spend && !reply.acquire && !reply.token_renew);
		assert_string_equal(reply.spend_token, token);
		assert_string_equal(reply.subject->msisdn, "+34600000001");
		assert_string_equal(reply.answers[0]->nodes[0]->name, "MSISDN");
		assert_string_equal(reply.answers[0]->nodes[1]->value, "1");
	}
}

/* V12-TT-02, V12-TT-04, V12-TT-07 */
static void a_token_of_nobody_or_of_yesterday_is_refused(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_grant good = temporary(), grant = good;
		char nonsense[] = "nonsense";
		ASSERT_OUTCOME(((struct asked){ .temporary = nonsense }), UNAUTHORIZED);
		grant.expires_ms = NOW;
		ASSERT_OUTCOME(((struct asked){ .temporary = sealed(&grant) }), UNAUTHORIZED);
		grant = good;
		grant.epoch++;
		ASSERT_OUTCOME(((struct asked){ .temporary = sealed(&grant) }), UNAUTHORIZED);
		memcpy(grant.imsi.digits, "001010999999999", 16);
		ASSERT_OUTCOME(((struct asked){ .temporary = sealed(&grant) }), NO_RESOURCE);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		grant = temporary();
		ASSERT_OUTCOME(((struct asked){ .temporary = sealed(&grant) }), FORBIDDEN);
	}
}

/* V12-S2S-05, V12-INFO-13 */
static void access_tokens_die_with_their_client(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_grant grant = temporary(), access = access_of("demo"), other = access_of("other");
		struct asked asked = { .temporary = sealed(&grant), .access = sealed(&access) };
		char stranger[] = "r-2";
		ASSERT_OUTCOME(asked, DECIDED);
		asked.requestor = stranger;
		ASSERT_OUTCOME(asked, FORBIDDEN);
		asked.requestor = NULL;
		asked.access = sealed(&other);
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
		asked.access = sealed(&access);
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.put", CLIENT,
		               "{\"jwks\":" KEYS ",\"scopes\":[\"GetPhoneNumber\"],\"disabled\":true}");
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.delete", CLIENT, "");
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
	}
}

/* V12-S2S-05; TS.43 10 */
static void a_server_alone_is_let_in_for_ap2011_and_for_nothing_else(void **state)
{
	EACH_ENGINE(&test)
	{
		char server[] = "ap2011", plan[] = "AcquirePlan", phone[] = "ap2014", elsewhere[] = "aes.other", none[] = "";
		struct es_grant grant = access_of("demo");
		struct asked asked = { .access = sealed(&grant), .app = server, .operation = plan };
		Openes__DecideReply reply = decide(asked);
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		assert_true(reply.no_token && reply.esim != NULL && reply.n_answers == 0);
		assert_string_equal(reply.subject->tenant, "demo");
		assert_string_equal(reply.subject->imsi, "");
		asked.requestor = none;
		ASSERT_OUTCOME(asked, INVALID);
		asked.requestor = NULL;
		asked.app = phone;
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
		asked.app = server;
		policy_test_do(&test, POLICY_ADMIN_CREATED, "tenant.put", "tenant=other", "{\"hosts\":[\"aes.other\"]}");
		asked.host = elsewhere;
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
		grant = access_of("nobody");
		asked = (struct asked){ .access = sealed(&grant), .app = server, .operation = plan };
		ASSERT_OUTCOME(asked, UNAUTHORIZED);
		grant = access_of("demo");
		grant.expires_ms = NOW - 1;
		asked.access = sealed(&grant);
		reply = decide(asked);
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED);
		assert_string_equal(reply.reason, policy_verdict_names[POLICY_VERDICT_ACCESS_EXPIRED]);
	}
}

static void auth_learns_of_clients_with_their_tenant(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__TenantsRequest request = OPENES__TENANTS_REQUEST__INIT;
		Openes__TenantsReply reply = OPENES__TENANTS_REPLY__INIT;
		policy_test_do(&test, POLICY_ADMIN_CREATED, "tenant.put", "tenant=other", "{\"hosts\":[\"aes.other\"]}");
		assert_int_equal(policy_serve_tenants(&engine_of_test, &request, arena, &reply), ES_OK);
		assert_int_equal(reply.n_tenants, 2);
		assert_int_equal(reply.tenants[0]->n_clients, 1);
		assert_int_equal(reply.tenants[1]->n_clients, 0);
		const Openes__OAuthClient *client = reply.tenants[0]->clients[0];
		assert_string_equal(client->id, "mdm");
		assert_true(client->jwks.len == sizeof KEYS - 1 && memcmp(client->jwks.data, KEYS, sizeof KEYS - 1) == 0);
		assert_int_equal(client->n_scopes, 2);
		assert_int_equal(client->token_s, 60);
		assert_false(client->disabled);
	}
}

static void clients_are_kept_like_plans(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.put", CLIENT, CLIENT_BODY);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "", "");
		assert_non_null(strstr(test.body, "\"outcome\":\"unchanged\""));
		policy_test_reopen(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.get", CLIENT, "");
		assert_non_null(strstr(test.body, "\"token_ttl\":60"));
		policy_test_do(&test, POLICY_ADMIN_CREATED, "client.put", "tenant=demo&client=zz", "{\"jwks\":" KEYS "}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.list", "tenant=demo&limit=1", "");
		assert_non_null(strstr(test.body, "\"next\":\"mdm\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.list", "tenant=demo&cursor=mdm", "");
		assert_true(strstr(test.body, "\"zz\"") != NULL && strstr(test.body, "mdm") == NULL);
		policy_test_do(&test, POLICY_ADMIN_INVALID, "client.put", CLIENT, "{\"jwks\":{\"keys\":[]}}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "client.put", CLIENT, "{\"jwks\":7}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "client.put", CLIENT, "[]");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "client.put", CLIENT, "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "client.get", "tenant=demo&client=none", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "client.delete", "tenant=demo&client=none", "");
	}
}

static void all_clients_together_fit_in_one_answer(void **state)
{
	static char body[8192 + 64], big[7000];

	EACH_ENGINE(&test)
	{
		enum policy_admin_outcome last = POLICY_ADMIN_CREATED;
		unsigned count = 0;
		memset(big, 'k', sizeof big - 1);
		(void)snprintf(body, sizeof body, "{\"jwks\":{\"more\":\"%s\",%s}", big, &KEYS[1]);
		for (; count < 100 && last == POLICY_ADMIN_CREATED; count++) {
			char params[64];
			(void)snprintf(params, sizeof params, "tenant=demo&client=c%u", count);
			assert_int_equal(policy_test_call(&test, TEST_TOKEN, "client.put", false, params, body), ES_OK);
			last = test.last.outcome;
		}
		assert_int_equal(last, POLICY_ADMIN_CONFLICT);
		assert_in_range(count, 40, 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_temporary_token_is_answered_to_be_spent_and_without_token),
		cmocka_unit_test(a_token_of_nobody_or_of_yesterday_is_refused),
		cmocka_unit_test(access_tokens_die_with_their_client),
		cmocka_unit_test(a_server_alone_is_let_in_for_ap2011_and_for_nothing_else),
		cmocka_unit_test(auth_learns_of_clients_with_their_tenant),
		cmocka_unit_test(clients_are_kept_like_plans),
		cmocka_unit_test(all_clients_together_fit_in_one_answer),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
