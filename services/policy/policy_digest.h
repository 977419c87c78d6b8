/* policy_digest.h -- what an answer comes down to, so that two of them can be compared: what a change concerns. Pure.
 *
 * Left out is what differs between any two answers and means the same: handles, names made for an hour. */
#ifndef POLICY_DIGEST_H
#define POLICY_DIGEST_H

#include "policy_decide.h"

#define POLICY_DIGEST_SIZE 16

/* Whether a device keeps what it is answered, and a change of it is news. Not so what is an operation (ap2014, ap2015). */
bool policy_is_kept(struct es_slice app);

/* Decides for `context` and digests. Of `context` are passed over: caller, trace, handles, private identity, store user:
 * ap2012 is decided for one who has agreed and for one who has not, since which user of which store asked is not kept.
 * ES_UNSUPPORTED: !policy_is_kept(), or one of the operator's own that is no more. */
es_status policy_digest(const struct policy_context *context, struct es_slice app, struct es_arena *arena,
                        uint8_t out[POLICY_DIGEST_SIZE]) ES_MUST_USE;
/* The same value, from the nodes that were just rendered for `context`; of the applications where more is compared than the
 * nodes say it is decided anew. `first` NULL: there are none. */
es_status policy_digest_of_answer(const struct policy_context *context, struct es_slice app,
                                  const struct es_doc_node *first, struct es_arena *arena,
                                  uint8_t out[POLICY_DIGEST_SIZE]) ES_MUST_USE;

#endif
