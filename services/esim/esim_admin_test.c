/* esim_admin_test.c -- the operators' view of orders, profiles and stock, on every engine there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "esim_admin.h"
#include "esim_case.h"

#define LINE "tenant=demo&imsi=001010000000042"
#define OTHER "tenant=demo&imsi=001010000000043"
#define ICCID "8901010000000000042"
#define EID "89049032000000000000000000000066"
#define CODE "1$smdp.example$AB-12"

static unsigned engine;
static struct es_db_testing testing;
static struct esim_store store;
static struct es_admin_result last;
static struct esim_admin_effect effect;
static char body[65536]; /* of the last answer */

static int set_up(void **state)
{
	const struct es_slice key = ES_SLICE_LIT("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	char text[512];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	es_db_testing_begin(&testing, engine, "esim_admin_test");
	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(es_keyring_parse(key, &store.ring, &error), ES_OK);
	const es_status status = esim_store_open(testing.url, &store.db, &error);
	if (status != ES_OK)
		print_error(ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
	return status == ES_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	es_db_close(store.db);
	es_keyring_free(store.ring);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- asking ---- */

/* "a=1&b=2", taken apart in `text`. */
static size_t read_params(char *text, struct es_admin_param *params, size_t max)
{
	size_t count = 0;

	for (char *at = text; at != NULL && *at != '\0' && count < max;) {
		char *end = strchr(at, '&'), *equals = strchr(at, '=');
		if (end != NULL)
			*end = '\0';
		assert_non_null(equals);
		*equals = '\0';
		params[count++] = (struct es_admin_param){ at, equals + 1 };
		at = end != NULL ? end + 1 : NULL;
	}
	return count;
}

static enum es_admin_outcome ask(const char *action, const char *query, const char *json)
{
	struct es_admin_param params[8];
	char text[512];

	(void)snprintf(text, sizeof text, "%s", query);
	const struct es_admin_request request = { .action = action,
		                                      .params = params,
		                                      .param_count = read_params(text, params, ES_COUNT(params)),
		                                      .body = es_slice_str(json),
		                                      .traceparent = "" };
	const es_status status = esim_admin_run(&store, &request, &last, &effect);
	assert_true(last.body.len < sizeof body);
	if (last.body.len > 0)
		memcpy(body, last.body.ptr, last.body.len);
	body[last.body.len] = '\0';
	es_buf_free(&last.body);
	assert_int_equal(status, ES_OK);
	return last.outcome;
}

static void does(enum es_admin_outcome outcome, const char *action, const char *query, const char *json)
{
	if (ask(action, query, json) != outcome)
		fail_msg("%s %s: %d %s", action, query, (int)last.outcome, body);
}

#define SAYS(text)                                                                                                     \
	do {                                                                                                               \
		if (strstr(body, (text)) == NULL)                                                                              \
			fail_msg("no %s in %s", (text), body);                                                                     \
	} while (0)
#define SAYS_NOT(text)                                                                                                 \
	do {                                                                                                               \
		if (strstr(body, (text)) != NULL)                                                                              \
			fail_msg("%s in %s", (text), body);                                                                        \
	} while (0)

#define WATCH                                                                                                          \
	"{\"app\":\"ap2006\",\"service\":\"SharedNumber\",\"eid\":\"" EID "\",\"terminal_id\":\"watch-1\","                \
	"\"download\":{\"activation_code\":\"LPA:" CODE "\"}}"

/* ---- profiles ---- */

/* TS.43 7.5: V12-ODSA-C-05 begins here. */
static void a_profile_of_another_channel_is_put_read_and_ends(void **state)
{
	(void)state;
	does(ES_ADMIN_CREATED, "profile.put", LINE "&iccid=" ICCID "F", WATCH);
	SAYS("\"iccid\":\"" ICCID "\",\"subscriber\":\"001010000000042\"");
	SAYS("\"status\":\"activated\"");
	assert_int_equal(effect.sequence, 1); /* the phone is told to ask */
	does(ES_ADMIN_DONE, "profile.put", LINE "&iccid=" ICCID, WATCH);
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS("\"terminal_id\":\"watch-1\"");
	does(ES_ADMIN_DONE, "profile.delete", LINE "&iccid=" ICCID, "");
	does(ES_ADMIN_DONE, "profile.delete", LINE "&iccid=" ICCID, ""); /* the same again is the same */
	does(ES_ADMIN_DONE, "profile.get", "tenant=demo&iccid=" ICCID, "");
	SAYS("\"status\":\"no_reuse\"");
	SAYS("\"ended\":\"2");
	does(ES_ADMIN_CREATED, "profile.put", OTHER "&iccid=" ICCID, WATCH);
}

static void codes_are_never_read_back(void **state)
{
	(void)state;
	does(ES_ADMIN_CREATED, "profile.put", LINE "&iccid=" ICCID, WATCH);
	SAYS("\"has_activation_code\":true");
	SAYS_NOT("AB-12");
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS_NOT("AB-12");
}

static void a_profile_that_makes_no_sense_is_refused_with_the_field_named(void **state)
{
	static const struct {
		const char *json, *field;
	} cases[] = {
		{ "{}", "app" },
		{ "{\"app\":\"ap2011\"}", "app" },
		{ "{\"app\":\"ap2006\",\"eid\":\"" EID "\"}", "service" },
		{ "{\"app\":\"ap2009\",\"service\":\"DiffNumber\",\"eid\":\"" EID "\"}", "service" },
		{ "{\"app\":\"ap2009\"}", "eid" },
		{ "{\"app\":\"ap2009\",\"eid\":\"8904\"}", "eid" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"status\":\"no_reuse\"}", "status" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"verify\":true,\"status\":\"activated\"}", "status" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"verify\":\"yes\"}", "verify" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"color\":\"red\"}", "color" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"name\":\"a\\nb\"}", "name" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"msisdn\":\"0155\"}", "msisdn" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"download\":{}}", "download" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"download\":{\"activation_code\":\"2$a$b\"}}",
		  "activation_code" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"download\":{\"smdp_address\":\"https://a\"}}", "smdp_address" },
		{ "{\"app\":\"ap2009\",\"terminal_id\":\"p\",\"download\":{\"smdp_address\":\"a.example\"}}", "eid" },
	};
	char field[64];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		does(ES_ADMIN_INVALID, "profile.put", LINE "&iccid=" ICCID, cases[i].json);
		(void)snprintf(field, sizeof field, "\"field\":\"%s\"", cases[i].field);
		SAYS(field);
	}
	does(ES_ADMIN_INVALID, "profile.put", LINE "&iccid=12", WATCH);
	does(ES_ADMIN_INVALID, "profile.put", LINE "&iccid=" ICCID, "[]");
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS("\"items\":[]");
}

static void nobody_gets_the_profile_or_the_device_of_another(void **state)
{
	(void)state;
	does(ES_ADMIN_CREATED, "profile.put", LINE "&iccid=" ICCID, WATCH);
	does(ES_ADMIN_CONFLICT, "profile.put", OTHER "&iccid=" ICCID, WATCH);
	does(ES_ADMIN_CONFLICT, "profile.put", OTHER "&iccid=8901010000000000059", WATCH);
	SAYS("\"field\":\"eid\"");
	does(ES_ADMIN_NOT_FOUND, "profile.delete", OTHER "&iccid=" ICCID, "");
	does(ES_ADMIN_NOT_FOUND, "profile.get", "tenant=other&iccid=" ICCID, "");
}

/* ---- stock ---- */

static void an_import_takes_the_good_rows_and_says_what_is_wrong_with_the_others(void **state)
{
	(void)state;
	does(ES_ADMIN_DONE, "stock.import", "tenant=demo",
	     "{\"rows\":[{\"iccid\":\"890101000000000001F\",\"profile_type\":\"watch\"},"
	     "{\"iccid\":\"89010100000000000028\",\"profile_type\":\"watch\"},"
	     "{\"iccid\":\"12\",\"profile_type\":\"watch\"},{\"iccid\":\"890101000000000003\"},7,"
	     "{\"iccid\":\"890101000000000001\",\"profile_type\":\"watch\"},"
	     "{\"iccid\":\"890101000000000001\",\"profile_type\":\"phone\"}]}");
	SAYS("\"created\":2,\"unchanged\":1,\"refused\":4");
	SAYS("{\"iccid\":\"12\",\"outcome\":\"refused\",\"error\":\"must have 18 to 20 digits\",\"field\":\"iccid\"}");
	SAYS("\"error\":\"is there as another type\",\"field\":\"profile_type\"");
	does(ES_ADMIN_DONE, "stock.list", "tenant=demo", "");
	SAYS("{\"profile_type\":\"watch\",\"free\":2,\"reserved\":0,\"used\":0,\"spoiled\":0}");
	does(ES_ADMIN_INVALID, "stock.import", "tenant=demo", "{\"rows\":{}}");
	does(ES_ADMIN_INVALID, "stock.import", "tenant=demo", "");
}

static es_status take_one(struct es_db_conn *conn, void *user)
{
	return esim_row_stock_take(conn, "demo", "watch", "o1", 1, user);
}

static void only_what_no_order_has_is_taken_out_of_the_stock(void **state)
{
	char iccid[ESIM_ICCID + 1], query[64];

	(void)state;
	does(ES_ADMIN_DONE, "stock.import", "tenant=demo",
	     "{\"rows\":[{\"iccid\":\"890101000000000001\",\"profile_type\":\"watch\"}]}");
	assert_int_equal(es_db_write_wait(store.db, take_one, iccid), ES_OK);
	(void)snprintf(query, sizeof query, "tenant=demo&iccid=%s", iccid);
	does(ES_ADMIN_CONFLICT, "stock.delete", query, "");
	does(ES_ADMIN_NOT_FOUND, "stock.delete", "tenant=demo&iccid=890101000000000002", "");
	does(ES_ADMIN_DONE, "stock.list", "tenant=demo", "");
	SAYS("\"free\":0,\"reserved\":1");
}

/* ---- orders ---- */

static struct esim_case made;

static es_status begin(struct es_db_conn *conn, void *user)
{
	(void)user;
	return esim_case_begin(&store, conn, &made, made.order.created_ms);
}

/* An order of the watch's profile, as ManageSubscription makes it, `n` in its names and in its time. */
static const char *order(char n, const char *imsi, uint8_t kind)
{
	const struct esim_settings settings = { .smdp = "dp",
		                                    .bss = "crm",
		                                    .companion_profile_type = "watch",
		                                    .primary_profile_type = "",
		                                    .install_within_s = 3600 };
	struct esim_draft draft = { .kind = kind, .app = ESIM_COMPANION, .service = ESIM_SHARED_NUMBER, .tenant = "demo" };
	struct esim_ids ids = { .matching_id = "M" };

	memset(&made, 0, sizeof made);
	(void)snprintf(draft.imsi, sizeof draft.imsi, "%s", imsi);
	(void)snprintf(draft.eid, sizeof draft.eid, "8904903200000000000000000000006%c", n);
	(void)snprintf(draft.device, sizeof draft.device, "watch-%c", n);
	(void)snprintf(ids.order, sizeof ids.order, "0000000000000000000000000000000%c", n);
	(void)snprintf(ids.profile, sizeof ids.profile, "1000000000000000000000000000000%c", n);
	esim_draft_order(&draft, &settings, NULL, &ids, 1700000000000 + n, &made.order, &made.profile);
	assert_int_equal(es_db_write_wait(store.db, begin, NULL), ES_OK);
	return made.order.id;
}

struct move {
	char order[ESIM_ID + 1];
	enum esim_heard_outcome outcome;
};

/* As the runner does with one step. */
static es_status move(struct es_db_conn *conn, void *user)
{
	const struct move *m = user;
	const struct esim_pace pace = { .retry_first_ms = 10, .retry_max_ms = 10, .lease_ms = 1000, .tries_max = 1 };
	struct esim_heard heard = { .outcome = m->outcome, .reason = "as the test wants" };

	ES_TRY(esim_case_read(&store, conn, m->order, &made));
	assert_true(esim_order_take(&made.order, &pace, made.order.next_ms));
	esim_order_hear(&made.order, &heard, &pace, made.order.next_ms);
	return esim_case_write(&store, conn, &made, made.order.updated_ms);
}

static void hear(const char *id, enum esim_heard_outcome outcome)
{
	struct move m = { .outcome = outcome };

	(void)snprintf(m.order, sizeof m.order, "%s", id);
	assert_int_equal(es_db_write_wait(store.db, move, &m), ES_OK);
}

static void orders_are_found_by_what_they_are_about(void **state)
{
	static const struct {
		const char *query;
		const char *found; /* last digits of their ids */
	} cases[] = {
		{ "", "123" },
		{ "&imsi=001010000000043", "2" },
		{ "&state=going", "12" },
		{ "&stuck=true", "3" },
		{ "&stuck=false&imsi=001010000000042", "13" },
		{ "&imsi=001010000000042&stuck=true", "3" },
		{ "&kind=recover", "2" },
		{ "&eid=89049032000000000000000000000062", "2" },
		{ "&iccid=8901010000000000042", "" },
		{ "&limit=1", "1" },
		{ "&limit=2&cursor=1700000000049.00000000000000000000000000000001", "23" },
	};
	char query[256], id[64];

	(void)state;
	(void)order('1', "001010000000042", ESIM_SUBSCRIBE);
	(void)order('2', "001010000000043", ESIM_RECOVER);
	hear(order('3', "001010000000042", ESIM_SUBSCRIBE), ESIM_HEARD_LOST); /* one try is all it has */
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		(void)snprintf(query, sizeof query, "tenant=demo%s", cases[i].query);
		does(ES_ADMIN_DONE, "order.list", query, "");
		for (char n = '1'; n <= '3'; n++) {
			(void)snprintf(id, sizeof id, "\"id\":\"0000000000000000000000000000000%c\"", n);
			if ((strchr(cases[i].found, n) != NULL) != (strstr(body, id) != NULL))
				fail_msg("%s: %c in %s", cases[i].query, n, body);
		}
	}
	does(ES_ADMIN_DONE, "order.list", "tenant=demo&limit=1", "");
	SAYS("\"next\":\"1700000000049.00000000000000000000000000000001\"");
	does(ES_ADMIN_DONE, "order.list", "tenant=other", "");
	SAYS("\"items\":[]}");
	does(ES_ADMIN_INVALID, "order.list", "tenant=demo&state=lost", "");
	does(ES_ADMIN_INVALID, "order.list", "tenant=demo&cursor=x", "");
	does(ES_ADMIN_INVALID, "order.list", "tenant=demo&stuck=true&state=done", "");
}

#define ORDER "tenant=demo&order=00000000000000000000000000000001"

static void a_stuck_order_is_tried_again(void **state)
{
	(void)state;
	hear(order('1', "001010000000042", ESIM_SUBSCRIBE), ESIM_HEARD_LOST);
	does(ES_ADMIN_DONE, "order.get", ORDER, "");
	SAYS("\"state\":\"stuck\",\"step\":\"order\"");
	SAYS("\"is_unsure\":true");
	SAYS("\"reason\":\"as the test wants\"");
	SAYS("\"left\":[\"order\",\"download_order\",\"confirm_order\",\"offer\",\"installed\"]");
	does(ES_ADMIN_DONE, "order.retry", ORDER, "");
	SAYS("\"state\":\"going\"");
	SAYS("\"outcome\":\"retried\"");
	assert_string_equal(effect.order, "00000000000000000000000000000001");
	does(ES_ADMIN_CONFLICT, "order.retry", ORDER, "");
	does(ES_ADMIN_NOT_FOUND, "order.retry", "tenant=other&order=00000000000000000000000000000001", "");
	does(ES_ADMIN_NOT_FOUND, "order.get", "tenant=demo&order=nobody", "");
}

static void an_order_that_is_cancelled_before_anything_was_asked_is_undone_with_its_profile(void **state)
{
	(void)state;
	(void)order('1', "001010000000042", ESIM_SUBSCRIBE);
	does(ES_ADMIN_DONE, "order.cancel", ORDER, "");
	SAYS("\"state\":\"undone\"");
	assert_true(effect.sequence > 0);
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS("\"status\":\"no_reuse\"");
}

static void what_the_bss_did_is_taken_back_when_its_order_is_cancelled(void **state)
{
	(void)state;
	hear(order('1', "001010000000042", ESIM_SUBSCRIBE), ESIM_HEARD_DONE);
	does(ES_ADMIN_DONE, "order.cancel", ORDER, "");
	SAYS("\"state\":\"undoing\",\"step\":\"cancel\"");
	SAYS("\"left\":[\"cancel\"]");
	SAYS("\"is_cancelled\":true");
}

static void what_is_stuck_on_its_way_back_is_closed_as_it_is(void **state)
{
	(void)state;
	hear(order('1', "001010000000042", ESIM_SUBSCRIBE), ESIM_HEARD_DONE);
	does(ES_ADMIN_DONE, "order.cancel", ORDER, "");
	hear("00000000000000000000000000000001", ESIM_HEARD_REFUSED);
	does(ES_ADMIN_DONE, "order.list", "tenant=demo&stuck=true", "");
	SAYS("\"step\":\"cancel\"");
	does(ES_ADMIN_DONE, "order.cancel", ORDER, "");
	SAYS("\"state\":\"undone\"");
	SAYS("\"left\":[\"cancel\"]");
	SAYS("\"outcome\":\"closed\"");
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS("\"status\":\"no_reuse\"");
}

static void the_late_answer_of_the_bss_moves_the_order(void **state)
{
	(void)state;
	(void)order('1', "001010000000042", ESIM_SUBSCRIBE);
	does(ES_ADMIN_CONFLICT, "order.advance", ORDER, "{\"state\":\"done\"}"); /* it was asked for nothing */
	hear("00000000000000000000000000000001", ESIM_HEARD_PENDING);
	does(ES_ADMIN_INVALID, "order.advance", ORDER, "{\"state\":\"pending\"}");
	does(ES_ADMIN_INVALID, "order.advance", ORDER, "{\"state\":\"done\",\"iccid\":\"x\"}");
	does(ES_ADMIN_DONE, "order.advance", ORDER, "{\"state\":\"done\",\"msisdn\":\"+15550000042\"}");
	SAYS("\"step\":\"download_order\"");
	SAYS("{\"step\":\"order\",\"at\":\"");
	does(ES_ADMIN_CONFLICT, "order.advance", ORDER, "{\"state\":\"done\"}"); /* the SM-DP+ is next */
	does(ES_ADMIN_DONE, "profile.list", LINE, "");
	SAYS("\"msisdn\":\"+15550000042\"");
}

static void a_profile_that_an_order_is_about_is_the_orders(void **state)
{
	(void)state;
	(void)order('1', "001010000000042", ESIM_SUBSCRIBE);
	hear("00000000000000000000000000000001", ESIM_HEARD_PENDING);
	does(ES_ADMIN_DONE, "order.advance", ORDER,
	     "{\"state\":\"done\",\"iccid\":\"" ICCID "\",\"activation_code\":\"" CODE "\"}");
	SAYS("\"iccid\":\"" ICCID "\"");
	does(ES_ADMIN_CONFLICT, "profile.put", LINE "&iccid=" ICCID, WATCH);
	does(ES_ADMIN_CONFLICT, "profile.delete", LINE "&iccid=" ICCID, "");
	does(ES_ADMIN_DONE, "order.list", "tenant=demo&iccid=" ICCID, "");
	SAYS("\"id\":\"00000000000000000000000000000001\"");
}

/* ---- events ---- */

static void events_are_followed_by_number_and_stay_in_their_tenant(void **state)
{
	(void)state;
	does(ES_ADMIN_CREATED, "profile.put", LINE "&iccid=" ICCID, WATCH);
	does(ES_ADMIN_DONE, "event.list", "tenant=demo", "");
	SAYS("{\"number\":1,\"at\":\"");
	SAYS("\"imsi\":\"001010000000042\",\"app\":\"ap2006\"");
	SAYS("\"next\":1");
	does(ES_ADMIN_DONE, "event.list", "tenant=demo&after=1", "");
	SAYS("{\"items\":[],\"next\":1}");
	does(ES_ADMIN_DONE, "event.list", "tenant=other", "");
	SAYS("{\"items\":[],\"next\":1}");
	does(ES_ADMIN_INVALID, "event.list", "tenant=demo&after=-1", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_profile_of_another_channel_is_put_read_and_ends),
		TEST(codes_are_never_read_back),
		TEST(a_profile_that_makes_no_sense_is_refused_with_the_field_named),
		TEST(nobody_gets_the_profile_or_the_device_of_another),
		TEST(an_import_takes_the_good_rows_and_says_what_is_wrong_with_the_others),
		TEST(only_what_no_order_has_is_taken_out_of_the_stock),
		TEST(orders_are_found_by_what_they_are_about),
		TEST(a_stuck_order_is_tried_again),
		TEST(an_order_that_is_cancelled_before_anything_was_asked_is_undone_with_its_profile),
		TEST(what_the_bss_did_is_taken_back_when_its_order_is_cancelled),
		TEST(what_is_stuck_on_its_way_back_is_closed_as_it_is),
		TEST(the_late_answer_of_the_bss_moves_the_order),
		TEST(a_profile_that_an_order_is_about_is_the_orders),
		TEST(events_are_followed_by_number_and_stay_in_their_tenant),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
