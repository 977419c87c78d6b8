/* auth_eap_state.c -- the state of an exchange, and what re-authentication keeps of it, as octets. */
#include <assert.h>
#include <string.h>

#include "auth_eap_int.h"
#include "es_cleanup.h"
#include "es_crypto.h"

/* The flags of struct auth_eap, one bit each, in this order. */
static const size_t flags[] = {
	offsetof(struct auth_eap, offer_checkcode),  offsetof(struct auth_eap, notify_failures),
	offsetof(struct auth_eap, offer_result_ind), offsetof(struct auth_eap, bidding),
	offsetof(struct auth_eap, other_method),     offsetof(struct auth_eap, result_agreed),
	offsetof(struct auth_eap, notified),         offsetof(struct auth_eap, proven),
	offsetof(struct auth_eap, reauth),           offsetof(struct auth_eap, keep_k_encr),
};
#define METHOD_FLAG (1u << ES_COUNT(flags))

static unsigned flags_of(const struct auth_eap *eap)
{
	unsigned bits = eap->method == AUTH_AKA_PRIME ? METHOD_FLAG : 0u;

	for (size_t i = 0; i < ES_COUNT(flags); i++)
		bits |= *(const bool *)(const void *)((const uint8_t *)eap + flags[i]) ? 1u << i : 0u;
	return bits;
}

static void set_flags(struct auth_eap *eap, unsigned bits)
{
	eap->method = (bits & METHOD_FLAG) != 0 ? AUTH_AKA_PRIME : AUTH_AKA;
	for (size_t i = 0; i < ES_COUNT(flags); i++)
		*(bool *)(void *)((uint8_t *)eap + flags[i]) = (bits & 1u << i) != 0;
}

static size_t k_aut_len(const struct auth_eap *eap)
{
	return eap->method == AUTH_AKA_PRIME ? 32 : 16;
}

void auth_eap_pack(const struct auth_eap *eap, struct es_buf *out)
{
	es_put_u8(out, eap->phase);
	es_put_u8(out, eap->identifier);
	es_put_u8(out, eap->requests);
	es_put_u8(out, eap->resyncs);
	es_put_u8(out, eap->id_req);
	es_put_u8(out, eap->failure);
	es_put_u16(out, (uint16_t)flags_of(eap));
	es_put_counted(out, eap->network_name);
	es_put_u16(out, eap->id_log_len);
	es_put_bytes(out, es_slice_of(eap->id_log, eap->id_log_len));
	es_put_bytes(out, es_slice_of(eap->rand, sizeof eap->rand));
	es_put_u8(out, eap->xres_len);
	es_put_bytes(out, es_slice_of(eap->xres, eap->xres_len));
	es_put_bytes(out, es_slice_of(eap->k_aut, k_aut_len(eap)));
	if (eap->keep_k_encr) {
		es_put_bytes(out, es_slice_of(eap->k_encr, sizeof eap->k_encr));
		es_put_u16(out, eap->counter);
		es_put_counted(out, eap->next_reauth_id);
	}
	es_put_u8(out, eap->identity_len);
	es_put_bytes(out, es_slice_of(eap->identity, eap->identity_len));
}

/* Whether the parts that were read go together. */
static bool is_sound(const struct auth_eap *eap)
{
	bool waits = eap->phase == AUTH_EAP_IDENTIFYING || eap->phase == AUTH_EAP_CHALLENGING ||
	             eap->phase == AUTH_EAP_NOTIFYING || eap->phase == AUTH_EAP_REAUTHENTICATING;

	return waits && eap->failure < AUTH_REASON_COUNT && eap->id_req <= AUTH_EAP_ID_PERMANENT && eap->identity_len > 0 &&
	       (eap->phase != AUTH_EAP_IDENTIFYING || eap->id_req != AUTH_EAP_ID_NONE) &&
	       (eap->phase != AUTH_EAP_CHALLENGING || eap->xres_len >= 4) &&
	       (eap->phase != AUTH_EAP_REAUTHENTICATING || eap->reauth) && (!eap->reauth || eap->keep_k_encr) &&
	       ((eap->method == AUTH_AKA && !eap->other_method) || eap->network_name[0] != '\0');
}

es_status auth_eap_unpack(struct es_reader *in, struct auth_eap *out)
{
	struct auth_eap eap = { 0 };

	eap.phase = es_read_u8(in);
	eap.identifier = es_read_u8(in);
	eap.requests = es_read_u8(in);
	eap.resyncs = es_read_u8(in);
	eap.id_req = es_read_u8(in);
	eap.failure = es_read_u8(in);
	unsigned bits = es_read_u16(in);
	set_flags(&eap, bits);
	es_read_counted(in, eap.network_name, sizeof eap.network_name);
	eap.id_log_len = es_read_u16(in);
	es_read_into(in, eap.id_log, eap.id_log_len, sizeof eap.id_log);
	ES_READ_ARRAY(in, eap.rand);
	eap.xres_len = es_read_u8(in);
	es_read_into(in, eap.xres, eap.xres_len, sizeof eap.xres);
	es_read_into(in, eap.k_aut, k_aut_len(&eap), sizeof eap.k_aut);
	if (eap.keep_k_encr) {
		ES_READ_ARRAY(in, eap.k_encr);
		eap.counter = es_read_u16(in);
		es_read_counted(in, eap.next_reauth_id, sizeof eap.next_reauth_id);
	}
	eap.identity_len = es_read_u8(in);
	es_read_into(in, eap.identity, eap.identity_len, sizeof eap.identity);

	bool ok = !in->bad && bits < METHOD_FLAG << 1 && is_sound(&eap);
	if (ok)
		*out = eap;
	es_wipe(&eap, sizeof eap);
	return ok ? ES_OK : ES_MALFORMED;
}

/* ---- what re-authentication keeps ---- */

void auth_eap_context(const struct auth_eap *eap, struct auth_reauth *out)
{
	assert(eap->keep_k_encr);
	/* RFC 4187 5.1: 1 after a full authentication, then one more each time; it does not wrap to be used again. */
	*out = (struct auth_reauth){ .method = (enum auth_method)eap->method,
		                         .counter = eap->reauth ? (uint16_t)(eap->counter + 1u) : (uint16_t)1 };
	memcpy(out->k_aut, eap->k_aut, sizeof out->k_aut);
	memcpy(out->k_encr, eap->k_encr, sizeof out->k_encr);
}

void auth_reauth_pack(const struct auth_reauth *context, uint8_t out[AUTH_REAUTH_PACKED])
{
	struct es_buf b;

	es_buf_init_fixed(&b, out, AUTH_REAUTH_PACKED);
	es_put_u8(&b, (uint8_t)context->method);
	es_put_bytes(&b, es_slice_of(context->k_aut, sizeof context->k_aut));
	es_put_bytes(&b, es_slice_of(context->k_encr, sizeof context->k_encr));
	es_put_u16(&b, context->counter);
}

es_status auth_reauth_unpack(struct es_slice packed, struct auth_reauth *out)
{
	struct es_reader in = es_reader_of(packed);
	struct auth_reauth context = { 0 };

	unsigned method = es_read_u8(&in);
	ES_READ_ARRAY(&in, context.k_aut);
	ES_READ_ARRAY(&in, context.k_encr);
	context.counter = es_read_u16(&in);
	bool ok = es_reader_is_done(&in) && method <= AUTH_AKA_PRIME;
	context.method = method == AUTH_AKA_PRIME ? AUTH_AKA_PRIME : AUTH_AKA;
	if (ok)
		*out = context;
	es_wipe(&context, sizeof context);
	return ok ? ES_OK : ES_MALFORMED;
}
