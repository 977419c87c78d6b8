/* es_db_sqlite.c -- the embedded engine: one file in WAL mode, one writing connection, a few small reading ones. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_db_engine.h"
#include "es_log.h"

/* Page cache of a connection: the inner pages of an index over a million rows, so that a look-up reads leaves alone. The
 * file's pages are in the kernel's cache anyway, and a process may hold 16 MB in all. */
#define CACHE_KIB 1024
#define WAL_KEPT_BYTES (16 * 1024 * 1024)
#define READERS_MAX 64

enum control { BEGIN_READ, BEGIN_WRITE, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO, CONTROL_COUNT };
static const char *const control_sql[CONTROL_COUNT] = {
	[BEGIN_READ] = "BEGIN",
	[BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVEPOINT] = "SAVEPOINT es_job",
	[RELEASE] = "RELEASE es_job",
	[ROLLBACK_TO] = "ROLLBACK TO es_job",
};

struct sqlite_rows {
	struct es_rows base;
	sqlite3_stmt *stmt; /* prepared at its first use and kept */
	bool stepped;       /* the next row has been fetched already, with `result` */
	int result;
};

struct sqlite_conn {
	struct es_db_conn base;
	sqlite3 *db;
	sqlite3_stmt *control[CONTROL_COUNT];
	struct sqlite_rows rows[]; /* one per statement: a statement runs once at a time */
};

static struct sqlite_conn *sqlite_conn_of(struct es_db_conn *conn)
{
	return (struct sqlite_conn *)conn;
}

static const struct sqlite_rows *sqlite_rows_of(const struct es_rows *rows)
{
	return (const struct sqlite_rows *)rows;
}

static const char *path_of(const struct es_db_plan *plan)
{
	return plan->url + strlen("sqlite:");
}

static const struct {
	int code;
	es_status status;
} translations[] = {
	{ SQLITE_OK, ES_OK },
	{ SQLITE_ROW, ES_OK },
	{ SQLITE_DONE, ES_OK },
	{ SQLITE_CONSTRAINT, ES_CONFLICT },
	{ SQLITE_BUSY, ES_UNAVAILABLE },
	{ SQLITE_LOCKED, ES_UNAVAILABLE },
	{ SQLITE_FULL, ES_UNAVAILABLE },
	{ SQLITE_IOERR, ES_UNAVAILABLE },
	{ SQLITE_CANTOPEN, ES_UNAVAILABLE },
	{ SQLITE_CORRUPT, ES_UNAVAILABLE },
	{ SQLITE_NOMEM, ES_TOO_LARGE },
	{ SQLITE_TOOBIG, ES_TOO_LARGE },
};

static es_status translate(int code)
{
	for (size_t i = 0; i < ES_COUNT(translations); i++)
		if (translations[i].code == (code & 0xff))
			return translations[i].status;
	return ES_INTERNAL;
}

/* Translates, and logs what a status cannot say. SQLite's messages name tables and columns, never values. */
static es_status status_of(struct sqlite_conn *conn, int code)
{
	const es_status status = translate(code);

	if (status == ES_OK || status == ES_CONFLICT)
		return status;
	es_warn(NULL, "db.sqlite_failed", es_f_status(status), es_f_i64("code", sqlite3_extended_errcode(conn->db)),
	        es_f_str("message", sqlite3_errmsg(conn->db)));
	return status;
}

/* A full disk or an I/O error may have rolled the transaction back behind our back. */
static void note_fault(struct sqlite_conn *conn)
{
	if (sqlite3_get_autocommit(conn->db))
		conn->base.fault = ES_DB_GONE;
}

