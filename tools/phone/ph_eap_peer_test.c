/* ph_eap_peer_test.c -- the peer's answers, with Milenage set 1 as its SIM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"
#include "es_milenage.h"
#include "es_text.h"

#include "ph_eap_peer.h"

#define IDENTITY "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"
#define SQN_BELOW UINT64_C(0xff9bb4d0b5e0)

static const struct es_imsi imsi = { "001010000000001" };
/* K_aut of Milenage set 1 and this identity, as es_milenage_test.c has it. */
static const char k_aut_hex[] = "16589190b459f1708f94261b0a042d73";

struct fixture {
	struct ph_usim usim;
	struct ph_eap_peer peer;
	struct es_buf request, response;
	uint8_t k_aut[16], prime_k_aut[32], rand[16], autn[16];
	struct ph_eap_step step;
};

static void decode(const char *text, uint8_t *out, size_t len)
{
	assert_int_equal(es_hex_decode(es_slice_str(text), out, len), ES_OK);
}

static int set_up(void **state)
{
	static struct fixture f;
	uint8_t k[16], opc[16];

	decode("465b5ce8b199b49faa5f0a2ee238a6bc", k, 16);
	decode("cd63cb71954a9f4e48a5994e37a02baf", opc, 16);
	decode("23553cbe9637a89d218ae64dae47bf35", f.rand, 16);
	decode("55f328b43577b9b94a9ffac354dfafb3", f.autn, 16);
	decode(k_aut_hex, f.k_aut, 16);
	ph_usim_init(&f.usim, &imsi, k, opc, SQN_BELOW);
	ph_eap_peer_init(&f.peer, &f.usim, ES_SLICE_LIT(IDENTITY));
	es_buf_init(&f.request, 4096);
	es_buf_init(&f.response, 4096);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	ph_eap_peer_done(&f->peer);
	es_buf_free(&f->request);
	es_buf_free(&f->response);
	return 0;
}

static struct es_eap_writer request(struct fixture *f, uint8_t subtype)
{
	es_buf_reset(&f->request);
	return es_eap_begin(&f->request, EAP_REQUEST, 42, EAP_TYPE_AKA, subtype);
}

/* Sends what was written (with a right AT_MAC) and parses the answer, when there is one. */
static struct es_eap_packet send(struct fixture *f, struct es_eap_writer *w)
{
	struct es_slice packet;
	struct es_eap_packet answer = { 0 };
	uint8_t *mac = NULL;

	assert_int_equal(es_eap_end(w, &packet, &mac), ES_OK);
	if (mac != NULL)
		es_eap_aka_mac(f->k_aut, packet, mac);
	assert_int_equal(ph_eap_peer_step(&f->peer, packet, &f->response, &f->step), ES_OK);
	if (f->step.response.len > 0) {
		assert_int_equal(es_eap_parse(f->step.response, &answer), ES_OK);
		assert_int_equal(answer.code, EAP_RESPONSE);
		assert_int_equal(answer.identifier, 42);
	}
	return answer;
}

static struct es_eap_writer challenge(struct fixture *f)
{
	struct es_eap_writer w = request(f, AKA_CHALLENGE);
	es_eap_put_16(&w, AT_RAND, f->rand);
	es_eap_put_16(&w, AT_AUTN, f->autn);
	return w;
}

static void assert_mac_is_right(const struct fixture *f, const struct es_eap_packet *p)
{
	uint8_t copy[256], mac[16];

	assert_true(p->has_mac && p->whole.len <= sizeof copy);
	memcpy(copy, p->whole.ptr, p->whole.len);
	memset(copy + (p->mac.ptr - p->whole.ptr), 0, 16);
	es_eap_aka_mac(f->k_aut, es_slice_of(copy, p->whole.len), mac);
	assert_memory_equal(mac, p->mac.ptr, 16);
}

