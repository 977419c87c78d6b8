/* es_trace.c -- the traceparent header (W3C Trace Context, Recommendation of 23 November 2021, section 3.2). */
#include "es_trace.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "es_clock.h"
#include "es_text.h"

enum { FLAG_SAMPLED = 0x01 };

/* Random octets from the kernel, some for later: a call for each span would be one or two for each request. */
static bool take_random(uint8_t *out, size_t n)
{
	static _Thread_local uint8_t stock[256];
	static _Thread_local size_t left;

	if (left < n) {
		if (getrandom(stock, sizeof stock, 0) != (ssize_t)sizeof stock)
			return false;
		left = sizeof stock;
	}
	left -= n;
	memcpy(out, stock + left, n);
	return true;
}

/* Unique is enough. Where the kernel gives no random numbers (a seccomp filter), clock and counter make it so. */
static void fill_unique(uint8_t *out, size_t n)
{
	static _Atomic uint64_t counter;

	if (!take_random(out, n)) {
		uint64_t unique = (uint64_t)es_mono_us() << 16 ^ atomic_fetch_add(&counter, 1);
		for (size_t i = 0; i < n; i++)
			out[i] = (uint8_t)(unique >> 8 * (i % 8));
	}
	out[0] |= 1; /* all zero is not valid */
}

struct es_trace es_trace_new(void)
{
	struct es_trace trace = { .flags = FLAG_SAMPLED };
	uint8_t fresh[sizeof trace.trace_id + sizeof trace.span_id];

	fill_unique(fresh, sizeof fresh);
	memcpy(trace.trace_id, fresh, sizeof trace.trace_id);
	memcpy(trace.span_id, fresh + sizeof trace.trace_id, sizeof trace.span_id);
	trace.span_id[0] |= 1;
	return trace;
}

struct es_trace es_trace_child(const struct es_trace *parent)
{
	struct es_trace child = *parent;

	fill_unique(child.span_id, sizeof child.span_id);
	return child;
}

/* The header knows lower case only (3.2.2.1), unlike es_hex_decode(). */
static bool lower_hex(struct es_slice text, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
			return false;
	return es_hex_decode(text, out, len) == ES_OK;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return any == 0;
}

bool es_trace_parse(struct es_slice text, struct es_trace *out)
{
	const size_t len = ES_TRACEPARENT_SIZE - 1;
	struct es_trace trace;
	uint8_t version;

	if (text.len < len || text.ptr[2] != '-' || text.ptr[35] != '-' || text.ptr[52] != '-')
		return false;
	if (!lower_hex(es_slice_sub(text, 0, 2), &version, 1) ||
	    !lower_hex(es_slice_sub(text, 3, 35), trace.trace_id, sizeof trace.trace_id) ||
	    !lower_hex(es_slice_sub(text, 36, 52), trace.span_id, sizeof trace.span_id) ||
	    !lower_hex(es_slice_sub(text, 53, 55), &trace.flags, 1))
		return false;
	/* Version 0 ends here; a later one may go on after a dash (3.2.4); ff is forbidden. */
	if (version == 0xff || (text.len > len && (version == 0 || text.ptr[len] != '-')))
		return false;
	if (is_zero(trace.trace_id, sizeof trace.trace_id) || is_zero(trace.span_id, sizeof trace.span_id))
		return false;
	trace.flags &= FLAG_SAMPLED; /* flags we do not know are not passed on (3.2.2.5) */
	*out = trace;
	return true;
}

void es_trace_format(const struct es_trace *trace, char out[ES_TRACEPARENT_SIZE])
{
	memcpy(out, "00-", 3);
	es_hex_encode(es_slice_of(trace->trace_id, sizeof trace->trace_id), out + 3);
	out[35] = '-';
	es_hex_encode(es_slice_of(trace->span_id, sizeof trace->span_id), out + 36);
	out[52] = '-';
	es_hex_encode(es_slice_of(&trace->flags, 1), out + 53);
}
