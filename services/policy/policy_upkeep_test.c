/* policy_upkeep_test.c -- what time does to lines and devices; and what is counted of a line's past. */
#include "es_clock.h"
#include "es_text.h"
#include "policy_engine.h"
#include "policy_testing.h"
#include "policy_upkeep.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define PHONE "356938035643809"
#define DAY_MS (INT64_C(86400) * 1000)

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;
static uint64_t rang;

static void on_told(void *user, uint64_t sequence)
{
	(void)user;
	rang = sequence;
}

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_upkeep");
	policy_test_populate(t);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring, .tell = on_told };
	arena = es_arena_new(0, 1 << 20);
	assert_non_null(arena);
	rang = 0;
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static Openes__EventsReply events_after(uint64_t after)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	request.after = after;
	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
	return reply;
}

/* `before`, the time, `after`. */
static void patch(const char *before, int64_t at_ms, const char *after)
{
	char time[21], body[256];
	es_time_iso8601(at_ms, time);
	(void)snprintf(body, sizeof body, "%s%s%s", before, time, after);
	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, body);
}

/* How many events a sweep at this time makes. */
static uint64_t sweep(int64_t now_ms)
{
	const uint64_t before = events_after(0).head;
	bool more = true;
	while (more)
		assert_int_equal(policy_upkeep_due(&engine_of_test, now_ms, &more), ES_OK);
	return events_after(0).head - before;
}

static void what_ends_by_itself_is_told_once_when_it_has_ended(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t now = es_wall_ms() / 1000 * 1000, hour = 3600000;
		patch("{\"vowifi\":{\"address_expiry\":\"", now + hour, "\"}}");
		patch("{\"boosts\":[{\"type\":166,\"provisioning\":\"provisioned\",\"until\":\"", now + 2 * hour, "\"}]}");
		assert_int_equal(sweep(now), 0);
		assert_int_equal(sweep(now + hour - 1), 0);
		const uint64_t before = events_after(0).head;
		assert_int_equal(sweep(now + hour), 1);
		const Openes__EventsReply all = events_after(before);
		assert_string_equal(all.events[0]->kind, "subscriber.changed");
		assert_int_equal(all.events[0]->n_apps, 1);
		assert_string_equal(all.events[0]->apps[0], "ap2004");
		assert_int_equal(rang, all.events[0]->sequence);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		char version[48];
		(void)snprintf(version, sizeof version, "\"version\":%u", (unsigned)rang);
		assert_non_null(strstr(test.body, version)); /* VERS moves with it */
		assert_int_equal(sweep(now + hour), 0);
		/* Down until long after: told late, and once. */
		assert_int_equal(sweep(now + 30 * hour), 1);
		assert_int_equal(sweep(now + 30 * hour), 0);
	}
}

static void what_is_put_off_or_taken_back_is_not_told(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t now = es_wall_ms() / 1000 * 1000, hour = 3600000;
		patch("{\"vowifi\":{\"address_expiry\":\"", now + hour, "\"}}");
		patch("{\"vowifi\":{\"address_expiry\":\"", now + 3 * hour, "\"}}");
		assert_int_equal(sweep(now + 2 * hour), 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		assert_int_equal(sweep(now + 4 * hour), 0);
	}
}

/* As two replicas that read the same line due: the second comes too late. */
static es_status take_twice(struct es_db_conn *conn, void *user)
{
	const struct policy_due *due = user;
	assert_int_equal(policy_row_due_take(conn, due), ES_OK);
	assert_int_equal(policy_row_due_take(conn, due), ES_NOT_FOUND);
	return ES_CONFLICT; /* undone: it is still there for the next */
}

static void of_two_replicas_one_tells(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t at = es_wall_ms() / 1000 * 1000 + 3600000;
		struct policy_due due = { "demo", TEST_IMSI, at };
		patch("{\"vowifi\":{\"address_expiry\":\"", at, "\"}}");
		assert_int_equal(es_db_write_wait(policy_store_db(test.store), take_twice, &due), ES_CONFLICT);
		assert_int_equal(sweep(at), 1);
	}
}

static void many_lines_are_told_in_bounded_rounds(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t at = es_wall_ms() / 1000 * 1000 + 3600000;
		char time[21], params[64], body[256];
		bool more = false;
		es_time_iso8601(at, time);
		for (unsigned i = 0; i < 70; i++) {
			(void)snprintf(params, sizeof params, "tenant=demo&imsi=0010109%08u", i);
			(void)snprintf(body, sizeof body,
			               "{\"plan\":\"full\",\"vowifi\":{\"address\":\"available\",\"address_expiry\":\"%s\"}}",
			               time);
			policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", params, body);
		}
		const uint64_t before = events_after(0).head;
		assert_int_equal(policy_upkeep_due(&engine_of_test, at, &more), ES_OK);
		assert_true(more);
		assert_int_equal(events_after(0).head - before, 64);
		assert_int_equal(policy_upkeep_due(&engine_of_test, at, &more), ES_OK);
		assert_false(more);
		assert_int_equal(events_after(0).head - before, 70);
	}
}

/* ---- devices ---- */

