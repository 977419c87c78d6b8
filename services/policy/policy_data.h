/* policy_data.h -- ap2010, data plan related information (TS.43 9), and what it shares with ap2016. Internal to the domain. */
#ifndef POLICY_DATA_H
#define POLICY_DATA_H

#include "policy_rules.h"

/* ap2010: without `boost_type` what the plan says of itself, with it one boost (TS.43 9.4). */
void policy_decide_data(const struct policy_context *context, struct policy_decision *out);
void policy_render_data(struct policy_render *r, const struct policy_decision *decision);

void policy_put_i64(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t number);

#endif
