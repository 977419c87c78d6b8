/* auth_jwks_test.c -- a provider's keys kept and fetched anew, against a provider that can be told what to do. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "auth_jwks.h"

static struct es_fetcher *fetcher;
static struct es_fetch_target *target;
static struct peer provider;

/* Freed when the fetcher's thread is gone, as the header wants. */
static struct auth_jwks *made[16];
static size_t made_count;

static int start(void **state)
{
	const struct es_fetcher_options options = { .name = "fetch" };
	const struct es_fetch_target_options of_target = { .name = "idp", .plain_http = true, .connections_max = 8 };
	char storage[256];
	struct es_buf error;

	(void)state;
	provider = peer_start("jwks.py", NULL);
	es_buf_init_fixed(&error, storage, sizeof storage);
	return es_fetcher_start(&options, &fetcher, &error) == ES_OK &&
	               es_fetch_target_new(fetcher, &of_target, &target, &error) == ES_OK
	           ? 0
	           : -1;
}

static int stop(void **state)
{
	(void)state;
	es_fetcher_stop(fetcher);
	while (made_count > 0)
		auth_jwks_free(made[--made_count]);
	peer_stop(&provider);
	return 0;
}

/* ---- the provider ---- */

static void ask(const char *method, const char *path, const char *body, struct kept *k)
{
	char url[128];
	const struct es_fetch_request request = {
		.method = method, .url = url, .body = es_slice_str(body), .deadline = es_wall_ms() + BOUND_MS
	};

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", provider.port, path);
	assert_int_equal(es_fetch(target, &request, keep, k), ES_OK);
	wait_for(k, 1);
	assert_int_equal(k->code, 200);
}

static void control(const char *body)
{
	struct kept k = KEPT;
	ask("POST", "/control", body, &k);
}

/* How often the keys were asked for since control(). */
static int asked(void)
{
	struct kept k = KEPT;
	ask("GET", "/asked", NULL, &k);
	return (int)strtol(k.body, NULL, 10);
}

/* ---- what was given ---- */

struct got {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count;
	es_status status;
	bool has_keys;
};
#define GOT                                                                                                            \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

static void take(es_status status, const struct es_jwks *keys, const char *why, void *user)
{
	struct got *g = user;

	assert_non_null(why);
	(void)pthread_mutex_lock(&g->lock);
	g->count++;
	g->status = status;
	g->has_keys = keys != NULL;
	(void)pthread_cond_broadcast(&g->came);
	(void)pthread_mutex_unlock(&g->lock);
}