static es_status control(struct sqlite_conn *conn, enum control what)
{
	sqlite3_stmt **stmt = &conn->control[what];
	int code = SQLITE_OK;

	if (*stmt == NULL)
		code = sqlite3_prepare_v3(conn->db, control_sql[what], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(*stmt);
	const es_status status = status_of(conn, code);
	if (*stmt != NULL)
		sqlite3_reset(*stmt);
	if (status != ES_OK && what != BEGIN_READ && what != BEGIN_WRITE)
		conn->base.fault = ES_DB_GONE;
	return status;
}

/* ---- opening ---- */

static es_status sqlite_translate(struct es_slice sql, struct es_buf *out)
{
	es_put_bytes(out, sql);
	return es_buf_status(out);
}

static void configure_library(void)
{
	/* A connection is never shared by two threads at once, so it needs no mutex; statistics would need a global one. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_initialize();
}

/* SQLite gives -wal and -shm the mode of the database file, so it has to be right before they are made. The file is
 * opened here only when it is new: closing a descriptor drops the locks of all others in the process. */
static es_status sqlite_prepare_store(const struct es_db_plan *plan, struct es_buf *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *path = path_of(plan);

	pthread_once(&once, configure_library);
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		return ES_OK;
	}
	if (errno != EEXIST) {
		es_put_printf(error, "cannot create the database %s: %s; check that the folder exists and is writable", path,
		              strerror(errno));
		return ES_UNAVAILABLE;
	}
	if (chmod(path, 0600) != 0 && errno != EPERM) {
		es_put_printf(error, "cannot set the mode of the database %s: %s", path, strerror(errno));
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

static void sqlite_close(struct es_db_conn *base)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);

	for (size_t i = 0; i < base->plan->count; i++)
		sqlite3_finalize(conn->rows[i].stmt);
	for (size_t i = 0; i < CONTROL_COUNT; i++)
		sqlite3_finalize(conn->control[i]);
	const int code = sqlite3_close(conn->db);
	assert(code == SQLITE_OK);
	(void)code;
	free(conn);
}

static int configure(struct sqlite_conn *conn)
{
	const bool writer = conn->base.writer;
	char pragmas[512];

	(void)sqlite3_snprintf((int)sizeof pragmas, pragmas,
	                       "PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;"
	                       "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY; PRAGMA query_only = %s;"
	                       "PRAGMA synchronous = %s; PRAGMA journal_size_limit = %d;",
	                       CACHE_KIB, writer ? "OFF" : "ON", conn->base.plan->relaxed ? "NORMAL" : "FULL",
	                       WAL_KEPT_BYTES);
	sqlite3_extended_result_codes(conn->db, 1);
	sqlite3_busy_timeout(conn->db, (int)conn->base.plan->timeout_ms);
	return sqlite3_exec(conn->db, pragmas, NULL, NULL, NULL);
}

static int read_is_wal(void *user, int columns, char **values, char **names)
{
	bool *is_wal = user;

	(void)names;
	*is_wal = columns == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
	return 0;
}

/* Stored in the file, so only the writer sets it. SQLite does not call its busy handler for this one, and several
 * processes may start on a new file at once. */
static int enter_wal(struct sqlite_conn *conn)
{
	const int64_t give_up_at = es_mono_ms() + conn->base.plan->timeout_ms;
	bool is_wal = false;
	int code;

	while ((code = sqlite3_exec(conn->db, "PRAGMA journal_mode = WAL", read_is_wal, &is_wal, NULL)) != SQLITE_OK &&
	       (code & 0xff) == SQLITE_BUSY && es_mono_ms() < give_up_at)
		(void)sqlite3_sleep(10);
	if (code == SQLITE_OK && !is_wal)
		code = SQLITE_CANTOPEN; /* a file system without shared memory */
	return code;
}

static es_status sqlite_open(const struct es_db_plan *plan, bool writer, struct es_db_conn **out, struct es_buf *error)
{
	struct sqlite_conn *conn = calloc(1, sizeof *conn + plan->count * sizeof *conn->rows);

	if (conn == NULL)
		return ES_TOO_LARGE;
	conn->base.plan = plan;
	conn->base.writer = writer;
	for (size_t i = 0; i < plan->count; i++)
		conn->rows[i].base = (struct es_rows){ .conn = &conn->base, .stmt = i };

	int code = sqlite3_open_v2(path_of(plan), &conn->db, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = configure(conn);
	if (code == SQLITE_OK && writer)
		code = enter_wal(conn);
	if (code == SQLITE_OK) {
		*out = &conn->base;
		return ES_OK;
	}
	es_put_printf(error, "cannot open the database %s: %s", path_of(plan), sqlite3_errmsg(conn->db));
	sqlite_close(&conn->base);
	return translate(code);
}

static int prepare(struct sqlite_conn *conn, size_t stmt)
{
	struct sqlite_rows *rows = &conn->rows[stmt];

	if (rows->stmt != NULL)
		return SQLITE_OK;
	return sqlite3_prepare_v3(conn->db, conn->base.plan->sql[stmt], -1, SQLITE_PREPARE_PERSISTENT, &rows->stmt, NULL);
}

static es_status sqlite_check(struct es_db_conn *base, size_t stmt, struct es_buf *error)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);
	const int code = prepare(conn, stmt);

	if (code != SQLITE_OK)
		es_put_printf(error, "%s", sqlite3_errmsg(conn->db));
	return translate(code);
}

