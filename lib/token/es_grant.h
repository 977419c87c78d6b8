/* es_grant.h -- tokens for others than the phone itself: temporary, operator, access and app tokens (TS.43 2.8.3, 2.8.6,
 * 14). Like the TOKEN they are sealed, and nothing of them is stored until one that is good once was used.
 *
 * auth makes them, policy opens them; both hold the token key ring. Each kind is sealed for a purpose of its own, so that
 * none opens as another, nor as a TOKEN. Text form is Base64url, ES_GRANT_TEXT_MAX characters at most. Pure but for the
 * ring. */
#ifndef ES_GRANT_H
#define ES_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_slice.h"
#include "es_status.h"

/* Operations of TS.43 6.1, 13 and 14 that a token may be for. A bit each: append only, sealed tokens hold them. */
#define ES_OPERATION_LIST(X)                                                                                           \
	X(CHECK_ELIGIBILITY, "CheckEligibility")                                                                           \
	X(MANAGE_SUBSCRIPTION, "ManageSubscription")                                                                       \
	X(MANAGE_SERVICE, "ManageService")                                                                                 \
	X(ACQUIRE_CONFIGURATION, "AcquireConfiguration")                                                                   \
	X(ACQUIRE_PLAN, "AcquirePlan")                                                                                     \
	X(ACQUIRE_TEMPORARY_TOKEN, "AcquireTemporaryToken")                                                                \
	X(GET_PHONE_NUMBER, "GetPhoneNumber")                                                                              \
	X(VERIFY_PHONE_NUMBER, "VerifyPhoneNumber")                                                                        \
	X(GET_SUBSCRIBER_INFO, "GetSubscriberInfo")                                                                        \
	X(ACQUIRE_OPERATOR_TOKEN, "AcquireOperatorToken")                                                                  \
	X(VALIDATE_OPERATOR_TOKEN, "ValidateOperatorToken")                                                                \
	X(GET_SUBSCRIBER_DEVICE_INFO, "GetSubscriberDeviceInfo")                                                           \
	X(GET_3P_APP_INFO, "Get3PAppInfo")

enum es_operation {
#define ES_OPERATION_ENUM(name, text) ES_OP_##name,
	ES_OPERATION_LIST(ES_OPERATION_ENUM)
#undef ES_OPERATION_ENUM
		ES_OP_COUNT /* also: none of them */
};
#define ES_OP_BIT(name) (UINT32_C(1) << ES_OP_##name)

extern const char *const es_operation_names[ES_OP_COUNT + 1]; /* NULL at the end */
/* Without regard to case (settled rule 15); ES_OP_COUNT: unknown. */
enum es_operation es_operation_find(struct es_slice name);
/* "GetPhoneNumber,VerifyPhoneNumber" to bits; false when one of them is unknown or there is none. */
bool es_operations_parse(struct es_slice list, uint32_t *out);
void es_operations_write(uint32_t operations, struct es_buf *out);

/* Blank-separated scopes of RFC 6749 3.3. */
bool es_scope_is_valid(struct es_slice scope);                     /* one or more of them */
bool es_scope_has(struct es_slice scope, struct es_slice one);     /* exact */
bool es_scope_covers(struct es_slice scope, struct es_slice some); /* all of `some` are in `scope` */

enum es_grant_kind {
	ES_GRANT_TEMPORARY = 1, /* of a device, for somebody it trusts */
	ES_GRANT_OPERATOR,      /* of a device, for an application */
	ES_GRANT_ACCESS,        /* of a server, for itself */
	ES_GRANT_APP,           /* of a server, for the device to show */
	ES_GRANT_SERVER,        /* TOKEN of ap2011: of a server, for one enterprise (TS.43 10) */
};

#define ES_GRANT_TEXT_MAX 1536
#define ES_GRANT_ID 16
#define ES_GRANT_SCOPE_SIZE 384
#define ES_GRANT_CLIENT_SIZE 64

/* Texts are "" where a token says nothing of it. */
struct es_grant {
	enum es_grant_kind kind;
	uint8_t id[ES_GRANT_ID]; /* random; what is remembered when it was spent */
	char tenant[32];
	struct es_imsi imsi; /* "": of no subscriber (access and app tokens) */
	uint32_t epoch;      /* of the subscriber */
	char app[16];        /* the only application it is good for */
	uint32_t operations; /* TEMPORARY: its targets */
	char client_id[ES_GRANT_CLIENT_SIZE];
	char scope[ES_GRANT_SCOPE_SIZE];
	char requestor[64];         /* TEMPORARY, SERVER: the only requestor_id that may use it */
	char name[64];              /* APP: 3PAppNameAnon; SERVER: enterprise_id */
	char resource[128];         /* ACCESS: host of the only resource it is for (RFC 8707) */
	uint8_t bound[ES_GRANT_ID]; /* ACCESS: id of the token it was made of; zeros: none */
	int64_t expires_ms;         /* wall clock */
};

/* A new one with a random id. */
struct es_grant es_grant_new(enum es_grant_kind kind, const char *tenant, int64_t expires_ms);
es_status es_grant_seal(struct es_keyring *ring, const struct es_grant *grant, struct es_arena *arena,
                        struct es_slice *text) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC (another kind's, too); ES_EXPIRED when now_ms is at or past its end (filled in then, too). */
es_status es_grant_open(struct es_keyring *ring, enum es_grant_kind kind, struct es_slice text, int64_t now_ms,
                        struct es_grant *out) ES_MUST_USE;
bool es_grant_is_bound_to(const struct es_grant *access, const struct es_grant *other);
bool es_grant_is_bound(const struct es_grant *access);

#endif
