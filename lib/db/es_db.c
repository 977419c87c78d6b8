/* es_db.c -- the facade: opening and migrating, the pool of reading connections, statements and rows. */
#include "es_db.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_db_dialect.h"
#include "es_db_engine.h"
#include "es_db_writer.h"
#include "es_log.h"
#include "es_text.h"

#define QUEUE_DEFAULT 1024
#define PG_READERS_DEFAULT 4
#define TIMEOUT_DEFAULT_MS 5000
#define SQL_MAX ((size_t)64 * 1024)

struct es_db {
	struct es_db_plan plan;
	struct es_db_writer *writer;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t returned;
	struct es_db_conn *idle; /* last in, first out: few connections, warm caches */
	unsigned open, max;
	struct es_db_backoff backoff;
};

/* ---- the plan: statements in the engine's words ---- */

static const struct es_db_engine *engine_of(const char *url)
{
	static const struct {
		const char *scheme;
		const struct es_db_engine *engine;
	} engines[] = {
		{ "sqlite:", &es_db_sqlite_engine },
		{ "postgresql:", &es_db_pg_engine },
		{ "postgres:", &es_db_pg_engine },
	};

	for (size_t i = 0; i < ES_COUNT(engines); i++)
		if (strncmp(url, engines[i].scheme, strlen(engines[i].scheme)) == 0)
			return engines[i].engine;
	return NULL;
}

static es_status translate(const struct es_db_engine *engine, const char *sql, char **out)
{
	struct es_buf buf;

	es_buf_init(&buf, SQL_MAX);
	es_status status = engine->translate(es_slice_str(sql), &buf);
	es_put_u8(&buf, 0);
	if (status == ES_OK)
		status = es_buf_status(&buf);
	if (status == ES_OK) {
		*out = strdup((const char *)buf.ptr);
		status = *out == NULL ? ES_TOO_LARGE : ES_OK;
	}
	es_buf_free(&buf);
	return status;
}

static es_status plan_statement(struct es_db_plan *plan, size_t i, const char *sql, struct es_buf *error)
{
	es_status status = sql == NULL ? ES_MALFORMED : es_db_dialect_params(es_slice_str(sql), &plan->param_count[i]);

	if (status == ES_OK)
		status = translate(plan->engine, sql, &plan->sql[i]);
	if (sql == NULL)
		es_put_printf(error, "statement %zu has no SQL: fill the hole in the table of statements", i);
	else if (status != ES_OK)
		es_put_printf(error, "statement %zu cannot be read (unfinished text, or parameters other than ?1, ?2, ..): %s",
		              i, sql);
	return status;
}

static es_status plan_init(struct es_db_plan *plan, const struct es_db_options *options, struct es_buf *error)
{
	plan->engine = engine_of(options->url);
	if (plan->engine == NULL) {
		es_put_str(error, "the database URL must start with sqlite: or postgresql:");
		return ES_MALFORMED;
	}
	plan->timeout_ms = options->busy_timeout_ms == 0 ? TIMEOUT_DEFAULT_MS : options->busy_timeout_ms;
	plan->relaxed = options->relaxed;
	plan->url = strdup(options->url);
	plan->sql = calloc(options->statement_count + 1, sizeof *plan->sql);
	plan->param_count = calloc(options->statement_count + 1, sizeof *plan->param_count);
	if (plan->url == NULL || plan->sql == NULL || plan->param_count == NULL)
		return ES_TOO_LARGE;
	plan->count = options->statement_count;
	for (size_t i = 0; i < plan->count; i++)
		ES_TRY(plan_statement(plan, i, options->statements[i], error));
	return ES_OK;
}

static void plan_done(struct es_db_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->sql[i]);
	free(plan->sql);
	free(plan->param_count);
	free(plan->url);
}

/* ---- migrations ---- */

static es_status check_migrations(const struct es_db_options *options, struct es_buf *error)
{
	for (size_t i = 0; i < options->migration_count; i++) {
		if (options->migrations[i].number == (int)i + 1 && options->migrations[i].sql != NULL)
			continue;
		es_put_printf(error, "migration %zu is missing or out of order", i + 1);
		return ES_MALFORMED;
	}
	return ES_OK;
}

