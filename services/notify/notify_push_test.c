/* notify_push_test.c -- accounts against push services by a script (tests/peers/push_script.py): one connection for many, one
 * token for many, second tries, what is slow, what breaks, and what rests or stops. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "es_config_named.h"
#include "es_crypto.h"
#include "notify_kind.h"

#define DEVICE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MANY 200

static struct peer peer;
static char folder[32];
static struct es_arena *arena;

/* ---- the other side ---- */

static void run_command(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void say(const char *plays)
{
	char command[8192];

	(void)snprintf(command, sizeof command,
	               "cd %s && curl -sf -o /dev/null --cacert ca.pem -d '%s' https://127.0.0.1:%u/say", folder, plays,
	               peer.port);
	run_command(command);
}

/* What a line of Python makes of what was seen, `s`. */
static int seen(const char *expression)
{
	char command[1024];
	int value = -1;

	(void)snprintf(
		command, sizeof command,
		"cd %s && curl -sf --cacert ca.pem https://127.0.0.1:%u/seen | /usr/bin/python3 -c 'import json, sys; "
		"s = json.load(sys.stdin); p = s[\"seen\"]; print(int(%s))'",
		folder, peer.port, expression);
	FILE *out = popen(command, "re");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &value), 1);
	assert_int_equal(pclose(out), 0);
	return value;
}

static int start(void **state)
{
	char command[512];

	(void)state;
	es_crypto_init();
	make_pki(folder);
	(void)snprintf(command, sizeof command,
	               "cd %s && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out apple.p8 2>log && "
	               "openssl pkey -in apple.p8 -pubout -out apple.pub && "
	               "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>log && "
	               "printf secret >secret && chmod 600 apple.p8 rsa.pem secret",
	               folder);
	run_command(command);
	arena = es_arena_new(0, 1u << 20);
	return 0;
}

static int start_peer(void **state)
{
	char cert[64], key[64], public_key[64], command[1024];

	(void)state;
	(void)snprintf(cert, sizeof cert, "%s/server.pem", folder);
	(void)snprintf(key, sizeof key, "%s/server.key", folder);
	(void)snprintf(public_key, sizeof public_key, "%s/apple.pub", folder);
	peer = peer_start("push_script.py",
	                  (const char *const[]){ "--cert", cert, "--key", key, "--apns-key", public_key, NULL });
	(void)snprintf(command, sizeof command,
	               "cd %s && /usr/bin/python3 -c 'import json; print(json.dumps(dict(client_email=\"a@b\", "
	               "private_key=open(\"rsa.pem\").read(), private_key_id=\"k1\", project_id=\"demo\", "
	               "token_uri=\"https://127.0.0.1:%u/token\")))' >account.json && chmod 600 account.json",
	               folder, peer.port);
	run_command(command);
	return 0;
}

static int stop_peer(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	es_arena_free(arena);
	remove_pki(folder);
	return 0;
}

/* ---- accounts ---- */

#define PORT_MARK "PORT"
#define FOLDER_MARK "FOLDER"
#define APNS                                                                                                           \
	"[apns a]\nkey_file = FOLDER/apple.p8\nkey_id = KEY4567890\nteam_id = TEAM567890\ntopic = com.example\n"           \
	"production_url = https://127.0.0.1:PORT\nsandbox_url = https://127.0.0.1:PORT\nca_file = FOLDER/ca.pem\n"
#define FCM                                                                                                            \
	"[fcm f]\nservice_account_file = FOLDER/account.json\nurl = https://127.0.0.1:PORT\nca_file = FOLDER/ca.pem\n"     \
	"in_flight_max = 500\n"
#define WNS                                                                                                            \
	"[wns w]\nclient_id = ms-app://x\nclient_secret_file = FOLDER/secret\ntoken_url = https://127.0.0.1:PORT/token\n"  \
	"host_suffix = 127.0.0.1\nca_file = FOLDER/ca.pem\n"