static void challenge_is_answered_with_res_and_mac(void **state)
{
	struct fixture *f = *state;
	struct es_eap_writer w = challenge(f);
	uint8_t res[8];

	es_eap_put_mac_space(&w);
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_ANSWERED);
	assert_int_equal(answer.subtype, AKA_CHALLENGE);
	assert_int_equal(answer.res_bits, 64);
	decode("a54211d5e3ba50bf", res, 8);
	assert_memory_equal(answer.res.ptr, res, 8);
	assert_false(answer.has_checkcode);
	assert_mac_is_right(f, &answer);
}

static void challenge_with_wrong_mac_is_a_client_error(void **state)
{
	struct fixture *f = *state;
	struct es_eap_writer w = challenge(f);

	f->k_aut[0] ^= 1;
	es_eap_put_mac_space(&w);
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_CLIENT_ERROR);
	assert_int_equal(answer.subtype, AKA_CLIENT_ERROR);
	assert_true(answer.has_client_error_code);
}

static void challenge_of_another_network_is_rejected(void **state)
{
	struct fixture *f = *state;

	f->autn[15] ^= 1;
	struct es_eap_writer w = challenge(f);
	es_eap_put_mac_space(&w);
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_REJECTED);
	assert_int_equal(answer.subtype, AKA_AUTHENTICATION_REJECT);
	assert_false(answer.has_mac);
	assert_int_equal(answer.whole.len, 8); /* RFC 4187 9.5: no attributes */
}

static void stale_sqn_is_answered_with_auts_and_no_mac(void **state)
{
	struct fixture *f = *state;
	uint8_t auts[14];

	for (size_t i = 0; i < PH_IND_COUNT; i++)
		f->usim.seq[i] = 0;
	f->usim.seq[7] = UINT64_C(0xff9bb4d0b607) >> PH_IND_BITS; /* this very SQN was accepted before */
	struct es_eap_writer w = challenge(f);
	es_eap_put_mac_space(&w);
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_RESYNC);
	assert_int_equal(answer.subtype, AKA_SYNCHRONIZATION_FAILURE);
	assert_false(answer.has_mac);
	decode("ba853f3c123ccf44e93596e355c6", auts, 14);
	assert_memory_equal(answer.auts.ptr, auts, 14);
}

static void incomplete_challenges_are_client_errors(void **state)
{
	struct fixture *f = *state;

	for (int missing = 0; missing < 3; missing++) {
		struct es_eap_writer w = request(f, AKA_CHALLENGE);
		if (missing != 0)
			es_eap_put_16(&w, AT_RAND, f->rand);
		if (missing != 1)
			es_eap_put_16(&w, AT_AUTN, f->autn);
		if (missing != 2)
			es_eap_put_mac_space(&w);
		(void)send(f, &w);
		assert_int_equal(f->step.did, PH_EAP_CLIENT_ERROR);
	}
	assert_true(f->usim.seq[7] == SQN_BELOW >> PH_IND_BITS); /* the SIM was not asked */
}

/* RFC 4187 10.13: the checkcode covers both packets of the identity round. */
static void identity_round_is_covered_by_the_checkcode(void **state)
{
	struct fixture *f = *state;
	struct es_eap_writer w = request(f, AKA_IDENTITY);
	uint8_t hash[20];

	es_eap_put_u16(&w, AT_PERMANENT_ID_REQ, 0);
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_IDENTIFIED);
	assert_true(es_slice_eq_str(answer.identity, IDENTITY));
	const struct es_slice packets[] = { es_buf_slice(&f->request), answer.whole };
	es_sha1(packets, ES_COUNT(packets), hash);

	w = challenge(f);
	es_eap_put_checkcode(&w, es_slice_of(hash, sizeof hash));
	es_eap_put_mac_space(&w);
	answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_ANSWERED);
	assert_memory_equal(answer.checkcode.ptr, hash, sizeof hash);
}

