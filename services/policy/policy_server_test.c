/* policy_server_test.c -- servers that ask for themselves (TS.43 10), and the enterprises they act for, on every database there
 * is. */
#include <stdio.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_grant.h"
#include "policy_engine.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define KEYS                                                                                                           \
	"{\"keys\":[{\"crv\":\"P-256\",\"kid\":\"ec\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":"                               \
	"\"OzjWyjKIc9JlQ4gFvpmMMbpa0WJtdPtqBHjIavesXJA\",\"y\":\"hJdoMKKRmb5LEzGtJA37rrHENjf4YxHSH5g_GWEFs6U\"}]}"
#define ACME "tenant=demo&enterprise=acme"
#define ACME_BODY                                                                                                      \
	"{\"name\":\"Acme\",\"allowed\":true,\"requestor_ids\":[\"r-1\"],\"plans\":[\"fleet\",\"full\"],\"devices_max\":"  \
	"9}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_server");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_CREATED, "client.put", "tenant=demo&client=mdm", "{\"jwks\":" KEYS "}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=fleet",
	               "{\"name\":\"Fleet\",\"description\":\"Data\",\"esim\":{\"primary_profile_type\":\"F1\"}}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "enterprise.put", ACME, ACME_BODY);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static char *sealed(const struct es_grant *grant)
{
	struct es_slice text;
	assert_int_equal(es_grant_seal(test.ring, grant, arena, &text), ES_OK);
	return es_arena_strdup(arena, text);
}

static struct es_grant grant_of(enum es_grant_kind kind)
{
	struct es_grant grant = es_grant_new(kind, "demo", NOW + 60000);
	memcpy(grant.client_id, "mdm", 4);
	memcpy(grant.scope, "CheckEligibility AcquirePlan", 29);
	if (kind == ES_GRANT_SERVER) {
		memcpy(grant.requestor, "r-1", 4);
		memcpy(grant.name, "acme", 5);
	}
	return grant;
}

static char *token_by(enum es_grant_kind kind)
{
	const struct es_grant grant = grant_of(kind);
	return sealed(&grant);
}

struct asked {
	char *token, *access;
	const char *operation, *requestor, *enterprise; /* NULL: CheckEligibility, r-1, none */
};

static Openes__DecideReply decide(struct asked asked)
{
	char app[] = "ap2011", name[] = "enterprise_id", dummy[] = "NA", *apps[] = { app };
	Openes__Param param = OPENES__PARAM__INIT, *params[] = { &param };
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;

	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.terminal_id = device.terminal_model = device.terminal_vendor = dummy; /* V12-SRV-05 */
	device.operation =
		es_arena_strdup(arena, es_slice_str(asked.operation != NULL ? asked.operation : "CheckEligibility"));
	device.requestor_id = es_arena_strdup(arena, es_slice_str(asked.requestor != NULL ? asked.requestor : "r-1"));
	param.name = name;
	if (asked.enterprise != NULL) {
		param.value = es_arena_strdup(arena, es_slice_str(asked.enterprise));
		device.params = params;
		device.n_params = 1;
	}
	request.request = &device;
	if (asked.token != NULL)
		request.token = asked.token;
	if (asked.access != NULL)
		request.access_token = asked.access;
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, NOW, arena, &reply), ES_OK);
	return reply;
}

static void ends(Openes__DecideReply reply, Openes__DecideReply__Outcome outcome, const char *why)
{
	if (reply.outcome != outcome || strcmp(reply.reason, why) != 0)
		fail_msg("%d: %s instead of %s", (int)reply.outcome, reply.reason, why);
}

#define ASSERT_ENDS(reply, expected, why) ends((reply), OPENES__DECIDE_REPLY__OUTCOME__##expected, (why))

/* V12-SRV-01, V12-SRV-05, V12-SRV-06 */
static void an_eligible_enterprise_gets_a_token(void **state)
{
	EACH_ENGINE(&test)
	{
		const Openes__DecideReply reply =
			decide((struct asked){ .access = token_by(ES_GRANT_ACCESS), .enterprise = "acme" });
		const Openes__EsimFacts *facts = reply.esim;
		ASSERT_ENDS(reply, DECIDED, "decided");
		assert_false(reply.no_token);
		assert_string_equal(reply.token_enterprise, "acme");
		assert_string_equal(facts->enterprise_id, "acme");
		assert_true(facts->enterprise_allowed && facts->settings != NULL);
		assert_true(!facts->companion_allowed && !facts->primary_allowed);
		assert_int_equal(facts->enterprise_max, 9);
		assert_int_equal(facts->n_offers, 2);
		assert_string_equal(facts->offers[0]->name, "Fleet");
		assert_string_equal(facts->offers[0]->primary_profile_type, "F1");
		/* The only one need not be named. */
		assert_string_equal(decide((struct asked){ .access = token_by(ES_GRANT_ACCESS) }).token_enterprise, "acme");
	}
}

