/* esim_rows_test.c -- profiles, orders, stock, intents and events as rows, on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "esim_store.h"

#define IMSI "001010000000001"
#define ICCID "8944000000000000017"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static unsigned engine;
static struct es_db_testing testing;
static struct esim_store store;

static struct es_keyring *ring_of(const char *text)
{
	struct es_keyring *ring = NULL;
	char room[256];
	struct es_buf error;

	es_buf_init_fixed(&error, room, sizeof room);
	assert_int_equal(es_keyring_parse(es_slice_str(text), &ring, &error), ES_OK);
	return ring;
}

static struct es_db *open_db(void)
{
	struct es_db *db = NULL;
	char room[512];
	struct es_buf error;

	es_buf_init_fixed(&error, room, sizeof room);
	assert_int_equal(esim_store_open(testing.url, &db, &error), ES_OK);
	return db;
}

static int set_up(void **state)
{
	(void)state;
	es_db_testing_begin(&testing, engine, "esim_rows_test");
	store.ring = ring_of("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	store.db = open_db();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_db_close(store.db);
	es_keyring_free(store.ring);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- one thing in one transaction ---- */

struct job {
	const struct esim_store *store;
	struct esim_profile profile;
	struct esim_order order;
	struct esim_draft draft;
	struct esim_event event;
	const char *id, *tenant, *type;
	char iccid[ESIM_ICCID + 1];
	int64_t now_ms, number, created_ms;
	size_t count;
	uint64_t head;
	bool is_new, iccid_is, device_is;
	enum esim_stock_state state;
	struct esim_profile profiles[ESIM_PROFILES_MAX];
	struct esim_step_note steps[ESIM_STEPS_KEPT];
};

static struct job j;

static es_status change(es_db_fn *fn)
{
	j.store = &store;
	return es_db_write_wait(store.db, fn, &j);
}

static es_status look(es_db_fn *fn)
{
	j.store = &store;
	return es_db_read(store.db, fn, &j);
}

#define RUNS(name, call)                                                                                               \
	static es_status name(struct es_db_conn *conn, void *user)                                                         \
	{                                                                                                                  \
		struct job *k = user;                                                                                          \
                                                                                                                       \
		return call;                                                                                                   \
	}

RUNS(put_profile, esim_row_profile_put(k->store, conn, &k->profile))
RUNS(get_profile, esim_row_profile(k->store, conn, k->id, &k->profile))
RUNS(get_of_iccid, esim_row_profile_of_iccid(k->store, conn, k->tenant, k->id, &k->profile))
RUNS(get_of_any, esim_row_profile_of_any(k->store, conn, k->id, &k->profile))
RUNS(list_profiles, esim_row_profiles(k->store, conn, k->tenant, IMSI, "", k->now_ms, k->profiles, &k->count))
RUNS(find_foreign, esim_row_is_foreign(conn, &k->draft, k->id, &k->iccid_is, &k->device_is))
RUNS(put_order, esim_row_order_put(k->store, conn, &k->order))
RUNS(get_order, esim_row_order(k->store, conn, k->id, &k->order))
RUNS(get_of_profile, esim_row_order_of_profile(k->store, conn, k->id, &k->order))
RUNS(get_due, esim_row_orders_due(k->store, conn, k->now_ms, &k->order, 1, &k->count))
RUNS(note_step, esim_row_step_note(conn, k->id, ESIM_STEP_ORDER, "lost", "because", k->now_ms))
RUNS(get_steps, esim_row_steps(conn, k->id, k->steps, &k->count))
RUNS(add_stock, esim_row_stock_add(conn, k->tenant, k->id, k->type, k->now_ms, &k->is_new))
RUNS(take_stock, esim_row_stock_take(conn, k->tenant, k->type, k->id, k->now_ms, k->iccid))
RUNS(set_stock, esim_row_stock_set(conn, k->tenant, k->id, k->state, k->now_ms))
RUNS(delete_stock, esim_row_stock_delete(conn, k->tenant, k->id))
RUNS(put_intent, esim_row_intent_put(k->store, conn, k->id, &k->draft, k->iccid, k->now_ms))
RUNS(get_intent, esim_row_intent(k->store, conn, k->id, &k->draft, k->order.id, &k->created_ms))
RUNS(poll, esim_row_poll(conn, k->tenant, IMSI, k->id, k->now_ms, k->now_ms - 1000, &k->number))
RUNS(add_event, esim_row_event_add(conn, &k->event))
RUNS(prune, esim_row_prune(conn, k->now_ms, k->now_ms))
RUNS(erase, esim_store_erase(conn, es_slice_str(k->tenant), es_slice_str(k->id)))

