/* notify_mass_test.c -- mass changes gone through, over a real bus and database, beside a policy played by this test: each line
 * once, wherever it is stopped, paused, cancelled, begun anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_mass.h"
#include "notify_store_mass.h"
#include "notify_store_wake.h"
#include "policy.pb-c.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define LINES_MAX 10000
#define PAGE 500

static unsigned engine;

struct world {
	struct es_db_testing db;
	char policy_url[112];
	struct es_bus_key *key;
	struct es_bus_server *policy;
	struct es_keyring *ring;
	struct notify_store *store;
	struct notify_rules rules;
	struct notify_mass_run *run;
	struct es_arena *arena;
	unsigned lines;          /* that policy has */
	bool have_answers;       /* their devices were answered ap2004 */
	_Atomic int pages;       /* that it still gives; then it is away */
	_Atomic unsigned counts; /* it was asked how many there are */
};

/* ---- policy: lines from 001010000000000 on ---- */

static void imsi_of(unsigned i, char out[16])
{
	(void)snprintf(out, 16, "00101%010u", i);
}

static void fill_page(struct world *w, struct es_bus_call *call, const Openes__LinesRequest *request,
                      Openes__LinesReply *reply)
{
	static char app[] = "ap2004", *apps[] = { app };
	struct es_arena *arena = es_bus_call_arena(call);
	unsigned i = request->after[0] == '\0' ? 0 : (unsigned)strtoul(request->after + 5, NULL, 10) + 1;

	reply->lines = es_arena_array(arena, request->limit, sizeof(Openes__Line *));
	assert_non_null(reply->lines);
	for (; i < w->lines && reply->n_lines < request->limit; i++) {
		Openes__Line *line = es_arena_alloc(arena, sizeof *line);
		assert_non_null(line);
		openes__line__init(line);
		line->imsi = es_arena_alloc(arena, 16);
		assert_non_null(line->imsi);
		imsi_of(i, line->imsi);
		line->apps = apps;
		line->n_apps = w->have_answers ? 1 : 0;
		reply->lines[reply->n_lines++] = line;
	}
	if (reply->n_lines == request->limit)
		reply->reached = reply->lines[reply->n_lines - 1]->imsi;
}

static void on_lines(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__LinesRequest *request = (const Openes__LinesRequest *)message;
	struct world *w = user;
	Openes__LinesReply reply;

	if (atomic_fetch_sub(&w->pages, 1) <= 0) {
		es_bus_fail(call, ES_UNAVAILABLE, "the test wants it so");
		return;
	}
	openes__lines_reply__init(&reply);
	fill_page(w, call, request, &reply);
	if (request->count) {
		reply.total = w->lines;
		w->counts++;
	}
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__POLICY_LINES, &openes__lines_request__descriptor, on_lines },
};

static void start_policy(struct world *w)
{
	const struct es_bus_server_options options = { .url = w->policy_url,
		                                           .key = w->key,
		                                           .service = "policy",
		                                           .methods = methods,
		                                           .method_count = ES_COUNT(methods),
		                                           .user = w };
	struct es_buf error;

	es_buf_init(&error, 512);
	assert_int_equal(es_bus_server_start(&options, &w->policy, &error), ES_OK);
	es_buf_free(&error);
}

/* ---- the world ---- */

static const struct notify_rules *rules_of(const void *user, const char *tenant)
{
	const struct world *w = user;

	(void)tenant;
	return &w->rules;
}

static void start_run(struct world *w)
{
	const struct notify_mass_options options = {
		.store = w->store, .ways = { rules_of, NULL, w }, .policy_target = w->policy_url, .key = w->key
	};
	struct es_buf error;

	es_buf_init(&error, 512);
	assert_int_equal(notify_mass_start(&options, &w->run, &error), ES_OK);
	es_buf_free(&error);
}

