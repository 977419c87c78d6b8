/* policy_admin_test.c -- the operators' API and the store under it, on every engine there is. */
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (policy_test_open((t), engine, "policy_admin"), true); once;                                  \
		     once = false, policy_test_close(t))

static struct policy_test test;

static bool says(const char *text)
{
	return strstr(test.body, text) != NULL;
}

#define ASSERT_SAYS(text)                                                                                              \
	do {                                                                                                               \
		if (!says(text))                                                                                               \
			fail_msg("no %s in %s", (text), test.body);                                                                \
	} while (0)

/* The number after "name": in the last answer. */
static long number_of(const char *name)
{
	char key[64];
	(void)snprintf(key, sizeof key, "\"%s\":", name);
	const char *at = strstr(test.body, key);
	assert_non_null(at);
	return strtol(at + strlen(key), NULL, 10);
}

static void strangers_and_lesser_roles_are_refused(void **state)
{
	EACH_ENGINE(&test)
	{
		char token[64] = "";
		policy_test_populate(&test);
		assert_int_equal(policy_test_call(&test, "wrong", "tenant.list", false, "", ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_UNAUTHENTICATED);
		assert_int_equal(policy_test_call(&test, "", "tenant.put", false, "tenant=x", "{}"), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_UNAUTHENTICATED);

		policy_test_do(&test, POLICY_ADMIN_CREATED, "credential.put", "name=care",
		               "{\"role\":\"support\",\"tenant\":\"demo\"}");
		const char *at = strstr(test.body, "\"token\":\"");
		assert_non_null(at);
		memcpy(token, at + 9, 43);
		assert_int_equal(policy_test_call(&test, token, "subscriber.get", false, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_DONE);
		assert_int_equal(policy_test_call(&test, token, "subscriber.suspend", false, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_FORBIDDEN);
		assert_int_equal(policy_test_call(&test, token, "subscriber.get", false, "tenant=other&imsi=" TEST_IMSI, ""),
		                 ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_FORBIDDEN);
		assert_int_equal(policy_test_call(&test, token, "keys.put", true, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_FORBIDDEN);

		policy_test_do(&test, POLICY_ADMIN_DONE, "credential.list", "", "");
		ASSERT_SAYS("\"name\":\"care\"");
		assert_false(says(token)); /* shown once, kept as a digest */
		policy_test_do(&test, POLICY_ADMIN_DONE, "credential.delete", "name=care", "");
		assert_int_equal(policy_test_call(&test, token, "subscriber.get", false, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_UNAUTHENTICATED);
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "credential.delete", "name=bootstrap", "");
	}
}

static void every_change_is_in_the_trail_and_no_read(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		assert_int_equal(test.last.audit_id, 4);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_int_equal(test.last.audit_id, 0);
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "plan.delete", "tenant=demo&plan=full", "");
		assert_int_equal(test.last.audit_id, 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=2", "");
		ASSERT_SAYS(
			"\"who\":\"bootstrap\",\"client\":\"192.0.2.1\",\"action\":\"subscriber.suspend\",\"tenant\":\"demo\","
			"\"resource\":\"subscriber/" TEST_IMSI "\",\"outcome\":\"done\"");
		ASSERT_SAYS("\"action\":\"subscriber.put\"");
		ASSERT_SAYS("\"next\":\"4\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=2&cursor=4", "");
		ASSERT_SAYS("\"action\":\"plan.put\"");
		assert_false(says("subscriber"));
	}
}

static void work_of_others_is_recorded_before_and_marked_after(void **state)
{
	EACH_ENGINE(&test)
	{
		char id[24];
		policy_test_populate(&test);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "keys.put", true, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_DONE);
		assert_true(test.last.audit_id > 0);
		(void)snprintf(id, sizeof id, "%lld", (long long)test.last.audit_id);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=1", "");
		ASSERT_SAYS("\"action\":\"keys.put\",\"tenant\":\"demo\",\"resource\":\"subscriber/" TEST_IMSI
		            "/keys\",\"outcome\":\"begun\"");
		assert_int_equal(policy_admin_end(test.store, id, "failed: timeout"), ES_OK);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=1", "");
		ASSERT_SAYS("\"outcome\":\"failed: timeout\"");
		assert_int_equal(policy_admin_end(test.store, id, "done"), ES_NOT_FOUND); /* the trail is not rewritten */
		assert_int_equal(policy_admin_end(test.store, "x", "done"), ES_MALFORMED);

		/* A read leaves no mark, and an action belongs to one side only. */
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "keys.status", true, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.audit_id, 0);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "keys.put", false, TEST_LINE, ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_INVALID);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "tenant.put", true, "tenant=demo", "{}"), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_INVALID);
	}
}

