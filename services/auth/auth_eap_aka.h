/* auth_eap_aka.h -- the server's side of one EAP-AKA or EAP-AKA' exchange (RFC 4187, RFC 9048).
 *
 * Pure: no I/O, no clock, no randomness, no globals. The caller brings identities, vectors, the first Identifier and
 * random octets, feeds in the peer's packets and carries out the action it gets back; waiting for a vector is a state,
 * not a thread. The state is a plain struct that packs into octets, so that an exchange lives in a sealed cookie or a row
 * and any replica takes the next step. It holds K_aut and XRES: secret.
 *
 * Order of calls: auth_eap_begin(); then one request: auth_eap_challenge(), auth_eap_reauthenticate() or
 * auth_eap_request_identity(); then auth_eap_step() for each response, until DONE or FAILED.
 *
 * Android's peer understands challenges only: AKA-Identity, AKA-Notification, AT_CHECKCODE, AT_RESULT_IND, AT_BIDDING and
 * encrypted attributes are sent only where the options ask for them. */
#ifndef AUTH_EAP_AKA_H
#define AUTH_EAP_AKA_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_auc.h"
#include "auth_method.h"
#include "auth_reason.h"
#include "es_buf.h"
#include "es_reader.h"
#include "es_slice.h"
#include "es_status.h"

#define AUTH_EAP_IDENTITY_MAX 253    /* RFC 4282 2.2: no NAI is longer */
#define AUTH_EAP_NETWORK_NAME_MAX 63 /* "WLAN"; "5G:mnc001.mcc001.3gppnetwork.org" */
#define AUTH_EAP_NEXT_ID_MAX 95      /* AT_NEXT_REAUTH_ID, with its realm */
#define AUTH_EAP_PSEUDONYM_MAX 127   /* AT_NEXT_PSEUDONYM */
#define AUTH_EAP_ID_LOG_MAX 864      /* three identity rounds with the longest identities */
#define AUTH_EAP_PACKED_MAX 1440     /* auth_eap_pack() never writes more */
#define AUTH_EAP_REQUEST_MAX 512     /* no request is longer: room for `packet` */

/* What the outstanding request was. Single bits, so that a rule may name several. */
enum auth_eap_phase {
	AUTH_EAP_STARTING = 0,          /* no request sent yet, or the last one needs a successor (see the actions) */
	AUTH_EAP_IDENTIFYING = 1,       /* AKA-Identity */
	AUTH_EAP_CHALLENGING = 2,       /* AKA-Challenge */
	AUTH_EAP_NOTIFYING = 4,         /* AKA-Notification, of a failure or of success */
	AUTH_EAP_ENDED = 8,             /* DONE or FAILED */
	AUTH_EAP_REAUTHENTICATING = 16, /* AKA-Reauthentication */
	AUTH_EAP_PROVING = 32,          /* PROVEN: the caller is deciding */
};

/* Which identity is asked for, from the least to the most revealing (RFC 4187 4.1). */
enum auth_eap_id_req { AUTH_EAP_ID_NONE, AUTH_EAP_ID_ANY, AUTH_EAP_ID_FULLAUTH, AUTH_EAP_ID_PERMANENT };

struct auth_eap {
	uint8_t phase;
	uint8_t method;     /* enum auth_method */
	uint8_t identifier; /* of the outstanding request */
	uint8_t requests;   /* sent so far */
	uint8_t resyncs;
	uint8_t id_req; /* enum auth_eap_id_req: the last one sent */
	bool offer_checkcode, notify_failures, offer_result_ind, bidding, other_method;
	bool result_agreed; /* the peer answered AT_RESULT_IND: it wants a protected result */
	bool notified;      /* there is one notification in an exchange at most (RFC 4187 6.3.1) */
	bool proven;        /* RES, or the counter, was right: notifications carry AT_MAC now */
	bool reauth;        /* it was proven, or is being proven, by re-authentication */
	bool keep_k_encr;
	uint8_t failure;  /* enum auth_reason that the notification stands for; AUTH_SUCCESS for the one of success */
	uint8_t rand[16]; /* of the challenge; NONCE_S of a re-authentication */
	uint8_t xres[16], xres_len;
	uint8_t k_aut[32]; /* EAP-AKA: the first 16 octets */
	uint8_t k_encr[16];
	uint16_t counter;
	char network_name[AUTH_EAP_NETWORK_NAME_MAX + 1]; /* of AKA': AT_KDF_INPUT, and what CK' and IK' are made with */
	char next_reauth_id[AUTH_EAP_NEXT_ID_MAX + 1];    /* offered to the peer; "": none */
	uint8_t identity_len;
	uint8_t identity[AUTH_EAP_IDENTITY_MAX]; /* octets as received: MK depends on each of them */
	uint16_t id_log_len;
	uint8_t id_log[AUTH_EAP_ID_LOG_MAX]; /* all AKA-Identity packets: what AT_CHECKCODE covers (RFC 4187 10.13) */
};

struct auth_eap_options {
	enum auth_method method;
	/* AKA', and AKA where other_method is on. 1 to AUTH_EAP_NETWORK_NAME_MAX octets of UTF-8 without NUL. */
	struct es_slice network_name;
	bool other_method; /* the tenant offers both: a Nak may ask for the other one */
	bool checkcode, notifications;
	bool result_ind; /* AT_RESULT_IND in challenges and re-authentications */
	bool bidding;    /* AT_BIDDING with D=1 in EAP-AKA challenges: AKA' is offered and preferred (RFC 9048 4) */
	uint8_t first_identifier; /* random (RFC 3748 4.1) */
};

