/* auth_store_test.c -- the contract of auth's store, on every engine there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_test_env.h"

static const uint8_t session[AUTH_SESSION_ID] = { 1, 2, 3 };

/* One job given as a function of the connection alone, waited for. */
static es_status job(struct es_db *db, es_db_fn *fn, void *user)
{
	return es_db_write_wait(db, fn, user);
}

static struct es_db *open_db(struct es_db_testing *t)
{
	struct es_db *db = NULL;
	struct es_buf error;

	es_db_testing_begin(t, test_engine, test_program);
	es_buf_init(&error, 512);
	assert_int_equal(auth_store_open(t->url, &db, &error), ES_OK);
	es_buf_free(&error);
	return db;
}

static void close_db(struct es_db *db, struct es_db_testing *t)
{
	es_db_close(db);
	es_db_testing_end(t);
}

/* ---- keys ---- */

static es_status keys_job(struct es_db_conn *conn, void *user)
{
	struct auth_key_row row = { .sealed = { 7 },
		                        .sealed_len = 32 + ES_SEAL_OVERHEAD,
		                        .amf = { 0x80, 1 },
		                        .algorithm = "milenage",
		                        .generation = 42,
		                        .dif = -5 };
	struct auth_key_row got;

	(void)user;
	assert_int_equal(auth_store_keys_get(conn, "demo", TEST_IMSI, &got), ES_NOT_FOUND);
	assert_int_equal(auth_store_keys_put(conn, "demo", TEST_IMSI, &row), ES_OK);
	row.updated_ms = 9;
	assert_int_equal(auth_store_keys_put(conn, "demo", TEST_IMSI, &row), ES_OK); /* replaces */
	assert_int_equal(auth_store_keys_get(conn, "demo", TEST_IMSI, &got), ES_OK);
	assert_memory_equal(got.sealed, row.sealed, sizeof row.sealed);
	assert_memory_equal(got.amf, row.amf, 2);
	assert_string_equal(got.algorithm, "milenage");
	assert_true(got.generation == 42 && got.dif == -5 && got.hop == 0 && got.updated_ms == 9);
	assert_int_equal(auth_store_keys_get(conn, "other", TEST_IMSI, &got), ES_NOT_FOUND);

	assert_int_equal(auth_store_raise_dif(conn, "demo", TEST_IMSI, 42, 100), ES_OK);
	assert_int_equal(auth_store_raise_dif(conn, "demo", TEST_IMSI, 42, 50), ES_OK); /* never lowered */
	assert_int_equal(auth_store_raise_dif(conn, "demo", TEST_IMSI, 43, 200), ES_CONFLICT);
	assert_int_equal(auth_store_set_hop(conn, "demo", TEST_IMSI, 42, 0, 10), ES_OK);
	assert_int_equal(auth_store_set_hop(conn, "demo", TEST_IMSI, 42, 0, 11), ES_CONFLICT);
	assert_int_equal(auth_store_keys_get(conn, "demo", TEST_IMSI, &got), ES_OK);
	assert_true(got.dif == 100 && got.hop == 10);

	assert_int_equal(auth_store_keys_delete(conn, "demo", TEST_IMSI), ES_OK);
	assert_int_equal(auth_store_keys_delete(conn, "demo", TEST_IMSI), ES_OK);
	return auth_store_keys_get(conn, "demo", TEST_IMSI, &got);
}

static void keys_are_kept_raised_and_removed(void **state)
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);

	assert_int_equal(job(db, keys_job, NULL), ES_NOT_FOUND);
	close_db(db, &t);
}

/* ---- indices ---- */

static es_status claim_job(struct es_db_conn *conn, void *user)
{
	return auth_store_claim(conn, user);
}

static struct auth_claim claim_of(const char *name, uint8_t owner, int64_t now_ms)
{
	return (struct auth_claim){ .name = name, .owner = { owner }, .now_ms = now_ms, .clock_tick = now_ms / 100 };
}

struct extension {
	unsigned ind;
	uint8_t owner[AUTH_OWNER];
	int64_t hwm;
};

static es_status extend_job(struct es_db_conn *conn, void *user)
{
	const struct extension *e = user;

	return auth_store_extend(conn, e->ind, e->owner, e->hwm, 1000);
}

