/* auth_eap_request.c -- every request that the server sends (RFC 4187 9.1, 9.3, 9.7, 9.10; RFC 9048 3 and 4). */
#include <assert.h>
#include <string.h>

#include "auth_eap_int.h"
#include "es_cleanup.h"
#include "es_crypto.h"

const uint16_t auth_eap_kdfs[] = { 1 }; /* RFC 9048 3.3: CK' and IK' with HMAC-SHA-256; no other is defined */
const size_t auth_eap_kdf_count = ES_COUNT(auth_eap_kdfs);

enum { BIDDING_AKA_PRIME = 0x8000 }; /* the D bit of RFC 9048 4 */

/* RFC 3748 4.1: a new Identifier for every new request. */
static struct es_eap_writer begin(struct auth_eap *eap, uint8_t subtype, struct es_buf *buf)
{
	eap->requests++;
	eap->identifier++;
	return es_eap_begin(buf, EAP_REQUEST, eap->identifier, auth_eap_type(eap), subtype);
}

/* Length, and AT_MAC when there is one. */
static es_status end(const struct auth_eap *eap, struct es_eap_writer *w, struct es_slice *packet)
{
	uint8_t *mac = NULL;

	ES_TRY(es_eap_end(w, packet, &mac));
	if (mac != NULL)
		auth_eap_mac(eap, packet, 1, mac);
	return ES_OK;
}

static void put_encrypted(const struct auth_eap *eap, struct es_eap_writer *w, const uint8_t iv[16],
                          struct es_slice plain)
{
	uint8_t sealed[AUTH_EAP_REQUEST_MAX];

	assert(plain.len <= sizeof sealed);
	es_cbc_encrypt(eap->k_encr, iv, plain, sealed);
	es_eap_put_16(w, AT_IV, iv);
	es_eap_put_encr_data(w, es_slice_of(sealed, plain.len));
}

/* ---- identity ---- */

es_status auth_eap_write_identity_request(const struct auth_eap *eap, struct es_buf *out)
{
	static const uint8_t attributes[] = { [AUTH_EAP_ID_ANY] = AT_ANY_ID_REQ,
		                                  [AUTH_EAP_ID_FULLAUTH] = AT_FULLAUTH_ID_REQ,
		                                  [AUTH_EAP_ID_PERMANENT] = AT_PERMANENT_ID_REQ };
	struct es_eap_writer w = es_eap_begin(out, EAP_REQUEST, eap->identifier, auth_eap_type(eap), AKA_IDENTITY);
	struct es_slice packet;

	es_eap_put_u16(&w, attributes[eap->id_req], 0);
	return end(eap, &w, &packet);
}

es_status auth_eap_request_identity(struct auth_eap *eap, enum auth_eap_id_req what, struct es_buf *packet)
{
	assert(eap->phase == AUTH_EAP_STARTING && what != AUTH_EAP_ID_NONE);
	if ((unsigned)what <= eap->id_req)
		return ES_CONFLICT;
	eap->requests++;
	eap->identifier++;
	eap->id_req = (uint8_t)what;
	ES_TRY(auth_eap_write_identity_request(eap, packet));
	eap->phase = AUTH_EAP_IDENTIFYING;
	return ES_OK;
}

/* ---- what may be offered with a proof ---- */

static es_status keep_next_id(struct auth_eap *eap, const struct auth_eap_offer *offer)
{
	memset(eap->next_reauth_id, 0, sizeof eap->next_reauth_id);
	if (offer == NULL || offer->next_reauth_id.len == 0)
		return ES_OK;
	if (offer->next_reauth_id.len > AUTH_EAP_NEXT_ID_MAX || offer->next_pseudonym.len > AUTH_EAP_PSEUDONYM_MAX)
		return ES_TOO_LARGE;
	memcpy(eap->next_reauth_id, offer->next_reauth_id.ptr, offer->next_reauth_id.len);
	return ES_OK;
}

static void put_next_ids(struct es_eap_writer *w, const struct auth_eap_offer *offer)
{
	if (offer->next_pseudonym.len > 0)
		es_eap_put_counted(w, AT_NEXT_PSEUDONYM, offer->next_pseudonym);
	if (offer->next_reauth_id.len > 0)
		es_eap_put_counted(w, AT_NEXT_REAUTH_ID, offer->next_reauth_id);
}

static void put_indications(const struct auth_eap *eap, struct es_eap_writer *w)
{
	uint8_t hash[32];

	if (eap->offer_result_ind)
		es_eap_put_u16(w, AT_RESULT_IND, 0);
	if (eap->offer_checkcode)
		es_eap_put_checkcode(w, auth_eap_checkcode(eap, hash));
}

/* ---- challenge ---- */

static es_status put_offer(const struct auth_eap *eap, const struct auth_eap_offer *offer, struct es_eap_writer *w)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct es_slice plain;
	struct es_buf buf;

	if (offer == NULL || (offer->next_pseudonym.len == 0 && offer->next_reauth_id.len == 0))
		return ES_OK;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer inner = es_eap_begin_inner(&buf);
	put_next_ids(&inner, offer);
	ES_TRY(es_eap_end_inner(&inner, &plain));
	put_encrypted(eap, w, offer->iv, plain);
	return ES_OK;
}

