/* policy_overlay.h -- some members of a resource, laid over another one: what an add-on or a rule says of a plan. Pure. */
#ifndef POLICY_OVERLAY_H
#define POLICY_OVERLAY_H

#include "policy_resource.h"

struct policy_overlay; /* of the arena */

/* The members that `object` names, with their values; never those that say whose it is. ES_MALFORMED with `fault`. */
es_status policy_overlay_read(const struct policy_shape *shape, const cJSON *object, struct es_arena *arena,
                              const struct policy_overlay **out, struct policy_fault *fault) ES_MUST_USE;
/* Copies the members; texts and arrays stay where they are. NULL does nothing. */
void policy_overlay_apply(const struct policy_overlay *overlay, void *resource);

#endif
