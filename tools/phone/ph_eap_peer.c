/* ph_eap_peer.c -- requests in, responses out, as RFC 4187 section 6 and 9 and RFC 9048 section 3 and 4 tell a peer. */
#include "ph_eap_peer.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"

enum { LOG_MAX = 8192, UNABLE_TO_PROCESS = 0 };
enum { KDF_CK_IK_PRIME = 1, BIDDING_D = 0x8000, AMF_SEPARATION = 0x80 };

void ph_eap_peer_init(struct ph_eap_peer *peer, struct ph_usim *usim, struct es_slice identity)
{
	*peer = (struct ph_eap_peer){
		.usim = usim, .identity = identity, .methods = PH_AKA, .network_name = "WLAN", .type = EAP_TYPE_AKA
	};
	es_buf_init(&peer->identity_log, LOG_MAX);
}

void ph_eap_peer_done(struct ph_eap_peer *peer)
{
	es_buf_free(&peer->identity_log);
	es_wipe(peer->k_aut, sizeof peer->k_aut);
}

/* A response being built: the request's identifier and type, RFC 3748 4.1. */
struct reply {
	struct ph_eap_peer *peer;
	const struct es_eap_packet *request;
	struct es_buf *buf;
	struct ph_eap_step *out;
};

static struct es_eap_writer begin(const struct reply *r, uint8_t subtype)
{
	return es_eap_begin(r->buf, EAP_RESPONSE, r->request->identifier, r->peer->type, subtype);
}

static void mac_of(const struct ph_eap_peer *peer, struct es_slice packet, uint8_t mac[16])
{
	if (peer->type == EAP_TYPE_AKA_PRIME)
		es_eap_prime_mac_parts(peer->k_aut, &packet, 1, mac);
	else
		es_eap_aka_mac(peer->k_aut, packet, mac);
}

static es_status end(const struct reply *r, struct es_eap_writer *w, enum ph_eap_did did, const char *why)
{
	uint8_t *mac = NULL;

	ES_TRY(es_eap_end(w, &r->out->response, &mac));
	if (mac != NULL)
		mac_of(r->peer, r->out->response, mac);
	r->out->did = did;
	r->out->why = why;
	return ES_OK;
}

static es_status client_error(const struct reply *r, const char *why)
{
	struct es_eap_writer w = begin(r, AKA_CLIENT_ERROR);
	es_eap_put_u16(&w, AT_CLIENT_ERROR_CODE, UNABLE_TO_PROCESS);
	return end(r, &w, PH_EAP_CLIENT_ERROR, why);
}

/* RFC 4187 10.15: over the packet with the MAC's value zeroed. */
static bool mac_is_right(const struct ph_eap_peer *peer, const struct es_eap_packet *p)
{
	uint8_t copy[ES_EAP_MAX_PACKET], mac[16];

	memcpy(copy, p->whole.ptr, p->whole.len);
	memset(copy + (p->mac.ptr - p->whole.ptr), 0, sizeof mac);
	mac_of(peer, es_slice_of(copy, p->whole.len), mac);
	return es_ct_equal(mac, p->mac.ptr, sizeof mac);
}

static es_status reject(const struct reply *r, const char *why)
{
	struct es_eap_writer w = begin(r, AKA_AUTHENTICATION_REJECT);
	return end(r, &w, PH_EAP_REJECTED, why);
}

/* RFC 4187 10.13: empty when there was no identity round, else SHA-1 (AKA': SHA-256) over all its packets. */
static struct es_slice checkcode_of(const struct ph_eap_peer *peer, uint8_t hash[32])
{
	struct es_slice log = es_buf_slice(&peer->identity_log);
	if (log.len == 0)
		return (struct es_slice){ 0 };
	if (peer->type == EAP_TYPE_AKA_PRIME) {
		es_sha256(&log, 1, hash);
		return es_slice_of(hash, 32);
	}
	es_sha1(&log, 1, hash);
	return es_slice_of(hash, 20);
}

/* RFC 9048 3.1: the same name, or one is the beginning of the other up to a ':'. */
static bool names_agree(struct es_slice a, struct es_slice b)
{
	struct es_slice shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;

	return shorter.len > 0 && es_slice_starts_with(longer, shorter) &&
	       (longer.len == shorter.len || longer.ptr[shorter.len] == ':');
}

