/* es_eap_test.c -- what RFC 4187 sections 8 to 10 allow in a packet, and what they forbid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_eap.h"
#include "es_text.h"

#define RAND_ATTR                                                                                                      \
	"01050000"                                                                                                         \
	"23553cbe9637a89d218ae64dae47bf35"
#define AUTN_ATTR                                                                                                      \
	"02050000"                                                                                                         \
	"55f328b43577b9b94a9ffac354dfafb3"
#define MAC_ATTR                                                                                                       \
	"0b050000"                                                                                                         \
	"00000000000000000000000000000000"
#define RES_ATTR                                                                                                       \
	"0303"                                                                                                             \
	"0040"                                                                                                             \
	"a54211d5e3ba50bf"

/* A packet as text: header fields, then attributes; Length is filled in here. */
struct packet {
	uint8_t at[5000];
	size_t len;
};

static struct packet packet_of(const char *head, const char *attrs)
{
	struct packet p = { .len = (strlen(head) + strlen(attrs)) / 2 };
	size_t head_len = strlen(head) / 2;

	assert_true(p.len <= sizeof p.at);
	assert_int_equal(es_hex_decode(es_slice_str(head), p.at, head_len), ES_OK);
	assert_int_equal(es_hex_decode(es_slice_str(attrs), p.at + head_len, p.len - head_len), ES_OK);
	p.at[2] = (uint8_t)(p.len >> 8);
	p.at[3] = (uint8_t)p.len;
	return p;
}

static es_status parse(const struct packet *p, struct es_eap_packet *out)
{
	return es_eap_parse(es_slice_of(p->at, p->len), out);
}

static void challenge_request_is_parsed_completely(void **state)
{
	struct packet p = packet_of("0107000017010000", RAND_ATTR AUTN_ATTR "86010000"
	                                                                    "88018000" MAC_ATTR);
	struct es_eap_packet out;

	(void)state;
	assert_int_equal(parse(&p, &out), ES_OK);
	assert_int_equal(out.code, EAP_REQUEST);
	assert_int_equal(out.identifier, 7);
	assert_int_equal(out.type, EAP_TYPE_AKA);
	assert_int_equal(out.subtype, AKA_CHALLENGE);
	assert_true(out.has_rand && out.has_autn && out.has_mac && out.has_checkcode && out.has_bidding);
	assert_false(out.has_res || out.has_auts || out.has_identity || out.has_result_ind);
	assert_ptr_equal(out.rand.ptr, p.at + 12);
	assert_int_equal(out.autn.len, 16);
	assert_int_equal(out.checkcode.len, 0);
	assert_int_equal(out.bidding, 0x8000);
	assert_ptr_equal(out.mac.ptr, p.at + p.len - 16);
}

static void skippable_attributes_are_skipped(void **state)
{
	struct packet p = packet_of("0207000017010000", "ff020000aabbccdd" RES_ATTR "c8010000" MAC_ATTR);
	struct es_eap_packet out;

	(void)state;
	assert_int_equal(parse(&p, &out), ES_OK); /* RFC 4187 8.1: 128 to 255 */
	assert_int_equal(out.res_bits, 64);
	assert_int_equal(out.res.len, 8);
}

static void aka_prime_lists_its_key_derivations(void **state)
{
	struct packet p = packet_of("0107000032010000", RAND_ATTR AUTN_ATTR "18010001"
	                                                                    "18010002"
	                                                                    "17020004"
	                                                                    "574c414e" MAC_ATTR);
	struct es_eap_packet out;

	(void)state;
	assert_int_equal(parse(&p, &out), ES_OK);
	assert_int_equal(out.kdf_count, 2);
	assert_int_equal(out.kdf[1], 2);
	assert_true(es_slice_eq_str(out.kdf_input, "WLAN"));
}

