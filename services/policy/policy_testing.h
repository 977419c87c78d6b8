/* policy_testing.h -- a policy database for tests, driven as the operators' API drives it. Internal to tests. */
#ifndef POLICY_TESTING_H
#define POLICY_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "es_db_testing.h"
#include "policy_admin.h"

#define TEST_TOKEN "bootstrap-token-of-the-tests"
#define TEST_IMSI "001010123456789"
#define TEST_LINE "tenant=demo&imsi=" TEST_IMSI

struct policy_test {
	struct es_db_testing database;
	struct policy_store *store;
	struct es_keyring *ring;
	struct policy_admin_result last;
	const struct policy_bss *bss; /* of tests with one */
	const char *system;           /* instead of the credential */
	char body[65536];             /* of the last answer */
};

static inline void policy_test_bootstrap(struct policy_test *t)
{
	char path[] = "/tmp/policy_test_token.XXXXXX";
	struct es_buf error;
	int fd = mkstemp(path); /* 0600 */

	assert_true(fd >= 0);
	assert_int_equal(write(fd, TEST_TOKEN "\n", sizeof TEST_TOKEN), sizeof TEST_TOKEN);
	(void)close(fd);
	es_buf_init(&error, 512);
	es_status status = policy_admin_bootstrap(t->store, path, &error);
	es_buf_free(&error);
	(void)unlink(path);
	assert_int_equal(status, ES_OK);
}

static inline void policy_test_reopen(struct policy_test *t)
{
	struct es_buf error;

	policy_store_close(t->store);
	t->store = NULL;
	es_buf_init(&error, 512);
	es_status status = policy_store_open(t->database.url, &t->store, &error);
	if (status != ES_OK)
		fail_msg("open: " ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	es_buf_free(&error);
}

static inline void policy_test_open(struct policy_test *t, unsigned engine, const char *name)
{
	struct es_buf error;

	*t = (struct policy_test){ .store = NULL };
	es_db_testing_begin(&t->database, engine, name);
	es_buf_init(&error, 512);
	assert_int_equal(
		es_keyring_parse(ES_SLICE_LIT("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"), &t->ring,
	                     &error),
		ES_OK);
	es_buf_free(&error);
	policy_test_reopen(t);
	policy_test_bootstrap(t);
}

static inline void policy_test_close(struct policy_test *t)
{
	policy_store_close(t->store);
	es_keyring_free(t->ring);
	es_db_testing_end(&t->database);
}

/* `params`: "name=value&name=value". The answer's body is in t->body. */
static inline es_status policy_test_call(struct policy_test *t, const char *credential, const char *action,
                                         bool elsewhere, const char *params, const char *body)
{
	struct policy_admin_param list[8];
	char text[512];
	size_t count = 0;

	assert_true(strlen(params) < sizeof text);
	memcpy(text, params, strlen(params) + 1);
	for (char *at = text; *at != '\0' && count < ES_COUNT(list);) {
		char *value = strchr(at, '='), *end = strchr(at, '&');
		assert_non_null(value);
		*value++ = '\0';
		list[count++] = (struct policy_admin_param){ at, value };
		at = end != NULL ? end + 1 : value + strlen(value);
		if (end != NULL)
			*end = '\0';
	}
	const struct policy_admin_request request = {
		.credential = credential,
		.action = action,
		.client = "192.0.2.1",
		.params = list,
		.param_count = count,
		.body = es_slice_str(body),
		.elsewhere = elsewhere,
		.system = t->system,
		.bss = t->bss,
	};
	es_status status = policy_admin_run(t->store, t->ring, &request, &t->last);
	struct es_slice answer = es_buf_slice(&t->last.body);
	assert_true(answer.len < sizeof t->body);
	if (answer.len > 0)
		memcpy(t->body, answer.ptr, answer.len);
	t->body[answer.len] = '\0';
	es_buf_free(&t->last.body);
	return status;
}

/* By the administrator; fails the test when the outcome is another. */
static inline void policy_test_do(struct policy_test *t, enum policy_admin_outcome expected, const char *action,
                                  const char *params, const char *body)
{
	es_status status = policy_test_call(t, TEST_TOKEN, action, false, params, body);
	if (status != ES_OK || t->last.outcome != expected)
		fail_msg("%s %s: status %s, outcome %d: %s", action, params, es_status_name(status), (int)t->last.outcome,
		         t->body);
}

static inline void policy_test_populate(struct policy_test *t)
{
	policy_test_do(
		t, POLICY_ADMIN_CREATED, "tenant.put", "tenant=demo",
		"{\"name\":\"Demo\",\"hosts\":[\"aes.example\"],\"plmns\":[\"00101\"],\"token_ttl\":3600,\"validity\":600,"
		"\"vowifi\":{\"url\":\"https://p.example/\",\"terms_required\":true,\"address_required\":true},"
		"\"not_enabled\":{\"url\":\"https://p.example/no\"}}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=full",
	               "{\"volte\":\"all\",\"vonr\":\"home\",\"vowifi\":true,\"smsoip\":true,"
	               "\"companion\":{\"allowed\":true,\"services\":[\"SharedNumber\",\"FamilyNumber\"],\"max\":3},"
	               "\"primary_esim\":true}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=none", "{\"id\":\"none\"}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "subscriber.put", TEST_LINE,
	               "{\"msisdn\":\"+34600000001\",\"plan\":\"full\",\"vowifi\":{\"terms\":\"available\",\"address\":"
	               "\"available\"}}");
}

#endif
