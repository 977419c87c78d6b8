/* es_db_test.c -- the contract of es_db.h, on SQLite always and on PostgreSQL when OPENES_TEST_PG names one.
 *
 * Started with arguments it is the child of two of its own tests: `write URL` writes for ever and says what was
 * acknowledged, `migrate URL` opens and closes. */
#define ES_DB_TEST_SCHEMA "es_db_test"
#include "es_db_test_kit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- tests ---- */

static const struct es_slice odd_bytes = { (const uint8_t *)"\0'a\0\xff", 5 };

static es_status write_odd_values(struct es_db_conn *conn, void *user)
{
	(void)user;
	ES_TRY(ES_DB_EXEC(conn, INSERT, NULL, es_bind_str("it's"), es_bind_int(INT64_MIN), es_bind_blob(odd_bytes)));
	ES_TRY(ES_DB_EXEC(conn, INSERT, NULL, es_bind_str(NULL), es_bind_null(), es_bind_null()));
	return ES_DB_EXEC(conn, INSERT, NULL, es_bind_text((struct es_slice){ NULL, 0 }), es_bind_int(INT64_MAX),
	                  es_bind_blob((struct es_slice){ NULL, 0 }));
}

static es_status read_odd_values(struct es_db_conn *conn, void *user)
{
	struct es_rows *rows = NULL;

	(void)user;
	assert_int_equal(ES_DB_QUERY(conn, SELECT_ONE, &rows, es_bind_str("it's")), ES_OK);
	assert_int_equal(es_rows_next(rows), ES_OK);
	assert_true(es_slice_eq_str(es_col_text(rows, 0), "it's"));
	assert_true(es_col_int(rows, 1) == INT64_MIN);
	assert_true(es_slice_eq(es_col_blob(rows, 2), odd_bytes));
	assert_int_equal(es_rows_next(rows), ES_NOT_FOUND);
	assert_int_equal(es_rows_next(rows), ES_NOT_FOUND);
	es_rows_done(rows);

	/* An empty text and an empty blob are not NULL. */
	assert_int_equal(ES_DB_QUERY(conn, SELECT_ONE, &rows, es_bind_str("")), ES_OK);
	assert_int_equal(es_rows_next(rows), ES_OK);
	assert_false(es_col_is_null(rows, 0));
	assert_int_equal(es_col_text(rows, 0).len, 0);
	assert_true(es_col_int(rows, 1) == INT64_MAX);
	assert_false(es_col_is_null(rows, 2));
	es_rows_done(rows);

	/* NULL is found by nobody, and the first row of the table order has one. */
	assert_int_equal(ES_DB_QUERY(conn, SELECT_ONE, &rows, es_bind_null()), ES_OK);
	assert_int_equal(es_rows_next(rows), ES_NOT_FOUND);
	assert_int_equal(es_db_query(conn, SELECT_ALL, NULL, 0, &rows), ES_OK);
	assert_int_equal(es_rows_next(rows), ES_OK);
	assert_int_equal(es_rows_next(rows), ES_OK);
	assert_true(es_col_is_null(rows, 0));
	assert_int_equal(es_col_int(rows, 0), 0);
	assert_null(es_col_text(rows, 0).ptr);
	es_rows_done(rows); /* before the last row */
	return ES_OK;
}

static void nulls_empty_values_and_blobs_with_nuls_come_back_as_they_went(void **state)
{
	struct es_db *db = open_usual();

	(void)state;
	assert_int_equal(es_db_write_wait(db, write_odd_values, NULL), ES_OK);
	assert_int_equal(es_db_read(db, read_odd_values, NULL), ES_OK);
	assert_true(es_db_is_ready(db));
	assert_int_equal(es_db_reads_block(db), engine == 1);
	es_db_close(db);
}

static es_status insert_returning(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, INSERT_RETURNING, &rows, es_bind_str("returned")));
	ES_TRY(es_rows_next(rows));
	*(int64_t *)user = es_col_int(rows, 0);
	return ES_OK; /* without asking for the end */
}

static es_status read_sum(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	(void)user;
	ES_TRY(ES_DB_QUERY(conn, SUM, &rows, es_bind_int(1700000000000)));
	ES_TRY(es_rows_next(rows));
	assert_true(es_col_int(rows, 0) == -9999995000);
	assert_int_equal(es_col_int(rows, 1), 1);
	assert_true(es_col_int(rows, 2) == 3400000000000);
	return ES_OK;
}