static void put_replaced(struct es_buf *out, const char *text)
{
	while (*text != '\0') {
		if (strncmp(text, PORT_MARK, strlen(PORT_MARK)) == 0) {
			es_put_printf(out, "%u", peer.port);
			text += strlen(PORT_MARK);
		} else if (strncmp(text, FOLDER_MARK, strlen(FOLDER_MARK)) == 0) {
			es_put_str(out, folder);
			text += strlen(FOLDER_MARK);
		} else {
			es_put_u8(out, (uint8_t)*text++);
		}
	}
}

static struct notify_section section;

static struct notify_account *open_shared(const struct notify_kind *kind, const char *text,
                                          const struct notify_vault *vault)
{
	const struct es_conf_section sections[] = { { kind->name, kind->keys, kind->key_count, kind->size, false } };
	const struct es_conf_named *named = NULL;
	struct notify_account *account = NULL;
	char room[4096], why[1024] = "";
	struct es_buf all, error;
	size_t count;

	es_buf_init_fixed(&all, room, sizeof room);
	es_buf_init_fixed(&error, why, sizeof why - 1);
	put_replaced(&all, text);
	if (es_config_named_parse(sections, 1, es_buf_slice(&all), arena, &named, &count, &error) != ES_OK)
		fail_msg("%s", why);
	section = (struct notify_section){ .name = named[0].name, .config = named[0].values, .vault = vault };
	if (kind->open(&section, &account, &error) != ES_OK)
		fail_msg("%s", why);
	return account;
}

static struct notify_account *open_account(const struct notify_kind *kind, const char *text)
{
	return open_shared(kind, text, NULL);
}

/* ---- messages ---- */

struct ends {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count, by_verdict[NOTIFY_STOPPED + 1];
	struct notify_heard last;
};
#define ENDS                                                                                                           \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

static void on_told(const struct notify_heard *heard, void *user)
{
	struct ends *e = user;

	(void)pthread_mutex_lock(&e->lock);
	e->last = *heard;
	e->by_verdict[heard->verdict]++;
	e->count++;
	(void)pthread_cond_broadcast(&e->came);
	(void)pthread_mutex_unlock(&e->lock);
}

static void wait_ends(struct ends *e, int count)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += BOUND_MS / 1000;
	(void)pthread_mutex_lock(&e->lock);
	while (e->count < count)
		assert_int_equal(pthread_cond_timedwait(&e->came, &e->lock, &until), 0);
	(void)pthread_mutex_unlock(&e->lock);
}

static es_status send_to(struct notify_account *account, const char *address, int64_t timeout_ms, struct ends *e)
{
	const int64_t now = es_wall_ms();
	const struct notify_message m = { .tenant = "demo",
		                              .imsi = "001010123456789",
		                              .address = es_slice_str(address),
		                              .apps = { "ap2004" },
		                              .app_count = 1,
		                              .now_ms = now,
		                              .expires_ms = now + 3600000,
		                              .deadline = now + timeout_ms,
		                              .collapse = "c0ffee" };

	return account->ops->send(account, &m, on_told, e);
}

static struct notify_heard tell(struct notify_account *account, const char *address)
{
	struct ends e = ENDS;

	assert_int_equal(send_to(account, address, BOUND_MS, &e), ES_OK);
	wait_ends(&e, 1);
	return e.last;
}

/* The end of a message leaves its place a moment after it was told of nothing: room is there before. */
static uint32_t room_of(struct notify_account *account)
{
	int64_t again_ms;

	return account->ops->room(account, &again_ms);
}

static void channel_uri(char out[64])
{
	(void)snprintf(out, 64, "https://127.0.0.1:%u/w/?token=x", peer.port);
}

/* ---- tests ---- */

