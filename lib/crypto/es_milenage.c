/* es_milenage.c -- TS 35.206 over AES-128: one key schedule, then one block and five together. */
#include "es_milenage.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto_parts.h"

enum { BLOCK = 16 };

/* TS 35.206 4.1: the rotation r and the constant c of OUT2 to OUT5. Rotations are whole octets. */
static const struct {
	unsigned octets;
	uint8_t c;
} outs[] = { { 0, 1 }, { 4, 2 }, { 8, 4 }, { 12, 8 } };

static void xor_block(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < BLOCK; i++)
		out[i] = a[i] ^ b[i];
}

static void rotate(uint8_t *out, const uint8_t *in, unsigned octets)
{
	memcpy(out, in + octets, BLOCK - octets);
	memcpy(out + BLOCK - octets, in, octets);
}

void es_milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16])
{
	uint8_t block[BLOCK];
	es_aes128_key(k);
	es_aes128_blocks(op, block, 1);
	es_aes128_forget();
	xor_block(opc, block, op);
	es_wipe(block, sizeof block);
}

void es_milenage(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16], const uint8_t sqn[6],
                 const uint8_t amf[2], struct es_milenage_out *out)
{
	uint8_t temp[BLOCK], mixed[BLOCK], in[5][BLOCK], result[5][BLOCK];

	es_aes128_key(k);
	xor_block(temp, rand, opc);
	es_aes128_blocks(temp, temp, 1);

	/* f1, f1*: SQN | AMF | SQN | AMF, with OPc, rotated by r1 = 64 bits; c1 is zero. */
	memcpy(mixed, sqn, 6);
	memcpy(mixed + 6, amf, 2);
	memcpy(mixed + 8, mixed, 8);
	xor_block(mixed, mixed, opc);
	rotate(in[0], mixed, 8);
	xor_block(in[0], in[0], temp);

	xor_block(mixed, temp, opc);
	for (size_t i = 0; i < ES_COUNT(outs); i++) {
		rotate(in[i + 1], mixed, outs[i].octets);
		in[i + 1][BLOCK - 1] ^= outs[i].c;
	}
	es_aes128_blocks(in[0], result[0], 5);
	es_aes128_forget();
	for (size_t i = 0; i < 5; i++)
		xor_block(result[i], result[i], opc);

	memcpy(out->mac_a, result[0], 8);
	memcpy(out->mac_s, result[0] + 8, 8);
	memcpy(out->ak, result[1], 6);
	memcpy(out->res, result[1] + 8, 8);
	memcpy(out->ck, result[2], 16);
	memcpy(out->ik, result[3], 16);
	memcpy(out->ak_s, result[4], 6);
	es_wipe(temp, sizeof temp);
	es_wipe(mixed, sizeof mixed);
	es_wipe(in, sizeof in);
	es_wipe(result, sizeof result);
}
