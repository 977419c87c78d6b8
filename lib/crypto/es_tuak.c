/* es_tuak.c -- TS 35.231: one state layout for all functions, told apart by INSTANCE, permuted by Keccak-f[1600].
 *
 * The specification numbers bits from the least significant end, so every field enters and leaves with its octets
 * reversed. */
#include "es_tuak.h"

#include <assert.h>
#include <string.h>

#include "es_crypto.h"
#include "es_keccak.h"

/* TS 35.231 6.2: where the fields lie in the state. */
enum {
	AT_TOP = 0,
	AT_INSTANCE = 32,
	AT_NAME = 33,
	AT_RAND = 40,
	AT_AMF = 56,
	AT_SQN = 58,
	AT_KEY = 64,
	AT_PAD_BEGIN = 96,
	AT_PAD_END = 135,
};

/* ... and where the results do. */
enum { OUT_FIRST = 0, OUT_CK = 32, OUT_IK = 64, OUT_AK = 96 };

/* INSTANCE, TS 35.231 6.3 to 6.6: which function, and the lengths. */
enum { IS_F1_STAR = 0x80, IS_F2345 = 0x40, IS_F5_STAR = 0xc0, CK_256 = 0x04, IK_256 = 0x02, K_256 = 0x01 };

static void put_reversed(uint8_t *out, const uint8_t *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = in[len - 1 - i];
}

bool es_tuak_is_sound(const struct es_tuak *sim)
{
	return (sim->k_len == 16 || sim->k_len == 32) && sim->iterations > 0 &&
	       (sim->mac == 8 || sim->mac == 16 || sim->mac == 32) &&
	       (sim->res == 4 || sim->res == 8 || sim->res == 16 || sim->res == 32) && (sim->ck == 16 || sim->ck == 32) &&
	       (sim->ik == 16 || sim->ik == 32);
}

/* `rand`, `sqn` and `amf` may be NULL: zeros. */
static void permute(const struct es_tuak *sim, unsigned instance, const uint8_t top[32], const uint8_t *rand,
                    const uint8_t *sqn, const uint8_t *amf, uint8_t state[ES_KECCAK_STATE])
{
	static const uint8_t name[] = { 'T', 'U', 'A', 'K', '1', '.', '0' };

	assert(es_tuak_is_sound(sim));
	memset(state, 0, ES_KECCAK_STATE);
	put_reversed(state + AT_TOP, top, 32);
	state[AT_INSTANCE] = (uint8_t)(instance | (sim->k_len == 32 ? K_256 : 0u));
	put_reversed(state + AT_NAME, name, sizeof name);
	if (rand != NULL)
		put_reversed(state + AT_RAND, rand, 16);
	if (amf != NULL)
		put_reversed(state + AT_AMF, amf, 2);
	if (sqn != NULL)
		put_reversed(state + AT_SQN, sqn, 6);
	put_reversed(state + AT_KEY, sim->k, sim->k_len);
	state[AT_PAD_BEGIN] = 0x1f;
	state[AT_PAD_END] = 0x80;
	for (unsigned i = 0; i < sim->iterations; i++)
		es_keccak_f1600(state);
}

void es_tuak_topc(const struct es_tuak *sim, const uint8_t top[32], uint8_t topc[32])
{
	uint8_t state[ES_KECCAK_STATE];

	permute(sim, 0, top, NULL, NULL, NULL, state);
	put_reversed(topc, state + OUT_FIRST, 32);
	es_wipe(state, sizeof state);
}

/* A MAC of 8, 16, 32 octets is 0x08, 0x10, 0x20 in INSTANCE: its length. */
static void f1(const struct es_tuak *sim, unsigned instance, const uint8_t *rand, const uint8_t *sqn,
               const uint8_t *amf, uint8_t *mac)
{
	uint8_t state[ES_KECCAK_STATE];

	permute(sim, instance | sim->mac, sim->topc, rand, sqn, amf, state);
	put_reversed(mac, state + OUT_FIRST, sim->mac);
	es_wipe(state, sizeof state);
}

void es_tuak_f1(const struct es_tuak *sim, const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                uint8_t mac_a[32])
{
	f1(sim, 0, rand, sqn, amf, mac_a);
}

void es_tuak_f1_star(const struct es_tuak *sim, const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                     uint8_t mac_s[32])
{
	f1(sim, IS_F1_STAR, rand, sqn, amf, mac_s);
}

void es_tuak_f2345(const struct es_tuak *sim, const uint8_t rand[16], struct es_tuak_out *out)
{
	uint8_t state[ES_KECCAK_STATE];
	/* RES of 32 bits is 0, longer ones are their length in octets. */
	unsigned res = sim->res == 4 ? 0u : sim->res, ck = sim->ck == 32 ? CK_256 : 0u, ik = sim->ik == 32 ? IK_256 : 0u;

	permute(sim, IS_F2345 | res | ck | ik, sim->topc, rand, NULL, NULL, state);
	put_reversed(out->res, state + OUT_FIRST, sim->res);
	put_reversed(out->ck, state + OUT_CK, sim->ck);
	put_reversed(out->ik, state + OUT_IK, sim->ik);
	put_reversed(out->ak, state + OUT_AK, sizeof out->ak);
	es_wipe(state, sizeof state);
}

void es_tuak_f5_star(const struct es_tuak *sim, const uint8_t rand[16], uint8_t ak_s[6])
{
	uint8_t state[ES_KECCAK_STATE];

	permute(sim, IS_F5_STAR, sim->topc, rand, NULL, NULL, state);
	put_reversed(ak_s, state + OUT_AK, 6);
	es_wipe(state, sizeof state);
}