static es_status sqlite_ping(struct es_db_conn *base)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);

	return status_of(conn, sqlite3_exec(conn->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL));
}

/* ---- migrations: the version is the file's user_version, which is part of the transaction ---- */

static int read_number(void *user, int columns, char **values, char **names)
{
	int *number = user;

	(void)names;
	if (columns == 1 && values[0] != NULL)
		*number = (int)strtol(values[0], NULL, 10);
	return 0;
}

static es_status sqlite_migrate_run(struct es_db_conn *base, const char *sql, struct es_buf *error)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);
	const int code = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);

	if (code != SQLITE_OK)
		es_put_printf(error, "%s", sqlite3_errmsg(conn->db));
	return translate(code);
}

static es_status sqlite_migrate_begin(struct es_db_conn *base, int *version, struct es_buf *error)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);
	int code = sqlite3_exec(conn->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(conn->db, "PRAGMA user_version", read_number, version, NULL);
	if (code != SQLITE_OK)
		es_put_printf(error, "%s", sqlite3_errmsg(conn->db));
	return translate(code);
}

static es_status sqlite_migrate_commit(struct es_db_conn *base, int version, struct es_buf *error)
{
	char sql[64];

	(void)sqlite3_snprintf((int)sizeof sql, sql, "PRAGMA user_version = %d; COMMIT", version);
	return sqlite_migrate_run(base, sql, error);
}

/* ---- transactions ---- */

static es_status sqlite_begin(struct es_db_conn *base)
{
	base->fault = ES_DB_SOUND;
	return control(sqlite_conn_of(base), base->writer ? BEGIN_WRITE : BEGIN_READ);
}

static void sqlite_rollback(struct es_db_conn *base)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);

	if (!sqlite3_get_autocommit(conn->db))
		(void)control(conn, ROLLBACK);
}

static es_status sqlite_commit(struct es_db_conn *base)
{
	const es_status status = control(sqlite_conn_of(base), COMMIT);

	if (status != ES_OK)
		sqlite_rollback(base);
	return status;
}

static es_status sqlite_savepoint(struct es_db_conn *base)
{
	return control(sqlite_conn_of(base), SAVEPOINT);
}

static es_status sqlite_release(struct es_db_conn *base)
{
	return control(sqlite_conn_of(base), RELEASE);
}

static es_status sqlite_rollback_to(struct es_db_conn *base)
{
	ES_TRY(control(sqlite_conn_of(base), ROLLBACK_TO));
	return control(sqlite_conn_of(base), RELEASE);
}

/* ---- statements ---- */

/* SQLite binds NULL for a NULL pointer, whatever the length: an empty value needs an address. */
static const void *address_of(struct es_slice bytes)
{
	return bytes.ptr == NULL ? (const void *)"" : bytes.ptr;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct es_bind *b, sqlite3_destructor_type lifetime)
{
	switch (b->kind) {
	case ES_BIND_NULL: return sqlite3_bind_null(stmt, at);
	case ES_BIND_INT: return sqlite3_bind_int64(stmt, at, b->number);
	case ES_BIND_TEXT: return sqlite3_bind_text64(stmt, at, address_of(b->bytes), b->bytes.len, lifetime, SQLITE_UTF8);
	case ES_BIND_BLOB: return sqlite3_bind_blob64(stmt, at, address_of(b->bytes), b->bytes.len, lifetime);
	}
	return SQLITE_MISUSE;
}