static void stop_run(struct world *w)
{
	notify_mass_stop(w->run);
	w->run = NULL;
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = { 1 };
	struct world *w = calloc(1, sizeof *w);
	struct es_buf error;

	assert_non_null(w);
	*state = w;
	es_buf_init(&error, 512);
	es_db_testing_begin(&w->db, engine, "notify_mass_test");
	(void)snprintf(w->policy_url, sizeof w->policy_url, "ipc:///tmp/notify_mass_test.%d.sock", (int)getpid());
	w->key = es_bus_key_from(secret);
	w->arena = es_arena_new(0, 2 * NOTIFY_TAKE_MEMORY);
	w->rules =
		(struct notify_rules){ .apns = "", .fcm = "push", .wns = "", .sms = "", .ttl = 3600000, .mass_rate = 100000 };
	w->pages = INT32_MAX;
	assert_true(w->key != NULL && w->arena != NULL);
	assert_int_equal(es_keyring_parse(ES_SLICE_LIT(RING), &w->ring, &error), ES_OK);
	assert_int_equal(notify_store_open(w->db.url, w->ring, &w->store, &error), ES_OK);
	es_buf_free(&error);
	start_policy(w);
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	notify_mass_stop(w->run);
	if (w->policy != NULL)
		es_bus_server_stop(w->policy, 1000);
	notify_store_close(w->store);
	es_keyring_free(w->ring);
	es_bus_key_free(w->key);
	es_arena_free(w->arena);
	es_db_testing_end(&w->db);
	free(w);
	return 0;
}

/* ---- what the database has ---- */

struct registering {
	unsigned first, count, step;
	const char *app;
};

static es_status run_register(struct es_db_conn *conn, void *user)
{
	const struct registering *x = user;

	for (unsigned i = x->first; i < x->count; i += x->step) {
		char imsi[16];
		size_t duplicates = 0;
		imsi_of(i, imsi);
		struct notify_registration r = { .owner = { ES_SLICE_LIT("demo"), es_slice_str(imsi), ES_SLICE_LIT("imei-1"),
			                                        ES_SLICE_LIT("") },
			                             .apps = { es_slice_str(x->app) },
			                             .app_count = 1,
			                             .channel = NOTIFY_FCM,
			                             .now_ms = 1000,
			                             .token_sealed = ES_SLICE_LIT("sealed") };
		memcpy(r.token_hash, imsi, 15);
		ES_TRY(notify_store_register(conn, &r, &duplicates));
	}
	return ES_OK;
}

static void register_lines(struct world *w, unsigned count, unsigned step, const char *app)
{
	struct registering x = { 0, count, step, app };
	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_register, &x), ES_OK);
}

struct job {
	struct world *w;
	const char *plan, *app;
	int64_t id, rate;
	struct notify_mass mass;
	struct notify_take take;
};

static es_status run_begin(struct es_db_conn *conn, void *user)
{
	const struct job *j = user;
	char app[16], *apps[] = { app };
	const struct notify_mass_event event = { .tenant = "demo",
		                                     .plan = j->plan,
		                                     .kind = "plan.changed",
		                                     .apps = apps,
		                                     .app_count = 1,
		                                     .at_ms = es_wall_ms(),
		                                     .traceparent = TRACE };

	(void)snprintf(app, sizeof app, "%s", j->app);
	return notify_store_mass_start(conn, &j->w->rules, &event, es_wall_ms());
}

static void begin(struct world *w, const char *app)
{
	struct job j = { .w = w, .plan = "full", .app = app };
	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_begin, &j), ES_OK);
}

static es_status keep(const struct notify_mass *one, void *user)
{
	((struct job *)user)->mass = *one;
	return ES_OK;
}

static es_status run_newest(struct es_db_conn *conn, void *user)
{
	struct job *j = user;
	return notify_store_mass_list(conn, "demo", 0, 1, j->w->arena, keep, j);
}

static struct notify_mass newest(struct world *w)
{
	struct job j = { .w = w };

	es_arena_reset(w->arena);
	assert_int_equal(es_db_read(notify_store_db(w->store), run_newest, &j), ES_OK);
	return j.mass;
}

static struct notify_mass wait_for(struct world *w, enum notify_mass_state state, int64_t lines)
{
	const int64_t give_up = es_mono_ms() + 120000;
	struct notify_mass m = newest(w);

	while ((m.state != state || m.lines < lines) && es_mono_ms() < give_up) {
		(void)usleep(2000);
		m = newest(w);
	}
	assert_int_equal(m.state, state);
	assert_true(m.lines >= lines);
	return m;
}

#define STEER(name, call)                                                                                              \
	static es_status run_##name(struct es_db_conn *conn, void *user)                                                   \
	{                                                                                                                  \
		const struct job *j = user;                                                                                    \
		return call;                                                                                                   \
	}                                                                                                                  \
	static void name(struct world *w, int64_t id)                                                                      \
	{                                                                                                                  \
		struct job j = { .w = w, .id = id };                                                                           \
		assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_##name, &j), ES_OK);                          \
	}
