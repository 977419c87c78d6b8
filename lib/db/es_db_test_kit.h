/* es_db_test_kit.h -- what the tests of lib/db share: a schema with its statements, jobs, a gate before the writer. */
#ifndef ES_DB_TEST_KIT_H
#define ES_DB_TEST_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdatomic.h>

#include "es_cleanup.h"
#include "es_db_testing.h"

enum { INSERT, SELECT_ONE, SELECT_ALL, COUNT_ROWS, ADD, READ_COUNTER, INSERT_RETURNING, SUM, STATEMENTS };
static const char *const statements[STATEMENTS] = {
	[INSERT] = "INSERT INTO item (name, number, data) VALUES (?1, ?2, ?3)",
	[SELECT_ONE] = "SELECT name, number, data FROM item WHERE name = ?1",
	[SELECT_ALL] = "SELECT name FROM item ORDER BY id",
	[COUNT_ROWS] = "SELECT count(*) FROM item",
	[ADD] = "UPDATE counter SET value = ?1 WHERE id = 1",
	[READ_COUNTER] = "SELECT value FROM counter WHERE id = 1",
	[INSERT_RETURNING] = "INSERT INTO item (name) VALUES (?1) RETURNING id",
	[SUM] = "SELECT sum(number), max(number) IS NOT NULL, ?1 + CAST(?1 AS INTEGER) FROM item",
};
static const struct es_migration migrations[] = {
	{ 1, "CREATE TABLE item (\n"
	     "	id INTEGER PRIMARY KEY,\n"
	     "	name TEXT UNIQUE, -- a comment; with a semicolon\n"
	     "	number INTEGER CHECK (number <> 666),\n"
	     "	data BLOB\n"
	     ") STRICT;" },
	/* Not repeatable: whoever comes second must not run it again. */
	{ 2, "CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;\n"
	     "INSERT INTO counter (id, value) VALUES (1, 0);" },
};

static unsigned engine;
static struct es_db_testing testing;

static inline es_status open_with(const struct es_db_options *options, struct es_db **out)
{
	char text[1024];
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	const es_status status = es_db_open(options, out, &error);
	if (status != ES_OK) {
		assert_true(error.len > 0); /* every failure explains itself */
		text[error.len] = '\0';
		print_message("(refused: %s)\n", text);
	}
	return status;
}

static inline struct es_db_options usual(void)
{
	return (struct es_db_options){ .url = testing.url,
		                           .migrations = migrations,
		                           .migration_count = ES_COUNT(migrations),
		                           .statements = statements,
		                           .statement_count = STATEMENTS };
}

static inline struct es_db *open_usual(void)
{
	const struct es_db_options options = usual();
	struct es_db *db = NULL;

	assert_int_equal(open_with(&options, &db), ES_OK);
	return db;
}

static inline int set_up(void **state)
{
	(void)state;
	es_db_testing_begin(&testing, engine, ES_DB_TEST_SCHEMA);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	es_db_testing_end(&testing);
	return 0;
}

/* ---- jobs ---- */

struct item {
	const char *name;
	int64_t number;
	es_status status; /* of the statement */
	es_status result; /* of the job */
	_Atomic int *finished;
	bool is_done;
};

static inline es_status insert(struct es_db_conn *conn, const char *name, int64_t number)
{
	return ES_DB_EXEC(conn, INSERT, NULL, es_bind_str(name), es_bind_int(number), es_bind_null());
}

static inline es_status insert_item(struct es_db_conn *conn, void *user)
{
	struct item *item = user;

	item->status = insert(conn, item->name, item->number);
	return item->status;
}

static inline void item_done(es_status status, void *user)
{
	struct item *item = user;

	item->result = status;
	item->is_done = true;
	if (item->finished != NULL)
		(*item->finished)++;
}

static inline es_status count_rows(struct es_db_conn *conn, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(es_db_query(conn, COUNT_ROWS, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	*(int64_t *)user = es_col_int(rows, 0);
	return ES_OK;
}

static inline int64_t rows_in(struct es_db *db)
{
	int64_t n = -1;

	assert_int_equal(es_db_read(db, count_rows, &n), ES_OK);
	return n;
}

/* Holds the writer thread until the test lets it go on. */
struct gate {
	sem_t entered, open;
};

static inline es_status wait_at_gate(struct es_db_conn *conn, void *user)
{
	struct gate *gate = user;

	(void)conn;
	sem_post(&gate->entered);
	while (sem_wait(&gate->open) != 0)
		;
	return ES_OK;
}

static inline void close_gate(struct es_db *db, struct gate *gate)
{
	sem_init(&gate->entered, 0, 0);
	sem_init(&gate->open, 0, 0);
	assert_int_equal(es_db_write(db, wait_at_gate, NULL, gate), ES_OK);
	while (sem_wait(&gate->entered) != 0)
		;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
