/* policy_condition.h -- when a rule applies, as the operator writes it: JSON, every member of which has to hold.
 *
 *   {"line.plan": ["gold", "silver"], "device.vendor": "Acme", "device.sw_version": {"below": "14.2"},
 *    "any": [{"network.is_home": true}, {"network.plmn": "@partners"}], "not": {"facts.region": "north"}}
 *
 * A member is the name of a fact (policy_facts.h) and a test, or `all`, `any` (arrays of conditions) or `not` (one). A test is
 * a value, an array of values of which one is enough, or an object of operators that all have to hold:
 *
 *   is, not    a value or an array: one of them; none of them. A set: whether they meet
 *   has        sets: all of them are in it
 *   prefix     texts: one of them is its start
 *   from, below     numbers, versions ("14.10" is above "14.9"), times of day ("22:00"), times: at least, less than
 *   between    two times of day, the first included; over midnight when the second is the smaller
 *   known      true or false
 *
 * "@name" stands for a list of the rules. What is not known fulfils `not` and "known": false alone. Pure. */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "es_json.h"
#include "policy_facts.h"
#include "policy_resource.h"

#define POLICY_LIST_ITEMS_MAX 10000

/* A list of the rules: sorted by policy_named_list_sort(). */
struct policy_named_list {
	const char *name;
	struct policy_list items;
};
void policy_named_list_sort(struct policy_named_list *list);

struct policy_condition; /* of the arena */

/* What conditions are made with. */
struct policy_condition_reader {
	struct es_arena *arena;
	const struct policy_named_list *lists;
	size_t list_count;
	struct policy_fault *fault;
	uint32_t *needs; /* what its facts need is added: POLICY_NEEDS_*; NULL: nobody minds */
};

/* `path` says where it stands, for the fault. ES_MALFORMED with the fault; ES_TOO_LARGE when the arena is exhausted. */
es_status policy_condition_read(const struct policy_condition_reader *reader, const cJSON *json, const char *path,
                                const struct policy_condition **out) ES_MUST_USE;

/* The test that decided: the first that failed, or what a condition of none had to be. */
struct policy_condition_why {
	const struct policy_fact_ref *fact; /* NULL: nothing was looked at */
	const char *wanted;                 /* the test as it was written */
};
/* NULL holds always. `why` may be NULL. */
bool policy_condition_holds(const struct policy_condition *condition, const struct policy_context *context,
                            struct policy_condition_why *why);

#endif
