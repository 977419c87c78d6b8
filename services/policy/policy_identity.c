/* policy_identity.c -- ap2013, private user identity (TS.43 12): making the name, deciding, rendering. */
#include "policy_identity.h"

#include <assert.h>
#include <string.h>

#include "es_buf.h"
#include "es_crypto.h"
#include "es_text.h"
#include "policy_rules.h"

/* ---- keys: one of its own for each tenant, so that its Wi-Fi gateway opens nobody else's names ---- */

#define KEY_ID 4

struct keys {
	uint8_t seal[ES_GCM_KEY], nonce[32], id[KEY_ID];
};

static void derive(struct es_slice key, const char *tenant, struct keys *out)
{
	const struct es_slice none = { NULL, 0 };
	uint8_t info[64];
	struct es_buf text;

	es_buf_init_fixed(&text, info, sizeof info);
	es_put_printf(&text, "openes private identity %s", tenant);
	assert(es_buf_status(&text) == ES_OK); /* a tenant's id has at most 31 characters */
	es_hkdf_sha256(key, none, es_buf_slice(&text), out->seal, sizeof out->seal);
	const struct es_slice own = es_slice_of(out->seal, sizeof out->seal);
	es_hkdf_sha256(own, none, ES_SLICE_LIT("nonce"), out->nonce, sizeof out->nonce);
	es_hkdf_sha256(own, none, ES_SLICE_LIT("kid"), out->id, sizeof out->id);
}

/* ---- life ---- */

/* Names change every half life, each line at a moment of its own: a million phones do not come back in one second. */
static int64_t expiry_of(const struct keys *keys, struct es_slice imsi, int64_t now_ms, int64_t life_s)
{
	const struct es_slice parts[] = { ES_SLICE_LIT("offset "), imsi };
	const int64_t half_ms = life_s / 2 * 1000;
	uint8_t hash[32];
	uint32_t number;

	es_hmac_sha256(es_slice_of(keys->nonce, sizeof keys->nonce), parts, 2, hash);
	memcpy(&number, hash, sizeof number);
	const int64_t offset = (int64_t)number * 1000 % half_ms;
	return ((now_ms + offset) / half_ms + 2) * half_ms - offset;
}

/* ---- forms ---- */

/* The nonce is made of what it seals: it repeats for the same name alone, which then is the same octets again. */
static void seal(const struct keys *keys, struct es_slice aad, struct es_slice plain, uint8_t nonce[ES_GCM_NONCE],
                 uint8_t *out)
{
	const struct es_slice parts[] = { aad, ES_SLICE_LIT("|"), plain };
	uint8_t hash[32];

	es_hmac_sha256(es_slice_of(keys->nonce, sizeof keys->nonce), parts, 3, hash);
	memcpy(nonce, hash, ES_GCM_NONCE);
	es_gcm_seal(keys->seal, nonce, aad, plain, out);
}

/* "2": a pseudonym for EAP-AKA (TS 23.003 14.4). Then, in Base64url: key id, nonce, sealed expiry (s) and IMSI, tag. */
static void put_pseudonym(const struct keys *keys, struct es_slice imsi, int64_t expiry_s, struct es_buf *out)
{
	uint8_t plain_octets[32], octets[KEY_ID + ES_GCM_NONCE + sizeof plain_octets + ES_GCM_TAG];
	struct es_buf plain;

	es_buf_init_fixed(&plain, plain_octets, sizeof plain_octets);
	es_put_u64(&plain, (uint64_t)expiry_s);
	es_put_bytes(&plain, imsi);
	assert(es_buf_status(&plain) == ES_OK);
	memcpy(octets, keys->id, KEY_ID);
	seal(keys, es_slice_of(keys->id, KEY_ID), es_buf_slice(&plain), octets + KEY_ID, octets + KEY_ID + ES_GCM_NONCE);
	es_put_u8(out, '2');
	es_base64url_encode(es_slice_of(octets, KEY_ID + ES_GCM_NONCE + plain.len + ES_GCM_TAG), out);
	es_wipe(plain_octets, sizeof plain_octets);
}

