/* es_fetch_int.h -- what the fetcher's files share: targets and requests under way. */
#ifndef ES_FETCH_INT_H
#define ES_FETCH_INT_H

#include <curl/curl.h>
#include <pthread.h>

#include "es_fetch.h"

#define FETCH_HEADERS_MAX 16384
#define FETCH_URL_MAX 2048
#define FETCH_WATCHED_MAX 64 /* sockets looked after by kick(); others only get their events */

struct fetch_job;

struct es_fetch_target {
	struct es_fetcher *fetcher;
	struct es_fetch_target_options options; /* its texts are ours */
	CURLM *multi;                           /* of the thread, as all below */
	uint32_t index;
	int64_t timer_at;  /* mono ms: when libcurl wants to be called; -1: not */
	bool is_touched;   /* there may be messages to read */
	int running;       /* requests libcurl has taken up */
	int64_t worked_at; /* mono ms */
	int watched[FETCH_WATCHED_MAX];
	size_t watched_count;
	/* es_fetch_h2c.c */
	struct fetch_job *opener, *parked;
};

/* One request. Made and filled by the asking thread, then the fetcher's. */
struct fetch_job {
	struct es_fetch_target *target;
	es_fetch_done *done;
	void *user;
	CURL *easy;
	struct curl_slist *headers;
	struct es_arena *arena; /* texts of the request and content_type */
	bool is_secret;
	struct es_buf body; /* of the answer */
	size_t header_octets;
	bool is_too_large;
	size_t passed_over; /* octets beyond the bounds */
	struct es_slice content_type, location, noted;
	const char *note; /* NULL: none */
	int64_t retry_after_s, max_age_s;
	int64_t deadline; /* mono ms */
	int64_t started_us;
	char error[CURL_ERROR_SIZE];
	struct fetch_job *previous, *next;
	bool shares_h2c, is_kept_from_opening; /* es_fetch_h2c.c */
	struct fetch_job *next_parked;
};

/* ES_MALFORMED, ES_TOO_LARGE as es_fetch() says. */
es_status fetch_job_new(struct es_fetch_target *target, const struct es_fetch_request *request, es_fetch_done *done,
                        void *user, struct fetch_job **out) ES_MUST_USE;
/* The handle must not be in a multi any more. */
void fetch_job_free(struct fetch_job *job);

/* One header of an answer, as it came, with its line end. Notes what es_fetch_answer tells; pure but for the arena. */
void fetch_header_read(struct fetch_job *job, struct es_slice line, int64_t now_s);

/* What libcurl calls for a target: `userp` is the target. In es_fetch.c. */
int fetch_on_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp);
int fetch_on_timer(CURLM *multi, long timeout_ms, void *userp);

/* Sets the handle up for prior knowledge; false: no memory. */
bool fetch_h2c_prepare(struct fetch_job *job);
/* A transfer failed. True: it goes on, on a connection of its own or later. */
bool fetch_h2c_goes_on(struct fetch_job *job);
/* The request is ending, for whatever reason. */
void fetch_h2c_leave(struct fetch_job *job);
/* Lets those go on who wait for a connection, if nobody opens one. A request that could not is given back, to be ended; call
 * again then. */
struct fetch_job *fetch_h2c_unpark(struct es_fetch_target *target);

es_status fetch_target_init(struct es_fetch_target *target, const struct es_fetch_target_options *options,
                            struct es_buf *error) ES_MUST_USE;
void fetch_target_free(struct es_fetch_target *target);

#endif