static void what_esim_and_notify_do_has_its_name_in_the_trail(void **state)
{
	static const struct {
		const char *action, *params, *resource;
	} cases[] = {
		{ "esim.order.cancel", "tenant=demo&order=0a1b", "\"resource\":\"esim-order/0a1b\",\"outcome\":\"begun\"" },
		{ "esim.profile.deleted", "tenant=demo&iccid=8901000000000000012",
		  "\"resource\":\"profile/8901000000000000012\"" },
		{ "esim.profile.put", TEST_LINE "&iccid=8901000000000000012",
		  "\"resource\":\"subscriber/" TEST_IMSI
		  "/profiles\",\"outcome\":\"begun\",\"detail\":\"profile 8901000000000000012\"" },
		{ "esim.stock.import", "tenant=demo", "\"resource\":\"profile-stock\"" },
		{ "notify.line.test", TEST_LINE, "\"resource\":\"subscriber/" TEST_IMSI "/notifications\"" },
		{ "notify.failure.replay", "tenant=demo&failure=17", "\"resource\":\"notification-failure/17\"" },
		{ "notify.failure.replay-all", "tenant=demo&imsi=" TEST_IMSI, "\"resource\":\"notification-failures\"" },
		{ "notify.mass.pause", "tenant=demo&change=3", "\"resource\":\"mass-change/3\"" },
	};

	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		for (size_t i = 0; i < ES_COUNT(cases); i++) {
			assert_int_equal(policy_test_call(&test, TEST_TOKEN, cases[i].action, true, cases[i].params, ""), ES_OK);
			assert_int_equal(test.last.outcome, POLICY_ADMIN_DONE);
			policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=1", "");
			ASSERT_SAYS(cases[i].resource);
		}
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "esim.order.list", true, "tenant=demo", ""), ES_OK);
		assert_int_equal(test.last.audit_id, 0);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "esim.order.get", true, "tenant=demo&order=a/b", ""),
		                 ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_INVALID);
		ASSERT_SAYS("\"field\":\"order\"");
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "esim.profile.put", true,
		                                  "tenant=demo&imsi=001010999999999&iccid=8901000000000000012", ""),
		                 ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_NOT_FOUND);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "esim.order.list", true, "tenant=nobody", ""), ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_NOT_FOUND);
	}
}

static void tenants_and_plans_are_put_read_and_deleted(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.get", "tenant=demo", "");
		ASSERT_SAYS("\"plmns\":[\"00101\"]");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.list", "tenant=demo&limit=1", "");
		ASSERT_SAYS("\"id\":\"full\"");
		ASSERT_SAYS("\"next\":\"full\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.list", "tenant=demo&cursor=full", "");
		ASSERT_SAYS("\"id\":\"none\"");
		assert_false(says("next"));
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "plan.delete", "tenant=demo&plan=full", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.delete", "tenant=demo&plan=none", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "plan.get", "tenant=demo&plan=none", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "plan.put", "tenant=nobody&plan=p", "{}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "plan.put", "tenant=demo&plan=p", "{\"id\":\"q\"}");
		ASSERT_SAYS("\"field\":\"id\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "plan.put", "tenant=demo&plan=p", "{\"volte\":");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "plan.put", "tenant=demo&plan=p", "");
		/* What was read may be sent back, and then changes nothing. */
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.get", "tenant=demo&plan=full", "");
		static char copy[4096];
		memcpy(copy, test.body, strlen(test.body) + 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full", copy);
		assert_int_equal(test.last.sequence, 0);
		assert_string_equal(test.body, copy);
	}
}

