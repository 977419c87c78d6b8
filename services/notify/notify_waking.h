/* notify_waking.h -- a change of a line becomes rows of `wake`: its registrations, the rules, the rows (notify_wake.h). */
#ifndef NOTIFY_WAKING_H
#define NOTIFY_WAKING_H

#include "notify_store_wake.h"

struct notify_woken {
	int64_t made[NOTIFY_BY_SMS + 1]; /* by notif_action; merged ones too */
	int64_t no_account;
};
/* Inside a write job. Adds to `woken`. */
es_status notify_waking_line(struct es_db_conn *conn, const struct notify_rules *rules,
                             const struct notify_change *change, int64_t now_ms,
                             struct notify_woken *woken) ES_MUST_USE;

/* Counts them, after the commit. */
void notify_waking_count(const struct notify_woken *woken);
void notify_waking_init(void);

#endif
