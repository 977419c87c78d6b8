/* notify_credential.c -- one value under a lock, and who waits for it. */
#include "notify_credential.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"

struct notify_credential_waiter {
	struct notify_credential_waiter *next;
	notify_credential_ready *ready;
	void *user;
};

static const struct notify_heard no_memory = { .verdict = NOTIFY_LATER,
	                                           .reason = NOTIFY_WHY_UNREACHABLE,
	                                           .detail = "no memory" };
static const struct notify_heard stopping = { .verdict = NOTIFY_LATER,
	                                          .reason = NOTIFY_WHY_UNREACHABLE,
	                                          .detail = "stopping" };

void notify_credential_init(struct notify_credential *c, notify_credential_ask *ask, void *user)
{
	*c = (struct notify_credential){ .ask = ask, .user = user };
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->told, NULL);
}

/* ---- asking ---- */

void notify_credential_get(struct notify_credential *c, int64_t deadline, notify_credential_ready *ready, void *user)
{
	struct notify_credential_waiter *waiter = malloc(sizeof *waiter);
	char value[NOTIFY_CREDENTIAL_MAX] = "";
	bool is_first = false, has_joined = false;

	(void)pthread_mutex_lock(&c->lock);
	const bool is_stopping = c->is_stopping, is_good = !is_stopping && es_mono_ms() < c->good_until;
	if (is_good) {
		memcpy(value, c->value, strlen(c->value) + 1);
	} else if (waiter != NULL && !is_stopping) {
		*waiter = (struct notify_credential_waiter){ c->waiters, ready, user };
		c->waiters = ES_TAKE(waiter);
		has_joined = true;
		is_first = !c->is_asking;
		c->is_asking = true;
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (is_first)
		c->ask(c, deadline, c->user);
	if (is_good)
		ready(value, NULL, user);
	else if (!has_joined)
		ready(NULL, is_stopping ? &stopping : &no_memory, user);
	free(waiter);
	es_wipe(value, sizeof value);
}

/* ---- being told ---- */

static void answer(struct notify_credential *c, const char *value, const struct notify_heard *why)
{
	struct notify_credential_waiter *waiters, *next;

	(void)pthread_mutex_lock(&c->lock);
	waiters = ES_TAKE(c->waiters);
	c->is_asking = false;
	c->telling++;
	(void)pthread_mutex_unlock(&c->lock);
	for (struct notify_credential_waiter *w = waiters; w != NULL; w = next) {
		next = w->next;
		w->ready(value, why, w->user);
		free(w);
	}
	(void)pthread_mutex_lock(&c->lock);
	c->telling--;
	(void)pthread_cond_broadcast(&c->told);
	(void)pthread_mutex_unlock(&c->lock);
}

void notify_credential_told(struct notify_credential *c, struct es_slice value, int64_t life_ms, int64_t kept_ms)
{
	char text[NOTIFY_CREDENTIAL_MAX];

	assert(value.len > 0);
	if (!es_slice_to_str(value, text, sizeof text)) {
		notify_credential_failed(c, &no_memory);
		return;
	}
	(void)pthread_mutex_lock(&c->lock);
	memcpy(c->value, text, value.len + 1);
	c->good_until = es_mono_ms() + life_ms;
	c->kept_until = kept_ms > 0 ? es_mono_ms() + kept_ms : 0;
	(void)pthread_mutex_unlock(&c->lock);
	answer(c, text, NULL);
	es_wipe(text, sizeof text);
}

void notify_credential_failed(struct notify_credential *c, const struct notify_heard *why)
{
	answer(c, NULL, why);
}

void notify_credential_drop(struct notify_credential *c, const char *value)
{
	(void)pthread_mutex_lock(&c->lock);
	if (strcmp(c->value, value) == 0 && es_mono_ms() >= c->kept_until)
		c->good_until = 0;
	(void)pthread_mutex_unlock(&c->lock);
}

void notify_credential_keep(struct notify_credential *c, int64_t ms)
{
	const int64_t until = es_mono_ms() + ms;

	(void)pthread_mutex_lock(&c->lock);
	if (c->kept_until < until)
		c->kept_until = until;
	if (c->value[0] != '\0' && c->good_until < until)
		c->good_until = until;
	(void)pthread_mutex_unlock(&c->lock);
}

/* ---- the end ---- */

void notify_credential_stop(struct notify_credential *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->is_stopping = true;
	(void)pthread_mutex_unlock(&c->lock);
}

void notify_credential_settle(struct notify_credential *c)
{
	(void)pthread_mutex_lock(&c->lock);
	while (c->is_asking || c->telling > 0)
		(void)pthread_cond_wait(&c->told, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
}

void notify_credential_destroy(struct notify_credential *c)
{
	assert(c->waiters == NULL);
	es_wipe(c->value, sizeof c->value);
	(void)pthread_cond_destroy(&c->told);
	(void)pthread_mutex_destroy(&c->lock);
}