static void returned_ids_sums_and_truth_values_are_numbers(void **state)
{
	struct es_db *db = open_usual();
	struct item a = { .name = "a", .number = -10000000000 }, b = { .name = "b", .number = 5000 };
	int64_t id = 0;

	(void)state;
	assert_int_equal(es_db_write_wait(db, insert_item, &a), ES_OK);
	assert_int_equal(es_db_write_wait(db, insert_item, &b), ES_OK);
	assert_int_equal(es_db_write_wait(db, insert_returning, &id), ES_OK);
	assert_int_equal(id, 3);
	assert_int_equal(es_db_write_wait(db, insert_returning, &id), ES_CONFLICT);
	assert_int_equal(es_db_read(db, read_sum, NULL), ES_OK);
	es_db_close(db);
}

static void a_failing_job_does_not_hurt_the_others_of_its_group(void **state)
{
	struct es_db *db = open_usual();
	_Atomic int finished = 0;
	struct item items[] = {
		{ .name = "one" }, { .name = "one" }, { .name = "two" }, { .name = "bad", .number = 666 }, { .name = "three" },
	};
	const es_status expected[] = { ES_OK, ES_CONFLICT, ES_OK, ES_CONFLICT, ES_OK };
	struct gate gate;

	(void)state;
	close_gate(db, &gate); /* so that all of them wait together */
	for (size_t i = 0; i < ES_COUNT(items); i++) {
		items[i].finished = &finished;
		assert_int_equal(es_db_write(db, insert_item, item_done, &items[i]), ES_OK);
	}
	sem_post(&gate.open);
	es_db_close(db); /* finishes what is queued */
	assert_int_equal(finished, ES_COUNT(items));
	for (size_t i = 0; i < ES_COUNT(items); i++)
		assert_int_equal(items[i].result, expected[i]);
	db = open_usual();
	assert_int_equal(rows_in(db), 3);
	es_db_close(db);
}

static es_status conflict_then_more(struct es_db_conn *conn, void *user)
{
	(void)user;
	ES_TRY(insert(conn, "same", 1));
	if (insert(conn, "same", 2) != ES_CONFLICT || insert(conn, "devil", 666) != ES_CONFLICT)
		return ES_INTERNAL;
	return insert(conn, "after", 3);
}

static void after_a_violated_constraint_the_job_may_go_on(void **state)
{
	struct es_db *db = open_usual();

	(void)state;
	assert_int_equal(es_db_write_wait(db, conflict_then_more, NULL), ES_OK);
	assert_int_equal(rows_in(db), 2);
	es_db_close(db);
}

static es_status insert_then_refuse(struct es_db_conn *conn, void *user)
{
	(void)user;
	ES_TRY(insert(conn, "gone", 1));
	return ES_DENIED;
}

static void a_job_that_fails_alone_leaves_nothing(void **state)
{
	struct es_db *db = open_usual();

	(void)state;
	assert_int_equal(es_db_write_wait(db, insert_then_refuse, NULL), ES_DENIED);
	assert_int_equal(rows_in(db), 0);
	es_db_close(db);
}

