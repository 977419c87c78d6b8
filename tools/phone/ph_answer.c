/* ph_answer.c -- status line, fields, and the three ways a body ends. */
#include "ph_answer.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_gzip.h"
#include "es_text.h"

enum { HEAD_MAX = 65536, BODY_MAX = 4 << 20, LINE_MAX_OCTETS = 1024, RATIO_MAX = 200 };

bool ph_answer_init(struct ph_answer_reader *r)
{
	*r = (struct ph_answer_reader){ .arena = es_arena_new(0, (size_t)2 * BODY_MAX) };
	es_buf_init(&r->head, HEAD_MAX);
	es_buf_init(&r->body, BODY_MAX);
	es_buf_init(&r->line, LINE_MAX_OCTETS);
	return r->arena != NULL;
}

void ph_answer_free(struct ph_answer_reader *r)
{
	es_buf_free(&r->head);
	es_buf_free(&r->body);
	es_buf_free(&r->line);
	es_arena_free(r->arena);
	r->arena = NULL;
}

void ph_answer_reset(struct ph_answer_reader *r)
{
	es_buf_reset(&r->head);
	es_buf_reset(&r->body);
	es_buf_reset(&r->line);
	es_arena_reset(r->arena);
	r->has_head = r->is_done = r->is_gzip = r->in_trailer = r->after_chunk = false;
	r->keep_alive = true;
	r->framing = PH_BY_CLOSE;
	r->left = 0;
	r->answer = (struct ph_http_answer){ 0 };
}

bool ph_answer_is_empty(const struct ph_answer_reader *r)
{
	return r->head.len == 0;
}

/* ---- the head ---- */

static void copy_text(char *out, size_t size, struct es_slice text)
{
	size_t n = text.len < size ? text.len : size - 1;

	if (n > 0)
		memcpy(out, text.ptr, n);
	out[n] = 0;
}

static es_status on_type(struct ph_answer_reader *r, struct es_slice value)
{
	copy_text(r->answer.type, sizeof r->answer.type, value);
	return ES_OK;
}

static es_status on_retry_after(struct ph_answer_reader *r, struct es_slice value)
{
	copy_text(r->answer.retry_after, sizeof r->answer.retry_after, value);
	return ES_OK;
}

static es_status on_set_cookie(struct ph_answer_reader *r, struct es_slice value)
{
	if (r->answer.cookie.len == 0)
		r->answer.cookie = es_slice_trim(es_slice_cut(&value, ';'));
	return ES_OK;
}

static es_status on_location(struct ph_answer_reader *r, struct es_slice value)
{
	if (r->answer.location.len == 0)
		r->answer.location = value;
	return ES_OK;
}

/* RFC 9112 6.3: a message with both a coding and a length, or with two lengths, is somebody's trick. */
static es_status on_length(struct ph_answer_reader *r, struct es_slice value)
{
	if (r->framing != PH_BY_CLOSE)
		return ES_MALFORMED;
	r->framing = PH_BY_LENGTH;
	return es_parse_u64(value, 0, BODY_MAX, &r->left);
}

static es_status on_coding(struct ph_answer_reader *r, struct es_slice value)
{
	if (r->framing != PH_BY_CLOSE || !es_slice_eq_nocase(value, ES_SLICE_LIT("chunked")))
		return ES_MALFORMED;
	r->framing = PH_BY_CHUNKS;
	return ES_OK;
}

static es_status on_encoding(struct ph_answer_reader *r, struct es_slice value)
{
	r->is_gzip = es_slice_eq_nocase(value, ES_SLICE_LIT("gzip"));
	return r->is_gzip || es_slice_eq_nocase(value, ES_SLICE_LIT("identity")) ? ES_OK : ES_MALFORMED;
}

static es_status on_connection(struct ph_answer_reader *r, struct es_slice value)
{
	if (es_slice_eq_nocase(value, ES_SLICE_LIT("close")))
		r->keep_alive = false;
	return ES_OK;
}

static const struct field {
	const char *name;
	es_status (*take)(struct ph_answer_reader *r, struct es_slice value);
} fields[] = {
	{ "content-type", on_type },        { "content-length", on_length }, { "content-encoding", on_encoding },
	{ "transfer-encoding", on_coding }, { "connection", on_connection }, { "set-cookie", on_set_cookie },
	{ "retry-after", on_retry_after },  { "location", on_location },
};

static es_status take_field(struct ph_answer_reader *r, struct es_slice line)
{
	struct es_slice name = es_slice_cut(&line, ':');

	if (line.ptr == NULL || name.len == 0)
		return ES_MALFORMED;
	for (size_t i = 0; i < ES_COUNT(fields); i++)
		if (es_slice_eq_nocase(name, es_slice_str(fields[i].name)))
			return fields[i].take(r, es_slice_trim(line));
	return ES_OK;
}

/* HTTP/1.1 200 OK */
static es_status take_status_line(struct ph_answer_reader *r, struct es_slice line)
{
	struct es_slice version = es_slice_cut(&line, ' '), status = es_slice_cut(&line, ' ');
	uint32_t number = 0;

	if (!es_slice_starts_with(version, ES_SLICE_LIT("HTTP/1.")) || status.len != 3)
		return ES_MALFORMED;
	ES_TRY(es_parse_u32(status, 100, 999, &number));
	r->answer.status = number;
	r->keep_alive = !es_slice_eq_str(version, "HTTP/1.0");
	copy_text(r->answer.reason, sizeof r->answer.reason, es_slice_trim(line));
	return ES_OK;
}