static void test_one_connection_carries_many_messages_and_one_token_serves_all(void **state)
{
	struct notify_account *account = open_account(&notify_kind_fcm, FCM);
	struct ends e = ENDS;

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_int_equal(send_to(account, "device", BOUND_MS, &e), ES_OK);
	wait_ends(&e, MANY);
	assert_int_equal(e.by_verdict[NOTIFY_ACCEPTED], MANY);
	assert_int_equal(seen("s[\"tokens\"]"), 1);
	assert_int_equal(seen("sum(1 for x in p if x[\"path\"].startswith(\"/v1/projects/demo/messages:send\"))"), MANY);
	assert_int_equal(seen("len({x[\"connection\"] for x in p if x[\"path\"].startswith(\"/v1/\")})"), 1);
	assert_int_equal(seen("all(x[\"protocol\"] == \"2\" for x in p)"), 1);
	assert_int_equal(seen("\"001010123456789\" in json.dumps(p)"), 0);
	account->ops->close(account);
}

static void test_streams_of_one_connection_are_open_at_once(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS);
	struct ends e = ENDS;
	char plays[8192];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 150; i++)
		len +=
			(size_t)snprintf(plays + len, sizeof plays - len, "%s{\"to\":\"/3\",\"gather\":150}", i == 0 ? "[" : ",");
	(void)snprintf(plays + len, sizeof plays - len, "]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_ACCEPTED); /* from then on the peer's bound is known */
	say(plays);
	for (int i = 0; i < 150; i++)
		assert_int_equal(send_to(account, DEVICE, BOUND_MS, &e), ES_OK);
	wait_ends(&e, 150);
	assert_int_equal(e.by_verdict[NOTIFY_ACCEPTED], 150);
	assert_int_equal(seen("len({x[\"connection\"] for x in p})"), 1);
	assert_int_equal(seen("len({x[\"headers\"][\"authorization\"] for x in p})"), 1);
	account->ops->close(account);
}

static void test_a_token_that_is_refused_is_renewed_once_and_the_message_sent_again(void **state)
{
	struct notify_account *account = open_account(&notify_kind_fcm, FCM);

	(void)state;
	say("[{\"to\":\"/v1\",\"status\":401,\"body\":{\"error\":{\"status\":\"UNAUTHENTICATED\"}}}]");
	assert_int_equal(tell(account, "device").verdict, NOTIFY_ACCEPTED);
	assert_int_equal(seen("s[\"tokens\"]"), 2);
	assert_int_equal(seen("[x[\"headers\"][\"authorization\"] for x in p if x[\"path\"] != \"/token\"] == [\"Bearer "
	                      "token-1\", \"Bearer token-2\"]"),
	                 1);
	say("[{\"to\":\"/v1\",\"status\":401,\"body\":{\"error\":{}}},{\"to\":\"/"
	    "v1\",\"status\":401,\"body\":{\"error\":{}}}]");
	assert_int_equal(tell(account, "device").verdict, NOTIFY_STOPPED);
	account->ops->close(account);
}

static void test_a_refused_key_stops_the_account_until_one_message_a_minute_is_taken(void **state)
{
	struct notify_account *account = open_account(&notify_kind_fcm, FCM);
	struct ends e = ENDS;
	int64_t again_ms = 0;

	(void)state;
	say("[{\"to\":\"/token\",\"status\":400,\"body\":{\"error\":\"invalid_grant\"}}]");
	const struct notify_heard heard = tell(account, "device");
	assert_int_equal(heard.verdict, NOTIFY_STOPPED);
	assert_string_equal(heard.detail, "400 invalid_grant");
	assert_int_equal(account->ops->state(account), NOTIFY_STOPS);
	assert_int_equal(account->ops->room(account, &again_ms), 0);
	assert_in_range(again_ms, 1, 60000);
	assert_int_equal(send_to(account, "device", BOUND_MS, &e), ES_BUSY);
	account->ops->close(account);
}

