/* auth_keys.c -- the secrets of a SIM as octets, and what may be asked about them. */
#include <string.h>

#include "auth_auc.h"
#include "es_crypto.h"

enum { MILENAGE_PLAIN = 16 + 16, TUAK_HEAD = 2, TOPC = 32 };

const char *const auth_algorithm_names[AUTH_ALGORITHM_COUNT] = { [AUTH_MILENAGE] = "milenage", [AUTH_TUAK] = "tuak" };

bool auth_keys_are_sound(const struct auth_keys *keys)
{
	if (keys->algorithm == AUTH_MILENAGE)
		return keys->k_len == 0 && keys->res_len == 0 && keys->iterations == 0;
	return keys->algorithm == AUTH_TUAK && (keys->k_len == 16 || keys->k_len == 32) && keys->iterations > 0 &&
	       (keys->res_len == 4 || keys->res_len == 8 || keys->res_len == 16);
}

size_t auth_keys_pack(const struct auth_keys *keys, uint8_t out[AUTH_KEYS_PLAIN_MAX])
{
	if (keys->algorithm == AUTH_MILENAGE) {
		memcpy(out, keys->k, 16);
		memcpy(out + 16, keys->opc, 16);
		return MILENAGE_PLAIN;
	}
	out[0] = keys->res_len;
	out[1] = keys->iterations;
	memcpy(out + TUAK_HEAD, keys->k, keys->k_len);
	memcpy(out + TUAK_HEAD + keys->k_len, keys->opc, TOPC);
	return TUAK_HEAD + (size_t)keys->k_len + TOPC;
}

static es_status unpack_tuak(struct es_slice plain, struct auth_keys *keys)
{
	if (plain.len != TUAK_HEAD + 16 + TOPC && plain.len != TUAK_HEAD + 32 + TOPC)
		return ES_MALFORMED;
	keys->res_len = plain.ptr[0];
	keys->iterations = plain.ptr[1];
	keys->k_len = (uint8_t)(plain.len - TUAK_HEAD - TOPC);
	memcpy(keys->k, plain.ptr + TUAK_HEAD, keys->k_len);
	memcpy(keys->opc, plain.ptr + TUAK_HEAD + keys->k_len, TOPC);
	return auth_keys_are_sound(keys) ? ES_OK : ES_MALFORMED;
}

es_status auth_keys_unpack(enum auth_algorithm algorithm, struct es_slice plain, struct auth_keys *out)
{
	struct auth_keys keys = { .algorithm = algorithm };
	es_status status = ES_OK;

	if (algorithm == AUTH_TUAK) {
		status = unpack_tuak(plain, &keys);
	} else if (plain.len == MILENAGE_PLAIN) {
		memcpy(keys.k, plain.ptr, 16);
		memcpy(keys.opc, plain.ptr + 16, 16);
	} else {
		status = ES_MALFORMED;
	}
	if (status == ES_OK)
		*out = keys;
	auth_keys_wipe(&keys);
	return status;
}

es_status auth_algorithm_of(struct es_slice name, enum auth_algorithm *out)
{
	for (int i = 0; i < AUTH_ALGORITHM_COUNT; i++) {
		if (es_slice_eq_nocase(name, es_slice_str(auth_algorithm_names[i]))) {
			*out = (enum auth_algorithm)i;
			return ES_OK;
		}
	}
	return ES_MALFORMED;
}

bool auth_keys_are_same(const struct auth_keys *a, const struct auth_keys *b)
{
	return a->algorithm == b->algorithm && a->k_len == b->k_len && a->res_len == b->res_len &&
	       a->iterations == b->iterations && es_ct_equal(a->k, b->k, sizeof a->k) &&
	       es_ct_equal(a->opc, b->opc, sizeof a->opc);
}

void auth_keys_wipe(struct auth_keys *keys)
{
	es_wipe(keys, sizeof *keys);
}
