/* es_crypto_test.c -- published vectors for every primitive, and what happens to damaged input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

struct bytes {
	uint8_t at[256];
	size_t len;
};

static struct bytes hex(const char *text)
{
	struct bytes b = { .len = strlen(text) / 2 };
	assert_true(b.len <= sizeof b.at);
	assert_int_equal(es_hex_decode(es_slice_str(text), b.at, b.len), ES_OK);
	return b;
}

static struct es_slice slice(const struct bytes *b)
{
	return es_slice_of(b->at, b->len);
}

static void assert_hex(const void *got, size_t len, const char *expected)
{
	char text[513];
	es_hex_encode(es_slice_of(got, len), text);
	assert_string_equal(text, expected);
}

/* FIPS 180-4 examples: "abc". */
static void digests_match_fips_180(void **state)
{
	const struct es_slice parts[] = { ES_SLICE_LIT("a"), ES_SLICE_LIT(""), ES_SLICE_LIT("bc") };
	uint8_t out[32];

	(void)state;
	es_sha1(parts, ES_COUNT(parts), out);
	assert_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
	es_sha256(parts, ES_COUNT(parts), out);
	assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 2202 and RFC 4231, test case 2; then again with another key, because contexts are reused. */
static void hmacs_match_rfc_2202_and_4231(void **state)
{
	const struct es_slice parts[] = { ES_SLICE_LIT("what do ya want "), ES_SLICE_LIT("for nothing?") };
	uint8_t out[32];

	(void)state;
	for (int again = 0; again < 2; again++) {
		es_hmac_sha1(ES_SLICE_LIT("Jefe"), parts, 2, out);
		assert_hex(out, 20, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
		es_hmac_sha256(ES_SLICE_LIT("Jefe"), parts, 2, out);
		assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
		es_hmac_sha256(ES_SLICE_LIT("another key, longer than one block of SHA-256, which is sixty-four octets"), parts,
		               2, out);
	}
	es_hmac_sha256((struct es_slice){ 0 }, NULL, 0, out);
	assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869 annex A. */
static void hkdf_matches_rfc_5869(void **state)
{
	static const struct {
		const char *key, *salt, *info, *out;
	} cases[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
		  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct bytes key = hex(cases[i].key), salt = hex(cases[i].salt), info = hex(cases[i].info);
		uint8_t out[42];
		es_hkdf_sha256(slice(&key), slice(&salt), slice(&info), out, sizeof out);
		assert_hex(out, sizeof out, cases[i].out);
	}
}

/* "The Galois/Counter Mode of Operation" (McGrew, Viega), test cases 13 and 16. */
static void gcm_matches_its_published_vectors(void **state)
{
	static const struct {
		const char *key, *nonce, *aad, *plain, *sealed;
	} cases[] = {
		{ "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
		  "530f8afbc74536b9a963b4f1c4cb738b" },
		{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
		  "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct bytes key = hex(cases[i].key), nonce = hex(cases[i].nonce), aad = hex(cases[i].aad);
		struct bytes plain = hex(cases[i].plain);
		uint8_t sealed[128], opened[128];
		es_gcm_seal(key.at, nonce.at, slice(&aad), slice(&plain), sealed);
		assert_hex(sealed, plain.len + ES_GCM_TAG, cases[i].sealed);
		struct es_slice box = es_slice_of(sealed, plain.len + ES_GCM_TAG);
		assert_int_equal(es_gcm_open(key.at, nonce.at, slice(&aad), box, opened), ES_OK);
		assert_memory_equal(opened, plain.at, plain.len);
	}
}

static void gcm_gives_no_octet_of_a_damaged_box(void **state)
{
	static const uint8_t key[32] = { 1 }, nonce[12] = { 2 }, zeros[8];
	uint8_t sealed[8 + ES_GCM_TAG], opened[8];

	(void)state;
	es_gcm_seal(key, nonce, ES_SLICE_LIT("aad"), ES_SLICE_LIT("12345678"), sealed);
	struct es_slice box = es_slice_of(sealed, sizeof sealed);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		memset(opened, 0xff, sizeof opened);
		assert_int_equal(es_gcm_open(key, nonce, ES_SLICE_LIT("aad"), box, opened), ES_UNAUTHENTIC);
		assert_memory_equal(opened, zeros, sizeof zeros);
		sealed[i] ^= 1;
	}
	assert_int_equal(es_gcm_open(key, nonce, ES_SLICE_LIT("AAD"), box, opened), ES_UNAUTHENTIC);
	assert_int_equal(es_gcm_open(key, nonce, ES_SLICE_LIT("aad"), es_slice_of(sealed, 15), opened), ES_UNAUTHENTIC);
	assert_int_equal(es_gcm_open(key, nonce, ES_SLICE_LIT("aad"), box, opened), ES_OK);
}

/* RFC 7748 6.1. */
static void public_key_of_a_box_is_that_of_x25519(void **state)
{
	struct bytes private_key = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	uint8_t public_key[32];

	(void)state;
	es_box_public(private_key.at, public_key);
	assert_hex(public_key, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

static void box_opens_for_its_recipient_alone(void **state)
{
	uint8_t public_key[32], private_key[32], other_public[32], other_private[32];
	uint8_t box[16 + ES_BOX_OVERHEAD] = { 0 }, opened[16];
	struct es_slice plain = ES_SLICE_LIT("a key K, 16 long"), all = es_slice_of(box, sizeof box);

	(void)state;
	es_box_keypair(public_key, private_key);
	es_box_keypair(other_public, other_private);
	assert_int_equal(es_box_seal(public_key, ES_SLICE_LIT("imsi"), plain, box), ES_OK);
	assert_int_equal(es_box_open(private_key, ES_SLICE_LIT("imsi"), all, opened), ES_OK);
	assert_memory_equal(opened, plain.ptr, plain.len);

	assert_int_equal(es_box_open(other_private, ES_SLICE_LIT("imsi"), all, opened), ES_UNAUTHENTIC);
	assert_int_equal(es_box_open(private_key, ES_SLICE_LIT("IMSI"), all, opened), ES_UNAUTHENTIC);
	assert_int_equal(es_box_open(private_key, ES_SLICE_LIT("imsi"), es_slice_of(box, 47), opened), ES_MALFORMED);
	for (size_t i = 0; i < sizeof box; i += 7) {
		box[i] ^= 0x40;
		assert_int_equal(es_box_open(private_key, ES_SLICE_LIT("imsi"), all, opened), ES_UNAUTHENTIC);
		box[i] ^= 0x40;
	}
}

static void box_is_not_sealed_to_a_point_of_low_order(void **state)
{
	static const uint8_t zero_point[32];
	uint8_t box[1 + ES_BOX_OVERHEAD];

	(void)state;
	assert_int_equal(es_box_seal(zero_point, ES_SLICE_LIT(""), ES_SLICE_LIT("x"), box), ES_MALFORMED);
}

static void wipe_and_compare(void **state)
{
	uint8_t a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 3, 5 };

	(void)state;
	assert_false(es_ct_equal(a, b, 4));
	assert_true(es_ct_equal(a, b, 3));
	es_wipe(a, sizeof a);
	assert_hex(a, 4, "00000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_match_fips_180),
		cmocka_unit_test(hmacs_match_rfc_2202_and_4231),
		cmocka_unit_test(hkdf_matches_rfc_5869),
		cmocka_unit_test(gcm_matches_its_published_vectors),
		cmocka_unit_test(gcm_gives_no_octet_of_a_damaged_box),
		cmocka_unit_test(public_key_of_a_box_is_that_of_x25519),
		cmocka_unit_test(box_opens_for_its_recipient_alone),
		cmocka_unit_test(box_is_not_sealed_to_a_point_of_low_order),
		cmocka_unit_test(wipe_and_compare),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