static void packets_that_are_not_of_the_method(void **state)
{
	static const struct {
		const char *head, *data;
		es_status expected;
	} cases[] = {
		{ "02010000"
		  "01",
		  "30303031", ES_OK }, /* Identity */
		{ "02010000"
		  "01",
		  "", ES_OK }, /* an empty one */
		{ "02010000"
		  "03",
		  "32", ES_OK }, /* Nak, wants EAP-AKA' */
		{ "02010000"
		  "03",
		  "", ES_MALFORMED }, /* RFC 3748 5.3.1: one octet at least */
		{ "01010000"
		  "03",
		  "32", ES_MALFORMED }, /* a Nak is a response */
		{ "02010000"
		  "04",
		  "10", ES_OK }, /* another method: the exchange refuses it */
		{ "02010000"
		  "00",
		  "", ES_MALFORMED },
		{ "03010000", "", ES_OK },
		{ "04010000", "", ES_OK },
		{ "03010000", "00", ES_MALFORMED }, /* Success is four octets */
		{ "05010000", "", ES_MALFORMED },   /* no such code */
		{ "00010000"
		  "17",
		  "010000", ES_MALFORMED },
		{ "02010000", "", ES_MALFORMED }, /* no type */
		{ "02010000"
		  "17",
		  "", ES_MALFORMED }, /* no subtype */
		{ "02010000"
		  "17",
		  "0100", ES_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct packet p = packet_of(cases[i].head, cases[i].data);
		struct es_eap_packet out;
		if (parse(&p, &out) != cases[i].expected)
			fail_msg("case %zu: %s %s", i, cases[i].head, cases[i].data);
	}
}

/* RFC 4187 8.1 and 10; each row breaks one rule. */
static const struct {
	const char *what, *head, *attrs;
} malformed[] = {
	{ "attribute length 0", "0201000017010000",
	  "0300"
	  "0040" RES_ATTR },
	{ "attribute past the end", "0201000017010000",
	  RES_ATTR "0b050000"
	           "0000000000000000000000000000" },
	{ "half an attribute header", "0201000017010000", RES_ATTR "0b" },
	{ "unknown non-skippable attribute", "0201000017010000", RES_ATTR "7f010000" },
	{ "duplicate AT_RES", "0201000017010000", RES_ATTR RES_ATTR },
	{ "duplicate AT_MAC", "0201000017010000", MAC_ATTR RES_ATTR MAC_ATTR },
	{ "AT_MAC of 4 words", "0201000017010000",
	  RES_ATTR "0b040000"
	           "000000000000000000000000" },
	{ "AT_RAND of 6 words", "0101000017010000",
	  "01060000"
	  "23553cbe9637a89d218ae64dae47bf3500000000" AUTN_ATTR },
	{ "AT_AUTS of 5 words", "0201000017040000",
	  "0405"
	  "000000000000000000000000000000000000" },
	{ "AT_RES of 6 words", "0201000017010000",
	  "0306"
	  "0080"
	  "a54211d5e3ba50bfa54211d5e3ba50bf00000000" },
	{ "AT_RES with 24 bits", "0201000017010000",
	  "0302"
	  "0018"
	  "a5421100" },
	{ "AT_RES with 136 bits", "0201000017010000",
	  "0305"
	  "0088"
	  "a54211d5e3ba50bfa54211d5e3ba50bf" },
	{ "AT_RES with more bits than octets", "0201000017010000",
	  "0303"
	  "0080"
	  "a54211d5e3ba50bf" },
	{ "AT_RES with a word too many", "0201000017010000",
	  "0304"
	  "0040"
	  "a54211d5e3ba50bf"
	  "00000000" },
	{ "AT_IDENTITY longer than itself", "0201000017050000",
	  "0e020005"
	  "30303031" },
	{ "AT_IDENTITY with a word too many", "0201000017050000",
	  "0e030004"
	  "30303031"
	  "00000000" },
	{ "AT_CHECKCODE of 3 words", "0201000017010000",
	  RES_ATTR "86030000"
	           "0000000000000000" },
	{ "AT_CHECKCODE of SHA-256 in EAP-AKA", "0201000017010000",
	  RES_ATTR "86090000"
	           "0000000000000000000000000000000000000000000000000000000000000000" },
	{ "AT_ENCR_DATA without AT_IV", "0101000017010000",
	  RAND_ATTR AUTN_ATTR "82050000"
	                      "00000000000000000000000000000000" },
	{ "AT_ENCR_DATA of half a block", "0101000017010000",
	  RAND_ATTR "81050000"
	            "00000000000000000000000000000000"
	            "82070000"
	            "000000000000000000000000000000000000000000000000" },
	{ "AT_RES in a request", "0101000017010000", RAND_ATTR AUTN_ATTR RES_ATTR },
	{ "AT_RAND in a response", "0201000017010000", RES_ATTR RAND_ATTR },
	{ "AT_AUTS in a challenge response", "0201000017010000",
	  "0404"
	  "ba853f3c123ccf44e93596e355c6" },
	{ "AT_MAC in an authentication reject", "0201000017020000", MAC_ATTR },
	{ "AT_COUNTER outside AT_ENCR_DATA", "0201000017010000", RES_ATTR "13010001" },
	{ "AT_NEXT_PSEUDONYM outside AT_ENCR_DATA", "0101000017010000",
	  RAND_ATTR "84020003"
	            "30303000" },
	{ "AT_KDF in EAP-AKA", "0101000017010000", RAND_ATTR AUTN_ATTR "18010001" },
	{ "AT_BIDDING in a response", "0201000017010000", RES_ATTR "88018000" },
	{ "nine AT_KDF", "0101000032010000", "180100011801000218010003180100041801000518010006180100071801000818010009" },
	{ "unknown subtype", "0201000017030000", "" },
	{ "synchronization failure as a request", "0101000017040000",
	  "0404"
	  "ba853f3c123ccf44e93596e355c6" },
	{ "identity request as a challenge response", "0201000017010000", "0d010000" },
};

static void malformed_packets_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(malformed); i++) {
		struct packet p = packet_of(malformed[i].head, malformed[i].attrs);
		struct es_eap_packet out;
		if (parse(&p, &out) != ES_MALFORMED)
			fail_msg("%s was accepted", malformed[i].what);
	}
}

