/* es_status.h -- the one list of failures.
 *
 * A failure is the world refusing (a store away, bytes that do not parse, a full queue). Bugs assert;
 * outcomes of the product (not entitled, incompatible device, AKA reject) are ordinary results with
 * types of their own and never appear here. Enum, name, meaning and retry rule come from this table;
 * what a status becomes on HTTP is each front's own table. The numbers travel on the bus: append only. */
#ifndef ES_STATUS_H
#define ES_STATUS_H

#include <stdbool.h>

#define ES_MUST_USE __attribute__((warn_unused_result))

/* clang-format off */
#define ES_STATUS_LIST(X)                                                                            \
	/* symbol      name           retryable  meaning */                                              \
	X(OK,          "ok",          false,     "done")                                                 \
	X(MALFORMED,   "malformed",   false,     "the caller's bytes do not parse")                      \
	X(DENIED,      "denied",      false,     "authenticated, and not allowed")                       \
	X(NOT_FOUND,   "not_found",   false,     "no such subscriber, session or order")                 \
	X(CONFLICT,    "conflict",    false,     "valid, but not in this state")                         \
	X(BUSY,        "busy",        true,      "no free slot; try again")                              \
	X(UNAVAILABLE, "unavailable", true,      "a service or the store did not answer")                \
	X(TIMEOUT,     "timeout",     true,      "the deadline passed")                                  \
	X(TOO_LARGE,   "too_large",   false,     "a size, count or memory bound was exceeded")           \
	X(UNSUPPORTED, "unsupported", false,     "known, and not offered here")                          \
	X(UNAUTHENTIC, "unauthentic", false,     "a seal, signature or credential is not valid")         \
	X(EXPIRED,     "expired",     false,     "it was valid, and its time is over")                   \
	X(INTERNAL,    "internal",    false,     "a fault of this program")

typedef enum es_status {
#define ES_STATUS_ENUM(symbol, name, retryable, meaning) ES_##symbol,
	ES_STATUS_LIST(ES_STATUS_ENUM)
#undef ES_STATUS_ENUM
	ES_STATUS_COUNT
} es_status;
/* clang-format on */

/* Lower-case stable name ("unavailable"), used as metric label and log field; "unknown" outside the list. */
const char *es_status_name(es_status status);

/* The meaning column: a sentence for people. Never NULL. */
const char *es_status_meaning(es_status status);

/* Whether the same call may succeed later without anybody changing anything. */
bool es_status_is_retryable(es_status status);

/* Maps a number from the wire to a status; anything outside the list is ES_INTERNAL. */
es_status es_status_from_wire(unsigned number);

/* The one guard macro that returns: leaves the function with the failure of `expr`. */
#define ES_TRY(expr)                                                                                                   \
	do {                                                                                                               \
		es_status es_try_status_ = (expr);                                                                             \
		if (es_try_status_ != ES_OK)                                                                                   \
			return es_try_status_;                                                                                     \
	} while (0)

#endif
