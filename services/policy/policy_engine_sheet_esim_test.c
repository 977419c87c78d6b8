/* policy_engine_sheet_esim_test.c -- sheets of eSIMs through the engine, with esim's answers made up: what it is asked, and what is on
 * record before. */
#include "policy_engine_sheet.h"
#include "policy_flow.h"
#include "policy_sheet_commit.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define SETTINGS                                                                                                       \
	"{\"sheets\":{\"esim_terms\":\"v1\",\"esim_texts\":[\"en: Be good.\"]},"                                           \
	"\"esim\":{\"smdp\":\"main\",\"sheet\":\"always\",\"url\":\"https://aes.example/sheet\"}}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;
static char none[] = "", subscribe[] = "subscribe", code[] = "1$smdp.example$A";

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_esim_sheet");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", SETTINGS);
	policy_test_do(t, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
	               "{\"companion\":{\"allowed\":true,\"services\":[\"SharedNumber\"],\"max\":3}}");
	policy_test_do(t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=watch",
	               "{\"price\":\"5 EUR\",\"esim\":{\"offered_to\":[\"companion\"]}}");
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static struct policy_sheet_question question;

static Openes__EsimSheetReply said(Openes__EsimSheetReply__State state)
{
	Openes__EsimSheetReply reply = OPENES__ESIM_SHEET_REPLY__INIT;

	reply.outcome = OPENES__ESIM_SHEET_REPLY__OUTCOME__KNOWN;
	reply.state = state;
	reply.kind = subscribe;
	reply.activation_code = state == OPENES__ESIM_SHEET_REPLY__STATE__READY ? code : none;
	return reply;
}

/* `reply` NULL: the first pass. */
static struct policy_sheet_answer answer_of(const Openes__EsimSheetReply *reply, es_status status)
{
	return (struct policy_sheet_answer){ .status = status, .esim = reply };
}

static Openes__SheetReply open_sheet(char *handle, const struct policy_sheet_answer *answer)
{
	Openes__SheetOpenRequest request = OPENES__SHEET_OPEN_REQUEST__INIT;
	Openes__SheetReply reply = OPENES__SHEET_REPLY__INIT;

	request.handle = handle;
	assert_int_equal(policy_serve_sheet_open(&engine_of_test, &request, answer, NULL, NOW, arena, &reply, &question),
	                 ES_OK);
	return reply;
}

static Openes__SheetReply act(char *page, const char *action, const struct policy_sheet_answer *answer)
{
	char name[] = "agree", value[] = "yes";
	Openes__Param agree = OPENES__PARAM__INIT, *fields[] = { &agree };
	Openes__SheetActRequest request = OPENES__SHEET_ACT_REQUEST__INIT;
	Openes__SheetReply reply = OPENES__SHEET_REPLY__INIT;

	agree.name = name;
	agree.value = value;
	request.page = page;
	request.action = es_arena_strdup(arena, es_slice_str(action));
	request.fields = fields;
	request.n_fields = 1;
	assert_int_equal(policy_serve_sheet_act(&engine_of_test, &request, answer, NULL, NOW, arena, &reply, &question),
	                 ES_OK);
	return reply;
}

static char *handle_of(struct policy_flow *flow)
{
	struct es_imsi imsi;
	struct es_slice handle;

	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &imsi), ES_OK);
	policy_flow_begin(flow, "demo", &imsi, "ap2006", "356938035643809", NOW);
	assert_int_equal(policy_flow_seal(test.ring, flow, arena, &handle), ES_OK);
	return es_arena_strdup(arena, handle);
}

static size_t consents(void)
{
	size_t count = 0;

	policy_test_do(&test, POLICY_ADMIN_DONE, "consent.list", TEST_LINE, "");
	for (const char *at = test.body; (at = strstr(at, "\"what\":\"esim")) != NULL; at++)
		count++;
	return count;
}

/* The page that asks for the last word, by way of the terms. */
static char *last_page(char *handle)
{
	const Openes__EsimSheetReply none_yet = said(OPENES__ESIM_SHEET_REPLY__STATE__NEW);
	const struct policy_sheet_answer new_one = answer_of(&none_yet, ES_OK);
	Openes__SheetReply page = open_sheet(handle, NULL);

	assert_int_equal(question.esim->act, OPENES__ESIM_SHEET_REQUEST__ACT__LOOK);
	page = open_sheet(handle, &new_one);
	(void)act(page.page, "accept", NULL);
	assert_int_equal(question.esim->act, OPENES__ESIM_SHEET_REQUEST__ACT__LOOK);
	return act(page.page, "accept", &new_one).page;
}

