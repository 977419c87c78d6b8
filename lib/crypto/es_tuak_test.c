/* es_tuak_test.c -- TUAK and its permutation against the published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_keccak.h"
#include "es_text.h"
#include "es_tuak.h"

struct block {
	uint8_t at[32];
};

static struct block hex(const char *text)
{
	struct block b = { { 0 } };
	assert_int_equal(es_hex_decode(es_slice_str(text), b.at, strlen(text) / 2), ES_OK);
	return b;
}

/* As many octets as the published value has. */
static void assert_hex(const void *got, const char *expected)
{
	char text[129];
	es_hex_encode(es_slice_of(got, strlen(expected) / 2), text);
	assert_string_equal(text, expected);
}

/* TS 35.233 6.3 to 6.8. The lengths of all values follow from their digits. */
static const struct {
	uint8_t iterations;
	const char *k, *rand, *sqn, *amf, *top, *topc, *f1, *f1_s, *f2, *f3, *f4, *f5, *f5_s;
} sets[] = {
	{ 1, "abababababababababababababababab", "42424242424242424242424242424242", "111111111111", "ffff",
	  "5555555555555555555555555555555555555555555555555555555555555555",
	  "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff", "f9a54e6aeaa8618d", "e94b4dc6c7297df3",
	  "657acd64", "d71a1e5c6caffe986a26f783e5c78be1", "be849fa2564f869aecee6f62d4337e72", "719f1e9b9054",
	  "e7af6b3d0e38" },
	{ 1, "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0", "0123456789abcdef0123456789abcdef",
	  "0123456789ab", "abcd", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524", "c0b8c2d4148ec7aa5f1d78a97e4d1d58",
	  "ef81af7290f7842c6ceafa537fa0745b", "e9d749dc4eea0035", "a4cb6f6529ab17f8337f27baa8234d47",
	  "2274155ccf4199d5e2abcbf621907f90", "480a9345cc1e", "f84eb338848c" },
	{ 1, "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0", "0123456789abcdef0123456789abcdef",
	  "0123456789ab", "abcd", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524",
	  "d97b75a1776065271b1e212bc3b1bf173f438b21e6c64a55a96c372e085e5cc5",
	  "427bbf07c6e3a86c54f8c5216499f3909a6fd4a164c9fe235b1550258111b821", "07021c73e7635c7d",
	  "4d59ac796834eb85d11fa148a5058c3c", "126d47500136fdc5ddfd14f19ebf16749ce4b6435323fbb5715a3a796a6082bd",
	  "1d6622c4e59a", "f84eb338848c" },
	{ 1, "b8da837a50652d6ac7c97da14f6acc61", "6887e55425a966bd86c9661a5fa72be8", "0dea2ee2c5af", "df1e",
	  "0952be13556c32ebc58195d9dd930493e12a9003669988ffde5fa1f0fe35cc01",
	  "2bc16eb657a68e1f446f08f57c0efb1d493527a2e652ce281eb6ca0e4487760a", "749214087958dd8f58bfcdf869d8ae3f",
	  "619e865afe80e382aee13063f9dfb56d", "4041ce438e3e38e8aa96562eed83ac43", "3e3bc01bea0cd914c4c2c83ce2d92757",
	  "666a8e6f577b1aa77b7fd53cebb8a3d6", "1f880d005119", "45e617d77fe5" },
	{ 1, "1574ca56881d05c189c82880f789c9cd4244955f4426aa2b69c29f15770e5aa5", "c570aac68cde651fb1e3088322498bef",
	  "c89bb71f3a41", "297d", "e59f6eb10ea406813f4991b0b9e02f181edf4c7e17b480f66d34da35ee88c95e",
	  "3c6052e41532a28a47aa3cbb89f223e8f3aaa976aecd48bc3e7d6165a55eff62", "d7340dad02b4cb01", "c6021e2e66accb15",
	  "84d89b41db1867ffd4c7ba1d82163f4d526a20fbae5418fbb526940b1eeb905c",
	  "d419676afe5ab58c1d8bee0d43523a4d2f52ef0b31a4676a0c334427a988fe65", "205533e505661b61d05cc0eac87818f4",
	  "d7b3d2d4980a", "ca9655264986" },
	{ 2, "1574ca56881d05c189c82880f789c9cd4244955f4426aa2b69c29f15770e5aa5", "c570aac68cde651fb1e3088322498bef",
	  "c89bb71f3a41", "297d", "e59f6eb10ea406813f4991b0b9e02f181edf4c7e17b480f66d34da35ee88c95e",
	  "b04a66f26c62fcd6c82de22a179ab65506ecf47f56245cd149966cfa9cec7a51",
	  "90d2289ed1ca1c3dbc2247bb480d431ac71d2e4a7677f6e997cfddb0cbad88b7",
	  "427355dbac30e825063aba61b556e87583abac638e3ab01c4c884ad9d458dc2f",
	  "d67e6e64590d22eecba7324afa4af4460c93f01b24506d6e12047d789a94c867",
	  "ede57edfc57cdffe1aae75066a1b7479bbc3837438e88d37a801cccc9f972b89",
	  "48ed9299126e5057402fe01f9201cf25249f9c5c0ed2afcf084755daff1d3999", "6aae8d18c448", "8c5f33b61f4e" },
};

