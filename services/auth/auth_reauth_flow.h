/* auth_reauth_flow.h -- fast re-authentication with its row: an identity is good once (RFC 4187 5).
 *
 * The row of an identity holds, sealed, whose it is, the keys and the counter. It is read when the identity comes, and
 * taken away in the transaction that ends the exchange, which writes the row of the next identity: of two exchanges with one
 * identity only one ends well, so the counter never goes back. */
#ifndef AUTH_REAUTH_FLOW_H
#define AUTH_REAUTH_FLOW_H

#include "auth_env.h"
#include "auth_identity.h"
#include "auth_session.h"

/* What a row's seal hides. Secret: wiped by whoever filled it. */
struct auth_reauth_found {
	char tenant[32];
	struct es_imsi imsi;
	uint16_t left; /* re-authentications that may follow, this one included */
	struct auth_reauth context;
};
/* Reads: where that is allowed. ES_NOT_FOUND: never given out, used, expired, its counter used up, sealed under a key that is
 * gone. */
es_status auth_reauth_read(struct auth_task *task, const uint8_t id[AUTH_REAUTH_ID],
                           struct auth_reauth_found *out) ES_MUST_USE;
/* Writes EAP-Request/AKA-Reauthentication into the round, which has begun with the method of the context. */
es_status auth_reauth_request(struct auth_task *task, const uint8_t id[AUTH_REAUTH_ID],
                              const struct auth_reauth_found *found, struct auth_round *round,
                              struct es_slice *packet) ES_MUST_USE;

/* Of an exchange that ends well: the row for the identity it gave the peer. Empty when it gave none. */
struct auth_reauth_row {
	uint8_t id[AUTH_REAUTH_ID];
	struct es_slice sealed;
	int64_t expires_ms;
};
es_status auth_reauth_row_of(struct auth_task *task, const struct auth_session *session, const struct auth_round *round,
                             struct auth_reauth_row *out) ES_MUST_USE;
/* Inside the job that commits the end. ES_CONFLICT: the identity was used by another exchange meanwhile. */
es_status auth_reauth_commit(struct es_db_conn *conn, const struct auth_round *round,
                             const struct auth_reauth_row *row) ES_MUST_USE;

#endif