static void a_full_queue_is_busy_and_never_calls_done(void **state)
{
	struct es_db_options options = usual();
	struct es_db *db = NULL;
	struct item items[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
	struct gate gate;

	(void)state;
	options.queue_max = 2;
	assert_int_equal(open_with(&options, &db), ES_OK);
	close_gate(db, &gate);
	assert_int_equal(es_db_write(db, insert_item, item_done, &items[0]), ES_OK);
	assert_int_equal(es_db_write(db, insert_item, item_done, &items[1]), ES_OK);
	assert_int_equal(es_db_write(db, insert_item, item_done, &items[2]), ES_BUSY);
	sem_post(&gate.open);
	es_db_close(db);
	assert_true(items[0].is_done && items[1].is_done);
	assert_false(items[2].is_done);
}

static es_status insert_unclean_text(struct es_db_conn *conn, void *user)
{
	(void)user;
	return ES_DB_EXEC(conn, INSERT, NULL, es_bind_text(es_slice_of("a\0b", 3)), es_bind_null(), es_bind_null());
}

static void text_that_one_engine_would_refuse_is_malformed_on_both(void **state)
{
	struct es_db *db = open_usual();

	(void)state;
	assert_int_equal(es_db_write_wait(db, insert_unclean_text, NULL), ES_MALFORMED);
	es_db_close(db);
}

static es_status write_while_reading(struct es_db_conn *conn, void *user)
{
	struct es_db *db = user;
	struct item item = { .name = "later" };
	int64_t before = -1, after = -1;

	ES_TRY(count_rows(conn, &before));
	ES_TRY(es_db_write_wait(db, insert_item, &item));
	ES_TRY(count_rows(conn, &after));
	assert_int_equal(before, after);
	return insert(conn, "by a reader", 1);
}

static void a_read_sees_one_snapshot_and_cannot_write(void **state)
{
	struct es_db *db = open_usual();

	(void)state;
	assert_int_equal(es_db_read(db, write_while_reading, db), ES_INTERNAL);
	assert_int_equal(rows_in(db), 1);
	es_db_close(db);
}

static void a_hole_a_typo_and_a_bad_parameter_stop_the_start(void **state)
{
	static const char *const bad[] = { NULL, "SELEKT 1", "SELECT nothing FROM nowhere", "SELECT ?", "SELECT 'open" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		const char *const with_bad[] = { "SELECT 1", bad[i] };
		struct es_db_options options = usual();
		struct es_db *db = NULL;
		options.statements = with_bad;
		options.statement_count = 2;
		assert_int_not_equal(open_with(&options, &db), ES_OK);
		assert_null(db);
	}
}

static void an_url_of_no_engine_and_a_missing_folder_are_explained(void **state)
{
	static const char *const bad[] = { "mysql://x", "", "sqlite:/nonexistent/folder/x.db",
		                               "postgresql://127.0.0.1:1/x" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct es_db_options options = usual();
		struct es_db *db = NULL;
		options.url = bad[i];
		assert_int_not_equal(open_with(&options, &db), ES_OK);
	}
}

static es_status insert_into_v1(struct es_db_conn *conn, void *user)
{
	(void)user;
	return es_db_exec(conn, 0, NULL, 0, NULL);
}

static void an_old_database_is_migrated_and_keeps_its_rows(void **state)
{
	static const char *const old[] = { "INSERT INTO item (name, number) VALUES ('old', 7)" };
	struct es_db_options options = usual();
	struct es_db *db = NULL;

	(void)state;
	options.migration_count = 1;
	options.statements = old;
	options.statement_count = 1;
	assert_int_equal(open_with(&options, &db), ES_OK);
	assert_int_equal(es_db_write_wait(db, insert_into_v1, NULL), ES_OK);
	es_db_close(db);

	db = open_usual();
	assert_int_equal(rows_in(db), 1);
	es_db_close(db);

	/* And the old program does not touch what it does not know. */
	assert_int_equal(open_with(&options, &db), ES_CONFLICT);
}

static void a_failing_migration_leaves_the_version_before_it(void **state)
{
	const struct es_migration broken[] = { migrations[0],
		                                   { 2, "CREATE TABLE half (a TEXT); CREATE TABLE item (a TEXT);" } };
	const struct es_migration gap[] = { migrations[0], { 3, "SELECT 1" } };
	struct es_db_options options = usual();
	struct es_db *db = NULL;

	(void)state;
	options.migrations = broken;
	assert_int_not_equal(open_with(&options, &db), ES_OK);
	options.migrations = gap;
	assert_int_equal(open_with(&options, &db), ES_MALFORMED);
	es_db_close(open_usual()); /* the right second migration still applies */
}

/* ---- several processes and threads ---- */

static pid_t start_child(const char *verb, int *out)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)execl("/proc/self/exe", "es_db_test", verb, testing.url, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	*out = ends[0];
	return child;
}

static void processes_that_start_together_migrate_once(void **state)
{
	pid_t children[4];
	int pipes[ES_COUNT(children)];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(children); i++)
		children[i] = start_child("migrate", &pipes[i]);
	for (size_t i = 0; i < ES_COUNT(children); i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		(void)close(pipes[i]);
	}
	es_db_close(open_usual());
}

static void what_was_reported_done_survives_kill_9(void **state)
{
	int out = -1, status = 0;
	const pid_t child = start_child("write", &out);
	FILE *acknowledged = fdopen(out, "r");
	long last = -1, number = 0;
	char line[32];

	(void)state;
	assert_non_null(acknowledged);
	for (int lines = 0; lines < 200 && fgets(line, sizeof line, acknowledged) != NULL; lines++)
		last = strtol(line, NULL, 10);
	assert_int_equal(kill(child, SIGKILL), 0);
	while (fgets(line, sizeof line, acknowledged) != NULL) { /* what was said before the end */
		number = strtol(line, NULL, 10);
		if (strchr(line, '\n') != NULL && number > last)
			last = number;
	}
	(void)fclose(acknowledged);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(last >= 199);

	struct es_db *db = open_usual();
	assert_true(rows_in(db) >= last + 1); /* 0..last, in this order */
	es_db_close(db);
}

