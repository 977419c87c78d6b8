/* es_grant_test.c -- what a token for somebody else carries, how long, and that none passes for another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_grant.h"
#include "es_token.h"

#define KEYS "1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

struct fixture {
	struct es_keyring *ring;
	struct es_arena *arena;
	struct es_grant grant;
};

static int set_up(void **state)
{
	static struct fixture f;
	char storage[256];
	struct es_buf error;

	f = (struct fixture){ .arena = es_arena_new(0, 1u << 20) };
	f.grant = es_grant_new(ES_GRANT_TEMPORARY, "demo", 5000);
	memcpy(f.grant.imsi.digits, "001010000000001", 16);
	memcpy(f.grant.app, "ap2014", 7);
	f.grant.epoch = 7;
	f.grant.operations = ES_OP_BIT(GET_PHONE_NUMBER);
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
	assert_int_equal(es_grant_seal(f->ring, &f->grant, f->arena, &text), ES_OK);
	return text;
}

static void grant_comes_back_as_it_was_made(void **state)
{
	struct fixture *f = *state;
	struct es_grant back;

	memset(&back, 0, sizeof back);
	assert_int_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, seal(f), 4999, &back), ES_OK);
	assert_memory_equal(&back, &f->grant, sizeof back);
}

static void longest_grant_fits_and_needs_no_escaping(void **state)
{
	struct fixture *f = *state;
	struct es_grant back;

	memset(f->grant.tenant, 't', sizeof f->grant.tenant - 1);
	memset(f->grant.app, 'a', sizeof f->grant.app - 1);
	memset(f->grant.client_id, 'c', sizeof f->grant.client_id - 1);
	memset(f->grant.scope, 's', sizeof f->grant.scope - 1);
	memset(f->grant.requestor, 'r', sizeof f->grant.requestor - 1);
	memset(f->grant.name, 'n', sizeof f->grant.name - 1);
	memset(f->grant.resource, 'h', sizeof f->grant.resource - 1);
	struct es_slice text = seal(f);
	assert_in_range(text.len, 1, ES_GRANT_TEXT_MAX);
	for (size_t i = 0; i < text.len; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.ptr[i]));
	assert_int_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, text, 0, &back), ES_OK);
	assert_string_equal(back.scope, f->grant.scope);
}

/* V12-TT-07 */
static void expired_grant_is_told_from_a_wrong_one(void **state)
{
	struct fixture *f = *state;
	struct es_grant back = { .epoch = 0 };

	assert_int_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, seal(f), 5000, &back), ES_EXPIRED);
	assert_int_equal(back.epoch, 7);
}

static void none_opens_as_another_kind_nor_as_a_token(void **state)
{
	static const enum es_grant_kind kinds[] = { ES_GRANT_TEMPORARY, ES_GRANT_OPERATOR, ES_GRANT_ACCESS, ES_GRANT_APP,
		                                        ES_GRANT_SERVER };
	struct fixture *f = *state;
	struct es_token token = { .tenant = "demo", .imsi = { "001010000000001" }, .method = ES_METHOD_EAP_AKA };
	struct es_grant back;
	struct es_slice text;

	for (size_t i = 0; i < ES_COUNT(kinds); i++) {
		f->grant.kind = kinds[i];
		text = seal(f);
		for (size_t k = 0; k < ES_COUNT(kinds); k++)
			assert_int_equal(es_grant_open(f->ring, kinds[k], text, 0, &back), i == k ? ES_OK : ES_UNAUTHENTIC);
		struct es_token other;
		assert_int_not_equal(es_token_open(f->ring, text, 0, &other), ES_OK);
	}
	token.expires_ms = 5000;
	assert_int_equal(es_token_seal(f->ring, &token, f->arena, &text), ES_OK);
	for (size_t k = 0; k < ES_COUNT(kinds); k++)
		assert_int_not_equal(es_grant_open(f->ring, kinds[k], text, 0, &back), ES_OK);
}

