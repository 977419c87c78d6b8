/* auth_udm_token.c -- asks the NRF for an access token and keeps it. */
#include "auth_udm_token.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"

#define REQUEST_MAX 1024
#define LIFE_UNSAID_MS 60000
#define MARGIN_MAX_MS 30000

struct waiter {
	struct waiter *next;
	auth_udm_token_done *done;
	void *user;
};

/* One request to the NRF, and who waits for it. */
struct fetch {
	struct auth_udm_token *owner;
	struct waiter *waiters;
	int64_t deadline; /* wall ms */
};

struct auth_udm_token {
	struct es_fetch_target *target;
	char *url;
	struct es_buf request; /* the form, ready */

	pthread_mutex_t lock;
	char text[AUTH_UDM_TOKEN_MAX + 1]; /* "": none */
	uint64_t number;                   /* of text, from 1 */
	int64_t good_until;                /* mono ms */
	struct fetch *fetch;               /* the latest under way, NULL: none */
};

es_status auth_udm_token_new(struct es_fetch_target *target, const char *url, const struct auth_udm_client *client,
                             struct auth_udm_token **out)
{
	struct auth_udm_token *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ES_TOO_LARGE;
	(void)pthread_mutex_init(&t->lock, NULL);
	t->target = target;
	t->url = strdup(url);
	es_buf_init(&t->request, REQUEST_MAX);
	if (t->url == NULL || auth_udm_write_token_request(client, &t->request) != ES_OK) {
		auth_udm_token_free(t);
		return ES_TOO_LARGE;
	}
	*out = t;
	return ES_OK;
}

void auth_udm_token_free(struct auth_udm_token *token)
{
	if (token == NULL)
		return;
	assert(token->fetch == NULL);
	es_buf_free(&token->request);
	free(token->url);
	es_wipe(token->text, sizeof token->text);
	(void)pthread_mutex_destroy(&token->lock);
	free(token);
}

void auth_udm_token_drop(struct auth_udm_token *token, uint64_t number)
{
	(void)pthread_mutex_lock(&token->lock);
	if (token->number == number)
		token->good_until = 0;
	(void)pthread_mutex_unlock(&token->lock);
}

/* ---- the answer ---- */

static void answer_all(struct fetch *fetch, const char *text, uint64_t number, const char *why)
{
	struct auth_udm_token *t = fetch->owner;
	struct waiter *next;

	/* Nobody joins it once it is not the latest any more. */
	(void)pthread_mutex_lock(&t->lock);
	if (t->fetch == fetch)
		t->fetch = NULL;
	(void)pthread_mutex_unlock(&t->lock);
	for (struct waiter *w = fetch->waiters; w != NULL; w = next) {
		next = w->next;
		w->done(text, number, why, w->user);
		free(w);
	}
	free(fetch);
}

/* Its number. */
static uint64_t store(struct auth_udm_token *t, struct es_slice text, int64_t life_s)
{
	int64_t life = life_s == 0 ? LIFE_UNSAID_MS : life_s * 1000;
	int64_t margin = life / 10 < MARGIN_MAX_MS ? life / 10 : MARGIN_MAX_MS;

	(void)pthread_mutex_lock(&t->lock);
	es_wipe(t->text, sizeof t->text);
	memcpy(t->text, text.ptr, text.len);
	t->good_until = es_mono_ms() + life - margin;
	uint64_t number = ++t->number;
	(void)pthread_mutex_unlock(&t->lock);
	return number;
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct fetch *fetch = user;
	struct es_buf text;
	int64_t life_s = 0;
	const char *why = "the NRF did not give a token";

	es_buf_init(&text, AUTH_UDM_TOKEN_MAX + 1);
	if (answer->status != ES_OK)
		why = answer->why;
	else if (answer->code == 200)
		why = auth_udm_read_token(answer->body, &text, &life_s) == ES_OK ? NULL
		                                                                 : "the NRF's answer holds no bearer token";
	if (why == NULL) {
		uint64_t number = store(fetch->owner, es_buf_slice(&text), life_s);
		answer_all(fetch, (const char *)text.ptr, number, "");
	} else {
		answer_all(fetch, NULL, 0, why);
	}
	es_buf_wipe(&text);
}

/* ---- the question ---- */

static void start(struct fetch *fetch, const struct es_trace *trace)
{
	static const struct es_fetch_header headers[] = { { "Content-Type", "application/x-www-form-urlencoded" },
		                                              { "Accept", "application/json" } };
	struct auth_udm_token *t = fetch->owner;
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&t->request),
		                                      .answer_max = AUTH_UDM_ANSWER_MAX,
		                                      .deadline = fetch->deadline,
		                                      .trace = trace,
		                                      .is_secret = true };

	if (es_fetch(t->target, &request, on_answer, fetch) != ES_OK)
		answer_all(fetch, NULL, 0, "the NRF cannot be asked for now");
}

/* Joins the fetch under way, or begins one when there is none or it may take longer than this one has time. Under the lock. */
static bool join(struct auth_udm_token *t, struct waiter *waiter, int64_t deadline, struct fetch **begun)
{
	if (t->fetch == NULL || t->fetch->deadline > deadline) {
		struct fetch *fetch = calloc(1, sizeof *fetch);
		if (fetch == NULL)
			return false;
		*fetch = (struct fetch){ .owner = t, .deadline = deadline };
		t->fetch = *begun = fetch;
	}
	waiter->next = t->fetch->waiters;
	t->fetch->waiters = waiter;
	return true;
}

void auth_udm_token_get(struct auth_udm_token *token, int64_t deadline, const struct es_trace *trace,
                        auth_udm_token_done *done, void *user)
{
	struct waiter *waiter = malloc(sizeof *waiter);
	char text[AUTH_UDM_TOKEN_MAX + 1] = "";
	struct fetch *begun = NULL;
	uint64_t number = 0;
	bool joined = false;

	(void)pthread_mutex_lock(&token->lock);
	if (es_mono_ms() < token->good_until) {
		memcpy(text, token->text, sizeof text);
		number = token->number;
	} else if (waiter != NULL) {
		*waiter = (struct waiter){ .done = done, .user = user };
		joined = join(token, waiter, deadline, &begun);
	}
	(void)pthread_mutex_unlock(&token->lock);
	if (begun != NULL)
		start(begun, trace);
	if (joined)
		return;
	free(waiter);
	done(text[0] == '\0' ? NULL : text, number, "no memory", user);
	es_wipe(text, sizeof text);
}
