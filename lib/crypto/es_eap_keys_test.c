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
	const char *network, *autn, *ck, *ik, *ck_prime, *ik_prime, *k_encr, *k_aut;
} cases[] = {
	{ "WLAN", "bb52e91c747ac3ab2a5c23d15ee351d5", "5349fbe098649f948f5d2e973a81c00f",
	  "9744871ad32bf9bbd1dd5ce54e3e2e5a", "0093962d0dd84aa5684b045c9edffa04", "ccfc230ca74fcc96c0a5d61164f5a76c",
	  "766fa0a6c317174b812d52fbcd11a179", "0842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea" },
	{ "HRPD", "bb52e91c747ac3ab2a5c23d15ee351d5", "5349fbe098649f948f5d2e973a81c00f",
	  "9744871ad32bf9bbd1dd5ce54e3e2e5a", "3820f0277fa5f77732b1fb1d90c1a0da", "db94a0ab557ef6c9ab48619ca05b9a9f",
	  "05ad73ac915fce89ac77e1520d82187b", "5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd" },
	{ "WLAN", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
	  "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0", "cd4c8e5c68f57dd1d7d7dfd0c538e577", "3ece6b705dbbf7dfc459a11280c65524",
	  "897d302fa2847416488c28e20dcb7be4", "c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd53" },
	{ "HRPD", "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
	  "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0", "8310a71ce6f754889613da8f64d5fb46", "5adf14360ae838192db23f6fcb7f8c76",
	  "745e7439ba238f50fcac4d15d47cd1d9", "3e1d2aa4e677025cfd862a4be18361a13a645765571463df833a9759e8099879" },
};

static void aka_prime_keys_match_rfc_9048(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct block ck = hex(cases[i].ck), ik = hex(cases[i].ik), autn = hex(cases[i].autn);
		uint8_t k_encr[16], k_aut[32];

		print_message("case %zu\n", i + 1);
		es_eap_prime_ck_ik(ck.at, ik.at, es_slice_str(cases[i].network), autn.at);
		assert_hex(ck.at, 16, cases[i].ck_prime);
		assert_hex(ik.at, 16, cases[i].ik_prime);
		es_eap_prime_k_aut(ES_SLICE_LIT(IDENTITY), ik.at, ck.at, k_encr, k_aut);
		assert_hex(k_encr, 16, cases[i].k_encr);
		assert_hex(k_aut, 32, cases[i].k_aut);
	}
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
		cmocka_unit_test(mac_of_aka_prime_is_the_first_half_of_hmac_sha256),
		cmocka_unit_test(cbc_matches_sp_800_38a),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
