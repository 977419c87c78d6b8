/* auth_session_test.c -- the cookie: what goes in comes out, nothing else opens, nothing is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_session.h"
#include "es_cleanup.h"
#include "es_crypto.h"

#define KEY "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define NOW INT64_C(1700000000000)

struct fixture {
	struct es_keyring *ring;
	struct es_arena *arena;
	struct auth_session session;
};

static struct es_keyring *ring_of(const char *text)
{
	struct es_keyring *ring;
	struct es_buf error;

	es_buf_init(&error, 256);
	assert_int_equal(es_keyring_parse(es_slice_str(text), &ring, &error), ES_OK);
	es_buf_free(&error);
	return ring;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .ring = ring_of(KEY), .arena = es_arena_new(0, 65536) };
	f.session = (struct auth_session){ .expires_ms = NOW + 60000,
		                               .tenant = "demo",
		                               .had_token = true,
		                               .group = "ap2003",
		                               .terminal = { 1, 2 },
		                               .app_name = { 3 },
		                               .first = { .imsi = { "001010000000001" } },
		                               .request = ES_SLICE_LIT("a packed request") };
	es_random(f.session.id, sizeof f.session.id);
	assert_int_equal(auth_eap_begin(&f.session.first.eap,
	                                ES_SLICE_LIT("0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"),
	                                (struct auth_eap_options){ .first_identifier = 5 }),
	                 ES_OK);
	f.session.first.eap.phase = AUTH_EAP_CHALLENGING;
	f.session.first.eap.xres_len = 8;
	es_random(f.session.first.eap.xres, 8);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	es_keyring_free(f->ring);
	es_arena_free(f->arena);
	return 0;
}

static void what_was_sealed_opens_unchanged(void **state)
{
	struct fixture *f = *state;
	struct es_slice cookie;
	struct auth_session opened;

	assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
	assert_int_equal(auth_session_open(f->ring, cookie, NOW, f->arena, &opened), ES_OK);
	assert_true(es_slice_eq(opened.request, f->session.request));
	opened.request = f->session.request;
	assert_memory_equal(&opened, &f->session, sizeof opened);
}

static void the_cookie_is_safe_in_a_header_without_quotes(void **state) /* clients echo it bare or quoted */
{
	struct fixture *f = *state;
	struct es_slice cookie;

	assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
	for (size_t i = 0; i < cookie.len; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", cookie.ptr[i]));
}

static void at_its_end_the_cookie_is_expired(void **state) /* V12-AUTH-16 */
{
	struct fixture *f = *state;
	struct es_slice cookie;
	struct auth_session opened;

	assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
	assert_int_equal(auth_session_open(f->ring, cookie, NOW + 59999, f->arena, &opened), ES_OK);
	assert_int_equal(auth_session_open(f->ring, cookie, NOW + 60000, f->arena, &opened), ES_EXPIRED);
}

static void a_cookie_with_any_character_changed_does_not_open(void **state) /* V12-AUTH-16 */
{
	struct fixture *f = *state;
	struct es_slice cookie;
	struct auth_session opened;

	assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
	uint8_t text[AUTH_COOKIE_MAX];
	for (size_t i = 0; i < cookie.len; i++) {
		es_arena_reset(f->arena);
		assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
		memcpy(text, cookie.ptr, cookie.len);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(auth_session_open(f->ring, es_slice_of(text, cookie.len), NOW, f->arena, &opened), ES_OK);
		assert_int_not_equal(auth_session_open(f->ring, es_slice_of(text, i), NOW, f->arena, &opened), ES_OK);
	}
}

static void a_token_or_a_row_is_no_cookie(void **state)
{
	struct fixture *f = *state;
	struct es_slice text, sealed, plain;
	struct auth_session opened;
	struct es_token token = {
		.tenant = "demo", .expires_ms = NOW + 1000, .method = ES_METHOD_EAP_AKA, .group = "ap2003"
	};
	const uint8_t other[AUTH_SESSION_ID] = { 1 };

	memcpy(token.imsi.digits, "001010000000001", 16);
	assert_int_equal(es_token_seal(f->ring, &token, f->arena, &text), ES_OK);
	assert_int_not_equal(auth_session_open(f->ring, text, NOW, f->arena, &opened), ES_OK);

	assert_int_equal(auth_row_seal(f->ring, "round", f->session.id, ES_SLICE_LIT("x"), f->arena, &sealed), ES_OK);
	assert_int_equal(auth_row_open(f->ring, "round", f->session.id, sealed, f->arena, &plain), ES_OK);
	assert_int_equal(auth_row_open(f->ring, "outcome", f->session.id, sealed, f->arena, &plain), ES_UNAUTHENTIC);
	assert_int_equal(auth_row_open(f->ring, "round", other, sealed, f->arena, &plain), ES_UNAUTHENTIC);
}

static void a_request_that_does_not_fit_is_left_to_the_row(void **state)
{
	struct fixture *f = *state;
	static uint8_t long_request[4000];
	struct es_slice cookie;
	struct auth_session opened;
	bool stored_before = false;

	for (size_t len = 0; len <= sizeof long_request; len += 25) {
		es_arena_reset(f->arena);
		f->session.request = es_slice_of(long_request, len);
		assert_int_equal(auth_session_seal(f->ring, &f->session, f->arena, &cookie), ES_OK);
		assert_true(cookie.len <= AUTH_COOKIE_MAX);
		assert_int_equal(auth_session_open(f->ring, cookie, NOW, f->arena, &opened), ES_OK);
		assert_true(opened.request_stored ? opened.request.len == 0 : opened.request.len == len);
		assert_true(opened.request_stored || !stored_before);
		stored_before = opened.request_stored;
	}
	assert_true(stored_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_sealed_opens_unchanged, setup, teardown),
		cmocka_unit_test_setup_teardown(the_cookie_is_safe_in_a_header_without_quotes, setup, teardown),
		cmocka_unit_test_setup_teardown(at_its_end_the_cookie_is_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cookie_with_any_character_changed_does_not_open, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_or_a_row_is_no_cookie, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_that_does_not_fit_is_left_to_the_row, setup, teardown),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
