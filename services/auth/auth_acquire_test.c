/* auth_acquire_test.c -- tokens made of tokens, and what is good once, with a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_acquire.h"
#include "auth_server_token.h"
#include "auth_spend.h"
#include "auth_test_env.h"
#include "es_text.h"

struct asked {
	struct test_call *call;
	struct auth_acquire in;
	struct auth_acquired out;
	struct auth_spent spent;
};

static struct es_arena *keep; /* tokens of the test */
static struct auth_client client;

static struct es_slice token_of(struct test_env *t, uint32_t epoch)
{
	struct es_token token = { .tenant = TEST_TENANT,
		                      .imsi = { TEST_IMSI },
		                      .epoch = epoch,
		                      .method = ES_METHOD_EAP_AKA,
		                      .expires_ms = test_now + 60000,
		                      .group = "ap2014" };
	struct es_slice text;

	assert_int_equal(es_token_seal(t->env.token_keys, &token, keep, &text), ES_OK);
	return text;
}

static struct es_slice app_token_of(struct test_env *t, const char *tenant, int64_t expires_ms)
{
	struct es_grant grant = es_grant_new(ES_GRANT_APP, tenant, expires_ms);
	struct es_slice text;

	memcpy(grant.name, "hQ7mB2xw", 9);
	memcpy(grant.client_id, "mdm", 4);
	assert_int_equal(es_grant_seal(t->env.token_keys, &grant, keep, &text), ES_OK);
	return text;
}

static struct asked acquire(struct test_env *t, struct auth_acquire in)
{
	struct asked asked = { .call = test_call_new(t), .in = in };
	struct asked *kept = es_arena_alloc(keep, sizeof *kept);

	*kept = asked;
	auth_acquire(&kept->call->task, &kept->in, &kept->out);
	test_call_wait(kept->call);
	assert_int_equal(kept->call->status, ES_OK);
	for (size_t i = 0; i < kept->out.count; i++) /* the call's memory goes */
		kept->out.parms[i].value = es_slice_str(es_arena_strdup(keep, kept->out.parms[i].value));
	test_call_free(kept->call);
	return *kept;
}

static struct es_slice parm(const struct asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->out.count; i++)
		if (strcmp(asked->out.parms[i].name, name) == 0)
			return asked->out.parms[i].value;
	return (struct es_slice){ NULL, 0 };
}

static struct asked temporary(struct test_env *t, const char *app, const char *targets)
{
	return acquire(t, (struct auth_acquire){ .token = token_of(t, 3),
	                                         .app = es_slice_str(app),
	                                         .operation = ES_SLICE_LIT("AcquireTemporaryToken"),
	                                         .targets = es_slice_str(targets) });
}

static struct asked operator_by(struct test_env *t, struct es_slice token, const char *call)
{
	return acquire(t, (struct auth_acquire){ .token = token,
	                                         .app = ES_SLICE_LIT("ap2015"),
	                                         .operation = ES_SLICE_LIT("acquireoperatortoken"),
	                                         .client_id = ES_SLICE_LIT("app-77"),
	                                         .scope = ES_SLICE_LIT("payments"),
	                                         .call = es_slice_str(call) });
}

static bool spend(struct test_env *t, struct es_slice token, const char *call)
{
	struct test_call *c = test_call_new(t);
	struct auth_spent out = { .spent_before = false };

	auth_token_spend(&c->task, token, es_slice_str(call), &out);
	test_call_wait(c);
	assert_int_equal(c->status, ES_OK);
	test_call_free(c);
	return out.spent_before;
}

static int set_up(void **state)
{
	static struct test_env t;

	keep = es_arena_new(0, 1u << 20);
	test_env_begin(&t);
	t.tenant.temporary_token_s = 900;
	t.tenant.operator_token_s = 120;
	client = (struct auth_client){ .id = ES_SLICE_LIT("mdm") };
	t.tenant.clients = &client;
	t.tenant.client_count = 1;
	t.tenant.operator_token_url = ES_SLICE_LIT("https://ecs.example/validate");
	test_env_publish(&t);
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	test_env_end(*state);
	es_arena_free(keep);
	return 0;
}

