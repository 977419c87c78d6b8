/* policy_qos_answer.h -- what a network calls a session that it made: one segment of a path, as it goes back into a path of ours. Pure. */
#ifndef POLICY_QOS_ANSWER_H
#define POLICY_QOS_ANSWER_H

#include "es_buf.h"
#include "es_slice.h"

/* From a Location header (a PCF's) or a body (of the API for developers), into `out` with its NUL. ES_MALFORMED. */
es_status policy_qos_read_location(struct es_slice location, struct es_buf *out) ES_MUST_USE;
es_status policy_qos_read_session(struct es_slice body, struct es_buf *out) ES_MUST_USE;

#endif
