/* es_peer_token.c -- RFC 6749 4.4: an access token for a peer, asked for once for all who need it, kept until it ends. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_bearer.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_peer.h"
#include "es_secret.h"
#include "es_text.h"

#define BEARER "Bearer "
#define ANSWER_MAX 16384
#define MARGIN_MAX_MS 30000

struct waiter {
	struct waiter *next;
	es_peer_token_done *done;
	void *user;
};

struct es_peer_token {
	struct es_fetch_target *target;
	const char *url;
	struct es_buf basic, form; /* NUL-terminated header; body */

	pthread_mutex_t lock;
	char bearer[sizeof BEARER + ES_BEARER_TOKEN_MAX];
	int64_t good_until; /* mono ms */
	struct waiter *waiters;
	bool is_asking;
};

/* RFC 6749 2.3.1: both are form-encoded before they are joined. */
static es_status write_basic(struct es_peer_token *t, const struct es_peer_settings *config, struct es_buf *error)
{
	struct es_buf secret, pair;

	es_buf_init(&secret, ES_SECRET_TEXT_MAX);
	es_buf_init(&pair, 8192);
	es_status status = es_secret_text_load(config->client_secret_file, &secret, error);
	if (status == ES_OK) {
		es_percent_encode(es_slice_str(config->client_id), &pair);
		es_put_u8(&pair, ':');
		es_percent_encode(es_buf_slice(&secret), &pair);
		es_put_str(&t->basic, "Basic ");
		es_base64_encode(es_buf_slice(&pair), &t->basic);
		es_put_u8(&t->basic, '\0');
		status = es_buf_status(&pair) == ES_OK ? es_buf_status(&t->basic) : ES_TOO_LARGE;
	}
	es_buf_wipe(&secret);
	es_buf_wipe(&pair);
	return status;
}

es_status es_peer_token_new(struct es_fetcher *fetcher, const struct es_peer_settings *config, const char *name,
                            struct es_peer_token **out, struct es_buf *error)
{
	struct es_peer_token *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ES_TOO_LARGE;
	(void)pthread_mutex_init(&t->lock, NULL);
	t->url = config->token_url;
	es_buf_init(&t->basic, 16384);
	es_buf_init(&t->form, 2048);
	es_put_str(&t->form, "grant_type=client_credentials");
	if (config->scope != NULL && config->scope[0] != '\0') {
		es_put_str(&t->form, "&scope=");
		es_percent_encode(es_slice_str(config->scope), &t->form);
	}
	es_status status = write_basic(t, config, error);
	if (status == ES_OK)
		status = es_peer_target(fetcher, name, config, config->token_url, &t->target, error);
	if (status != ES_OK) {
		es_peer_token_free(t);
		return status;
	}
	*out = t;
	return ES_OK;
}

void es_peer_token_free(struct es_peer_token *token)
{
	if (token == NULL)
		return;
	assert(token->waiters == NULL);
	es_buf_wipe(&token->basic);
	es_buf_free(&token->form);
	es_wipe(token->bearer, sizeof token->bearer);
	(void)pthread_mutex_destroy(&token->lock);
	free(token);
}

void es_peer_token_drop(struct es_peer_token *token)
{
	(void)pthread_mutex_lock(&token->lock);
	token->good_until = 0;
	(void)pthread_mutex_unlock(&token->lock);
}

/* ---- the answer ---- */

static const char *read_answer(struct es_slice body, char bearer[sizeof BEARER + ES_BEARER_TOKEN_MAX], int64_t *life_s)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct es_buf text;

	if (es_json_parse(body, ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json))
		return "the token endpoint's answer is no JSON object";
	const char *token = es_bearer_read(json, life_s);
	if (token == NULL)
		return "the token endpoint's answer holds no bearer token";
	es_buf_init_fixed(&text, bearer, sizeof BEARER + ES_BEARER_TOKEN_MAX);
	es_put_printf(&text, BEARER "%s", token);
	es_put_u8(&text, '\0');
	return NULL;
}

static void answer_all(struct es_peer_token *t, const char *bearer, int64_t life_s, const char *why)
{
	struct waiter *waiters, *next;
	const int64_t life = life_s * 1000, margin = life / 10 < MARGIN_MAX_MS ? life / 10 : MARGIN_MAX_MS;

	(void)pthread_mutex_lock(&t->lock);
	if (bearer != NULL) {
		memcpy(t->bearer, bearer, strlen(bearer) + 1);
		t->good_until = es_mono_ms() + life - margin;
	}
	waiters = t->waiters;
	t->waiters = NULL;
	t->is_asking = false;
	(void)pthread_mutex_unlock(&t->lock);
	for (struct waiter *w = waiters; w != NULL; w = next) {
		next = w->next;
		w->done(bearer, why, w->user);
		free(w);
	}
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	char bearer[sizeof BEARER + ES_BEARER_TOKEN_MAX];
	int64_t life_s = 0;
	const char *why = answer->why;

	if (answer->status == ES_OK)
		why = answer->code == 200 ? read_answer(answer->body, bearer, &life_s) : "the token endpoint refused";
	answer_all(user, why == NULL ? bearer : NULL, life_s, why);
	es_wipe(bearer, sizeof bearer);
}

/* ---- the question ---- */

static void start(struct es_peer_token *t, int64_t deadline)
{
	const struct es_fetch_header headers[] = { { "Content-Type", "application/x-www-form-urlencoded" },
		                                       { "Accept", "application/json" },
		                                       { "Authorization", (const char *)t->basic.ptr } };
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&t->form),
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = deadline,
		                                      .is_secret = true };

	if (es_fetch(t->target, &request, on_answer, t) != ES_OK)
		answer_all(t, NULL, 0, "the token endpoint cannot be asked for now");
}

void es_peer_token_get(struct es_peer_token *t, int64_t deadline, es_peer_token_done *done, void *user)
{
	struct waiter *waiter = malloc(sizeof *waiter);
	char bearer[sizeof t->bearer] = "";
	bool is_first = false, has_joined = false;

	(void)pthread_mutex_lock(&t->lock);
	const bool is_good = es_mono_ms() < t->good_until;
	if (is_good) {
		memcpy(bearer, t->bearer, sizeof bearer);
	} else if (waiter != NULL) {
		*waiter = (struct waiter){ t->waiters, done, user };
		t->waiters = ES_TAKE(waiter);
		has_joined = true;
		is_first = !t->is_asking;
		t->is_asking = true;
	}
	(void)pthread_mutex_unlock(&t->lock);
	if (is_first)
		start(t, deadline);
	if (is_good)
		done(bearer, "", user);
	else if (!has_joined)
		done(NULL, "no memory", user);
	free(waiter);
	es_wipe(bearer, sizeof bearer);
}