/* Where the head ends: behind its empty line; 0 when that has not come yet. `from`: nothing to be found before it. */
static size_t end_of_head(struct es_slice text, size_t from)
{
	for (size_t i = from; i + 3 < text.len; i++)
		if (memcmp(text.ptr + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	return 0;
}

static es_status parse_head(struct ph_answer_reader *r, struct es_slice head)
{
	struct es_slice line = es_slice_trim(es_slice_cut(&head, '\n'));

	ES_TRY(take_status_line(r, line));
	while (head.ptr != NULL) {
		line = es_slice_trim(es_slice_cut(&head, '\n'));
		if (line.len > 0)
			ES_TRY(take_field(r, line));
	}
	return ES_OK;
}

static es_status finish(struct ph_answer_reader *r)
{
	r->is_done = true;
	r->answer.body = es_buf_slice(&r->body);
	if (!r->is_gzip || r->body.len == 0)
		return ES_OK;
	return es_gunzip(es_buf_slice(&r->body), BODY_MAX, RATIO_MAX, r->arena, &r->answer.body);
}

/* Takes what belongs to the head. An interim answer (100, 103) is passed over. */
static es_status feed_head(struct ph_answer_reader *r, struct es_slice *bytes)
{
	size_t before = r->head.len;

	es_put_bytes(&r->head, *bytes);
	ES_TRY(es_buf_status(&r->head));
	size_t end = end_of_head(es_buf_slice(&r->head), before < 3 ? 0 : before - 3);
	if (end == 0) {
		*bytes = (struct es_slice){ 0 };
		return ES_OK;
	}
	*bytes = es_slice_sub(*bytes, end - before, bytes->len);
	r->head.len = end;
	ES_TRY(parse_head(r, es_buf_slice(&r->head)));
	if (r->answer.status < 200) {
		ph_answer_reset(r);
		return ES_OK;
	}
	r->has_head = true;
	bool has_none = r->answer.status == 204 || r->answer.status == 304;
	if (has_none || (r->framing == PH_BY_LENGTH && r->left == 0))
		return finish(r);
	if (r->framing == PH_BY_CLOSE)
		r->keep_alive = false;
	return ES_OK;
}

/* ---- the body ---- */

static void take_body(struct ph_answer_reader *r, struct es_slice *bytes, uint64_t most)
{
	struct es_slice piece = es_slice_sub(*bytes, 0, most < bytes->len ? (size_t)most : bytes->len);

	es_put_bytes(&r->body, piece);
	*bytes = es_slice_sub(*bytes, piece.len, bytes->len);
}

/* Hexadecimal digits, then perhaps an extension. */
static es_status chunk_size(struct es_slice line, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";
	struct es_slice number = es_slice_trim(es_slice_cut(&line, ';'));
	uint64_t size = 0;

	if (number.len == 0 || number.len > 8)
		return ES_MALFORMED;
	for (size_t i = 0; i < number.len; i++) {
		uint8_t c = number.ptr[i] >= 'A' && number.ptr[i] <= 'F' ? number.ptr[i] | 0x20 : number.ptr[i];
		const char *digit = c == 0 ? NULL : strchr(digits, c);
		if (digit == NULL)
			return ES_MALFORMED;
		size = size << 4 | (uint64_t)(digit - digits);
	}
	*out = size;
	return ES_OK;
}

/* One whole line of the chunked coding: what ends a chunk, a size, or a trailer (RFC 9112 7.1). */
static es_status take_chunk_line(struct ph_answer_reader *r)
{
	struct es_slice line = es_slice_trim(es_buf_slice(&r->line));
	es_status status = ES_OK;

	if (r->after_chunk) {
		r->after_chunk = false;
		status = line.len == 0 ? ES_OK : ES_MALFORMED;
	} else if (r->in_trailer) {
		if (line.len == 0)
			status = finish(r);
	} else {
		status = chunk_size(line, &r->left);
		r->in_trailer = status == ES_OK && r->left == 0;
	}
	es_buf_reset(&r->line);
	return status;
}

static es_status feed_chunks(struct ph_answer_reader *r, struct es_slice *bytes)
{
	if (r->left > 0) {
		size_t before = bytes->len;
		take_body(r, bytes, r->left);
		r->left -= before - bytes->len;
		r->after_chunk = r->left == 0;
		return ES_OK;
	}
	size_t end = es_slice_find(*bytes, '\n');
	bool is_whole = end < bytes->len;
	es_put_bytes(&r->line, es_slice_sub(*bytes, 0, end));
	ES_TRY(es_buf_status(&r->line));
	*bytes = es_slice_sub(*bytes, is_whole ? end + 1 : end, bytes->len);
	return is_whole ? take_chunk_line(r) : ES_OK;
}

static es_status feed_body(struct ph_answer_reader *r, struct es_slice *bytes)
{
	size_t before = bytes->len;

	switch (r->framing) {
	case PH_BY_CHUNKS: return feed_chunks(r, bytes);
	case PH_BY_CLOSE: take_body(r, bytes, bytes->len); return ES_OK;
	case PH_BY_LENGTH:
		take_body(r, bytes, r->left);
		r->left -= before - bytes->len;
		return r->left == 0 ? finish(r) : ES_OK;
	}
	return ES_MALFORMED;
}

es_status ph_answer_feed(struct ph_answer_reader *r, struct es_slice bytes)
{
	while (bytes.len > 0) {
		if (r->is_done)
			return ES_MALFORMED; /* nobody asked for more */
		ES_TRY(r->has_head ? feed_body(r, &bytes) : feed_head(r, &bytes));
		ES_TRY(es_buf_status(&r->body));
	}
	return ES_OK;
}

es_status ph_answer_end(struct ph_answer_reader *r)
{
	if (r->is_done)
		return ES_OK;
	return r->has_head && r->framing == PH_BY_CLOSE ? finish(r) : ES_MALFORMED;
}
