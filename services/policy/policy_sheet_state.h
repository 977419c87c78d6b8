/* policy_sheet_state.h -- a web sheet between two requests: what the person has said so far, sealed into the page itself.
 *
 * Nothing is kept on our side until the last step, which commits all of it: who leaves early has changed nothing (TS.43 3.4.2).
 * Only the page carries the sealed state, so a form that has it came from our page: no other site can make one. */
#ifndef POLICY_SHEET_STATE_H
#define POLICY_SHEET_STATE_H

#include "policy_flow.h"

#define POLICY_PAGE_LIFE_MS (INT64_C(30) * 60 * 1000)    /* to read terms and look up a postcode */
#define POLICY_ORDER_LIFE_MS (INT64_C(24) * 3600 * 1000) /* a payment may take its time */
#define POLICY_PAGE_TEXT_MAX 8192                        /* octets of a sealed state, as text */
#define POLICY_CANDIDATES_MAX 5
#define POLICY_CANDIDATE_ID_MAX 128 /* what a line's address_id holds */
#define POLICY_CANDIDATE_LABEL_MAX 320

enum policy_sheet_step {
	POLICY_STEP_IDENTITY, /* a picture of a document */
	POLICY_STEP_TERMS,
	POLICY_STEP_ADDRESS,
	POLICY_STEP_CHOOSE,
	POLICY_STEP_OFFER,  /* one button away from being on, or bought */
	POLICY_STEP_MANAGE, /* on, and may be changed */
	POLICY_STEP_PLANS,  /* of plans that include the boost */
	POLICY_STEP_PAY,    /* at the operator's payment page */
	/* there is nothing to do, or nothing more */
	POLICY_STEP_HAS,
	POLICY_STEP_PENDING,
	POLICY_STEP_REFUSED, /* the decision's message says why */
	POLICY_STEP_INACTIVE,
	POLICY_STEP_COMMIT, /* all is said */
	/* of an eSIM (policy_sheet_esim.h) */
	POLICY_STEP_ESIM_PLAN,
	POLICY_STEP_ESIM_SERVICE,
	POLICY_STEP_ESIM_OLD, /* which profile a transfer begins with */
	POLICY_STEP_ESIM_CONFIRM,
	POLICY_STEP_ESIM_WAIT, /* esim is at work, or did not answer: it is asked again */
	POLICY_STEP_ESIM_END,
	POLICY_STEPS
};

/* A place the emergency system knows. */
struct policy_candidate {
	const char *id, *label;
};

/* What a sheet of an eSIM is about (EsimSheetReply.kind). */
enum policy_esim_kind {
	POLICY_ESIM_NO_KIND,
	POLICY_ESIM_SUBSCRIBE,
	POLICY_ESIM_UNSUBSCRIBE,
	POLICY_ESIM_CHANGE,
	POLICY_ESIM_TRANSFER,
	POLICY_ESIM_RECOVER,
	POLICY_ESIM_RELEASE,
	POLICY_ESIM_KINDS
};

/* What was chosen for an eSIM; texts "" until then, NULL where the sheet is of something else. */
struct policy_esim_choice {
	uint8_t kind;  /* enum policy_esim_kind */
	uint8_t looks; /* how often the page has asked again by itself */
	bool is_temporary;
	const char *plan, *service;
	const char *iccid, *terminal; /* of the old profile */
};

struct policy_sheet_state {
	struct policy_flow flow;
	int64_t opened_ms;
	int64_t boost_type;   /* -1: none */
	uint8_t step;         /* enum policy_sheet_step */
	bool is_changing;     /* an address that was there already is given anew */
	int64_t accepted_ms;  /* 0: no text was accepted */
	const char *accepted; /* name of that text */
	uint8_t digest[32];   /* SHA-256 of it, as it was shown */
	struct policy_esim_choice esim;
	struct policy_candidate chosen; /* id NULL: no address yet */
	struct policy_candidate candidates[POLICY_CANDIDATES_MAX];
	size_t candidate_count;
};

es_status policy_sheet_state_seal(struct es_keyring *ring, const struct policy_sheet_state *state,
                                  struct es_arena *arena, struct es_slice *out) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC; ES_EXPIRED, with `out`. Texts are of the arena. */
es_status policy_sheet_state_open(struct es_keyring *ring, struct es_slice text, int64_t now_ms, struct es_arena *arena,
                                  struct policy_sheet_state *out) ES_MUST_USE;
/* The plain form; for the fuzzer, too. */
es_status policy_sheet_state_read(struct es_slice plain, struct es_arena *arena,
                                  struct policy_sheet_state *out) ES_MUST_USE;

#endif