/* `identity`: EAP_ID as received, in the role of EAP-Response/Identity. ES_MALFORMED when it is empty or too long, or a
 * network name is missing or too long. */
es_status auth_eap_begin(struct auth_eap *eap, struct es_slice identity, struct auth_eap_options options) ES_MUST_USE;

/* What a challenge or a re-authentication may bring the peer, encrypted. */
struct auth_eap_offer {
	struct es_slice next_pseudonym; /* username without realm; empty: none. Not with a re-authentication */
	struct es_slice next_reauth_id; /* empty: none; kept as eap->next_reauth_id for the end */
	uint8_t iv[16];                 /* random; needed when there is something to encrypt */
};

/* Writes EAP-Request/AKA-Identity (RFC 4187 9.1). As the first request, or after AUTH_EAP_IDENTITY when that identity is of
 * no use. ES_CONFLICT when this or a more revealing one was asked for already (4.1.7): refuse then. */
es_status auth_eap_request_identity(struct auth_eap *eap, enum auth_eap_id_req what, struct es_buf *packet) ES_MUST_USE;

/* Derives the keys and writes EAP-Request/AKA-Challenge (RFC 4187 9.3, RFC 9048 3): as the first request or after the
 * actions IDENTITY, RESYNC, FULL_AUTH and METHOD. The vector is one of eap->method (CK' and IK' made with
 * eap->network_name for AKA'). Takes what it needs from it; the caller wipes it. `offer` NULL: nothing. */
es_status auth_eap_challenge(struct auth_eap *eap, const struct auth_vector *vector, const struct auth_eap_offer *offer,
                             struct es_buf *packet) ES_MUST_USE;

enum auth_eap_do {
	AUTH_EAP_SEND,     /* `packet` to the peer */
	AUTH_EAP_IDENTITY, /* the peer told its identity (eap->identity): challenge, re-authenticate, ask again or refuse */
	AUTH_EAP_RESYNC,   /* verify `auts` against eap->rand, then auth_eap_challenge() or auth_eap_refuse() */
	AUTH_EAP_FULL_AUTH, /* re-authentication did not do (AT_COUNTER_TOO_SMALL): auth_eap_challenge() */
	AUTH_EAP_METHOD,    /* a Nak asked for the other method, which eap->method is now: auth_eap_challenge(), or ask */
	AUTH_EAP_PROVEN, /* the SIM is who it says, and the peer waits to hear: auth_eap_announce() or auth_eap_refuse() */
	AUTH_EAP_DONE,   /* the SIM is who it says; nothing is left to be said. auth_eap_refuse() may still follow */
	AUTH_EAP_FAILED, /* it is not; `reason` */
};

struct auth_eap_action {
	enum auth_eap_do what;
	enum auth_reason reason;
	uint8_t auts[14];
	uint8_t packet[80];
	uint8_t packet_len;
};

/* Feeds one EAP-Response. ES_MALFORMED: it does not parse, misses or brings attributes against RFC 4187 10.1, or
 * does not belong to the outstanding request (Code, Identifier, Type); the exchange has not moved and the right packet
 * may still come. Otherwise ES_OK, `out` is set, and a DONE or FAILED exchange takes no more packets. */
es_status auth_eap_step(struct auth_eap *eap, struct es_slice packet, struct auth_eap_action *out) ES_MUST_USE;

/* After PROVEN: the protected notification of success (RFC 4187 6.2); its answer is DONE. */
void auth_eap_announce(struct auth_eap *eap, struct auth_eap_action *out);

/* The caller's own verdict (AUTS not genuine, identity not known, not admitted after PROVEN or DONE): FAILED, or a
 * notification first where the options, or the peer, want one. */
void auth_eap_refuse(struct auth_eap *eap, enum auth_reason reason, struct auth_eap_action *out);

/* ---- fast re-authentication (RFC 4187 section 5) ---- */

/* What two exchanges share, under the re-authentication identity that names it. Secret. MK and K_re are not in it: they
 * make MSK only, which nobody here uses. */
struct auth_reauth {
	enum auth_method method;
	uint8_t k_aut[32], k_encr[16];
	uint16_t counter; /* of the next re-authentication */
};
#define AUTH_REAUTH_PACKED (1 + 32 + 16 + 2)

/* Instead of a challenge; the context's method is eap->method. nonce_s: random. ES_TOO_LARGE: the counter is used up,
 * challenge instead. */
es_status auth_eap_reauthenticate(struct auth_eap *eap, const struct auth_reauth *context, const uint8_t nonce_s[16],
                                  const struct auth_eap_offer *offer, struct es_buf *packet) ES_MUST_USE;
/* After PROVEN or DONE of an exchange with an eap->next_reauth_id: the context to keep under it. Wipe `out`. */
void auth_eap_context(const struct auth_eap *eap, struct auth_reauth *out);
void auth_reauth_pack(const struct auth_reauth *context, uint8_t out[AUTH_REAUTH_PACKED]);
es_status auth_reauth_unpack(struct es_slice packed, struct auth_reauth *out) ES_MUST_USE;

/* ---- the state as octets ---- */

void auth_eap_pack(const struct auth_eap *eap, struct es_buf *out);
/* ES_MALFORMED when the octets are not what auth_eap_pack() writes. */
es_status auth_eap_unpack(struct es_reader *in, struct auth_eap *out) ES_MUST_USE;

#endif
