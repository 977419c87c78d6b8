/* auth_pseudonym.c -- pseudonyms and re-authentication identities. */
#include "auth_pseudonym.h"

#include <string.h>

#include "es_crypto.h"
#include "es_text.h"

/* The IMSI in two digits an octet, filled with 0xf: one length for all, so that a pseudonym does not tell it. */
enum { PACKED = 8, SEALED = PACKED + ES_SEAL_OVERHEAD, FILLER = 0xf };

_Static_assert(AUTH_PSEUDONYM_SIZE == 1 + (SEALED * 4 + 2) / 3, "the digit, and base64url without padding");

static const char leads[][2] = { [AUTH_AKA] = { '2', '4' }, [AUTH_AKA_PRIME] = { '7', '8' } };

static void pack(const struct es_imsi *imsi, uint8_t out[PACKED])
{
	size_t len = strlen(imsi->digits);

	for (size_t i = 0; i < 2 * PACKED; i++) {
		unsigned nibble = i < len ? (unsigned)(imsi->digits[i] - '0') : (unsigned)FILLER;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? nibble << 4 : (out[i / 2] | nibble));
	}
}

static es_status unpack(const uint8_t in[PACKED], struct es_imsi *out)
{
	char digits[2 * PACKED];
	size_t len = 0;

	for (size_t i = 0; i < 2 * PACKED; i++) {
		unsigned nibble = i % 2 == 0 ? in[i / 2] >> 4 : in[i / 2] & 0xfu;
		if (nibble == FILLER)
			break;
		digits[len++] = (char)('0' + nibble);
	}
	return es_imsi_parse(es_slice_of(digits, len), out);
}

void auth_pseudonym_make(struct es_keyring *ring, const char *tenant, const struct es_imsi *imsi,
                         enum auth_method method, struct es_buf *out)
{
	uint8_t plain[PACKED], sealed[SEALED];

	pack(imsi, plain);
	es_seal(ring, "pseudonym", es_slice_str(tenant), es_slice_of(plain, sizeof plain), sealed);
	es_put_u8(out, (uint8_t)leads[method][0]);
	es_base64url_encode(es_slice_of(sealed, sizeof sealed), out);
	es_wipe(plain, sizeof plain);
}

es_status auth_pseudonym_open(struct es_keyring *ring, const char *tenant, struct es_slice username,
                              struct es_imsi *out)
{
	uint8_t plain[PACKED], sealed[SEALED];

	if (username.len != AUTH_PSEUDONYM_SIZE ||
	    (username.ptr[0] != (uint8_t)leads[AUTH_AKA][0] && username.ptr[0] != (uint8_t)leads[AUTH_AKA_PRIME][0]))
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode_into(es_slice_sub(username, 1, username.len), sealed, sizeof sealed));
	ES_TRY(es_unseal(ring, "pseudonym", es_slice_str(tenant), es_slice_of(sealed, sizeof sealed), plain));
	es_status status = unpack(plain, out);
	es_wipe(plain, sizeof plain);
	return status;
}

void auth_reauth_id_make(enum auth_method method, const uint8_t random[16], struct es_slice realm, struct es_buf *out)
{
	es_put_u8(out, (uint8_t)leads[method][1]);
	es_base64url_encode(es_slice_of(random, 16), out);
	if (realm.len > 0) {
		es_put_u8(out, '@');
		es_put_bytes(out, realm);
	}
}

es_status auth_reauth_id_parse(struct es_slice user, uint8_t random[16])
{
	if (user.len != AUTH_REAUTH_ID_NAME ||
	    (user.ptr[0] != (uint8_t)leads[AUTH_AKA][1] && user.ptr[0] != (uint8_t)leads[AUTH_AKA_PRIME][1]))
		return ES_MALFORMED;
	return es_base64url_decode_into(es_slice_sub(user, 1, user.len), random, 16);
}