static void length_field_must_be_the_octets_given(void **state)
{
	struct packet p = packet_of("0201000017010000", RES_ATTR MAC_ATTR);
	struct es_eap_packet out;

	(void)state;
	for (size_t len = 0; len < p.len; len++) /* every truncation */
		assert_int_equal(es_eap_parse(es_slice_of(p.at, len), &out), ES_MALFORMED);
	assert_int_equal(es_eap_parse(es_slice_of(p.at, p.len + 4), &out), ES_MALFORMED);
	p.at[3]++;
	assert_int_equal(es_eap_parse(es_slice_of(p.at, p.len), &out), ES_MALFORMED);
}

static void packet_beyond_the_limit_is_refused(void **state)
{
	struct packet p = { .at = { 2, 1, 0x10, 0x04, 1 }, .len = ES_EAP_MAX_PACKET + 4 };
	struct es_eap_packet out;

	(void)state;
	assert_int_equal(parse(&p, &out), ES_MALFORMED);
}

static void written_challenge_is_what_the_parser_reads(void **state)
{
	static const uint8_t rand[16] = { 1, 2, 3 }, autn[16] = { 4, 5, 6 };
	ES_CLEANUP(es_buf_free) struct es_buf buf;
	struct es_slice packet;
	struct es_eap_packet out;
	uint8_t *mac = NULL;

	(void)state;
	es_buf_init(&buf, 1024);
	es_put_str(&buf, "something before it");
	struct es_eap_writer w = es_eap_begin(&buf, EAP_REQUEST, 9, EAP_TYPE_AKA, AKA_CHALLENGE);
	es_eap_put_16(&w, AT_RAND, rand);
	es_eap_put_16(&w, AT_AUTN, autn);
	es_eap_put_checkcode(&w, (struct es_slice){ 0 });
	es_eap_put_u16(&w, AT_BIDDING, 0x8000);
	es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_int_equal(es_eap_parse(packet, &out), ES_OK);
	assert_memory_equal(out.rand.ptr, rand, 16);
	assert_memory_equal(out.autn.ptr, autn, 16);
	assert_ptr_equal(out.mac.ptr, mac);
	assert_int_equal(packet.len, 8 + 20 + 20 + 4 + 4 + 20);
}