struct seeing {
	int64_t at_ms;
	const char *terminal_id;
	unsigned count; /* of devices, of answers */
};

static es_status see(struct es_db_conn *conn, void *user)
{
	const struct seeing *s = user;
	const struct policy_device device = { s->terminal_id, "", "", "", s->at_ms, s->at_ms };
	const struct policy_device_app answered = { .terminal_id = s->terminal_id,
		                                        .app = "ap2004",
		                                        .answered_ms = s->at_ms };
	ES_TRY(policy_row_device_seen(conn, "demo", TEST_IMSI, &device));
	return policy_row_device_answered(conn, "demo", TEST_IMSI, &answered);
}

static void seen_at(const char *terminal_id, int64_t at_ms)
{
	struct seeing s = { at_ms, terminal_id, 0 };
	assert_int_equal(es_db_write_wait(policy_store_db(test.store), see, &s), ES_OK);
}

static es_status count_one(const struct policy_device_app *one, void *user)
{
	struct seeing *s = user;
	assert_string_equal(one->terminal_id, s->terminal_id);
	s->count++;
	return ES_OK;
}

static es_status count_answers(struct es_db_conn *conn, void *user)
{
	struct seeing *s = user;
	s->count = 0;
	return policy_row_device_apps(conn, "demo", TEST_IMSI, arena, count_one, s);
}

static void devices_not_seen_for_long_are_forgotten_with_their_answers(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t now = es_wall_ms();
		struct seeing left = { 0, "new", 0 };
		bool more = true;
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", "{\"device_life\":864000}");
		seen_at("old", now - 10 * DAY_MS - 1);
		seen_at("new", now - 9 * DAY_MS);
		assert_int_equal(policy_upkeep_age(&engine_of_test, now, &more), ES_OK);
		assert_false(more);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_null(strstr(test.body, "\"old\""));
		assert_non_null(strstr(test.body, "\"new\""));
		assert_int_equal(es_db_read(policy_store_db(test.store), count_answers, &left), ES_OK);
		assert_int_equal(left.count, 1);
	}
}

/* ---- the past of a line ---- */

struct counting {
	const char *imsi;
	int64_t now_ms;
	struct policy_history history;
};

static es_status read_history(struct es_db_conn *conn, void *user)
{
	struct counting *c = user;
	const struct policy_tenant tenant = {
		.id = "demo", .history = { .sim_changes_s = 86400, .devices_s = 86400, .attempts_s = 7200 }
	};
	return policy_row_history(conn, &tenant, c->imsi, c->now_ms, &c->history);
}

static struct policy_history history_of(const char *imsi, int64_t now_ms)
{
	struct counting c = { .imsi = imsi, .now_ms = now_ms };
	assert_int_equal(es_db_read(policy_store_db(test.store), read_history, &c), ES_OK);
	return c.history;
}

static void attempt(const char *imsi, int64_t now_ms, unsigned count)
{
	struct policy_seen *seen = policy_seen_start(test.store, true);
	assert_non_null(seen);
	for (unsigned i = 0; i < count; i++)
		policy_seen_attempt(seen, ES_SLICE_LIT("demo"), es_slice_str(imsi), now_ms);
	policy_seen_stop(seen); /* writes */
}

static void changes_of_sim_devices_and_attempts_are_counted_in_their_windows(void **state)
{
	EACH_ENGINE(&test)
	{
		const int64_t now = es_wall_ms();
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010123456000\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", "tenant=demo&imsi=001010123456000",
		               "{\"new_imsi\":\"" TEST_IMSI "\"}");
		seen_at("one", now - 2 * DAY_MS);
		seen_at("two", now);
		seen_at("two", now + 1);
		attempt(TEST_IMSI, now - 4 * 3600000, 5);
		attempt(TEST_IMSI, now, 3);
		attempt(TEST_IMSI, now, 2);
		attempt("001010999999999", now, 1); /* nobody */
		const struct policy_history h = history_of(TEST_IMSI, now);
		assert_int_equal(h.sim_changes, 3); /* they went with the line */
		assert_int_equal(h.devices, 1);
		assert_int_equal(h.attempts, 5);
		assert_int_equal(history_of(TEST_IMSI, now + 2 * DAY_MS).sim_changes, 0);
		assert_int_equal(history_of(TEST_IMSI, now + 2 * DAY_MS).attempts, 0);
		assert_int_equal(history_of("001010999999999", now).attempts, 0);
		bool more;
		assert_int_equal(policy_upkeep_age(&engine_of_test, now + 401 * DAY_MS, &more), ES_OK);
		const struct policy_history gone = history_of(TEST_IMSI, now);
		assert_int_equal(gone.sim_changes + gone.attempts, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ends_by_itself_is_told_once_when_it_has_ended),
		cmocka_unit_test(what_is_put_off_or_taken_back_is_not_told),
		cmocka_unit_test(of_two_replicas_one_tells),
		cmocka_unit_test(many_lines_are_told_in_bounded_rounds),
		cmocka_unit_test(devices_not_seen_for_long_are_forgotten_with_their_answers),
		cmocka_unit_test(changes_of_sim_devices_and_attempts_are_counted_in_their_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
