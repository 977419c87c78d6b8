/* auth_pseudonym_test.c -- pseudonyms, re-authentication identities and the octets of a SIM's secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_auc.h"
#include "auth_pseudonym.h"
#include "auth_tenant.h"
#include "es_cleanup.h"
#include "es_crypto.h"

#define REALM "nai.epc.mnc001.mcc001.3gppnetwork.org"
#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct es_keyring *ring_of(const char *text)
{
	struct es_keyring *ring = NULL;
	struct es_buf error;

	es_buf_init(&error, 256);
	assert_int_equal(es_keyring_parse(es_slice_str(text), &ring, &error), ES_OK);
	es_buf_free(&error);
	return ring;
}

static void a_pseudonym_opens_for_its_tenant_only_and_is_never_the_same_twice(void **state)
{
	(void)state;
	static const char *const imsis[] = { "001010000000001", "123456", "999999999999999", "00101000000000" };
	struct es_keyring *ring = ring_of("1 " KEY "\n");

	for (size_t i = 0; i < 2 * ES_COUNT(imsis); i++) {
		struct es_imsi imsi, got;
		struct es_buf one, two;
		uint8_t storage[2][AUTH_PSEUDONYM_SIZE];
		assert_int_equal(es_imsi_parse(es_slice_str(imsis[i / 2]), &imsi), ES_OK);
		es_buf_init_fixed(&one, storage[0], sizeof storage[0]);
		es_buf_init_fixed(&two, storage[1], sizeof storage[1]);
		auth_pseudonym_make(ring, "demo", &imsi, i % 2 == 0 ? AUTH_AKA : AUTH_AKA_PRIME, &one);
		auth_pseudonym_make(ring, "demo", &imsi, AUTH_AKA, &two);
		assert_int_equal(one.len, AUTH_PSEUDONYM_SIZE);
		assert_int_equal(one.ptr[0], i % 2 == 0 ? '2' : '7');
		assert_memory_not_equal(storage[0] + 1, storage[1] + 1, AUTH_PSEUDONYM_SIZE - 1);
		assert_int_equal(auth_pseudonym_open(ring, "demo", es_buf_slice(&one), &got), ES_OK);
		assert_string_equal(got.digits, imsis[i / 2]);
		assert_int_equal(auth_pseudonym_open(ring, "other", es_buf_slice(&one), &got), ES_UNAUTHENTIC);
		one.ptr[40] ^= 1;
		assert_int_not_equal(auth_pseudonym_open(ring, "demo", es_buf_slice(&one), &got), ES_OK);
	}
	es_keyring_free(ring);
}

static void what_is_no_pseudonym_of_ours_is_refused(void **state)
{
	(void)state;
	struct es_keyring *ring = ring_of("1 " KEY "\n");
	struct es_imsi got;
	uint8_t text[AUTH_PSEUDONYM_SIZE];

	assert_int_equal(auth_pseudonym_open(ring, "demo", ES_SLICE_LIT(""), &got), ES_MALFORMED);
	assert_int_equal(auth_pseudonym_open(ring, "demo", ES_SLICE_LIT("2c0ffee"), &got), ES_MALFORMED);
	memset(text, 'A', sizeof text);
	assert_int_equal(auth_pseudonym_open(ring, "demo", es_slice_of(text, sizeof text), &got), ES_MALFORMED);
	text[0] = '2';
	assert_int_equal(auth_pseudonym_open(ring, "demo", es_slice_of(text, sizeof text), &got), ES_MALFORMED);
	text[9] = '=';
	assert_int_equal(auth_pseudonym_open(ring, "demo", es_slice_of(text, sizeof text), &got), ES_MALFORMED);
	es_keyring_free(ring);
}

static void the_names_that_are_handed_out_are_told_apart_when_they_come_back(void **state) /* TS 23.003 14.3 */
{
	(void)state;
	static const uint8_t random[16] = { 0xff, 0xee, 1 };
	struct es_keyring *ring = ring_of("1 " KEY "\n");
	const struct es_imsi imsi = { "001010000000001" };

	for (int i = 0; i < 2; i++) {
		enum auth_method method = i == 0 ? AUTH_AKA : AUTH_AKA_PRIME, told = AUTH_AKA;
		uint8_t storage[256];
		struct es_buf b;
		struct es_nai nai;
		es_buf_init_fixed(&b, storage, sizeof storage);
		auth_reauth_id_make(method, random, ES_SLICE_LIT(REALM), &b);
		assert_int_equal(b.len, AUTH_REAUTH_ID_NAME + sizeof REALM);
		assert_int_equal(auth_identity_classify(es_buf_slice(&b), &nai, &told), AUTH_ID_REAUTH);
		assert_int_equal(told, method);
		struct es_slice whole = es_buf_slice(&b), user = es_slice_cut(&whole, '@');
		uint8_t read[16];
		assert_int_equal(auth_reauth_id_parse(user, read), ES_OK);
		assert_memory_equal(read, random, sizeof read);
		assert_int_equal(auth_reauth_id_parse(es_slice_sub(user, 0, user.len - 1), read), ES_MALFORMED);
		es_buf_reset(&b);
		auth_pseudonym_make(ring, "demo", &imsi, method, &b);
		es_put_str(&b, "@" REALM); /* as the peer does */
		assert_int_equal(auth_identity_classify(es_buf_slice(&b), &nai, &told), AUTH_ID_PSEUDONYM);
		assert_int_equal(told, method);
	}
	es_keyring_free(ring);
}

