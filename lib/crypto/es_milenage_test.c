/* es_milenage_test.c -- Milenage and the EAP-AKA keys against the published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap_keys.h"
#include "es_milenage.h"
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

/* TS 35.207 and 35.208, test sets 1 to 6 and 19. */
static const struct {
	const char *name, *k, *rand, *sqn, *amf, *op, *opc, *f1, *f1_s, *f2, *f3, *f4, *f5, *f5_s;
} sets[] = {
	{ "set 1", "465b5ce8b199b49faa5f0a2ee238a6bc", "23553cbe9637a89d218ae64dae47bf35", "ff9bb4d0b607", "b9b9",
	  "cdc202d5123e20f62b6d676ac72cb318", "cd63cb71954a9f4e48a5994e37a02baf", "4a9ffac354dfafb3", "01cfaf9ec4e871e9",
	  "a54211d5e3ba50bf", "b40ba9a3c58b2a05bbf0d987b21bf8cb", "f769bcd751044604127672711c6d3441", "aa689c648370",
	  "451e8beca43b" },
	{ "set 2", "0396eb317b6d1c36f19c1c84cd6ffd16", "c00d603103dcee52c4478119494202e8", "fd8eef40df7d", "af17",
	  "ff53bade17df5d4e793073ce9d7579fa", "53c15671c60a4b731c55b4a441c0bde2", "5df5b31807e258b0", "a8c016e51ef4a343",
	  "d3a628ed988620f0", "58c433ff7a7082acd424220f2b67c556", "21a8c1f929702adb3e738488b9f5c5da", "c47783995f72",
	  "30f1197061c1" },
	{ "set 3", "fec86ba6eb707ed08905757b1bb44b8f", "9f7c8d021accf4db213ccff0c7f71a6a", "9d0277595ffc", "725c",
	  "dbc59adcb6f9a0ef735477b7fadf8374", "1006020f0a478bf6b699f15c062e42b3", "9cabc3e99baf7281", "95814ba2b3044324",
	  "8011c48c0c214ed2", "5dbdbb2954e8f3cde665b046179a5098", "59a92d3b476a0443487055cf88b2307b", "33484dc2136b",
	  "deacdd848cc6" },
	{ "set 4", "9e5944aea94b81165c82fbf9f32db751", "ce83dbc54ac0274a157c17f80d017bd6", "0b604a81eca8", "9e09",
	  "223014c5806694c007ca1eeef57f004f", "a64a507ae1a2a98bb88eb4210135dc87", "74a58220cba84c49", "ac2cc74a96871837",
	  "f365cd683cd92e96", "e203edb3971574f5a94b0d61b816345d", "0c4524adeac041c4dd830d20854fc46b", "f0b9c08ad02e",
	  "6085a86c6f63" },
	{ "set 5", "4ab1deb05ca6ceb051fc98e77d026a84", "74b0cd6031a1c8339b2b6ce2b8c4a186", "e880a1b580b6", "9f07",
	  "2d16c5cd1fdf6b22383584e3bef2a8d8", "dcf07cbd51855290b92a07a9891e523e", "49e785dd12626ef2", "9e85790336bb3fa2",
	  "5860fc1bce351e7e", "7657766b373d1c2138f307e3de9242f9", "1c42e960d89b8fa99f2744e0708ccb53", "31e11a609118",
	  "fe2555e54aa9" },
	{ "set 6", "6c38a116ac280c454f59332ee35c8c4f", "ee6466bc96202c5a557abbeff8babf63", "414b98222181", "4464",
	  "1ba00a1a7c6700ac8c3ff3e96ad08725", "3803ef5363b947c6aaa225e58fae3934", "078adfb488241a57", "80246b8d0186bcf1",
	  "16c8233f05a0ac28", "3f8c7587fe8e4b233af676aede30ba3b", "a7466cc1e6b2a1337d49d3b66e95d7b4", "45b0f69ab06c",
	  "1f53cd2b1113" },
	{ "set 19", "5122250214c33e723a5dd523fc145fc0", "81e92b6c0ee0e12ebceba8d92a99dfa5", "16f3b3f70fc2", "c3ab",
	  "c9e8763286b5b9ffbdf56e1297d0887b", "981d464c7c52eb6e5036234984ad0bcf", "2a5c23d15ee351d5", "62dae3853f3af9d2",
	  "28d7b0f2a2ec3de5", "5349fbe098649f948f5d2e973a81c00f", "9744871ad32bf9bbd1dd5ce54e3e2e5a", "ada15aeb7bb8",
	  "d461bc15475d" },
};

static void milenage_matches_ts_35_208(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(sets); i++) {
		struct block k = hex(sets[i].k), op = hex(sets[i].op), rand = hex(sets[i].rand), sqn = hex(sets[i].sqn);
		struct block amf = hex(sets[i].amf);
		struct es_milenage_out out;
		uint8_t opc[16];

		print_message("%s\n", sets[i].name);
		es_milenage_opc(k.at, op.at, opc);
		assert_hex(opc, 16, sets[i].opc);
		es_milenage(k.at, opc, rand.at, sqn.at, amf.at, &out);
		assert_hex(out.mac_a, 8, sets[i].f1);
		assert_hex(out.mac_s, 8, sets[i].f1_s);
		assert_hex(out.res, 8, sets[i].f2);
		assert_hex(out.ck, 16, sets[i].f3);
		assert_hex(out.ik, 16, sets[i].f4);
		assert_hex(out.ak, 6, sets[i].f5);
		assert_hex(out.ak_s, 6, sets[i].f5_s);
	}
}

