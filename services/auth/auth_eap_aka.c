/* auth_eap_aka.c -- the rules of RFC 4187 for the server, as a table and one small function each. */
#include "auth_eap_aka.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"

#define RESYNCS_MAX 1

/* AKA-Notification code (RFC 4187 10.19): S=0 failure, P=1 before authentication completed, so no AT_MAC. */
#define GENERAL_FAILURE_BEFORE_AUTHENTICATION 16384

es_status auth_eap_begin(struct auth_eap *eap, struct es_slice identity, struct auth_eap_options options)
{
	if (identity.len == 0 || identity.len > AUTH_EAP_IDENTITY_MAX)
		return ES_MALFORMED;
	*eap = (struct auth_eap){
		.phase = AUTH_EAP_STARTING,
		.identifier = (uint8_t)(options.first_identifier - 1u), /* next_identifier() makes it the first */
		.offer_checkcode = options.checkcode,
		.notify_failures = options.notifications,
		.identity_len = (uint8_t)identity.len,
	};
	memcpy(eap->identity, identity.ptr, identity.len);
	return ES_OK;
}

/* RFC 3748 4.1: a new Identifier for every new request. */
static uint8_t next_identifier(struct auth_eap *eap)
{
	eap->requests++;
	return ++eap->identifier;
}

static es_status write_identity_request(uint8_t identifier, struct es_buf *out, struct es_slice *packet)
{
	uint8_t *mac;
	struct es_eap_writer w = es_eap_begin(out, EAP_REQUEST, identifier, EAP_TYPE_AKA, AKA_IDENTITY);

	es_eap_put_u16(&w, AT_PERMANENT_ID_REQ, 0);
	return es_eap_end(&w, packet, &mac);
}

es_status auth_eap_request_identity(struct auth_eap *eap, struct es_buf *packet)
{
	struct es_slice written;

	assert(eap->phase == AUTH_EAP_STARTING);
	ES_TRY(write_identity_request(next_identifier(eap), packet, &written));
	eap->phase = AUTH_EAP_IDENTIFYING;
	return ES_OK;
}

es_status auth_eap_challenge(struct auth_eap *eap, const struct auth_vector *vector, struct es_buf *packet)
{
	struct es_slice written;
	uint8_t *mac = NULL;

	assert(eap->phase != AUTH_EAP_NOTIFYING && eap->phase != AUTH_EAP_ENDED);
	struct es_eap_writer w = es_eap_begin(packet, EAP_REQUEST, next_identifier(eap), EAP_TYPE_AKA, AKA_CHALLENGE);
	es_eap_put_16(&w, AT_RAND, vector->rand);
	es_eap_put_16(&w, AT_AUTN, vector->autn);
	if (eap->offer_checkcode)
		es_eap_put_checkcode(&w, es_slice_of(eap->identity_hash, eap->identity_round ? 20 : 0));
	es_eap_put_mac_space(&w);
	ES_TRY(es_eap_end(&w, &written, &mac));

	es_eap_aka_k_aut(es_slice_of(eap->identity, eap->identity_len), vector->ik, vector->ck, NULL, eap->k_aut);
	es_eap_aka_mac(eap->k_aut, written, mac);
	memcpy(eap->rand, vector->rand, sizeof eap->rand);
	memcpy(eap->xres, vector->xres, sizeof eap->xres);
	eap->xres_len = vector->xres_len;
	eap->phase = AUTH_EAP_CHALLENGING;
	return ES_OK;
}

/* ---- what each response does ---- */

static void fail_at_once(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out)
{
	eap->phase = AUTH_EAP_ENDED;
	out->what = AUTH_EAP_FAILED;
	out->reason = reason;
}

