/* policy_identity.h -- names under which a phone shows itself to the operator's Wi-Fi instead of its IMSI (ap2013, TS.43 12).
 *
 * What is made opens offline, with the tenant's key alone: docs/private-identity.md has the forms. It stays the same for
 * half of its life, so that a phone that asks often does not get a name each time, and is good for at least as long again.
 * Pure: the same inputs give the same name. Any thread. */
#ifndef POLICY_IDENTITY_H
#define POLICY_IDENTITY_H

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"
#include "policy_types.h"

/* The device sends it in AT_IDENTITY: shorter than this (TS.43 12.4, RFC 4187). */
#define POLICY_IDENTITY_LIMIT 1016

struct policy_identity {
	const char *value;
	int64_t expiry_ms; /* 0: not known */
};

/* `kind`: POLICY_IDENTITY_PSEUDONYM or POLICY_IDENTITY_ENCRYPTED. `key`: 32 octets of policy's key file. `life_s`: of the
 * name, at least 2. The text lives in the arena; ES_TOO_LARGE: it is exhausted. */
es_status policy_identity_make(struct es_slice key, enum policy_identity_kind kind, const char *tenant,
                               const char *imsi, int64_t now_ms, int64_t life_s, struct es_arena *arena,
                               struct policy_identity *out) ES_MUST_USE;

#endif