/* What a phone may send and no token has room for is its own fault. */
static void texts_that_no_token_holds_are_refused(void **state)
{
	struct test_env *t = *state;
	static const char longest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	const struct {
		struct es_slice text;
		enum auth_acquired_outcome outcome;
	} rows[] = {
		{ es_slice_of(longest, 63), AUTH_ACQUIRED },
		{ es_slice_of(longest, 64), AUTH_ACQUIRE_INVALID },
		{ ES_SLICE_LIT("a\0b"), AUTH_ACQUIRE_INVALID },
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct asked asked = acquire(t, (struct auth_acquire){ .token = token_of(t, 3),
		                                                       .app = ES_SLICE_LIT("ap2014"),
		                                                       .operation = ES_SLICE_LIT("AcquireTemporaryToken"),
		                                                       .requestor_id = rows[i].text,
		                                                       .targets = ES_SLICE_LIT("GetPhoneNumber") });
		assert_int_equal(asked.out.outcome, rows[i].outcome);
		asked = acquire(t, (struct auth_acquire){ .token = token_of(t, 3),
		                                          .app = ES_SLICE_LIT("ap2015"),
		                                          .operation = ES_SLICE_LIT("AcquireOperatorToken"),
		                                          .client_id = rows[i].text,
		                                          .scope = ES_SLICE_LIT("payments"),
		                                          .call = ES_SLICE_LIT("call") });
		assert_int_equal(asked.out.outcome, rows[i].outcome);
	}
}

/* V12-TT-06, V12-TT-07; settled rule 17: five minutes at most for ap2014 and ap2015 */
static void temporary_token_says_what_it_is_for_and_how_long(void **state)
{
	struct test_env *t = *state;
	struct asked phone = temporary(t, "ap2014", "GetPhoneNumber,verifyphonenumber"), transfer;
	struct es_grant grant;
	char expiry[21];

	assert_int_equal(phone.out.outcome, AUTH_ACQUIRED);
	assert_int_equal(
		es_grant_open(t->env.token_keys, ES_GRANT_TEMPORARY, parm(&phone, "TemporaryToken"), test_now, &grant), ES_OK);
	assert_string_equal(grant.tenant, TEST_TENANT);
	assert_string_equal(grant.imsi.digits, TEST_IMSI);
	assert_string_equal(grant.app, "ap2014");
	assert_int_equal(grant.epoch, 3);
	assert_int_equal(grant.operations, ES_OP_BIT(GET_PHONE_NUMBER) | ES_OP_BIT(VERIFY_PHONE_NUMBER));
	assert_int_equal(grant.expires_ms, test_now / 1000 * 1000 + 300000);
	es_time_iso8601(grant.expires_ms, expiry);
	assert_true(es_slice_eq_str(parm(&phone, "TemporaryTokenExpiry"), expiry));
	assert_true(es_slice_eq_str(parm(&phone, "OperationTargets"), "GetPhoneNumber,VerifyPhoneNumber"));
	assert_true(es_slice_eq_str(parm(&phone, "OperationResult"), "1"));

	transfer = temporary(t, "ap2009", "ManageSubscription");
	assert_int_equal(
		es_grant_open(t->env.token_keys, ES_GRANT_TEMPORARY, parm(&transfer, "TemporaryToken"), test_now, &grant),
		ES_OK);
	assert_int_equal(grant.expires_ms, test_now / 1000 * 1000 + 900000);
}

/* V12-APP-01, V12-APP-02, V12-APP-04 */
static void operator_token_is_bound_to_client_and_scope(void **state)
{
	struct test_env *t = *state;
	struct asked asked = operator_by(t, token_of(t, 3), "call-1");
	struct es_grant grant;

	assert_int_equal(asked.out.outcome, AUTH_ACQUIRED);
	assert_int_equal(
		es_grant_open(t->env.token_keys, ES_GRANT_OPERATOR, parm(&asked, "OperatorToken"), test_now, &grant), ES_OK);
	assert_string_equal(grant.client_id, "app-77");
	assert_string_equal(grant.scope, "payments");
	assert_int_equal(grant.expires_ms, test_now / 1000 * 1000 + 120000);
	assert_true(es_slice_eq_str(parm(&asked, "ClientID"), "app-77"));
	assert_true(es_slice_eq_str(parm(&asked, "OperatorTokenAuthURL"), "https://ecs.example/validate"));
	assert_int_equal(parm(&asked, "OperatorTokenExpiry").len, 20);
}