/* A JSON Web Encryption in compact form (RFC 7516), "dir" and A256GCM, of {"imsi", "exp"}. */
static void put_encrypted(const struct keys *keys, struct es_slice imsi, int64_t expiry_s, struct es_buf *out)
{
	uint8_t header_octets[80], plain_octets[64], nonce[ES_GCM_NONCE], sealed[sizeof plain_octets + ES_GCM_TAG];
	struct es_buf header, plain;
	char id[2 * KEY_ID + 1];

	es_hex_encode(es_slice_of(keys->id, KEY_ID), id);
	es_buf_init_fixed(&header, header_octets, sizeof header_octets);
	es_put_printf(&header, "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"%s\"}", id);
	es_buf_init_fixed(&plain, plain_octets, sizeof plain_octets);
	es_put_printf(&plain, "{\"imsi\":\"" ES_SLICE_FMT "\",\"exp\":%lld}", ES_SLICE_ARG(imsi), (long long)expiry_s);
	assert(es_buf_status(&header) == ES_OK && es_buf_status(&plain) == ES_OK);
	es_base64url_encode(es_buf_slice(&header), out);
	seal(keys, es_buf_slice(out), es_buf_slice(&plain), nonce, sealed);
	es_put_str(out, "..");
	es_base64url_encode(es_slice_of(nonce, sizeof nonce), out);
	es_put_u8(out, '.');
	es_base64url_encode(es_slice_of(sealed, plain.len), out);
	es_put_u8(out, '.');
	es_base64url_encode(es_slice_of(sealed + plain.len, ES_GCM_TAG), out);
	es_wipe(plain_octets, sizeof plain_octets);
}

es_status policy_identity_make(struct es_slice key, enum policy_identity_kind kind, const char *tenant,
                               const char *imsi, int64_t now_ms, int64_t life_s, struct es_arena *arena,
                               struct policy_identity *out)
{
	uint8_t octets[POLICY_IDENTITY_LIMIT];
	struct es_buf text;
	struct keys keys;

	assert(key.len == 32 && life_s >= 2);
	derive(key, tenant, &keys);
	const int64_t expiry_ms = expiry_of(&keys, es_slice_str(imsi), now_ms, life_s);
	es_buf_init_fixed(&text, octets, sizeof octets - 1);
	if (kind == POLICY_IDENTITY_PSEUDONYM)
		put_pseudonym(&keys, es_slice_str(imsi), expiry_ms / 1000, &text);
	else
		put_encrypted(&keys, es_slice_str(imsi), expiry_ms / 1000, &text);
	es_wipe(&keys, sizeof keys);
	ES_TRY(es_buf_status(&text));
	const char *copy = es_arena_strdup(arena, es_buf_slice(&text));
	if (copy == NULL)
		return ES_TOO_LARGE;
	*out = (struct policy_identity){ copy, expiry_ms };
	return ES_OK;
}

/* ---- deciding ---- */

/* A name can be had: the operator gives none, or the phone takes it from the challenge, or one was made. */
static bool has_name(const struct policy_context *context)
{
	const uint8_t kind = context->tenant->private_identity.kind;
	const bool made = context->private_identity != NULL;

	if (kind == POLICY_IDENTITY_PSEUDONYM || kind == POLICY_IDENTITY_ENCRYPTED) {
		POLICY_NOTE(context->trace, "private_identity.type", made ? "go on" : "not offered", "%s%s",
		            policy_identity_names[kind], made ? "" : ", and policy has no key for it");
		return made;
	}
	POLICY_NOTE(context->trace, "private_identity.type", kind == POLICY_IDENTITY_NONE ? "not offered" : "go on", "%s",
	            policy_identity_names[kind]);
	return kind != POLICY_IDENTITY_NONE;
}

/* Nothing is provisioned for it, so status 3 cannot come out (TS.43 T110). */
void policy_decide_identity(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_offer offer = {
		.rule = "private_identity",
		.in_plan = context->plan != NULL && context->plan->private_identity,
		.service = POLICY_SERVICE_PRIVATE_IDENTITY,
		.not_in_plan = POLICY_TEXT_NOT_OFFERED,
		.prov = POLICY_NOT_TRACKED,
	};
	out->status = has_name(context) ? policy_offer_status(context, &offer, &out->message) : POLICY_INCOMPATIBLE;
}

/* TS.43 T111. An empty name is of type 1 alone: the phone takes it from AT_NEXT_PSEUDONYM (12.4). */
void policy_render_identity(struct policy_render *r, const struct policy_decision *decision)
{
	const struct policy_identity *name = r->context->private_identity;
	const uint8_t kind = r->context->tenant->private_identity.kind;

	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	if (decision->status != POLICY_ENABLED)
		return;
	policy_put(r, r->root, "PrivateUserID", kind == POLICY_IDENTITY_CHALLENGE ? "" : name->value);
	policy_put_number(r, r->root, "PrivateUserIDType", kind == POLICY_IDENTITY_ENCRYPTED ? 2 : 1);
	if (kind == POLICY_IDENTITY_CHALLENGE || name->expiry_ms == 0)
		return;
	policy_put_time(r, r->root, "PrivateUserIDExpiry", name->expiry_ms);
}
