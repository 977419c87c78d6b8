/* esim_es2.h -- ES2+ (SGP.22 5.3.1 to 5.3.4): the bodies of orders to an SM-DP+, and what its answers mean for us. Pure.
 *
 * ES2+ knows no repetition: a function that was asked again, because its answer was lost, is refused by its own first run.
 * Who says that it asks again is told what came of the first time (esim_es2_meaning()). */
#ifndef ESIM_ES2_H
#define ESIM_ES2_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"
#include "esim_heard.h"

enum esim_es2_function {
	ESIM_ES2_DOWNLOAD_ORDER,
	ESIM_ES2_CONFIRM_ORDER,
	ESIM_ES2_CANCEL_ORDER,
	ESIM_ES2_RELEASE_PROFILE,
	ESIM_ES2_FUNCTIONS
};
/* Last part of the path: "downloadOrder" ... */
extern const char *const esim_es2_names[ESIM_ES2_FUNCTIONS];

/* Texts that are NULL or "" are left out, but for matching_id. */
struct esim_es2_request {
	enum esim_es2_function function;
	const char *call_id; /* functionCallIdentifier: the same each time it is asked */
	const char *iccid;   /* 18 to 20 digits. DownloadOrder: NULL, then any of profile_type */
	const char *eid, *profile_type;
	const char *matching_id; /* NULL: left out. ConfirmOrder: "" is said, and stands for "none"; NULL: made there */
	const char *confirmation_code; /* secret */
	const char *smds_address;
	bool release;    /* ConfirmOrder: may be downloaded at once */
	bool reusable;   /* CancelOrder: back to the stock; else never used again */
	bool is_repeat;  /* asked before, and perhaps acted upon */
	bool is_fetched; /* CancelOrder: a notification has said that it was downloaded */
};

/* ES_MALFORMED: no ICCID where one is needed, or one that is none. `out` holds secrets. */
es_status esim_es2_write(const struct esim_es2_request *request, const char *requester, struct es_buf *out) ES_MUST_USE;

/* An answer's body. False: it is none of an SM-DP+; `out` is ESIM_HEARD_LOST then, with a reason. ESIM_HEARD_DONE has an ICCID after
 * DownloadOrder, and after ConfirmOrder a matching id, that of the request where it was not told another. */
bool esim_es2_read(const struct esim_es2_request *request, struct es_slice body, struct esim_heard *out);

/* What a refusal with these codes ("8.2.1", "3.3"; "" where not told) means. */
enum esim_heard_outcome esim_es2_meaning(const struct esim_es2_request *request, const char *subject,
                                         const char *reason);
/* "8.2.5/3.7 profile type: unavailable" */
void esim_es2_words(const char *subject, const char *reason, char *out, size_t size);

/* 18 to 20 digits, behind them perhaps padding F, which is taken off. False: no ICCID. */
bool esim_es2_iccid(struct es_slice text, char out[ESIM_ICCID + 1]);

/* functionExecutionStatus and what is shaped like it. */
enum esim_es2_execution { ESIM_ES2_SUCCESS, ESIM_ES2_WARNING, ESIM_ES2_FAILED, ESIM_ES2_EXPIRED };
struct esim_es2_status {
	enum esim_es2_execution status;
	char subject[16], reason[16]; /* "" where not told, or no codes */
};

#endif
