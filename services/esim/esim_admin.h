/* esim_admin.h -- the operators' API as esim sees it: orders, profiles, stock and events of a tenant, read and changed.
 *
 * policy has said who may and keeps the trail; parameters and bodies are judged here. An action is one transaction. Blocks
 * (commits): workers only. */
#ifndef ESIM_ADMIN_H
#define ESIM_ADMIN_H

#include "es_buf.h"
#include "esim_store.h"

struct esim_admin_param {
	const char *name, *value;
};

struct esim_admin_request {
	const char *action; /* "order.list" */
	const struct esim_admin_param *params;
	size_t param_count;
	struct es_slice body;    /* JSON; empty: none */
	const char *traceparent; /* "": none */
};

enum esim_admin_outcome {
	ESIM_ADMIN_NONE,
	ESIM_ADMIN_DONE,
	ESIM_ADMIN_CREATED,
	ESIM_ADMIN_NOT_FOUND,
	ESIM_ADMIN_INVALID,
	ESIM_ADMIN_CONFLICT,
};

struct esim_admin_result {
	enum esim_admin_outcome outcome;
	struct es_buf body;      /* JSON; the caller frees */
	uint64_t sequence;       /* outbox number of the last event written; 0: none */
	char order[ESIM_ID + 1]; /* that moved, and may be due at once; "": none */
	bool wakes;              /* whoever waits for that order is to look again */
};

/* A failure is the world's: the store is away, memory is exhausted. Everything else is an outcome. `result->body` is to be
 * freed in any case. */
es_status esim_admin_run(const struct esim_store *store, const struct esim_admin_request *request,
                         struct esim_admin_result *result) ES_MUST_USE;

#endif
