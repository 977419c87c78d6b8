/* ph_eap_peer.h -- the peer's side of EAP-AKA (RFC 4187) and EAP-AKA' (RFC 9048), strict where Android's is not: it checks
 * AT_MAC, AT_CHECKCODE, AT_KDF, AT_KDF_INPUT, AT_BIDDING and the separation bit, and answers AKA-Identity and
 * AKA-Notification. It wants no result indications, pseudonyms or re-authentication: those it leaves unanswered. Pure.
 *
 * One peer is one exchange. It shares the packet reader and the cryptographic primitives with the server, and nothing
 * of the server's state machine: two readings of the RFC that have to meet on the wire. */
#ifndef PH_EAP_PEER_H
#define PH_EAP_PEER_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#include "ph_usim.h"

enum { PH_AKA = 1, PH_AKA_PRIME = 2 };

struct ph_eap_peer {
	struct ph_usim *usim;
	struct es_slice identity;   /* the octets of EAP_ID; not owned */
	struct es_buf identity_log; /* AKA-Identity packets of both directions, for AT_CHECKCODE (RFC 4187 10.13) */
	unsigned methods;           /* PH_AKA, PH_AKA_PRIME or both */
	const char *network_name;   /* the network this peer believes to be in, for AKA' */
	uint8_t type;               /* of the method under way: 23 or 50 */
	uint8_t k_aut[32];          /* EAP-AKA: the first 16 octets */
	bool has_k_aut;
};

enum ph_eap_did {
	PH_EAP_ANSWERED,     /* the challenge, with RES */
	PH_EAP_RESYNC,       /* SQN was not fresh: Synchronization-Failure with AUTS */
	PH_EAP_REJECTED,     /* AUTN is not our network's: Authentication-Reject */
	PH_EAP_CLIENT_ERROR, /* the request cannot be accepted: Client-Error */
	PH_EAP_IDENTIFIED,   /* AKA-Identity */
	PH_EAP_ACKNOWLEDGED, /* AKA-Notification */
	PH_EAP_WANTS_OTHER,  /* Nak: a method was proposed that this peer does not speak */
	PH_EAP_ENDED,        /* EAP-Success or EAP-Failure: nothing to answer */
	PH_EAP_IGNORED,      /* not even an EAP request: nothing to answer */
};

struct ph_eap_step {
	enum ph_eap_did did;
	const char *why;      /* a sentence for the trace; never NULL */
	uint64_t sqn, sqn_ms; /* after a challenge; of no meaning to an impostor */
	bool is_impostor;
	struct es_slice response; /* in the caller's buffer; empty when there is none */
};

/* EAP-AKA and nothing else; the caller may set methods and network_name before the first step. */
void ph_eap_peer_init(struct ph_eap_peer *peer, struct ph_usim *usim, struct es_slice identity);
void ph_eap_peer_done(struct ph_eap_peer *peer); /* wipes */
/* Any bytes may come in. `response` is emptied first. ES_TOO_LARGE when the answer does not fit in it. */
es_status ph_eap_peer_step(struct ph_eap_peer *peer, struct es_slice request, struct es_buf *response,
                           struct ph_eap_step *out) ES_MUST_USE;

#endif
