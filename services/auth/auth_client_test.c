/* auth_client_test.c -- the token endpoint behind its form: assertions of a real key, judged and spent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_client.h"
#include "auth_test_env.h"
#include "es_jose.h"

/* A key of this test and of nothing else. */
#define PRIVATE_KEY                                                                                                    \
	"-----BEGIN PRIVATE KEY-----\n"                                                                                    \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg81NwJE5DpXFww8fQ\n"                                               \
	"36nrZ4D5eqYSU432lWtl31fa72OhRANCAAQ7ONbKMohz0mVDiAW+mYwxulrRYm10\n"                                               \
	"+2oEeMhq96xckISXaDCikZm+SxMxrSQN+66xxDY3+GMR0h+YPxlhBbOl\n"                                                       \
	"-----END PRIVATE KEY-----\n"
#define PUBLIC_KEYS                                                                                                    \
	"{\"keys\":[{\"crv\":\"P-256\",\"kid\":\"ec\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":"                               \
	"\"OzjWyjKIc9JlQ4gFvpmMMbpa0WJtdPtqBHjIavesXJA\",\"y\":\"hJdoMKKRmb5LEzGtJA37rrHENjf4YxHSH5g_GWEFs6U\"}]}"
#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define URL "https://ecs.example/oauth/token"

static struct {
	struct test_env t;
	struct es_arena *arena;
	struct es_jwt_signer *signer;
	struct es_slice scopes[3], hosts[1];
	struct auth_client clients[2];
	unsigned jti;
} f;

static void make_signer(void)
{
	char path[] = "/tmp/auth_client_test.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, PRIVATE_KEY, sizeof PRIVATE_KEY - 1), sizeof PRIVATE_KEY - 1);
	(void)close(fd);
	es_status status = es_jwt_signer_load(path, "ec", &f.signer, NULL);
	(void)unlink(path);
	assert_int_equal(status, ES_OK);
}

static int set_up(void **state)
{
	memset(&f, 0, sizeof f);
	(void)state;
	f.arena = es_arena_new(0, 1u << 20);
	test_env_begin(&f.t);
	make_signer();
	f.scopes[0] = ES_SLICE_LIT("GetPhoneNumber");
	f.scopes[1] = ES_SLICE_LIT("number:read");
	f.scopes[2] = ES_SLICE_LIT("app_token");
	f.hosts[0] = ES_SLICE_LIT("ecs.example");
	f.clients[0] = (struct auth_client){ .id = ES_SLICE_LIT("mdm"),
		                                 .jwks = ES_SLICE_LIT(PUBLIC_KEYS),
		                                 .scopes = f.scopes,
		                                 .scope_count = 3,
		                                 .token_s = 600 };
	f.clients[1] = f.clients[0];
	f.clients[1].id = ES_SLICE_LIT("former");
	f.clients[1].disabled = true;
	f.t.tenant.hosts = f.hosts;
	f.t.tenant.host_count = 1;
	f.t.tenant.clients = f.clients;
	f.t.tenant.client_count = 2;
	test_env_publish(&f.t);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_jwt_signer_free(f.signer);
	test_env_end(&f.t);
	es_arena_free(f.arena);
	return 0;
}

struct claims {
	const char *iss, *sub, *aud, *jti, *scope;
	int64_t ahead_s; /* exp */
};

static struct es_slice sign(struct claims c)
{
	char *jti = es_arena_printf(f.arena, "jti-%u", f.jti++);
	char *scope =
		c.scope != NULL ? es_arena_printf(f.arena, ",\"scope\":\"%s\"", c.scope) : es_arena_printf(f.arena, "%s", "");
	long long now = test_now / 1000;
	char *text = es_arena_printf(
		f.arena, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}",
		c.iss != NULL ? c.iss : "mdm", c.sub != NULL ? c.sub : "mdm", c.aud != NULL ? c.aud : URL,
		c.jti != NULL ? c.jti : jti, now, now + (c.ahead_s != 0 ? c.ahead_s : 60), scope);
	struct es_slice token;

	assert_non_null(text);
	assert_int_equal(es_jwt_sign(f.signer, es_slice_str(text), f.arena, &token), ES_OK);
	return token;
}

static struct auth_client_token ask_with(const struct auth_client_param *params, size_t count, const char *host,
                                         const char *key)
{
	struct test_call *call = test_call_new(&f.t);
	const struct auth_client_request in = { .params = params,
		                                    .param_count = count,
		                                    .host = es_slice_str(host),
		                                    .path = ES_SLICE_LIT("/oauth/token"),
		                                    .call = es_slice_str(key) };
	struct auth_client_token out;

	auth_client_token(&call->task, &in, &out);
	test_call_wait(call);
	assert_int_equal(call->status, ES_OK);
	out.token = es_slice_str(es_arena_strdup(f.arena, out.token));
	out.scope = es_slice_str(es_arena_strdup(f.arena, out.scope));
	test_call_free(call);
	return out;
}