static void wrong_checkcode_is_a_client_error(void **state)
{
	static const uint8_t hash[20];
	struct fixture *f = *state;
	struct es_eap_writer w = challenge(f);

	es_eap_put_checkcode(&w, es_slice_of(hash, sizeof hash));
	es_eap_put_mac_space(&w);
	(void)send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_CLIENT_ERROR);
}

/* RFC 4187 6.1 and 9.10. */
static void notifications_are_acknowledged(void **state)
{
	struct fixture *f = *state;
	struct es_eap_writer w = request(f, AKA_NOTIFICATION);

	es_eap_put_u16(&w, AT_NOTIFICATION, 16384); /* P = 1: before authentication, no MAC */
	struct es_eap_packet answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_ACKNOWLEDGED);
	assert_false(answer.has_mac);

	w = request(f, AKA_NOTIFICATION); /* P = 0 before authentication */
	es_eap_put_u16(&w, AT_NOTIFICATION, 0);
	es_eap_put_mac_space(&w);
	(void)send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_CLIENT_ERROR);

	w = challenge(f);
	es_eap_put_mac_space(&w);
	(void)send(f, &w);
	w = request(f, AKA_NOTIFICATION); /* P = 0 after it */
	es_eap_put_u16(&w, AT_NOTIFICATION, 32768);
	es_eap_put_mac_space(&w);
	answer = send(f, &w);
	assert_int_equal(f->step.did, PH_EAP_ACKNOWLEDGED);
	assert_mac_is_right(f, &answer);
}