void auth_eap_refuse(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out)
{
	struct es_buf buf;
	struct es_slice packet;
	uint8_t *mac;

	*out = (struct auth_eap_action){ .reason = reason };
	/* RFC 4187 6.3.1: at most one notification round in an exchange. */
	if (!eap->notify_failures || eap->phase == AUTH_EAP_NOTIFYING) {
		fail_at_once(eap, reason, out);
		return;
	}
	es_buf_init_fixed(&buf, out->packet, sizeof out->packet);
	struct es_eap_writer w = es_eap_begin(&buf, EAP_REQUEST, next_identifier(eap), EAP_TYPE_AKA, AKA_NOTIFICATION);
	es_eap_put_u16(&w, AT_NOTIFICATION, GENERAL_FAILURE_BEFORE_AUTHENTICATION);
	if (es_eap_end(&w, &packet, &mac) != ES_OK) {
		fail_at_once(eap, reason, out);
		return;
	}
	out->what = AUTH_EAP_SEND;
	out->packet_len = (uint8_t)packet.len;
	eap->failure = (uint8_t)reason;
	eap->phase = AUTH_EAP_NOTIFYING;
}

/* The hash that AT_CHECKCODE carries covers both packets of the round (RFC 4187 10.13). The request is written
 * again: it depends on nothing but its Identifier. */
static void on_identity(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	uint8_t storage[32];
	struct es_buf buf;
	struct es_slice request;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	if (p->identity.len == 0 || p->identity.len > AUTH_EAP_IDENTITY_MAX ||
	    write_identity_request(eap->identifier, &buf, &request) != ES_OK) {
		auth_eap_refuse(eap, AUTH_IDENTITY_UNUSABLE, out);
		return;
	}
	es_sha1((const struct es_slice[]){ request, p->whole }, 2, eap->identity_hash);
	eap->identity_round = true;
	memcpy(eap->identity, p->identity.ptr, p->identity.len);
	eap->identity_len = (uint8_t)p->identity.len;
	out->what = AUTH_EAP_IDENTITY;
}

static bool mac_is_right(const struct auth_eap *eap, const struct es_eap_packet *p)
{
	uint8_t copy[ES_EAP_MAX_PACKET], mac[16];

	assert(p->whole.len <= sizeof copy);
	memcpy(copy, p->whole.ptr, p->whole.len);
	memset(copy + (p->mac.ptr - p->whole.ptr), 0, sizeof mac); /* RFC 4187 10.15: computed with the value zeroed */
	es_eap_aka_mac(eap->k_aut, es_slice_of(copy, p->whole.len), mac);
	bool right = es_ct_equal(mac, p->mac.ptr, sizeof mac);
	es_wipe(mac, sizeof mac);
	return right;
}

static bool checkcode_is_right(const struct auth_eap *eap, const struct es_eap_packet *p)
{
	return !p->has_checkcode ||
	       es_slice_eq(p->checkcode, es_slice_of(eap->identity_hash, eap->identity_round ? 20 : 0));
}

static void on_challenge(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	/* Both are computed before either is judged. RES must have exactly the length of XRES: a shorter one that
	 * is a prefix would be easier to guess. */
	bool mac_ok = mac_is_right(eap, p);
	bool res_ok = p->res_bits == eap->xres_len * 8u && p->res.len == eap->xres_len &&
	              es_ct_equal(p->res.ptr, eap->xres, eap->xres_len);

	if (!mac_ok) {
		auth_eap_refuse(eap, AUTH_MAC_MISMATCH, out);
	} else if (!res_ok) {
		auth_eap_refuse(eap, AUTH_RES_MISMATCH, out);
	} else if (!checkcode_is_right(eap, p)) {
		auth_eap_refuse(eap, AUTH_CHECKCODE_MISMATCH, out);
	} else {
		eap->phase = AUTH_EAP_ENDED;
		out->what = AUTH_EAP_DONE;
		out->reason = AUTH_SUCCESS;
	}
}

/* RFC 4187 9.5 and 9.9: EAP-Failure without a notification. */
static void on_authentication_reject(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	(void)p;
	fail_at_once(eap, AUTH_AUTHENTICATION_REJECT, out);
}

static void on_client_error(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	(void)p;
	fail_at_once(eap, AUTH_CLIENT_ERROR, out);
}

static void on_synchronization_failure(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	if (eap->resyncs >= RESYNCS_MAX) {
		auth_eap_refuse(eap, AUTH_SECOND_RESYNC, out);
		return;
	}
	eap->resyncs++;
	memcpy(out->auts, p->auts.ptr, sizeof out->auts);
	out->what = AUTH_EAP_RESYNC;
}

static void on_notified(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	(void)p;
	fail_at_once(eap, (enum auth_reason)eap->failure, out);
}

/* ---- which response is allowed when, and with what ---- */