static struct auth_client_token credentials(struct es_slice assertion, const char *scope)
{
	const struct auth_client_param params[] = {
		{ ES_SLICE_LIT("grant_type"), ES_SLICE_LIT("client_credentials") },
		{ ES_SLICE_LIT("client_assertion_type"), ES_SLICE_LIT(TYPE) },
		{ ES_SLICE_LIT("client_assertion"), assertion },
		{ ES_SLICE_LIT("scope"), es_slice_str(scope) },
		{ ES_SLICE_LIT("3PAppNameAnon"), ES_SLICE_LIT("hQ7mB2xw") },
	};
	return ask_with(params, ES_COUNT(params), "ecs.example", "");
}

static struct auth_client_token bearer(struct es_slice assertion, const char *resource)
{
	const struct auth_client_param params[] = {
		{ ES_SLICE_LIT("grant_type"), ES_SLICE_LIT(BEARER) },
		{ ES_SLICE_LIT("assertion"), assertion },
		{ ES_SLICE_LIT("resource"), es_slice_str(resource) },
	};
	return ask_with(params, ES_COUNT(params), "ecs.example", "");
}

/* V12-S2S-01, V12-S2S-02, V12-S2S-04 */
static void client_gets_an_access_token_for_its_assertion(void **state)
{
	struct auth_client_token all = credentials(sign((struct claims){ 0 }), ""), one;
	struct es_grant grant;

	(void)state;
	assert_int_equal(all.error, AUTH_CLIENT_ERROR_NONE);
	assert_int_equal(all.expires_in_s, 600);
	assert_true(es_slice_eq_str(all.scope, "GetPhoneNumber number:read"));
	assert_int_equal(es_grant_open(f.t.env.token_keys, ES_GRANT_ACCESS, all.token, test_now, &grant), ES_OK);
	assert_string_equal(grant.client_id, "mdm");
	assert_string_equal(grant.tenant, TEST_TENANT);
	assert_string_equal(grant.scope, "GetPhoneNumber number:read");
	one = credentials(sign((struct claims){ 0 }), "number:read");
	assert_true(es_slice_eq_str(one.scope, "number:read"));
	assert_int_equal(credentials(sign((struct claims){ 0 }), "number:read payments").error, AUTH_CLIENT_ERROR_SCOPE);
}

