/* auth_jwks.c -- one provider's keys: what is kept, when it is fetched anew, and who waits for that. */
#include "auth_jwks.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"

#define SECOND_MS INT64_C(1000)
#define HOUR_MS (3600 * SECOND_MS)
#define KID_MAX 255

/* Keys in use: a callback may still look at them when newer ones are there. */
struct held {
	struct es_jwks *keys;
	unsigned refs; /* under the lock */
};

struct waiter {
	struct waiter *next;
	auth_jwks_done *done;
	void *user;
	char kid[KID_MAX + 1];
};

/* One request to the provider, and who waits for it. */
struct fetch {
	struct auth_jwks *jwks;
	struct waiter *waiters;
	int64_t deadline; /* wall ms */
};

struct auth_jwks {
	struct es_fetch_target *target;
	struct auth_jwks_options options;

	pthread_mutex_t lock;
	struct held *held;          /* NULL: never fetched */
	struct fetch *fetch;        /* the latest under way, NULL: none */
	int64_t fresh_until;        /* mono ms, as all below */
	int64_t fetched_at;         /* when `held` came */
	int64_t again_at, retry_at; /* not before */
	uint32_t waiting;
};

static int64_t or_default(int64_t value, int64_t fallback)
{
	return value == 0 ? fallback : value;
}

es_status auth_jwks_new(struct es_fetch_target *target, const struct auth_jwks_options *options, struct auth_jwks **out)
{
	struct auth_jwks *j = calloc(1, sizeof *j);
	struct auth_jwks_options *o;

	if (j == NULL || (j->options.url = strdup(options->url)) == NULL) {
		free(j);
		return ES_TOO_LARGE;
	}
	o = &j->options;
	o->keep_min_ms = or_default(options->keep_min_ms, 60 * SECOND_MS);
	o->keep_max_ms = or_default(options->keep_max_ms, 24 * HOUR_MS);
	o->again_ms = or_default(options->again_ms, 30 * SECOND_MS);
	o->retry_ms = or_default(options->retry_ms, 5 * SECOND_MS);
	o->fetch_ms = or_default(options->fetch_ms, 5 * SECOND_MS);
	o->old_max_ms = or_default(options->old_max_ms, 24 * HOUR_MS);
	o->waiters_max = options->waiters_max == 0 ? 256 : options->waiters_max;
	j->target = target;
	j->again_at = j->retry_at = INT64_MIN;
	(void)pthread_mutex_init(&j->lock, NULL);
	*out = j;
	return ES_OK;
}

/* Under the lock, or when nobody else is there. */
static void let_go(struct held *held)
{
	if (held != NULL && --held->refs == 0) {
		es_jwks_free(held->keys);
		free(held);
	}
}

void auth_jwks_free(struct auth_jwks *jwks)
{
	if (jwks == NULL)
		return;
	assert(jwks->waiting == 0);
	let_go(jwks->held);
	(void)pthread_mutex_destroy(&jwks->lock);
	free((void *)(uintptr_t)jwks->options.url);
	free(jwks);
}

/* ---- answering ---- */

struct answer {
	es_status status;
	const char *why;
};

/* Takes a reference to the keys if they may still be used. Under the lock. */
static struct held *usable(struct auth_jwks *j)
{
	if (j->held == NULL || es_mono_ms() - j->fetched_at > j->options.old_max_ms)
		return NULL;
	j->held->refs++;
	return j->held;
}

static bool has(const struct held *held, struct es_slice kid)
{
	return kid.len == 0 || es_jwks_has(held->keys, kid);
}

static void answer_one(const struct held *held, struct es_slice kid, const struct answer *otherwise,
                       auth_jwks_done *done, void *user)
{
	if (held == NULL)
		done(otherwise->status, NULL, otherwise->why, user);
	else if (has(held, kid))
		done(ES_OK, held->keys, "", user);
	else
		done(ES_NOT_FOUND, NULL, "the provider has no key of that kid", user);
}

static void answer_all(struct auth_jwks *j, struct fetch *fetch, const struct answer *otherwise)
{
	(void)pthread_mutex_lock(&j->lock);
	struct held *held = usable(j);
	if (j->fetch == fetch)
		j->fetch = NULL;
	struct waiter *waiters = ES_TAKE(fetch->waiters), *next; /* nobody joins it any more */
	j->retry_at = es_mono_ms() + j->options.retry_ms;
	for (const struct waiter *w = waiters; w != NULL; w = w->next)
		j->waiting--;
	(void)pthread_mutex_unlock(&j->lock);
	for (struct waiter *w = waiters; w != NULL; w = next) {
		next = w->next;
		answer_one(held, es_slice_str(w->kid), otherwise, w->done, w->user);
		free(w);
	}
	(void)pthread_mutex_lock(&j->lock);
	let_go(held);
	(void)pthread_mutex_unlock(&j->lock);
	free(fetch);
}

/* ---- fetching ---- */

static struct answer store(struct auth_jwks *j, struct es_jwks *keys, int64_t max_age_s)
{
	const struct auth_jwks_options *o = &j->options;
	int64_t keep = max_age_s < 0 ? HOUR_MS : max_age_s * SECOND_MS;
	struct held *held = calloc(1, sizeof *held);