static void consent_is_on_record_before_anything_is_ordered(void **state)
{
	EACH_ENGINE(&test)
	{
		const Openes__EsimSheetReply ready = said(OPENES__ESIM_SHEET_REPLY__STATE__READY);
		const struct policy_sheet_answer answer = answer_of(&ready, ES_OK);
		char nonce[POLICY_NONCE_SIZE];
		struct policy_flow flow;
		char *page = last_page(handle_of(&flow));
		assert_int_equal(consents(), 0);
		(void)act(page, "order", NULL);
		const Openes__EsimSheetRequest *asked = question.esim;
		policy_sheet_nonce(&flow, nonce);
		assert_int_equal(asked->act, OPENES__ESIM_SHEET_REQUEST__ACT__ORDER);
		assert_string_equal(asked->nonce, nonce);
		assert_string_equal(asked->plan, "watch"); /* the only one */
		assert_string_equal(asked->subject->imsi, TEST_IMSI);
		assert_string_equal(asked->facts->settings->smdp, "main");
		assert_int_equal(asked->facts->n_offers, 1);
		assert_int_equal(consents(), 2);
		const Openes__SheetReply done = act(page, "order", &answer);
		assert_string_equal(done.call, "profileReadyWithActivationCode");
		assert_string_equal(done.reason, "committed");
		assert_string_equal(done.page, "");
		assert_null(strstr(done.reason, code));
	}
}

static void the_same_again_asks_again_and_records_nothing(void **state)
{
	EACH_ENGINE(&test)
	{
		struct policy_flow flow;
		char *handle = handle_of(&flow), *page = last_page(handle);
		(void)act(page, "order", NULL);
		(void)act(page, "order", NULL);
		assert_int_equal(question.esim->act, OPENES__ESIM_SHEET_REQUEST__ACT__ORDER);
		assert_int_equal(consents(), 2);
		(void)open_sheet(handle, NULL); /* the handle stays good to look */
		assert_int_equal(question.esim->act, OPENES__ESIM_SHEET_REQUEST__ACT__LOOK);
		assert_int_equal(act(page, "buy", NULL).outcome, OPENES__SHEET_REPLY__OUTCOME__BAD);
		assert_false(policy_sheet_asks(&question));
	}
}

static void a_line_that_is_not_active_asks_nobody(void **state)
{
	EACH_ENGINE(&test)
	{
		struct policy_flow flow;
		char *handle = handle_of(&flow), *page = last_page(handle);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		assert_string_equal(open_sheet(handle, NULL).call, "dismissFlow");
		assert_false(policy_sheet_asks(&question));
		assert_string_equal(act(page, "order", NULL).call, "dismissFlow");
		assert_false(policy_sheet_asks(&question));
		assert_int_equal(consents(), 0);
	}
}

static void without_an_answer_the_page_stays(void **state)
{
	EACH_ENGINE(&test)
	{
		const struct policy_sheet_answer away = answer_of(NULL, ES_UNAVAILABLE);
		Openes__EsimSheetReply gone = OPENES__ESIM_SHEET_REPLY__INIT;
		struct policy_flow flow;
		char *handle = handle_of(&flow), *page = last_page(handle);
		gone.outcome = OPENES__ESIM_SHEET_REPLY__OUTCOME__GONE;
		const struct policy_sheet_answer nothing = answer_of(&gone, ES_OK);
		Openes__SheetReply reply = act(page, "order", &away);
		assert_int_equal(reply.outcome, OPENES__SHEET_REPLY__OUTCOME__SHOWN);
		assert_string_not_equal(reply.page, "");
		(void)act(reply.page, "look", NULL);
		assert_int_equal(question.esim->act, OPENES__ESIM_SHEET_REQUEST__ACT__LOOK);
		assert_string_equal(question.esim->plan, "watch");
		assert_string_equal(act(page, "cancel", &away).call, "dismissFlow");
		assert_int_equal(open_sheet(handle, &nothing).outcome, OPENES__SHEET_REPLY__OUTCOME__GONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consent_is_on_record_before_anything_is_ordered),
		cmocka_unit_test(the_same_again_asks_again_and_records_nothing),
		cmocka_unit_test(a_line_that_is_not_active_asks_nobody),
		cmocka_unit_test(without_an_answer_the_page_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
