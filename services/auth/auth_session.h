/* auth_session.h -- one EAP exchange in a sealed cookie: the first round's state and the request to be answered.
 *
 * Android keeps the cookie of the first challenge only, other clients need it with every one: the cookie is therefore one
 * constant value per exchange, and what happens later (a second round, the end) is a row that the session id finds. The
 * text is base64url and at most AUTH_COOKIE_MAX characters; a request that does not fit goes into the row as well.
 * Pure but for the key ring. */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_eap_aka.h"
#include "es_arena.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_token.h"

#define AUTH_COOKIE_MAX 3072
#define AUTH_SESSION_ID 16
#define AUTH_SESSION_TIME 6 /* its first octets */

/* Of an exchange that a 3GPP AAA carries out (auth_relay.h). */
struct auth_relay_state {
	char source[32]; /* "": none does */
	char session[256], destination_host[256];
	uint8_t identifier; /* of the outstanding request */
	uint8_t avp_state_len, avp_state[253];
};

/* The state of a round: in the cookie for the first, in a row for a later one. Secret. */
struct auth_round {
	struct es_imsi imsi; /* "" while an identity round is under way */
	bool decoy;          /* an unknown IMSI's challenge: it cannot be answered rightly */
	char source[32];     /* who gave the vector; for the record */
	struct auth_eap eap;
	struct auth_relay_state relay; /* instead of eap, but for its identity */
	uint8_t reauth_id[16];         /* fast re-authentication: the identity that is spent by it; zeros: a full one */
	uint16_t reauths_left;         /* that the identity given to the peer in this round is good for */
};

struct auth_session {
	uint8_t id[AUTH_SESSION_ID]; /* expires_ms in six octets, then random */
	int64_t expires_ms;
	char tenant[32];
	bool had_token;      /* the first request carried a token as well */
	bool request_stored; /* it is in the row, `request` is empty */
	/* What the token is going to be bound to. */
	char group[ES_TOKEN_GROUP_SIZE];
	uint8_t terminal[16], app_name[16];
	struct auth_round first;
	struct es_slice request; /* the request to be answered, packed; opaque here */
};

/* Sets session->request_stored when the request does not fit beside the rest. */
es_status auth_session_seal(struct es_keyring *ring, struct auth_session *session, struct es_arena *arena,
                            struct es_slice *cookie) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC; ES_EXPIRED at or past its end. `request` lives in the arena, which must be secret. */
es_status auth_session_open(struct es_keyring *ring, struct es_slice cookie, int64_t now_ms, struct es_arena *arena,
                            struct auth_session *out) ES_MUST_USE;
void auth_session_wipe(struct auth_session *session);

/* The lowest id of a session that expires at this time, all random octets being zero: ids are in the order of time. */
void auth_session_first_id(int64_t expires_ms, uint8_t id[AUTH_SESSION_ID]);

/* A later round and other parts of a row, sealed to the session they belong to. `what` separates them ("round",
 * "outcome", "request", and "reauth", whose id is no session's): one never opens as the other. */
es_status auth_row_seal(struct es_keyring *ring, const char *what, const uint8_t id[AUTH_SESSION_ID],
                        struct es_slice plain, struct es_arena *arena, struct es_slice *sealed) ES_MUST_USE;
es_status auth_row_open(struct es_keyring *ring, const char *what, const uint8_t id[AUTH_SESSION_ID],
                        struct es_slice sealed, struct es_arena *arena, struct es_slice *plain) ES_MUST_USE;

void auth_round_pack(const struct auth_round *round, struct es_buf *out);
es_status auth_round_unpack(struct es_reader *in, struct auth_round *out) ES_MUST_USE;

#endif
