/* policy_resource.h -- the resources of the operators' API: one table per resource reads and writes its JSON.
 *
 * Reading is strict: an unknown member, a wrong type or a value out of range is refused with the member's path, since
 * a misspelt setting that is silently dropped is an outage later. Members that only the server sets (epoch, version,
 * updated) are passed over, so that what was read may be sent back. null gives a member its default. Pure. */
#ifndef POLICY_RESOURCE_H
#define POLICY_RESOURCE_H

#include "es_arena.h"
#include "es_grant.h"
#include "es_json.h"
#include "policy_types.h"

#define POLICY_JWKS_MAX 8192 /* octets of a client's keys */

/* Operations that a tenant may offer with ap2014 and with ap2015: bits of es_operation. */
#define POLICY_PHONE_OPERATIONS                                                                                        \
	(ES_OP_BIT(ACQUIRE_TEMPORARY_TOKEN) | ES_OP_BIT(GET_PHONE_NUMBER) | ES_OP_BIT(VERIFY_PHONE_NUMBER) |               \
	 ES_OP_BIT(GET_SUBSCRIBER_INFO))
#define POLICY_APP_OPERATIONS                                                                                          \
	(ES_OP_BIT(ACQUIRE_TEMPORARY_TOKEN) | ES_OP_BIT(ACQUIRE_OPERATOR_TOKEN) | ES_OP_BIT(VALIDATE_OPERATOR_TOKEN) |     \
	 ES_OP_BIT(GET_SUBSCRIBER_DEVICE_INFO) | ES_OP_BIT(VERIFY_PHONE_NUMBER) | ES_OP_BIT(GET_3P_APP_INFO))

/* Why a body was refused: {"error", "field"} of the answer. Static or of the arena. */
struct policy_fault {
	const char *field, *error;
};

struct policy_shape;                                        /* table of one resource */
extern const struct policy_shape policy_tenant_shape;       /* struct policy_tenant */
extern const struct policy_shape policy_plan_shape;         /* struct policy_plan */
extern const struct policy_shape policy_subscriber_shape;   /* struct policy_subscriber */
extern const struct policy_shape policy_client_shape;       /* struct policy_client */
extern const struct policy_shape policy_enterprise_shape;   /* struct policy_enterprise */
extern const struct policy_shape policy_store_user_shape;   /* struct policy_store_user */
extern const struct policy_shape policy_listed_shape;       /* struct policy_listed */
extern const struct policy_shape policy_device_model_shape; /* struct policy_device_model */
extern const struct policy_shape policy_device_shape;       /* struct policy_device; written only */
extern const struct policy_shape policy_line_data_shape;    /* struct policy_line_data: a part of a subscriber */

void policy_resource_defaults(const struct policy_shape *shape, void *into);
/* Overlays the members of `object` on what `into` holds: defaults (put) or the present state (patch). ES_MALFORMED
 * with `fault`; ES_TOO_LARGE when the arena is exhausted. On failure `into` is not to be used. */
es_status policy_resource_read(const struct policy_shape *shape, const cJSON *object, struct es_arena *arena,
                               void *into, struct policy_fault *fault) ES_MUST_USE;
/* All members of the object that `j` is in. */
void policy_resource_write(const struct policy_shape *shape, const void *from, struct es_json_out *j);

/* Whether any member differs that is not the server's own. */
bool policy_resource_differs(const struct policy_shape *shape, const void *a, const void *b);
/* What a change changed: "plan: \"silver\" -> \"gold\"; status: active -> suspended". Numbers and addresses of people are
 * named without their values. */
void policy_resource_diff(const struct policy_shape *shape, const void *before, const void *after, struct es_buf *out);

/* "YYYY-MM-DDThh:mm:ss" and "Z" or "+hh:mm" (TS.43 3.1.3) to ms since 1970; years 1970 to 9999. */
es_status policy_time_parse(struct es_slice text, int64_t *out) ES_MUST_USE;
bool policy_id_is_valid(struct es_slice text);   /* tenants: a-z 0-9 and '-', 1..31 */
bool policy_name_is_valid(struct es_slice text); /* plans, credentials: letters, digits, "._-", 1..63 */

#endif