/* V12-APP-01; settled rule 17 */
static void temporary_token_makes_one_operator_token(void **state)
{
	struct test_env *t = *state;
	struct asked first = temporary(t, "ap2015", "AcquireOperatorToken");
	struct es_slice token = parm(&first, "TemporaryToken");

	assert_int_equal(operator_by(t, token, "call-1").out.outcome, AUTH_ACQUIRED);
	assert_int_equal(operator_by(t, token, "call-2").out.outcome, AUTH_ACQUIRE_DEAD);
	/* The same call, repeated because its answer was lost, is no second use. */
	assert_int_equal(operator_by(t, token, "call-1").out.outcome, AUTH_ACQUIRED);
}

static void temporary_token_of_other_targets_makes_none(void **state)
{
	struct test_env *t = *state;
	struct asked other = temporary(t, "ap2014", "GetPhoneNumber");

	assert_int_equal(operator_by(t, parm(&other, "TemporaryToken"), "call-1").out.outcome, AUTH_ACQUIRE_DEAD);
	assert_int_equal(operator_by(t, ES_SLICE_LIT("damaged"), "call-1").out.outcome, AUTH_ACQUIRE_DEAD);
}

static void subscriber_who_is_gone_gets_nothing(void **state)
{
	struct test_env *t = *state;

	t->policy.admission = AUTH_ADMIT_TERMINATED;
	assert_int_equal(temporary(t, "ap2014", "GetPhoneNumber").out.outcome, AUTH_ACQUIRE_REFUSED);
	t->policy.admission = AUTH_ADMITTED;
	t->policy.epoch = 4;
	assert_int_equal(temporary(t, "ap2014", "GetPhoneNumber").out.outcome, AUTH_ACQUIRE_DEAD);
	assert_int_equal(temporary(t, "ap2014", "Nonsense").out.outcome, AUTH_ACQUIRE_INVALID);
}

static struct asked app_info(struct test_env *t, struct es_slice app_token, const char *call)
{
	return acquire(t, (struct auth_acquire){ .token = token_of(t, 3),
	                                         .app = ES_SLICE_LIT("ap2015"),
	                                         .operation = ES_SLICE_LIT("Get3PAppInfo"),
	                                         .app_token = app_token,
	                                         .call = es_slice_str(call) });
}

/* V12-APP-12, V12-APP-13, V12-APP-14 */
/* V12-SRV-02, V12-SRV-09 */
static void token_of_a_server_says_by_whom_and_for_whom(void **state)
{
	struct test_env *t = *state;
	struct es_grant access = es_grant_new(ES_GRANT_ACCESS, TEST_TENANT, test_now + 1000), grant;
	struct auth_server_token io = { .requestor_id = ES_SLICE_LIT("r-1"), .enterprise_id = ES_SLICE_LIT("acme") };
	struct es_slice text;

	memcpy(access.client_id, "mdm", 4);
	memcpy(access.scope, "AcquirePlan", 12);
	assert_int_equal(es_grant_seal(t->env.token_keys, &access, keep, &text), ES_OK);
	io.access_token = text;
	assert_int_equal(auth_server_token(&t->env, keep, &io), ES_OK);
	assert_int_equal(es_grant_open(t->env.token_keys, ES_GRANT_SERVER, io.token, test_now, &grant), ES_OK);
	assert_string_equal(grant.tenant, TEST_TENANT);
	assert_string_equal(grant.client_id, "mdm");
	assert_string_equal(grant.scope, "AcquirePlan");
	assert_string_equal(grant.requestor, "r-1");
	assert_string_equal(grant.name, "acme");
	assert_int_equal(grant.expires_ms, test_now + io.validity_s * 1000);

	const struct es_slice dead[] = { token_of(t, 3), io.token, ES_SLICE_LIT("x") };
	for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) {
		io.access_token = dead[i];
		assert_int_equal(auth_server_token(&t->env, keep, &io), ES_OK);
		assert_int_equal(io.token.len, 0);
	}
}

