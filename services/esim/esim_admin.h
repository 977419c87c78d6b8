/* esim_admin.h -- the operators' API as esim sees it: orders, profiles, stock and events of a tenant, read and changed
 * (es_admin.h). */
#ifndef ESIM_ADMIN_H
#define ESIM_ADMIN_H

#include "es_admin.h"
#include "esim_store.h"

/* What is to be done after the commit. */
struct esim_admin_effect {
	uint64_t sequence;       /* outbox number of the last event written; 0: none */
	char order[ESIM_ID + 1]; /* that moved, and may be due at once; "": none */
	bool wakes;              /* whoever waits for that order is to look again */
};

/* As es_admin_run(). */
es_status esim_admin_run(const struct esim_store *store, const struct es_admin_request *request,
                         struct es_admin_result *result, struct esim_admin_effect *effect) ES_MUST_USE;

#endif
