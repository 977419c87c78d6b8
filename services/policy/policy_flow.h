/* policy_flow.h -- ServiceFlow_UserData: an opaque handle that names a subscriber to the operator's portal (TS.43 3.1.2),
 * or a user of a store with him (11.1.3).
 *
 * "sid=<Base64url>": tenant, IMSI, store and end of life, sealed. The phone and whoever reads its traffic learn nothing from it;
 * the portal resolves it by the operators' API (flow.resolve). After an '&' the page may be told more. */
#ifndef POLICY_FLOW_H
#define POLICY_FLOW_H

#include "es_arena.h"
#include "es_id.h"
#include "es_keyring.h"
#include "policy_types.h"

#define POLICY_FLOW_LIFE_MS (INT64_C(30) * 24 * 3600 * 1000) /* phones keep the last answer and open the page later */

struct policy_flow {
	char tenant[32];
	struct es_imsi imsi;
	char store_vendor[POLICY_STORE_VENDOR_MAX + 1]; /* of ap2012; else "" */
	char store_user[POLICY_STORE_USER_MAX + 1];
	int64_t expires_ms;
};

es_status policy_flow_seal(struct es_keyring *ring, const struct policy_flow *flow, struct es_arena *arena,
                           struct es_slice *out) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC, ES_EXPIRED. */
es_status policy_flow_open(struct es_keyring *ring, struct es_slice user_data, int64_t now_ms, struct es_arena *arena,
                           struct policy_flow *out) ES_MUST_USE;

#endif
