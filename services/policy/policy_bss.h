/* policy_bss.h -- the operator's own systems (CRM, product inventory) that policy asks about a line, and that tell it of
 * changes: one section of the BSS file each (docs/bss.md).
 *
 * A question is asked over HTTP, within a deadline, so many at once per source, one for each line however many wait for
 * its answer; a source that fails too often is left alone for a while. What came is applied once, on one of the link's
 * workers, by `apply`; then everybody who waited goes on there. Knows no database and no bus. */
#ifndef POLICY_BSS_H
#define POLICY_BSS_H

#include <stdbool.h>

#include "es_json.h"
#include "es_trace.h"

struct policy_bss;
struct policy_bss_source;

enum policy_bss_outcome {
	POLICY_BSS_ANSWERED,  /* `patch` */
	POLICY_BSS_UNKNOWN,   /* the source knows no such line */
	POLICY_BSS_AWAY,      /* no answer in time, an error, left alone for now, too much under way */
	POLICY_BSS_WRONG,     /* an answer that the mapping does not know */
	POLICY_BSS_NOT_ASKED, /* the source cannot be asked about this line, or not at all */
};

struct policy_bss_result {
	const struct policy_bss_source *source;
	const char *name; /* of the source */
	const char *tenant, *imsi;
	enum policy_bss_outcome outcome;
	cJSON *patch; /* of POLICY_BSS_ANSWERED */
	bool is_new;  /* of policy_bss_question */
	const struct es_trace *trace;
};

struct policy_bss_options {
	const char *file; /* sections [bss NAME]; mappings are read from here, too */
	/* On a worker, may block: keeps what was answered; of ANSWERED and UNKNOWN only. Gives what is told to those who
	 * wait. */
	enum policy_bss_outcome (*apply)(void *user, const struct policy_bss_result *result);
	void *user;
};
/* What is wrong with the file is said in `error` with its section, key and place. */
es_status policy_bss_start(const struct policy_bss_options *options, struct policy_bss **out,
                           struct es_buf *error) ES_MUST_USE;
/* Asks those hubs for events that the file says so of. */
void policy_bss_register(struct policy_bss *bss);
/* Ends what is under way: everybody who waits is resumed before it returns. Then nothing is asked any more. NULL is fine. */
void policy_bss_stop(struct policy_bss *bss);
void policy_bss_free(struct policy_bss *bss); /* after policy_bss_stop(); NULL is fine */

/* How many may wait for answers at once. */
uint32_t policy_bss_waiting_max(const struct policy_bss *bss);
/* NULL: there is none of that name. */
const struct policy_bss_source *policy_bss_find(const struct policy_bss *bss, const char *name);

struct policy_bss_question {
	const char *source, *tenant, *imsi;
	const char *msisdn; /* "": not known */
	bool is_new;        /* we have no such line: a source that does not know it either is not asked again for a while */
	int64_t deadline;   /* wall ms: of whoever waits */
	int64_t began_ms;   /* mono ms, before the row was read: an answer that came since is what he wants */
	const struct es_trace *trace;
};
struct policy_bss_waiter {
	void (*resume)(struct policy_bss_waiter *waiter, enum policy_bss_outcome outcome);
	struct policy_bss_waiter *next; /* the link's */
};
/* True: `waiter` is resumed later, once, on a worker of the link, and lives until then. False: nobody is asked, for the
 * reason in `outcome`. Never blocks; any thread. */
bool policy_bss_ask(struct policy_bss *bss, const struct policy_bss_question *question,
                    struct policy_bss_waiter *waiter, enum policy_bss_outcome *outcome) ES_MUST_USE;

/* A row of a list as a patch, as policy_bss_map_apply(). ES_MALFORMED with `error`. */
es_status policy_bss_row_patch(const struct policy_bss_source *source, const cJSON *row, cJSON **patch,
                               struct es_buf *error) ES_MUST_USE;

/* ---- events (policy_bss_sign.c) ---- */

/* "t=SECONDS,v1=HEX": HMAC-SHA256 over "SECONDS.BODY" under one of the source's secrets, made not longer ago than its
 * window. `header` may hold several v1. ES_UNAUTHENTIC otherwise; ES_UNSUPPORTED: the source has no secret. */
es_status policy_bss_verify(const struct policy_bss_source *source, struct es_slice header, struct es_slice body,
                            int64_t now_ms) ES_MUST_USE;

/* A resource of a TM Forum event as a patch; `name` is the event's ("productStateChangeEvent"). ES_UNSUPPORTED: none that
 * this source has a mapping for. Else as policy_bss_map_apply() with `is_part`. */
es_status policy_bss_event_patch(const struct policy_bss_source *source, const char *name, const cJSON *envelope,
                                 cJSON **patch, struct es_buf *error) ES_MUST_USE;

#endif
