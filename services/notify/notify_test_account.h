/* notify_test_account.h -- for tests: an account that keeps what it is given and tells what the test wants. */
#ifndef NOTIFY_TEST_ACCOUNT_H
#define NOTIFY_TEST_ACCOUNT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_account.h"

#define TEST_SENT_MAX 4096

struct test_sent {
	char tenant[32], imsi[20], address[160], apps[160], collapse[NOTIFY_COLLAPSE_SIZE], trace_id[33];
	enum notify_channel channel;
	int64_t deadline, expires_ms;
	uint64_t at;       /* what the test's clock says */
	bool is_accepted;  /* as far as the test told */
	notify_told *told; /* NULL: it has been told */
	void *user;
};

struct test_account {
	struct notify_account base;
	pthread_mutex_t lock;
	sem_t arrived;
	struct test_sent sent[TEST_SENT_MAX];
	size_t count;
	uint32_t room;         /* what it says of it */
	bool holds;            /* tells nothing by itself */
	uint32_t holds_one_in; /* of so many one; 0: as `holds` says */
	unsigned lots;         /* of these tests' own chance */
	const _Atomic uint64_t *clock;
	struct notify_heard verdict;                               /* what it tells otherwise */
	struct notify_heard (*play)(struct test_account *account); /* or this */
};

static inline void test_account_keep(struct test_sent *s, const struct notify_message *m)
{
	*s = (struct test_sent){ .channel = m->channel, .deadline = m->deadline, .expires_ms = m->expires_ms };
	(void)snprintf(s->tenant, sizeof s->tenant, "%s", m->tenant);
	(void)snprintf(s->imsi, sizeof s->imsi, "%s", m->imsi);
	(void)snprintf(s->address, sizeof s->address, ES_SLICE_FMT, ES_SLICE_ARG(m->address));
	memcpy(s->collapse, m->collapse, sizeof s->collapse);
	for (size_t i = 0; i < m->app_count; i++)
		(void)snprintf(s->apps + strlen(s->apps), sizeof s->apps - strlen(s->apps), "%s%s", i > 0 ? " " : "",
		               m->apps[i]);
	for (size_t i = 0; i < sizeof m->trace.trace_id; i++)
		(void)snprintf(s->trace_id + 2 * i, 3, "%02x", m->trace.trace_id[i]);
}

static inline uint32_t test_account_room(struct notify_account *account, int64_t *again_ms)
{
	struct test_account *t = (struct test_account *)account;

	pthread_mutex_lock(&t->lock);
	const uint32_t room = t->count < TEST_SENT_MAX ? t->room : 0;
	pthread_mutex_unlock(&t->lock);
	*again_ms = 50;
	return room;
}

static inline es_status test_account_send(struct notify_account *account, const struct notify_message *message,
                                          notify_told *told, void *user)
{
	struct test_account *t = (struct test_account *)account;

	pthread_mutex_lock(&t->lock);
	if (t->count == TEST_SENT_MAX) {
		pthread_mutex_unlock(&t->lock);
		return ES_BUSY;
	}
	struct test_sent *s = &t->sent[t->count++];
	test_account_keep(s, message);
	s->at = t->clock != NULL ? *t->clock : 0;
	const struct notify_heard verdict = t->play != NULL ? t->play(t) : t->verdict;
	const bool holds = t->holds_one_in > 0 ? (unsigned)rand_r(&t->lots) % t->holds_one_in == 0 : t->holds;
	s->is_accepted = !holds && verdict.verdict == NOTIFY_ACCEPTED;
	if (holds) {
		s->told = told;
		s->user = user;
	}
	pthread_mutex_unlock(&t->lock);
	if (!holds)
		told(&verdict, user);
	sem_post(&t->arrived);
	return ES_OK;
}

static inline size_t test_account_count(struct test_account *t)
{
	pthread_mutex_lock(&t->lock);
	const size_t count = t->count;
	pthread_mutex_unlock(&t->lock);
	return count;
}

static inline enum notify_account_state test_account_state(struct notify_account *account)
{
	(void)account;
	return NOTIFY_WORKS;
}

/* Of a message that it holds. */
static inline void test_account_tell(struct test_account *t, size_t i, const struct notify_heard *heard)
{
	pthread_mutex_lock(&t->lock);
	notify_told *told = t->sent[i].told;
	void *user = t->sent[i].user;
	t->sent[i].told = NULL;
	if (told != NULL)
		t->sent[i].is_accepted = heard->verdict == NOTIFY_ACCEPTED;
	pthread_mutex_unlock(&t->lock);
	if (told != NULL)
		told(heard, user);
}

static inline void test_account_close(struct notify_account *account)
{
	struct test_account *t = (struct test_account *)account;
	const struct notify_heard later = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_UNREACHABLE };

	for (size_t i = 0; i < t->count; i++)
		test_account_tell(t, i, &later);
}

static inline void test_account_init(struct test_account *t, const char *kind, const char *name)
{
	static const struct notify_account_ops ops = {
		.room = test_account_room, .send = test_account_send, .state = test_account_state, .close = test_account_close
	};

	memset(t, 0, sizeof *t);
	t->base = (struct notify_account){ .ops = &ops, .kind = kind, .name = name };
	pthread_mutex_init(&t->lock, NULL);
	sem_init(&t->arrived, 0, 0);
	t->room = 100;
	t->verdict.verdict = NOTIFY_ACCEPTED;
}

#endif
