/* policy_payment.h -- an order on its way to the operator's payment page, and its result on the way back: JWS in compact form
 * (RFC 7515) with HMAC-SHA256 under a key that both sides have. Pure.
 *
 * The order carries the sealed state of the sheet, which only this server opens: nothing is kept here meanwhile. */
#ifndef POLICY_PAYMENT_H
#define POLICY_PAYMENT_H

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"

#define POLICY_PAYMENT_TEXT_MAX 16384

struct policy_order {
	const char *tenant, *id;      /* id: the same for the same handle, however often it is sent */
	struct es_slice order;        /* opaque */
	const char *price, *back_url; /* where the result goes */
	int64_t boost_type, duration_s, expires_ms;
};
es_status policy_payment_order(const uint8_t key[32], const struct policy_order *order, struct es_arena *arena,
                               struct es_slice *out) ES_MUST_USE;

enum policy_paid {
	POLICY_PAID,
	POLICY_PAY_CANCELLED,
	POLICY_PAY_FAILED,
	POLICY_PAY_UNAUTHENTICATED,
	POLICY_PAY_UNKNOWN
};
struct policy_payment {
	struct es_slice order;
	enum policy_paid outcome;
	const char *reason; /* "" when none was given */
};
/* ES_MALFORMED, ES_UNAUTHENTIC, ES_EXPIRED. */
es_status policy_payment_result(const uint8_t key[32], struct es_slice jws, int64_t now_ms, struct es_arena *arena,
                                struct policy_payment *out) ES_MUST_USE;
/* The order named by a result, before its signature is looked at: it says whose key that is. */
es_status policy_payment_peek(struct es_slice jws, struct es_arena *arena, struct es_slice *order) ES_MUST_USE;

#endif