static void make_profile(const char *id, const char *tenant, const char *iccid, int64_t ended_ms)
{
	j.profile = (struct esim_profile){ .app = ESIM_COMPANION, .imsi = IMSI, .ended_ms = ended_ms };
	(void)snprintf(j.profile.id, sizeof j.profile.id, "%s", id);
	(void)snprintf(j.profile.tenant, sizeof j.profile.tenant, "%s", tenant);
	(void)snprintf(j.profile.iccid, sizeof j.profile.iccid, "%s", iccid);
}

static void make_order(const char *id, const char *profile, int64_t next_ms, int64_t created_ms, int64_t ended_ms)
{
	j.order = (struct esim_order){ .tenant = "demo",
		                           .imsi = IMSI,
		                           .state = ended_ms > 0 ? ESIM_ORDER_DONE : ESIM_ORDER_GOING,
		                           .next_ms = next_ms,
		                           .created_ms = created_ms,
		                           .ended_ms = ended_ms };
	(void)snprintf(j.order.id, sizeof j.order.id, "%s", id);
	(void)snprintf(j.order.profile, sizeof j.order.profile, "%s", profile);
	assert_int_equal(change(put_order), ES_OK);
}

/* ---- profiles ---- */

static void a_profile_comes_back_as_it_was_written_and_knows_its_version(void **state)
{
	(void)state;
	make_profile("p", "demo", ICCID, 0);
	memcpy(j.profile.activation_code, "1$a$b", sizeof "1$a$b");
	j.profile.given_ms = INT64_C(1700000000000);
	j.profile.needs_word = j.profile.is_of_bss = true;
	const struct esim_profile written = j.profile;
	assert_int_equal(change(put_profile), ES_OK);
	assert_int_equal(change(put_profile), ES_OK);
	memset(&j.profile, 0xa5, sizeof j.profile);
	j.id = "p";
	assert_int_equal(look(get_profile), ES_OK);
	assert_int_equal(j.profile.version, 2);
	j.profile.version = written.version;
	assert_memory_equal(&j.profile, &written, sizeof written);
	j.id = "none";
	assert_int_equal(look(get_profile), ES_NOT_FOUND);
}

