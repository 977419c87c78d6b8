/* auth_auc_test.c -- vectors of TS 35.208 and TS 35.233, and the round trip of AUTS. */
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
#include "es_tuak.h"

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

/* TS 35.233 test set 1 has the lengths that EAP-AKA needs: MAC of 64 bits, CK and IK of 128. */
static struct auth_keys tuak_set1(void)
{
	struct auth_keys keys = {
		.algorithm = AUTH_TUAK, .k_len = 16, .res_len = 4, .iterations = 1, .amf = { 0xff, 0xff }
	};
	memset(keys.k, 0xab, 16);
	hex("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff", keys.opc, 32);
	return keys;
}

static void vector_is_the_one_of_ts_35_233_set_1(void **state)
{
	(void)state;
	struct auth_keys keys = tuak_set1();
	struct auth_vector vector;
	uint8_t rand[16], expected[16];

	memset(rand, 0x42, sizeof rand);
	auth_auc_vector(&keys, 0x111111111111, rand, AUTH_AKA, (struct es_slice){ 0 }, &vector);
	hex("719f1e9b9054", expected, 6); /* AK */
	for (int i = 0; i < 6; i++)
		assert_int_equal(vector.autn[i], expected[i] ^ 0x11);
	hex("f9a54e6aeaa8618d", expected, 8);
	assert_memory_equal(vector.autn + 8, expected, 8);
	hex("657acd64", expected, 4);
	assert_int_equal(vector.xres_len, 4);
	assert_memory_equal(vector.xres, expected, 4);
	hex("d71a1e5c6caffe986a26f783e5c78be1", expected, 16);
	assert_memory_equal(vector.ck, expected, 16);
	hex("be849fa2564f869aecee6f62d4337e72", expected, 16);
	assert_memory_equal(vector.ik, expected, 16);
}

static void
auts_of_a_tuak_usim_gives_its_sqn(void **state) /* f5* of the same set; MAC-S for AMF 0000 by the algorithm */
{
	(void)state;
	struct auth_keys keys = tuak_set1();
	struct es_tuak sim = { .k_len = 16, .iterations = 1, .mac = 8, .res = 4, .ck = 16, .ik = 16 };
	static const uint8_t sqn[6] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 }, amf[2];
	uint8_t rand[16], auts[14], mac[32];
	uint64_t sqn_ms = 0;

	memset(rand, 0x42, sizeof rand);
	memcpy(sim.k, keys.k, sizeof sim.k);
	memcpy(sim.topc, keys.opc, sizeof sim.topc);
	hex("e7af6b3d0e38", auts, 6);
	for (int i = 0; i < 6; i++)
		auts[i] ^= sqn[i];
	es_tuak_f1_star(&sim, rand, sqn, amf, mac);
	memcpy(auts + 6, mac, 8);
	assert_int_equal(auth_auc_open_auts(&keys, rand, auts, &sqn_ms), ES_OK);
	assert_int_equal(sqn_ms, 0x111111111111);
	auts[13] ^= 1;
	assert_int_equal(auth_auc_open_auts(&keys, rand, auts, &sqn_ms), ES_UNAUTHENTIC);
}

static void a_vector_for_aka_prime_has_its_separation_bit_and_one_for_aka_has_the_amf_as_put(void **state)
{
	(void)state; /* TS 33.402 6.2 */
	struct auth_keys keys = set19();
	struct auth_vector plain, prime;
	const uint8_t rand[16] = { 9 };

	keys.amf[0] = keys.amf[1] = 0;
	auth_auc_vector(&keys, 32, rand, AUTH_AKA, ES_SLICE_LIT("WLAN"), &plain);
	auth_auc_vector(&keys, 32, rand, AUTH_AKA_PRIME, ES_SLICE_LIT("WLAN"), &prime);
	assert_int_equal(plain.autn[6], 0);
	assert_int_equal(prime.autn[6], 0x80);
	assert_memory_not_equal(plain.autn + 8, prime.autn + 8, 8); /* MAC-A covers AMF */
	assert_memory_not_equal(plain.ck, prime.ck, 16);
	assert_memory_equal(plain.xres, prime.xres, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_is_the_one_of_ts_35_208_set_19),
		cmocka_unit_test(vector_is_the_one_of_ts_35_233_set_1),
		cmocka_unit_test(auts_of_a_tuak_usim_gives_its_sqn),
		cmocka_unit_test(a_vector_for_aka_prime_has_its_separation_bit_and_one_for_aka_has_the_amf_as_put),
		cmocka_unit_test(auts_of_the_usim_gives_its_sqn),
		cmocka_unit_test(auts_with_any_bit_changed_or_for_another_rand_is_refused),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
