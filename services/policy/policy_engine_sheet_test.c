/* policy_engine_sheet_test.c -- sheets through the engine, on every database there is: what is kept, and for how long. */
#include "es_clock.h"
#include "policy_engine_sheet.h"
#include "policy_flow.h"
#include "policy_sheet_state.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define SETTINGS                                                                                                       \
	"{\"id\":\"demo\",\"name\":\"Demo\",\"vowifi\":{\"url\":\"https://p.example/sheet\",\"terms_required\":true},"     \
	"\"sheets\":{\"terms\":\"v1\",\"terms_texts\":[\"en: Be good.\"],\"handle_ttl\":600,\"consent_retention\":3600}}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;
static unsigned told_count;

static void on_told(void *user, uint64_t sequence)
{
	(void)user;
	assert_true(sequence > 0);
	told_count++;
}

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_sheet");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", SETTINGS);
	policy_test_do(t, POLICY_ADMIN_DONE, "subscriber.put", TEST_LINE, "{\"plan\":\"full\"}");
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring, .tell = on_told };
	told_count = 0;
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static char *handle_of(const char *app, int64_t issued_ms)
{
	struct policy_flow flow;
	struct es_imsi imsi;
	struct es_slice handle;

	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &imsi), ES_OK);
	policy_flow_begin(&flow, "demo", &imsi, app, "356938035643809", issued_ms);
	assert_int_equal(policy_flow_seal(test.ring, &flow, arena, &handle), ES_OK);
	char *text = es_arena_strdup(arena, handle);
	assert_non_null(text);
	return text;
}

static Openes__SheetReply open_at(char *handle, int64_t now_ms)
{
	Openes__SheetOpenRequest request = OPENES__SHEET_OPEN_REQUEST__INIT;
	Openes__SheetReply reply = OPENES__SHEET_REPLY__INIT;
	struct policy_sheet_question question;

	request.handle = handle;
	assert_int_equal(policy_serve_sheet_open(&engine_of_test, &request, NULL, NULL, now_ms, arena, &reply, &question),
	                 ES_OK);
	assert_false(policy_sheet_asks(&question));
	return reply;
}

static Openes__SheetReply act_at(char *page, const char *action, int64_t now_ms)
{
	Openes__SheetActRequest request = OPENES__SHEET_ACT_REQUEST__INIT;
	Openes__SheetReply reply = OPENES__SHEET_REPLY__INIT;
	struct policy_sheet_question question;
	Openes__Param agree = OPENES__PARAM__INIT;
	Openes__Param *fields[] = { &agree };

	agree.name = es_arena_strdup(arena, ES_SLICE_LIT("agree"));
	agree.value = es_arena_strdup(arena, ES_SLICE_LIT("yes"));
	request.page = page;
	request.action = es_arena_strdup(arena, es_slice_str(action));
	request.fields = fields;
	request.n_fields = 1;
	assert_true(agree.name != NULL && agree.value != NULL && request.action != NULL);
	assert_int_equal(policy_serve_sheet_act(&engine_of_test, &request, NULL, NULL, now_ms, arena, &reply, &question),
	                 ES_OK);
	assert_null(question.peer);
	return reply;
}

static void ends(Openes__SheetReply reply, Openes__SheetReply__Outcome outcome, const char *why)
{
	assert_int_equal(reply.outcome, outcome);
	assert_string_equal(reply.reason, why);
}

#define ASSERT_ENDS(reply, expected, why) ends((reply), OPENES__SHEET_REPLY__OUTCOME__##expected, (why))

static void handles_and_pages_are_good_for_minutes(void **state)
{
	EACH_ENGINE(&test)
	{
		char *handle = handle_of("ap2004", NOW);
		Openes__SheetReply page = open_at(handle, NOW + 600000);
		ASSERT_ENDS(page, SHOWN, "shown");
		ASSERT_ENDS(open_at(handle, NOW + 600001), GONE, "handle_old");
		ASSERT_ENDS(open_at(handle, NOW + POLICY_FLOW_LIFE_MS), GONE, "handle_expired");
		ASSERT_ENDS(open_at(handle_of("ap2003", NOW), NOW), BAD, "no_such_sheet");
		ASSERT_ENDS(open_at(handle_of("ap2010", NOW), NOW), BAD, "boost_type");
		ASSERT_ENDS(open_at(page.page, NOW), BAD, "handle_unknown"); /* sealed by us, for something else */
		ASSERT_ENDS(act_at(handle, "accept", NOW), BAD, "page_unknown");
		ASSERT_ENDS(act_at(page.page, "accept", NOW + 600000 + POLICY_PAGE_LIFE_MS), GONE, "page_expired");
		assert_string_equal(page.object, "VoWiFiWebServiceFlow");
		assert_int_equal(told_count, 0);
	}
}

static void one_handle_is_one_change(void **state)
{
	EACH_ENGINE(&test)
	{
		char *handle = handle_of("ap2004", NOW);
		Openes__SheetReply page = open_at(handle, NOW);
		Openes__SheetReply done = act_at(page.page, "accept", NOW);
		ASSERT_ENDS(done, SHOWN, "committed");
		assert_string_equal(done.call, "entitlementChanged");
		assert_true(done.calls_at_once && done.page[0] == '\0');
		assert_int_equal(told_count, 1);
		ASSERT_ENDS(act_at(page.page, "accept", NOW), SHOWN, "repeated");
		ASSERT_ENDS(act_at(page.page, "off", NOW), GONE, "used");
		ASSERT_ENDS(open_at(handle, NOW), GONE, "used");
		assert_int_equal(told_count, 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"what\":\"vowifi-terms\",\"text\":\"v1\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"terms\":\"available\""));
	}
}

static es_status prune(struct es_db_conn *conn, void *user)
{
	return policy_row_sheets_prune(conn, *(const int64_t *)user);
}

static void prune_at(int64_t now_ms)
{
	assert_int_equal(es_db_write_wait(policy_store_db(test.store), prune, &now_ms), ES_OK);
}

static void consents_are_kept_for_a_while_after_their_line(void **state)
{
	EACH_ENGINE(&test)
	{
		int64_t now = es_wall_ms();
		ASSERT_ENDS(act_at(open_at(handle_of("ap2004", now), now).page, "accept", now), SHOWN, "committed");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010999999999\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", TEST_LINE, "");
		assert_string_equal(test.body, "{\"items\":[]}");
		prune_at(now + INT64_C(1000) * 365 * 86400000); /* the line is there */
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", "tenant=demo&imsi=001010999999999", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", "tenant=demo&imsi=001010999999999", "");
		assert_non_null(strstr(test.body, "\"kept_until\":"));
		prune_at(now + 3500000);
		policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", "tenant=demo&imsi=001010999999999", "");
		assert_non_null(strstr(test.body, "\"kept_until\":"));
		prune_at(es_wall_ms() + 3700000);
		policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", "tenant=demo&imsi=001010999999999", "");
		assert_string_equal(test.body, "{\"items\":[]}");
	}
}

static void nobody_asks_for_an_act_as_an_operator(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_INVALID, "sheet.act", TEST_LINE, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles_and_pages_are_good_for_minutes),
		cmocka_unit_test(one_handle_is_one_change),
		cmocka_unit_test(consents_are_kept_for_a_while_after_their_line),
		cmocka_unit_test(nobody_asks_for_an_act_as_an_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
