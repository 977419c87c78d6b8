/* auth_auc_test.c -- vectors of TS 35.208 and the round trip of AUTS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_auc.h"
#include "es_crypto.h"
#include "es_milenage.h"
#include "es_text.h"

static void hex(const char *text, uint8_t *out, size_t len)
{
	assert_int_equal(es_hex_decode(es_slice_str(text), out, len), ES_OK);
}

/* TS 35.208 test set 19, which RFC 9048 takes for its AUTN. */
static struct auth_keys set19(void)
{
	struct auth_keys keys = { .generation = 19 };
	hex("5122250214c33e723a5dd523fc145fc0", keys.k, 16);
	hex("981d464c7c52eb6e5036234984ad0bcf", keys.opc, 16);
	hex("c3ab", keys.amf, 2);
	return keys;
}

static void vector_is_the_one_of_ts_35_208_set_19(void **state)
{
	(void)state;
	struct auth_keys keys = set19();
	struct auth_vector vector;
	uint8_t rand[16], expected[16];

	hex("81e92b6c0ee0e12ebceba8d92a99dfa5", rand, 16);
	auth_auc_vector(&keys, 0x16f3b3f70fc2, rand, AUTH_AKA, (struct es_slice){ 0 }, &vector);
	hex("bb52e91c747ac3ab2a5c23d15ee351d5", expected, 16);
	assert_memory_equal(vector.autn, expected, 16);
	hex("28d7b0f2a2ec3de5", expected, 8);
	assert_int_equal(vector.xres_len, 8);
	assert_memory_equal(vector.xres, expected, 8);
	hex("5349fbe098649f948f5d2e973a81c00f", expected, 16);
	assert_memory_equal(vector.ck, expected, 16);
	hex("9744871ad32bf9bbd1dd5ce54e3e2e5a", expected, 16);
	assert_memory_equal(vector.ik, expected, 16);
}

/* What a USIM does on its side (TS 33.102 6.3.3). */
static void usim_auts(const struct auth_keys *keys, const uint8_t rand[16], uint64_t sqn_ms, uint8_t auts[14])
{
	static const uint8_t zero_amf[2] = { 0 };
	struct es_milenage_out f;
	uint8_t sqn[6];

	for (int i = 0; i < 6; i++)
		sqn[i] = (uint8_t)(sqn_ms >> (40 - 8 * i));
	es_milenage(keys->k, keys->opc, rand, sqn, zero_amf, &f);
	for (int i = 0; i < 6; i++)
		auts[i] = sqn[i] ^ f.ak_s[i];
	memcpy(auts + 6, f.mac_s, 8);
}

static void auts_of_the_usim_gives_its_sqn(void **state)
{
	(void)state;
	struct auth_keys keys = set19();
	uint8_t rand[16] = { 7 }, auts[14];
	uint64_t sqn_ms = 0;

	usim_auts(&keys, rand, 0x123456789abc, auts);
	assert_int_equal(auth_auc_open_auts(&keys, rand, auts, &sqn_ms), ES_OK);
	assert_int_equal(sqn_ms, 0x123456789abc);
}

static void auts_with_any_bit_changed_or_for_another_rand_is_refused(void **state)
{
	(void)state;
	struct auth_keys keys = set19();
	uint8_t rand[16] = { 7 }, auts[14];
	uint64_t sqn_ms = 42;

	usim_auts(&keys, rand, 0x123456789abc, auts);
	for (unsigned bit = 0; bit < 14 * 8; bit++) {
		auts[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(auth_auc_open_auts(&keys, rand, auts, &sqn_ms), ES_UNAUTHENTIC);
		auts[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	rand[15] = 1;
	assert_int_equal(auth_auc_open_auts(&keys, rand, auts, &sqn_ms), ES_UNAUTHENTIC);
	assert_int_equal(sqn_ms, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_is_the_one_of_ts_35_208_set_19),
		cmocka_unit_test(auts_of_the_usim_gives_its_sqn),
		cmocka_unit_test(auts_with_any_bit_changed_or_for_another_rand_is_refused),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
