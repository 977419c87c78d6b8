/* policy_admin.h -- the operators' API as policy sees it: who may do what, and doing it.
 *
 * An action is a name, the least role it needs, and a function. Credential, role, change, event and audit entry are one
 * transaction: what is in the trail happened, what happened is in the trail. Blocks (commits): workers only. */
#ifndef POLICY_ADMIN_H
#define POLICY_ADMIN_H

#include "es_buf.h"
#include "es_keyring.h"
#include "es_trace.h"
#include "policy_bss.h"
#include "policy_store.h"

struct policy_admin_param {
	const char *name, *value;
};

struct policy_admin_request {
	const char *credential, *action, *client;
	const struct policy_admin_param *params;
	size_t param_count;
	struct es_slice body;
	bool elsewhere;     /* POLICY_ADMIN_BEGIN: another process carries it out */
	const char *system; /* instead of a credential: another system's change, by this name in the trail; NULL: none */
	const struct policy_bss *bss; /* the operator's own systems, whose events these may be; NULL: none */
	void *own;                    /* of an internal action: what it works on; NULL: it is somebody else's request */
	const struct es_trace *trace;
};

enum policy_admin_outcome {
	POLICY_ADMIN_NONE,
	POLICY_ADMIN_DONE,
	POLICY_ADMIN_CREATED,
	POLICY_ADMIN_ACCEPTED, /* heard, and nothing done */
	POLICY_ADMIN_UNAUTHENTICATED,
	POLICY_ADMIN_FORBIDDEN,
	POLICY_ADMIN_NOT_FOUND,
	POLICY_ADMIN_INVALID,
	POLICY_ADMIN_CONFLICT,
	POLICY_ADMIN_OUTCOMES
};

/* What became of an event of a BSS. */
enum policy_told {
	POLICY_TOLD_NOTHING,
	POLICY_TOLD_APPLIED,
	POLICY_TOLD_UNCHANGED,
	POLICY_TOLD_DUPLICATE,
	POLICY_TOLD_OUTDATED,
	POLICY_TOLD_DEAD,
	POLICY_TOLD_COUNT
};

struct policy_admin_result {
	enum policy_admin_outcome outcome;
	struct es_buf body; /* JSON; the caller frees */
	int64_t audit_id;   /* 0: not in the trail */
	uint64_t sequence;  /* outbox number of the last event written; 0: none */
	enum policy_told told;
};

/* A failure is the world's: the store is away, memory is exhausted. Everything else is an outcome. `result->body` is to be
 * freed in any case. */
es_status policy_admin_run(struct policy_store *store, struct es_keyring *ring,
                           const struct policy_admin_request *request, struct policy_admin_result *result) ES_MUST_USE;
/* POLICY_ADMIN_END. ES_NOT_FOUND: no entry of that number waits for its outcome. */
es_status policy_admin_end(struct policy_store *store, const char *audit_id, const char *outcome) ES_MUST_USE;
/* The content of the file becomes the token of an administrator named "bootstrap". */
es_status policy_admin_bootstrap(struct policy_store *store, const char *path, struct es_buf *error) ES_MUST_USE;

#endif