/* Applies the next migration, if there is one; its script and its number are one transaction. */
static es_status migrate_once(struct es_db_conn *conn, const struct es_db_options *options, bool *done,
                              struct es_buf *error)
{
	const struct es_db_engine *engine = conn->plan->engine;
	const int newest = (int)options->migration_count;
	int version = 0;
	char *sql = NULL;

	es_status status = engine->migrate_begin(conn, &version, error);
	if (status == ES_OK && version > newest) {
		es_put_printf(error, "the database has schema %d, this program knows %d: start the newer program", version,
		              newest);
		status = ES_CONFLICT;
	}
	if (status != ES_OK || version == newest) {
		engine->rollback(conn);
		*done = true;
		return status;
	}

	status = translate(conn->plan->engine, options->migrations[version].sql, &sql);
	if (status == ES_OK)
		status = engine->migrate_run(conn, sql, error);
	if (status == ES_OK)
		status = engine->migrate_commit(conn, version + 1, error);
	free(sql);
	if (status == ES_OK) {
		es_info(NULL, "db.migrated", es_f_i64("schema", version + 1));
		return ES_OK;
	}
	es_put_printf(error, " (in migration %d)", version + 1);
	engine->rollback(conn);
	return status;
}

static es_status migrate(struct es_db_conn *conn, const struct es_db_options *options, struct es_buf *error)
{
	for (bool done = false; !done;)
		ES_TRY(migrate_once(conn, options, &done, error));
	return ES_OK;
}

static es_status check_statements(struct es_db_conn *conn, struct es_buf *error)
{
	for (size_t i = 0; i < conn->plan->count; i++) {
		const es_status status = conn->plan->engine->check(conn, i, error);
		if (status == ES_OK)
			continue;
		es_put_printf(error, " (in statement %zu: %s)", i, conn->plan->sql[i]);
		return status;
	}
	return ES_OK;
}

/* ---- opening and closing ---- */

static es_status open_writer(struct es_db *db, const struct es_db_options *options, struct es_buf *error)
{
	const struct es_db_engine *engine = db->plan.engine;
	struct es_db_conn *conn = NULL;

	if (engine->prepare_store != NULL)
		ES_TRY(engine->prepare_store(&db->plan, error));
	ES_TRY(engine->open(&db->plan, true, &conn, error));
	es_status status = migrate(conn, options, error);
	if (status == ES_OK)
		status = check_statements(conn, error);
	if (status == ES_OK)
		status = es_db_writer_start(&db->plan, conn, options->queue_max == 0 ? QUEUE_DEFAULT : options->queue_max,
		                            &db->writer);
	if (status != ES_OK)
		engine->close(conn);
	return status;
}

es_status es_db_open(const struct es_db_options *options, struct es_db **out, struct es_buf *error)
{
	struct es_db *db = calloc(1, sizeof *db);

	if (db == NULL)
		return ES_TOO_LARGE;
	pthread_mutex_init(&db->lock, NULL);
	es_cond_init(&db->returned);

	es_status status = check_migrations(options, error);
	if (status == ES_OK)
		status = plan_init(&db->plan, options, error);
	if (status == ES_OK)
		status = open_writer(db, options, error);
	if (status != ES_OK) {
		if (error->len == 0)
			es_put_str(error, es_status_meaning(status));
		es_db_close(db);
		return status;
	}
	db->max = db->plan.engine->max_readers;
	if (db->max == 0)
		db->max = options->pg_readers == 0 ? PG_READERS_DEFAULT : options->pg_readers;
	*out = db;
	return ES_OK;
}

void es_db_close(struct es_db *db)
{
	if (db == NULL)
		return;
	es_db_writer_stop(db->writer);
	while (db->idle != NULL) {
		struct es_db_conn *conn = db->idle;
		db->idle = conn->next;
		db->open--;
		db->plan.engine->close(conn);
	}
	assert(db->open == 0); /* a read is still running */
	pthread_cond_destroy(&db->returned);
	pthread_mutex_destroy(&db->lock);
	plan_done(&db->plan);
	free(db);
}

