/* ph_eap_peer.h -- the peer's side of EAP-AKA (RFC 4187), complete where Android's is not: it checks AT_MAC and
 * AT_CHECKCODE and answers AKA-Identity and AKA-Notification. Pure.
 *
 * One peer is one exchange. It shares the packet reader and the cryptographic primitives with the server, and nothing
 * of the server's state machine: two readings of the RFC that have to meet on the wire. */
#ifndef PH_EAP_PEER_H
#define PH_EAP_PEER_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#include "ph_usim.h"

struct ph_eap_peer {
	struct ph_usim *usim;
	struct es_slice identity;   /* the octets of EAP_ID; not owned */
	struct es_buf identity_log; /* AKA-Identity packets of both directions, for AT_CHECKCODE (RFC 4187 10.13) */
	uint8_t k_aut[16];
	bool has_k_aut;
};

enum ph_eap_did {
	PH_EAP_ANSWERED,     /* the challenge, with RES */
	PH_EAP_RESYNC,       /* SQN was not fresh: Synchronization-Failure with AUTS */
	PH_EAP_REJECTED,     /* AUTN is not our network's: Authentication-Reject */
	PH_EAP_CLIENT_ERROR, /* the request cannot be accepted: Client-Error */
	PH_EAP_IDENTIFIED,   /* AKA-Identity */
	PH_EAP_ACKNOWLEDGED, /* AKA-Notification */
	PH_EAP_WANTS_AKA,    /* Nak: another method than EAP-AKA was proposed */
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

void ph_eap_peer_init(struct ph_eap_peer *peer, struct ph_usim *usim, struct es_slice identity);
void ph_eap_peer_done(struct ph_eap_peer *peer); /* wipes */
/* Any bytes may come in. `response` is emptied first. ES_TOO_LARGE when the answer does not fit in it. */
es_status ph_eap_peer_step(struct ph_eap_peer *peer, struct es_slice request, struct es_buf *response,
                           struct ph_eap_step *out) ES_MUST_USE;

#endif
