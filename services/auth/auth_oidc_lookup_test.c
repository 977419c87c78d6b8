/* auth_oidc_lookup_test.c -- a provider's endpoints by discovery: kept, looked for again, used while that fails. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "auth_oidc_provider.h"
#include "es_arena.h"
#include "es_crypto.h"
#include "es_log.h"

#define MINUTE INT64_C(60000)

static struct peer peer;
static int64_t ahead_ms; /* of the clock */

static int64_t test_clock(void)
{
	return es_wall_ms() + ahead_ms;
}

struct fixture {
	struct es_fetcher *fetcher;
	struct es_fetch_target *target;
	char issuer[96];
	struct auth_oidc_settings settings;
	struct auth_oidc_provider provider;
	struct auth_env env;
};

static void setup(struct fixture *f)
{
	const struct es_fetcher_options options = { .name = "fetch" };
	const struct es_fetch_target_options of_target = { .name = "idp", .plain_http = true };
	char storage[256];
	struct es_buf error;

	memset(f, 0, sizeof *f);
	ahead_ms = 0;
	peer = peer_start("jwks.py", NULL);
	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_fetcher_start(&options, &f->fetcher, &error), ES_OK);
	assert_int_equal(es_fetch_target_new(f->fetcher, &of_target, &f->target, &error), ES_OK);
	/* What follows the issuer is a query for this peer, which serves one document. */
	(void)snprintf(f->issuer, sizeof f->issuer, "http://127.0.0.1:%u/jwks?of=", peer.port);
	f->settings = (struct auth_oidc_settings){ .issuer = f->issuer,
		                                       .authorization_endpoint = "",
		                                       .token_endpoint = "",
		                                       .jwks_uri = "",
		                                       .userinfo_endpoint = "",
		                                       .timeout = BOUND_MS };
	f->provider = (struct auth_oidc_provider){ .name = "idp", .settings = &f->settings, .target = f->target };
	(void)pthread_mutex_init(&f->provider.lock, NULL);
	f->env.now_ms = test_clock;
}

static void teardown(struct fixture *f)
{
	es_fetcher_stop(f->fetcher);
	auth_jwks_free(f->provider.jwks);
	peer_stop(&peer);
	pthread_mutex_destroy(&f->provider.lock);
}

static void ask(struct fixture *f, const char *method, const char *path, const char *body, struct kept *k)
{
	char url[128];
	const struct es_fetch_request request = {
		.method = method, .url = url, .body = es_slice_str(body), .deadline = es_wall_ms() + BOUND_MS
	};

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", peer.port, path);
	assert_int_equal(es_fetch(f->target, &request, keep, k), ES_OK);
	wait_for(k, 1);
	assert_int_equal(k->code, 200);
}

/* From now on the provider serves endpoints of this name, or answers with another code. */
static void serve(struct fixture *f, int code, const char *name)
{
	struct kept k = KEPT;
	char body[1024];

	(void)snprintf(body, sizeof body,
	               "{\"status\":%d,\"max_age\":60,\"body\":\"{\\\"issuer\\\":\\\"%s\\\","
	               "\\\"authorization_endpoint\\\":\\\"https://%s/a\\\",\\\"token_endpoint\\\":\\\"https://%s/t\\\","
	               "\\\"jwks_uri\\\":\\\"https://%s/j\\\"}\"}",
	               code, f->issuer, name, name, name);
	ask(f, "POST", "/control", body, &k);
}

/* Since serve(). */
static int asked(struct fixture *f)
{
	struct kept k = KEPT;

	ask(f, "GET", "/asked", NULL, &k);
	return (int)strtol(k.body, NULL, 10);
}

struct lookup {
	struct auth_oidc_lookup lookup;
	struct kept kept;
};

static void done(struct auth_oidc_lookup *lookup, es_status status)
{
	keep(&(struct es_fetch_answer){ .status = status, .why = "" }, &((struct lookup *)(void *)lookup)->kept);
}

/* The endpoint for tokens, or NULL. */
static const char *look_up(struct fixture *f, char out[AUTH_OIDC_URL_MAX])
{
	struct es_arena *arena = es_arena_new(0, 16384);
	struct auth_task task = { .env = &f->env, .arena = arena, .deadline = INT64_MAX };
	struct lookup l = { .lookup = { .task = &task, .provider = &f->provider, .done = done }, .kept = KEPT };

	auth_oidc_look_up(&l.lookup);
	wait_for(&l.kept, 1);
	if (l.kept.status == ES_OK)
		memcpy(out, l.lookup.endpoints.token, AUTH_OIDC_URL_MAX);
	else
		assert_int_equal(l.kept.status, ES_UNAVAILABLE);
	es_arena_free(arena);
	return l.kept.status == ES_OK ? out : NULL;
}

static void endpoints_are_looked_for_again_when_their_time_is_over(void **state)
{
	char url[AUTH_OIDC_URL_MAX];
	struct fixture f;

	(void)state;
	setup(&f);
	serve(&f, 503, "none");
	assert_null(look_up(&f, url));
	assert_null(look_up(&f, url)); /* nothing is known: each login asks */
	assert_int_equal(asked(&f), 2);
	serve(&f, 200, "one");
	assert_string_equal(look_up(&f, url), "https://one/t");
	assert_string_equal(look_up(&f, url), "https://one/t");
	assert_int_equal(asked(&f), 1);
	serve(&f, 200, "two");
	ahead_ms += 2 * MINUTE;
	assert_string_equal(look_up(&f, url), "https://two/t");
	teardown(&f);
}

static void a_provider_whose_discovery_is_away_stops_no_login_for_a_day(void **state)
{
	char url[AUTH_OIDC_URL_MAX];
	struct fixture f;

	(void)state;
	setup(&f);
	serve(&f, 200, "one");
	assert_string_equal(look_up(&f, url), "https://one/t");
	serve(&f, 503, "none");
	for (int minutes = 2; minutes <= 6; minutes += 2) {
		ahead_ms += 2 * MINUTE;
		for (int i = 0; i < 3; i++)
			assert_string_equal(look_up(&f, url), "https://one/t");
		assert_int_equal(asked(&f), minutes / 2); /* one try for all three */
	}
	serve(&f, 200, "two");
	assert_string_equal(look_up(&f, url), "https://one/t"); /* the pause after the last try */
	ahead_ms += 2 * MINUTE;
	assert_string_equal(look_up(&f, url), "https://two/t");
	serve(&f, 503, "none");
	ahead_ms += 24 * 60 * MINUTE + 2 * MINUTE;
	assert_null(look_up(&f, url));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_looked_for_again_when_their_time_is_over),
		cmocka_unit_test(a_provider_whose_discovery_is_away_stops_no_login_for_a_day),
	};

	es_crypto_init();
	es_log_set_level(ES_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