/* FIPS 186-2 change notice 1, example of appendix 5 (as quoted by NIST's examples): no XSEED, not reduced mod q. */
static void fips_186_prf_matches_the_nist_example(void **state)
{
	struct block xkey = hex("bd029bbe7f51960bcf9edb2b61f06f0feb5a38b6");
	uint8_t out[40];

	(void)state;
	es_fips186_prf(xkey.at, out, sizeof out);
	assert_hex(out, sizeof out, "2070b3223dba372fde1c0ffc7b2e3b498b2606143c6c18bacb0f6c55babb13788e20d737a3275116");
}

/* RFC 4186 annex A.5: EAP-SIM uses the same generator and prints what RFC 4187 does not. */
static void fips_186_prf_matches_rfc_4186(void **state)
{
	struct block mk = hex("e576d5ca332e9930018bf1baee2763c795b3c712");
	uint8_t out[160];

	(void)state;
	es_fips186_prf(mk.at, out, sizeof out);
	assert_hex(out, 16, "536e5ebc4465582aa6a8ec9986ebb620");
	assert_hex(out + 16, 16, "25af1942efcbf4bc72b3943421f2a974");
	assert_hex(out + 32, 64,
	           "39d45aeaf4e30601983e972b6cfd46d1c363773365690d09cd44976b525f47d3"
	           "a60a985e955c53b090b2e4b73719196a402542968fd14a888f46b9a7886e4488");
	assert_hex(out + 96, 64,
	           "5949eab0fff69d52315c6c634fd14a7f0d52023d56f79698fa6596abeed4f93f"
	           "bb48eb534d985414ceed0d9a8ed33c387c9dfdab92ffbdf240fcecf65a2c93b9");
}

/* Milenage set 1 and an identity of TS 23.003: values recomputed independently and seen to agree with eapol_test and
 * hostapd, since nobody publishes an EAP-AKA exchange as a vector. */
static void eap_aka_end_to_end(void **state)
{
	static const char identity[] = "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org";
	struct block k = hex("465b5ce8b199b49faa5f0a2ee238a6bc"), opc = hex("cd63cb71954a9f4e48a5994e37a02baf");
	struct block rand = hex("23553cbe9637a89d218ae64dae47bf35"), sqn = hex("ff9bb4d0b607"), amf = hex("b9b9");
	struct es_milenage_out out;
	struct es_eap_aka_keys keys;
	uint8_t concealed[6], k_encr[16], k_aut[16];

	(void)state;
	es_milenage(k.at, opc.at, rand.at, sqn.at, amf.at, &out);
	for (size_t i = 0; i < 6; i++)
		concealed[i] = sqn.at[i] ^ out.ak[i];
	assert_hex(concealed, 6, "55f328b43577"); /* the head of AUTN 55f328b43577b9b94a9ffac354dfafb3 */
	assert_hex(out.mac_a, 8, "4a9ffac354dfafb3");

	es_eap_aka_derive(es_slice_str(identity), out.ik, out.ck, &keys);
	assert_hex(keys.k_encr, 16, "00d4591e927b701e86ab617ff9e7c6e1");
	assert_hex(keys.k_aut, 16, "16589190b459f1708f94261b0a042d73");
	es_eap_aka_k_aut(es_slice_str(identity), out.ik, out.ck, k_encr, k_aut);
	assert_memory_equal(k_encr, keys.k_encr, sizeof k_encr);
	assert_memory_equal(k_aut, keys.k_aut, sizeof k_aut);
	assert_hex(keys.msk, 64,
	           "01418086c8d0f735a92329e4f3d83820a268f077c6ebf455d66958d90ef7bc67"
	           "51d7fbf2ad98c81f973bfc978130ae58a0e8901b228116b272d698ef7758330d");
}

/* TS 33.102 6.3.3: AUTS = SQN_MS xor AK* | MAC-S with AMF 0000. */
static void auts_of_set_1(void **state)
{
	struct block k = hex("465b5ce8b199b49faa5f0a2ee238a6bc"), opc = hex("cd63cb71954a9f4e48a5994e37a02baf");
	struct block rand = hex("23553cbe9637a89d218ae64dae47bf35"), sqn = hex("ff9bb4d0b607"), amf = hex("0000");
	struct es_milenage_out out;
	uint8_t auts[14];

	(void)state;
	es_milenage(k.at, opc.at, rand.at, sqn.at, amf.at, &out);
	for (size_t i = 0; i < 6; i++)
		auts[i] = sqn.at[i] ^ out.ak_s[i];
	memcpy(auts + 6, out.mac_s, 8);
	assert_hex(auts, sizeof auts, "ba853f3c123ccf44e93596e355c6");
}

/* RFC 4187 10.15: HMAC-SHA1-128; the HMAC itself is checked against RFC 2202 in es_crypto_test.c. */
static void mac_is_the_first_half_of_hmac_sha1(void **state)
{
	struct block k_aut = hex("16589190b459f1708f94261b0a042d73");
	struct es_slice packet = ES_SLICE_LIT("a packet"), key = es_slice_of(k_aut.at, 16);
	uint8_t mac[16], full[20];

	(void)state;
	es_eap_aka_mac(k_aut.at, packet, mac);
	es_hmac_sha1(key, &packet, 1, full);
	assert_memory_equal(mac, full, sizeof mac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(milenage_matches_ts_35_208),
		cmocka_unit_test(fips_186_prf_matches_the_nist_example),
		cmocka_unit_test(fips_186_prf_matches_rfc_4186),
		cmocka_unit_test(eap_aka_end_to_end),
		cmocka_unit_test(auts_of_set_1),
		cmocka_unit_test(mac_is_the_first_half_of_hmac_sha1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