/* Prepared and bound. The caller's bytes are borrowed when the statement ends before the caller goes on. */
static es_status start(struct sqlite_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
                       sqlite3_destructor_type lifetime)
{
	ES_TRY(status_of(conn, prepare(conn, stmt)));
	for (size_t i = 0; i < count; i++)
		ES_TRY(status_of(conn, bind_one(conn->rows[stmt].stmt, (int)i + 1, &binds[i], lifetime)));
	return ES_OK;
}

static void end(struct sqlite_rows *rows)
{
	sqlite3_reset(rows->stmt);
	sqlite3_clear_bindings(rows->stmt);
}

static es_status failed(struct sqlite_conn *conn, struct sqlite_rows *rows, int code)
{
	const es_status status = status_of(conn, code);

	end(rows);
	note_fault(conn);
	return status;
}

/* The first row is fetched at once, so that a constraint speaks up here, as it does on PostgreSQL. */
static es_status sqlite_query(struct es_db_conn *base, size_t stmt, const struct es_bind *binds, size_t count,
                              struct es_rows **out)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);
	struct sqlite_rows *rows = &conn->rows[stmt];

	assert(!rows->base.running);
	ES_TRY(start(conn, stmt, binds, count, SQLITE_TRANSIENT));
	rows->result = sqlite3_step(rows->stmt);
	rows->stepped = true;
	if (rows->result != SQLITE_ROW && rows->result != SQLITE_DONE)
		return failed(conn, rows, rows->result);
	*out = &rows->base;
	return ES_OK;
}

static es_status sqlite_next(struct es_rows *base)
{
	struct sqlite_rows *rows = (struct sqlite_rows *)base;

	if (!rows->stepped)
		rows->result = sqlite3_step(rows->stmt);
	rows->stepped = false;
	if (rows->result == SQLITE_ROW)
		return ES_OK;
	if (rows->result == SQLITE_DONE) {
		end(rows);
		return ES_NOT_FOUND;
	}
	return failed(sqlite_conn_of(base->conn), rows, rows->result);
}

static void sqlite_finish(struct es_rows *base)
{
	end((struct sqlite_rows *)base);
}

static es_status sqlite_exec(struct es_db_conn *base, size_t stmt, const struct es_bind *binds, size_t count,
                             int64_t *changed)
{
	struct sqlite_conn *conn = sqlite_conn_of(base);
	struct sqlite_rows *rows = &conn->rows[stmt];

	assert(!rows->base.running);
	ES_TRY(start(conn, stmt, binds, count, SQLITE_STATIC));
	const int code = sqlite3_step(rows->stmt);
	if (code != SQLITE_DONE)
		return failed(conn, rows, code == SQLITE_ROW ? SQLITE_MISUSE : code);
	*changed = sqlite3_changes64(conn->db);
	end(rows);
	return ES_OK;
}

static int64_t sqlite_col_int(const struct es_rows *rows, int column)
{
	return sqlite3_column_int64(sqlite_rows_of(rows)->stmt, column);
}

static bool sqlite_col_is_null(const struct es_rows *rows, int column)
{
	return sqlite3_column_type(sqlite_rows_of(rows)->stmt, column) == SQLITE_NULL;
}

static struct es_slice sqlite_col_bytes(const struct es_rows *rows, int column, bool text)
{
	sqlite3_stmt *stmt = sqlite_rows_of(rows)->stmt;
	const void *ptr = text ? sqlite3_column_text(stmt, column) : sqlite3_column_blob(stmt, column);

	return es_slice_of(ptr, ptr == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt, column));
}

const struct es_db_engine es_db_sqlite_engine = {
	.translate = sqlite_translate,
	.max_readers = READERS_MAX,
	.reads_block = false,
	.prepare_store = sqlite_prepare_store,
	.open = sqlite_open,
	.close = sqlite_close,
	.ping = sqlite_ping,
	.check = sqlite_check,
	.migrate_begin = sqlite_migrate_begin,
	.migrate_run = sqlite_migrate_run,
	.migrate_commit = sqlite_migrate_commit,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.savepoint = sqlite_savepoint,
	.release = sqlite_release,
	.rollback_to = sqlite_rollback_to,
	.query = sqlite_query,
	.next = sqlite_next,
	.finish = sqlite_finish,
	.exec = sqlite_exec,
	.col_int = sqlite_col_int,
	.col_is_null = sqlite_col_is_null,
	.col_bytes = sqlite_col_bytes,
};
