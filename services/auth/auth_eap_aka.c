/* auth_eap_aka.c -- the rules of RFC 4187 and RFC 9048 for the server: a table, and one small function for each response. */
#include "auth_eap_aka.h"

#include <assert.h>
#include <string.h>

#include "auth_eap_int.h"
#include "es_cleanup.h"
#include "es_crypto.h"

#define RESYNCS_MAX 1

/* AKA-Notification codes (RFC 4187 10.19): S=1 is success; with P=1 nobody is authenticated yet and there is no AT_MAC. */
enum {
	FAILURE_AFTER_AUTHENTICATION = 0,
	NOT_SUBSCRIBED = 1031,
	FAILURE_BEFORE_AUTHENTICATION = 16384,
	SUCCESS = 32768,
};

es_status auth_eap_begin(struct auth_eap *eap, struct es_slice identity, struct auth_eap_options options)
{
	struct es_slice name = options.network_name;
	bool needs_name = options.method == AUTH_AKA_PRIME || options.other_method;

	if (identity.len == 0 || identity.len > AUTH_EAP_IDENTITY_MAX)
		return ES_MALFORMED;
	if (needs_name && (name.len == 0 || name.len > AUTH_EAP_NETWORK_NAME_MAX || es_slice_find(name, 0) != name.len))
		return ES_MALFORMED;
	*eap = (struct auth_eap){
		.phase = AUTH_EAP_STARTING,
		.method = (uint8_t)options.method,
		.identifier = (uint8_t)(options.first_identifier - 1u), /* the next request makes it the first */
		.offer_checkcode = options.checkcode,
		.notify_failures = options.notifications,
		.offer_result_ind = options.result_ind,
		.bidding = options.bidding,
		.other_method = options.other_method,
		.identity_len = (uint8_t)identity.len,
	};
	memcpy(eap->identity, identity.ptr, identity.len);
	if (needs_name)
		memcpy(eap->network_name, name.ptr, name.len);
	return ES_OK;
}

/* ---- ends ---- */

static void fail_at_once(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out)
{
	eap->phase = AUTH_EAP_ENDED;
	out->what = AUTH_EAP_FAILED;
	out->reason = reason;
}

static void notify(struct auth_eap *eap, uint16_t code, enum auth_reason reason, struct auth_eap_action *out)
{
	*out = (struct auth_eap_action){ .reason = reason };
	if (!auth_eap_write_notification(eap, code, out)) {
		fail_at_once(eap, reason == AUTH_SUCCESS ? AUTH_MALFORMED : reason, out);
		return;
	}
	out->what = AUTH_EAP_SEND;
	eap->failure = (uint8_t)reason;
	eap->notified = true;
	eap->phase = AUTH_EAP_NOTIFYING;
}

static uint16_t code_of(const struct auth_eap *eap, enum auth_reason reason)
{
	if (!eap->proven)
		return FAILURE_BEFORE_AUTHENTICATION;
	return reason == AUTH_TERMINATED || reason == AUTH_NOT_A_SUBSCRIBER ? NOT_SUBSCRIBED : FAILURE_AFTER_AUTHENTICATION;
}

void auth_eap_refuse(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out)
{
	/* A peer that agreed on result indications understands notifications, whatever the tenant thinks of others. */
	bool wanted = eap->notify_failures || eap->result_agreed;
	bool possible = !eap->notified && (eap->phase != AUTH_EAP_ENDED || eap->proven);

	*out = (struct auth_eap_action){ .reason = reason };
	if (wanted && possible)
		notify(eap, code_of(eap, reason), reason, out);
	else
		fail_at_once(eap, reason, out);
}

void auth_eap_announce(struct auth_eap *eap, struct auth_eap_action *out)
{
	assert(eap->phase == AUTH_EAP_PROVING);
	notify(eap, SUCCESS, AUTH_SUCCESS, out);
}

static void proven(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	eap->proven = true;
	eap->result_agreed = p->has_result_ind;
	eap->phase = eap->result_agreed ? AUTH_EAP_PROVING : AUTH_EAP_ENDED;
	out->what = eap->result_agreed ? AUTH_EAP_PROVEN : AUTH_EAP_DONE;
	out->reason = AUTH_SUCCESS;
}

/* The caller is going to send another request. */
static void await(struct auth_eap *eap, enum auth_eap_do what, struct auth_eap_action *out)
{
	eap->phase = AUTH_EAP_STARTING;
	out->what = what;
}