/* V12-SRV-08 */
static void one_that_is_not_eligible_or_not_this_server_s_gets_no_yes(void **state)
{
	EACH_ENGINE(&test)
	{
		struct asked asked = { .access = token_by(ES_GRANT_ACCESS), .enterprise = "other" };
		const char *unknown[] = { "other", "nobody" };
		policy_test_do(&test, POLICY_ADMIN_CREATED, "enterprise.put", "tenant=demo&enterprise=other",
		               "{\"allowed\":true,\"requestor_ids\":[\"r-2\"]}");
		for (size_t i = 0; i < ES_COUNT(unknown); i++) {
			asked.enterprise = unknown[i];
			Openes__DecideReply reply = decide(asked);
			ASSERT_ENDS(reply, DECIDED, "decided");
			assert_true(reply.no_token && !reply.esim->enterprise_allowed);
			assert_string_equal(reply.token_enterprise, "");
			assert_string_equal(reply.esim->enterprise_id, "");
		}
		policy_test_do(&test, POLICY_ADMIN_DONE, "enterprise.put", ACME, "{\"requestor_ids\":[\"r-1\"]}");
		asked.enterprise = "acme";
		Openes__DecideReply reply = decide(asked);
		assert_string_equal(reply.token_enterprise, "acme");
		assert_false(reply.esim->enterprise_allowed);
	}
}

/* V12-SRV-02, V12-SRV-03, V12-SRV-04 */
static void a_token_is_of_one_requestor_and_one_enterprise(void **state)
{
	EACH_ENGINE(&test)
	{
		struct asked asked = { .token = token_by(ES_GRANT_SERVER), .operation = "AcquirePlan" };
		Openes__DecideReply reply = decide(asked);
		ASSERT_ENDS(reply, DECIDED, "decided");
		assert_string_equal(reply.esim->enterprise_id, "acme");
		assert_false(reply.no_token || reply.token_renew);
		assert_int_equal(reply.token_remaining_s, 60);
		assert_string_equal(reply.token_enterprise, "");
		asked.requestor = "r-2";
		ASSERT_ENDS(decide(asked), FORBIDDEN, "other_requestor");
		asked.requestor = "";
		ASSERT_ENDS(decide(asked), INVALID, "parameter");
		asked.requestor = NULL;
		asked.enterprise = "other";
		ASSERT_ENDS(decide(asked), FORBIDDEN, "other_enterprise");
		asked.enterprise = NULL;
		asked.operation = "ManageSubscription";
		ASSERT_ENDS(decide(asked), FORBIDDEN, "out_of_scope");
	}
}

/* V12-SRV-09 */
static void a_token_dies_with_its_time_its_client_and_its_enterprise(void **state)
{
	EACH_ENGINE(&test)
	{
		struct asked asked = { .token = token_by(ES_GRANT_SERVER) };
		struct es_grant old = grant_of(ES_GRANT_SERVER);
		char forged[] = "AAAA";
		old.expires_ms = NOW;
		ASSERT_ENDS(decide((struct asked){ .token = sealed(&old) }), AUTHENTICATE, "server_token_expired");
		ASSERT_ENDS(decide((struct asked){ .token = forged }), AUTHENTICATE, "server_token_unauthentic");
		ASSERT_ENDS(decide((struct asked){ .token = token_by(ES_GRANT_ACCESS) }), AUTHENTICATE,
		            "server_token_unauthentic");
		/* Beside an access token it is begun anew. */
		ASSERT_ENDS(decide((struct asked){ .token = forged, .access = token_by(ES_GRANT_ACCESS) }), DECIDED, "decided");
		policy_test_do(&test, POLICY_ADMIN_DONE, "enterprise.delete", ACME, "");
		ASSERT_ENDS(decide(asked), AUTHENTICATE, "server_token_dead");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "enterprise.put", ACME, ACME_BODY);
		ASSERT_ENDS(decide(asked), DECIDED, "decided");
		policy_test_do(&test, POLICY_ADMIN_DONE, "client.delete", "tenant=demo&client=mdm", "");
		ASSERT_ENDS(decide(asked), AUTHENTICATE, "server_token_dead");
		struct es_grant access = grant_of(ES_GRANT_ACCESS);
		access.expires_ms = NOW;
		Openes__DecideReply reply = decide((struct asked){ .access = sealed(&access), .enterprise = "acme" });
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED);
		assert_string_equal(reply.token_enterprise, "");
	}
}

static void enterprises_are_kept_like_plans(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "enterprise.put", ACME, ACME_BODY);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "", "");
		assert_non_null(strstr(test.body, "\"outcome\":\"unchanged\""));
		policy_test_reopen(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "enterprise.get", ACME, "");
		assert_non_null(strstr(test.body, "\"devices_max\":9"));
		policy_test_do(&test, POLICY_ADMIN_CREATED, "enterprise.put", "tenant=demo&enterprise=zz", "{}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "enterprise.list", "tenant=demo&limit=1", "");
		assert_non_null(strstr(test.body, "\"next\":\"acme\""));
		policy_test_do(&test, POLICY_ADMIN_INVALID, "enterprise.put", ACME, "{\"plans\":[\"nothing\"]}");
		assert_non_null(strstr(test.body, "\"field\":\"plans\""));
		policy_test_do(&test, POLICY_ADMIN_INVALID, "enterprise.put", ACME, "{\"requestor_ids\":[\"\"]}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "enterprise.get", "tenant=demo&enterprise=none", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "enterprise.delete", "tenant=demo&enterprise=none", "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_eligible_enterprise_gets_a_token),
		cmocka_unit_test(one_that_is_not_eligible_or_not_this_server_s_gets_no_yes),
		cmocka_unit_test(a_token_is_of_one_requestor_and_one_enterprise),
		cmocka_unit_test(a_token_dies_with_its_time_its_client_and_its_enterprise),
		cmocka_unit_test(enterprises_are_kept_like_plans),
	};
	es_crypto_init();

	return cmocka_run_group_tests(tests, NULL, NULL);
}
