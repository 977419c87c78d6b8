/* esim_subscription_test.c -- each type of ManageSubscription and ManageService, against each state a line may be in (TS.43 6.2,
 * 6.5.3, 6.5.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

#define EID "89044000000000000000000000000022"
#define ICCID "8944000000000000017"
#define OTHER_ICCID "8944000000000000025"
#define WATCH "companion_terminal_id=watch&companion_terminal_eid=" EID
#define THIS "&companion_terminal_iccid=" ICCID
#define DOWNLOAD "OperationResult=1 SubscriptionResult=2 DownloadInfo{ ProfileActivationCode=MSRhJGI= }"
#define RESULT(n) "OperationResult=1 SubscriptionResult=" #n
#define SHEET(kind)                                                                                                    \
	"sheet " kind " OperationResult=1 SubscriptionResult=1 SubscriptionServiceURL=https://sheet.example/"
#define INVALID "OperationResult=102"
#define BUSY "OperationResult=100"
#define MSG " MSG{ Message=Sure? Accept_btn=1 Reject_btn=1 Accept_freetext=0 }"

/* What the line has: the first profile is on the device that asks ("watch"), the second, if any, on another. */
enum scene {
	EMPTY,
	INSTALLED,
	READY,    /* may be downloaded; no order */
	COMING,   /* its order is going */
	OFFERED,  /* its order waits for the download */
	UNDOING,  /* its order goes back */
	ENDING,   /* is being unsubscribed */
	CHANGING, /* its plan is: to "b" */
	OFF,
	WORD, /* waits for its user's word: 8.12 */
	RELEASING,
	LENT,   /* rests; the second one is on loan */
	MOVING, /* the second one is to take its place */
	ENDED,
	FREE_OLD, /* the second one alone */
	SCENES
};

struct line_of_two {
	struct esim_profile profiles[2];
	struct esim_order orders[2];
	size_t count;
};

static const struct {
	uint8_t status, kind, state, step;
	bool is_ready, is_seen, has_order;
	unsigned flags;
} scenes[SCENES] = {
	[INSTALLED] = { .status = ESIM_ACTIVATED, .is_ready = true, .is_seen = true },
	[READY] = { .status = ESIM_ACTIVATED, .is_ready = true },
	[COMING] = { .status = ESIM_ACTIVATING, .has_order = true, .state = ESIM_ORDER_GOING },
	[OFFERED] = { .status = ESIM_ACTIVATED,
	              .is_ready = true,
	              .has_order = true,
	              .state = ESIM_ORDER_WAITING,
	              .step = ESIM_STEP_INSTALLED },
	[UNDOING] = { .status = ESIM_ACTIVATING, .has_order = true, .state = ESIM_ORDER_UNDOING, .flags = ESIM_BACK },
	[ENDING] = { .status = ESIM_ACTIVATED,
	             .is_ready = true,
	             .is_seen = true,
	             .has_order = true,
	             .kind = ESIM_UNSUBSCRIBE },
	[CHANGING] = { .status = ESIM_ACTIVATED,
	               .is_ready = true,
	               .is_seen = true,
	               .has_order = true,
	               .kind = ESIM_CHANGE },
	[OFF] = { .status = ESIM_DEACTIVATED, .is_ready = true, .is_seen = true },
	[WORD] = { .status = ESIM_DEACTIVATED },
	[RELEASING] = { .status = ESIM_ACTIVATING, .has_order = true, .kind = ESIM_RELEASE },
	[LENT] = { .status = ESIM_DEACTIVATED, .is_ready = true, .is_seen = true },
	[MOVING] = { .status = ESIM_ACTIVATED, .is_ready = true, .is_seen = true },
	[ENDED] = { .status = ESIM_NO_REUSE, .is_ready = true, .is_seen = true },
};

static void build_second(enum scene scene, uint16_t app, struct line_of_two *line)
{
	struct esim_profile *p = &line->profiles[1];

	*p = (struct esim_profile){ .id = "second",
		                        .app = app,
		                        .iccid = OTHER_ICCID,
		                        .device = "other",
		                        .status = ESIM_ACTIVATED,
		                        .ready_ms = 1,
		                        .seen_ms = scene == MOVING ? 0 : 1,
		                        .service = ESIM_DIFF_NUMBER };
	if (scene == LENT)
		memcpy(p->home, "first", sizeof "first");
	if (scene == MOVING)
		line->orders[1] = (struct esim_order){ .id = "moves",
			                                   .profile = "second",
			                                   .old_profile = "first",
			                                   .kind = ESIM_TRANSFER,
			                                   .state = ESIM_ORDER_WAITING };
}

