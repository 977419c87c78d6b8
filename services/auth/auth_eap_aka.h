/* auth_eap_aka.h -- the server's side of one EAP-AKA full authentication (RFC 4187).
 *
 * Pure: no I/O, no clock, no randomness, no globals. The caller brings identities, vectors and the first Identifier,
 * feeds in the peer's packets and carries out the action it gets back; waiting for a vector is a state, not a thread.
 * The state is a plain struct that packs into octets, so that an exchange lives in a sealed cookie or a row and any
 * replica takes the next step. It holds K_aut and XRES: wipe it with auth_eap_wipe().
 *
 * Android's peer understands challenges only: AKA-Identity, AKA-Notification and AT_CHECKCODE are sent only where the
 * tenant turned them on. */
#ifndef AUTH_EAP_AKA_H
#define AUTH_EAP_AKA_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_auc.h"
#include "auth_reason.h"
#include "es_buf.h"
#include "es_reader.h"
#include "es_slice.h"
#include "es_status.h"

#define AUTH_EAP_IDENTITY_MAX 253 /* RFC 4282 2.2: no NAI is longer */

/* What the outstanding request was. Single bits, so that a rule may name several. */
enum auth_eap_phase {
	AUTH_EAP_STARTING = 0,    /* no request sent yet */
	AUTH_EAP_IDENTIFYING = 1, /* AKA-Identity */
	AUTH_EAP_CHALLENGING = 2, /* AKA-Challenge */
	AUTH_EAP_NOTIFYING = 4,   /* AKA-Notification of a failure */
	AUTH_EAP_ENDED = 8,
};

struct auth_eap {
	uint8_t phase;
	uint8_t identifier; /* of the outstanding request */
	uint8_t requests;   /* sent so far */
	uint8_t resyncs;
	bool offer_checkcode, notify_failures;
	uint8_t failure;     /* enum auth_reason that the notification stands for */
	bool identity_round; /* one took place; its hash is what AT_CHECKCODE says (RFC 4187 10.13) */
	uint8_t identity_hash[20];
	uint8_t rand[16], xres[16], xres_len, k_aut[16];
	uint8_t identity_len;
	uint8_t identity[AUTH_EAP_IDENTITY_MAX]; /* octets as received: MK depends on each of them */
};

struct auth_eap_options {
	bool checkcode, notifications;
	uint8_t first_identifier; /* random (RFC 3748 4.1) */
};

/* `identity`: EAP_ID as received, in the role of EAP-Response/Identity. ES_MALFORMED when empty or too long. */
es_status auth_eap_begin(struct auth_eap *eap, struct es_slice identity, struct auth_eap_options options) ES_MUST_USE;

/* Writes EAP-Request/AKA-Identity with AT_PERMANENT_ID_REQ (RFC 4187 9.1). Only as the first request. */
es_status auth_eap_request_identity(struct auth_eap *eap, struct es_buf *packet) ES_MUST_USE;

/* Derives the keys and writes EAP-Request/AKA-Challenge (RFC 4187 9.3): the first one, after an AUTH_EAP_IDENTITY, or
 * after an AUTH_EAP_RESYNC. Takes what it needs from the vector; the caller wipes that. */
es_status auth_eap_challenge(struct auth_eap *eap, const struct auth_vector *vector, struct es_buf *packet) ES_MUST_USE;

enum auth_eap_do {
	AUTH_EAP_SEND,     /* `packet` to the peer */
	AUTH_EAP_IDENTITY, /* the peer told its identity (eap->identity): find keys, then auth_eap_challenge() */
	AUTH_EAP_RESYNC,   /* verify `auts` against eap->rand, then auth_eap_challenge() or auth_eap_refuse() */
	AUTH_EAP_DONE,     /* the SIM is who it says */
	AUTH_EAP_FAILED,   /* it is not; `reason` */
};

struct auth_eap_action {
	enum auth_eap_do what;
	enum auth_reason reason;
	uint8_t auts[14];
	uint8_t packet[32];
	uint8_t packet_len;
};

/* Feeds one EAP-Response. ES_MALFORMED: it does not parse, misses or brings attributes against RFC 4187 10.1, or
 * does not belong to the outstanding request (Code, Identifier, Type); the exchange has not moved and the right packet
 * may still come. Otherwise ES_OK, `out` is set, and a DONE or FAILED exchange takes no more packets. */
es_status auth_eap_step(struct auth_eap *eap, struct es_slice packet, struct auth_eap_action *out) ES_MUST_USE;

/* The caller's own verdict (AUTS not genuine, identity not known): FAILED, or a notification first. */
void auth_eap_refuse(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out);

void auth_eap_pack(const struct auth_eap *eap, struct es_buf *out);
/* ES_MALFORMED when the octets are not what auth_eap_pack() writes. */
es_status auth_eap_unpack(struct es_reader *in, struct auth_eap *out) ES_MUST_USE;
void auth_eap_wipe(struct auth_eap *eap);

#endif
