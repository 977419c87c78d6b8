/* policy_bss_path.h -- where in a JSON answer a value stands: names with dots, [n], [name=value], ["odd.name"].
 *
 *     productOffering.id      productCharacteristic[name=MSISDN].value      [0].status      relatedParty[role="the user"].id
 *
 * [name=value] is the first object of an array whose member, without blanks around it, is that text. Where an array is
 * asked for and an object stands there, it counts as an array of one: systems differ in that, and one event of a resource
 * reads like a list of them. Pure. */
#ifndef POLICY_BSS_PATH_H
#define POLICY_BSS_PATH_H

#include "es_arena.h"
#include "es_json.h"

#define POLICY_BSS_PATH_MAX 512 /* octets */
#define POLICY_BSS_STEPS_MAX 16

struct policy_bss_step {
	enum { POLICY_BSS_MEMBER, POLICY_BSS_INDEX, POLICY_BSS_SELECT } kind;
	const char *name, *value;
	uint32_t index;
};

struct policy_bss_path {
	struct policy_bss_step steps[POLICY_BSS_STEPS_MAX];
	size_t count; /* 0: the value itself */
};

/* ES_MALFORMED with a sentence in `why`; texts live in the arena. */
es_status policy_bss_path_parse(struct es_slice text, struct es_arena *arena, struct policy_bss_path *out,
                                const char **why) ES_MUST_USE;
/* NULL: there is no such thing. JSON's null is found. */
const cJSON *policy_bss_path_find(const struct policy_bss_path *path, const cJSON *from);

#endif
