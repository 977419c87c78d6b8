/* es_jose_test.c -- tokens and key sets against those of another implementation (python3-jwcrypto) and RFC 7515. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_jose_int.h"
#include "es_jose_vectors.h"

#define CLAIMS "{\"iss\":\"https://idp.example\",\"aud\":\"openes\",\"exp\":2000000000,\"iat\":1999999000}"

static struct es_jwks *keys_of(const char *text)
{
	struct es_jwks *jwks = NULL;

	assert_int_equal(es_jwks_parse(es_slice_str(text), &jwks, NULL), ES_OK);
	return jwks;
}

static es_status verify(const char *keys, const char *token)
{
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	struct es_jwks *jwks = keys_of(keys);
	es_status status = es_jwt_verify(jwks, es_slice_str(token), &claims);

	assert_true((claims != NULL) == (status == ES_OK));
	es_jwks_free(jwks);
	return status;
}

/* ---- tokens ---- */

static void test_the_example_of_rfc_7515_a_3_verifies(void **state)
{
	static const char keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
							   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
							   "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
	static const char token[] =
		"eyJhbGciOiJFUzI1NiJ9."
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
	struct es_jwks *jwks = keys_of(keys);
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	int64_t exp = 0;

	(void)state;
	assert_int_equal(es_jwt_verify(jwks, es_slice_str(token), &claims), ES_OK);
	assert_string_equal(es_json_str(claims, "iss"), "joe");
	assert_true(es_json_i64(claims, "exp", &exp));
	assert_int_equal(exp, 1300819380);
	es_jwks_free(jwks);
}

static void test_tokens_of_the_kinds_accepted_verify_and_no_others(void **state)
{
	static const struct {
		const char *name, *token;
		es_status status;
	} cases[] = {
		{ "RS256", token_rs256, ES_OK },
		{ "RS256 of 3072 bits", token_rs256_3072, ES_OK },
		{ "ES256", token_es256, ES_OK },
		{ "without kid", token_es256_without_kid, ES_OK },
		{ "kid that nobody has", token_unknown_kid, ES_NOT_FOUND },
		{ "kid of a key that is too small", token_small_rsa, ES_NOT_FOUND },
		{ "another's key under our kid", token_of_a_stranger, ES_UNAUTHENTIC },
		{ "EC signature under an RSA key's kid", token_es256_by_rsa_kid, ES_UNAUTHENTIC },
		{ "signature with octets behind it", token_long_signature, ES_UNAUTHENTIC },
		{ "signature of zeros", token_zero_signature, ES_UNAUTHENTIC },
		{ "RS512", token_rs512, ES_MALFORMED },
		{ "PS256", token_ps256, ES_MALFORMED },
		{ "HS256 with the public key as secret", token_hs256_by_public_key, ES_MALFORMED },
		{ "none", token_none, ES_MALFORMED },
		{ "crit", token_crit, ES_MALFORMED },
		{ "b64", token_b64_false, ES_MALFORMED },
		{ "typ of something else", token_of_other_typ, ES_MALFORMED },
		{ "alg twice", token_alg_twice, ES_MALFORMED },
		{ "claims that are no object", token_not_an_object, ES_MALFORMED },
		{ "a claim twice", token_claim_twice, ES_MALFORMED },
		{ "nothing", "", ES_MALFORMED },
		{ "dots", "..", ES_MALFORMED },
		{ "two parts", "eyJhbGciOiJFUzI1NiJ9.e30", ES_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		es_status status = verify(jwks_text, cases[i].token);
		if (status != cases[i].status)
			fail_msg("%s: %s", cases[i].name, es_status_name(status));
	}
}

static void test_a_token_changed_anywhere_does_not_verify(void **state)
{
	struct es_jwks *jwks = keys_of(jwks_text);
	char token[sizeof token_es256 + 4];
	cJSON *claims = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof token_es256 - 1; i++) {
		memcpy(token, token_es256, sizeof token_es256);
		token[i] = token[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(es_jwt_verify(jwks, es_slice_of(token, sizeof token_es256 - 1), &claims), ES_OK);
		assert_int_not_equal(es_jwt_verify(jwks, es_slice_of(token_es256, i), &claims), ES_OK);
	}
	static const char *const tails[] = { "=", ".", ".e30", "\n", "A" };
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		(void)snprintf(token, sizeof token, "%s%s", token_es256, tails[i]);
		assert_int_not_equal(es_jwt_verify(jwks, es_slice_str(token), &claims), ES_OK);
	}
	es_jwks_free(jwks);
}