static void a_put_is_idempotent_and_a_patch_changes_what_it_names(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.put", TEST_LINE,
		               "{\"imsi\":\"" TEST_IMSI "\",\"msisdn\":\"+34600000001\",\"plan\":\"full\","
		               "\"vowifi\":{\"terms\":\"available\",\"address\":\"available\"}}");
		assert_int_equal(test.last.sequence, 0);
		/* What was read may be sent back, with its devices and epoch. */
		static char copy[4096];
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		memcpy(copy, test.body, strlen(test.body) + 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.put", TEST_LINE, copy);
		assert_int_equal(test.last.sequence, 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"vowifi\":{\"provisioning\":\"in_progress\"}}");
		assert_true(test.last.sequence > 0);
		ASSERT_SAYS("\"vowifi\":{\"terms\":\"available\",\"address\":\"available\",\"address_id\":\"\","
		            "\"provisioning\":\"in_progress\"}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.patch", TEST_LINE, "{\"plan\":\"gone\"}");
		ASSERT_SAYS("\"field\":\"plan\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.patch", TEST_LINE, "{\"imsi\":\"001010123456780\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.patch", "tenant=demo&imsi=001010999999999", "{}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", "tenant=nobody&imsi=" TEST_IMSI, "");
	}
}

static void tokens_die_where_the_line_changes_hands_or_state(void **state)
{
	static const struct {
		const char *action, *body;
		bool raises;
	} steps[] = {
		{ "subscriber.patch", "{\"plan\":\"none\"}", false },
		{ "subscriber.patch", "{\"msisdn\":\"+34600000002\"}", false },
		{ "subscriber.suspend", "", true },
		{ "subscriber.suspend", "", false },
		{ "subscriber.resume", "", false },
		{ "subscriber.reset-tokens", "", true },
		{ "subscriber.reset-tokens", "", true },
		{ "subscriber.swap-sim", "", true },
		{ "subscriber.patch", "{\"status\":\"barred\"}", true },
		{ "subscriber.resume", "", false },
		{ "subscriber.terminate", "", true },
		{ "subscriber.terminate", "", false },
	};
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		long epoch = number_of("epoch");
		for (size_t i = 0; i < ES_COUNT(steps); i++) {
			policy_test_do(&test, POLICY_ADMIN_DONE, steps[i].action, TEST_LINE, steps[i].body);
			long now = number_of("epoch");
			if ((now > epoch) != steps[i].raises || now < epoch)
				fail_msg("step %zu: epoch %ld after %ld", i, now, epoch);
			epoch = now;
		}
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "subscriber.resume", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "subscriber.put", TEST_LINE, "{\"plan\":\"full\"}");
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "subscriber.patch", TEST_LINE, "{\"status\":\"active\"}");
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "subscriber.swap-sim", TEST_LINE, "");

		/* Deleted and made again, the line's old tokens stay dead. */
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", TEST_LINE, "{\"plan\":\"full\"}");
		assert_true(number_of("epoch") > epoch);
		epoch = number_of("epoch");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		assert_true(number_of("epoch") > epoch);
	}
}

static void a_swapped_sim_takes_the_line_along(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", "tenant=demo&imsi=001010000000002",
		               "{\"plan\":\"full\"}");
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010000000002\"}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.swap-sim", TEST_LINE, "{\"new_imsi\":\"1\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010000000003\"}");
		ASSERT_SAYS("\"imsi\":\"001010000000003\"");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", "tenant=demo&imsi=001010000000003", "");
		ASSERT_SAYS("\"msisdn\":\"+34600000001\"");
	}
}

static void an_import_reports_bad_rows_and_takes_the_good_ones(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.import", "tenant=demo",
		               "{\"rows\":[{\"imsi\":\"001010000000001\",\"plan\":\"full\"},{\"imsi\":\"1\",\"plan\":\"full\"},"
		               "{\"imsi\":\"001010000000002\",\"plan\":\"gone\"},7,{\"imsi\":\"" TEST_IMSI
		               "\",\"plan\":\"none\"},"
		               "{\"imsi\":\"001010000000001\",\"plan\":\"full\"}]}");
		ASSERT_SAYS("{\"imsi\":\"001010000000001\",\"outcome\":\"created\"}");
		ASSERT_SAYS("{\"imsi\":\"1\",\"outcome\":\"refused\",\"error\":\"6 to 15 digits\",\"field\":\"imsi\"}");
		ASSERT_SAYS(
			"{\"imsi\":\"001010000000002\",\"outcome\":\"refused\",\"error\":\"no such plan\",\"field\":\"plan\"}");
		ASSERT_SAYS("\"created\":1,\"changed\":1,\"unchanged\":1,\"refused\":3}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=1", "");
		ASSERT_SAYS("\"outcome\":\"1 created, 1 changed, 1 unchanged, 3 refused\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.import", "tenant=demo", "{\"rows\":{}}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.import", "tenant=demo", "");
	}
}

