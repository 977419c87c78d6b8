/* auth_test_env.h -- auth without bus and without policy: the flows over a real database of their own. */
#ifndef AUTH_TEST_ENV_H
#define AUTH_TEST_ENV_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth_auc_source.h"
#include "auth_env.h"
#include "auth_exchange.h"
#include "auth_provision.h"
#include "auth_store.h"
#include "auth_test_sim.h"
#include "auth_vault.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "es_log.h"

#define TEST_TENANT "demo"
#define TEST_IMSI "001010000000001"
#define TEST_EAP_ID "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"
#define TEST_REQUEST "the packed request"
#define TEST_KEYS "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

/* The clock of the test. */
static _Atomic int64_t test_now = INT64_C(1790000000000);

static int64_t test_clock(void)
{
	return test_now;
}

/* Policy as the test wants it. */
struct test_policy {
	enum auth_admission admission;
	uint32_t epoch;
	es_status status;
	bool hold; /* keep the questions until test_policy_release() */
	struct auth_admit *held[8];
	size_t held_count, asked;
};

static es_status test_admit(void *policy, struct auth_admit *admit)
{
	struct test_policy *p = policy;

	p->asked++;
	if (p->hold) {
		p->held[p->held_count++] = admit;
		return ES_OK;
	}
	admit->admission = p->admission;
	admit->epoch = p->epoch;
	admit->done(admit, p->status);
	return ES_OK;
}

ES_UNUSED static void test_policy_release(struct test_policy *p)
{
	p->hold = false;
	for (size_t i = 0; i < p->held_count; i++) {
		p->held[i]->admission = p->admission;
		p->held[i]->epoch = p->epoch;
		p->held[i]->done(p->held[i], p->status);
	}
	p->held_count = 0;
}

struct test_env {
	struct auth_env env;
	struct test_policy policy;
	struct auth_rate rates[AUTH_LIMIT_COUNT]; /* none, unless the test sets some before test_env_up() */
	struct auth_tenant tenant;
	struct es_db_testing db;
};

/* The engine that test_env_begin() takes, and a name for its schema. */
static unsigned test_engine;
static const char *test_program = "auth_test";

static void test_require(bool truth, const char *what)
{
	if (!truth) {
		(void)fprintf(stderr, "%s\n", what);
		abort();
	}
}

static struct es_keyring *test_ring(void)
{
	struct es_keyring *ring = NULL;
	struct es_buf error;

	es_buf_init(&error, 256);
	test_require(es_keyring_parse(ES_SLICE_LIT(TEST_KEYS), &ring, &error) == ES_OK, "key ring");
	es_buf_free(&error);
	return ring;
}

/* The only tenant, with what the test set in t->tenant. */
static void test_env_publish(struct test_env *t)
{
	struct es_arena *arena = es_arena_new(0, 4096);
	struct auth_tenant *copy = es_arena_alloc(arena, sizeof *copy);

	*copy = t->tenant;
	const struct auth_tenants tenants = { .version = 1, .items = copy, .count = 1 };
	test_require(auth_snapshot_set(t->env.tenants, arena, &tenants) == ES_OK, "snapshot");
}

/* A process of auth on the database of t->db. */
static void test_env_up(struct test_env *t, const char *name)
{
	struct es_buf error;

	es_buf_init(&error, 512);
	es_status status = auth_store_open(t->db.url, &t->env.db, &error);
	test_require(status == ES_OK, "database");
	es_buf_free(&error);
	if (es_db_reads_block(t->env.db))
		t->env.readers = es_worker_new("auth-read", 2, 16);
	t->env.session_keys = test_ring();
	t->env.token_keys = test_ring();
	t->env.auc_keys = test_ring();
	memset(t->env.transport_private, 7, 32);
	es_box_public(t->env.transport_private, t->env.transport_public);
	t->env.now_ms = test_clock;
	t->env.session_ttl_ms = 60000;
	t->env.token_ttl_ms = 86400000;
	t->env.admit = test_admit;
	t->env.policy = &t->policy;
	t->policy.admission = AUTH_ADMITTED;
	t->policy.epoch = 3;
	t->env.tenants = auth_snapshots_new();
	t->env.guard = auth_guard_new(t->rates);
	t->env.pending = auth_pending_new(64);
	t->env.history = auth_history_new(64);
	t->env.sources = auth_sources_new(test_clock);
	const struct auth_source own = auth_auc_source(&t->env);
	test_require(auth_sources_add(t->env.sources, &own) == ES_OK, "the own AuC");
	t->env.sqn = auth_sqn_source_new(t->env.db, name, test_clock);
	auth_sqn_source_poll(t->env.sqn);
	test_require(auth_sqn_source_is_ready(t->env.sqn), "an index");
	memcpy(t->tenant.id, TEST_TENANT, sizeof TEST_TENANT);
	test_env_publish(t);
}

static void test_env_down(struct test_env *t)
{
	es_worker_free(t->env.readers);
	auth_sources_free(t->env.sources);
	auth_guard_free(t->env.guard);
	auth_pending_free(t->env.pending);
	auth_history_free(t->env.history);
	auth_sqn_source_free(t->env.sqn);
	es_db_close(t->env.db);
	auth_snapshots_free(t->env.tenants);
	es_keyring_free(t->env.session_keys);
	es_keyring_free(t->env.token_keys);
	es_keyring_free(t->env.auc_keys);
	memset(&t->env, 0, sizeof t->env);
}

ES_UNUSED static void test_env_begin(struct test_env *t)
{
	memset(t, 0, sizeof *t);
	es_db_testing_begin(&t->db, test_engine, test_program);
	test_env_up(t, "one");
}