static void test_a_token_beyond_its_bound_is_not_read(void **state)
{
	size_t len = ES_JWT_MAX + 1;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'A', len);
	struct es_jwks *jwks = keys_of(jwks_text);
	cJSON *claims = NULL;
	assert_int_equal(es_jwt_verify(jwks, es_slice_of(text, len), &claims), ES_MALFORMED);
	es_jwks_free(jwks);
	free(text);
}

static void test_the_kid_is_read_without_a_key(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice kid;

	(void)state;
	assert_int_equal(es_jwt_kid(es_slice_str(token_unknown_kid), arena, &kid), ES_OK);
	assert_true(es_slice_eq_str(kid, "ec-2"));
	assert_int_equal(es_jwt_kid(es_slice_str(token_es256_without_kid), arena, &kid), ES_OK);
	assert_int_equal(kid.len, 0);
	assert_int_equal(es_jwt_kid(es_slice_str(token_none), arena, &kid), ES_MALFORMED);
	es_arena_free(arena);
}

/* ---- key sets ---- */

static void test_keys_of_other_kinds_uses_and_sizes_are_passed_over(void **state)
{
	struct es_jwks *jwks = keys_of(jwks_text);
	static const char *const kept[] = { "rsa-1", "rsa-2", "ec-1" }, *const left[] = { "small", "p384", "enc",
		                                                                              "okp",   "oct",  "" };

	(void)state;
	assert_int_equal(jwks->count, 3);
	for (size_t i = 0; i < ES_COUNT(kept); i++)
		assert_true(es_jwks_has(jwks, es_slice_str(kept[i])));
	for (size_t i = 0; i < ES_COUNT(left); i++)
		assert_false(es_jwks_has(jwks, es_slice_str(left[i])));
	es_jwks_free(jwks);
}

static void test_a_set_that_is_of_no_use_says_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ jwks_with_private, "private" }, { jwks_useless, "no key" },     { jwks_off_curve, "no key" },
		{ "{\"keys\":[]}", "no key" },    { "{\"keys\":{}}", "no list" }, { "[]", "no list" },
		{ "{\"keys\":[1]}", "no key" },   { "<html>", "not JSON" },       { "", "not JSON" },
	};
	struct es_jwks *jwks = NULL;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char storage[128] = "";
		struct es_buf error;
		es_buf_init_fixed(&error, storage, sizeof storage - 1);
		assert_int_equal(es_jwks_parse(es_slice_str(cases[i].text), &jwks, &error), ES_MALFORMED);
		if (strstr(storage, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].text, storage);
	}
}

static void test_more_keys_than_the_bound_are_refused(void **state)
{
	struct es_buf text;
	struct es_jwks *jwks = NULL;
	struct es_slice one = ES_SLICE_LIT(KEY_ES256);

	(void)state;
	es_buf_init(&text, ES_JWKS_MAX);
	es_put_str(&text, "{\"keys\":[");
	for (int i = 0; i <= ES_JWKS_KEYS_MAX; i++) {
		if (i > 0)
			es_put_u8(&text, ',');
		es_put_bytes(&text, one);
	}
	es_put_str(&text, "]}");
	assert_int_equal(es_jwks_parse(es_buf_slice(&text), &jwks, NULL), ES_TOO_LARGE);
	es_buf_free(&text);
}