enum {
	HAS_RES = 1 << 0,
	HAS_AUTS = 1 << 1,
	HAS_MAC = 1 << 2,
	HAS_IDENTITY = 1 << 3,
	HAS_CLIENT_ERROR_CODE = 1 << 4,
	HAS_CHECKCODE = 1 << 5,
	HAS_ENCRYPTED = 1 << 6, /* AT_IV, AT_ENCR_DATA */
	HAS_OTHER = 1 << 7,     /* what no response of a full authentication carries */
};

static unsigned attributes_of(const struct es_eap_packet *p)
{
	bool other = p->has_rand || p->has_autn || p->has_notification || p->has_result_ind || p->has_permanent_id_req ||
	             p->has_any_id_req || p->has_fullauth_id_req || p->has_kdf_input || p->has_bidding || p->kdf_count > 0;

	return (p->has_res ? HAS_RES : 0u) | (p->has_auts ? HAS_AUTS : 0u) | (p->has_mac ? HAS_MAC : 0u) |
	       (p->has_identity ? HAS_IDENTITY : 0u) | (p->has_client_error_code ? HAS_CLIENT_ERROR_CODE : 0u) |
	       (p->has_checkcode ? HAS_CHECKCODE : 0u) | (p->has_iv || p->has_encr_data ? HAS_ENCRYPTED : 0u) |
	       (other ? HAS_OTHER : 0u);
}

#define IDENTIFYING AUTH_EAP_IDENTIFYING
#define CHALLENGING AUTH_EAP_CHALLENGING
#define NOTIFYING AUTH_EAP_NOTIFYING

/* clang-format off */
static const struct rule {
	uint8_t phases;
	uint8_t subtype;
	unsigned must, may; /* RFC 4187 10.1, columns of the responses */
	void (*run)(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out);
} rules[] = {
	/* while we are  the peer sends                must bring             may bring                       RFC 4187 */
	{ IDENTIFYING,   AKA_IDENTITY,                HAS_IDENTITY,          0,                              on_identity },                /* 9.2 */
	{ CHALLENGING,   AKA_CHALLENGE,               HAS_RES | HAS_MAC,     HAS_CHECKCODE | HAS_ENCRYPTED,  on_challenge },               /* 9.4 */
	{ CHALLENGING,   AKA_AUTHENTICATION_REJECT,   0,                     0,                              on_authentication_reject },   /* 9.5 */
	{ CHALLENGING,   AKA_SYNCHRONIZATION_FAILURE, HAS_AUTS,              0,                              on_synchronization_failure }, /* 9.6 */
	{ NOTIFYING,     AKA_NOTIFICATION,            0,                     0,                              on_notified },                /* 9.11 */
	{ IDENTIFYING | CHALLENGING | NOTIFYING,
	                 AKA_CLIENT_ERROR,            HAS_CLIENT_ERROR_CODE, 0,                              on_client_error },            /* 9.9 */
};
/* clang-format on */

static const struct rule *rule_for(uint8_t phase, uint8_t subtype)
{
	for (size_t i = 0; i < ES_COUNT(rules); i++) {
		if ((rules[i].phases & phase) != 0 && rules[i].subtype == subtype)
			return &rules[i];
	}
	return NULL;
}

es_status auth_eap_step(struct auth_eap *eap, struct es_slice packet, struct auth_eap_action *out)
{
	struct es_eap_packet p;

	if (eap->phase != AUTH_EAP_IDENTIFYING && eap->phase != AUTH_EAP_CHALLENGING && eap->phase != AUTH_EAP_NOTIFYING)
		return ES_MALFORMED; /* nothing was asked */
	ES_TRY(es_eap_parse(packet, &p));
	/* EAP discards what does not answer the outstanding request (RFC 3748 4.1); over HTTP that is a 400. */
	if (p.code != EAP_RESPONSE || p.identifier != eap->identifier)
		return ES_MALFORMED;

	struct auth_eap_action action = { 0 };
	if (p.type == EAP_TYPE_NAK && eap->requests == 1) { /* RFC 3748 5.3.1: only against the first request */
		fail_at_once(eap, AUTH_NAK, &action);
		*out = action;
		return ES_OK;
	}
	if (p.type != EAP_TYPE_AKA)
		return ES_MALFORMED;

	const struct rule *rule = rule_for(eap->phase, p.subtype);
	if (rule == NULL) {
		auth_eap_refuse(eap, AUTH_UNEXPECTED_SUBTYPE, &action); /* RFC 4187 6.3.2 */
		*out = action;
		return ES_OK;
	}
	unsigned has = attributes_of(&p);
	if ((has & rule->must) != rule->must || (has & ~(rule->must | rule->may)) != 0)
		return ES_MALFORMED;
	rule->run(eap, &p, &action);
	*out = action;
	return ES_OK;
}

