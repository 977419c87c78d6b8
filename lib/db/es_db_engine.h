/* es_db_engine.h -- what an engine (SQLite, PostgreSQL) gives the facade. Internal to lib/db.
 *
 * A connection belongs to one thread at a time: the writer thread, or the reader that took it from the pool. The
 * facade owns queueing, grouping, retries and the pool; an engine owns one connection and translates its library's
 * codes into es_status, logging what the status cannot say. */
#ifndef ES_DB_ENGINE_H
#define ES_DB_ENGINE_H

#include "es_buf.h"
#include "es_db.h"

/* What all connections of one database share, unchanged after es_db_open. */
struct es_db_plan {
	const struct es_db_engine *engine;
	char *url;
	char **sql;            /* statements in the engine's words */
	unsigned *param_count; /* of each statement */
	size_t count;
	uint32_t timeout_ms;
	bool relaxed;
};

/* What happened to the transaction besides the status of one statement. */
enum es_db_fault {
	ES_DB_SOUND,
	ES_DB_GONE,  /* rolled back as a whole for a cause that stays (full disk, a constraint checked at the commit) */
	ES_DB_AGAIN, /* rolled back as a whole in favour of somebody else's (serialization failure, deadlock) */
	ES_DB_LOST,  /* the connection is dead: close it */
};

struct es_db_conn {
	const struct es_db_plan *plan;
	struct es_db_conn *next; /* in the pool's list of idle ones */
	enum es_db_fault fault;  /* set by the engine, cleared by begin */
	unsigned open_rows;
	bool writer;
};

struct es_rows {
	struct es_db_conn *conn;
	size_t stmt;
	bool running;
};

/* Whether a lost transaction was committed; asked on a new connection. */
enum es_db_verdict { ES_DB_COMMITTED, ES_DB_NOT_COMMITTED, ES_DB_UNKNOWN };
#define ES_DB_TICKET_SIZE 24

struct es_db_engine {
	/* A migration or statement in this engine's words. */
	es_status (*translate)(struct es_slice sql, struct es_buf *out);
	unsigned max_readers; /* 0: as the options say */
	bool reads_block;

	/* Once per database, before its first connection; may be NULL. */
	es_status (*prepare_store)(const struct es_db_plan *plan, struct es_buf *error);
	es_status (*open)(const struct es_db_plan *plan, bool writer, struct es_db_conn **out, struct es_buf *error);
	void (*close)(struct es_db_conn *conn);
	es_status (*ping)(struct es_db_conn *conn);
	/* Prepares one statement now, to have its errors at start. */
	es_status (*check)(struct es_db_conn *conn, size_t stmt, struct es_buf *error);

	/* Migration: a transaction under a lock that no other process passes; the script; the end with the new version. */
	es_status (*migrate_begin)(struct es_db_conn *conn, int *version, struct es_buf *error);
	es_status (*migrate_run)(struct es_db_conn *conn, const char *sql, struct es_buf *error);
	es_status (*migrate_commit)(struct es_db_conn *conn, int version, struct es_buf *error);

	es_status (*begin)(struct es_db_conn *conn);
	/* Ends with rollback when the commit is refused. */
	es_status (*commit)(struct es_db_conn *conn);
	void (*rollback)(struct es_db_conn *conn);
	es_status (*savepoint)(struct es_db_conn *conn);
	es_status (*release)(struct es_db_conn *conn);
	es_status (*rollback_to)(struct es_db_conn *conn);

	/* Names the running transaction so that `verdict` can be asked later; both NULL where a commit cannot get lost. */
	void (*ticket)(struct es_db_conn *conn, char out[ES_DB_TICKET_SIZE]);
	enum es_db_verdict (*verdict)(struct es_db_conn *conn, const char *ticket);

	es_status (*query)(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
	                   struct es_rows **rows);
	es_status (*next)(struct es_rows *rows);
	void (*finish)(struct es_rows *rows); /* only called while running */
	es_status (*exec)(struct es_db_conn *conn, size_t stmt, const struct es_bind *binds, size_t count,
	                  int64_t *changed);
	int64_t (*col_int)(const struct es_rows *rows, int column);
	bool (*col_is_null)(const struct es_rows *rows, int column);
	struct es_slice (*col_bytes)(const struct es_rows *rows, int column, bool text);
};

extern const struct es_db_engine es_db_sqlite_engine;
extern const struct es_db_engine es_db_pg_engine;

#endif