static void build(enum scene scene, uint16_t app, struct line_of_two *line)
{
	struct esim_profile *p = &line->profiles[0];

	memset(line, 0, sizeof *line);
	line->count = scene == EMPTY ? 0 : scene == LENT || scene == MOVING || scene == FREE_OLD ? 2 : 1;
	*p = (struct esim_profile){ .id = "first",
		                        .app = app,
		                        .iccid = ICCID,
		                        .device = "watch",
		                        .eid = EID,
		                        .status = scenes[scene].status,
		                        .service = ESIM_DIFF_NUMBER,
		                        .activation_code = "1$a$b",
		                        .ready_ms = scenes[scene].is_ready,
		                        .seen_ms = scenes[scene].is_seen,
		                        .needs_word = scene == WORD,
		                        .is_lent = scene == LENT,
		                        .ended_ms = scene == ENDED };
	if (scene == FREE_OLD) {
		p->ended_ms = 1;
		memcpy(p->device, "gone", sizeof "gone");
		p->eid[0] = p->iccid[0] = '\0';
	}
	if (scenes[scene].has_order)
		line->orders[0] = (struct esim_order){ .id = "order",
			                                   .profile = "first",
			                                   .plan = "b",
			                                   .kind = scenes[scene].kind,
			                                   .state = scenes[scene].state,
			                                   .step = scenes[scene].step,
			                                   .flags = scenes[scene].flags };
	build_second(scene, app, line);
}

/* What the tenant, the plan or the line is like; bits. */
enum {
	SHEETS = 1,        /* where there is a choice */
	SHEETS_ALWAYS = 2, /* */
	TERMS = 4,
	ASKS = 8, /* the device asks its user, of everything */
	TWO_PLANS = 16,
	NOBODY = 32, /* neither SM-DP+ nor BSS */
	NOT_ALLOWED = 64,
	RELOADS = 128,
	FOREIGN_DEVICE = 256,
	FOREIGN_ICCID = 512,
	ONE_SERVICE = 1024,
	FULL = 2048, /* as many companions, or devices, as there may be */
};

static const struct es_slice services[] = { ES_SLICE_LIT("SharedNumber"), ES_SLICE_LIT("DiffNumber") };
static const struct esim_offer offers[] = { { "a", "", "", "", "", "" }, { "b", "", "", "", "", "" } };

static struct esim_facts facts_of(unsigned with)
{
	const bool allowed = (with & NOT_ALLOWED) == 0;
	struct esim_facts f = { .companion_allowed = allowed,
		                    .primary_allowed = allowed,
		                    .enterprise_allowed = allowed,
		                    .line_active = true,
		                    .companion_services = services,
		                    .companion_service_count = (with & ONE_SERVICE) != 0 ? 1 : 2,
		                    .companion_max = (with & FULL) != 0 ? 0 : 5,
		                    .enterprise_max = (with & FULL) != 0 ? 1 : 0,
		                    .offers = offers,
		                    .offer_count = (with & TWO_PLANS) != 0 ? 2 : 1,
		                    .sheet_url = (with & (SHEETS | SHEETS_ALWAYS | TERMS)) != 0 ? "https://sheet.example/" : "",
		                    .sheet_has_terms = (with & TERMS) != 0 };

	f.settings.sheet = (with & SHEETS_ALWAYS) != 0 ? ESIM_SHEET_ALWAYS : ESIM_SHEET_CHOICE;
	f.settings.smdp = f.settings.bss = (with & NOBODY) != 0 ? "" : "main";
	f.settings.input = (with & ASKS) != 0 ? 15 : 0;
	f.settings.text.message = "Sure?";
	f.settings.redownloadable = (with & RELOADS) != 0;
	f.settings.manage_service = true;
	esim_test_facts(&f);
	return f;
}

struct sentence {
	const char *conformance, *app;
	enum scene scene;
	unsigned with;
	const char *query, *answer;
};

