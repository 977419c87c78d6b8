/* policy_core.h -- what an HSS says of a subscriber unasked (RTR, PPR) or asked (SAA), as a change by the operators' API. */
#ifndef POLICY_CORE_H
#define POLICY_CORE_H

#include "auth.pb-c.h"
#include "es_arena.h"
#include "policy_admin.h"

/* Fills action, parameters, body and name of `change`; its texts live in the arena. A deregistration voids the tokens; a
 * profile sets the number, and whether access from Wi-Fi is provisioned (Non-3GPP-IP-Access, TS 29.273 8.2.3.3): the service
 * state is the operator's own. ES_MALFORMED: nothing in it. */
es_status policy_core_change(const Openes__CoreEventRequest *event, struct es_arena *arena,
                             struct policy_admin_request *change) ES_MUST_USE;

#endif