bool es_db_reads_block(const struct es_db *db)
{
	return db->plan.engine->reads_block;
}

/* ---- the pool ---- */

static es_status open_reader(struct es_db *db, struct es_db_conn **out)
{
	uint8_t text[256];
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text);
	const es_status status = db->plan.engine->open(&db->plan, false, out, &error);
	pthread_mutex_lock(&db->lock);
	if (status == ES_OK) {
		es_db_backoff_clear(&db->backoff);
	} else {
		es_db_backoff_failed(&db->backoff, es_mono_ms());
		db->open--;
		pthread_cond_signal(&db->returned);
	}
	pthread_mutex_unlock(&db->lock);
	if (status == ES_OK)
		return ES_OK;
	es_warn(NULL, "db.reader_disconnected", es_f_slice("error", es_buf_slice(&error)));
	return ES_UNAVAILABLE;
}

/* An idle connection, or the right to open one. */
static es_status take_reader(struct es_db *db, struct es_db_conn **out)
{
	const int64_t until = es_mono_ms() + db->plan.timeout_ms;
	es_status status = ES_OK;

	*out = NULL;
	pthread_mutex_lock(&db->lock);
	while (db->idle == NULL && db->open == db->max && status == ES_OK)
		if (!es_cond_wait_until(&db->returned, &db->lock, until))
			status = ES_BUSY;
	if (db->idle != NULL) {
		*out = db->idle;
		db->idle = (*out)->next;
		status = ES_OK;
	} else if (status == ES_OK && es_db_backoff_is_over(&db->backoff, es_mono_ms())) {
		db->open++;
	} else if (status == ES_OK) {
		status = ES_UNAVAILABLE;
	}
	pthread_mutex_unlock(&db->lock);
	return status;
}

static es_status acquire(struct es_db *db, struct es_db_conn **out)
{
	ES_TRY(take_reader(db, out));
	return *out != NULL ? ES_OK : open_reader(db, out);
}

static void give_back(struct es_db *db, struct es_db_conn *conn)
{
	const bool is_lost = conn->fault == ES_DB_LOST;

	if (is_lost)
		db->plan.engine->close(conn);
	pthread_mutex_lock(&db->lock);
	if (is_lost) {
		db->open--;
	} else {
		conn->next = db->idle;
		db->idle = conn;
	}
	pthread_cond_signal(&db->returned);
	pthread_mutex_unlock(&db->lock);
}

bool es_db_is_ready(struct es_db *db)
{
	struct es_db_conn *conn = NULL;

	if (acquire(db, &conn) != ES_OK)
		return false;
	const es_status status = db->plan.engine->ping(conn);
	give_back(db, conn);
	return status == ES_OK;
}

es_status es_db_read(struct es_db *db, es_db_fn *fn, void *user)
{
	const struct es_db_engine *engine = db->plan.engine;
	struct es_db_conn *conn = NULL;

	ES_TRY(acquire(db, &conn));
	es_status status = engine->begin(conn);
	if (status == ES_OK) {
		status = fn(conn, user);
		assert(conn->open_rows == 0);
		engine->rollback(conn);
	}
	give_back(db, conn);
	return status;
}

/* ---- writing ---- */

es_status es_db_write(struct es_db *db, es_db_fn *fn, es_db_done *done, void *user)
{
	return es_db_writer_submit(db->writer, fn, done, user);
}

struct waiter {
	es_db_fn *fn;
	void *user;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_done;
	es_status status;
};

static es_status waiter_run(struct es_db_conn *conn, void *user)
{
	struct waiter *w = user;

	return w->fn(conn, w->user);
}