/* NULL, or why a peer that found AUTN right refuses the challenge all the same. */
static const char *objection_to(const struct ph_eap_peer *peer, const struct es_eap_packet *p)
{
	if (peer->usim->is_impostor || peer->type == EAP_TYPE_AKA)
		return NULL;
	if (!names_agree(p->kdf_input, es_slice_str(peer->network_name)))
		return "AT_KDF_INPUT names another network than the one this phone is in";
	if (p->kdf_count != 1 || p->kdf[0] != KDF_CK_IK_PRIME)
		return "AT_KDF is not the one key derivation that is defined";
	return (p->autn.ptr[6] & AMF_SEPARATION) == 0 ? "the separation bit of AMF is 0: this vector is not for EAP-AKA'"
	                                              : NULL;
}

/* RFC 9048 4: both would rather speak AKA', so somebody in between talked the server out of it. */
static bool is_bidding_down(const struct ph_eap_peer *peer, const struct es_eap_packet *p)
{
	return peer->type == EAP_TYPE_AKA && peer->methods == (PH_AKA | PH_AKA_PRIME) && p->has_bidding &&
	       (p->bidding & BIDDING_D) != 0;
}

/* CK' and IK' in place of CK and IK, where it is AKA'. */
static void derive(struct ph_eap_peer *peer, const struct es_eap_packet *p, const struct ph_usim_answer *sim)
{
	uint8_t ck[16], ik[16];

	memcpy(ck, sim->ck, sizeof ck);
	memcpy(ik, sim->ik, sizeof ik);
	if (peer->type == EAP_TYPE_AKA_PRIME) {
		es_eap_prime_ck_ik(ck, ik, p->kdf_input, p->autn.ptr);
		es_eap_prime_k_aut(peer->identity, ik, ck, NULL, peer->k_aut);
	} else {
		es_eap_aka_k_aut(peer->identity, ik, ck, NULL, peer->k_aut);
	}
	peer->has_k_aut = true;
	es_wipe(ck, sizeof ck);
	es_wipe(ik, sizeof ik);
}

/* The USIM took AUTN: K_aut is known now, and the packet itself can be checked. */
static es_status answer_challenge(const struct reply *r, const struct ph_usim_answer *sim)
{
	struct ph_eap_peer *peer = r->peer;
	const char *objection = objection_to(peer, r->request);
	uint8_t hash[32];

	if (objection != NULL)
		return reject(r, objection);
	derive(peer, r->request, sim);
	if (!peer->usim->is_impostor && !mac_is_right(peer, r->request))
		return client_error(r, "AT_MAC of the challenge is wrong");
	if (!peer->usim->is_impostor && is_bidding_down(peer, r->request))
		return reject(r, "both sides would rather speak EAP-AKA': this is a bidding down");
	struct es_slice checkcode = checkcode_of(peer, hash);
	if (r->request->has_checkcode && !es_slice_eq(checkcode, r->request->checkcode))
		return client_error(r, "AT_CHECKCODE does not match the identity rounds");

	struct es_eap_writer w = begin(r, AKA_CHALLENGE);
	es_eap_put_res(&w, es_slice_of(sim->res, sim->res_len));
	if (r->request->has_checkcode)
		es_eap_put_checkcode(&w, checkcode);
	es_eap_put_mac_space(&w);
	return end(r, &w, PH_EAP_ANSWERED,
	           peer->usim->is_impostor ? "an impostor answers, with another K" : "AUTN, SQN and AT_MAC are right");
}

static es_status on_challenge(const struct reply *r)
{
	const struct es_eap_packet *p = r->request;
	struct ph_usim_answer sim;
	es_status status = ES_INTERNAL;

	if (!p->has_rand || !p->has_autn || !p->has_mac)
		return client_error(r, "a challenge needs AT_RAND, AT_AUTN and AT_MAC");
	if (p->type == EAP_TYPE_AKA_PRIME && (!p->has_kdf_input || p->kdf_count == 0))
		return client_error(r, "a challenge of EAP-AKA' needs AT_KDF and AT_KDF_INPUT");
	enum ph_usim_result result = ph_usim_authenticate(r->peer->usim, p->rand.ptr, p->autn.ptr, &sim);
	r->out->sqn = sim.sqn;
	r->out->sqn_ms = sim.sqn_ms;
	if (result == PH_USIM_OK) {
		status = answer_challenge(r, &sim);
	} else if (result == PH_USIM_SYNC_FAILURE) {
		struct es_eap_writer w = begin(r, AKA_SYNCHRONIZATION_FAILURE); /* RFC 4187 9.6: AT_AUTS and no AT_MAC */
		es_eap_put_auts(&w, sim.auts);
		for (size_t i = 0; i < p->kdf_count; i++) /* RFC 9048 3.2: as they were */
			es_eap_put_u16(&w, AT_KDF, p->kdf[i]);
		status = end(r, &w, PH_EAP_RESYNC, "AUTN is genuine, but its SQN is not fresh");
	} else {
		status = reject(r, "AUTN does not come from this SIM's home network");
	}
	es_wipe(&sim, sizeof sim);
	return status;
}