/* ---- claims ---- */

static void check_case(const char *text, const char *name, es_status status)
{
	const struct es_jwt_expect expect = { .issuer = "https://idp.example",
		                                  .audience = "openes",
		                                  .nonce = "n-1",
		                                  .now_s = 1000000,
		                                  .leeway_s = 30,
		                                  .life_max_s = 3600,
		                                  .needs_iat = true };
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	const char *why = NULL;

	assert_int_equal(es_json_parse(es_slice_str(text), ES_JSON_SMALL, &claims), ES_OK);
	es_status got = es_jwt_check(claims, &expect, &why);
	if (got != status || (status != ES_OK && strcmp(why, name) != 0))
		fail_msg("%s: %s %s", text, es_status_name(got), why);
}

#define C(iss, aud, nonce, rest) "{\"iss\":" iss ",\"aud\":" aud ",\"nonce\":" nonce "," rest "}"
#define TIMES "\"exp\":1000100,\"iat\":999900"
#define WITH(rest) "{\"iss\":\"https://idp.example\",\"aud\":\"openes\",\"nonce\":\"n-1\"," rest "}"

static void test_claims_are_checked_each_by_its_rule(void **state)
{
	(void)state;
	check_case(WITH(TIMES), NULL, ES_OK);
	check_case(WITH("\"exp\":1000100.75,\"iat\":999900.5"), NULL, ES_OK);
	check_case(WITH("\"exp\":999980,\"iat\":999900"), NULL, ES_OK); /* within the leeway */
	check_case(WITH("\"exp\":999970,\"iat\":999900"), "exp", ES_EXPIRED);
	check_case(WITH("\"iat\":999900"), "exp", ES_MALFORMED);
	check_case(WITH("\"exp\":\"1000100\",\"iat\":999900"), "exp", ES_MALFORMED);
	check_case(WITH("\"exp\":1e300,\"iat\":999900"), "exp", ES_MALFORMED);
	check_case(WITH("\"exp\":-1,\"iat\":999900"), "exp", ES_MALFORMED);
	check_case(WITH("\"exp\":1010000,\"iat\":999900"), "exp", ES_MALFORMED); /* lives too long */
	check_case(WITH("\"exp\":1000100,\"iat\":900000"), "exp", ES_MALFORMED); /* lived too long */
	check_case(WITH("\"exp\":1000100"), "iat", ES_MALFORMED);
	check_case(WITH("\"exp\":1000100,\"iat\":1000031"), "iat", ES_MALFORMED);
	check_case(WITH("\"exp\":1000100,\"iat\":1000030"), NULL, ES_OK);
	check_case(WITH("\"exp\":1000100,\"iat\":999900,\"nbf\":1000031"), "nbf", ES_MALFORMED);
	check_case(WITH("\"exp\":1000100,\"iat\":999900,\"nbf\":true"), "nbf", ES_MALFORMED);
	check_case(C("\"https://idp.example\"", "[\"x\",\"openes\"]", "\"n-1\"", TIMES), NULL, ES_OK);
	check_case(C("\"https://idp.example/\"", "\"openes\"", "\"n-1\"", TIMES), "iss", ES_MALFORMED);
	check_case(C("[\"https://idp.example\"]", "\"openes\"", "\"n-1\"", TIMES), "iss", ES_MALFORMED);
	check_case(C("\"https://idp.example\"", "[[\"openes\"]]", "\"n-1\"", TIMES), "aud", ES_MALFORMED);
	check_case(C("\"https://idp.example\"", "{\"a\":\"openes\"}", "\"n-1\"", TIMES), "aud", ES_MALFORMED);
	check_case(C("\"https://idp.example\"", "\"openes\"", "\"n-2\"", TIMES), "nonce", ES_MALFORMED);
	check_case(C("\"https://idp.example\"", "\"openes\"", "1", TIMES), "nonce", ES_MALFORMED);
	check_case("[]", "iss", ES_MALFORMED);
	/* A claim that is wrong counts more than one that is over. */
	check_case(C("\"https://idp.example\"", "\"other\"", "\"n-1\"", "\"exp\":1,\"iat\":1"), "aud", ES_MALFORMED);
}

