/* auth_history.h -- the record of every authentication: who, how, with what result and why not. No secrets.
 *
 * What ends with a commit is recorded in that very transaction, so that there is no token without its record. What needs no
 * commit (turned away at once) waits in a bounded queue that the timer empties; when it is full, or at kill -9, those are
 * lost and counted: a flood cannot make the database write. Rows are kept for `history_days`. */
#ifndef AUTH_HISTORY_H
#define AUTH_HISTORY_H

#include <stdint.h>

#include "es_db.h"
#include "es_id.h"
#include "es_token.h"

struct auth_history_entry {
	int64_t at_ms;
	char tenant[32];
	struct es_imsi imsi; /* "": nobody was named */
	char method[16];     /* "eap-aka", "eap-aka-prime", "relay", "oidc", "sms" */
	char source[32];     /* section of the core file, "auc", "" */
	char result[24];     /* word of auth_reason.h or auth_login.h: "success", "res_mismatch" */
	char address[46];
	char app[ES_TOKEN_GROUP_SIZE];
	uint8_t rounds;
};

struct auth_history;

struct auth_history *auth_history_new(size_t queue_max); /* NULL: out of memory */
void auth_history_free(struct auth_history *history);    /* NULL is fine */

/* For what needs no commit. Any thread, never blocks. */
void auth_history_note(struct auth_history *history, const struct auth_history_entry *entry);
/* Writes what waits, in jobs of at most 256 rows, and waits for the commits: of the timer's thread. */
void auth_history_flush(struct auth_history *history, struct es_db *db);

void auth_history_metrics(void);

#endif