static void damaged_grant_is_refused_at_every_character(void **state)
{
	struct fixture *f = *state;
	struct es_slice text = seal(f);
	char copy[ES_GRANT_TEXT_MAX + 1];
	struct es_grant back;

	for (size_t i = 0; i < text.len; i++) {
		memcpy(copy, text.ptr, text.len);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, es_slice_of(copy, text.len), 0, &back), ES_OK);
		assert_int_not_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, es_slice_sub(text, 0, i), 0, &back), ES_OK);
	}
	memset(copy, 'A', sizeof copy);
	assert_int_equal(es_grant_open(f->ring, ES_GRANT_TEMPORARY, es_slice_of(copy, sizeof copy), 0, &back),
	                 ES_MALFORMED);
}

static void no_two_grants_have_one_id(void **state)
{
	struct es_grant one = es_grant_new(ES_GRANT_APP, "demo", 1), two = es_grant_new(ES_GRANT_APP, "demo", 1);

	(void)state;
	assert_memory_not_equal(one.id, two.id, ES_GRANT_ID);
	assert_false(es_grant_is_bound(&one));
	memcpy(one.bound, two.id, ES_GRANT_ID);
	assert_true(es_grant_is_bound_to(&one, &two));
	assert_false(es_grant_is_bound_to(&two, &one));
}

/* Settled rule 15 */
static void operations_are_read_and_written_as_a_list(void **state)
{
	uint32_t bits = 0;
	char storage[256];
	struct es_buf text;

	(void)state;
	assert_true(es_operations_parse(ES_SLICE_LIT("getphonenumber, VerifyPhoneNumber"), &bits));
	assert_int_equal(bits, ES_OP_BIT(GET_PHONE_NUMBER) | ES_OP_BIT(VERIFY_PHONE_NUMBER));
	es_buf_init_fixed(&text, storage, sizeof storage);
	es_operations_write(bits, &text);
	assert_true(es_slice_eq_str(es_buf_slice(&text), "GetPhoneNumber,VerifyPhoneNumber"));
	assert_false(es_operations_parse(ES_SLICE_LIT("GetPhoneNumber,"), &bits));
	assert_false(es_operations_parse(ES_SLICE_LIT("GetPhoneNumbers"), &bits));
	assert_false(es_operations_parse(ES_SLICE_LIT(""), &bits));
	assert_false(es_operations_parse((struct es_slice){ 0 }, &bits));
}

static void scopes_are_compared_word_by_word(void **state)
{
	(void)state;
	assert_true(es_scope_is_valid(ES_SLICE_LIT("a:b c")));
	assert_false(es_scope_is_valid(ES_SLICE_LIT("")));
	assert_false(es_scope_is_valid(ES_SLICE_LIT("  ")));
	assert_false(es_scope_is_valid(ES_SLICE_LIT("a\"b")));
	assert_false(es_scope_is_valid(ES_SLICE_LIT("a\nb")));
	assert_true(es_scope_has(ES_SLICE_LIT("one two"), ES_SLICE_LIT("two")));
	assert_false(es_scope_has(ES_SLICE_LIT("one two"), ES_SLICE_LIT("tw")));
	assert_true(es_scope_covers(ES_SLICE_LIT("one two three"), ES_SLICE_LIT("three one")));
	assert_false(es_scope_covers(ES_SLICE_LIT("one two"), ES_SLICE_LIT("two three")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(grant_comes_back_as_it_was_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(longest_grant_fits_and_needs_no_escaping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expired_grant_is_told_from_a_wrong_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_opens_as_another_kind_nor_as_a_token, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_grant_is_refused_at_every_character, set_up, tear_down),
		cmocka_unit_test(no_two_grants_have_one_id),
		cmocka_unit_test(operations_are_read_and_written_as_a_list),
		cmocka_unit_test(scopes_are_compared_word_by_word),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