/* V12-S2S-02, V12-S2S-03 */
static void assertions_with_wrong_claims_are_refused(void **state)
{
	static const struct claims wrong[] = {
		{ .iss = "stranger", .sub = "stranger" },
		{ .iss = "former", .sub = "former" },
		{ .sub = "other" },
		{ .aud = "https://ecs.example/" },
		{ .aud = "https://other.example/oauth/token" },
		{ .ahead_s = -60 },
		{ .ahead_s = 400 },
		{ .jti = "" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(wrong); i++)
		assert_int_equal(credentials(sign(wrong[i]), "").error, AUTH_CLIENT_ERROR_CLIENT);
}

/* V12-S2S-03 */
static void damaged_assertions_are_refused(void **state)
{
	struct es_slice good = sign((struct claims){ 0 });
	char *copy = es_arena_strdup(f.arena, good);

	(void)state;
	copy[good.len - 2] = copy[good.len - 2] == 'A' ? 'B' : 'A';
	assert_int_equal(credentials(es_slice_str(copy), "").error, AUTH_CLIENT_ERROR_CLIENT);
	assert_int_equal(credentials(es_slice_sub(good, 0, good.len - 10), "").error, AUTH_CLIENT_ERROR_CLIENT);
	/* {"alg":"none"} */
	struct es_slice rest = good;
	(void)es_slice_cut(&rest, '.');
	char *none = es_arena_printf(f.arena, "eyJhbGciOiJub25lIn0." ES_SLICE_FMT, ES_SLICE_ARG(rest));
	assert_int_equal(credentials(es_slice_str(none), "").error, AUTH_CLIENT_ERROR_CLIENT);
}

static void assertion_is_good_once(void **state)
{
	struct es_slice assertion = sign((struct claims){ 0 });
	const struct auth_client_param params[] = { { ES_SLICE_LIT("client_assertion_type"), ES_SLICE_LIT(TYPE) },
		                                        { ES_SLICE_LIT("client_assertion"), assertion } };

	(void)state;
	assert_int_equal(ask_with(params, 2, "ecs.example", "call-1").error, AUTH_CLIENT_ERROR_NONE);
	assert_int_equal(ask_with(params, 2, "ecs.example", "call-2").error, AUTH_CLIENT_ERROR_CLIENT);
	/* The same call, repeated inside, is no replay. */
	assert_int_equal(ask_with(params, 2, "ecs.example", "call-1").error, AUTH_CLIENT_ERROR_NONE);
}

static void endpoint_is_that_of_the_operator_who_has_the_host(void **state)
{
	struct es_slice assertion = sign((struct claims){ .aud = "https://evil.example/oauth/token" });
	const struct auth_client_param params[] = { { ES_SLICE_LIT("client_assertion_type"), ES_SLICE_LIT(TYPE) },
		                                        { ES_SLICE_LIT("client_assertion"), assertion } };

	(void)state;
	assert_int_equal(ask_with(params, 2, "evil.example", "").error, AUTH_CLIENT_ERROR_CLIENT);
	struct es_slice with_port = sign((struct claims){ .aud = "https://ecs.example:8445/oauth/token" });
	const struct auth_client_param again[] = { params[0], { ES_SLICE_LIT("client_assertion"), with_port } };
	assert_int_equal(ask_with(again, 2, "ecs.example:8445", "").error, AUTH_CLIENT_ERROR_NONE);
}

/* V12-APP-14 */
static void app_token_lives_minutes_and_names_the_application(void **state)
{
	struct auth_client_token made = credentials(sign((struct claims){ 0 }), "app_token");
	struct es_grant grant;

	(void)state;
	assert_int_equal(made.error, AUTH_CLIENT_ERROR_NONE);
	assert_int_equal(made.expires_in_s, 300);
	assert_int_equal(es_grant_open(f.t.env.token_keys, ES_GRANT_APP, made.token, test_now, &grant), ES_OK);
	assert_string_equal(grant.name, "hQ7mB2xw");
}

static struct es_slice temporary_token(const char *tenant, int64_t life_ms, struct es_grant *grant)
{
	struct es_slice text;

	*grant = es_grant_new(ES_GRANT_TEMPORARY, tenant, test_now + life_ms);
	memcpy(grant->imsi.digits, TEST_IMSI, sizeof TEST_IMSI);
	grant->epoch = 3;
	assert_int_equal(es_grant_seal(f.t.env.token_keys, grant, f.arena, &text), ES_OK);
	return text;
}

static void bearer_assertion_binds_to_a_temporary_token(void **state)
{
	struct es_grant about, access;
	struct es_slice token = temporary_token(TEST_TENANT, 100000, &about);
	char *subject = es_arena_printf(f.arena, "temptoken:" ES_SLICE_FMT, ES_SLICE_ARG(token));
	struct auth_client_token made =
		bearer(sign((struct claims){ .sub = subject, .scope = "number:read" }), "https://ecs.example/");

	(void)state;
	assert_int_equal(made.error, AUTH_CLIENT_ERROR_NONE);
	assert_int_equal(made.expires_in_s, 100); /* no longer than what it was made of */
	assert_int_equal(es_grant_open(f.t.env.token_keys, ES_GRANT_ACCESS, made.token, test_now, &access), ES_OK);
	assert_true(es_grant_is_bound_to(&access, &about));
	assert_string_equal(access.resource, "ecs.example");
	assert_string_equal(access.scope, "number:read");
	subject = es_arena_printf(f.arena, "operatortoken:" ES_SLICE_FMT, ES_SLICE_ARG(token));
	assert_int_equal(bearer(sign((struct claims){ .sub = subject }), "").error, AUTH_CLIENT_ERROR_NONE);
}

static void bearer_assertions_about_nothing_of_ours_are_refused(void **state)
{
	struct es_grant about;
	struct es_slice other = temporary_token("other", 100000, &about), late = temporary_token(TEST_TENANT, 0, &about);
	struct es_slice good = temporary_token(TEST_TENANT, 100000, &about);
	char *subject = es_arena_printf(f.arena, "temptoken:" ES_SLICE_FMT, ES_SLICE_ARG(other));

	(void)state;
	assert_int_equal(bearer(sign((struct claims){ .sub = subject }), "").error, AUTH_CLIENT_ERROR_GRANT);
	subject = es_arena_printf(f.arena, "temptoken:" ES_SLICE_FMT, ES_SLICE_ARG(late));
	assert_int_equal(bearer(sign((struct claims){ .sub = subject }), "").error, AUTH_CLIENT_ERROR_GRANT);
	assert_int_equal(bearer(sign((struct claims){ .sub = "tel:+15550000001" }), "").error, AUTH_CLIENT_ERROR_GRANT);
	subject = es_arena_printf(f.arena, "temptoken:" ES_SLICE_FMT, ES_SLICE_ARG(good));
	assert_int_equal(bearer(sign((struct claims){ .sub = subject }), "https://other.example/").error,
	                 AUTH_CLIENT_ERROR_TARGET);
	struct es_slice once = sign((struct claims){ .sub = subject });
	assert_int_equal(bearer(once, "").error, AUTH_CLIENT_ERROR_NONE);
	assert_int_equal(bearer(once, "").error, AUTH_CLIENT_ERROR_GRANT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(client_gets_an_access_token_for_its_assertion),
		TEST(assertions_with_wrong_claims_are_refused),
		TEST(damaged_assertions_are_refused),
		TEST(assertion_is_good_once),
		TEST(endpoint_is_that_of_the_operator_who_has_the_host),
		TEST(app_token_lives_minutes_and_names_the_application),
		TEST(bearer_assertion_binds_to_a_temporary_token),
		TEST(bearer_assertions_about_nothing_of_ours_are_refused),
	};
	TEST_ON_EACH_ENGINE("auth_client_test", tests);
}