static es_status release_job(struct es_db_conn *conn, void *user)
{
	const struct extension *e = user;

	return auth_store_release(conn, e->ind, e->owner, e->hwm);
}

static void a_replica_takes_its_own_index_again_from_the_mark_on(void **state)
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);
	struct auth_claim a = claim_of("a", 1, 1000000), b = claim_of("b", 2, 1000000), again = claim_of("a", 3, 1000100);

	assert_int_equal(job(db, claim_job, &a), ES_OK);
	assert_int_equal(job(db, claim_job, &b), ES_OK);
	assert_true(a.ind != b.ind);
	assert_int_equal(a.hwm, 10000 + AUTH_SQN_EXTEND);
	assert_int_equal(job(db, claim_job, &again), ES_OK);
	assert_int_equal(again.ind, a.ind);
	assert_int_equal(again.floor, a.hwm); /* all below may have been given out */
	assert_int_equal(again.hwm, a.hwm + AUTH_SQN_EXTEND);

	/* The one before finds its index gone. */
	struct extension late = { .ind = a.ind, .owner = { 1 }, .hwm = 99999999 };
	assert_int_equal(job(db, extend_job, &late), ES_CONFLICT);
	struct extension good = { .ind = again.ind, .owner = { 3 }, .hwm = again.hwm + 1 };
	assert_int_equal(job(db, extend_job, &good), ES_OK);
	assert_int_equal(job(db, extend_job, &good), ES_OK); /* the same job run twice */
	good.hwm = again.hwm;
	assert_int_equal(job(db, extend_job, &good), ES_CONFLICT); /* a mark never falls while it is owned */
	close_db(db, &t);
}

static void an_index_given_back_is_taken_by_the_next(void **state)
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);
	struct auth_claim a = claim_of("pod-1", 1, 1000000), b = claim_of("pod-2", 2, 1000100);

	assert_int_equal(job(db, claim_job, &a), ES_OK);
	struct extension e = { .ind = a.ind, .owner = { 1 }, .hwm = 10001 };
	assert_int_equal(job(db, release_job, &e), ES_OK);
	assert_int_equal(job(db, claim_job, &b), ES_OK);
	assert_int_equal(b.ind, a.ind);
	assert_int_equal(b.floor, 10001);
	close_db(db, &t);
}

static void when_all_are_taken_only_a_silent_one_is_replaced(void **state)
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);
	bool seen[AUTH_SQN_REPLICAS] = { false };

	for (uint8_t i = 0; i < AUTH_SQN_REPLICAS; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "pod-%d", i);
		struct auth_claim c = claim_of(name, (uint8_t)(i + 1), 1000000 + i);
		assert_int_equal(job(db, claim_job, &c), ES_OK);
		assert_false(seen[c.ind]);
		seen[c.ind] = true;
	}
	struct auth_claim soon = claim_of("late", 100, 1001000), later = claim_of("late", 101, 1200000);
	assert_int_equal(job(db, claim_job, &soon), ES_BUSY);
	assert_int_equal(job(db, claim_job, &later), ES_OK);
	assert_int_equal(later.ind, 0); /* claimed longest ago */
	close_db(db, &t);
}

/* ---- exchanges ---- */

struct exchange_steps {
	struct es_arena *arena;
};

static es_status exchange_job(struct es_db_conn *conn, void *user)
{
	struct exchange_steps *s = user;
	struct auth_exchange_row row = { .request = ES_SLICE_LIT("request") }, got;

	assert_int_equal(auth_store_exchange_get(conn, session, s->arena, &got), ES_NOT_FOUND);
	assert_int_equal(auth_store_exchange_insert(conn, session, &row), ES_OK);
	assert_int_equal(auth_store_exchange_insert(conn, session, &row), ES_CONFLICT);
	row = (struct auth_exchange_row){
		.round = 1, .packet_hash = ES_SLICE_LIT("h"), .outcome = ES_SLICE_LIT("o"), .state = ES_SLICE_LIT("s")
	};
	assert_int_equal(auth_store_exchange_advance(conn, session, &row), ES_OK);
	assert_int_equal(auth_store_exchange_advance(conn, session, &row), ES_CONFLICT); /* somebody was faster */
	row.round = 2;
	row.state = (struct es_slice){ 0 };
	assert_int_equal(auth_store_exchange_advance(conn, session, &row), ES_OK);
	assert_int_equal(auth_store_exchange_get(conn, session, s->arena, &got), ES_OK);
	assert_true(got.round == 2 && got.state.len == 0);
	assert_true(es_slice_eq_str(got.request, "request") && es_slice_eq_str(got.outcome, "o"));
	return ES_OK;
}