STEER(pause_it, notify_store_mass_pause(conn, "demo", j->id, es_wall_ms()))
STEER(resume, notify_store_mass_resume(conn, "demo", j->id, es_wall_ms()))
STEER(cancel, notify_store_mass_cancel(conn, "demo", j->id, es_wall_ms()))

static es_status run_take(struct es_db_conn *conn, void *user)
{
	struct job *j = user;

	es_arena_reset(j->w->arena);
	ES_TRY(notify_store_wake_take(conn, &j->take, j->w->arena));
	for (size_t i = 0; i < j->take.count; i++)
		ES_TRY(notify_store_wake_delete(conn, j->take.rows[i].id));
	return ES_OK;
}

/* All that is to be woken, by line: how many rows, and the highest generation. */
struct found {
	uint8_t rows[LINES_MAX], generation[LINES_MAX];
	unsigned count, again;
};

static void collect(struct world *w, struct found *out)
{
	struct job j = { .w = w, .take = { .account = "push", .tenant = "demo", .limit = NOTIFY_TAKE_MAX } };

	memset(out, 0, sizeof *out);
	do {
		j.take.now_ms = es_wall_ms() + 3600000;
		j.take.until_ms = j.take.now_ms + 60000;
		j.take.lease++;
		assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_take, &j), ES_OK);
		for (size_t i = 0; i < j.take.count; i++) {
			const unsigned line = (unsigned)strtoul(j.take.rows[i].imsi + 5, NULL, 10);
			assert_true(line < LINES_MAX);
			out->rows[line]++;
			out->count++;
			out->again += j.take.rows[i].generation > 1 ? 1 : 0;
		}
	} while (j.take.count > 0);
}

/* ---- tests ---- */

