/* auth_udm_token_test.c -- which token is given out, and which refusal takes it away, against an NRF of another make. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "auth_udm_token.h"

static struct es_fetcher *fetcher;
static struct es_fetch_target *nrf;
static struct peer peer;
static char url[96];

static int start(void **state)
{
	const struct es_fetcher_options options = { .name = "fetch" };
	const struct es_fetch_target_options http = { .name = "nrf", .plain_http = true };
	char storage[256];
	struct es_buf error;

	(void)state;
	peer = peer_start("udm.py", NULL);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/oauth2/token", peer.port);
	es_buf_init_fixed(&error, storage, sizeof storage);
	return es_fetcher_start(&options, &fetcher, &error) == ES_OK &&
	               es_fetch_target_new(fetcher, &http, &nrf, &error) == ES_OK
	           ? 0
	           : -1;
}

static int stop(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

struct got {
	struct kept kept;
	char text[AUTH_UDM_TOKEN_MAX + 1];
	uint64_t number;
};

static void on_token(const char *token, uint64_t number, const char *why, void *user)
{
	struct got *got = user;

	(void)why;
	(void)snprintf(got->text, sizeof got->text, "%s", token != NULL ? token : "");
	got->number = number;
	keep(&(struct es_fetch_answer){ .status = ES_OK, .why = "" }, &got->kept);
}

static struct got get(struct auth_udm_token *token)
{
	struct got got = { .kept = KEPT };

	auth_udm_token_get(token, es_wall_ms() + BOUND_MS, NULL, on_token, &got);
	wait_for(&got.kept, 1);
	assert_true(got.text[0] != '\0');
	return got;
}

/* Many requests were under way with the first token when the UDM forgot it: each of them is answered 401, some of them
 * when the second is there already. */
static void a_late_refusal_of_an_old_token_takes_no_new_one_away(void **state)
{
	static const struct auth_udm_client client = { .instance = "4a1b0c4e-3b1f-4c57-9d53-0242ac120002",
		                                           .nf_type = "HSS",
		                                           .scope = "nudm-ueau" };
	struct auth_udm_token *token = NULL;

	(void)state;
	assert_int_equal(auth_udm_token_new(nrf, url, &client, &token), ES_OK);
	struct got first = get(token), same = get(token);
	assert_string_equal(first.text, same.text);
	auth_udm_token_drop(token, first.number);
	struct got second = get(token);
	assert_string_not_equal(first.text, second.text);
	auth_udm_token_drop(token, first.number);
	same = get(token);
	assert_string_equal(second.text, same.text);
	auth_udm_token_drop(token, second.number);
	struct got third = get(token);
	assert_string_not_equal(second.text, third.text);
	es_fetcher_stop(fetcher);
	auth_udm_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_refusal_of_an_old_token_takes_no_new_one_away),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
