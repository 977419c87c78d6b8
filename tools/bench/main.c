/* openes-bench-crypto -- the bare cryptography of one full EAP-AKA authentication, without HTTP, bus or database: the reference
 * that ./openes bench puts beside the whole. Prints the microseconds of seven rounds, one a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_clock.h"
#include "es_crypto.h"
#include "es_eap_keys.h"
#include "es_keyring.h"
#include "es_milenage.h"
#include "es_token.h"

enum { ROUNDS = 7, AUTHENTICATIONS = 5000, STATE = 300, PACKET = 68 };

static const char RING[] = "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char NAI[] = "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org";

/* Round one: vector, keys, AT_MAC of the challenge, the cookie sealed. */
static void challenge(struct es_keyring *ring, uint8_t k_aut[16], uint8_t *cookie)
{
	static const uint8_t k[16] = { 1 }, opc[16] = { 2 }, sqn[6] = { 3 }, amf[2] = { 0x80 };
	uint8_t rand[16], mac[16], packet[PACKET] = { 1 }, state[STATE] = { 0 };
	struct es_milenage_out vector;

	es_random(rand, sizeof rand);
	es_milenage(k, opc, rand, sqn, amf, &vector);
	es_eap_aka_k_aut(es_slice_str(NAI), vector.ik, vector.ck, NULL, k_aut);
	es_eap_aka_mac(k_aut, es_slice_of(packet, sizeof packet), mac);
	memcpy(state, k_aut, 16);
	es_seal(ring, "session", (struct es_slice){ NULL, 0 }, es_slice_of(state, sizeof state), cookie);
	es_wipe(&vector, sizeof vector);
}

/* Round two: the cookie opened, AT_MAC and RES compared, a token made, and opened again by policy. */
static es_status response(struct es_keyring *ring, const uint8_t *cookie, struct es_arena *arena)
{
	uint8_t state[STATE], mac[16], packet[PACKET] = { 2 };
	struct es_token token = { .tenant = "demo",
		                      .imsi = { "001010000000001" },
		                      .method = ES_METHOD_EAP_AKA,
		                      .issued_ms = 1,
		                      .expires_ms = 1000000,
		                      .group = "ap2003" };
	struct es_slice text;

	ES_TRY(
		es_unseal(ring, "session", (struct es_slice){ NULL, 0 }, es_slice_of(cookie, STATE + ES_SEAL_OVERHEAD), state));
	es_eap_aka_mac(state, es_slice_of(packet, sizeof packet), mac);
	(void)es_ct_equal(mac, packet, sizeof mac);
	ES_TRY(es_token_seal(ring, &token, arena, &text));
	return es_token_open(ring, text, 2, &token);
}

int main(void)
{
	struct es_keyring *ring;
	struct es_buf error;
	struct es_arena *arena = es_arena_new(0, 65536);

	es_crypto_init();
	es_buf_init(&error, 1024);
	if (arena == NULL || es_keyring_parse(es_slice_str(RING), &ring, &error) != ES_OK)
		return EXIT_FAILURE;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = es_mono_us();
		for (int i = 0; i < AUTHENTICATIONS; i++) {
			uint8_t k_aut[16], cookie[STATE + ES_SEAL_OVERHEAD];
			challenge(ring, k_aut, cookie);
			if (response(ring, cookie, arena) != ES_OK)
				return EXIT_FAILURE;
			es_arena_reset(arena);
		}
		(void)printf("%.2f\n", (double)(es_mono_us() - start) / AUTHENTICATIONS);
	}
	es_keyring_free(ring);
	es_arena_free(arena);
	return EXIT_SUCCESS;
}