static void test_a_device_token_of_unknown_environment_is_tried_in_the_other_one_once(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS "environment = unknown\n");

	(void)state;
	say("[{\"to\":\"/3\",\"status\":400,\"body\":{\"reason\":\"BadDeviceToken\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_ACCEPTED);
	say("[{\"to\":\"/3\",\"status\":400,\"body\":{\"reason\":\"BadDeviceToken\"}},"
	    "{\"to\":\"/3\",\"status\":400,\"body\":{\"reason\":\"BadDeviceToken\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_GONE);
	assert_int_equal(seen("len(p)"), 4);
	account->ops->close(account);
	account = open_account(&notify_kind_apns, APNS);
	say("[{\"to\":\"/3\",\"status\":400,\"body\":{\"reason\":\"BadDeviceToken\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_GONE);
	assert_int_equal(seen("len(p)"), 5);
	account->ops->close(account);
}

static void test_a_young_provider_token_is_kept_whatever_apple_says_of_it(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS);

	(void)state;
	say("[{\"to\":\"/3\",\"status\":403,\"body\":{\"reason\":\"ExpiredProviderToken\"}},"
	    "{\"to\":\"/3\",\"status\":403,\"body\":{\"reason\":\"ExpiredProviderToken\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_STOPPED);
	assert_int_equal(seen("len({x[\"headers\"][\"authorization\"] for x in p})"), 1);
	assert_int_equal(seen("len(p)"), 2);
	account->ops->close(account);
}

static void test_after_idle_timeout_and_shutdown_a_new_connection_is_used(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS);

	(void)state;
	say("[{\"to\":\"/3\",\"status\":400,\"body\":{\"reason\":\"IdleTimeout\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_ACCEPTED);
	assert_int_equal(seen("[x[\"connection\"] for x in p][0] != [x[\"connection\"] for x in p][1]"), 1);
	say("[{\"to\":\"/3\",\"status\":503,\"body\":{\"reason\":\"Shutdown\"}}]");
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_LATER);
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_ACCEPTED);
	assert_int_equal(seen("len({x[\"connection\"] for x in p})"), 3);
	account->ops->close(account);
}

static void test_a_slow_provider_is_left_at_the_deadline_and_rests_after_some(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS "breaker_failures = 2\nbreaker_open = 10m\n");
	struct ends e = ENDS;
	int64_t again_ms = 0;

	(void)state;
	say("[{\"to\":\"/3\",\"hang\":true},{\"to\":\"/3\",\"hang\":true}]");
	assert_int_equal(send_to(account, DEVICE, 300, &e), ES_OK);
	assert_int_equal(send_to(account, DEVICE, 300, &e), ES_OK);
	wait_ends(&e, 2);
	assert_int_equal(e.by_verdict[NOTIFY_LATER], 2);
	assert_int_equal(e.last.reason, NOTIFY_WHY_UNREACHABLE);
	assert_int_equal(account->ops->state(account), NOTIFY_RESTS);
	assert_int_equal(account->ops->room(account, &again_ms), 0);
	assert_in_range(again_ms, 1, 600000);
	account->ops->close(account);
}

static void test_messages_on_a_connection_that_breaks_come_again_later(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS);
	struct ends e = ENDS;

	(void)state;
	assert_int_equal(tell(account, DEVICE).verdict, NOTIFY_ACCEPTED);
	say("[{\"to\":\"/3\",\"hang\":true},{\"to\":\"/3\",\"hang\":true},{\"to\":\"/3\",\"hang\":true},"
	    "{\"to\":\"/3\",\"cut\":true,\"body\":\"x\"}]");
	for (int i = 0; i < 4; i++)
		assert_int_equal(send_to(account, DEVICE, BOUND_MS, &e), ES_OK);
	wait_ends(&e, 4);
	assert_int_equal(e.by_verdict[NOTIFY_LATER] + e.by_verdict[NOTIFY_ACCEPTED], 4);
	assert_true(e.by_verdict[NOTIFY_LATER] >= 1);
	account->ops->close(account);
}

