/* policy_ruleset.h -- rules, add-ons and outages as operators write them, in JSON, made ready to be applied. Pure.
 *
 * Whatever is refused is refused as a whole and with its path ("rules[3].when.device.vendor"): nothing of a document with a
 * mistake in it ever decides. What was read once, by this very program, is read again when the catalog is loaded. */
#ifndef POLICY_RULESET_H
#define POLICY_RULESET_H

#include "policy_effects.h"

#define POLICY_OWN_APPS_MAX 16
#define POLICY_RULESET_OCTETS 262144
#define POLICY_RULESET_JSON ((struct es_json_limits){ POLICY_RULESET_OCTETS, 14, 20000 })

/* All that the result points to is of the arena. ES_MALFORMED with `fault`. */
es_status policy_ruleset_read(const cJSON *json, struct es_arena *arena, struct policy_ruleset *out,
                              struct policy_fault *fault) ES_MUST_USE;
es_status policy_addon_read(const cJSON *json, struct es_arena *arena, struct policy_addon *out,
                            struct policy_fault *fault) ES_MUST_USE;
es_status policy_outage_read(const cJSON *json, struct es_arena *arena, struct policy_rule *out,
                             struct policy_fault *fault) ES_MUST_USE;

/* "ap9101": what the operator's own applications may be called. Those of TS.43 are not among them. */
bool policy_own_app_is_valid(struct es_slice id);

#endif
