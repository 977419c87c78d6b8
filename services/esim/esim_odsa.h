/* esim_odsa.h -- on-device service activation: which operation is this, is it whole, and what is answered (TS.43 6).
 *
 * Pure: a request, what policy says of the subscriber, and the profiles as they are; out come the nodes of the answer, or
 * what has to be done before there is one. The operation table is in esim_odsa.c. */
#ifndef ESIM_ODSA_H
#define ESIM_ODSA_H

#include "es_ts43_doc.h"
#include "esim_draft.h"

/* False for an application that esim does not serve. Case does not matter. */
bool esim_app_parse(struct es_slice app_id, enum esim_app *out);
const char *esim_app_id(enum esim_app app); /* "ap2006"; of the three that esim serves */

/* OperationResult (TS.43 6.5.1). */
enum esim_result {
	ESIM_NO_RESULT = 0,
	ESIM_SUCCESS = 1,
	ESIM_ERROR_GENERAL = 100,
	ESIM_INVALID_OPERATION = 101,
	ESIM_INVALID_PARAMETER = 102,
	ESIM_NOT_SUPPORTED = 103, /* of optional operations: the device goes on */
	ESIM_INVALID_MSG_RESPONSE = 104,
};

/* SubscriptionResult (TS.43 6.5.3). */
enum esim_subscription {
	ESIM_TO_SHEET = 1,
	ESIM_DOWNLOAD = 2,
	ESIM_ALL_DONE = 3,
	ESIM_DELAYED = 4,
	ESIM_DISMISS = 5,
	ESIM_DELETE_FIRST = 6,
	ESIM_NEEDS_REDOWNLOADABLE = 7,
	ESIM_NEEDS_INPUT = 8,
};

struct esim_param {
	struct es_slice name, value;
};

/* The profiles of whoever asks, and their orders that are not over. */
struct esim_line {
	const struct esim_profile *profiles;
	size_t count;
	const struct esim_order *orders; /* orders[i] is about profiles[i]; its id "": there is none */
	/* Somebody else's, as the request names them; `old`: the ICCID that is to be taken the place of. */
	bool is_foreign_iccid, is_foreign_device, is_foreign_old;
};

struct esim_request {
	enum esim_app app;
	struct es_slice operation; /* empty: the authentication step */
	const struct esim_param *params;
	size_t param_count;
	struct esim_facts facts;
	const char *tenant, *imsi, *msisdn, *terminal_id;
	struct esim_line line;
	int64_t eligibility_polls; /* times this device asked while it was told to, this one included */
	int64_t now_ms;
};

/* The parameter; empty when absent or the word null (settled rule 27). Names compare without regard to case. */
struct es_slice esim_param(const struct esim_request *request, const char *name);
/* The first of several names, NULL at the end, that is there. */
struct es_slice esim_param_of(const struct esim_request *request, const char *const *names);

enum esim_verdict {
	ESIM_ANSWERS,      /* the nodes are there */
	ESIM_ORDERS,       /* an order is to be made of the draft, and answered by esim_answer_order() */
	ESIM_FOLLOWS,      /* there is one already: `subject`; answered in the same way */
	ESIM_ASKS_SHEET,   /* the nodes are there; the draft is to be kept under the sheet's nonce */
	ESIM_NOT_OFFERED,  /* 405 */
	ESIM_FORBIDDEN,    /* 403 */
	ESIM_UNACCEPTABLE, /* 406 */
};

struct esim_answer {
	enum esim_verdict verdict;
	enum esim_result result;
	const char *reason;                 /* why not, in a word for logs; "" */
	struct es_arena *arena;             /* of the nodes */
	struct es_doc_node *root;           /* its children are the answer; NULL: AppID alone, or out of memory */
	bool is_short;                      /* out of memory */
	struct esim_draft draft;            /* of ESIM_ORDERS, ESIM_ASKS_SHEET */
	const struct esim_offer *offer;     /* the plan that was settled on; NULL: none */
	const struct esim_profile *subject; /* that it is about, of the line; NULL: a new one */
	bool is_service;                    /* ManageService: answered with ServiceStatus */
	const struct esim_profile *shown;   /* that the request shows to be on its device; NULL: none */
	/* AcquireConfiguration: bits by index into line.profiles */
	uint64_t polled, given;
};

/* `answer->arena` is set; everything else is filled in. */
void esim_operate(const struct esim_request *request, struct esim_answer *answer);

/* The answer to what was ordered or is under way, as it is now. */
void esim_answer_order(const struct esim_request *request, const struct esim_order *order,
                       const struct esim_profile *profile, struct esim_answer *answer);

/* Whether the operation looks at the line at all; whether it may change something. */
enum esim_needs { ESIM_NEEDS_NOTHING, ESIM_NEEDS_LINE, ESIM_NEEDS_ORDERS };
enum esim_needs esim_operation_needs(enum esim_app app, struct es_slice operation);
/* What the request says of its own device, for the draft and for whose it is. */
void esim_draft_read(const struct esim_request *request, struct esim_draft *draft);
/* The ICCID that the request is about; "": none. False: what it has is no ICCID. */
bool esim_iccid_of(const struct esim_request *request, char out[ESIM_ICCID + 1]);

/* The known operations, for metrics; the number and the names. The index of an unknown one, and of none, follows. */
#define ESIM_OPERATIONS 10
enum { ESIM_OPERATION_UNKNOWN = ESIM_OPERATIONS, ESIM_OPERATION_NONE, ESIM_OPERATION_LABELS };
extern const char *const esim_operation_names[ESIM_OPERATION_LABELS];
size_t esim_operation_index(struct es_slice operation);

#endif