static void a_round_is_taken_once(void **state) /* settled 4 */
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);
	struct exchange_steps s = { .arena = es_arena_new(0, 65536) };

	assert_int_equal(job(db, exchange_job, &s), ES_OK);
	es_arena_free(s.arena);
	close_db(db, &t);
}

static es_status purge_job(struct es_db_conn *conn, void *user)
{
	int64_t *removed = user;
	const struct auth_exchange_row row = { .round = 1 };
	uint8_t id[AUTH_SESSION_ID];

	for (uint16_t i = 0; i < 600; i++) {
		auth_session_first_id(1000 + i, id);
		id[AUTH_SESSION_ID - 1] = 0xff;
		ES_TRY(auth_store_exchange_insert(conn, id, &row));
	}
	auth_session_first_id(2000, id);
	ES_TRY(auth_store_exchange_insert(conn, id, &row));
	for (int i = 0; i < 3; i++)
		ES_TRY(auth_store_purge(conn, i < 2 ? 1599 : 1999, 0, &removed[i]));
	return ES_OK;
}

static void what_expired_is_purged_in_pieces(void **state)
{
	(void)state;
	struct es_db_testing t;
	struct es_db *db = open_db(&t);
	int64_t removed[3];

	assert_int_equal(job(db, purge_job, removed), ES_OK);
	assert_int_equal(removed[0], 500);
	assert_int_equal(removed[1], 100);
	assert_int_equal(removed[2], 0);
	close_db(db, &t);
}

/* ---- the source of sequence numbers over the store ---- */

static void a_source_whose_index_was_taken_claims_again_and_repeats_nothing(void **state)
{
	(void)state;
	struct test_env t;
	struct auth_sqn_waiter waiter = { 0 };
	uint64_t before, after;
	es_status why;

	test_env_begin(&t);
	assert_int_equal(auth_sqn_source_take(t.env.sqn, 1, 0, &waiter, &before, &why), AUTH_TOOK);
	struct auth_sqn_source *twin = auth_sqn_source_new(t.env.db, "one", test_clock);
	auth_sqn_source_poll(twin); /* a second process of the same name */
	assert_int_equal(auth_sqn_source_take(twin, 1, 0, &waiter, &after, &why), AUTH_TOOK);
	assert_true((before & 31) == (after & 31) && after > before);

	test_now += 45000;
	auth_sqn_source_poll(t.env.sqn); /* its extension is refused when the writer comes to it */
	uint64_t last;
	assert_int_equal(auth_sqn_source_take(twin, 1, 0, &waiter, &last, &why), AUTH_TOOK);
	auth_sqn_source_free(twin); /* waits for the writer, and gives the index back */
	assert_false(auth_sqn_source_is_ready(t.env.sqn));
	assert_int_equal(auth_sqn_source_take(t.env.sqn, 1, 0, &waiter, &after, &why), AUTH_TOOK_FAILED);
	assert_int_equal(why, ES_UNAVAILABLE);
	auth_sqn_source_poll(t.env.sqn);
	assert_true(auth_sqn_source_is_ready(t.env.sqn));
	assert_int_equal(auth_sqn_source_take(t.env.sqn, 1, 0, &waiter, &after, &why), AUTH_TOOK);
	assert_true(after > last);
	test_env_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_kept_raised_and_removed),
		cmocka_unit_test(a_replica_takes_its_own_index_again_from_the_mark_on),
		cmocka_unit_test(an_index_given_back_is_taken_by_the_next),
		cmocka_unit_test(when_all_are_taken_only_a_silent_one_is_replaced),
		cmocka_unit_test(a_round_is_taken_once),
		cmocka_unit_test(what_expired_is_purged_in_pieces),
		cmocka_unit_test(a_source_whose_index_was_taken_claims_again_and_repeats_nothing),
	};
	TEST_ON_EACH_ENGINE("auth_store_test", tests);
}
