/* es_peer_test.c -- settings judged, and questions with and without a token, against tests/peers/web.py. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include <sys/stat.h>

#include "es_config_named.h"
#include "es_crypto.h"
#include "es_peer.h"

static struct peer web;
static char folder[] = "/tmp/es_peer_test.XXXXXX";
static char secret[64];

static int start(void **state)
{
	(void)state;
	es_crypto_init();
	assert_non_null(mkdtemp(folder));
	(void)snprintf(secret, sizeof secret, "%s/secret", folder);
	FILE *file = fopen(secret, "we");
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_true(fputs("a+b\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	web = peer_start("web.py", NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	peer_stop(&web);
	(void)unlink(secret);
	return rmdir(folder);
}

/* ---- settings ---- */

struct config {
	struct es_peer_settings peer;
	const char *colour;
};

static void a_section_has_the_usual_keys_beside_its_own(void **state)
{
	static const struct es_conf_key keys[] = {
		ES_PEER_KEYS(bss, struct config, peer, "where"),
		ES_CONF(bss, struct config, colour, ES_CONF_STRING, "red", 0, 0, "which"),
	};
	const struct es_conf_section kind = { "bss", keys, ES_COUNT(keys), sizeof(struct config), false };
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	const struct es_conf_named *sections = NULL;
	char room[256];
	struct es_buf error;
	size_t count = 0;

	(void)state;
	es_buf_init_fixed(&error, room, sizeof room);
	assert_int_equal(es_config_named_parse(&kind, 1, ES_SLICE_LIT("[bss one]\nurl = https://x\ntimeout = 2s\n"), arena,
	                                       &sections, &count, &error),
	                 ES_OK);
	const struct config *c = sections[0].values;
	assert_string_equal(c->peer.url, "https://x");
	assert_string_equal(c->peer.scope, "");
	assert_string_equal(c->colour, "red");
	assert_int_equal(c->peer.timeout, 2000);
	assert_int_equal(c->peer.in_flight_max, 32);
	assert_null(es_peer_fault(&c->peer, true));
}