static void written_responses_are_what_the_parser_reads(void **state)
{
	static const uint8_t auts[14] = { 0xba, 0x85 };
	ES_CLEANUP(es_buf_free) struct es_buf buf;
	struct es_slice packet;
	struct es_eap_packet out;
	uint8_t *mac = NULL;

	(void)state;
	es_buf_init(&buf, 1024);
	struct es_eap_writer w = es_eap_begin(&buf, EAP_RESPONSE, 1, EAP_TYPE_AKA, AKA_CHALLENGE);
	es_eap_put_res(&w, ES_SLICE_LIT("12345")); /* padded to two words */
	es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_int_equal(es_eap_parse(packet, &out), ES_OK);
	assert_int_equal(out.res_bits, 40);
	assert_true(es_slice_eq_str(out.res, "12345"));

	es_buf_reset(&buf);
	w = es_eap_begin(&buf, EAP_RESPONSE, 2, EAP_TYPE_AKA, AKA_SYNCHRONIZATION_FAILURE);
	es_eap_put_auts(&w, auts);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_null(mac);
	assert_int_equal(es_eap_parse(packet, &out), ES_OK);
	assert_memory_equal(out.auts.ptr, auts, sizeof auts);

	es_buf_reset(&buf);
	w = es_eap_begin(&buf, EAP_RESPONSE, 3, EAP_TYPE_AKA, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, ES_SLICE_LIT("0001010000000001"));
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_int_equal(es_eap_parse(packet, &out), ES_OK);
	assert_true(es_slice_eq_str(out.identity, "0001010000000001"));
}

static void writer_says_at_the_end_that_something_did_not_fit(void **state)
{
	static const uint8_t zeros[1100];
	uint8_t storage[20];
	ES_CLEANUP(es_buf_free) struct es_buf buf;
	struct es_slice packet;
	uint8_t *mac = NULL;

	(void)state;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer w = es_eap_begin(&buf, EAP_RESPONSE, 1, EAP_TYPE_AKA, AKA_CHALLENGE);
	es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_TOO_LARGE);

	es_buf_init(&buf, 4096);
	w = es_eap_begin(&buf, EAP_RESPONSE, 1, EAP_TYPE_AKA, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, es_slice_of(zeros, sizeof zeros)); /* more than 255 words */
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_TOO_LARGE);
}

/* RFC 4187 9.8 and 10.16 to 10.20: what a re-authentication carries encrypted. */
static void inner_attributes_are_padded_to_blocks_and_read_again(void **state)
{
	static const uint8_t nonce[16] = { 9, 8, 7 };
	const struct es_eap_packet reauth = { .code = EAP_REQUEST, .type = EAP_TYPE_AKA, .subtype = AKA_REAUTHENTICATION };
	uint8_t storage[256];
	struct es_buf buf;
	struct es_slice plain;
	struct es_eap_inner inner;

	(void)state;
	for (size_t id_len = 0; id_len < 20; id_len++) {
		es_buf_init_fixed(&buf, storage, sizeof storage);
		struct es_eap_writer w = es_eap_begin_inner(&buf);
		es_eap_put_u16(&w, AT_COUNTER, 0x0102);
		es_eap_put_16(&w, AT_NONCE_S, nonce);
		es_eap_put_counted(&w, AT_NEXT_REAUTH_ID, es_slice_of("4abcdefghijklmnopqrstuvwxyz", id_len));
		assert_int_equal(es_eap_end_inner(&w, &plain), ES_OK);
		assert_int_equal(plain.len % 16, 0);
		assert_int_equal(es_eap_parse_inner(&reauth, plain, &inner), ES_OK);
		assert_true(inner.has_counter && inner.counter == 0x0102 && inner.has_nonce_s && inner.has_next_reauth_id);
		assert_memory_equal(inner.nonce_s.ptr, nonce, sizeof nonce);
		assert_true(inner.next_reauth_id.len == id_len && !inner.has_next_pseudonym && !inner.has_counter_too_small);
	}
}

