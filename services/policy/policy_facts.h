/* policy_facts.h -- what rules may look at: a name, a kind, where it comes from, and its value for one request. Pure. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "es_buf.h"
#include "policy_decide.h"

enum policy_value_kind {
	POLICY_VALUE_TEXT,   /* compared without regard to case */
	POLICY_VALUE_NUMBER, /* a whole one */
	POLICY_VALUE_BOOL,
	POLICY_VALUE_SET,   /* of texts */
	POLICY_VALUE_CLOCK, /* minutes since midnight */
	POLICY_VALUE_TIME,  /* ms since 1970 */
};

#define POLICY_SET_OWN_MAX 40

struct policy_value {
	uint8_t kind; /* enum policy_value_kind */
	const char *text;
	int64_t number;
	const char *const *items; /* of a set: `own`, or what lives as long as the context */
	size_t count;
	const char *own[POLICY_SET_OWN_MAX];
};

struct policy_fact {
	const char *name;
	uint8_t kind;       /* enum policy_value_kind */
	const char *source; /* who says so, in explanations */
	uint8_t needs;      /* POLICY_NEEDS_*: what is read for it alone */
	/* false: not known. */
	bool (*get)(const struct policy_context *context, struct policy_value *out);
};

enum { POLICY_NEEDS_HISTORY = 1 };

#define POLICY_FACT_OWN "facts." /* the operator's own: their kind is seen when they are */

/* One that has been looked up: a row of the table, or one of the operator's own. */
struct policy_fact_ref {
	const struct policy_fact *fact; /* NULL: `own` */
	const char *own;                /* name behind "facts." */
};

/* ES_NOT_FOUND: there is no fact of that name. `own` of the result is of `name`. */
es_status policy_fact_find(const char *name, struct policy_fact_ref *out) ES_MUST_USE;
/* Calls for each row of the table: for documentation and completion. */
void policy_fact_each(void (*each)(const struct policy_fact *fact, void *user), void *user);

/* false: not known. `out` points into the context and into itself: it is not copied. */
bool policy_fact_get(const struct policy_fact_ref *ref, const struct policy_context *context, struct policy_value *out);
/* NULL: the operator's systems said nothing of that name. */
const struct policy_pair *policy_own_fact(const struct policy_context *context, const char *name);
const char *policy_fact_source(const struct policy_fact_ref *ref);

/* As rules and parameters write it: numbers in decimal, yes and no as 1 and 0, sets with commas, times as the standard's. */
void policy_value_print(const struct policy_value *value, struct es_buf *out);

#endif