/* A fifth of them on PostgreSQL, where each takes its round trips. */
static void each_of_ten_thousand_lines_is_woken_once(void **state)
{
	struct world *w = *state;
	const unsigned count = engine == 0 ? LINES_MAX : LINES_MAX / 5;
	struct found found;

	w->lines = count;
	register_lines(w, count, 1, "ap2004");
	begin(w, "ap2004");
	start_run(w);
	const struct notify_mass m = wait_for(w, NOTIFY_MASS_DONE, 0);
	assert_int_equal(m.lines, count);
	assert_int_equal(m.total, count);
	assert_int_equal(m.woken, count);
	assert_int_equal(w->counts, 1);
	assert_true(m.ended_ms > 0);
	collect(w, &found);
	assert_int_equal(found.count, count);
	assert_int_equal(found.again, 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(found.rows[i], 1);
}

/* Two applications of a push token are one message; a line without registration costs nothing of the rate. */
static void messages_are_counted_and_not_lines_or_applications(void **state)
{
	struct world *w = *state;
	struct found found;

	w->lines = 1300;
	w->have_answers = true; /* there is no SMS account, so that changes nothing */
	register_lines(w, 1300, 100, "ap2004");
	register_lines(w, 1300, 100, "ap2003");
	begin(w, "ap2004");
	begin(w, "ap2003");
	start_run(w);
	const struct notify_mass m = wait_for(w, NOTIFY_MASS_DONE, 0);
	assert_int_equal(m.lines, 1300);
	assert_int_equal(m.woken, 13);
	collect(w, &found);
	assert_int_equal(found.count, 26);
	assert_int_equal(found.rows[100], 2);
}

static void a_line_without_push_is_woken_by_sms_where_the_rules_say_so(void **state)
{
	struct world *w = *state;

	w->lines = 10;
	w->have_answers = true;
	w->rules.sms = "smsc";
	register_lines(w, 10, 2, "ap2004");
	begin(w, "ap2004");
	start_run(w);
	assert_int_equal(wait_for(w, NOTIFY_MASS_DONE, 0).woken, 10);
}

static void stopped_in_the_middle_it_goes_on_where_it_was(void **state)
{
	struct world *w = *state;
	struct found found;

	w->lines = 5 * PAGE + 123;
	register_lines(w, w->lines, 1, "ap2004");
	begin(w, "ap2004");
	for (unsigned i = 0; i < 5; i++) {
		w->pages = 1; /* then policy is away */
		start_run(w);
		(void)wait_for(w, NOTIFY_MASS_RUNNING, (int64_t)(i + 1) * PAGE);
		stop_run(w);
		assert_int_equal(newest(w).lease, 0); /* the next one needs not wait for its end */
		assert_int_equal(newest(w).lines, (i + 1) * PAGE);
	}
	w->pages = INT32_MAX;
	start_run(w);
	assert_int_equal(wait_for(w, NOTIFY_MASS_DONE, 0).lines, w->lines);
	assert_int_equal(w->counts, 1);
	collect(w, &found);
	assert_int_equal(found.count, w->lines);
	assert_int_equal(found.again, 0);
}

static void paused_it_stays_where_it_is_until_it_is_resumed(void **state)
{
	struct world *w = *state;
	struct found found;

	w->lines = 4 * PAGE;
	register_lines(w, w->lines, 1, "ap2004");
	begin(w, "ap2004");
	w->pages = 2;
	start_run(w);
	const int64_t id = wait_for(w, NOTIFY_MASS_RUNNING, 2 * PAGE).id;
	pause_it(w, id);
	w->pages = INT32_MAX;
	stop_run(w);
	start_run(w); /* nor does another process go on */
	begin(w, "ap2004");
	pause_it(w, id); /* the same again: begun anew, and still paused */
	assert_int_equal(newest(w).state, NOTIFY_MASS_PAUSED);
	resume(w, id);
	assert_int_equal(wait_for(w, NOTIFY_MASS_DONE, 0).lines, w->lines);
	collect(w, &found);
	assert_int_equal(found.count, w->lines);
	assert_int_equal(found.again, 2 * PAGE); /* those that had been made before it began anew */
}

static void cancelled_it_takes_back_what_waits(void **state)
{
	struct world *w = *state;
	struct found found;

	w->lines = 4 * PAGE;
	register_lines(w, w->lines, 1, "ap2004");
	begin(w, "ap2004");
	w->pages = 2;
	start_run(w);
	cancel(w, wait_for(w, NOTIFY_MASS_RUNNING, 2 * PAGE).id);
	w->pages = INT32_MAX;
	stop_run(w);
	const struct notify_mass m = newest(w);
	assert_int_equal(m.state, NOTIFY_MASS_CANCELLED);
	assert_int_equal(m.lines, 2 * PAGE);
	collect(w, &found);
	assert_int_equal(found.count, 0);
}

static void an_edit_while_it_runs_begins_it_anew_for_both(void **state)
{
	struct world *w = *state;
	struct found found;

	w->lines = 3 * PAGE;
	register_lines(w, w->lines, 1, "ap2004");
	register_lines(w, w->lines, 1, "ap2003");
	begin(w, "ap2004");
	w->pages = 2;
	start_run(w);
	(void)wait_for(w, NOTIFY_MASS_RUNNING, 2 * PAGE);
	begin(w, "ap2003");
	w->pages = INT32_MAX;
	const struct notify_mass m = wait_for(w, NOTIFY_MASS_DONE, 0);
	assert_string_equal(m.apps, "ap2003 ap2004");
	assert_int_equal(m.lines, w->lines);
	assert_int_equal(w->counts, 2);
	collect(w, &found);
	assert_int_equal(found.count, 2 * w->lines);
}

static void policy_may_come_later(void **state)
{
	struct world *w = *state;

	w->lines = 700;
	register_lines(w, w->lines, 1, "ap2004");
	es_bus_server_stop(w->policy, 1000);
	w->policy = NULL;
	begin(w, "ap2004");
	start_run(w);
	(void)wait_for(w, NOTIFY_MASS_RUNNING, 0);
	start_policy(w);
	assert_int_equal(wait_for(w, NOTIFY_MASS_DONE, 0).woken, 700);
}

static void a_mass_change_of_no_lines_ends(void **state)
{
	struct world *w = *state;

	begin(w, "ap2004");
	start_run(w);
	const struct notify_mass m = wait_for(w, NOTIFY_MASS_DONE, 0);
	assert_int_equal(m.total, 0);
	assert_int_equal(m.woken, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(each_of_ten_thousand_lines_is_woken_once),
		TEST(messages_are_counted_and_not_lines_or_applications),
		TEST(a_line_without_push_is_woken_by_sms_where_the_rules_say_so),
		TEST(stopped_in_the_middle_it_goes_on_where_it_was),
		TEST(paused_it_stays_where_it_is_until_it_is_resumed),
		TEST(cancelled_it_takes_back_what_waits),
		TEST(an_edit_while_it_runs_begins_it_anew_for_both),
		TEST(policy_may_come_later),
		TEST(a_mass_change_of_no_lines_ends),
	};
	int failed = 0;

	es_crypto_init();
	es_bus_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
