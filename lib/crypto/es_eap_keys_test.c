/* es_eap_keys_test.c -- the keys of EAP-AKA and EAP-AKA' against the published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap_keys.h"
#include "es_text.h"

struct block {
	uint8_t at[64];
};

static struct block hex(const char *text)
{
	struct block b = { { 0 } };
	assert_int_equal(es_hex_decode(es_slice_str(text), b.at, strlen(text) / 2), ES_OK);
	return b;
}

static void assert_hex(const void *got, size_t len, const char *expected)
{
	char text[513];
	es_hex_encode(es_slice_of(got, len), text);
	assert_string_equal(text, expected);
}

/* RFC 9048 appendix D, cases 1 to 4; the identity has no realm there. */
#define IDENTITY "0555444333222111"
static const struct {
	const char *network, *autn, *ck, *ik, *ck_prime, *ik_prime, *k_encr, *k_aut, *k_re, *msk, *emsk;
} cases[] = {
	{ "WLAN", "bb52e91c747ac3ab2a5c23d15ee351d5", "5349fbe098649f948f5d2e973a81c00f",
	  "9744871ad32bf9bbd1dd5ce54e3e2e5a", "0093962d0dd84aa5684b045c9edffa04", "ccfc230ca74fcc96c0a5d61164f5a76c",
	  "766fa0a6c317174b812d52fbcd11a179", "0842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea",
	  "cf83aa8bc7e0aced892acc98e76a9b2095b558c7795c7094715cb3393aa7d17a",
	  "67c42d9aa56c1b79e295e3459fc3d187d42be0bf818d3070e362c5e967a4d544"
	  "e8ecfe19358ab3039aff03b7c930588c055babee58a02650b067ec4e9347c75a",
	  "f861703cd775590e16c7679ea3874ada866311de290764d760cf76df647ea01c"
	  "313f69924bdd7650ca9bac141ea075c4ef9e8029c0e290cdbad5638b63bc23fb" },
	{ "HRPD", "bb52e91c747ac3ab2a5c23d15ee351d5", "5349fbe098649f948f5d2e973a81c00f",
	  "9744871ad32bf9bbd1dd5ce54e3e2e5a", "3820f0277fa5f77732b1fb1d90c1a0da", "db94a0ab557ef6c9ab48619ca05b9a9f",
	  "05ad73ac915fce89ac77e1520d82187b", "5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd",
	  "3f90bf5c6e5ef325ff04eb5ef6539fa8cca8398194fbd00be425b3f40dba10ac",
	  "87b321570117cd6c95ab6c436fb5073ff15cf85505d2bc5bb7355fc21ea8a757"
	  "57e8f86a2b138002e05752913bb43b82f868a96117e91a2d95f526677d572900",
	  "c891d5f20f148a1007553e2dea555c9cb672e9675f4a66b4bafa027379f93aee"
	  "539a5979d0a0042b9d2ae28bed3b17a31dc8ab75072b80bd0c1da612466e402c" },
	{ "WLAN", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
	  "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0", "cd4c8e5c68f57dd1d7d7dfd0c538e577", "3ece6b705dbbf7dfc459a11280c65524",
	  "897d302fa2847416488c28e20dcb7be4", "c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd53",
	  "0a591a22dd8b5b1cf29e3d508c91dbbdb4aee23051892c42b6a2de66ea504473",
	  "9f7dca9e37bb22029ed986e7cd09d4a70d1ac76d95535c5cac40a7504699bb89"
	  "61a29ef6f3e90f183de5861ad1bedc81ce9916391b401aa006c98785a5756df7",
	  "724de00bdb9e568187be3fe746114557d5018779537ee37f4d3c6c738cb97b9d"
	  "c651bc19bfadc344ffe2b52ca78bd8316b51dacc5f2b1440cb9515521cc7ba23" },
	{ "HRPD", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
	  "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0", "8310a71ce6f754889613da8f64d5fb46", "5adf14360ae838192db23f6fcb7f8c76",
	  "745e7439ba238f50fcac4d15d47cd1d9", "3e1d2aa4e677025cfd862a4be18361a13a645765571463df833a9759e8099879",
	  "99da835e2ae82462576fe6516fad1f802f0fa1191655dd0a273da96d04e0fcd3",
	  "c6d3a6e0ceea951eb20d74f32c3061d0680a04b0b086ee8700ace3e0b95fa026"
	  "83c287beee44432294ff98af26d2cc783bace75c4b0af7fdfeb5511ba8e4cbd0",
	  "7fb56813838adafa99d140c2f198f6dacebfb6afee444961105402b508c7f363"
	  "352cb2919644b50463e6a69354150147ae09cbc54b8a651d8787a6893ed8536d" },
};

