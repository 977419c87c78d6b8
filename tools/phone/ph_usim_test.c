/* ph_usim_test.c -- the software USIM against Milenage set 1 and the rules of TS 33.102 annex C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_milenage.h"
#include "es_text.h"

#include "ph_usim.h"

static const struct es_imsi imsi = { "001010000000001" };

struct octets {
	uint8_t at[16];
};

static struct octets hex(const char *text)
{
	struct octets o = { { 0 } };
	assert_int_equal(es_hex_decode(es_slice_str(text), o.at, strlen(text) / 2), ES_OK);
	return o;
}

static void assert_hex(const void *got, size_t len, const char *expected)
{
	char text[64];
	es_hex_encode(es_slice_of(got, len), text);
	assert_string_equal(text, expected);
}

static struct ph_usim set_1(uint64_t sqn)
{
	struct ph_usim usim;
	struct octets k = hex("465b5ce8b199b49faa5f0a2ee238a6bc"), opc = hex("cd63cb71954a9f4e48a5994e37a02baf");
	ph_usim_init(&usim, &imsi, k.at, opc.at, sqn);
	return usim;
}

/* What the home network would send for this SQN. */
static struct octets autn_for(const struct ph_usim *usim, const uint8_t rand[16], uint64_t sqn)
{
	static const uint8_t amf[2] = { 0x80, 0 };
	struct es_milenage_out f;
	struct octets autn = { { 0 } };
	uint8_t clear[6];

	for (size_t i = 0; i < 6; i++)
		clear[i] = (uint8_t)(sqn >> (40 - 8 * i));
	es_milenage(usim->k, usim->opc, rand, clear, amf, &f);
	for (size_t i = 0; i < 6; i++)
		autn.at[i] = clear[i] ^ f.ak[i];
	memcpy(autn.at + 6, amf, 2);
	memcpy(autn.at + 8, f.mac_a, 8);
	return autn;
}

static enum ph_usim_result authenticate(struct ph_usim *usim, uint64_t sqn, struct ph_usim_answer *out)
{
	struct octets rand = hex("23553cbe9637a89d218ae64dae47bf35"), autn = autn_for(usim, rand.at, sqn);
	return ph_usim_authenticate(usim, rand.at, autn.at, out);
}

/* TS 35.208 test set 1, AUTN as computed from it. */
static void genuine_autn_gives_res_ck_and_ik(void **state)
{
	struct ph_usim usim = set_1(0xff9bb4d0b5e0); /* one SEQ below the test set's */
	struct octets rand = hex("23553cbe9637a89d218ae64dae47bf35"), autn = hex("55f328b43577b9b94a9ffac354dfafb3");
	struct ph_usim_answer out;

	(void)state;
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_OK);
	assert_hex(out.res, 8, "a54211d5e3ba50bf");
	assert_hex(out.ck, 16, "b40ba9a3c58b2a05bbf0d987b21bf8cb");
	assert_hex(out.ik, 16, "f769bcd751044604127672711c6d3441");
	assert_true(out.sqn == 0xff9bb4d0b607);
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_SYNC_FAILURE); /* a replay */
	assert_hex(out.auts, 14, "ba853f3c123ccf44e93596e355c6"); /* SQN_MS is the SQN it has just accepted */
}

static void foreign_autn_is_refused_and_changes_nothing(void **state)
{
	struct ph_usim usim = set_1(0), before = usim;
	struct octets rand = hex("23553cbe9637a89d218ae64dae47bf35");
	struct ph_usim_answer out;

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		struct octets autn = autn_for(&usim, rand.at, 32);
		autn.at[i] ^= 1;
		assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_MAC_FAILURE);
	}
	assert_memory_equal(&usim, &before, sizeof usim);
}

/* TS 33.102 C.2.1 and C.2.2: freshness is judged per IND. */
static void each_ind_has_a_sequence_of_its_own(void **state)
{
	static const struct {
		uint64_t seq, ind;
		enum ph_usim_result expected;
	} steps[] = {
		{ 1, 0, PH_USIM_OK },
		{ 1, 0, PH_USIM_SYNC_FAILURE },
		{ 1, 1, PH_USIM_OK },
		{ 500, 0, PH_USIM_OK },
		{ 2, 1, PH_USIM_OK }, /* behind the highest, ahead of its own IND */
		{ 499, 0, PH_USIM_SYNC_FAILURE },
		{ 500 + PH_DELTA + 1, 2, PH_USIM_SYNC_FAILURE }, /* too far ahead */
		{ 500 + PH_DELTA, 2, PH_USIM_OK },
		{ 0, 3, PH_USIM_SYNC_FAILURE },
	};
	struct ph_usim usim = set_1(0);
	struct ph_usim_answer out;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(steps); i++)
		if (authenticate(&usim, steps[i].seq << PH_IND_BITS | steps[i].ind, &out) != steps[i].expected)
			fail_msg("step %zu", i);
	assert_true(out.sqn_ms == ((500 + PH_DELTA) << PH_IND_BITS | 2));
}