static void other_packets(void **state)
{
	static const struct {
		const char *hex;
		enum ph_eap_did did;
		size_t answer;
	} cases[] = {
		{ "012a000832010000", PH_EAP_WANTS_OTHER, 6 }, /* EAP-AKA' is answered with a Nak */
		{ "032a0004", PH_EAP_ENDED, 0 },
		{ "042a0004", PH_EAP_ENDED, 0 },
		{ "022a0008170e0000", PH_EAP_IGNORED, 0 },       /* a response is no request */
		{ "012a00ff17010000", PH_EAP_CLIENT_ERROR, 12 }, /* Length does not fit */
		{ "012a000c1701000003000000", PH_EAP_CLIENT_ERROR, 12 },
		{ "012a0008170d0000", PH_EAP_CLIENT_ERROR, 12 }, /* re-authentication was never agreed on */
		{ "012a000c170500000d010000", PH_EAP_IDENTIFIED, 68 },
		{ "012a0010170500000d01000011010000", PH_EAP_CLIENT_ERROR, 12 }, /* two kinds of identity at once */
		{ "", PH_EAP_IGNORED, 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		uint8_t packet[64];
		size_t len = strlen(cases[i].hex) / 2;
		decode(cases[i].hex, packet, len);
		assert_int_equal(ph_eap_peer_step(&f->peer, es_slice_of(packet, len), &f->response, &f->step), ES_OK);
		if (f->step.did != cases[i].did || f->step.response.len != cases[i].answer)
			fail_msg("case %zu: did %d, %zu octets", i, (int)f->step.did, f->step.response.len);
	}
}

/* ---- EAP-AKA' ---- */

#define PRIME_IDENTITY "6001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"

/* A challenge of EAP-AKA' with AMF 8000, its MAC made with the server's own reading of RFC 9048. */
static struct es_eap_packet send_prime(struct fixture *f, const char *network, unsigned kdf, uint8_t amf)
{
	struct es_milenage_out m;
	uint8_t sqn[6] = { 0xff, 0x9b, 0xb4, 0xd0, 0xb6, 0x07 }, amf_octets[2] = { amf, 0 };
	struct es_slice packet;
	struct es_eap_packet answer = { 0 };
	uint8_t *mac = NULL, value[16];

	es_milenage(f->usim.k, f->usim.opc, f->rand, sqn, amf_octets, &m);
	for (size_t i = 0; i < 6; i++)
		f->autn[i] = sqn[i] ^ m.ak[i];
	memcpy(f->autn + 6, amf_octets, 2);
	memcpy(f->autn + 8, m.mac_a, 8);
	es_eap_prime_ck_ik(m.ck, m.ik, es_slice_str(network), f->autn);
	es_eap_prime_k_aut(ES_SLICE_LIT(PRIME_IDENTITY), m.ik, m.ck, NULL, f->prime_k_aut);

	es_buf_reset(&f->request);
	struct es_eap_writer w = es_eap_begin(&f->request, EAP_REQUEST, 42, EAP_TYPE_AKA_PRIME, AKA_CHALLENGE);
	es_eap_put_16(&w, AT_RAND, f->rand);
	es_eap_put_16(&w, AT_AUTN, f->autn);
	if (kdf != 0)
		es_eap_put_u16(&w, AT_KDF, (uint16_t)kdf);
	es_eap_put_counted(&w, AT_KDF_INPUT, es_slice_str(network));
	es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	es_eap_prime_mac_parts(f->prime_k_aut, &packet, 1, value);
	memcpy(mac, value, 16);
	assert_int_equal(ph_eap_peer_step(&f->peer, packet, &f->response, &f->step), ES_OK);
	assert_int_equal(es_eap_parse(f->step.response, &answer), ES_OK);
	return answer;
}

static void speak_prime(struct fixture *f, unsigned methods)
{
	f->peer.methods = methods;
	f->peer.identity = ES_SLICE_LIT(PRIME_IDENTITY);
}

static void challenge_of_aka_prime_is_answered_with_res_and_mac(void **state)
{
	struct fixture *f = *state;
	uint8_t copy[128], value[16];

	speak_prime(f, PH_AKA_PRIME);
	struct es_eap_packet answer = send_prime(f, "WLAN", 1, 0x80);
	assert_int_equal(f->step.did, PH_EAP_ANSWERED);
	assert_true(answer.type == EAP_TYPE_AKA_PRIME && answer.res_bits == 64 && answer.kdf_count == 0);
	memcpy(copy, answer.whole.ptr, answer.whole.len);
	memset(copy + (answer.mac.ptr - answer.whole.ptr), 0, 16);
	const struct es_slice zeroed = es_slice_of(copy, answer.whole.len);
	es_eap_prime_mac_parts(f->prime_k_aut, &zeroed, 1, value);
	assert_memory_equal(value, answer.mac.ptr, 16);
}

/* RFC 9048 3.1: the same name, or one the beginning of the other up to a ':'; 3.2; TS 33.402 6.2. */
static void what_is_not_for_this_network_or_this_method_is_rejected(void **state)
{
	static const struct {
		const char *sent, *own;
		unsigned kdf;
		uint8_t amf;
		enum ph_eap_did did;
	} cases[] = {
		{ "WLAN", "WLAN", 1, 0x80, PH_EAP_ANSWERED },      { "WLAN:home", "WLAN", 1, 0x80, PH_EAP_ANSWERED },
		{ "WLAN", "WLAN:home", 1, 0x80, PH_EAP_ANSWERED }, { "WLANx", "WLAN", 1, 0x80, PH_EAP_REJECTED },
		{ "HRPD", "WLAN", 1, 0x80, PH_EAP_REJECTED },      { "", "WLAN", 1, 0x80, PH_EAP_REJECTED },
		{ "WLAN", "WLAN", 2, 0x80, PH_EAP_REJECTED },      { "WLAN", "WLAN", 1, 0x00, PH_EAP_REJECTED },
		{ "WLAN", "WLAN", 0, 0x80, PH_EAP_CLIENT_ERROR },
	};
	struct fixture *f = *state;

	speak_prime(f, PH_AKA_PRIME);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		for (size_t ind = 0; ind < PH_IND_COUNT; ind++)
			f->usim.seq[ind] = SQN_BELOW >> PH_IND_BITS;
		f->peer.network_name = cases[i].own;
		(void)send_prime(f, cases[i].sent, cases[i].kdf, cases[i].amf);
		if (f->step.did != cases[i].did)
			fail_msg("case %zu: %s", i, f->step.why);
	}
}