	if (held == NULL) {
		es_jwks_free(keys);
		return (struct answer){ ES_TOO_LARGE, "no memory for the provider's keys" };
	}
	*held = (struct held){ .keys = keys, .refs = 1 };
	keep = keep < o->keep_min_ms ? o->keep_min_ms : keep > o->keep_max_ms ? o->keep_max_ms : keep;
	(void)pthread_mutex_lock(&j->lock);
	let_go(j->held);
	j->held = held;
	j->fetched_at = es_mono_ms();
	j->fresh_until = j->fetched_at + keep;
	(void)pthread_mutex_unlock(&j->lock);
	return (struct answer){ ES_OK, "" };
}

static struct answer read_answer(struct auth_jwks *j, const struct es_fetch_answer *answer, struct es_buf *detail)
{
	struct es_jwks *keys = NULL;

	if (answer->status != ES_OK) {
		es_put_str(detail, answer->why);
		return (struct answer){ answer->status, "the provider's keys could not be fetched" };
	}
	if (answer->code != 200) {
		es_put_printf(detail, "answer %ld", answer->code);
		return (struct answer){ ES_UNAVAILABLE, "the provider did not give its keys" };
	}
	es_status status = es_jwks_parse(answer->body, &keys, detail);
	if (status != ES_OK)
		return (struct answer){ status, "the provider's key set is of no use" };
	return store(j, keys, answer->max_age_s);
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct fetch *fetch = user;
	struct auth_jwks *j = fetch->jwks;
	char storage[256];
	struct es_buf detail;

	es_buf_init_fixed(&detail, storage, sizeof storage);
	struct answer read = read_answer(j, answer, &detail);
	if (read.status != ES_OK)
		es_warn(NULL, "auth.jwks_not_fetched", es_f_str("url", j->options.url), es_f_status(read.status),
		        es_f_slice("why", es_buf_slice(&detail)));
	answer_all(j, fetch, &read);
}

static void start(struct auth_jwks *j, struct fetch *fetch, const struct es_trace *trace)
{
	static const struct es_fetch_header accept = { "Accept", "application/json, application/jwk-set+json" };
	const struct es_fetch_request request = { .method = "GET",
		                                      .url = j->options.url,
		                                      .headers = &accept,
		                                      .header_count = 1,
		                                      .answer_max = ES_JWKS_MAX,
		                                      .deadline = fetch->deadline,
		                                      .trace = trace };

	es_status status = es_fetch(j->target, &request, on_answer, fetch);
	if (status != ES_OK)
		answer_all(j, fetch, &(struct answer){ status, "the key set cannot be asked for now" });
}

/* ---- asking ---- */

enum course { ANSWER, WAIT, FETCH_AND_WAIT };

/* Under the lock. Keys that are fresh and hold the kid are an answer; else a fetch, if it is not too soon for one. */
static enum course decide(struct auth_jwks *j, struct es_slice kid, int64_t deadline, struct answer *otherwise)
{
	int64_t now = es_mono_ms();
	bool is_old = j->held == NULL || now >= j->fresh_until;

	*otherwise = (struct answer){ ES_UNAVAILABLE, "the provider's keys could not be fetched just now" };
	if (!is_old && has(j->held, kid))
		return ANSWER;
	/* Who is in more of a hurry than the fetch under way cannot wait for it. */
	bool can_wait = j->fetch != NULL && j->fetch->deadline <= deadline;
	if (!can_wait && now < (is_old ? j->retry_at : j->again_at))
		return ANSWER;
	if (j->waiting >= j->options.waiters_max) {
		*otherwise = (struct answer){ ES_BUSY, "too many wait for the provider's keys" };
		return ANSWER;
	}
	return can_wait ? WAIT : FETCH_AND_WAIT;
}

/* Under the lock. */
static struct fetch *new_fetch(struct auth_jwks *j, int64_t deadline)
{
	struct fetch *fetch = calloc(1, sizeof *fetch);
	int64_t latest = es_wall_ms() + j->options.fetch_ms, now = es_mono_ms();

	if (fetch == NULL)
		return NULL;
	*fetch = (struct fetch){ .jwks = j, .deadline = deadline < latest ? deadline : latest };
	j->fetch = fetch;
	j->again_at = now + j->options.again_ms;
	j->retry_at = now + j->options.retry_ms;
	return fetch;
}

void auth_jwks_get(struct auth_jwks *jwks, struct es_slice kid, int64_t deadline, const struct es_trace *trace,
                   auth_jwks_done *done, void *user)
{
	struct waiter *waiter = calloc(1, sizeof *waiter);
	struct answer otherwise = { ES_TOO_LARGE, "no memory, or too long a kid" };
	struct fetch *started = NULL;
	struct held *held = NULL;

	if (waiter == NULL || kid.len > KID_MAX) {
		free(waiter);
		done(otherwise.status, NULL, otherwise.why, user);
		return;
	}
	if (kid.len > 0)
		memcpy(waiter->kid, kid.ptr, kid.len);
	waiter->done = done;
	waiter->user = user;
	(void)pthread_mutex_lock(&jwks->lock);
	enum course course = decide(jwks, kid, deadline, &otherwise);
	if (course == FETCH_AND_WAIT && (started = new_fetch(jwks, deadline)) == NULL)
		course = ANSWER;
	if (course == ANSWER) {
		held = usable(jwks);
	} else {
		waiter->next = jwks->fetch->waiters;
		jwks->fetch->waiters = waiter;
		jwks->waiting++;
	}
	(void)pthread_mutex_unlock(&jwks->lock);
	if (started != NULL)
		start(jwks, started, trace);
	if (course != ANSWER)
		return;
	free(waiter);
	answer_one(held, kid, &otherwise, done, user);
	(void)pthread_mutex_lock(&jwks->lock);
	let_go(held);
	(void)pthread_mutex_unlock(&jwks->lock);
}
