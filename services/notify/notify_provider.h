/* notify_provider.h -- what is asked of a push provider over HTTP, and what its answers mean, as rows of a table. Pure. */
#ifndef NOTIFY_PROVIDER_H
#define NOTIFY_PROVIDER_H

#include "es_arena.h"
#include "notify_message.h"

#define NOTIFY_HEADERS_MAX 10

/* One POST. All texts live in the arena it was written into. */
struct notify_request {
	const char *url;
	struct {
		const char *name, *value;
	} headers[NOTIFY_HEADERS_MAX];
	size_t header_count;
	struct es_slice body;
};
void notify_request_header(struct notify_request *request, const char *name, const char *value);

struct notify_answer {
	long code;
	struct es_slice body;
	struct es_slice said;   /* value of the one header that the provider answers by; empty: none */
	int64_t retry_after_ms; /* -1: none */
	int64_t now_ms;         /* wall */
};

/* What may be done at once, so that a second try comes to another end. */
enum notify_remedy {
	NOTIFY_NO_REMEDY,
	NOTIFY_NEW_CREDENTIAL,
	NOTIFY_NEW_CONNECTION,
	NOTIFY_OTHER_HOST,
};

struct notify_reply {
	struct notify_heard heard; /* the end, unless the remedy helps */
	enum notify_remedy remedy;
	int64_t rest_ms;       /* of the whole account: nothing is asked meanwhile */
	bool keeps_credential; /* no new one is made for a while */
	bool leaves;           /* the next message goes on a new connection */
	bool is_sound;         /* as a provider in health answers */
};

/* A row of a provider's table. */
struct notify_row {
	long code;        /* 0: with any HTTP status */
	const char *word; /* the provider's own; NULL: with any */
	enum notify_verdict verdict;
	enum notify_reason reason;
	enum notify_remedy remedy;
	int64_t wait_ms; /* at least; a longer Retry-After counts instead */
	bool rests;      /* the whole account waits so long, where the rate is the reason or a Retry-After says so */
	bool leaves;
};

#define NOTIFY_WAIT_MAX_MS (INT64_C(3600) * 1000) /* a longer Retry-After is cut to this */
#define NOTIFY_REST_MAX_MS (INT64_C(600) * 1000)

/* The first row with this status and word, or for a word that no row has, what the class of the status says. */
const struct notify_row *notify_row_find(const struct notify_row *rows, size_t count, long code, const char *word);
/* For answers that are not this provider's, those of something in between: nothing is given up because of them. */
const struct notify_row *notify_row_of_stranger(long code);
void notify_row_reply(const struct notify_row *row, const struct notify_answer *answer, const char *word,
                      struct notify_reply *reply);

#endif