/* A row changes what it names; what it leaves out is as it was, or the default of a new line. */
static void an_imported_row_keeps_what_it_does_not_name(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.import", "tenant=demo",
		               "{\"rows\":[{\"imsi\":\"" TEST_IMSI "\",\"plan\":\"none\",\"msisdn\":\"+34600000002\"}]}");
		ASSERT_SAYS("\"changed\":1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		ASSERT_SAYS("\"status\":\"suspended\"");
		ASSERT_SAYS("\"terms\":\"available\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=2", "");
		ASSERT_SAYS("\"resource\":\"subscriber/" TEST_IMSI "\",\"outcome\":\"changed\","
		            "\"detail\":\"msisdn: changed; plan: \\\"full\\\" -> \\\"none\\\"\"");
	}
}

static void a_trial_answers_as_if_done_and_changes_nothing(void **state)
{
	static const char other[] = "tenant=demo&imsi=001010000000002&dry_run=true";
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.put", other, "{\"plan\":\"full\"}");
		assert_int_equal(test.last.audit_id, 0);
		assert_int_equal(test.last.sequence, 0);
		ASSERT_SAYS("\"plan\":\"full\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.put", other, "{\"plan\":\"gone\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", "tenant=demo&imsi=001010000000002", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.import", "tenant=demo&dry_run=true",
		               "{\"rows\":[{\"imsi\":\"001010000000002\",\"plan\":\"full\"},{\"imsi\":\"1\"}]}");
		ASSERT_SAYS("\"created\":1,\"changed\":0,\"unchanged\":0,\"refused\":1}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", "tenant=demo&imsi=001010000000002", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE "&dry_run=true",
		               "{\"new_imsi\":\"001010000000003\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.suspend", TEST_LINE "&dry_run=true", "");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.put", TEST_LINE "&dry_run=perhaps", "{}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "", "");
		assert_false(says("001010000000002"));
	}
}

static void the_trail_says_what_changed(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"opt_outs\":[\"vonr\",\"smsoip\"],\"vowifi\":{\"address_expiry\":\"2030-01-01T00:00:00Z\"}}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=1", "");
		ASSERT_SAYS("\"detail\":\"opt_outs: none -> vonr,smsoip; "
		            "vowifi.address_expiry: never -> 2030-01-01T00:00:00Z\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=none", "{\"companion\":{\"max\":2}}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=1", "");
		ASSERT_SAYS("\"detail\":\"companion.max: 0 -> 2\"");
	}
}

static void tenants_that_could_not_be_told_apart_are_refused(void **state)
{
	EACH_ENGINE(&test)
	{
		char token[64] = "";
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "tenant.put", "tenant=other",
		               "{\"hosts\":[\"aes.example\"],\"plmns\":[\"00101\"]}");
		ASSERT_SAYS("tenant demo answers for the very same subscribers\",\"field\":\"plmns\"");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "tenant.put", "tenant=other",
		               "{\"hosts\":[\"aes.example\"],\"plmns\":[\"00101\"],\"imsi_ranges\":[\"0010177\"]}");
		/* The administrator of one tenant does not take subscribers from another. */
		policy_test_do(&test, POLICY_ADMIN_CREATED, "credential.put", "name=own",
		               "{\"role\":\"admin\",\"tenant\":\"other\"}");
		const char *at = strstr(test.body, "\"token\":\"");
		assert_non_null(at);
		memcpy(token, at + 9, 43);
		assert_int_equal(policy_test_call(&test, token, "tenant.put", false, "tenant=other",
		                                  "{\"hosts\":[\"aes.example\"],\"imsi_ranges\":[\"0010112\"]}"),
		                 ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_FORBIDDEN);
		assert_int_equal(policy_test_call(&test, token, "tenant.put", false, "tenant=other",
		                                  "{\"hosts\":[\"aes.example\"],\"plmns\":[\"00101\"],"
		                                  "\"imsi_ranges\":[\"0010177\"],\"validity\":60}"),
		                 ES_OK);
		assert_int_equal(test.last.outcome, POLICY_ADMIN_DONE);
	}
}