static void waiter_done(es_status status, void *user)
{
	struct waiter *w = user;

	pthread_mutex_lock(&w->lock);
	w->status = status;
	w->is_done = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

es_status es_db_write_wait(struct es_db *db, es_db_fn *fn, void *user)
{
	struct waiter w = { .fn = fn, .user = user };

	assert(!es_db_writer_is_self(db->writer));
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.wake, NULL);
	es_status status = es_db_write(db, waiter_run, waiter_done, &w);
	if (status == ES_OK) {
		pthread_mutex_lock(&w.lock);
		while (!w.is_done)
			pthread_cond_wait(&w.wake, &w.lock);
		pthread_mutex_unlock(&w.lock);
		status = w.status;
	}
	pthread_cond_destroy(&w.wake);
	pthread_mutex_destroy(&w.lock);
	return status;
}

/* ---- statements and rows ---- */

struct es_bind es_bind_null(void)
{
	return (struct es_bind){ .kind = ES_BIND_NULL };
}

struct es_bind es_bind_int(int64_t value)
{
	return (struct es_bind){ .kind = ES_BIND_INT, .number = value };
}

struct es_bind es_bind_text(struct es_slice text)
{
	return (struct es_bind){ .kind = ES_BIND_TEXT, .bytes = text };
}

struct es_bind es_bind_str(const char *text)
{
	return text == NULL ? es_bind_null() : es_bind_text(es_slice_str(text));
}

struct es_bind es_bind_blob(struct es_slice bytes)
{
	return (struct es_bind){ .kind = ES_BIND_BLOB, .bytes = bytes };
}

/* Once the engine has taken the transaction back, nothing more may run: it would be a transaction of its own.
 * PostgreSQL refuses text that is not UTF-8 or has a NUL; SQLite would keep it. Both refuse it here. */
static es_status admit(const struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count)
{
	assert(stmt < conn->plan->count);
	assert(count == conn->plan->param_count[stmt]);
	if (conn->fault != ES_DB_SOUND)
		return ES_UNAVAILABLE;
	for (size_t i = 0; i < count; i++)
		if (binds[i].kind == ES_BIND_TEXT && !es_text_is_clean_utf8(binds[i].bytes))
			return ES_MALFORMED;
	return ES_OK;
}

es_status es_db_query(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
                      struct es_rows **out)
{
	struct es_rows *rows = NULL;

	ES_TRY(admit(conn, stmt, binds, count));
	ES_TRY(conn->plan->engine->query(conn, stmt, binds, count, &rows));
	rows->running = true;
	conn->open_rows++;
	*out = rows;
	return ES_OK;
}

es_status es_db_exec(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count, int64_t *changed)
{
	int64_t rows = 0;

	ES_TRY(admit(conn, stmt, binds, count));
	ES_TRY(conn->plan->engine->exec(conn, stmt, binds, count, &rows));
	if (changed != NULL)
		*changed = rows;
	return ES_OK;
}

static void mark_finished(struct es_rows *rows)
{
	rows->running = false;
	rows->conn->open_rows--;
}

es_status es_rows_next(struct es_rows *rows)
{
	if (!rows->running)
		return ES_NOT_FOUND;
	const es_status status = rows->conn->plan->engine->next(rows);
	if (status != ES_OK)
		mark_finished(rows);
	return status;
}

void es_rows_done(struct es_rows *rows)
{
	if (rows == NULL || !rows->running)
		return;
	rows->conn->plan->engine->finish(rows);
	mark_finished(rows);
}

void es_rows_cleanup(struct es_rows **rows)
{
	es_rows_done(*rows);
	*rows = NULL;
}

int64_t es_col_int(struct es_rows *rows, int column)
{
	assert(rows->running);
	return rows->conn->plan->engine->col_int(rows, column);
}

bool es_col_is_null(struct es_rows *rows, int column)
{
	assert(rows->running);
	return rows->conn->plan->engine->col_is_null(rows, column);
}

struct es_slice es_col_text(struct es_rows *rows, int column)
{
	assert(rows->running);
	return rows->conn->plan->engine->col_bytes(rows, column, true);
}

struct es_slice es_col_blob(struct es_rows *rows, int column)
{
	assert(rows->running);
	return rows->conn->plan->engine->col_bytes(rows, column, false);
}
