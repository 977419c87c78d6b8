/* policy_sheet_commit.h -- the last step of a web sheet: change, event, consent, place in the trail and the end of the handle, in
 * one transaction (an internal action of policy_admin.h). Blocks: workers only. */
#ifndef POLICY_SHEET_COMMIT_H
#define POLICY_SHEET_COMMIT_H

#include "es_keyring.h"
#include "es_trace.h"
#include "policy_sheet.h"
#include "policy_store.h"

enum policy_commit_outcome {
	POLICY_COMMIT_FAILED,
	POLICY_COMMIT_DONE,
	POLICY_COMMIT_AGAIN, /* this very act was done with this handle before: nothing happened now */
	POLICY_COMMIT_USED,  /* another act was */
	POLICY_COMMIT_LOST,  /* the line is gone, not active, or what was offered is */
};

struct policy_sheet_commit {
	const struct policy_sheet *sheet;
	const char *act; /* "on", "off", "buy", "paid" */
	const char *client;
	const struct policy_plan *plan; /* of an eSIM: what is ordered; NULL: no plan is */
	const char *document;           /* not NULL: a picture was handed over, and nothing else happens */
	enum policy_commit_outcome outcome;
	uint64_t sequence; /* of the last event; 0: none */
};

es_status policy_sheet_commit_run(struct policy_store *store, struct es_keyring *ring, const struct es_trace *trace,
                                  struct policy_sheet_commit *commit) ES_MUST_USE;
/* The nonce of a handle as it stands in the database, hexadecimal. */
#define POLICY_NONCE_SIZE 25
void policy_sheet_nonce(const struct policy_flow *flow, char out[POLICY_NONCE_SIZE]);

#endif