static void aka_prime_keys_match_rfc_9048(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct block ck = hex(cases[i].ck), ik = hex(cases[i].ik), autn = hex(cases[i].autn);
		struct es_eap_prime_keys keys;
		uint8_t k_encr[16], k_aut[32];

		print_message("case %zu\n", i + 1);
		es_eap_prime_ck_ik(ck.at, ik.at, es_slice_str(cases[i].network), autn.at);
		assert_hex(ck.at, 16, cases[i].ck_prime);
		assert_hex(ik.at, 16, cases[i].ik_prime);
		es_eap_prime_derive(ES_SLICE_LIT(IDENTITY), ik.at, ck.at, &keys);
		assert_hex(keys.k_encr, 16, cases[i].k_encr);
		assert_hex(keys.k_aut, 32, cases[i].k_aut);
		assert_hex(keys.k_re, 32, cases[i].k_re);
		assert_hex(keys.msk, 64, cases[i].msk);
		assert_hex(keys.emsk, 64, cases[i].emsk);
		es_eap_prime_k_aut(ES_SLICE_LIT(IDENTITY), ik.at, ck.at, k_encr, k_aut);
		assert_memory_equal(k_encr, keys.k_encr, sizeof k_encr);
		assert_memory_equal(k_aut, keys.k_aut, sizeof k_aut);
	}
}

/* RFC 4186 annex A.6: the same formula as RFC 4187 7, and printed there only. */
static void aka_reauthentication_keys_match_rfc_4186(void **state)
{
	static const char identity[] = "Y24fNSrz8BP274jOJaF17WfxI8YO7QX0"
								   "0pMXk9XMMVOw7broaNhTczuFq53aEpOkk3L0dm@eapsim.foo";
	struct block mk = hex("e576d5ca332e9930018bf1baee2763c795b3c712"), nonce = hex("0123456789abcdeffedcba9876543210");
	struct es_eap_msk out;

	(void)state;
	es_eap_aka_reauth_msk(es_slice_str(identity), 1, nonce.at, mk.at, &out);
	assert_hex(out.msk, 64,
	           "6263f614973895e1335f7e30cff028ee2176f519002c9abe732fe0ef00cf167c"
	           "756d9e4ced6d5ed640eb3fe38565ca076e7fb8a817cfe8d9adbce441d47c4f5e");
	assert_hex(out.emsk, 64,
	           "3d8ff7863a630b2b06e2cf209684c13f6b82f992f2b06f1b54bf51ef237f2a40"
	           "1ef5e0d7e098a34c533eaebf34578854b772152620a777f0e0340884a294fb73");
}

/* RFC 9048 3.3: PRF'(K_re, "EAP-AKA' re-auth" | Identity | counter | NONCE_S), its first block by hand: nobody publishes it. */
static void aka_prime_reauthentication_keys_are_what_the_formula_says(void **state)
{
	struct block k_re = hex("cf83aa8bc7e0aced892acc98e76a9b2095b558c7795c7094715cb3393aa7d17a");
	struct block nonce = hex("0123456789abcdeffedcba9876543210");
	const struct es_slice parts[] = { ES_SLICE_LIT("EAP-AKA' re-auth8id"), ES_SLICE_LIT("\x01\x02"),
		                              es_slice_of(nonce.at, 16), ES_SLICE_LIT("\x01") };
	struct es_eap_msk out;
	uint8_t first[32];

	(void)state;
	es_eap_prime_reauth_msk(ES_SLICE_LIT("8id"), 0x0102, nonce.at, k_re.at, &out);
	es_hmac_sha256(es_slice_of(k_re.at, 32), parts, ES_COUNT(parts), first);
	assert_memory_equal(out.msk, first, sizeof first);
}

/* RFC 9048 3.4.2: HMAC-SHA-256-128, with what is appended to the packet. */
static void mac_of_aka_prime_is_the_first_half_of_hmac_sha256(void **state)
{
	const uint8_t k_aut[32] = { 7 };
	const struct es_slice parts[] = { ES_SLICE_LIT("a packet"), ES_SLICE_LIT("NONCE_S") };
	uint8_t mac[16], full[32];

	(void)state;
	es_eap_prime_mac_parts(k_aut, parts, ES_COUNT(parts), mac);
	es_hmac_sha256(es_slice_of(k_aut, sizeof k_aut), parts, ES_COUNT(parts), full);
	assert_memory_equal(mac, full, sizeof mac);
}

/* NIST SP 800-38A F.2.1 and F.2.2, the first two blocks. */
static void cbc_matches_sp_800_38a(void **state)
{
	struct block key = hex("2b7e151628aed2a6abf7158809cf4f3c"), iv = hex("000102030405060708090a0b0c0d0e0f");
	struct block plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
	uint8_t sealed[32], back[32];

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		es_cbc_encrypt(key.at, iv.at, es_slice_of(plain.at, 32), sealed);
		assert_hex(sealed, 32, "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
		es_cbc_decrypt(key.at, iv.at, es_slice_of(sealed, 32), back);
		assert_memory_equal(back, plain.at, sizeof back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aka_prime_keys_match_rfc_9048),
		cmocka_unit_test(aka_reauthentication_keys_match_rfc_4186),
		cmocka_unit_test(aka_prime_reauthentication_keys_are_what_the_formula_says),
		cmocka_unit_test(mac_of_aka_prime_is_the_first_half_of_hmac_sha256),
		cmocka_unit_test(cbc_matches_sp_800_38a),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