/* ---- signing ---- */

/* The command finds the key's path in $P. */
static void run(const char *command, const char *path)
{
	assert_int_equal(setenv("P", path, 1), 0);
	assert_int_equal(system(command), 0);
}

/* jwcrypto verifies what was signed here. */
static const char verify_script[] = "/usr/bin/python3 -c 'import os,json\n"
									"from jwcrypto import jwk,jwt\n"
									"path=os.environ[\"P\"]\n"
									"key=jwk.JWK.from_pem(open(path,\"rb\").read())\n"
									"t=jwt.JWT(algs=[\"RS256\",\"ES256\"],check_claims={\"aud\":\"openes\"})\n"
									"t.leeway=10**10\n"
									"t.deserialize(open(path+\".jwt\").read(),key)\n"
									"assert json.loads(t.header)[\"kid\"]==\"me\"'";

static void sign_with(const char *openssl, es_status expected)
{
	char pem[] = "/tmp/es_jose_test.XXXXXX", path[64], storage[256];
	struct es_jwt_signer *signer = NULL;
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice token;
	struct es_buf error;
	int fd = mkstemp(pem);

	assert_true(fd >= 0);
	(void)close(fd);
	run(openssl, pem);
	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_jwt_signer_load(pem, "me", &signer, &error), expected);
	if (expected == ES_OK) {
		assert_int_equal(es_jwt_sign(signer, ES_SLICE_LIT(CLAIMS), arena, &token), ES_OK);
		(void)snprintf(path, sizeof path, "%s.jwt", pem);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(token.ptr, 1, token.len, file), token.len);
		assert_int_equal(fclose(file), 0);
		run(verify_script, pem);
		(void)unlink(path);
	}
	es_jwt_signer_free(signer);
	es_arena_free(arena);
	(void)unlink(pem);
}

static void test_what_is_signed_here_is_verified_by_another_implementation(void **state)
{
	(void)state;
	sign_with("openssl ecparam -name prime256v1 -genkey -noout -out $P 2>&1", ES_OK);
	sign_with("openssl genrsa -out $P 2048 2>/dev/null", ES_OK);
}

static void test_keys_of_other_kinds_are_not_signed_with(void **state)
{
	(void)state;
	sign_with("openssl ecparam -name secp384r1 -genkey -noout -out $P 2>&1", ES_MALFORMED);
	sign_with("openssl genrsa -out $P 1024 2>/dev/null", ES_MALFORMED);
	sign_with("openssl genpkey -algorithm ed25519 -out $P", ES_MALFORMED);
	sign_with("openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out $P", ES_MALFORMED);
	sign_with("echo nothing >$P", ES_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_of_rfc_7515_a_3_verifies),
		cmocka_unit_test(test_tokens_of_the_kinds_accepted_verify_and_no_others),
		cmocka_unit_test(test_a_token_changed_anywhere_does_not_verify),
		cmocka_unit_test(test_a_token_beyond_its_bound_is_not_read),
		cmocka_unit_test(test_the_kid_is_read_without_a_key),
		cmocka_unit_test(test_keys_of_other_kinds_uses_and_sizes_are_passed_over),
		cmocka_unit_test(test_a_set_that_is_of_no_use_says_why),
		cmocka_unit_test(test_more_keys_than_the_bound_are_refused),
		cmocka_unit_test(test_claims_are_checked_each_by_its_rule),
		cmocka_unit_test(test_what_is_signed_here_is_verified_by_another_implementation),
		cmocka_unit_test(test_keys_of_other_kinds_are_not_signed_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