static void ask(const struct sentence *s, const char *operation, struct esim_answer *answer, struct line_of_two *line)
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .operation = es_slice_str(operation),
		                            .params = params,
		                            .facts = facts_of(s->with),
		                            .tenant = "demo",
		                            .imsi = "001010000000001",
		                            .msisdn = "",
		                            .terminal_id = "watch",
		                            .now_ms = 1000 };

	assert_true(esim_app_parse(es_slice_str(s->app), &request.app));
	build(s->scene, (uint16_t)request.app, line);
	request.line = (struct esim_line){ .profiles = line->profiles,
		                               .orders = line->orders,
		                               .count = line->count,
		                               .is_foreign_device = (s->with & FOREIGN_DEVICE) != 0,
		                               .is_foreign_iccid = (s->with & FOREIGN_ICCID) != 0 };
	request.param_count = esim_test_params(s->query, params);
	esim_operate(&request, answer);
}

static void hold(const struct sentence *sentences, size_t count, const char *operation)
{
	static struct line_of_two line;

	for (size_t i = 0; i < count; i++) {
		const struct sentence *s = &sentences[i];
		struct esim_answer answer = { .arena = es_arena_new(0, 65536) };
		char text[1024];
		ask(s, operation, &answer, &line);
		esim_test_answer(&answer, text, sizeof text);
		es_arena_free(answer.arena);
		if (strcmp(text, s->answer) != 0)
			fail_msg("%s: %s scene %d with %u %s:\n%s, not %s", s->conformance, s->app, (int)s->scene, s->with,
			         s->query, text, s->answer);
	}
}

#define NEW "operation_type=0&" WATCH
#define SHARED NEW "&companion_terminal_service=SharedNumber"