static void wait_got(struct got *g, int count)
{
	(void)pthread_mutex_lock(&g->lock);
	while (g->count < count)
		(void)pthread_cond_wait(&g->came, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

static es_status get(struct auth_jwks *jwks, const char *kid)
{
	struct got g = GOT;

	auth_jwks_get(jwks, es_slice_str(kid), es_wall_ms() + BOUND_MS, NULL, take, &g);
	wait_got(&g, 1);
	assert_true(g.has_keys == (g.status == ES_OK));
	return g.status;
}

static struct auth_jwks *cache_with(struct auth_jwks_options options)
{
	struct auth_jwks *jwks = NULL;
	char url[64];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/jwks", provider.port);
	options.url = url;
	assert_true(made_count < ES_COUNT(made));
	assert_int_equal(auth_jwks_new(target, &options, &jwks), ES_OK);
	made[made_count++] = jwks;
	return jwks;
}

static void nap(void)
{
	(void)usleep(2000);
}

/* ---- tests ---- */

static void test_keys_are_fetched_once_and_kept(void **state)
{
	struct auth_jwks *jwks = cache_with((struct auth_jwks_options){ .waiters_max = 0 });

	(void)state;
	control("{\"kids\":[\"a\",\"b\"]}");
	assert_int_equal(get(jwks, "a"), ES_OK);
	assert_int_equal(get(jwks, "b"), ES_OK);
	assert_int_equal(get(jwks, ""), ES_OK);
	assert_int_equal(asked(), 1);
}

static void test_a_kid_that_is_new_makes_them_be_fetched_anew_but_not_for_each_token(void **state)
{
	struct auth_jwks *jwks = cache_with((struct auth_jwks_options){ .again_ms = 1 });
	struct auth_jwks *slow = cache_with((struct auth_jwks_options){ .waiters_max = 0 });

	(void)state;
	control("{\"kids\":[\"a\"]}");
	assert_int_equal(get(jwks, "a"), ES_OK);
	assert_int_equal(get(slow, "a"), ES_OK);
	control("{\"kids\":[\"a\",\"new\"]}");
	nap();
	assert_int_equal(get(jwks, "new"), ES_OK);
	assert_int_equal(asked(), 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(get(slow, "new"), ES_NOT_FOUND);
	assert_int_equal(asked(), 1);
}

static void test_keys_that_are_over_their_age_are_fetched_anew(void **state)
{
	struct auth_jwks *jwks =
		cache_with((struct auth_jwks_options){ .keep_min_ms = 1, .keep_max_ms = 1, .retry_ms = 1 });

	(void)state;
	control("{\"kids\":[\"a\"],\"max_age\":300}");
	assert_int_equal(get(jwks, "a"), ES_OK);
	control("{\"kids\":[\"b\"],\"max_age\":300}");
	nap();
	assert_int_equal(get(jwks, "a"), ES_NOT_FOUND);
	nap();
	assert_int_equal(get(jwks, "b"), ES_OK);
}

static void test_old_keys_serve_while_the_provider_is_away(void **state)
{
	static const char *const away[] = {
		"{\"status\":500}",
		"{\"status\":404}",
		"{\"body\":\"<html>\"}",
		"{\"body\":\"{\\\"keys\\\":[]}\"}",
	};
	struct auth_jwks *jwks =
		cache_with((struct auth_jwks_options){ .keep_min_ms = 1, .keep_max_ms = 1, .retry_ms = 1 });
	struct auth_jwks *strict =
		cache_with((struct auth_jwks_options){ .keep_min_ms = 1, .keep_max_ms = 1, .retry_ms = 1, .old_max_ms = 1 });

	(void)state;
	control("{\"kids\":[\"a\"]}");
	assert_int_equal(get(jwks, "a"), ES_OK);
	(void)get(strict, "a"); /* over its age perhaps before it is looked at */
	for (size_t i = 0; i < ES_COUNT(away); i++) {
		control(away[i]);
		nap();
		assert_int_equal(get(jwks, "a"), ES_OK);
		assert_int_equal(get(jwks, "b"), ES_NOT_FOUND);
		assert_true(asked() >= 1);
		nap();
		assert_int_not_equal(get(strict, "a"), ES_OK);
	}
}

static void test_without_any_keys_the_reason_is_told_and_the_provider_left_in_peace(void **state)
{
	struct auth_jwks *jwks = cache_with((struct auth_jwks_options){ .retry_ms = 3600000 });

	(void)state;
	control("{\"status\":503}");
	for (int i = 0; i < 5; i++)
		assert_int_equal(get(jwks, "a"), ES_UNAVAILABLE);
	assert_int_equal(asked(), 1);
}

static void test_one_fetch_serves_all_who_wait_and_their_number_is_bounded(void **state)
{
	struct auth_jwks *jwks = cache_with((struct auth_jwks_options){ .waiters_max = 20, .fetch_ms = BOUND_MS });
	struct got g = GOT, one_more = GOT, hurried = GOT;
	int64_t deadline = es_wall_ms() + BOUND_MS;

	(void)state;
	control("{\"kids\":[\"a\"],\"hold\":true}");
	for (int i = 0; i < 20; i++)
		auth_jwks_get(jwks, ES_SLICE_LIT("a"), deadline, NULL, take, &g);
	auth_jwks_get(jwks, ES_SLICE_LIT("a"), deadline, NULL, take, &one_more);
	assert_int_equal(one_more.count, 1);
	assert_int_equal(one_more.status, ES_BUSY);
	auth_jwks_get(jwks, ES_SLICE_LIT("a"), deadline - BOUND_MS / 2, NULL, take, &hurried);
	assert_int_equal(hurried.count, 1);
	assert_int_equal(hurried.status, ES_UNAVAILABLE);
	struct kept k = KEPT;
	ask("POST", "/release", "{}", &k);
	wait_got(&g, 20);
	assert_int_equal(g.status, ES_OK);
	assert_int_equal(asked(), 1);
}

static void test_a_provider_that_does_not_answer_is_waited_for_until_the_deadline(void **state)
{
	struct auth_jwks *jwks = cache_with((struct auth_jwks_options){ .waiters_max = 0 });
	struct got g = GOT;

	(void)state;
	control("{\"kids\":[\"a\"],\"hold\":true}");
	auth_jwks_get(jwks, ES_SLICE_LIT("a"), es_wall_ms() + 50, NULL, take, &g);
	wait_got(&g, 1);
	assert_int_equal(g.status, ES_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_fetched_once_and_kept),
		cmocka_unit_test(test_a_kid_that_is_new_makes_them_be_fetched_anew_but_not_for_each_token),
		cmocka_unit_test(test_keys_that_are_over_their_age_are_fetched_anew),
		cmocka_unit_test(test_old_keys_serve_while_the_provider_is_away),
		cmocka_unit_test(test_without_any_keys_the_reason_is_told_and_the_provider_left_in_peace),
		cmocka_unit_test(test_one_fetch_serves_all_who_wait_and_their_number_is_bounded),
		cmocka_unit_test(test_a_provider_that_does_not_answer_is_waited_for_until_the_deadline),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
