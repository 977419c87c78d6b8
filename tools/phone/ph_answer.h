/* ph_answer.h -- reads one HTTP/1.1 answer (RFC 9112) from whatever pieces it comes in. Pure. */
#ifndef PH_ANSWER_H
#define PH_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

/* Everything is valid until the next answer is read. */
struct ph_http_answer {
	unsigned status; /* 0: no answer came, `failure` says why */
	const char *failure;
	char reason[64], type[96], retry_after[32];
	struct es_slice cookie; /* name=value of the first Set-Cookie */
	struct es_slice location;
	struct es_slice body;
	int64_t elapsed_us;
};

enum ph_framing { PH_BY_CLOSE, PH_BY_LENGTH, PH_BY_CHUNKS };

struct ph_answer_reader {
	struct es_buf head, body; /* status line and fields; the content */
	bool has_head, is_done, is_gzip, keep_alive;
	enum ph_framing framing;
	uint64_t left;      /* octets of the body, or of the chunk under way */
	struct es_buf line; /* of the chunked coding */
	bool in_trailer, after_chunk;
	struct es_arena *arena; /* what was packed */
	struct ph_http_answer answer;
};

/* False: out of memory. */
bool ph_answer_init(struct ph_answer_reader *r);
void ph_answer_free(struct ph_answer_reader *r);
/* Ready for the next answer. */
void ph_answer_reset(struct ph_answer_reader *r);
/* Takes the next octets; `r->is_done` once the answer is complete and `r->answer` filled in. ES_MALFORMED: this is not
 * HTTP, or more follows than there should be; ES_TOO_LARGE. */
es_status ph_answer_feed(struct ph_answer_reader *r, struct es_slice bytes) ES_MUST_USE;
/* The peer closed: ES_MALFORMED when something was missing. */
es_status ph_answer_end(struct ph_answer_reader *r) ES_MUST_USE;
/* Nothing has come yet. */
bool ph_answer_is_empty(const struct ph_answer_reader *r);

#endif