static void app_token_tells_its_name_once(void **state)
{
	struct test_env *t = *state;
	struct es_slice token = app_token_of(t, TEST_TENANT, test_now + 1000);
	struct asked first = app_info(t, token, "call-1");

	assert_int_equal(first.out.outcome, AUTH_ACQUIRED);
	assert_true(es_slice_eq_str(parm(&first, "3PAppNameAnon"), "hQ7mB2xw"));
	assert_int_equal(app_info(t, token, "call-2").out.outcome, AUTH_ACQUIRE_INVALID);
	assert_int_equal(app_info(t, app_token_of(t, TEST_TENANT, test_now), "call-3").out.outcome, AUTH_ACQUIRE_INVALID);
	assert_int_equal(app_info(t, app_token_of(t, "other", test_now + 1000), "call-4").out.outcome,
	                 AUTH_ACQUIRE_INVALID);
	assert_int_equal(app_info(t, token_of(t, 3), "call-5").out.outcome, AUTH_ACQUIRE_INVALID);
	client.disabled = true;
	test_env_publish(t);
	token = app_token_of(t, TEST_TENANT, test_now + 1000);
	assert_int_equal(app_info(t, token, "call-6").out.outcome, AUTH_ACQUIRE_INVALID);
}

/* Settled rule 17 */
static void temporary_token_is_spent_once_also_after_a_restart(void **state)
{
	struct test_env *t = *state;
	struct asked made = temporary(t, "ap2014", "GetPhoneNumber");
	struct es_slice token = parm(&made, "TemporaryToken");

	assert_false(spend(t, token, "call-1"));
	assert_true(spend(t, token, "call-2"));
	test_env_down(t);
	test_env_up(t, "one");
	assert_true(spend(t, token, "call-3"));
	assert_false(spend(t, token, "call-1"));
	assert_true(spend(t, ES_SLICE_LIT("damaged"), "call-4"));
	/* Without a key no two calls are the same one. */
	made = temporary(t, "ap2014", "GetPhoneNumber");
	assert_false(spend(t, parm(&made, "TemporaryToken"), ""));
	assert_true(spend(t, parm(&made, "TemporaryToken"), ""));
}

static es_status purge_job(struct es_db_conn *conn, void *user)
{
	return auth_store_purge(conn, test_now + 400000, 0, user);
}

static void what_has_expired_is_forgotten(void **state)
{
	struct test_env *t = *state;
	struct asked made = temporary(t, "ap2014", "GetPhoneNumber");
	int64_t removed = 0;

	assert_false(spend(t, parm(&made, "TemporaryToken"), "call-1"));
	assert_int_equal(es_db_write_wait(t->env.db, purge_job, &removed), ES_OK);
	assert_int_equal(removed, 1);
}

struct racer {
	struct test_env *t;
	struct es_slice token;
	const char *call;
	bool lost;
};

static void *race(void *user)
{
	struct racer *r = user;

	r->lost = spend(r->t, r->token, r->call);
	return NULL;
}

static void of_two_at_once_one_wins(void **state)
{
	static const char *const names[] = { "call-0", "call-1", "call-2", "call-3" };
	struct test_env *t = *state;

	for (unsigned round = 0; round < 8; round++) {
		struct asked made = temporary(t, "ap2014", "GetPhoneNumber");
		struct racer racers[ES_COUNT(names)];
		pthread_t threads[ES_COUNT(names)];
		size_t winners = 0;

		for (size_t i = 0; i < ES_COUNT(names); i++) {
			racers[i] = (struct racer){ t, parm(&made, "TemporaryToken"), names[i], true };
			assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
		}
		for (size_t i = 0; i < ES_COUNT(names); i++) {
			assert_int_equal(pthread_join(threads[i], NULL), 0);
			winners += !racers[i].lost;
		}
		assert_int_equal(winners, 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts_that_no_token_holds_are_refused),
		TEST(temporary_token_says_what_it_is_for_and_how_long),
		TEST(operator_token_is_bound_to_client_and_scope),
		TEST(temporary_token_makes_one_operator_token),
		TEST(temporary_token_of_other_targets_makes_none),
		TEST(subscriber_who_is_gone_gets_nothing),
		TEST(token_of_a_server_says_by_whom_and_for_whom),
		TEST(app_token_tells_its_name_once),
		TEST(temporary_token_is_spent_once_also_after_a_restart),
		TEST(what_has_expired_is_forgotten),
		TEST(of_two_at_once_one_wins),
	};
	TEST_ON_EACH_ENGINE("auth_acquire_test", tests);
}