/* ---- what each response does ---- */

/* The hash that AT_CHECKCODE carries covers both packets of each round (RFC 4187 10.13). The request is written again: it
 * depends on nothing but its Identifier and what it asked for. */
static es_status log_round(struct auth_eap *eap, struct es_slice response)
{
	struct es_buf buf;

	es_buf_init_fixed(&buf, eap->id_log + eap->id_log_len, sizeof eap->id_log - eap->id_log_len);
	ES_TRY(auth_eap_write_identity_request(eap, &buf));
	es_put_bytes(&buf, response);
	ES_TRY(es_buf_status(&buf));
	eap->id_log_len = (uint16_t)(eap->id_log_len + buf.len);
	return ES_OK;
}

static void on_identity(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	if (p->identity.len == 0 || p->identity.len > AUTH_EAP_IDENTITY_MAX || log_round(eap, p->whole) != ES_OK) {
		auth_eap_refuse(eap, AUTH_IDENTITY_UNUSABLE, out);
		return;
	}
	memset(eap->identity, 0, sizeof eap->identity);
	memcpy(eap->identity, p->identity.ptr, p->identity.len);
	eap->identity_len = (uint8_t)p->identity.len;
	await(eap, AUTH_EAP_IDENTITY, out);
}

static bool checkcode_is_right(const struct auth_eap *eap, const struct es_eap_packet *p)
{
	uint8_t hash[32];

	return !p->has_checkcode || es_slice_eq(p->checkcode, auth_eap_checkcode(eap, hash));
}

static void on_challenge(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	/* Both are computed before either is judged. RES must have exactly the length of XRES: a shorter one that
	 * is a prefix would be easier to guess. */
	bool mac_ok = auth_eap_mac_is_right(eap, p, (struct es_slice){ 0 });
	bool res_ok = p->res_bits == eap->xres_len * 8u && p->res.len == eap->xres_len &&
	              es_ct_equal(p->res.ptr, eap->xres, eap->xres_len);

	if (!mac_ok)
		auth_eap_refuse(eap, AUTH_MAC_MISMATCH, out);
	else if (!res_ok)
		auth_eap_refuse(eap, AUTH_RES_MISMATCH, out);
	else if (!checkcode_is_right(eap, p))
		auth_eap_refuse(eap, AUTH_CHECKCODE_MISMATCH, out);
	else
		proven(eap, p, out);
}

/* RFC 9048 3.2: AT_KDF alone is the peer's choice among those offered behind the first. There is only the first, so a peer
 * that wants another, or negotiates at all, is wrong. */
static void on_kdf_choice(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	(void)p;
	auth_eap_refuse(eap, AUTH_KDF_REFUSED, out);
}

