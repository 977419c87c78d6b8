/* es_db.h -- a small SQL facade over SQLite (embedded default) and PostgreSQL (libpq).
 *
 * One schema, one set of statements, two engines. Each service keeps its SQL in its `store` file as a table of
 * statements, all prepared at open, so that a typo stops the start and not a customer. Parameters are `?1`..`?32`
 * (translated for PostgreSQL), never text pasted into SQL. Text is clean UTF-8 (es_text.h): other text is ES_MALFORMED
 * on both engines; octets that are not text are blobs.
 *
 * SQL is written in SQLite's words; for PostgreSQL the facade rewrites the types of migrations (INTEGER to BIGINT,
 * BLOB to BYTEA, INTEGER PRIMARY KEY to an identity column, STRICT dropped). Use what both understand: INSERT .. ON
 * CONFLICT, RETURNING, partial indexes.
 *
 * Threads. Reads: any thread, each on a connection of its own (SQLite: as many as there are reading threads, WAL, never
 * blocked by the writer; PostgreSQL: a bounded pool, the call blocks for it). SQLite reads may run in a bus callback;
 * on PostgreSQL es_db_reads_block() is true and reads belong on a worker. Writes: submitted as jobs to the one
 * writer thread of this database, which runs up to 128 waiting jobs in one transaction (group commit, savepoint per
 * job) and reports each after the commit: what is reported ES_OK survives kill -9 and power loss (synchronous=FULL). A
 * failed job is rolled back alone. Jobs may run twice (a lost PostgreSQL connection, a serialization failure, a full disk
 * under the whole group): they touch nothing but the database and their own result fields, which they set anew each time.
 *
 * What to know on PostgreSQL. Write transactions are SERIALIZABLE, so a job that reads and then writes loses no update to
 * another replica. Identity values are handed out before the commit: of two replicas the later number may become visible
 * first, so an outbox that is read "after N" takes its number from a row it updates, not from the identity. A whole
 * result is fetched at once: use LIMIT. A parameter in arithmetic with a small constant is a 32-bit number unless it is
 * CAST(?1 AS INTEGER). A server that hangs costs a call timeout + 2 s, then ES_UNAVAILABLE at once between attempts.
 *
 * Tests of stores run on both engines: es_db_testing.h. */
#ifndef ES_DB_H
#define ES_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct es_db;
struct es_db_conn; /* one connection, inside a read or a write job */
struct es_rows;    /* a running statement */

struct es_migration {
	int number;      /* 1, 2, 3, ... without gaps */
	const char *sql; /* several statements */
};

struct es_db_options {
	const char *url; /* "sqlite:/path/file.db", "postgresql://..." */
	const struct es_migration *migrations;
	size_t migration_count;
	const char *const *statements; /* indexed by the service's enum; no holes */
	size_t statement_count;
	uint32_t queue_max;       /* waiting write jobs; more: ES_BUSY. 0: 1024 */
	uint32_t pg_readers;      /* PostgreSQL reading connections. 0: 4 */
	uint32_t busy_timeout_ms; /* of a statement, a lock, a free reading connection. 0: 5000 */
	bool relaxed;             /* a commit survives kill -9 but perhaps not a power loss: for what only shortens work */
};

/* Opens, migrates (each migration with its version in one transaction, under a lock, so replicas may start together),
 * prepares all statements. On failure `error` says what to do in one sentence. */
es_status es_db_open(const struct es_db_options *options, struct es_db **out, struct es_buf *error) ES_MUST_USE;
/* Finishes queued jobs, then closes. NULL is fine. */
void es_db_close(struct es_db *db);
bool es_db_reads_block(const struct es_db *db);
/* Whether the engine answers now (for /readyz). */
bool es_db_is_ready(struct es_db *db);

/* Runs `fn` on a reading connection of the calling thread, in one snapshot. Returns what fn returns, or
 * ES_UNAVAILABLE when the engine does not answer. */
typedef es_status es_db_fn(struct es_db_conn *conn, void *user);
es_status es_db_read(struct es_db *db, es_db_fn *fn, void *user) ES_MUST_USE;

/* Queues a write job. `done` runs on the writer thread after the commit (or the failure) and must not block.
 * ES_BUSY when the queue is full: `done` is then not called. */
typedef void es_db_done(es_status status, void *user);
es_status es_db_write(struct es_db *db, es_db_fn *fn, es_db_done *done, void *user) ES_MUST_USE;
/* Same, waiting for the commit. Never from a bus callback or the writer thread. */
es_status es_db_write_wait(struct es_db *db, es_db_fn *fn, void *user) ES_MUST_USE;

/* --- inside fn --- */

struct es_bind {
	enum { ES_BIND_NULL, ES_BIND_INT, ES_BIND_TEXT, ES_BIND_BLOB } kind;
	int64_t number;
	struct es_slice bytes;
};
struct es_bind es_bind_null(void);
struct es_bind es_bind_int(int64_t value);
struct es_bind es_bind_text(struct es_slice text);
struct es_bind es_bind_str(const char *text); /* NULL binds NULL */
struct es_bind es_bind_blob(struct es_slice bytes);

/* Starts statement number `stmt` (index into options.statements). */
es_status es_db_query(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
                      struct es_rows **rows) ES_MUST_USE;
/* ES_OK with a row, ES_NOT_FOUND after the last; the rows object is finished then and on any failure. */
es_status es_rows_next(struct es_rows *rows) ES_MUST_USE;
/* Ends early; NULL is fine. */
void es_rows_done(struct es_rows *rows);
void es_rows_cleanup(struct es_rows **rows);
int64_t es_col_int(struct es_rows *rows, int column); /* NULL: 0 */
bool es_col_is_null(struct es_rows *rows, int column);
struct es_slice es_col_text(struct es_rows *rows, int column); /* valid until the next row */
struct es_slice es_col_blob(struct es_rows *rows, int column);
/* Runs a statement that returns no rows. `changed` (may be NULL) gets the number of rows it touched: check it.
 * A violated UNIQUE or CHECK constraint is ES_CONFLICT, and the job may go on. */
es_status es_db_exec(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
                     int64_t *changed) ES_MUST_USE;

#define ES_DB_QUERY(conn, stmt, rows, ...)                                                                             \
	es_db_query((conn), (stmt), (const struct es_bind[]){ __VA_ARGS__ },                                               \
	            sizeof((const struct es_bind[]){ __VA_ARGS__ }) / sizeof(struct es_bind), (rows))
#define ES_DB_EXEC(conn, stmt, changed, ...)                                                                           \
	es_db_exec((conn), (stmt), (const struct es_bind[]){ __VA_ARGS__ },                                                \
	           sizeof((const struct es_bind[]){ __VA_ARGS__ }) / sizeof(struct es_bind), (changed))

#endif