static void secrets_of_both_algorithms_survive_packing(void **state)
{
	(void)state;
	static const struct auth_keys cases[] = {
		{ .algorithm = AUTH_MILENAGE, .k = { 1 }, .opc = { 2 } },
		{ .algorithm = AUTH_TUAK, .k = { 1 }, .opc = { [31] = 9 }, .k_len = 16, .res_len = 8, .iterations = 1 },
		{ .algorithm = AUTH_TUAK, .k = { [31] = 7 }, .opc = { [31] = 9 }, .k_len = 32, .res_len = 16, .iterations = 2 },
	};
	static const size_t sizes[] = { 32, 50, 66 };

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		uint8_t plain[AUTH_KEYS_PLAIN_MAX];
		struct auth_keys got;
		size_t len = auth_keys_pack(&cases[i], plain);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(auth_keys_unpack(cases[i].algorithm, es_slice_of(plain, len), &got), ES_OK);
		assert_true(auth_keys_are_same(&got, &cases[i]) && auth_keys_are_sound(&got));
		assert_int_equal(auth_keys_unpack(cases[i].algorithm, es_slice_of(plain, len - 1), &got), ES_MALFORMED);
		enum auth_algorithm other = cases[i].algorithm == AUTH_TUAK ? AUTH_MILENAGE : AUTH_TUAK;
		assert_int_equal(auth_keys_unpack(other, es_slice_of(plain, len), &got), ES_MALFORMED);
		if (cases[i].algorithm == AUTH_TUAK) { /* RES of 32 octets is TUAK's, and no EAP method's */
			plain[0] = 32;
			assert_int_equal(auth_keys_unpack(AUTH_TUAK, es_slice_of(plain, len), &got), ES_MALFORMED);
			plain[0] = 8;
			plain[1] = 0;
			assert_int_equal(auth_keys_unpack(AUTH_TUAK, es_slice_of(plain, len), &got), ES_MALFORMED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pseudonym_opens_for_its_tenant_only_and_is_never_the_same_twice),
		cmocka_unit_test(what_is_no_pseudonym_of_ours_is_refused),
		cmocka_unit_test(the_names_that_are_handed_out_are_told_apart_when_they_come_back),
		cmocka_unit_test(secrets_of_both_algorithms_survive_packing),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