/* ---- the state as octets ---- */

enum { FLAG_CHECKCODE = 1, FLAG_NOTIFY = 2, FLAG_IDENTITY_ROUND = 4, FLAGS_ALL = 7 };

void auth_eap_pack(const struct auth_eap *eap, struct es_buf *out)
{
	es_put_u8(out, eap->phase);
	es_put_u8(out, eap->identifier);
	es_put_u8(out, eap->requests);
	es_put_u8(out, eap->resyncs);
	es_put_u8(out, (uint8_t)((eap->offer_checkcode ? FLAG_CHECKCODE : 0) | (eap->notify_failures ? FLAG_NOTIFY : 0) |
	                         (eap->identity_round ? FLAG_IDENTITY_ROUND : 0)));
	es_put_u8(out, eap->failure);
	if (eap->identity_round)
		es_put_bytes(out, es_slice_of(eap->identity_hash, sizeof eap->identity_hash));
	es_put_bytes(out, es_slice_of(eap->rand, sizeof eap->rand));
	es_put_u8(out, eap->xres_len);
	es_put_bytes(out, es_slice_of(eap->xres, eap->xres_len));
	es_put_bytes(out, es_slice_of(eap->k_aut, sizeof eap->k_aut));
	es_put_u8(out, eap->identity_len);
	es_put_bytes(out, es_slice_of(eap->identity, eap->identity_len));
}

static void read_into(struct es_reader *in, uint8_t *out, size_t len, size_t max)
{
	struct es_slice bytes = es_read_bytes(in, len);

	if (in->bad || bytes.len > max)
		in->bad = true;
	else if (bytes.len > 0)
		memcpy(out, bytes.ptr, bytes.len);
}

es_status auth_eap_unpack(struct es_reader *in, struct auth_eap *out)
{
	struct auth_eap eap = { 0 };

	eap.phase = es_read_u8(in);
	eap.identifier = es_read_u8(in);
	eap.requests = es_read_u8(in);
	eap.resyncs = es_read_u8(in);
	uint8_t flags = es_read_u8(in);
	eap.failure = es_read_u8(in);
	eap.offer_checkcode = (flags & FLAG_CHECKCODE) != 0;
	eap.notify_failures = (flags & FLAG_NOTIFY) != 0;
	eap.identity_round = (flags & FLAG_IDENTITY_ROUND) != 0;
	if (eap.identity_round)
		read_into(in, eap.identity_hash, sizeof eap.identity_hash, sizeof eap.identity_hash);
	read_into(in, eap.rand, sizeof eap.rand, sizeof eap.rand);
	eap.xres_len = es_read_u8(in);
	read_into(in, eap.xres, eap.xres_len, sizeof eap.xres);
	read_into(in, eap.k_aut, sizeof eap.k_aut, sizeof eap.k_aut);
	eap.identity_len = es_read_u8(in);
	read_into(in, eap.identity, eap.identity_len, sizeof eap.identity);

	bool phase_ok =
		eap.phase == AUTH_EAP_IDENTIFYING || eap.phase == AUTH_EAP_CHALLENGING || eap.phase == AUTH_EAP_NOTIFYING;
	bool ok = !in->bad && phase_ok && (flags & ~FLAGS_ALL) == 0 && eap.failure < AUTH_REASON_COUNT &&
	          eap.identity_len > 0 && (eap.phase != AUTH_EAP_CHALLENGING || eap.xres_len >= 4);
	if (ok)
		*out = eap;
	es_wipe(&eap, sizeof eap);
	return ok ? ES_OK : ES_MALFORMED;
}

void auth_eap_wipe(struct auth_eap *eap)
{
	es_wipe(eap, sizeof *eap);
}