static void inner_attributes_out_of_place_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t code, subtype;
		const char *attrs;
	} cases[] = {
		{ "AT_MAC inside", EAP_RESPONSE, AKA_REAUTHENTICATION, MAC_ATTR },
		{ "AT_COUNTER twice", EAP_RESPONSE, AKA_REAUTHENTICATION, "1301000113010001" },
		{ "AT_COUNTER in a challenge", EAP_REQUEST, AKA_CHALLENGE, "13010001" },
		{ "AT_COUNTER_TOO_SMALL in a request", EAP_REQUEST, AKA_REAUTHENTICATION, "1301000114010000" },
		{ "AT_NONCE_S in a response", EAP_RESPONSE, AKA_REAUTHENTICATION, "1505000000000000000000000000000000000000" },
		{ "AT_NEXT_PSEUDONYM in a re-authentication", EAP_REQUEST, AKA_REAUTHENTICATION, "8402000330303000" },
		{ "AT_PADDING that is not zeros", EAP_RESPONSE, AKA_REAUTHENTICATION, "130100010602000000000001" },
		{ "AT_PADDING of 16 octets", EAP_RESPONSE, AKA_REAUTHENTICATION, "06040000000000000000000000000000" },
		{ "an unknown non-skippable attribute", EAP_RESPONSE, AKA_REAUTHENTICATION, "7f010000" },
		{ "a length past the end", EAP_RESPONSE, AKA_REAUTHENTICATION, "13020001" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct es_eap_packet packet = { .code = cases[i].code,
			                                  .type = EAP_TYPE_AKA,
			                                  .subtype = cases[i].subtype };
		size_t len = strlen(cases[i].attrs) / 2;
		uint8_t plain[32];
		struct es_eap_inner inner;
		assert_int_equal(es_hex_decode(es_slice_str(cases[i].attrs), plain, len), ES_OK);
		if (es_eap_parse_inner(&packet, es_slice_of(plain, len), &inner) != ES_MALFORMED)
			fail_msg("%s was accepted", cases[i].what);
	}
}

static void written_aka_prime_challenge_is_what_the_parser_reads(void **state) /* RFC 9048 6.1, 6.6 */
{
	static const uint8_t sixteen[16] = { 1 }, hash[32] = { 2 };
	uint8_t storage[512];
	struct es_buf buf;
	struct es_slice packet;
	struct es_eap_packet out;
	uint8_t *mac = NULL;

	(void)state;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer w = es_eap_begin(&buf, EAP_REQUEST, 9, EAP_TYPE_AKA_PRIME, AKA_CHALLENGE);
	es_eap_put_16(&w, AT_RAND, sixteen);
	es_eap_put_16(&w, AT_AUTN, sixteen);
	es_eap_put_u16(&w, AT_KDF, 1);
	es_eap_put_counted(&w, AT_KDF_INPUT, ES_SLICE_LIT("5G:mnc001.mcc001.3gppnetwork.org"));
	es_eap_put_u16(&w, AT_RESULT_IND, 0);
	es_eap_put_checkcode(&w, es_slice_of(hash, sizeof hash));
	es_eap_put_16(&w, AT_IV, sixteen);
	es_eap_put_encr_data(&w, es_slice_of(hash, sizeof hash));
	es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_int_equal(es_eap_parse(packet, &out), ES_OK);
	assert_true(out.kdf_count == 1 && out.kdf[0] == 1 && out.has_result_ind && out.checkcode.len == 32);
	assert_true(es_slice_eq_str(out.kdf_input, "5G:mnc001.mcc001.3gppnetwork.org"));
	assert_true(out.has_iv && out.encr_data.len == 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenge_request_is_parsed_completely),
		cmocka_unit_test(skippable_attributes_are_skipped),
		cmocka_unit_test(aka_prime_lists_its_key_derivations),
		cmocka_unit_test(packets_that_are_not_of_the_method),
		cmocka_unit_test(malformed_packets_are_refused),
		cmocka_unit_test(length_field_must_be_the_octets_given),
		cmocka_unit_test(packet_beyond_the_limit_is_refused),
		cmocka_unit_test(written_challenge_is_what_the_parser_reads),
		cmocka_unit_test(written_responses_are_what_the_parser_reads),
		cmocka_unit_test(inner_attributes_are_padded_to_blocks_and_read_again),
		cmocka_unit_test(inner_attributes_out_of_place_are_refused),
		cmocka_unit_test(written_aka_prime_challenge_is_what_the_parser_reads),
		cmocka_unit_test(writer_says_at_the_end_that_something_did_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