/* RFC 4187 9.8. AT_COUNTER_TOO_SMALL is no error: a full authentication follows, without another identity round (5.5). */
static void on_reauthentication(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	uint8_t plain[ES_EAP_MAX_PACKET];
	struct es_eap_inner inner = { 0 };

	if (!auth_eap_mac_is_right(eap, p, es_slice_of(eap->rand, sizeof eap->rand))) {
		auth_eap_refuse(eap, AUTH_MAC_MISMATCH, out);
	} else if (auth_eap_decrypt(eap, p, plain, &inner) != ES_OK || !inner.has_counter) {
		auth_eap_refuse(eap, AUTH_ENCRYPTED_MALFORMED, out);
	} else if (inner.counter != eap->counter) {
		auth_eap_refuse(eap, AUTH_COUNTER_MISMATCH, out);
	} else if (!checkcode_is_right(eap, p)) {
		auth_eap_refuse(eap, AUTH_CHECKCODE_MISMATCH, out);
	} else if (inner.has_counter_too_small) {
		eap->reauth = false;
		await(eap, AUTH_EAP_FULL_AUTH, out);
	} else {
		proven(eap, p, out);
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

/* RFC 9048 3.2: the peer repeats the list of the challenge that it could not take. */
static bool kdfs_are_ours(const struct es_eap_packet *p)
{
	return p->kdf_count == 0 || (p->kdf_count == auth_eap_kdf_count &&
	                             memcmp(p->kdf, auth_eap_kdfs, auth_eap_kdf_count * sizeof *auth_eap_kdfs) == 0);
}

static void on_synchronization_failure(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	if (!kdfs_are_ours(p)) {
		auth_eap_refuse(eap, AUTH_KDF_REFUSED, out);
		return;
	}
	if (eap->resyncs >= RESYNCS_MAX) {
		auth_eap_refuse(eap, AUTH_SECOND_RESYNC, out);
		return;
	}
	eap->resyncs++;
	memcpy(out->auts, p->auts.ptr, sizeof out->auts);
	await(eap, AUTH_EAP_RESYNC, out);
}

static void on_notified(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	(void)p;
	fail_at_once(eap, (enum auth_reason)eap->failure, out);
}

/* The answer to a notification that was protected: of success, which it has to confirm, or of a failure. */
static void on_notified_proven(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	uint8_t plain[ES_EAP_MAX_PACKET];
	struct es_eap_inner inner = { 0 };

	if (eap->failure != AUTH_SUCCESS)
		fail_at_once(eap, (enum auth_reason)eap->failure, out);
	else if (!auth_eap_mac_is_right(eap, p, (struct es_slice){ 0 }))
		fail_at_once(eap, AUTH_MAC_MISMATCH, out);
	else if (eap->reauth && (auth_eap_decrypt(eap, p, plain, &inner) != ES_OK || !inner.has_counter))
		fail_at_once(eap, AUTH_ENCRYPTED_MALFORMED, out);
	else if (eap->reauth && inner.counter != eap->counter)
		fail_at_once(eap, AUTH_COUNTER_MISMATCH, out);
	else
		*out = (struct auth_eap_action){ .what = AUTH_EAP_DONE, .reason = AUTH_SUCCESS };
	eap->phase = AUTH_EAP_ENDED;
}

/* RFC 3748 5.3.1: only against the first request, with the types that the peer would rather speak. */
static void on_nak(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out)
{
	uint8_t other = eap->method == AUTH_AKA ? EAP_TYPE_AKA_PRIME : EAP_TYPE_AKA;

	if (!eap->other_method || es_slice_find(p->nak_types, other) == p->nak_types.len) {
		fail_at_once(eap, AUTH_NAK, out);
		return;
	}
	eap->method = eap->method == AUTH_AKA ? AUTH_AKA_PRIME : AUTH_AKA;
	eap->id_req = AUTH_EAP_ID_NONE;
	eap->reauth = false;
	await(eap, AUTH_EAP_METHOD, out);
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
	HAS_KDF = 1 << 7,
	HAS_RESULT_IND = 1 << 8,
	HAS_OTHER = 1 << 9, /* what no response carries */
};

static unsigned attributes_of(const struct es_eap_packet *p)
{
	bool other = p->has_rand || p->has_autn || p->has_notification || p->has_permanent_id_req || p->has_any_id_req ||
	             p->has_fullauth_id_req || p->has_kdf_input || p->has_bidding || p->has_iv != p->has_encr_data;

	return (p->has_res ? HAS_RES : 0u) | (p->has_auts ? HAS_AUTS : 0u) | (p->has_mac ? HAS_MAC : 0u) |
	       (p->has_identity ? HAS_IDENTITY : 0u) | (p->has_client_error_code ? HAS_CLIENT_ERROR_CODE : 0u) |
	       (p->has_checkcode ? HAS_CHECKCODE : 0u) | (p->has_encr_data ? HAS_ENCRYPTED : 0u) |
	       (p->kdf_count > 0 ? HAS_KDF : 0u) | (p->has_result_ind ? HAS_RESULT_IND : 0u) | (other ? HAS_OTHER : 0u);
}

/* The phase, with NOTIFYING told apart by what its response has to carry. */
enum {
	IDENTIFYING = AUTH_EAP_IDENTIFYING,
	CHALLENGING = AUTH_EAP_CHALLENGING,
	REAUTHENTICATING = AUTH_EAP_REAUTHENTICATING,
	NOTIFYING = AUTH_EAP_NOTIFYING,
	NOTIFYING_PROVEN = 1 << 8,
	NOTIFYING_REAUTH = 1 << 9,
	WAITING = IDENTIFYING | CHALLENGING | REAUTHENTICATING | NOTIFYING | NOTIFYING_PROVEN | NOTIFYING_REAUTH,
};

static unsigned situation_of(const struct auth_eap *eap)
{
	if (eap->phase != AUTH_EAP_NOTIFYING || !eap->proven)
		return eap->phase;
	return eap->reauth ? NOTIFYING_REAUTH : NOTIFYING_PROVEN;
}

#define INDICATIONS (HAS_CHECKCODE | HAS_RESULT_IND)

/* clang-format off */
static const struct rule {
	unsigned situations;
	uint8_t subtype;
	unsigned must, may; /* RFC 4187 10.1, columns of the responses */
	void (*run)(struct auth_eap *eap, const struct es_eap_packet *p, struct auth_eap_action *out);
} rules[] = {
	/* while we are      the peer sends                must bring                may bring                    RFC 4187 */
	{ IDENTIFYING,       AKA_IDENTITY,                HAS_IDENTITY,             0,                           on_identity },                /* 9.2 */
	{ CHALLENGING,       AKA_CHALLENGE,               HAS_RES | HAS_MAC,        INDICATIONS | HAS_ENCRYPTED, on_challenge },               /* 9.4 */
	{ CHALLENGING,       AKA_CHALLENGE,               HAS_KDF,                  0,                           on_kdf_choice },              /* RFC 9048 3.2 */
	{ CHALLENGING,       AKA_AUTHENTICATION_REJECT,   0,                        0,                           on_authentication_reject },   /* 9.5 */
	{ CHALLENGING,       AKA_SYNCHRONIZATION_FAILURE, HAS_AUTS,                 HAS_KDF,                     on_synchronization_failure }, /* 9.6 */
	{ REAUTHENTICATING,  AKA_REAUTHENTICATION,        HAS_MAC | HAS_ENCRYPTED,  INDICATIONS,                 on_reauthentication },        /* 9.8 */
	{ NOTIFYING,         AKA_NOTIFICATION,            0,                        0,                           on_notified },                /* 9.11 */
	{ NOTIFYING_PROVEN,  AKA_NOTIFICATION,            HAS_MAC,                  0,                           on_notified_proven },
	{ NOTIFYING_REAUTH,  AKA_NOTIFICATION,            HAS_MAC | HAS_ENCRYPTED,  0,                           on_notified_proven },
	{ WAITING,           AKA_CLIENT_ERROR,            HAS_CLIENT_ERROR_CODE,    0,                           on_client_error },            /* 9.9 */
};
/* clang-format on */

/* The rule for this response. NULL: `is_known` says whether the subtype at least may come now. */
static const struct rule *rule_for(const struct auth_eap *eap, const struct es_eap_packet *p, bool *is_known)
{
	unsigned situation = situation_of(eap), has = attributes_of(p);
	unsigned never = eap->offer_result_ind ? 0u : HAS_RESULT_IND; /* RFC 4187 10.14: only when it was offered */

	*is_known = false;
	for (size_t i = 0; i < ES_COUNT(rules); i++) {
		const struct rule *rule = &rules[i];
		if ((rule->situations & situation) == 0 || rule->subtype != p->subtype)
			continue;
		*is_known = true;
		if ((has & rule->must) == rule->must && (has & ~(rule->must | (rule->may & ~never))) == 0)
			return rule;
	}
	return NULL;
}

es_status auth_eap_step(struct auth_eap *eap, struct es_slice packet, struct auth_eap_action *out)
{
	struct auth_eap_action action = { 0 };
	struct es_eap_packet p;
	bool is_known;

	if ((situation_of(eap) & WAITING) == 0)
		return ES_MALFORMED; /* nothing was asked */
	ES_TRY(es_eap_parse(packet, &p));
	/* EAP discards what does not answer the outstanding request (RFC 3748 4.1); over HTTP that is a 400. */
	if (p.code != EAP_RESPONSE || p.identifier != eap->identifier)
		return ES_MALFORMED;

	if (p.type == EAP_TYPE_NAK && eap->requests == 1) {
		on_nak(eap, &p, &action);
		*out = action;
		return ES_OK;
	}
	if (p.type != auth_eap_type(eap))
		return ES_MALFORMED;
	const struct rule *rule = rule_for(eap, &p, &is_known);
	if (rule == NULL && is_known)
		return ES_MALFORMED;
	if (rule == NULL)
		auth_eap_refuse(eap, AUTH_UNEXPECTED_SUBTYPE, &action); /* RFC 4187 6.3.2 */
	else
		rule->run(eap, &p, &action);
	*out = action;
	return ES_OK;
}