static void put_key_derivation(const struct auth_eap *eap, struct es_eap_writer *w)
{
	for (size_t i = 0; i < auth_eap_kdf_count; i++)
		es_eap_put_u16(w, AT_KDF, auth_eap_kdfs[i]);
	es_eap_put_counted(w, AT_KDF_INPUT, es_slice_str(eap->network_name));
}

es_status auth_eap_challenge(struct auth_eap *eap, const struct auth_vector *vector, const struct auth_eap_offer *offer,
                             struct es_buf *packet)
{
	struct es_slice written;

	assert(eap->phase == AUTH_EAP_STARTING);
	ES_TRY(keep_next_id(eap, offer));
	auth_eap_derive(eap, vector);
	struct es_eap_writer w = begin(eap, AKA_CHALLENGE, packet);
	es_eap_put_16(&w, AT_RAND, vector->rand);
	es_eap_put_16(&w, AT_AUTN, vector->autn);
	if (eap->method == AUTH_AKA_PRIME)
		put_key_derivation(eap, &w);
	put_indications(eap, &w);
	if (eap->method == AUTH_AKA && eap->bidding)
		es_eap_put_u16(&w, AT_BIDDING, BIDDING_AKA_PRIME);
	ES_TRY(put_offer(eap, offer, &w));
	es_eap_put_mac_space(&w);
	ES_TRY(end(eap, &w, &written));

	eap->reauth = false;
	eap->keep_k_encr = eap->next_reauth_id[0] != '\0';
	if (!eap->keep_k_encr)
		es_wipe(eap->k_encr, sizeof eap->k_encr);
	memcpy(eap->rand, vector->rand, sizeof eap->rand);
	memset(eap->xres, 0, sizeof eap->xres);
	memcpy(eap->xres, vector->xres, vector->xres_len);
	eap->xres_len = vector->xres_len;
	eap->phase = AUTH_EAP_CHALLENGING;
	return ES_OK;
}

/* ---- re-authentication ---- */

es_status auth_eap_reauthenticate(struct auth_eap *eap, const struct auth_reauth *context, const uint8_t nonce_s[16],
                                  const struct auth_eap_offer *offer, struct es_buf *packet)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct es_slice plain, written;
	struct es_buf buf;

	assert(eap->phase == AUTH_EAP_STARTING && context->method == (enum auth_method)eap->method);
	assert(offer->next_pseudonym.len == 0); /* RFC 4187 10.1: in a challenge only */
	if (context->counter == 0)
		return ES_TOO_LARGE;
	ES_TRY(keep_next_id(eap, offer));
	memcpy(eap->k_aut, context->k_aut, sizeof eap->k_aut);
	memcpy(eap->k_encr, context->k_encr, sizeof eap->k_encr);
	memcpy(eap->rand, nonce_s, sizeof eap->rand);
	eap->counter = context->counter;
	eap->xres_len = 0;
	eap->reauth = eap->keep_k_encr = true;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer inner = es_eap_begin_inner(&buf);
	es_eap_put_u16(&inner, AT_COUNTER, eap->counter);
	es_eap_put_16(&inner, AT_NONCE_S, eap->rand);
	put_next_ids(&inner, offer);
	ES_TRY(es_eap_end_inner(&inner, &plain));
	struct es_eap_writer w = begin(eap, AKA_REAUTHENTICATION, packet);
	put_indications(eap, &w);
	put_encrypted(eap, &w, offer->iv, plain);
	es_eap_put_mac_space(&w);
	ES_TRY(end(eap, &w, &written));
	eap->phase = AUTH_EAP_REAUTHENTICATING;
	return ES_OK;
}

/* ---- notification ---- */

/* No randomness comes in here: NONCE_S was random, is used once, and nobody without K_encr can tell this IV. */
static void notification_iv(const struct auth_eap *eap, uint8_t iv[16])
{
	const struct es_slice parts[] = { es_slice_of(eap->rand, sizeof eap->rand), es_slice_of(&eap->identifier, 1) };
	uint8_t full[32];

	es_hmac_sha256(es_slice_of(eap->k_encr, sizeof eap->k_encr), parts, ES_COUNT(parts), full);
	memcpy(iv, full, 16);
	es_wipe(full, sizeof full);
}

bool auth_eap_write_notification(struct auth_eap *eap, uint16_t code, struct auth_eap_action *out)
{
	uint8_t storage[32], iv[16];
	struct es_slice plain, written;
	struct es_buf buf, counter;

	es_buf_init_fixed(&buf, out->packet, sizeof out->packet);
	es_buf_init_fixed(&counter, storage, sizeof storage);
	struct es_eap_writer w = begin(eap, AKA_NOTIFICATION, &buf);
	es_eap_put_u16(&w, AT_NOTIFICATION, code);
	if (eap->proven && eap->reauth) { /* RFC 4187 9.10: replay of an earlier one is told by the counter */
		struct es_eap_writer inner = es_eap_begin_inner(&counter);
		es_eap_put_u16(&inner, AT_COUNTER, eap->counter);
		if (es_eap_end_inner(&inner, &plain) != ES_OK)
			return false;
		notification_iv(eap, iv);
		put_encrypted(eap, &w, iv, plain);
	}
	if (eap->proven)
		es_eap_put_mac_space(&w);
	if (end(eap, &w, &written) != ES_OK)
		return false;
	out->packet_len = (uint8_t)written.len;
	return true;
}