static void test_a_quota_lets_the_account_rest_as_long_as_it_says(void **state)
{
	struct notify_account *account = open_account(&notify_kind_wns, WNS);
	char uri[64], text[512];
	int64_t again_ms = 0;

	(void)state;
	account->ops->close(account);
	(void)snprintf(text, sizeof text, WNS "port = %u\n", peer.port);
	account = open_account(&notify_kind_wns, text);
	channel_uri(uri);
	assert_int_equal(tell(account, uri).verdict, NOTIFY_ACCEPTED);
	assert_true(room_of(account) > 1);
	say("[{\"to\":\"/w/\",\"status\":406,\"headers\":{\"retry-after\":\"120\"}}]");
	const struct notify_heard heard = tell(account, uri);
	assert_int_equal(heard.verdict, NOTIFY_LATER);
	assert_int_equal(heard.wait_ms, 120000);
	assert_int_equal(account->ops->room(account, &again_ms), 0);
	assert_in_range(again_ms, 60000, 120000);
	account->ops->close(account);
}

static void test_a_channel_uri_of_another_host_is_never_asked(void **state)
{
	struct notify_account *account = open_account(&notify_kind_wns, WNS);
	char uri[64];

	(void)state;
	channel_uri(uri); /* its port is none of those allowed */
	const struct notify_heard heard = tell(account, uri);
	assert_int_equal(heard.verdict, NOTIFY_GONE);
	assert_int_equal(heard.reason, NOTIFY_WHY_TOKEN);
	assert_int_equal(seen("sum(1 for x in p if x[\"path\"] != \"/token\")"), 0);
	assert_int_equal(account->ops->state(account), NOTIFY_WORKS);
	account->ops->close(account);
}

static void test_so_many_a_second_go_and_no_more(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS "rate = 10\n");
	struct ends e = ENDS;
	int sent = 0;

	(void)state;
	while (sent < 10 && send_to(account, DEVICE, BOUND_MS, &e) == ES_OK)
		sent++;
	assert_in_range(sent, 1, 9);
	wait_ends(&e, sent);
	account->ops->close(account);
}

static void test_closing_tells_of_all_that_is_under_way(void **state)
{
	struct notify_account *account = open_account(&notify_kind_apns, APNS "in_flight_max = 3\n");
	struct ends e = ENDS;

	(void)state;
	say("[{\"to\":\"/3\",\"hang\":true},{\"to\":\"/3\",\"hang\":true},{\"to\":\"/3\",\"hang\":true}]");
	assert_int_equal(room_of(account), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send_to(account, DEVICE, BOUND_MS, &e), ES_OK);
	assert_int_equal(room_of(account), 0);
	assert_int_equal(send_to(account, DEVICE, BOUND_MS, &e), ES_BUSY);
	account->ops->close(account);
	assert_int_equal(e.by_verdict[NOTIFY_LATER], 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_peer, stop_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_connection_carries_many_messages_and_one_token_serves_all),
		TEST(test_streams_of_one_connection_are_open_at_once),
		TEST(test_a_token_that_is_refused_is_renewed_once_and_the_message_sent_again),
		TEST(test_a_refused_key_stops_the_account_until_one_message_a_minute_is_taken),
		TEST(test_a_device_token_of_unknown_environment_is_tried_in_the_other_one_once),
		TEST(test_a_young_provider_token_is_kept_whatever_apple_says_of_it),
		TEST(test_after_idle_timeout_and_shutdown_a_new_connection_is_used),
		TEST(test_a_slow_provider_is_left_at_the_deadline_and_rests_after_some),
		TEST(test_messages_on_a_connection_that_breaks_come_again_later),
		TEST(test_a_quota_lets_the_account_rest_as_long_as_it_says),
		TEST(test_a_channel_uri_of_another_host_is_never_asked),
		TEST(test_so_many_a_second_go_and_no_more),
		TEST(test_closing_tells_of_all_that_is_under_way),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