static void a_subscription_is_ordered_or_refused_or_asked_about_first(void **state)
{
	static const struct sentence sentences[] = {
		{ "V12-ODSA-MS-03", "ap2006", EMPTY, 0, SHARED, "order subscribe" },
		{ "V12-ODSA-G-07", "ap2006", EMPTY, NOBODY, SHARED, BUSY }, /* nobody to order from */
		{ "V12-ODSA-MS-03", "ap2009", EMPTY, 0, "operation_type=0", "order subscribe" },
		{ "V12-SRV-07", "ap2011", EMPTY, 0, "operation_type=0&enterprise_terminal_id=watch&plan_id=a",
		  "order subscribe" },
		{ "V12-SRV-07", "ap2011", EMPTY, 0, "operation_type=0&enterprise_terminal_id=watch&plan_id=c", INVALID },
		{ "V12-SRV-08", "ap2011", EMPTY, NOT_ALLOWED, "operation_type=0&enterprise_terminal_id=watch", RESULT(5) },
		{ "6.5.3", "ap2006", EMPTY, NOT_ALLOWED, SHARED, RESULT(5) },
		{ "6.5.3", "ap2009", EMPTY, NOT_ALLOWED, "operation_type=0", RESULT(5) },
		{ "6.5.3", "ap2006", EMPTY, FULL, SHARED, RESULT(5) },
		{ "6.5.3", "ap2006", EMPTY, 0, NEW "&companion_terminal_service=FamilyNumber", RESULT(5) },
		{ "6.5.3", "ap2009", EMPTY, 0, "operation_type=0&plan_id=c", RESULT(5) },
		/* V12-ODSA-MS-04: a sheet where there is something to choose, or to consent to */
		{ "V12-ODSA-MS-04", "ap2006", EMPTY, SHEETS, SHARED, "order subscribe" },
		{ "V12-ODSA-MS-04", "ap2006", EMPTY, SHEETS, NEW, SHEET("subscribe") },
		{ "V12-ODSA-MS-04", "ap2006", EMPTY, SHEETS | ONE_SERVICE, NEW, "order subscribe" },
		{ "V12-ODSA-MS-04", "ap2006", EMPTY, SHEETS | TWO_PLANS, SHARED, SHEET("subscribe") },
		{ "V12-ODSA-MS-04", "ap2006", EMPTY, SHEETS | TWO_PLANS, SHARED "&plan_id=b", "order subscribe" },
		{ "V12-ODSA-MS-04", "ap2009", EMPTY, SHEETS_ALWAYS, "operation_type=0", SHEET("subscribe") },
		{ "V12-ODSA-MS-04", "ap2009", EMPTY, TERMS, "operation_type=0", SHEET("subscribe") },
		/* V12-ODSA-MS-13, MS-14: the device asks, and is answered */
		{ "V12-ODSA-MS-13", "ap2009", EMPTY, ASKS, "operation_type=0", RESULT(8) MSG },
		{ "V12-ODSA-MS-14", "ap2009", EMPTY, ASKS, "operation_type=0&MSG_btn=1", "order subscribe" },
		{ "V12-ODSA-MS-14", "ap2009", EMPTY, ASKS, "operation_type=0&MSG_btn=0", RESULT(5) },
		{ "V12-ODSA-G-06", "ap2009", EMPTY, ASKS, "operation_type=0&MSG_btn=1&MSG_response=x", "OperationResult=104" },
		{ "V12-ODSA-G-06", "ap2009", EMPTY, 0, "operation_type=0&MSG_response=x", "OperationResult=104" },
		/* V12-ODSA-G-09 */
		{ "V12-ODSA-G-09", "ap2006", EMPTY, FOREIGN_DEVICE, SHARED, "403" },
		{ "V12-ODSA-G-09", "ap2009", EMPTY, FOREIGN_ICCID, "operation_type=0&terminal_iccid=" ICCID, "403" },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

static void a_subscription_that_is_asked_for_again_is_the_one_there_is(void **state)
{
	static const struct sentence sentences[] = {
		{ "6.5.3", "ap2006", COMING, 0, SHARED, "follow" },
		{ "6.5.3", "ap2009", COMING, 0, "operation_type=0", "follow" },
		{ "V12-SRV-07", "ap2011", COMING, 0, "operation_type=0&enterprise_terminal_id=watch", "follow" },
		{ "6.5.3", "ap2006", OFFERED, 0, SHARED, "follow" },
		{ "6.5.3", "ap2006", UNDOING, 0, SHARED, "follow" },
		{ "6.5.3", "ap2006", RELEASING, 0, SHARED, "follow" },
		/* put there by an operator (TS.43 7.5), or told of and lost */
		{ "V12-ODSA-MS-05", "ap2006", READY, 0, SHARED, DOWNLOAD },
		{ "V12-ODSA-MS-09", "ap2006", INSTALLED, 0, SHARED THIS, RESULT(3) },
		/* it does not name it any more: lost */
		{ "8.13", "ap2006", INSTALLED, 0, SHARED, "order recover" },
		{ "8.13", "ap2006", MOVING, 0, SHARED, BUSY },
		/* a phone may have another one */
		{ "6.3", "ap2009", INSTALLED, 0, "operation_type=0", "order subscribe" },
		{ "6.5.3", "ap2006", ENDED, 0, SHARED, "order subscribe" },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

/* TS.43 8.12 */
static void a_profile_that_waits_for_its_users_word_is_released_by_it(void **state)
{
	static const char word[] = "operation_type=0&terminal_iccid=" ICCID;
	static const struct sentence sentences[] = {
		{ "V12-ODSA-MS-20", "ap2009", WORD, 0, word, "order release" },
		{ "V12-ODSA-MS-20", "ap2009", WORD, SHEETS, word, SHEET("release") },
		{ "V12-ODSA-P-08", "ap2009", WORD, ASKS, word, RESULT(8) MSG },
		{ "V12-ODSA-P-08", "ap2009", WORD, ASKS, "operation_type=0&MSG_btn=1&terminal_iccid=" ICCID, "order release" },
		{ "V12-ODSA-P-08", "ap2009", WORD, ASKS, "operation_type=0&MSG_btn=0&terminal_iccid=" ICCID, RESULT(5) },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

static void a_subscription_is_ended_once(void **state)
{
	static const struct sentence sentences[] = {
		{ "6.2", "ap2006", INSTALLED, 0, "operation_type=1&" WATCH, "order unsubscribe" },
		{ "6.2", "ap2006", INSTALLED, 0, "operation_type=1&" WATCH THIS, "order unsubscribe" },
		{ "6.2", "ap2006", INSTALLED, 0, "operation_type=1&" WATCH THIS "F", "order unsubscribe" },
		{ "6.2", "ap2011", INSTALLED, SHEETS_ALWAYS, "operation_type=1&enterprise_terminal_id=watch",
		  "order unsubscribe" },
		{ "V12-ODSA-MS-04", "ap2006", INSTALLED, SHEETS_ALWAYS, "operation_type=1&" WATCH, SHEET("unsubscribe") },
		{ "V12-ODSA-MS-09", "ap2006", ENDING, 0, "operation_type=1&" WATCH, RESULT(3) },
		{ "V12-ODSA-MS-09", "ap2006", UNDOING, 0, "operation_type=1&" WATCH, RESULT(3) },
		{ "V12-ODSA-MS-09", "ap2006", ENDED, 0, "operation_type=1&" WATCH, RESULT(3) },
		{ "6.2", "ap2009", RELEASING, 0, "operation_type=1&terminal_iccid=" ICCID, BUSY },
		{ "V12-ODSA-G-04", "ap2006", EMPTY, 0, "operation_type=1&" WATCH, INVALID },
		{ "V12-ODSA-G-09", "ap2006", EMPTY, FOREIGN_DEVICE, "operation_type=1&" WATCH, "403" },
		{ "V12-ODSA-G-09", "ap2006", INSTALLED, FOREIGN_ICCID,
		  "operation_type=1&" WATCH "&companion_terminal_iccid=" OTHER_ICCID, "403" },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

static void a_plan_is_changed_to_one_that_is_offered(void **state)
{
	static const char to_b[] = "operation_type=2&" WATCH "&plan_id=b";
	static const struct sentence sentences[] = {
		{ "6.2", "ap2006", INSTALLED, TWO_PLANS, to_b, "order change" },
		{ "6.2", "ap2006", INSTALLED, 0, to_b, RESULT(5) },
		{ "6.2", "ap2006", INSTALLED, SHEETS | TWO_PLANS, "operation_type=2&" WATCH, SHEET("change") },
		{ "6.2", "ap2006", INSTALLED, TWO_PLANS, "operation_type=2&" WATCH, RESULT(5) },
		{ "6.2", "ap2006", CHANGING, TWO_PLANS, to_b, "follow" },
		{ "V12-ODSA-G-07", "ap2006", CHANGING, TWO_PLANS, "operation_type=2&" WATCH "&plan_id=a", BUSY },
		{ "V12-ODSA-G-07", "ap2006", COMING, TWO_PLANS, to_b, BUSY },
		{ "V12-ODSA-G-07", "ap2006", ENDING, TWO_PLANS, to_b, BUSY },
		{ "V12-ODSA-G-04", "ap2006", EMPTY, TWO_PLANS, to_b, INVALID },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

#define TO_WATCH "operation_type=3&" WATCH
#define FROM_OTHER "&old_companion_terminal_iccid=" OTHER_ICCID
#define TO_PHONE "operation_type=3&target_terminal_id=watch&target_terminal_eid=" EID

static void a_transfer_is_from_a_profile_of_the_line(void **state)
{
	static const struct sentence sentences[] = {
		{ "V12-ODSA-C-06", "ap2006", FREE_OLD, 0, TO_WATCH FROM_OTHER, "order transfer" },
		{ "V12-ODSA-MS-21", "ap2006", FREE_OLD, SHEETS, TO_WATCH, SHEET("transfer") },
		{ "V12-ODSA-MS-21", "ap2006", FREE_OLD, 0, TO_WATCH, RESULT(5) },
		{ "7.6", "ap2006", FREE_OLD, NOBODY, TO_WATCH FROM_OTHER, "406" },
		{ "V12-ODSA-MS-15", "ap2006", EMPTY, 0, TO_WATCH FROM_OTHER, INVALID },
		{ "6.5.3", "ap2006", COMING, 0, TO_WATCH FROM_OTHER, "follow" },
		{ "V12-ODSA-P-03", "ap2009", FREE_OLD, 0, TO_PHONE "&old_terminal_iccid=" OTHER_ICCID, "order transfer" },
		{ "V12-ODSA-P-04", "ap2009", FREE_OLD, 0, TO_PHONE "&old_terminal_id=other", "order transfer" },
		{ "V12-ODSA-P-04", "ap2009", FREE_OLD, 0, TO_PHONE, "order transfer" },
		{ "6.5.3", "ap2009", FREE_OLD, NOT_ALLOWED, TO_PHONE, RESULT(5) },
		{ "V12-ODSA-MS-11", "ap2009", FREE_OLD, RELOADS, TO_PHONE, RESULT(7) },
		{ "V12-ODSA-MS-12", "ap2009", FREE_OLD, RELOADS, TO_PHONE "&redownloadable_profile=1", "order transfer" },
		{ "V12-ODSA-MS-13", "ap2009", FREE_OLD, ASKS, TO_PHONE, RESULT(8) MSG },
		{ "V12-ODSA-MS-16", "ap2009", FREE_OLD, SHEETS_ALWAYS, TO_PHONE, SHEET("transfer") },
		{ "V12-ODSA-G-09", "ap2009", FREE_OLD, FOREIGN_DEVICE, TO_PHONE, "403" },
		/* what is moved already */
		{ "V12-ODSA-G-07", "ap2009", MOVING, 0, "operation_type=3&target_terminal_id=third&old_terminal_iccid=" ICCID,
		  BUSY },
		{ "6.5.3", "ap2011", INSTALLED, 0, "operation_type=3&enterprise_terminal_id=watch", RESULT(5) },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

static void a_profile_is_updated_switched_or_recovered_where_its_state_allows(void **state)
{
	static const struct sentence sentences[] = {
		{ "V12-ODSA-MS-17", "ap2009", INSTALLED, 0, "operation_type=4&terminal_iccid=" ICCID, RESULT(3) },
		{ "V12-ODSA-MS-17", "ap2009", INSTALLED, 0, "operation_type=4&terminal_iccid=" OTHER_ICCID, INVALID },
		{ "V12-ODSA-MS-18", "ap2009", OFF, 0, "operation_type=5&terminal_iccid=" ICCID, "order activate" },
		{ "V12-ODSA-MS-18", "ap2009", INSTALLED, 0, "operation_type=5&terminal_iccid=" ICCID, INVALID },
		{ "V12-ODSA-MS-18", "ap2009", INSTALLED, 0, "operation_type=6&terminal_iccid=" ICCID, "order deactivate" },
		{ "V12-ODSA-MS-18", "ap2009", OFF, 0, "operation_type=6&terminal_iccid=" ICCID, INVALID },
		{ "V12-ODSA-MS-18", "ap2009", OFFERED, 0, "operation_type=6&terminal_iccid=" ICCID, "order deactivate" },
		{ "V12-ODSA-G-07", "ap2009", CHANGING, 0, "operation_type=6&terminal_iccid=" ICCID, BUSY },
		{ "8.10", "ap2009", LENT, 0, "operation_type=5&terminal_iccid=" ICCID, "order return" },
		{ "V12-ODSA-MS-19", "ap2009", INSTALLED, 0, "operation_type=7&terminal_iccid=" ICCID, "order recover" },
		{ "V12-ODSA-MS-19", "ap2009", INSTALLED, 0, "operation_type=7&terminal_iccid=" OTHER_ICCID, INVALID },
		{ "V12-ODSA-MS-19", "ap2009", INSTALLED, FOREIGN_ICCID, "operation_type=7&terminal_iccid=" OTHER_ICCID, "403" },
		{ "V12-ODSA-MS-19", "ap2009", INSTALLED, 0, "operation_type=7", INVALID },
		{ "V12-ODSA-MS-19", "ap2009", OFF, 0, "operation_type=7&terminal_iccid=" ICCID, INVALID },
		{ "V12-ODSA-P-09", "ap2009", INSTALLED, SHEETS_ALWAYS, "operation_type=7&terminal_iccid=" ICCID,
		  SHEET("recover") },
		{ "V12-ODSA-P-09", "ap2009", INSTALLED, ASKS, "operation_type=7&terminal_iccid=" ICCID, RESULT(8) MSG },
		{ "V12-ODSA-G-07", "ap2009", MOVING, 0, "operation_type=7&target_terminal_id=third&terminal_iccid=" ICCID,
		  BUSY },
		{ "V12-ODSA-P-09", "ap2009", OFFERED, 0, "operation_type=7&terminal_iccid=" ICCID, "order recover" },
		{ "10.2", "ap2011", INSTALLED, 0, "operation_type=7&enterprise_terminal_id=watch", RESULT(5) },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageSubscription");
}

#define SERVICE(type) "operation_type=" #type "&companion_terminal_id=watch&companion_terminal_service=DiffNumber" THIS
#define STATUS(n) "OperationResult=1 ServiceStatus=" #n

static void a_service_is_switched_when_it_is_not_as_wanted(void **state)
{
	static const struct sentence sentences[] = {
		{ "V12-ODSA-MV-01", "ap2006", OFF, 0, SERVICE(12), INVALID },
		{ "V12-ODSA-MV-01", "ap2006", OFF, 0, SERVICE(9), INVALID },
		{ "V12-ODSA-MV-02", "ap2006", OFF, 0, "operation_type=10&companion_terminal_id=watch" THIS, INVALID },
		{ "V12-ODSA-MV-02", "ap2006", OFF, 0,
		  "operation_type=10&companion_terminal_id=watch&companion_terminal_service=DiffNumber", INVALID },
		{ "V12-ODSA-MV-03", "ap2006", OFF, 0, SERVICE(10), "order activate" },
		{ "V12-ODSA-MV-03", "ap2006", INSTALLED, 0, SERVICE(11), "order deactivate" },
		{ "V12-ODSA-MV-03", "ap2006", INSTALLED, 0, SERVICE(10), STATUS(1) },
		{ "V12-ODSA-MV-03", "ap2006", OFF, 0, SERVICE(11), STATUS(3) },
		{ "V12-ODSA-MV-03", "ap2006", COMING, 0, SERVICE(10), STATUS(2) },
		{ "V12-ODSA-MV-03", "ap2006", ENDING, 0, SERVICE(11), STATUS(1) },
		{ "7.2", "ap2006", OFFERED, 0, SERVICE(11), "order deactivate" },
		/* which one it is, it does not say: that is no sign of having it */
		{ "7.2", "ap2009", OFFERED, 0, "operation_type=11", STATUS(1) },
		{ "V12-ODSA-G-04", "ap2006", EMPTY, 0, SERVICE(10), INVALID },
		{ "V12-ODSA-G-09", "ap2006", EMPTY, FOREIGN_ICCID, SERVICE(10), "403" },
	};

	(void)state;
	hold(sentences, ES_COUNT(sentences), "ManageService");
}

/* Who names an ICCID that was on its way has it; and who only is the device may not. */
static void a_request_shows_that_a_profile_is_there_by_its_iccid(void **state)
{
	static const struct {
		struct sentence s;
		const char *operation;
		bool shows;
	} cases[] = {
		{ { "", "ap2006", OFFERED, 0, "operation_type=4&" WATCH THIS, "" }, "ManageSubscription", true },
		{ { "", "ap2006", OFFERED, 0, "operation_type=4&" WATCH, "" }, "ManageSubscription", false },
		{ { "", "ap2006", COMING, 0, "operation_type=4&" WATCH THIS, "" }, "ManageSubscription", false },
		{ { "", "ap2006", OFFERED, 0, SERVICE(10), "" }, "ManageService", true },
		{ { "", "ap2009", OFFERED, 0, "operation_type=10", "" }, "ManageService", false },
		{ { "", "ap2006", OFFERED, 0, WATCH THIS, "" }, "AcquireConfiguration", true },
		{ { "", "ap2006", OFFERED, 0, WATCH, "" }, "AcquireConfiguration", false },
		{ { "", "ap2009", OFFERED, 0, "terminal_iccid=" ICCID, "" }, "AcquireConfiguration", false },
	};
	static struct line_of_two line;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_answer answer = { .arena = es_arena_new(0, 65536) };
		ask(&cases[i].s, cases[i].operation, &answer, &line);
		es_arena_free(answer.arena);
		if ((answer.shown == &line.profiles[0]) != cases[i].shows)
			fail_msg("%s %s", cases[i].operation, cases[i].s.query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subscription_is_ordered_or_refused_or_asked_about_first),
		cmocka_unit_test(a_subscription_that_is_asked_for_again_is_the_one_there_is),
		cmocka_unit_test(a_profile_that_waits_for_its_users_word_is_released_by_it),
		cmocka_unit_test(a_subscription_is_ended_once),
		cmocka_unit_test(a_plan_is_changed_to_one_that_is_offered),
		cmocka_unit_test(a_transfer_is_from_a_profile_of_the_line),
		cmocka_unit_test(a_profile_is_updated_switched_or_recovered_where_its_state_allows),
		cmocka_unit_test(a_service_is_switched_when_it_is_not_as_wanted),
		cmocka_unit_test(a_request_shows_that_a_profile_is_there_by_its_iccid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
