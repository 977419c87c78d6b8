/* policy_bss_event.h -- what a BSS tells unasked: an event of our own form, and the envelope of a TM Forum one.
 *
 *     {"id": "e-1", "time": "2026-11-21T12:00:00Z", "type": "plan.changed", "imsi": "001010123456789",
 *      "change": {"plan": "gold"}}
 *
 * Whose line it is stands in imsi or msisdn. What a type may change, and what it means by itself, is a row each. Pure. */
#ifndef POLICY_BSS_EVENT_H
#define POLICY_BSS_EVENT_H

#include "es_arena.h"
#include "es_json.h"
#include "policy_types.h"

enum policy_bss_deed {
	POLICY_BSS_PATCH,        /* `patch`, over the line */
	POLICY_BSS_SWAP_SIM,     /* to `new_imsi` */
	POLICY_BSS_RESET_TOKENS, /* every device proves anew who it is */
	POLICY_BSS_ERASE,        /* the line and what hangs on it is deleted */
	POLICY_BSS_REFRESH,      /* something changed: the source is asked at the next request */
	POLICY_BSS_NOTHING,      /* `refusal` says why */
};

struct policy_bss_event {
	const char *id;
	int64_t at_ms;
	enum policy_bss_deed deed;
	const char *imsi, *msisdn; /* "": not said; one of them is, unless POLICY_BSS_NOTHING */
	const char *new_imsi;
	cJSON *patch;        /* the caller's, of POLICY_BSS_PATCH */
	const char *refusal; /* it has an id and a time, and cannot be applied as it is */
};

#define POLICY_BSS_EVENT_ID_MAX 128

/* ES_MALFORMED with `field` and `error` (static): nothing can be done with it, not even keeping it. Texts live in `arena`. */
es_status policy_bss_event_read(const cJSON *json, struct es_arena *arena, struct policy_bss_event *out,
                                const char **field, const char **error) ES_MUST_USE;
/* id and time of a TM Forum envelope, in either spelling. */
es_status policy_bss_envelope_read(const cJSON *json, struct es_arena *arena, struct policy_bss_event *out,
                                   const char **field, const char **error) ES_MUST_USE;
/* Says whose line it is from the patch of its resource, which it takes. What leaves nothing to change is a refresh. */
es_status policy_bss_envelope_fill(struct policy_bss_event *event, cJSON *patch, struct es_arena *arena) ES_MUST_USE;

#endif
