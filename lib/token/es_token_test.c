/* es_token_test.c -- what a token carries, how long, and that nobody else can make one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "es_token.h"

#define KEYS "1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

struct fixture {
	struct es_keyring *ring;
	struct es_arena *arena;
	struct es_token token;
};

static int set_up(void **state)
{
	static struct fixture f;
	char storage[256];
	struct es_buf error;

	f = (struct fixture){ .arena = es_arena_new(0, 65536),
		                  .token = { .tenant = "demo",
		                             .imsi = { "001010000000001" },
		                             .epoch = 7,
		                             .method = ES_METHOD_EAP_AKA,
		                             .issued_ms = 1000,
		                             .expires_ms = 5000,
		                             .group = "ap2003" } };
	es_token_digest(ES_SLICE_LIT("356938035643809"), f.token.terminal);
	es_buf_init_fixed(&error, storage, sizeof storage);
	*state = &f;
	return f.arena == NULL || es_keyring_parse(ES_SLICE_LIT(KEYS), &f.ring, &error) != ES_OK;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	es_keyring_free(f->ring);
	es_arena_free(f->arena);
	return 0;
}

static struct es_slice seal(struct fixture *f)
{
	struct es_slice text;
	assert_int_equal(es_token_seal(f->ring, &f->token, f->arena, &text), ES_OK);
	return text;
}

static void token_comes_back_as_it_was_made(void **state)
{
	struct fixture *f = *state;
	struct es_token back;

	assert_int_equal(es_token_open(f->ring, seal(f), 1000, &back), ES_OK);
	assert_memory_equal(&back, &f->token, sizeof back);
}

/* ts43.md 2.1: some clients do not percent-encode, so no character may need it. */
static void text_is_short_and_safe_in_a_query(void **state)
{
	struct fixture *f = *state;

	memset(f->token.tenant, 't', sizeof f->token.tenant - 1);
	memset(f->token.group, 'g', sizeof f->token.group - 1);
	struct es_slice text = seal(f);
	assert_in_range(text.len, 1, 512);
	for (size_t i = 0; i < text.len; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.ptr[i]));
}

static void expired_token_is_told_from_a_wrong_one(void **state)
{
	struct fixture *f = *state;
	struct es_token back = { .epoch = 0 };

	assert_int_equal(es_token_open(f->ring, seal(f), 4999, &back), ES_OK);
	back.epoch = 0;
	assert_int_equal(es_token_open(f->ring, seal(f), 5000, &back), ES_EXPIRED);
	assert_int_equal(back.epoch, 7); /* filled in all the same */
}

static void damaged_token_is_refused_at_every_character(void **state)
{
	struct fixture *f = *state;
	struct es_slice text = seal(f);
	char copy[512];
	struct es_token back;

	for (size_t i = 0; i < text.len; i++) {
		memcpy(copy, text.ptr, text.len);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(es_token_open(f->ring, es_slice_of(copy, text.len), 1000, &back), ES_OK);
		assert_int_not_equal(es_token_open(f->ring, es_slice_sub(text, 0, i), 1000, &back), ES_OK);
	}
	assert_int_equal(es_token_open(f->ring, ES_SLICE_LIT("not a token!"), 1000, &back), ES_MALFORMED);
	assert_int_equal(es_token_open(f->ring, (struct es_slice){ 0 }, 1000, &back), ES_MALFORMED);
	memset(copy, 'A', sizeof copy);
	assert_int_equal(es_token_open(f->ring, es_slice_of(copy, sizeof copy), 1000, &back), ES_MALFORMED);
}

static void what_was_sealed_for_another_purpose_is_no_token(void **state)
{
	struct fixture *f = *state;
	uint8_t sealed[64 + ES_SEAL_OVERHEAD], plain[64] = { 1 }, text[256];
	struct es_buf b;
	struct es_token back;

	es_seal(f->ring, "session", (struct es_slice){ 0 }, es_slice_of(plain, sizeof plain), sealed);
	es_buf_init_fixed(&b, text, sizeof text);
	es_base64url_encode(es_slice_of(sealed, sizeof sealed), &b);
	assert_int_equal(es_token_open(f->ring, es_buf_slice(&b), 1000, &back), ES_UNAUTHENTIC);
}

/* Settled rule 9: empty or the word null binds to nobody; rule 15: case does not matter. */
static void digest_binds_to_the_text_without_its_case(void **state)
{
	static const uint8_t zeros[16];
	static char long_text[1400];
	uint8_t a[16], b[16], hash[32];
	struct es_slice imei = ES_SLICE_LIT("356938035643809");

	(void)state;
	es_token_digest(ES_SLICE_LIT(""), a);
	assert_memory_equal(a, zeros, 16);
	es_token_digest(ES_SLICE_LIT("NULL"), a);
	assert_memory_equal(a, zeros, 16);
	es_token_digest(ES_SLICE_LIT("3F2504E0-4F89"), a);
	es_token_digest(ES_SLICE_LIT("3f2504e0-4f89"), b);
	assert_memory_equal(a, b, 16);
	es_token_digest(imei, a);
	es_sha256(&imei, 1, hash);
	assert_memory_equal(a, hash, 16);
	memset(long_text, 'x', sizeof long_text);
	es_token_digest(es_slice_of(long_text, sizeof long_text), a);
	es_token_digest(es_slice_of(long_text, sizeof long_text - 1), b);
	assert_memory_not_equal(a, b, 16);
}

/* Settled rule 14. */
static void three_applications_share_one_group(void **state)
{
	static const struct {
		const char *app, *group;
	} cases[] = { { "ap2003", "ap2003" }, { "AP2004", "ap2003" }, { "ap2005", "ap2003" },
		          { "ap2006", "ap2006" }, { "AP2010", "ap2010" }, { "", "" } };
	char group[ES_TOKEN_GROUP_SIZE] = "unchanged";

	(void)state;
	assert_int_equal(es_token_group(ES_SLICE_LIT("sixteen letters!"), group), ES_TOO_LARGE);
	assert_string_equal(group, "unchanged");
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(es_token_group(es_slice_str(cases[i].app), group), ES_OK);
		assert_string_equal(group, cases[i].group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(token_comes_back_as_it_was_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(text_is_short_and_safe_in_a_query, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expired_token_is_told_from_a_wrong_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_token_is_refused_at_every_character, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_sealed_for_another_purpose_is_no_token, set_up, tear_down),
		cmocka_unit_test(digest_binds_to_the_text_without_its_case),
		cmocka_unit_test(three_applications_share_one_group),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