ES_UNUSED static void test_env_end(struct test_env *t)
{
	test_env_down(t);
	es_db_testing_end(&t->db);
}

/* Runs the tests on each engine there is. */
#define TEST_ON_EACH_ENGINE(program, tests)                                                                            \
	do {                                                                                                               \
		int failed_ = 0;                                                                                               \
		es_crypto_init();                                                                                              \
		es_log_set_level(ES_LOG_ERROR);                                                                                \
		test_program = (program);                                                                                      \
		for (test_engine = 0; test_engine < es_db_testing_engines(); test_engine++)                                    \
			failed_ += cmocka_run_group_tests_name(test_engine == 0 ? "sqlite" : "postgresql", tests, NULL, NULL);     \
		return failed_;                                                                                                \
	} while (0)

/* ---- one call ---- */

struct test_call {
	struct auth_task task;
	struct es_arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done;
	es_status status;
	struct auth_reply reply;
	struct auth_renewed renewed;
	struct auth_keys_status keys;
	struct auth_start start;
	struct es_slice cookie;
};

static void test_answer(struct auth_task *task, es_status status, const char *detail)
{
	struct test_call *call = (struct test_call *)(void *)task;

	(void)detail;
	pthread_mutex_lock(&call->lock);
	test_require(!call->done, "a call is answered once");
	call->done = true;
	call->status = status;
	pthread_cond_signal(&call->answered);
	pthread_mutex_unlock(&call->lock);
}

static struct test_call *test_call_new(struct test_env *t)
{
	struct test_call *call = calloc(1, sizeof *call);

	test_require(call != NULL, "memory");
	call->arena = es_arena_new(0, 256 << 10);
	es_arena_set_secret(call->arena);
	call->task =
		(struct auth_task){ .env = &t->env, .arena = call->arena, .deadline = test_now + 5000, .answer = test_answer };
	(void)pthread_mutex_init(&call->lock, NULL);
	(void)pthread_cond_init(&call->answered, NULL);
	return call;
}

static void test_call_wait(struct test_call *call)
{
	pthread_mutex_lock(&call->lock);
	while (!call->done)
		pthread_cond_wait(&call->answered, &call->lock);
	pthread_mutex_unlock(&call->lock);
}

static void test_call_free(struct test_call *call)
{
	if (call == NULL)
		return;
	pthread_mutex_destroy(&call->lock);
	pthread_cond_destroy(&call->answered);
	es_arena_free(call->arena);
	free(call);
}

ES_UNUSED static struct test_call *test_start_with(struct test_env *t, const char *eap_id, struct es_slice request)
{
	struct test_call *call = test_call_new(t);

	call->start = (struct auth_start){ .eap_id = es_slice_str(eap_id),
		                               .address = ES_SLICE_LIT("192.0.2.1"),
		                               .host = ES_SLICE_LIT("ecs.example"),
		                               .group = "ap2003",
		                               .request = request };
	es_token_digest(ES_SLICE_LIT("350000000000001"), call->start.terminal);
	auth_exchange_start(&call->task, &call->start, &call->reply);
	test_call_wait(call);
	return call;
}

ES_UNUSED static struct test_call *test_start(struct test_env *t)
{
	return test_start_with(t, TEST_EAP_ID, ES_SLICE_LIT(TEST_REQUEST));
}

/* Not waited for: `cookie` and `packet` outlive the call. */
static struct test_call *test_continue_begin(struct test_env *t, struct es_slice cookie, struct es_slice packet)
{
	struct test_call *call = test_call_new(t);

	call->cookie = cookie;
	auth_exchange_continue(&call->task, &call->cookie, 1, packet, ES_SLICE_LIT("192.0.2.1"), &call->reply);
	return call;
}

ES_UNUSED static struct test_call *test_continue(struct test_env *t, struct es_slice cookie, struct es_slice packet)
{
	struct test_call *call = test_continue_begin(t, cookie, packet);

	test_call_wait(call);
	return call;
}

/* ---- keys ---- */

ES_UNUSED static es_status test_put_with(struct test_env *t, const char *imsi, uint8_t k, bool has_sqn, uint64_t sqn)
{
	struct test_call *call = test_call_new(t);
	uint8_t plain[32], box[32 + ES_BOX_OVERHEAD], storage[AUTH_AAD_MAX];
	static const uint8_t amf[2] = { 0x80, 0 };
	struct es_slice aad;

	memset(plain, k, 16);
	memset(plain + 16, 0x22, 16);
	test_require(auth_vault_aad(TEST_TENANT, TEST_IMSI, storage, &aad) == ES_OK, "aad");
	test_require(es_box_seal(t->env.transport_public, aad, es_slice_of(plain, 32), box) == ES_OK, "box");
	auth_keys_put(&call->task, &(struct auth_keys_put){ .tenant = TEST_TENANT,
	                                                    .imsi = imsi,
	                                                    .box = es_slice_of(box, sizeof box),
	                                                    .amf = es_slice_of(amf, 2),
	                                                    .algorithm = "milenage",
	                                                    .has_sqn = has_sqn,
	                                                    .sqn = sqn });
	test_call_wait(call);
	es_status status = call->status;
	test_call_free(call);
	return status;
}

/* Keys for the SIM of test_sim_of(). */
ES_UNUSED static void test_put(struct test_env *t)
{
	test_require(test_put_with(t, TEST_IMSI, 0x11, false, 0) == ES_OK, "keys");
}

ES_UNUSED static struct test_sim test_sim_of(void)
{
	struct test_sim sim = { .identity = TEST_EAP_ID };

	memset(sim.k, 0x11, 16);
	memset(sim.opc, 0x22, 16);
	return sim;
}

#endif
