/* auth_pseudonym_fuzz.c -- names from the internet, and octets that only a key holder could have sealed.
 *
 * The first octet chooses. 0: the rest is a username as it comes; no pseudonym that we did not make opens. 1: the rest is sealed
 * as a pseudonym's octets; what opens is an IMSI that makes the same octets again. 2 and 3: a SIM's secrets for Milenage and TUAK;
 * what is accepted packs into the same octets. 4: what re-authentication keeps, likewise. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_auc.h"
#include "auth_eap_aka.h"
#include "auth_pseudonym.h"
#include "es_crypto.h"
#include "es_text.h"

#define KEY "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static struct es_keyring *shared_ring(void)
{
	static struct es_keyring *ring;
	struct es_buf error;

	if (ring == NULL) {
		es_crypto_init();
		es_buf_init(&error, 256);
		require(es_keyring_parse(ES_SLICE_LIT(KEY), &ring, &error) == ES_OK);
		es_buf_free(&error);
	}
	return ring;
}

static void forged_pseudonym(struct es_slice plain)
{
	uint8_t sealed[64 + ES_SEAL_OVERHEAD], storage[2][128];
	struct es_buf name, again;
	struct es_imsi imsi, same;

	if (plain.len > 64)
		return;
	es_seal(shared_ring(), "pseudonym", ES_SLICE_LIT("demo"), plain, sealed);
	es_buf_init_fixed(&name, storage[0], sizeof storage[0]);
	es_put_u8(&name, '2');
	es_base64url_encode(es_slice_of(sealed, plain.len + ES_SEAL_OVERHEAD), &name);
	if (auth_pseudonym_open(shared_ring(), "demo", es_buf_slice(&name), &imsi) != ES_OK)
		return;
	es_buf_init_fixed(&again, storage[1], sizeof storage[1]);
	auth_pseudonym_make(shared_ring(), "demo", &imsi, AUTH_AKA, &again);
	require(es_buf_status(&again) == ES_OK && again.len == AUTH_PSEUDONYM_SIZE);
	require(auth_pseudonym_open(shared_ring(), "demo", es_buf_slice(&again), &same) == ES_OK);
	require(strcmp(imsi.digits, same.digits) == 0);
}

static void secrets(enum auth_algorithm algorithm, struct es_slice plain)
{
	uint8_t packed[AUTH_KEYS_PLAIN_MAX];
	struct auth_vector vector;
	struct auth_keys keys;

	if (auth_keys_unpack(algorithm, plain, &keys) != ES_OK)
		return;
	require(auth_keys_are_sound(&keys));
	require(auth_keys_pack(&keys, packed) == plain.len && memcmp(packed, plain.ptr, plain.len) == 0);
	auth_auc_vector(&keys, 1, keys.k, AUTH_AKA_PRIME, ES_SLICE_LIT("WLAN"), &vector);
	require(vector.xres_len >= 4 && vector.xres_len <= 16);
}

static void context(struct es_slice packed)
{
	uint8_t again[AUTH_REAUTH_PACKED];
	struct auth_reauth reauth;

	if (auth_reauth_unpack(packed, &reauth) != ES_OK)
		return;
	auth_reauth_pack(&reauth, again);
	require(packed.len == sizeof again && memcmp(again, packed.ptr, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice rest = es_slice_of(data + 1, size == 0 ? 0 : size - 1);
	struct es_imsi imsi;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 0: require(auth_pseudonym_open(shared_ring(), "demo", rest, &imsi) != ES_OK); break;
	case 1: forged_pseudonym(rest); break;
	case 2: secrets(AUTH_MILENAGE, rest); break;
	case 3: secrets(AUTH_TUAK, rest); break;
	case 4: context(rest); break;
	default: break;
	}
	return 0;
}
