/* notify_channels_test.c -- channels_file: whose rules hold, and what stops the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "notify_channels.h"
#include "notify_kind.h"
#include "notify_rules_config.h"

static char folder[64], path[128], account[128];

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *out = fopen(name, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static int set_up(void **state)
{
	char command[1024];

	(void)state;
	es_crypto_init();
	(void)snprintf(folder, sizeof folder, "/tmp/notify_channels.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/channels.conf", folder);
	(void)snprintf(account, sizeof account, "%s/account.json", folder);
	(void)snprintf(
		command, sizeof command,
		"cd %s && openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null && "
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem 2>/dev/null && "
		"/usr/bin/python3 -c 'import json; print(json.dumps(dict(client_email=\"a@b\", "
		"private_key=open(\"rsa.pem\").read(), private_key_id=\"k1\", project_id=\"demo\", "
		"token_uri=\"https://127.0.0.1:1/token\")))' >account.json && echo secret >secret && "
		"chmod 600 account.json ec.pem rsa.pem secret",
		folder);
	assert_int_equal(system(command), 0);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static struct notify_channels *open_text(const char *text)
{
	struct notify_channels *channels = NULL;
	char room[1024] = "";
	struct es_buf error;

	write_file(path, text, 0644);
	es_buf_init_fixed(&error, room, sizeof room - 1);
	if (notify_channels_open(path, NULL, &channels, &error) != ES_OK)
		fail_msg("%s", room);
	return channels;
}

static void refuses(const char *text, const char *why)
{
	struct notify_channels *channels = NULL;
	char room[1024] = "";
	struct es_buf error;

	write_file(path, text, 0644);
	es_buf_init_fixed(&error, room, sizeof room - 1);
	assert_true(notify_channels_open(path, NULL, &channels, &error) != ES_OK);
	if (strstr(room, why) == NULL || strncmp(room, path, strlen(path)) != 0)
		fail_msg("%s\nsays: %s", text, room);
}

/* The text with the service account's path for an @. */
static const char *with(const char *text)
{
	static char out[8192];
	const char *at = strchr(text, '@');

	if (at == NULL)
		return text;
	(void)snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, account, at + 1);
	return out;
}

#define FIREBASE "[fcm firebase]\nservice_account_file = @\n"

static void test_without_a_file_nobody_is_woken_by_anything(void **state)
{
	struct notify_channels *channels = NULL;
	char room[128];
	struct es_buf error;

	(void)state;
	es_buf_init_fixed(&error, room, sizeof room);
	assert_int_equal(notify_channels_open("", NULL, &channels, &error), ES_OK);
	const struct notify_rules *rules = notify_channels_rules(channels, "demo");
	assert_int_equal(notify_channels_count(channels), 0);
	assert_null(notify_channels_account(channels, "firebase"));
	for (int channel = NOTIFY_GCM; channel <= NOTIFY_BY_SMS; channel++)
		assert_string_equal(notify_rules_account(rules, (enum notify_channel)channel), "");
	assert_int_equal(rules->order, NOTIFY_PUSH_THEN_SMS);
	assert_int_equal(rules->ttl, 86400000);
	assert_int_equal(rules->mass_rate, 100);
	assert_false(rules->mass_hold);
	notify_channels_close(channels);
}

static void test_a_tenant_has_what_default_says_unless_it_says_otherwise(void **state)
{
	struct notify_channels *channels = open_text(
		with("[tenant demo]\norder = push\nretry_max = 1h\nrate = 5\nmass_hold = yes\n"
	         "[default]\nfcm = firebase\nttl = 2h\nretry_first = 3s\nmass_rate = 7\nalso_vowifi = yes\n" FIREBASE
	         "[tenant quiet]\nfcm =\norder = none\n"));
	const struct notify_rules *demo = notify_channels_rules(channels, "demo"),
							  *other = notify_channels_rules(channels, "other"),
							  *quiet = notify_channels_rules(channels, "quiet");

	(void)state;
	assert_string_equal(demo->fcm, "firebase");
	assert_int_equal(demo->order, NOTIFY_PUSH_ONLY);
	assert_int_equal(demo->ttl, 7200000);
	assert_int_equal(demo->retry_first, 3000);
	assert_int_equal(demo->retry_max, 3600000);
	assert_int_equal(demo->rate, 5);
	assert_int_equal(demo->mass_rate, 7);
	assert_true(demo->mass_hold && demo->also_vowifi);
	assert_int_equal(other->order, NOTIFY_PUSH_THEN_SMS);
	assert_int_equal(other->ttl, 7200000);
	assert_int_equal(other->retry_max, 900000);
	assert_false(other->mass_hold);
	assert_string_equal(quiet->fcm, "");
	assert_int_equal(quiet->order, NOTIFY_NOBODY);
	notify_channels_close(channels);
}

static void test_gcm_goes_the_way_of_fcm(void **state)
{
	struct notify_channels *channels = open_text(with("[default]\nfcm = firebase\n" FIREBASE));
	const struct notify_rules *rules = notify_channels_rules(channels, "demo");

	(void)state;
	assert_string_equal(notify_rules_account(rules, NOTIFY_GCM), "firebase");
	assert_string_equal(notify_rules_account(rules, NOTIFY_FCM), "firebase");
	struct notify_account *account_of = notify_channels_account(channels, "firebase");
	assert_non_null(account_of);
	assert_string_equal(account_of->kind, "fcm");
	assert_string_equal(account_of->name, "firebase");
	assert_int_equal(account_of->ops->state(account_of), NOTIFY_WORKS);
	assert_ptr_equal(notify_channels_at(channels, 0), account_of);
	notify_channels_close(channels);
}

