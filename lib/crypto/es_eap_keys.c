/* es_eap_keys.c -- RFC 4187 section 7 and annex A: MK, the FIPS 186-2 generator, re-authentication, AT_MAC.
 *
 * The generator uses SHA-1's compression alone, without the length padding of the digest; OpenSSL offers that only
 * through a deprecated call, hence the compression here. */
#include "es_eap_keys.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"

static uint32_t rol(uint32_t v, unsigned bits)
{
	return v << bits | v >> (32 - bits);
}

static void store_u32(uint8_t *out, uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

static uint32_t load_u32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* FIPS 180-4 6.1.2: one block (XKEY and 44 zero octets) on SHA-1's initial state; this is G(t, c) of FIPS 186-2. */
static void sha1_compress(const uint8_t xkey[20], uint8_t out[20])
{
	static const uint32_t initial[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint32_t w[80] = { 0 }, s[5];

	for (size_t t = 0; t < 5; t++)
		w[t] = load_u32(xkey + 4 * t);
	for (size_t t = 16; t < 80; t++)
		w[t] = rol(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	memcpy(s, initial, sizeof s);
	for (size_t t = 0; t < 80; t++) {
		uint32_t f, k;
		if (t < 20) {
			f = (s[1] & s[2]) | (~s[1] & s[3]);
			k = 0x5a827999;
		} else if (t < 40) {
			f = s[1] ^ s[2] ^ s[3];
			k = 0x6ed9eba1;
		} else if (t < 60) {
			f = (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]);
			k = 0x8f1bbcdc;
		} else {
			f = s[1] ^ s[2] ^ s[3];
			k = 0xca62c1d6;
		}
		uint32_t next = rol(s[0], 5) + f + s[4] + k + w[t];
		s[4] = s[3];
		s[3] = s[2];
		s[2] = rol(s[1], 30);
		s[1] = s[0];
		s[0] = next;
	}
	for (size_t i = 0; i < 5; i++)
		store_u32(out + 4 * i, initial[i] + s[i]);
	es_wipe(w, sizeof w);
	es_wipe(s, sizeof s);
}

/* XKEY = (1 + XKEY + w) mod 2^160 */
static void advance(uint8_t xkey[20], const uint8_t w[20])
{
	unsigned carry = 1;
	for (size_t i = 20; i-- > 0;) {
		carry += (unsigned)xkey[i] + w[i];
		xkey[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void es_fips186_prf(const uint8_t xkey[20], uint8_t *out, size_t len)
{
	assert(len % 20 == 0 && len <= 160);
	uint8_t key[20];

	memcpy(key, xkey, sizeof key);
	for (size_t at = 0; at < len; at += 20) {
		sha1_compress(key, out + at);
		advance(key, out + at);
	}
	es_wipe(key, sizeof key);
}

/* The first octets of K_encr | K_aut | MSK | EMSK (RFC 4187 7). */
static void key_stream(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t *stream,
                       size_t len)
{
	const struct es_slice parts[] = { identity, es_slice_of(ik, 16), es_slice_of(ck, 16) };
	uint8_t mk[20];

	es_sha1(parts, ES_COUNT(parts), mk);
	es_fips186_prf(mk, stream, len);
	es_wipe(mk, sizeof mk);
}

void es_eap_aka_derive(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16],
                       struct es_eap_aka_keys *out)
{
	uint8_t stream[160];

	key_stream(identity, ik, ck, stream, sizeof stream);
	memcpy(out->k_encr, stream, 16);
	memcpy(out->k_aut, stream + 16, 16);
	memcpy(out->msk, stream + 32, 64);
	memcpy(out->emsk, stream + 96, 64);
	es_wipe(stream, sizeof stream);
}

void es_eap_aka_k_aut(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t k_encr[16],
                      uint8_t k_aut[16])
{
	uint8_t stream[40];

	key_stream(identity, ik, ck, stream, sizeof stream);
	if (k_encr != NULL)
		memcpy(k_encr, stream, 16);
	memcpy(k_aut, stream + 16, 16);
	es_wipe(stream, sizeof stream);
}

void es_eap_aka_mac_parts(const uint8_t k_aut[16], const struct es_slice *parts, size_t count, uint8_t mac[16])
{
	uint8_t full[20];

	es_hmac_sha1(es_slice_of(k_aut, 16), parts, count, full);
	memcpy(mac, full, 16);
	es_wipe(full, sizeof full);
}

void es_eap_aka_mac(const uint8_t k_aut[16], struct es_slice packet, uint8_t mac[16])
{
	es_eap_aka_mac_parts(k_aut, &packet, 1, mac);
}