static uint8_t octets(const char *digits)
{
	return (uint8_t)(strlen(digits) / 2);
}

static void tuak_matches_ts_35_233(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(sets); i++) {
		struct es_tuak sim = { .k_len = octets(sets[i].k),
			                   .iterations = sets[i].iterations,
			                   .mac = octets(sets[i].f1),
			                   .res = octets(sets[i].f2),
			                   .ck = octets(sets[i].f3),
			                   .ik = octets(sets[i].f4) };
		struct block k = hex(sets[i].k), rand = hex(sets[i].rand), sqn = hex(sets[i].sqn), amf = hex(sets[i].amf);
		struct es_tuak_out out;
		uint8_t mac[32], ak_s[6];

		print_message("set %zu\n", i + 1);
		memcpy(sim.k, k.at, sim.k_len);
		es_tuak_topc(&sim, hex(sets[i].top).at, sim.topc);
		assert_hex(sim.topc, sets[i].topc);
		es_tuak_f1(&sim, rand.at, sqn.at, amf.at, mac);
		assert_hex(mac, sets[i].f1);
		es_tuak_f1_star(&sim, rand.at, sqn.at, amf.at, mac);
		assert_hex(mac, sets[i].f1_s);
		es_tuak_f2345(&sim, rand.at, &out);
		assert_hex(out.res, sets[i].f2);
		assert_hex(out.ck, sets[i].f3);
		assert_hex(out.ik, sets[i].f4);
		assert_hex(out.ak, sets[i].f5);
		es_tuak_f5_star(&sim, rand.at, ak_s);
		assert_hex(ak_s, sets[i].f5_s);
	}
}

static void lengths_that_ts_35_231_does_not_know_are_not_sound(void **state)
{
	(void)state;
	const struct es_tuak good = { .k_len = 16, .iterations = 1, .mac = 8, .res = 8, .ck = 16, .ik = 16 };
	struct es_tuak sim = good;

	assert_true(es_tuak_is_sound(&sim));
	sim.k_len = 24;
	assert_false(es_tuak_is_sound(&sim));
	sim = good;
	sim.res = 12;
	assert_false(es_tuak_is_sound(&sim));
	sim = good;
	sim.iterations = 0;
	assert_false(es_tuak_is_sound(&sim));
}

/* The first two lanes of Keccak-f[1600] on a state of zeros, as the Keccak team publishes it. */
static void the_permutation_of_zeros_is_the_published_one(void **state)
{
	(void)state;
	uint8_t lanes[ES_KECCAK_STATE] = { 0 };

	es_keccak_f1600(lanes);
	assert_hex(lanes, "e7dde140798f25f18a47c033f9ccd584");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tuak_matches_ts_35_233),
		cmocka_unit_test(lengths_that_ts_35_231_does_not_know_are_not_sound),
		cmocka_unit_test(the_permutation_of_zeros_is_the_published_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