static void test_what_contradicts_itself_stops_the_start_and_says_where(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "[default]\nfcm = firebase\n", ":1: [default] fcm: there is no account firebase" },
		{ "\n[tenant demo]\nfcm = elsewhere\n" FIREBASE, ":2: [tenant demo] fcm: there is no account elsewhere" },
		{ "[default]\napns = firebase\n" FIREBASE, ":1: [default] apns: firebase is an account of kind fcm" },
		{ "[default]\nsms = firebase\n" FIREBASE, "[default] sms: firebase is an account of kind fcm" },
		{ "[default]\norder = sms push\n", "[default] order is one of" },
		{ "[default]\norder = sms\n", "order is sms, and sms names no account" },
		{ "[default]\norder = push\n", "none of apns, fcm and wns names an account" },
		{ "[tenant demo]\nretry_first = 1h\n", "[tenant demo] retry_first is above retry_max" },
		{ "[default]\nttl = 1m\ndevice_interval = 2m\n", "coalesce and device_interval together are not below ttl" },
		{ "[default]\ncolour = red\n", ":2: [default] has no key colour" },
		{ "[default]\nttl = 1s\n", ":2: [default] ttl " },
		{ "[tenant demo]\nmass_rate = 0\n", ":2: [tenant demo] mass_rate " },
		{ "[telex old]\n", ":1: [telex old] is no section of this file" },
		{ "[fcm]\n", "needs a name" },
		{ "[fcm firebase]\n", "service_account_file is required" },
		{ "[fcm firebase]\nservice_account_file = /nonexistent\n", "[fcm firebase] /nonexistent" },
		{ FIREBASE "priority = urgent\n", "[fcm firebase] priority is high or normal" },
		{ FIREBASE "url = http://127.0.0.1\n", "[fcm firebase] url and token_url begin with https://" },
		{ FIREBASE "data = {\"app\":{app},\"timestamp\":\"{timestamp}\"}\n", "data has a value that is no string" },
		{ FIREBASE "data = {\"app\":\"{apps_text}\"}\n", "data names {timestamp}" },
		{ FIREBASE "data = \"{apps_text}{timestamp}\n", "data makes no JSON object" },
		{ FIREBASE "ca_file = /nonexistent\n", "/nonexistent" },
		{ "[apns a]\ntopic = t\n", "[apns a] key_file or cert_file, one of them" },
		{ "[apns a]\ntopic = t\nkey_file = /x\nkey_id = 1\nteam_id = 2\n", "key_id and team_id are ten" },
		{ "[apns a]\ntopic = t\nkey_file = /x\nkey_id = 1234567890\nteam_id = 1234567890\npriority = 10\n",
		  "priority is 5 where push_type is background" },
		{ "[apns a]\ntopic = t\nkey_file = /x\nkey_id = 1234567890\nteam_id = 1234567890\n", "/x" },
		{ "[apns a]\ntopic = t\ncert_file = /x\n", "cert_file and cert_key_file belong together" },
		{ "[wns w]\nclient_id = x\nclient_secret_file = /x\n", "[wns w] /x" },
		{ "[wns w]\nclient_id = x\nclient_secret_file = /x\nhost_suffix = a/b\n", "host_suffix is the name" },
		{ FIREBASE "[apns firebase]\ntopic = t\n", "another account has this name already" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		refuses(with(rows[i].text), rows[i].why);
}

/* The page is written by hand, and complete. */
static void test_every_key_is_explained_in_the_docs(void **state)
{
	static const struct notify_kind *const kinds[] = { &notify_kind_apns, &notify_kind_fcm, &notify_kind_wns };
	static char page[65536];
	char quoted[64];
	FILE *in = fopen(TEST_DIR "/../../docs/channels.md", "re");

	(void)state;
	assert_non_null(in);
	page[fread(page, 1, sizeof page - 1, in)] = '\0';
	assert_int_equal(fclose(in), 0);
	for (size_t k = 0; k < ES_COUNT(kinds); k++)
		for (size_t i = 0; i < kinds[k]->key_count; i++) {
			(void)snprintf(quoted, sizeof quoted, "`%s`", kinds[k]->keys[i].name);
			if (strstr(page, quoted) == NULL)
				fail_msg("[%s] %s", kinds[k]->name, kinds[k]->keys[i].name);
		}
	for (size_t i = 0; i < NOTIFY_RULES_KEYS; i++) {
		(void)snprintf(quoted, sizeof quoted, "`%s`", notify_default_keys[i].name);
		assert_non_null(strstr(page, quoted));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_file_nobody_is_woken_by_anything),
		cmocka_unit_test(test_a_tenant_has_what_default_says_unless_it_says_otherwise),
		cmocka_unit_test(test_gcm_goes_the_way_of_fcm),
		cmocka_unit_test(test_what_contradicts_itself_stops_the_start_and_says_where),
		cmocka_unit_test(test_every_key_is_explained_in_the_docs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
