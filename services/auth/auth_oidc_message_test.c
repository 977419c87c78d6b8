/* auth_oidc_message_test.c -- what of a provider's discovery document is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth_oidc_message.h"
#include "es_cleanup.h"

#define ISSUER "https://op.example"

static es_status parse(const char *authorization, const char *issuer)
{
	char text[1024];
	struct auth_oidc_endpoints endpoints;

	(void)snprintf(text, sizeof text,
	               "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s\",\"token_endpoint\":\"" ISSUER
	               "/token\",\"jwks_uri\":\"" ISSUER "/keys\"}",
	               issuer, authorization);
	return auth_oidc_discovery_parse(es_slice_str(text), ISSUER, &endpoints);
}

static void endpoints_are_https_urls_and_nothing_behind_them(void **state)
{
	static const char *const wrong[] = {
		"http://op.example/auth",     "https://op.example/auth\\r\\nSet-Cookie: ecs=x",
		"https://op.example/a b",     "https://op.example/auth#here",
		"https://op.example/\\u007f", "https://op.example/\\u00e9",
		"javascript:alert(1)",        "",
	};

	(void)state;
	assert_int_equal(parse(ISSUER "/auth", ISSUER), ES_OK);
	assert_int_equal(parse(ISSUER "/auth?realm=demo", ISSUER), ES_OK);
	for (size_t i = 0; i < ES_COUNT(wrong); i++)
		assert_int_equal(parse(wrong[i], ISSUER), ES_MALFORMED);
}

static void a_document_of_another_issuer_is_none(void **state)
{
	(void)state;
	assert_int_equal(parse(ISSUER "/auth", ISSUER "/"), ES_MALFORMED);
	assert_int_equal(parse(ISSUER "/auth", "https://elsewhere.example"), ES_MALFORMED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_https_urls_and_nothing_behind_them),
		cmocka_unit_test(a_document_of_another_issuer_is_none),
	};
	return cmocka_run_group_tests_name("auth_oidc_message_test", tests, NULL, NULL);
}
