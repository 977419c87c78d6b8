/* auth_client_form_test.c -- which forms the token endpoint understands, and what it says of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "auth_client_form.h"
#include "es_cleanup.h"

#define TYPE "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define BEARER "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"

/* "name=value&name=value", nothing escaped. */
static enum auth_client_error read_form(const char *text, struct auth_client_form *form)
{
	struct auth_client_param params[16];
	struct es_slice rest = es_slice_str(text);
	const char *why = NULL;
	size_t count = 0;

	while (rest.ptr != NULL) {
		struct es_slice value = es_slice_cut(&rest, '&');
		params[count].name = es_slice_cut(&value, '=');
		params[count++].value = value;
	}
	enum auth_client_error error = auth_client_form_read(params, count, form, &why);
	assert_true((error == AUTH_CLIENT_ERROR_NONE) == (why == NULL));
	return error;
}

/* V12-S2S-01; RFC 6749 5.2 */
static void forms_are_told_apart(void **state)
{
	static const struct {
		const char *form;
		enum auth_client_error error;
	} cases[] = {
		{ "grant_type=client_credentials&client_assertion=a.b.c&" TYPE, AUTH_CLIENT_ERROR_NONE },
		{ "client_id=one&client_assertion=a.b.c&" TYPE, AUTH_CLIENT_ERROR_NONE },
		{ BEARER "&assertion=a.b.c", AUTH_CLIENT_ERROR_NONE },
		{ "grant_type=client_credentials&client_assertion=a.b.c", AUTH_CLIENT_ERROR_REQUEST },
		{ "grant_type=client_credentials&client_assertion=a.b.c&client_assertion_type=saml2",
		  AUTH_CLIENT_ERROR_REQUEST },
		{ "grant_type=client_credentials&client_secret=s", AUTH_CLIENT_ERROR_CLIENT },
		{ "grant_type=password&username=u", AUTH_CLIENT_ERROR_GRANT_TYPE },
		{ BEARER, AUTH_CLIENT_ERROR_REQUEST },
		{ "", AUTH_CLIENT_ERROR_REQUEST },
		{ "grant_type=", AUTH_CLIENT_ERROR_REQUEST },
		{ "grant_type=client_credentials&grant_type=client_credentials&client_assertion=a.b.c&" TYPE,
		  AUTH_CLIENT_ERROR_REQUEST },
		{ "client_assertion=a.b.c&scope=a\"b&" TYPE, AUTH_CLIENT_ERROR_SCOPE },
	};
	struct auth_client_form form;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		if (read_form(cases[i].form, &form) != cases[i].error)
			fail_msg("%s", cases[i].form);
}

static void issuer_is_read_out_of_the_middle_part(void **state)
{
	static const char *const wrong[] = {
		"", "a", "a.b", "a..c", "a.!!.c", "a.bm90IGpzb24.c", "a.e30.c", "a.eyJpc3MiOjF9.c"
	};
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice issuer;

	(void)state;
	assert_int_equal(auth_client_claimed_issuer(ES_SLICE_LIT("x.eyJpc3MiOiJtZG0ifQ.y"), arena, &issuer), ES_OK);
	assert_true(es_slice_eq_str(issuer, "mdm"));
	for (size_t i = 0; i < ES_COUNT(wrong); i++)
		assert_int_equal(auth_client_claimed_issuer(es_slice_str(wrong[i]), arena, &issuer), ES_MALFORMED);
	es_arena_free(arena);
}

static void subjects_name_a_token_by_its_prefix(void **state)
{
	bool may_be_operator = true;

	(void)state;
	assert_true(es_slice_eq_str(auth_client_subject_token(ES_SLICE_LIT("temptoken:abc"), &may_be_operator), "abc"));
	assert_false(may_be_operator);
	assert_true(es_slice_eq_str(auth_client_subject_token(ES_SLICE_LIT("operatortoken:abc"), &may_be_operator), "abc"));
	assert_true(may_be_operator);
	assert_int_equal(auth_client_subject_token(ES_SLICE_LIT("tel:+15550000001"), &may_be_operator).len, 0);
	assert_int_equal(auth_client_subject_token(ES_SLICE_LIT("temptoken"), &may_be_operator).len, 0);
	assert_int_equal(auth_client_subject_token(ES_SLICE_LIT(""), &may_be_operator).len, 0);
}

static void resources_are_https_urls(void **state)
{
	static const struct {
		const char *url, *host;
	} cases[] = {
		{ "https://ecs.example/", "ecs.example" },
		{ "HTTPS://ecs.example:8443/a?b", "ecs.example" },
		{ "https://ecs.example?b", "ecs.example" },
		{ "https://[2001:db8::1]:443/", "[2001:db8::1]" },
		{ "http://ecs.example/", "" },
		{ "https://user@ecs.example/", "" },
		{ "https://ecs.example/#part", "" },
		{ "https://", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_true(es_slice_eq_str(auth_client_resource_host(es_slice_str(cases[i].url)), cases[i].host));
	assert_true(es_slice_eq_str(auth_client_host_name(ES_SLICE_LIT("ecs.example:8445")), "ecs.example"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_told_apart),
		cmocka_unit_test(issuer_is_read_out_of_the_middle_part),
		cmocka_unit_test(subjects_name_a_token_by_its_prefix),
		cmocka_unit_test(resources_are_https_urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