static void what_does_not_go_together_is_named(void **state)
{
	static const struct {
		struct es_peer_settings settings;
		const char *fault;
	} rows[] = {
		{ { .url = "" }, "url begins with" },
		{ { .url = "ftp://x" }, "url begins with" },
		{ { .url = "https://x", .cert_file = "c" }, "belong together" },
		{ { .url = "https://x", .key_file = "k" }, "belong together" },
		{ { .url = "https://x", .token_url = "https://t" }, "needs client_id" },
		{ { .url = "https://x", .token_url = "t", .client_id = "me", .client_secret_file = "s" }, "token_url is" },
		{ { .url = "https://x", .http2 = true }, "http2 is for http://" },
	};
	char url[ES_PEER_URL_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		assert_non_null(strstr(es_peer_fault(&rows[i].settings, true), rows[i].fault));
	memset(url, 'x', sizeof url);
	memcpy(url, "https://", 8);
	url[sizeof url - 1] = '\0';
	const struct es_peer_settings longer = { .url = url }, none = { .url = "" };
	assert_string_equal(es_peer_fault(&longer, true), "url is too long");
	assert_null(es_peer_fault(&none, false));
}

/* ---- questions ---- */

struct asked {
	struct es_peer *peer;
	const char *url;
	struct kept kept;
};

static void on_ready(const char *bearer, const char *why, void *user)
{
	struct asked *a = user;
	const struct es_fetch_header mine = { "X-Mine", "yes" };
	const struct es_fetch_request request = {
		.method = "GET", .url = a->url, .headers = &mine, .header_count = 1, .deadline = es_wall_ms() + BOUND_MS
	};

	if (bearer == NULL)
		keep(&(struct es_fetch_answer){ .status = ES_DENIED, .why = why }, &a->kept);
	else
		assert_int_equal(es_peer_send(a->peer, bearer, &request, keep, &a->kept), ES_OK);
}

static struct kept ask(struct es_peer *peer, const char *path)
{
	char url[128];
	struct asked a = { peer, url, KEPT };

	(void)snprintf(url, sizeof url, "%s%s", peer->settings->url, path);
	es_peer_prepare(peer, es_wall_ms() + BOUND_MS, on_ready, &a);
	wait_for(&a.kept, 1);
	return a.kept;
}

/* A peer at the web server. */
struct open {
	char url[64], token_url[80];
	struct es_peer_settings settings;
	struct es_fetcher *fetcher;
	struct es_peer peer;
};

/* With a token, when there is a client. */
static void open_peer(struct open *o, const char *client)
{
	char room[256];
	struct es_buf error;

	es_buf_init_fixed(&error, room, sizeof room);
	*o = (struct open){ .fetcher = NULL };
	(void)snprintf(o->url, sizeof o->url, "http://127.0.0.1:%u", web.port);
	(void)snprintf(o->token_url, sizeof o->token_url, "http://127.0.0.1:%u/token", web.port);
	o->settings = (struct es_peer_settings){ .url = o->url,
		                                     .token_url = client != NULL ? o->token_url : NULL,
		                                     .client_id = client,
		                                     .client_secret_file = secret,
		                                     .scope = "all of it",
		                                     .in_flight_max = 1,
		                                     .breaker_failures = 2,
		                                     .breaker_open = 3600000 };
	assert_int_equal(es_fetcher_start(&(struct es_fetcher_options){ .name = "peer" }, &o->fetcher, &error), ES_OK);
	assert_int_equal(es_peer_open(&o->peer, o->fetcher, "peer", &o->settings, &error), ES_OK);
}

static void close_peer(struct open *o)
{
	es_fetcher_stop(o->fetcher);
	es_peer_close(&o->peer);
}

#define WITH_PEER(client)                                                                                              \
	struct open o;                                                                                                     \
	(void)state;                                                                                                       \
	for (bool once = (open_peer(&o, client), true); once; once = false, close_peer(&o))

static void without_a_token_endpoint_nothing_is_added(void **state)
{
	WITH_PEER(NULL)
	{
		struct kept k = ask(&o.peer, "/echo");
		assert_int_equal(k.code, 200);
		assert_non_null(strstr(k.body, "\"x-mine\": \"yes\""));
		assert_null(strstr(k.body, "authorization"));
		assert_false(es_peer_refused(&o.peer));
	}
}

/* RFC 6749 4.4, RFC 6750 2.1. */
static void a_token_is_kept_until_it_is_refused(void **state)
{
	WITH_PEER("me")
	{
		assert_int_equal(ask(&o.peer, "/private/1").code, 200);
		assert_int_equal(ask(&o.peer, "/private/1").code, 200);
		assert_int_equal(ask(&o.peer, "/private/2").code, 401);
		assert_true(es_peer_refused(&o.peer));
		assert_int_equal(ask(&o.peer, "/private/2").code, 200);
	}
}

static void a_token_that_cannot_be_had_is_said_with_the_reason(void **state)
{
	WITH_PEER("somebody-else")
	{
		struct kept k = ask(&o.peer, "/private/1");
		assert_int_equal(k.status, ES_DENIED);
		assert_string_equal(k.why, "the token endpoint refused");
	}
}

static void a_peer_has_room_and_is_left_alone_when_it_does_not_answer(void **state)
{
	WITH_PEER(NULL)
	{
		assert_int_equal(es_peer_enter(&o.peer.room), ES_PEER_ENTERED);
		assert_int_equal(es_peer_enter(&o.peer.room), ES_PEER_FULL);
		assert_int_equal(es_peer_note(&o.peer.room, ES_PEER_BAD), ES_PEER_AS_BEFORE);
		es_peer_leave(&o.peer.room);
		assert_int_equal(es_peer_enter(&o.peer.room), ES_PEER_ENTERED);
		assert_int_equal(es_peer_note(&o.peer.room, ES_PEER_NOT_ASKED), ES_PEER_AS_BEFORE);
		es_peer_leave(&o.peer.room);
		assert_int_equal(es_peer_enter(&o.peer.room), ES_PEER_ENTERED);
		assert_int_equal(es_peer_note(&o.peer.room, ES_PEER_BAD), ES_PEER_IS_LEFT_ALONE);
		es_peer_leave(&o.peer.room);
		assert_int_equal(es_peer_enter(&o.peer.room), ES_PEER_RESTS);
		assert_int_equal(es_peer_note(&o.peer.room, ES_PEER_GOOD), ES_PEER_IS_BACK); /* a late answer */
	}
}

static void one_without_a_url_has_room_and_no_more(void **state)
{
	static const struct es_peer_settings settings = { .in_flight_max = 1 };
	struct es_peer peer = { .name = NULL };

	(void)state;
	es_peer_close(&peer); /* one that was not opened */
	assert_int_equal(es_peer_open(&peer, NULL, "eir", &settings, NULL), ES_OK);
	assert_int_equal(es_peer_send(&peer, "", &(struct es_fetch_request){ .method = "GET" }, keep, NULL),
	                 ES_UNAVAILABLE);
	assert_int_equal(es_peer_enter(&peer.room), ES_PEER_ENTERED);
	es_peer_leave(&peer.room);
	es_peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_has_the_usual_keys_beside_its_own),
		cmocka_unit_test(what_does_not_go_together_is_named),
		cmocka_unit_test(without_a_token_endpoint_nothing_is_added),
		cmocka_unit_test(a_token_is_kept_until_it_is_refused),
		cmocka_unit_test(a_token_that_cannot_be_had_is_said_with_the_reason),
		cmocka_unit_test(a_peer_has_room_and_is_left_alone_when_it_does_not_answer),
		cmocka_unit_test(one_without_a_url_has_room_and_no_more),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
