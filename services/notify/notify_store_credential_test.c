/* notify_store_credential_test.c -- of all processes of a database one makes a credential, and the others use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_store_credential.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define PROCESSES 2
#define ROUNDS 20
#define MINUTE INT64_C(60000)

static unsigned engine;
static struct es_db_testing testing;
static struct es_keyring *ring;
static struct notify_store *stores[PROCESSES];

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	es_buf_init_fixed(&error, text, sizeof text);
	es_db_testing_begin(&testing, engine, "notify_credential");
	assert_int_equal(es_keyring_parse(es_slice_str(RING), &ring, &error), ES_OK);
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(notify_store_open(testing.url, ring, &stores[i], &error), ES_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROCESSES; i++)
		notify_store_close(stores[i]);
	es_keyring_free(ring);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- one question ---- */

struct asked {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count, made;
	es_status status;
	int64_t made_ms;
	char secret[128];
};
#define ASKED                                                                                                          \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

/* A write job may run twice: what it makes is another one each time. */
static es_status make(int64_t now_ms, struct es_buf *secret, void *user)
{
	static _Atomic unsigned number;
	struct asked *a = user;

	a->made++;
	es_put_printf(secret, "secret %u of %lld", ++number, (long long)now_ms);
	return ES_OK;
}

static es_status cannot_make(int64_t now_ms, struct es_buf *secret, void *user)
{
	(void)now_ms;
	(void)secret;
	(void)user;
	return ES_MALFORMED;
}

static void got(es_status status, int64_t made_ms, struct es_slice secret, void *user)
{
	struct asked *a = user;

	(void)pthread_mutex_lock(&a->lock);
	a->status = status;
	a->made_ms = made_ms;
	es_slice_to_str_cut(secret, a->secret, sizeof a->secret);
	a->count++;
	(void)pthread_cond_broadcast(&a->came);
	(void)pthread_mutex_unlock(&a->lock);
}

static void wait_for(struct asked *a)
{
	(void)pthread_mutex_lock(&a->lock);
	while (a->count == 0)
		(void)pthread_cond_wait(&a->came, &a->lock);
	(void)pthread_mutex_unlock(&a->lock);
}

static void ask(size_t process, const char *name, int64_t since_ms, struct asked *a)
{
	const struct notify_vault vault = notify_store_vault(stores[process]);

	assert_int_equal(vault.get(&vault, name, since_ms, make, got, a), ES_OK);
}

/* ---- tests ---- */

static void test_two_processes_that_ask_at_once_get_the_same_one(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct asked asked[PROCESSES] = { ASKED, ASKED };
		const int64_t since = es_wall_ms() - MINUTE;
		char name[32];
		(void)snprintf(name, sizeof name, "apns:%d", round);
		for (size_t i = 0; i < PROCESSES; i++)
			ask(i, name, since, &asked[i]);
		for (size_t i = 0; i < PROCESSES; i++)
			wait_for(&asked[i]);
		assert_int_equal(asked[0].status, ES_OK);
		assert_int_equal(asked[1].status, ES_OK);
		assert_string_equal(asked[0].secret, asked[1].secret);
		assert_int_equal(asked[0].made_ms, asked[1].made_ms);
	}
}

static void test_one_that_is_too_old_is_made_anew_for_all(void **state)
{
	struct asked first = ASKED, same = ASKED, newer = ASKED, other = ASKED;

	(void)state;
	ask(0, "apns:a", 0, &first);
	wait_for(&first);
	ask(1, "apns:a", first.made_ms, &same);
	wait_for(&same);
	assert_int_equal(same.made, 0);
	assert_string_equal(same.secret, first.secret);
	ask(1, "apns:a", first.made_ms + 1, &newer);
	wait_for(&newer);
	assert_string_not_equal(newer.secret, first.secret);
	ask(0, "apns:a", newer.made_ms, &other);
	wait_for(&other);
	assert_string_equal(other.secret, newer.secret);
}

static void test_what_cannot_be_made_is_told_and_leaves_nothing(void **state)
{
	const struct notify_vault vault = notify_store_vault(stores[0]);
	struct asked a = ASKED, b = ASKED;

	(void)state;
	assert_int_equal(vault.get(&vault, "apns:a", 0, cannot_make, got, &a), ES_OK);
	wait_for(&a);
	assert_int_equal(a.status, ES_MALFORMED);
	assert_string_equal(a.secret, "");
	ask(0, "apns:a", 0, &b);
	wait_for(&b);
	assert_int_equal(b.status, ES_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_processes_that_ask_at_once_get_the_same_one),
		TEST(test_one_that_is_too_old_is_made_anew_for_all),
		TEST(test_what_cannot_be_made_is_told_and_leaves_nothing),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