static void lists_page_through_and_filter(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(
			&test, POLICY_ADMIN_DONE, "subscriber.import", "tenant=demo",
			"{\"rows\":[{\"imsi\":\"001010000000001\",\"plan\":\"none\"},{\"imsi\":\"001010000000002\",\"plan\":"
			"\"full\"},"
			"{\"imsi\":\"001010000000003\",\"plan\":\"none\",\"status\":\"barred\",\"msisdn\":\"+34600000009\"}]}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&limit=2", "");
		ASSERT_SAYS("001010000000001");
		ASSERT_SAYS("\"next\":\"001010000000002\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&limit=2&cursor=001010000000002", "");
		ASSERT_SAYS("001010000000003");
		ASSERT_SAYS(TEST_IMSI);
		assert_false(says("next"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&plan=none", "");
		ASSERT_SAYS("001010000000001");
		assert_false(says("001010000000002"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&status=barred", "");
		assert_false(says("001010000000001"));
		ASSERT_SAYS("001010000000003");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&msisdn=%2B34600000009", "");
		assert_false(says("001010000000003")); /* the gateway has undone the percent-encoding */
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&msisdn=+34600000009&status=barred",
		               "");
		ASSERT_SAYS("001010000000003");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.list", "tenant=demo&status=lost", "");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.list", "tenant=demo&limit=501", "");
	}
}

static void explain_says_which_rule_decided(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"vowifi\":{\"terms\":\"not_available\"}}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2004&entitlement_version=12.0", "");
		ASSERT_SAYS("\"TC_Status\":\"0\"");
		ASSERT_SAYS("{\"rule\":\"vowifi.terms\",\"saw\":\"not_available\",\"said\":\"data first\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", "tenant=demo",
		               "{\"imsi\":\"" TEST_IMSI "\",\"app\":\"ap2006\"}");
		ASSERT_SAYS("\"companion_allowed\":true,\"companion_services\":[\"SharedNumber\",\"FamilyNumber\"]");
		ASSERT_SAYS("{\"rule\":\"plan\",\"saw\":\"companion, plan full\",\"said\":\"offered\"}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "explain", TEST_LINE "&app=ap1", "");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "explain", TEST_LINE "&app=ap2004&entitlement_version=x", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "explain", "tenant=demo&imsi=001010999999999&app=ap2004", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2004", "");
		ASSERT_SAYS("403");
	}
}

static void what_was_committed_survives_a_restart(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_populate(&test);
		policy_test_reopen(&test);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.get", "tenant=demo&plan=full", "");
		ASSERT_SAYS("\"vonr\":\"home\"");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_and_lesser_roles_are_refused),
		cmocka_unit_test(every_change_is_in_the_trail_and_no_read),
		cmocka_unit_test(work_of_others_is_recorded_before_and_marked_after),
		cmocka_unit_test(what_esim_and_notify_do_has_its_name_in_the_trail),
		cmocka_unit_test(tenants_and_plans_are_put_read_and_deleted),
		cmocka_unit_test(a_put_is_idempotent_and_a_patch_changes_what_it_names),
		cmocka_unit_test(tokens_die_where_the_line_changes_hands_or_state),
		cmocka_unit_test(a_swapped_sim_takes_the_line_along),
		cmocka_unit_test(an_import_reports_bad_rows_and_takes_the_good_ones),
		cmocka_unit_test(an_imported_row_keeps_what_it_does_not_name),
		cmocka_unit_test(a_trial_answers_as_if_done_and_changes_nothing),
		cmocka_unit_test(the_trail_says_what_changed),
		cmocka_unit_test(tenants_that_could_not_be_told_apart_are_refused),
		cmocka_unit_test(lists_page_through_and_filter),
		cmocka_unit_test(explain_says_which_rule_decided),
		cmocka_unit_test(what_was_committed_survives_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
