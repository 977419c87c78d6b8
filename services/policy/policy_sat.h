/* policy_sat.h -- ap2016, SatMode (TS.43 15). Internal to the domain. */
#ifndef POLICY_SAT_H
#define POLICY_SAT_H

#include "policy_rules.h"

void policy_decide_satellite(const struct policy_context *context, struct policy_decision *out);
void policy_render_satellite(struct policy_render *r, const struct policy_decision *decision);

#endif