static void no_two_profiles_that_live_have_one_iccid(void **state)
{
	(void)state;
	make_profile("p", "demo", ICCID, 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("q", "demo", ICCID, 0);
	assert_int_equal(change(put_profile), ES_CONFLICT);
	make_profile("q", "demo", "", 0); /* none is no ICCID */
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("r", "demo", "", 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("p", "demo", ICCID, 5); /* it ends: another may have it */
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("q", "demo", ICCID, 0);
	assert_int_equal(change(put_profile), ES_OK);
	j.id = ICCID;
	j.tenant = "demo";
	assert_int_equal(look(get_of_iccid), ES_OK);
	assert_string_equal(j.profile.id, "q");
	j.tenant = "other";
	assert_int_equal(look(get_of_iccid), ES_NOT_FOUND);
	assert_int_equal(look(get_of_any), ES_OK);
	j.id = "";
	j.tenant = "demo";
	assert_int_equal(look(get_of_iccid), ES_NOT_FOUND);
}

static void a_line_lists_those_that_live_first_and_those_that_ended_for_a_day(void **state)
{
	const int64_t now = INT64_C(1700000000000);

	(void)state;
	make_profile("a", "demo", "", now - DAY_MS);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("b", "demo", "", now - DAY_MS + 1);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("c", "demo", "", 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("d", "other", "", 0);
	assert_int_equal(change(put_profile), ES_OK);
	j.tenant = "demo";
	j.now_ms = now;
	assert_int_equal(look(list_profiles), ES_OK);
	assert_int_equal(j.count, 2);
	assert_string_equal(j.profiles[0].id, "c");
	assert_string_equal(j.profiles[1].id, "b");
}

/* V12-ODSA-G-09 */
static void what_is_somebody_elses_is_known_by_iccid_eid_and_device(void **state)
{
	static const struct {
		const char *imsi, *iccid, *eid, *device;
		uint16_t app;
		bool iccid_is, device_is;
	} cases[] = {
		{ "2", ICCID, "", "", ESIM_COMPANION, true, false },
		{ "2", "", "E", "", ESIM_COMPANION, false, true },
		{ "2", "", "", "watch", ESIM_COMPANION, false, true },
		{ "2", "", "E", "x", ESIM_COMPANION, false, true },
		{ "2", "", "E", "watch", ESIM_PRIMARY, false, false },
		{ IMSI, ICCID, "E", "watch", ESIM_COMPANION, false, false },
		{ "2", "1", "F", "x", ESIM_COMPANION, false, false },
		{ "2", "", "", "", ESIM_COMPANION, false, false },
	};

	(void)state;
	make_profile("p", "demo", ICCID, 0);
	memcpy(j.profile.eid, "E", 2);
	memcpy(j.profile.device, "watch", sizeof "watch");
	assert_int_equal(change(put_profile), ES_OK);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		j.draft = (struct esim_draft){ .tenant = "demo", .app = cases[i].app };
		(void)snprintf(j.draft.imsi, sizeof j.draft.imsi, "%s", cases[i].imsi);
		(void)snprintf(j.draft.eid, sizeof j.draft.eid, "%s", cases[i].eid);
		(void)snprintf(j.draft.device, sizeof j.draft.device, "%s", cases[i].device);
		j.id = cases[i].iccid;
		assert_int_equal(look(find_foreign), ES_OK);
		assert_int_equal(j.iccid_is, cases[i].iccid_is);
		assert_int_equal(j.device_is, cases[i].device_is);
	}
}

static void rows_that_another_key_sealed_are_not_taken_for_empty(void **state)
{
	struct es_keyring *ours = store.ring;

	(void)state;
	make_profile("p", "demo", ICCID, 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_order("o", "p", 1, 1, 0);
	j.draft = (struct esim_draft){ .tenant = "demo" };
	j.id = "nonce";
	assert_int_equal(change(put_intent), ES_OK);
	store.ring = ring_of("1 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	assert_int_equal(look(get_intent), ES_UNAUTHENTIC);
	j.id = "p";
	assert_int_equal(look(get_profile), ES_UNAUTHENTIC);
	j.id = "o";
	assert_int_equal(look(get_order), ES_UNAUTHENTIC);
	es_keyring_free(store.ring);
	store.ring = ours;
}

/* ---- orders ---- */

static void an_order_is_due_by_the_clock_and_found_by_its_profile_until_it_is_over(void **state)
{
	(void)state;
	make_order("late", "p", 200, 1, 0);
	make_order("first", "q", 100, 2, 0);
	make_order("waits", "r", 0, 3, 0);
	make_order("over", "r", 0, 4, 5);
	j.now_ms = 99;
	assert_int_equal(look(get_due), ES_OK);
	assert_int_equal(j.count, 0);
	j.now_ms = 200;
	assert_int_equal(look(get_due), ES_OK);
	assert_int_equal(j.count, 1);
	assert_string_equal(j.order.id, "first");
	j.id = "r";
	assert_int_equal(look(get_of_profile), ES_OK);
	assert_string_equal(j.order.id, "waits");
	make_order("waits", "r", 0, 3, 6);
	assert_int_equal(look(get_of_profile), ES_NOT_FOUND);
}

/* What began it is worth as much as what came last. */
static void the_first_and_the_last_steps_of_an_order_are_kept(void **state)
{
	(void)state;
	j.id = "o";
	for (j.now_ms = 1; j.now_ms <= 3 * ESIM_STEPS_KEPT; j.now_ms++)
		assert_int_equal(change(note_step), ES_OK);
	assert_int_equal(look(get_steps), ES_OK);
	assert_int_equal(j.count, ESIM_STEPS_KEPT);
	assert_int_equal(j.steps[7].at_ms, 8);
	assert_int_equal(j.steps[ESIM_STEPS_KEPT - 1].at_ms, 3 * ESIM_STEPS_KEPT);
	assert_string_equal(j.steps[0].outcome, "lost");
}

/* ---- stock ---- */

static void stock(const char *iccid, const char *type)
{
	j.tenant = "demo";
	j.id = iccid;
	j.type = type;
	assert_int_equal(change(add_stock), ES_OK);
}

static es_status take(const char *type, const char *order)
{
	j.type = type;
	j.id = order;
	return change(take_stock);
}

static void set(const char *iccid, enum esim_stock_state to)
{
	j.id = iccid;
	j.state = to;
	assert_int_equal(change(set_stock), ES_OK);
}

static void an_iccid_of_the_stock_is_kept_for_one_order_of_its_type(void **state)
{
	(void)state;
	stock("1", "gold");
	assert_true(j.is_new);
	stock("1", "tin");
	assert_false(j.is_new);
	stock("2", "gold");
	stock("3", "tin");
	assert_int_equal(take("gold", "a"), ES_OK);
	assert_string_equal(j.iccid, "1");
	assert_int_equal(take("gold", "b"), ES_OK);
	assert_string_equal(j.iccid, "2");
	assert_int_equal(take("gold", "c"), ES_NOT_FOUND);
	set("1", ESIM_STOCK_SPOILED);
	assert_int_equal(take("gold", "c"), ES_NOT_FOUND);
	set("2", ESIM_STOCK_FREE);
	assert_int_equal(take("gold", "c"), ES_OK);
	assert_string_equal(j.iccid, "2");
}

static void only_what_nobody_has_is_taken_out_of_the_stock(void **state)
{
	static const struct {
		enum esim_stock_state state;
		es_status status;
	} cases[] = { { ESIM_STOCK_FREE, ES_OK },
		          { ESIM_STOCK_KEPT, ES_CONFLICT },
		          { ESIM_STOCK_USED, ES_CONFLICT },
		          { ESIM_STOCK_SPOILED, ES_OK } };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		stock("1", "gold");
		set("1", cases[i].state);
		assert_int_equal(change(delete_stock), cases[i].status);
		set("1", ESIM_STOCK_FREE);
		assert_int_equal(change(delete_stock), cases[i].status == ES_OK ? ES_NOT_FOUND : ES_OK);
	}
}

/* ---- two processes at once ---- */

#define EACH 40

struct taker {
	struct es_db *db;
	struct job job;
	char iccids[EACH][ESIM_ICCID + 1];
	uint64_t events[EACH];
};

static es_status take_and_tell(struct es_db_conn *conn, void *user)
{
	struct job *k = user;

	ES_TRY(take_stock(conn, k));
	return esim_row_event_add(conn, &k->event);
}

static void *take_many(void *user)
{
	struct taker *t = user;

	for (size_t i = 0; i < EACH; i++) {
		if (es_db_write_wait(t->db, take_and_tell, &t->job) != ES_OK)
			return NULL;
		memcpy(t->iccids[i], t->job.iccid, sizeof t->iccids[i]);
		t->events[i] = t->job.event.sequence;
	}
	return t;
}

static void check_taken(const struct taker takers[2])
{
	bool is_event[2 * EACH + 1] = { false }, is_taken[2 * EACH] = { false };

	for (size_t i = 0; i < 2 * EACH; i++) {
		const struct taker *t = &takers[i / EACH];
		const int iccid = (int)strtol(t->iccids[i % EACH], NULL, 10) - 1000;
		const uint64_t event = t->events[i % EACH];
		assert_true(iccid >= 0 && iccid < 2 * EACH && event >= 1 && event <= 2 * EACH);
		assert_false(is_taken[iccid] || is_event[event]);
		is_taken[iccid] = is_event[event] = true;
	}
}

static void two_processes_take_no_iccid_twice_and_leave_no_gap_between_events(void **state)
{
	static struct taker takers[2];
	pthread_t threads[2];
	char iccid[8];

	(void)state;
	for (size_t i = 0; i < 2 * EACH; i++) {
		(void)snprintf(iccid, sizeof iccid, "%zu", 1000 + i);
		stock(iccid, "gold");
	}
	for (size_t i = 0; i < 2; i++) {
		takers[i].db = open_db();
		takers[i].job = (struct job){ .tenant = "demo", .type = "gold", .id = i == 0 ? "a" : "b" };
		takers[i].job.event = (struct esim_event){
			.kind = "k", .tenant = "demo", .imsi = "", .app = "", .terminal_id = "", .traceparent = ""
		};
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		void *done = NULL;
		assert_int_equal(pthread_join(threads[i], &done), 0);
		assert_non_null(done);
		es_db_close(takers[i].db);
	}
	check_taken(takers);
}

/* ---- events, sheets, questions ---- */

static es_status add_and_fail(struct es_db_conn *conn, void *user)
{
	ES_TRY(add_event(conn, user));
	return ES_CONFLICT;
}

static es_status read_events(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct esim_event events[8];
	struct job *k = user;

	ES_TRY(esim_row_events(conn, (uint64_t)k->number, ES_COUNT(events), arena, events, &k->count, &k->head));
	for (size_t i = 0; i < k->count; i++)
		if (events[i].sequence != (uint64_t)k->number + i + 1 || strcmp(events[i].kind, "profile.ready") != 0)
			return ES_INTERNAL;
	return ES_OK;
}

static void what_is_rolled_back_takes_no_number_and_what_is_old_goes(void **state)
{
	(void)state;
	j.event = (struct esim_event){
		.kind = "profile.ready", .tenant = "demo", .imsi = IMSI, .app = "", .terminal_id = "", .traceparent = ""
	};
	for (j.event.at_ms = 1; j.event.at_ms <= 3; j.event.at_ms++) {
		assert_int_equal(change(add_event), ES_OK);
		assert_int_equal(j.event.sequence, j.event.at_ms);
		assert_int_equal(change(add_and_fail), ES_CONFLICT);
	}
	j.number = 1;
	assert_int_equal(look(read_events), ES_OK);
	assert_true(j.count == 2 && j.head == 3);
	j.now_ms = 3;
	assert_int_equal(change(prune), ES_OK);
	j.number = 2;
	assert_int_equal(look(read_events), ES_OK);
	assert_true(j.count == 1 && j.head == 3);
}

static void a_draft_is_kept_under_its_nonce_and_goes_with_the_sheets_time(void **state)
{
	(void)state;
	j.draft = (struct esim_draft){
		.kind = ESIM_TRANSFER, .tenant = "demo", .imsi = IMSI, .response = "1234", .redownloads = true
	};
	j.id = "nonce";
	j.iccid[0] = '\0';
	j.now_ms = 1000;
	assert_int_equal(change(put_intent), ES_OK);
	memcpy(j.iccid, "order", sizeof "order"); /* of which it came */
	j.now_ms = 2000;
	assert_int_equal(change(put_intent), ES_OK);
	memset(&j.draft, 0, sizeof j.draft);
	assert_int_equal(look(get_intent), ES_OK);
	assert_true(j.draft.kind == ESIM_TRANSFER && j.draft.redownloads && j.created_ms == 1000);
	assert_string_equal(j.draft.response, "1234");
	assert_string_equal(j.order.id, "order");
	j.now_ms = 1001;
	assert_int_equal(change(prune), ES_OK);
	assert_int_equal(look(get_intent), ES_NOT_FOUND);
}

/* V12-ODSA-CE-08 */
static void questions_are_counted_per_device_until_one_stops_asking(void **state)
{
	(void)state;
	j.tenant = "demo";
	j.id = "phone";
	for (j.now_ms = 10000; j.now_ms < 13000; j.now_ms += 1000) {
		assert_int_equal(change(poll), ES_OK);
		assert_int_equal(j.number, j.now_ms / 1000 - 9);
	}
	j.now_ms += 500; /* longer than it was told to wait */
	assert_int_equal(change(poll), ES_OK);
	assert_int_equal(j.number, 1);
	j.id = "other";
	assert_int_equal(change(poll), ES_OK);
	assert_int_equal(j.number, 1);
}

static void of_an_erased_subscriber_nothing_is_left_and_of_others_all(void **state)
{
	(void)state;
	make_profile("p", "demo", ICCID, 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_order("o", "p", 1, 1, 0);
	j.id = "o";
	assert_int_equal(change(note_step), ES_OK);
	j.draft = (struct esim_draft){ .tenant = "demo", .imsi = IMSI };
	j.id = "nonce";
	assert_int_equal(change(put_intent), ES_OK);
	make_profile("q", "other", ICCID, 0);
	assert_int_equal(change(put_profile), ES_OK);
	make_profile("enterprise", "demo", "", 0);
	j.profile.imsi[0] = '\0';
	assert_int_equal(change(put_profile), ES_OK);
	j.tenant = "demo";
	for (size_t i = 0; i < 2; i++) { /* nobody's erases nothing */
		j.id = i == 0 ? "" : IMSI;
		assert_int_equal(change(erase), ES_OK);
		j.id = "p";
		assert_int_equal(look(get_profile), i == 0 ? ES_OK : ES_NOT_FOUND);
		j.id = "o";
		assert_int_equal(look(get_order), i == 0 ? ES_OK : ES_NOT_FOUND);
		assert_int_equal(look(get_steps), ES_OK);
		assert_int_equal(j.count, i == 0 ? 1 : 0);
		j.id = "nonce";
		assert_int_equal(look(get_intent), i == 0 ? ES_OK : ES_NOT_FOUND);
	}
	j.id = "q";
	assert_int_equal(look(get_profile), ES_OK);
	j.id = "enterprise";
	assert_int_equal(look(get_profile), ES_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_profile_comes_back_as_it_was_written_and_knows_its_version),
		TEST(no_two_profiles_that_live_have_one_iccid),
		TEST(a_line_lists_those_that_live_first_and_those_that_ended_for_a_day),
		TEST(what_is_somebody_elses_is_known_by_iccid_eid_and_device),
		TEST(rows_that_another_key_sealed_are_not_taken_for_empty),
		TEST(an_order_is_due_by_the_clock_and_found_by_its_profile_until_it_is_over),
		TEST(the_first_and_the_last_steps_of_an_order_are_kept),
		TEST(an_iccid_of_the_stock_is_kept_for_one_order_of_its_type),
		TEST(only_what_nobody_has_is_taken_out_of_the_stock),
		TEST(two_processes_take_no_iccid_twice_and_leave_no_gap_between_events),
		TEST(what_is_rolled_back_takes_no_number_and_what_is_old_goes),
		TEST(a_draft_is_kept_under_its_nonce_and_goes_with_the_sheets_time),
		TEST(questions_are_counted_per_device_until_one_stops_asking),
		TEST(of_an_erased_subscriber_nothing_is_left_and_of_others_all),
	};
	int failed = 0;

	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