static es_status increment(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	(void)user;
	ES_TRY(es_db_query(conn, READ_COUNTER, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	return ES_DB_EXEC(conn, ADD, NULL, es_bind_int(es_col_int(rows, 0) + 1));
}

static es_status read_counter(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(es_db_query(conn, READ_COUNTER, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	*(int64_t *)user = es_col_int(rows, 0);
	return ES_OK;
}

#define ROUNDS 40
struct incrementer {
	struct es_db *db;
	int done;
};

static void *increment_often(void *user)
{
	struct incrementer *me = user;
	int64_t seen = 0, now = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (es_db_write_wait(me->db, increment, NULL) == ES_OK)
			me->done++;
		if (es_db_read(me->db, read_counter, &now) != ES_OK || now < seen)
			return NULL;
		seen = now;
	}
	return me;
}

/* A job that reads and then writes loses no update, whoever else writes: another thread or another replica. */
static void replicas_and_threads_lose_no_update(void **state)
{
	struct es_db *replicas[] = { open_usual(), open_usual() };
	struct incrementer workers[4];
	pthread_t threads[ES_COUNT(workers)];
	int64_t value = 0;
	int done = 0;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(workers); i++) {
		workers[i] = (struct incrementer){ .db = replicas[i % 2] };
		assert_int_equal(pthread_create(&threads[i], NULL, increment_often, &workers[i]), 0);
	}
	for (size_t i = 0; i < ES_COUNT(workers); i++) {
		void *finished = NULL;
		assert_int_equal(pthread_join(threads[i], &finished), 0);
		assert_non_null(finished);
		done += workers[i].done;
	}
	assert_int_equal(es_db_read(replicas[0], read_counter, &value), ES_OK);
	assert_int_equal(value, done);
	assert_true(done > ROUNDS);
	es_db_close(replicas[0]);
	es_db_close(replicas[1]);
}

/* ---- the children ---- */

/* Reports like a service does: after the commit. */
static void say_done(es_status status, void *user)
{
	const int *number = user;
	char line[32];

	if (status != ES_OK)
		_exit(3);
	const int len = snprintf(line, sizeof line, "%d\n", *number);
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(4);
}

struct numbered {
	int number;
	char name[16];
};

static es_status insert_numbered(struct es_db_conn *conn, void *user)
{
	const struct numbered *n = user;

	return insert(conn, n->name, n->number);
}

static int child_writes(void)
{
	static struct numbered jobs[100000];
	struct es_db *db = open_usual();

	for (int i = 0; i < (int)ES_COUNT(jobs); i++) {
		jobs[i].number = i;
		(void)snprintf(jobs[i].name, sizeof jobs[i].name, "n%d", i);
		while (es_db_write(db, insert_numbered, say_done, &jobs[i]) == ES_BUSY)
			(void)usleep(100);
	}
	es_db_close(db);
	return 2; /* was to be killed long before */
}

static int child_main(const char *verb, const char *url)
{
	(void)snprintf(testing.url, sizeof testing.url, "%s", url);
	if (strcmp(verb, "write") == 0)
		return child_writes();
	const struct es_db_options options = usual();
	struct es_db *db = NULL;
	if (open_with(&options, &db) != ES_OK)
		return 1;
	es_db_close(db);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return child_main(argv[1], argv[2]);

	const struct CMUnitTest contract[] = {
		TEST(nulls_empty_values_and_blobs_with_nuls_come_back_as_they_went),
		TEST(returned_ids_sums_and_truth_values_are_numbers),
		TEST(a_failing_job_does_not_hurt_the_others_of_its_group),
		TEST(after_a_violated_constraint_the_job_may_go_on),
		TEST(a_job_that_fails_alone_leaves_nothing),
		TEST(a_full_queue_is_busy_and_never_calls_done),
		TEST(text_that_one_engine_would_refuse_is_malformed_on_both),
		TEST(a_read_sees_one_snapshot_and_cannot_write),
		TEST(a_hole_a_typo_and_a_bad_parameter_stop_the_start),
		TEST(an_url_of_no_engine_and_a_missing_folder_are_explained),
		TEST(an_old_database_is_migrated_and_keeps_its_rows),
		TEST(a_failing_migration_leaves_the_version_before_it),
		TEST(processes_that_start_together_migrate_once),
		TEST(what_was_reported_done_survives_kill_9),
		TEST(replicas_and_threads_lose_no_update),
	};
	int failed = cmocka_run_group_tests_name("SQLite", contract, NULL, NULL);
	if (es_db_testing_engines() > 1) {
		engine = 1;
		failed += cmocka_run_group_tests_name("PostgreSQL", contract, NULL, NULL);
	}
	return failed;
}