/* TS 33.102 6.3.5: the AuC reads SQN_MS from AUTS and its next vector is accepted. */
static void auts_brings_the_network_in_step(void **state)
{
	struct ph_usim usim = set_1(UINT64_C(0xff0000000000));
	struct octets rand = hex("23553cbe9637a89d218ae64dae47bf35");
	static const uint8_t amf[2];
	struct ph_usim_answer out;
	struct es_milenage_out f;
	uint8_t sqn[6] = { 0 };
	uint64_t sqn_ms = 0;

	(void)state;
	assert_int_equal(authenticate(&usim, 64, &out), PH_USIM_SYNC_FAILURE);
	es_milenage(usim.k, usim.opc, rand.at, sqn, amf, &f);
	for (size_t i = 0; i < 6; i++) {
		sqn[i] = out.auts[i] ^ f.ak_s[i];
		sqn_ms = sqn_ms << 8 | sqn[i];
	}
	es_milenage(usim.k, usim.opc, rand.at, sqn, amf, &f);
	assert_memory_equal(out.auts + 6, f.mac_s, 8);
	assert_true(sqn_ms == out.sqn_ms);
	assert_int_equal(authenticate(&usim, ((sqn_ms >> PH_IND_BITS) + 1) << PH_IND_BITS, &out), PH_USIM_OK);
}

/* TS 35.233 test set 1: a SIM with TUAK takes its network's AUTN, and its AUTS carries SQN_MS under AK*. */
static void tuak_gives_res_ck_and_ik_and_auts(void **state)
{
	struct es_tuak tuak = { .k_len = 16, .iterations = 1, .mac = 8, .res = 4, .ck = 16, .ik = 16 };
	struct ph_usim usim;
	struct ph_usim_answer out;
	struct octets rand, autn = hex("608e0f8a8145fffff9a54e6aeaa8618d"); /* SQN xor AK, AMF, MAC-A */

	(void)state;
	memset(tuak.k, 0xab, 16);
	memset(rand.at, 0x42, 16);
	assert_int_equal(
		es_hex_decode(ES_SLICE_LIT("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"), tuak.topc, 32),
		ES_OK);
	ph_usim_init_tuak(&usim, &imsi, &tuak, UINT64_C(0x1111111110f0));
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_OK);
	assert_int_equal(out.res_len, 4);
	assert_hex(out.res, 4, "657acd64");
	assert_hex(out.ck, 16, "d71a1e5c6caffe986a26f783e5c78be1");
	assert_hex(out.ik, 16, "be849fa2564f869aecee6f62d4337e72");
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_SYNC_FAILURE);
	assert_hex(out.auts, 6, "f6be7a2c1f29"); /* 111111111111 xor AK* */
	autn.at[15] ^= 1;
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_MAC_FAILURE);
}

static void impostor_answers_whatever_it_is_asked(void **state)
{
	struct ph_usim usim = set_1(0), genuine = usim;
	struct octets rand = hex("23553cbe9637a89d218ae64dae47bf35"), autn = autn_for(&genuine, rand.at, 32);
	struct ph_usim_answer out;

	(void)state;
	usim.k[15] ^= 0xff;
	usim.is_impostor = true;
	assert_int_equal(ph_usim_authenticate(&usim, rand.at, autn.at, &out), PH_USIM_OK);
	assert_memory_not_equal(out.res, hex("a54211d5e3ba50bf").at, 8);
}

static void state_survives_in_a_file_and_belongs_to_one_imsi(void **state)
{
	static const struct es_imsi other = { "001010000000002" };
	char path[] = "/tmp/ph_usim_test.XXXXXX";
	struct ph_usim usim = set_1(0), again = set_1(0);
	struct ph_usim_answer out;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(authenticate(&usim, 7 << PH_IND_BITS | 3, &out), PH_USIM_OK);
	assert_int_equal(ph_usim_save(&usim, path), ES_OK);
	assert_int_equal(ph_usim_load(&again, path), ES_OK);
	assert_memory_equal(&again, &usim, sizeof usim);
	again.imsi = other;
	assert_int_equal(ph_usim_load(&again, path), ES_CONFLICT);

	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("sqn 12\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ph_usim_load(&usim, path), ES_MALFORMED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ph_usim_load(&usim, path), ES_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_autn_gives_res_ck_and_ik),
		cmocka_unit_test(foreign_autn_is_refused_and_changes_nothing),
		cmocka_unit_test(each_ind_has_a_sequence_of_its_own),
		cmocka_unit_test(auts_brings_the_network_in_step),
		cmocka_unit_test(tuak_gives_res_ck_and_ik_and_auts),
		cmocka_unit_test(impostor_answers_whatever_it_is_asked),
		cmocka_unit_test(state_survives_in_a_file_and_belongs_to_one_imsi),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