/* RFC 4187 4.1: one of the three requests; this peer has no other name than its permanent one. */
static es_status on_identity(const struct reply *r)
{
	const struct es_eap_packet *p = r->request;
	struct es_buf *log = &r->peer->identity_log;

	if (p->has_any_id_req + p->has_fullauth_id_req + p->has_permanent_id_req != 1)
		return client_error(r, "an identity request asks for exactly one kind of identity");
	struct es_eap_writer w = begin(r, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, r->peer->identity);
	ES_TRY(end(r, &w, PH_EAP_IDENTIFIED, "the server asks who we are"));
	es_put_bytes(log, p->whole);
	es_put_bytes(log, r->out->response);
	return es_buf_status(log);
}

/* RFC 4187 9.10: with the P bit no MAC may be checked yet, without it it must be there. */
static es_status on_notification(const struct reply *r)
{
	const struct es_eap_packet *p = r->request;
	bool before_authentication = (p->notification & 0x4000) != 0;

	if (!p->has_notification || before_authentication == p->has_mac)
		return client_error(r, "a notification has AT_MAC exactly when its P bit is 0");
	if (p->has_mac && (!r->peer->has_k_aut || !mac_is_right(r->peer, p)))
		return client_error(r, "AT_MAC of the notification is wrong");
	struct es_eap_writer w = begin(r, AKA_NOTIFICATION);
	if (p->has_mac)
		es_eap_put_mac_space(&w);
	return end(r, &w, PH_EAP_ACKNOWLEDGED,
	           (p->notification & 0x8000) != 0 ? "the server announces success" : "the server announces a failure");
}

/* RFC 3748 5.3.1: what this peer speaks, the better one first. */
static es_status propose_others(const struct reply *r)
{
	uint8_t nak[7] = { EAP_RESPONSE, r->request->identifier, 0, 5, EAP_TYPE_NAK };

	if ((r->peer->methods & PH_AKA_PRIME) != 0)
		nak[nak[3]++] = EAP_TYPE_AKA_PRIME;
	if ((r->peer->methods & PH_AKA) != 0)
		nak[nak[3]++] = EAP_TYPE_AKA;
	es_put_bytes(r->buf, es_slice_of(nak, nak[3]));
	ES_TRY(es_buf_status(r->buf));
	r->out->did = PH_EAP_WANTS_OTHER;
	r->out->why = "this peer does not speak the proposed method";
	r->out->response = es_buf_slice(r->buf);
	return ES_OK;
}

static bool speaks(const struct ph_eap_peer *peer, uint8_t type)
{
	return (type == EAP_TYPE_AKA && (peer->methods & PH_AKA) != 0) ||
	       (type == EAP_TYPE_AKA_PRIME && (peer->methods & PH_AKA_PRIME) != 0);
}

static es_status on_request(const struct reply *r)
{
	if (!speaks(r->peer, r->request->type))
		return propose_others(r);
	r->peer->type = r->request->type;
	switch (r->request->subtype) {
	case AKA_CHALLENGE: return on_challenge(r);
	case AKA_IDENTITY: return on_identity(r);
	case AKA_NOTIFICATION: return on_notification(r);
	default: return client_error(r, "no fast re-authentication was agreed on");
	}
}

es_status ph_eap_peer_step(struct ph_eap_peer *peer, struct es_slice request, struct es_buf *response,
                           struct ph_eap_step *out)
{
	struct es_eap_packet p = { 0 };
	struct ph_eap_step step = { .did = PH_EAP_IGNORED,
		                        .why = "this is no EAP request",
		                        .is_impostor = peer->usim->is_impostor };
	const struct reply r = { .peer = peer, .request = &p, .buf = response, .out = &step };
	es_status status = ES_OK;

	es_buf_reset(response);
	if (es_eap_parse(request, &p) == ES_OK) {
		if (p.code == EAP_REQUEST)
			status = on_request(&r);
		else if (p.code == EAP_SUCCESS || p.code == EAP_FAILURE)
			step = (struct ph_eap_step){ .did = PH_EAP_ENDED, .why = "the server ends the exchange" };
	} else if (request.len > 5 && request.ptr[0] == EAP_REQUEST && speaks(peer, request.ptr[4])) {
		peer->type = request.ptr[4];
		p.identifier = request.ptr[1]; /* RFC 4187 6.3.1: it cannot be parsed, but it can be answered */
		status = client_error(&r, "the request is malformed");
	}
	if (status == ES_OK)
		*out = step;
	return status;
}
