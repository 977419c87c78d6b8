/* notify_admin.h -- the operators' API as notify sees it: who is woken, what failed, mass changes, accounts (es_admin.h). */
#ifndef NOTIFY_ADMIN_H
#define NOTIFY_ADMIN_H

#include "es_admin.h"
#include "notify_deliver.h"

/* What of a process actions need; any thread. */
struct notify_admin_world {
	struct es_db *db;
	struct notify_ways ways;
};

/* What is to be done after the commit. */
struct notify_admin_effect {
	bool woken; /* something became due */
};

/* As es_admin_run(). */
es_status notify_admin_run(const struct notify_admin_world *world, const struct es_admin_request *request,
                           struct es_admin_result *result, struct notify_admin_effect *effect) ES_MUST_USE;

#endif
