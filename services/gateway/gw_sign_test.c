/* gw_sign_test.c -- signature bases and structured fields against the examples of RFC 9421 and RFC 9530. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_p256.h"
#include "es_text.h"
#include "gw_sign.h"
#include "gw_sign_keys.h"

/* clang-format off */
/* test-key-ecc-p256 of RFC 9421 B.1.3. */
static const char rfc_key[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n"
	"AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n"
	"4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
	"-----END EC PRIVATE KEY-----\n";
/* clang-format on */

static struct es_slice decoded(const char *base64, struct es_arena *arena)
{
	struct es_slice out;

	assert_int_equal(es_base64_decode(es_slice_str(base64), arena, &out), ES_OK);
	return out;
}

/* RFC 9421 B.2.4: what is built is what somebody else signed. */
static void the_response_of_rfc_9421_verifies(void **state)
{
	static const char digest[] =
		"sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
	static const char signature[] =
		"wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
	const struct gw_sign_component components[] = { { "@status", false, ES_SLICE_LIT("200") },
		                                            { "content-type", false, ES_SLICE_LIT("application/json") },
		                                            { "content-digest", false, es_slice_str(digest) },
		                                            { "content-length", false, ES_SLICE_LIT("23") } };
	const struct gw_sign_params params = { .created_s = 1618884473, .key_id = "test-key-ecc-p256" };
	struct es_arena *arena = es_arena_new(0, 4096);
	struct es_p256_key *key = NULL;
	struct es_buf input, base, error;

	(void)state;
	es_buf_init(&input, 1024);
	es_buf_init(&base, 4096);
	es_buf_init(&error, 1024);
	assert_int_equal(gw_sign_input(components, 4, &params, &input), ES_OK);
	assert_true(es_slice_eq_str(es_buf_slice(&input),
	                            "(\"@status\" \"content-type\" \"content-digest\" \"content-length\")"
	                            ";created=1618884473;keyid=\"test-key-ecc-p256\""));
	assert_int_equal(gw_sign_base(components, 4, es_buf_slice(&input), &base), ES_OK);
	assert_int_equal(es_p256_parse(es_slice_str(rfc_key), &key, &error), ES_OK);
	const struct es_slice text = es_buf_slice(&base);
	assert_int_equal(es_p256_verify(key, &text, 1, decoded(signature, arena).ptr), ES_OK);
	es_p256_free(key);
	es_buf_free(&input);
	es_buf_free(&base);
	es_buf_free(&error);
	es_arena_free(arena);
}

static void components_of_the_request_are_marked_and_parameters_stand_in_order(void **state)
{
	const struct gw_sign_component components[] = { { "@status", false, ES_SLICE_LIT("503") },
		                                            { "@method", true, ES_SLICE_LIT("POST") },
		                                            { "@query", true, ES_SLICE_LIT("?") } };
	const struct gw_sign_params params = { .created_s = 1, .key_id = "a\"b\\c", .alg = "x", .tag = "t" };
	struct es_buf input, base;

	(void)state;
	es_buf_init(&input, 1024);
	es_buf_init(&base, 1024);
	assert_int_equal(gw_sign_input(components, 3, &params, &input), ES_OK);
	assert_int_equal(gw_sign_base(components, 3, es_buf_slice(&input), &base), ES_OK);
	assert_true(es_slice_eq_str(es_buf_slice(&base),
	                            "\"@status\": 503\n"
	                            "\"@method\";req: POST\n"
	                            "\"@query\";req: ?\n"
	                            "\"@signature-params\": (\"@status\" \"@method\";req \"@query\";req)"
	                            ";created=1;keyid=\"a\\\"b\\\\c\";alg=\"x\";tag=\"t\""));
	es_buf_free(&input);
	es_buf_free(&base);
}

static void no_value_begins_a_line_of_its_own(void **state)
{
	static const char *const hostile[] = { "a\n\"@status\": 200", "a\r", "\xc3\xa9", "\x7f" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(hostile); i++) {
		const struct gw_sign_component component = { "@query", true, es_slice_str(hostile[i]) };
		const struct gw_sign_params params = { .key_id = hostile[i] };
		struct es_buf out;

		es_buf_init(&out, 1024);
		assert_int_equal(gw_sign_base(&component, 1, ES_SLICE_LIT("()"), &out), ES_MALFORMED);
		assert_int_equal(gw_sign_input(&component, 1, &params, &out), ES_MALFORMED);
		es_buf_free(&out);
	}
}

static void what_does_not_fit_is_not_cut(void **state)
{
	const struct gw_sign_component component = { "@query", true, ES_SLICE_LIT("?a=b") };
	const struct gw_sign_params params = { .key_id = "k" };
	char storage[30];
	struct es_buf out;

	(void)state;
	es_buf_init_fixed(&out, storage, sizeof storage);
	assert_int_equal(gw_sign_input(&component, 1, &params, &out), ES_TOO_LARGE);
	es_buf_init_fixed(&out, storage, sizeof storage);
	assert_int_equal(gw_sign_base(&component, 1, ES_SLICE_LIT("()"), &out), ES_TOO_LARGE);
}

/* RFC 9530 B.1 has the digest of this content. */
static void the_digest_is_of_the_content(void **state)
{
	struct es_buf out;

	(void)state;
	es_buf_init(&out, 128);
	gw_sign_digest(ES_SLICE_LIT("{\"hello\": \"world\"}\n"), &out);
	assert_true(es_slice_eq_str(es_buf_slice(&out), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"));
	es_buf_free(&out);
}

static void a_request_is_signed_as_its_sender_knows_it(void **state)
{
	static const struct {
		void (*put)(struct es_slice, struct es_buf *);
		const char *from, *to;
	} rows[] = {
		{ gw_sign_authority, "AES.Example", "aes.example" },
		{ gw_sign_authority, "aes.example:443", "aes.example" },
		{ gw_sign_authority, "aes.example:", "aes.example" },
		{ gw_sign_authority, "aes.example:8443", "aes.example:8443" },
		{ gw_sign_authority, "[2001:DB8::1]:8443", "[2001:db8::1]:8443" },
		{ gw_sign_path, "/", "/" },
		{ gw_sign_path, "/a b/\xc3\xa9%?~'", "/a%20b/%C3%A9%25%3F~'" },
		{ gw_sign_query, "", "?" },
		{ gw_sign_query, "a=b%2fc&d=+", "?a=b%2fc&d=+" },
		{ gw_sign_query, "app=a b\"\xff", "?app=a%20b%22%FF" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_buf out;

		es_buf_init(&out, 128);
		rows[i].put(es_slice_str(rows[i].from), &out);
		if (!es_slice_eq_str(es_buf_slice(&out), rows[i].to))
			fail_msg("%s: " ES_SLICE_FMT, rows[i].from, ES_SLICE_ARG(es_buf_slice(&out)));
		es_buf_free(&out);
	}
}

/* ---- keys ---- */

static char folder[32];

static char *write_file(const char *name, const char *text, char path[64])
{
	(void)snprintf(path, 64, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
	return path;
}

static void keys_belong_to_tenants(void **state)
{
	char pem[64], file[64], text[512];
	struct gw_sign_keys *keys = NULL;
	struct es_buf error, out;

	(void)state;
	write_file("a.pem", rfc_key, pem);
	(void)snprintf(text, sizeof text,
	               "[key one-1]\ntenant = one\nfile = %s\n[key two-1]\ntenant = two\nfile = %s\n"
	               "[key two-2]\ntenant = two\nfile = %s\n",
	               pem, pem, pem);
	es_buf_init(&error, 1024);
	es_buf_init(&out, 4096);
	assert_int_equal(gw_sign_keys_load(write_file("keys", text, file), &keys, &error), ES_OK);
	assert_non_null(gw_sign_keys_find(keys, "one", "one-1"));
	assert_non_null(gw_sign_keys_find(keys, "two", "two-2"));
	assert_null(gw_sign_keys_find(keys, "one", "two-1"));
	assert_null(gw_sign_keys_find(keys, "one", "one-2"));
	assert_int_equal(gw_sign_keys_print(keys, "one", &out), ES_OK);
	assert_true(es_slice_eq_str(es_buf_slice(&out),
	                            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\","
	                            "\"kid\":\"one-1\",\"x\":\"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA\","
	                            "\"y\":\"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0\"}]}\n"));
	es_buf_reset(&out);
	assert_int_equal(gw_sign_keys_print(keys, "three", &out), ES_NOT_FOUND);
	gw_sign_keys_free(keys);
	es_buf_free(&error);
	es_buf_free(&out);
	(void)unlink(pem);
	(void)unlink(file);
}

static void without_a_file_there_are_no_keys(void **state)
{
	struct gw_sign_keys *keys = NULL;
	struct es_buf out;

	(void)state;
	es_buf_init(&out, 64);
	assert_int_equal(gw_sign_keys_load("", &keys, &out), ES_OK);
	assert_null(keys);
	assert_null(gw_sign_keys_find(keys, "one", "one-1"));
	assert_int_equal(gw_sign_keys_print(keys, "one", &out), ES_NOT_FOUND);
	gw_sign_keys_free(keys);
	es_buf_free(&out);
}

static void a_file_that_is_not_right_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no [key" },
		{ "[key a]\nfile = /nowhere\n", "tenant" },
		{ "[key a]\ntenant = one\n", "file" },
		{ "[key a]\ntenant = one\nfile = /nowhere/a.pem\n", "/nowhere/a.pem" },
		{ "[key A!]\ntenant = one\nfile = /nowhere\n", "keys" },
		{ "[keys a]\ntenant = one\nfile = /nowhere\n", "keys" },
		{ "[key a]\ntenant = one\nfile = /nowhere\ncolour = blue\n", "colour" },
		{ "[key a]\ntenant = one\nfile = /n\n[key a]\ntenant = one\nfile = /n\n", "keys" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct gw_sign_keys *keys = NULL;
		char file[64], storage[512] = "";
		struct es_buf error;

		es_buf_init_fixed(&error, storage, sizeof storage - 1);
		if (gw_sign_keys_load(write_file("keys", rows[i].text, file), &keys, &error) == ES_OK ||
		    strstr(storage, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, storage);
		assert_null(keys);
		(void)unlink(file);
	}
}

static int set_up(void **state)
{
	(void)state;
	es_crypto_init();
	(void)snprintf(folder, sizeof folder, "/tmp/gw_sign_test.XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_response_of_rfc_9421_verifies),
		cmocka_unit_test(components_of_the_request_are_marked_and_parameters_stand_in_order),
		cmocka_unit_test(no_value_begins_a_line_of_its_own),
		cmocka_unit_test(what_does_not_fit_is_not_cut),
		cmocka_unit_test(the_digest_is_of_the_content),
		cmocka_unit_test(a_request_is_signed_as_its_sender_knows_it),
		cmocka_unit_test(keys_belong_to_tenants),
		cmocka_unit_test(without_a_file_there_are_no_keys),
		cmocka_unit_test(a_file_that_is_not_right_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests_name("gw_sign", tests, set_up, tear_down);
}
