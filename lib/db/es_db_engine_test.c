/* es_db_engine_test.c -- what only one of the engines has: a file with a mode and a full disk; connections that die. */
#define ES_DB_TEST_SCHEMA "es_db_engine_test"
#include "es_db_test_kit.h"

#include <sys/stat.h>

#include "es_db_engine.h"

static void the_sqlite_file_is_for_its_owner_only(void **state)
{
	const char *path = testing.url + strlen("sqlite:");
	struct es_db *db = open_usual();
	char wal[640];
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(wal, sizeof wal, "%s-wal", path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	es_db_close(db);
}

static es_status query_once(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	(void)user;
	ES_TRY(es_db_query(conn, 0, NULL, 0, &rows));
	return es_rows_next(rows);
}

static es_status insert_large(struct es_db_conn *conn, void *user)
{
	static const uint8_t large[256 * 1024];

	(void)user;
	return ES_DB_EXEC(conn, 1, NULL, es_bind_blob(es_slice_of(large, sizeof large)));
}

static es_status insert_small(struct es_db_conn *conn, void *user)
{
	(void)user;
	return ES_DB_EXEC(conn, 1, NULL, es_bind_blob(ES_SLICE_LIT("small")));
}

/* The engine takes the whole transaction back; the jobs that fit are run again without the one that does not. */
static void a_full_disk_fails_only_the_jobs_that_do_not_fit(void **state)
{
	static const char *const sql[] = { "PRAGMA max_page_count = 20", "INSERT INTO item (data) VALUES (?1)",
		                               "SELECT count(*) FROM item" };
	es_db_fn *const jobs[] = { insert_small, insert_large, insert_small };
	struct item results[ES_COUNT(jobs)] = { { .name = NULL } };
	struct es_db_options options = usual();
	struct es_db *db = NULL;
	struct gate gate;

	(void)state;
	options.statements = sql;
	options.statement_count = ES_COUNT(sql);
	assert_int_equal(open_with(&options, &db), ES_OK);
	assert_int_equal(es_db_write_wait(db, query_once, NULL), ES_OK);
	close_gate(db, &gate);
	for (size_t i = 0; i < ES_COUNT(jobs); i++)
		assert_int_equal(es_db_write(db, jobs[i], item_done, &results[i]), ES_OK);
	sem_post(&gate.open);
	es_db_close(db);
	assert_int_equal(results[0].result, ES_OK);
	assert_int_equal(results[1].result, ES_UNAVAILABLE);
	assert_int_equal(results[2].result, ES_OK);
	db = open_usual();
	assert_int_equal(rows_in(db), 2);
	es_db_close(db);
}

/* Of this test: others may run on the same server. */
static void cut_all_other_connections(void)
{
	static const char *const cut[] = {
		"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
		" AND datname = current_database() AND application_name = 'es_db_engine_test'"
	};
	const struct es_db_options options = { .url = getenv("OPENES_TEST_PG"), .statements = cut, .statement_count = 1 };
	struct es_db *db = NULL;

	assert_int_equal(open_with(&options, &db), ES_OK);
	assert_int_equal(es_db_write_wait(db, query_once, NULL), ES_OK);
	es_db_close(db);
}

static es_status insert_then_lose_the_connection(struct es_db_conn *conn, void *user)
{
	int *runs = user;

	ES_TRY(insert(conn, "once", ++*runs));
	if (*runs == 1)
		cut_all_other_connections();
	return insert(conn, "twice", *runs);
}

static void a_lost_postgresql_connection_is_replaced_without_losing_the_job(void **state)
{
	struct item item = { .name = "before" };
	int runs = 0;

	(void)state;
	size_t len = strlen(testing.url);
	(void)snprintf(testing.url + len, sizeof testing.url - len, "&application_name=es_db_engine_test");
	struct es_db *db = open_usual();
	assert_int_equal(es_db_write_wait(db, insert_item, &item), ES_OK);
	assert_int_equal(rows_in(db), 1);
	cut_all_other_connections();
	assert_int_equal(rows_in(db), 1);
	assert_int_equal(es_db_write_wait(db, insert_then_lose_the_connection, &runs), ES_OK);
	assert_int_equal(runs, 2);
	assert_int_equal(rows_in(db), 3);
	es_db_close(db);
}

/* What the writer asks when the connection dies at the commit. */
static void the_fate_of_a_transaction_can_be_asked_on_another_connection(void **state)
{
	const struct es_db_engine *pg = &es_db_pg_engine;
	const struct es_db_plan plan = { .engine = pg, .url = testing.url, .timeout_ms = 5000 };
	struct es_db_conn *one = NULL, *other = NULL;
	char committed[ES_DB_TICKET_SIZE], rolled_back[ES_DB_TICKET_SIZE];
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 1024);
	assert_int_equal(pg->open(&plan, true, &one, &error), ES_OK);
	assert_int_equal(pg->open(&plan, true, &other, &error), ES_OK);
	assert_int_equal(pg->begin(one), ES_OK);
	pg->ticket(one, committed);
	assert_int_equal(pg->commit(one), ES_OK);
	assert_int_equal(pg->begin(one), ES_OK);
	pg->ticket(one, rolled_back);
	pg->rollback(one);
	assert_int_equal(pg->verdict(other, committed), ES_DB_COMMITTED);
	assert_int_equal(pg->verdict(other, rolled_back), ES_DB_NOT_COMMITTED);
	assert_int_equal(pg->verdict(other, "not a ticket"), ES_DB_UNKNOWN);
	pg->close(one);
	pg->close(other);
	es_buf_free(&error);
}

int main(void)
{
	const struct CMUnitTest sqlite_only[] = {
		TEST(the_sqlite_file_is_for_its_owner_only),
		TEST(a_full_disk_fails_only_the_jobs_that_do_not_fit),
	};
	const struct CMUnitTest postgresql_only[] = {
		TEST(a_lost_postgresql_connection_is_replaced_without_losing_the_job),
		TEST(the_fate_of_a_transaction_can_be_asked_on_another_connection),
	};

	int failed = cmocka_run_group_tests_name("SQLite", sqlite_only, NULL, NULL);
	if (es_db_testing_engines() > 1) {
		engine = 1;
		failed += cmocka_run_group_tests_name("PostgreSQL", postgresql_only, NULL, NULL);
	}
	return failed;
}
