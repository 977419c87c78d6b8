/* es_trace.h -- W3C Trace Context: one id from the HTTP request through every bus message and log line.
 *
 * Pure but for the random numbers of a new trace or span. Any thread. */
#ifndef ES_TRACE_H
#define ES_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_slice.h"

struct es_trace {
	uint8_t trace_id[16];
	uint8_t span_id[8];
	uint8_t flags;
};

#define ES_TRACEPARENT_SIZE 56 /* "00-<32>-<16>-<2>" and NUL */

/* A new random trace (not secret, not for cryptography). */
struct es_trace es_trace_new(void);
/* Same trace, new span: what a callee or an outgoing call carries. */
struct es_trace es_trace_child(const struct es_trace *parent);
/* Reads a traceparent header; false (and *out untouched) when it is not valid: start a new one then. */
bool es_trace_parse(struct es_slice traceparent, struct es_trace *out);
void es_trace_format(const struct es_trace *trace, char out[ES_TRACEPARENT_SIZE]);

#endif
