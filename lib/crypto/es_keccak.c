/* es_keccak.c -- FIPS 202 section 3.2 and 3.3, on 25 lanes of 64 bits, lane (x, y) at index x + 5y. */
#include "es_keccak.h"

#include "es_cleanup.h"
#include "es_crypto.h"

enum { LANES = 25, ROUNDS = 24 };

/* FIPS 202 3.2.5 */
static const uint64_t iota[ROUNDS] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
	0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
	0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
	0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* 3.2.2 and 3.2.3 together: the walk of pi through all lanes but the first, and by how much rho turns each. */
static const struct {
	uint8_t lane, bits;
} walk[] = {
	{ 10, 1 },  { 7, 3 },   { 11, 6 },  { 17, 10 }, { 18, 15 }, { 3, 21 },  { 5, 28 },  { 16, 36 },
	{ 8, 45 },  { 21, 55 }, { 24, 2 },  { 4, 14 },  { 15, 27 }, { 23, 41 }, { 19, 56 }, { 13, 8 },
	{ 12, 25 }, { 2, 43 },  { 20, 62 }, { 14, 18 }, { 22, 39 }, { 9, 61 },  { 6, 20 },  { 1, 44 },
};

static uint64_t rol(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void theta(uint64_t a[LANES])
{
	uint64_t c[5];

	for (unsigned x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (unsigned x = 0; x < 5; x++) {
		uint64_t d = c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1);
		for (unsigned y = 0; y < LANES; y += 5)
			a[x + y] ^= d;
	}
}

static void rho_and_pi(uint64_t a[LANES])
{
	uint64_t carried = a[1];

	for (unsigned i = 0; i < ES_COUNT(walk); i++) {
		uint64_t next = a[walk[i].lane];
		a[walk[i].lane] = rol(carried, walk[i].bits);
		carried = next;
	}
}

static void chi(uint64_t a[LANES])
{
	for (unsigned y = 0; y < LANES; y += 5) {
		const uint64_t row[5] = { a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4] };
		for (unsigned x = 0; x < 5; x++)
			a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

void es_keccak_f1600(uint8_t state[ES_KECCAK_STATE])
{
	uint64_t a[LANES] = { 0 };

	for (unsigned i = 0; i < ES_KECCAK_STATE; i++)
		a[i / 8] |= (uint64_t)state[i] << (i % 8 * 8);
	for (unsigned round = 0; round < ROUNDS; round++) {
		theta(a);
		rho_and_pi(a);
		chi(a);
		a[0] ^= iota[round];
	}
	for (unsigned i = 0; i < ES_KECCAK_STATE; i++)
		state[i] = (uint8_t)(a[i / 8] >> (i % 8 * 8));
	es_wipe(a, sizeof a);
}