static void stale_sqn_in_aka_prime_is_answered_with_auts_and_the_list_of_kdfs(void **state) /* RFC 9048 3.2 */
{
	struct fixture *f = *state;

	speak_prime(f, PH_AKA_PRIME);
	for (size_t i = 0; i < PH_IND_COUNT; i++)
		f->usim.seq[i] = UINT64_C(0xff9bb4d0b607) >> PH_IND_BITS;
	struct es_eap_packet answer = send_prime(f, "WLAN", 1, 0x80);
	assert_int_equal(f->step.did, PH_EAP_RESYNC);
	assert_true(answer.has_auts && answer.kdf_count == 1 && answer.kdf[0] == 1 && !answer.has_mac);
}

static void a_bidding_down_is_rejected_by_a_peer_that_speaks_both(void **state) /* RFC 9048 4 */
{
	struct fixture *f = *state;

	for (unsigned methods = PH_AKA; methods <= (PH_AKA | PH_AKA_PRIME); methods += PH_AKA_PRIME) {
		for (unsigned d = 0; d <= 0x8000; d += 0x8000) {
			f->peer.methods = methods;
			for (size_t ind = 0; ind < PH_IND_COUNT; ind++)
				f->usim.seq[ind] = SQN_BELOW >> PH_IND_BITS;
			struct es_eap_writer w = challenge(f);
			es_eap_put_u16(&w, AT_BIDDING, (uint16_t)d);
			es_eap_put_mac_space(&w);
			(void)send(f, &w);
			bool both = methods != PH_AKA;
			assert_int_equal(f->step.did, both && d != 0 ? PH_EAP_REJECTED : PH_EAP_ANSWERED);
		}
	}
}

static void a_nak_names_what_the_peer_speaks(void **state) /* RFC 3748 5.3.1 */
{
	static const struct {
		unsigned methods;
		uint8_t proposed, wanted;
	} cases[] = { { PH_AKA, EAP_TYPE_AKA_PRIME, EAP_TYPE_AKA }, { PH_AKA_PRIME, EAP_TYPE_AKA, EAP_TYPE_AKA_PRIME } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const uint8_t packet[] = { EAP_REQUEST, 42, 0, 8, cases[i].proposed, AKA_CHALLENGE, 0, 0 };
		struct es_eap_packet answer;
		f->peer.methods = cases[i].methods;
		assert_int_equal(ph_eap_peer_step(&f->peer, es_slice_of(packet, sizeof packet), &f->response, &f->step), ES_OK);
		assert_int_equal(f->step.did, PH_EAP_WANTS_OTHER);
		assert_int_equal(es_eap_parse(f->step.response, &answer), ES_OK);
		assert_true(answer.nak_types.len == 1 && answer.nak_types.ptr[0] == cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(challenge_is_answered_with_res_and_mac, set_up, tear_down),
		cmocka_unit_test_setup_teardown(challenge_with_wrong_mac_is_a_client_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(challenge_of_another_network_is_rejected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stale_sqn_is_answered_with_auts_and_no_mac, set_up, tear_down),
		cmocka_unit_test_setup_teardown(incomplete_challenges_are_client_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(identity_round_is_covered_by_the_checkcode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_checkcode_is_a_client_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notifications_are_acknowledged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(challenge_of_aka_prime_is_answered_with_res_and_mac, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_for_this_network_or_this_method_is_rejected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stale_sqn_in_aka_prime_is_answered_with_auts_and_the_list_of_kdfs, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_bidding_down_is_rejected_by_a_peer_that_speaks_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_nak_names_what_the_peer_speaks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_packets, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
