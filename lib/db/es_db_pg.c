/* es_db_pg.c -- the engine for PostgreSQL 13 and later through libpq: transactions, statements, errors.
 *
 * A write transaction is SERIALIZABLE, which is what jobs written for SQLite's one writer expect when several
 * replicas write; every statement of it has a savepoint, sent in the same pipeline, so that a violated constraint does
 * not end the job. A read is one REPEATABLE READ snapshot that begins with its first statement. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_db_dialect.h"
#include "es_db_pg_wire.h"
#include "es_log.h"
#include "es_text.h"

#define MIGRATION_WAIT_MS (INT64_C(10) * 60 * 1000)
#define VERDICT_TRIES 50
#define VERDICT_PAUSE_MS 100

struct pg_rows {
	struct es_rows base;
	PGresult *result;
	int at; /* row; -1 before the first */
	bool prepared;
};

struct pg_conn {
	struct es_db_conn base;
	struct pg_wire wire;
	bool begun;                     /* a reader's transaction exists on the server */
	char ticket[ES_DB_TICKET_SIZE]; /* of the writer's transaction: its xid8 in decimal */
	struct pg_rows rows[];
};

static struct pg_conn *pg_conn_of(struct es_db_conn *conn)
{
	return (struct pg_conn *)conn;
}

static const struct pg_rows *pg_rows_of(const struct es_rows *rows)
{
	return (const struct pg_rows *)rows;
}

/* ---- errors ---- */

/* By the longest matching start of SQLSTATE (PostgreSQL appendix A). */
static const struct {
	const char *state;
	es_status status;
	enum es_db_fault fault;
} translations[] = {
	{ "23", ES_CONFLICT, ES_DB_SOUND },       /* integrity constraint violation */
	{ "22", ES_MALFORMED, ES_DB_SOUND },      /* data exception */
	{ "40", ES_UNAVAILABLE, ES_DB_AGAIN },    /* serialization failure, deadlock */
	{ "53", ES_UNAVAILABLE, ES_DB_SOUND },    /* disk full, too many connections */
	{ "54", ES_TOO_LARGE, ES_DB_SOUND },      /* program limit exceeded */
	{ "55P03", ES_UNAVAILABLE, ES_DB_SOUND }, /* lock_timeout */
	{ "57014", ES_TIMEOUT, ES_DB_SOUND },     /* statement_timeout */
	{ "57P", ES_UNAVAILABLE, ES_DB_LOST },    /* shutdown, crash, still starting */
	{ "08", ES_UNAVAILABLE, ES_DB_LOST },     /* connection exception */
	{ "25P03", ES_UNAVAILABLE, ES_DB_LOST },  /* idle_in_transaction_session_timeout */
	{ "0A000", ES_UNAVAILABLE, ES_DB_LOST },  /* cached plan must not change result type: prepared before a migration */
	{ "26000", ES_UNAVAILABLE, ES_DB_LOST },  /* prepared statement gone: a pooler changed the server under us */
};

/* `state` NULL: no answer at all. */
static es_status classify(struct pg_conn *conn, const char *state)
{
	es_status status = state == NULL ? ES_UNAVAILABLE : ES_INTERNAL;
	enum es_db_fault fault = ES_DB_SOUND;

	for (size_t i = 0; state != NULL && i < ES_COUNT(translations); i++) {
		if (strncmp(state, translations[i].state, strlen(translations[i].state)) != 0)
			continue;
		status = translations[i].status;
		fault = translations[i].fault;
	}
	if (state == NULL || PQstatus(conn->wire.pg) == CONNECTION_BAD)
		fault = ES_DB_LOST;
	if (fault > conn->base.fault)
		conn->base.fault = fault;
	return status;
}

/* Classifies, and logs what a status cannot say: SQLSTATE alone, as PostgreSQL's messages quote values. Conflicts
 * are the jobs' business, and what is run again is no failure yet. */
static es_status fail(struct pg_conn *conn, const char *state)
{
	const es_status status = classify(conn, state);

	if (status != ES_CONFLICT && conn->base.fault != ES_DB_AGAIN)
		es_warn(NULL, "db.postgresql_failed", es_f_status(status), es_f_str("sqlstate", state));
	return status;
}

/* Plain SQL without parameters. `answer` (may be NULL) gets the first column of the last row, cut at its size. */
static es_status simple_with(struct pg_conn *conn, const char *sql, char *answer, size_t answer_size,
                             es_status (*on_failure)(struct pg_conn *conn, const char *state))
{
	ES_CLEANUP(pg_result_cleanup) PGresult *result = NULL;

	if (!pg_wire_simple(&conn->wire, sql, &result))
		return on_failure(conn, NULL);
	if (!pg_result_is_ok(result))
		return on_failure(conn, pg_result_state(result));
	if (answer != NULL && PQntuples(result) > 0 && PQnfields(result) > 0)
		(void)snprintf(answer, answer_size, "%s", PQgetvalue(result, PQntuples(result) - 1, 0));
	return ES_OK;
}

static es_status simple(struct pg_conn *conn, const char *sql, char *answer, size_t answer_size)
{
	return simple_with(conn, sql, answer, answer_size, fail);
}

/* ---- opening ---- */

static void pg_close(struct es_db_conn *base)
{
	struct pg_conn *conn = pg_conn_of(base);

	for (size_t i = 0; i < base->plan->count; i++)
		PQclear(conn->rows[i].result);
	pg_wire_close(&conn->wire);
	free(conn);
}

static es_status set_up_session(struct pg_conn *conn)
{
	const struct es_db_plan *plan = conn->base.plan;
	char sql[384];

	for (size_t i = 0; i < plan->count; i++)
		conn->rows[i].prepared = false;
	(void)snprintf(
		sql, sizeof sql,
		"SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = error;"
		"SET statement_timeout = %u; SET lock_timeout = %u; SET idle_in_transaction_session_timeout = %u;%s",
		plan->timeout_ms, plan->timeout_ms, 2 * plan->timeout_ms + 10000,
		plan->relaxed ? "SET synchronous_commit = off;" : "");
	conn->base.fault = ES_DB_SOUND;
	return simple(conn, sql, NULL, 0);
}

static es_status pg_open(const struct es_db_plan *plan, bool writer, struct es_db_conn **out, struct es_buf *error)
{
	struct pg_conn *conn = calloc(1, sizeof *conn + plan->count * sizeof *conn->rows);

	if (conn == NULL)
		return ES_TOO_LARGE;
	conn->base.plan = plan;
	conn->base.writer = writer;
	for (size_t i = 0; i < plan->count; i++)
		conn->rows[i].base = (struct es_rows){ .conn = &conn->base, .stmt = i };

	/* The server ends a statement first; this bound is for a server that hangs. */
	if (pg_wire_open(&conn->wire, plan->url, (int64_t)plan->timeout_ms + 2000, error) &&
	    set_up_session(conn) == ES_OK) {
		*out = &conn->base;
		return ES_OK;
	}
	if (error->len == 0)
		es_put_str(error, "PostgreSQL accepted the connection and did not answer");
	pg_close(&conn->base);
	return ES_UNAVAILABLE;
}

static es_status pg_ping(struct es_db_conn *base)
{
	return simple(pg_conn_of(base), "SELECT 1", NULL, 0);
}

/* ---- migrations ---- */

/* At the start whoever reads `error` is told everything, and the log nothing. */
static es_status pg_migrate_run(struct es_db_conn *base, const char *sql, struct es_buf *error)
{
	struct pg_conn *conn = pg_conn_of(base);
	const es_status status = simple_with(conn, sql, NULL, 0, classify);

	if (status != ES_OK)
		es_put_printf(error, "PostgreSQL: %s", PQerrorMessage(conn->wire.pg));
	return status;
}

/* The number in the lock is "openes" in ASCII. */
static es_status pg_migrate_begin(struct es_db_conn *base, int *version, struct es_buf *error)
{
	struct pg_conn *conn = pg_conn_of(base);
	const int64_t usual = conn->wire.wait_ms;
	char answer[16] = "0";

	conn->wire.wait_ms = MIGRATION_WAIT_MS;
	es_status status = pg_migrate_run(base,
	                                  "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0;"
	                                  "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(122511465732467)",
	                                  error);
	conn->wire.wait_ms = usual;
	if (status == ES_OK)
		status = pg_migrate_run(base, "CREATE TABLE IF NOT EXISTS es_schema (version BIGINT NOT NULL)", error);
	if (status == ES_OK)
		status = simple(conn, "SELECT coalesce(max(version), 0) FROM es_schema", answer, sizeof answer);
	if (status == ES_OK)
		*version = (int)strtol(answer, NULL, 10);
	return status;
}

static es_status pg_migrate_commit(struct es_db_conn *base, int version, struct es_buf *error)
{
	char sql[128];

	(void)snprintf(sql, sizeof sql, "DELETE FROM es_schema; INSERT INTO es_schema VALUES (%d)", version);
	ES_TRY(pg_migrate_run(base, sql, error));
	return pg_migrate_run(base, "COMMIT", error);
}

/* ---- transactions ---- */

static es_status pg_begin(struct es_db_conn *base)
{
	struct pg_conn *conn = pg_conn_of(base);

	base->fault = ES_DB_SOUND;
	conn->begun = false;
	if (!base->writer)
		return ES_OK;
	return simple(conn, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_current_xact_id()", conn->ticket,
	              sizeof conn->ticket);
}

static void pg_rollback(struct es_db_conn *base)
{
	struct pg_conn *conn = pg_conn_of(base);

	if (base->fault != ES_DB_LOST && PQtransactionStatus(conn->wire.pg) != PQTRANS_IDLE)
		(void)simple(conn, "ROLLBACK", NULL, 0);
}

static es_status pg_commit(struct es_db_conn *base)
{
	struct pg_conn *conn = pg_conn_of(base);
	ES_CLEANUP(pg_result_cleanup) PGresult *result = NULL;

	if (!pg_wire_simple(&conn->wire, "COMMIT", &result))
		return fail(conn, NULL);
	if (!pg_result_is_ok(result)) {
		const es_status status = fail(conn, pg_result_state(result));
		if (base->fault == ES_DB_SOUND)
			base->fault = ES_DB_GONE;
		return status;
	}
	/* COMMIT of an aborted transaction succeeds, saying ROLLBACK. */
	if (strcmp(PQcmdStatus(result), "COMMIT") == 0)
		return ES_OK;
	base->fault = ES_DB_GONE;
	return ES_INTERNAL;
}

static es_status pg_savepoint(struct es_db_conn *base)
{
	return simple(pg_conn_of(base), "SAVEPOINT es_job", NULL, 0);
}

static es_status pg_release(struct es_db_conn *base)
{
	return simple(pg_conn_of(base), "RELEASE SAVEPOINT es_job", NULL, 0);
}

static es_status pg_rollback_to(struct es_db_conn *base)
{
	return simple(pg_conn_of(base), "ROLLBACK TO SAVEPOINT es_job; RELEASE SAVEPOINT es_job", NULL, 0);
}

static void pg_ticket(struct es_db_conn *base, char out[ES_DB_TICKET_SIZE])
{
	memcpy(out, pg_conn_of(base)->ticket, ES_DB_TICKET_SIZE);
}

/* The old session may be alive for a moment longer than its connection. */
static enum es_db_verdict pg_verdict(struct es_db_conn *base, const char *ticket)
{
	char sql[96], answer[16];

	(void)snprintf(sql, sizeof sql, "SELECT pg_xact_status('%s'::xid8)", ticket);
	for (int i = 0; i < VERDICT_TRIES; i++) {
		answer[0] = '\0';
		if (simple(pg_conn_of(base), sql, answer, sizeof answer) != ES_OK)
			return ES_DB_UNKNOWN;
		if (strcmp(answer, "committed") == 0)
			return ES_DB_COMMITTED;
		if (strcmp(answer, "aborted") == 0)
			return ES_DB_NOT_COMMITTED;
		if (strcmp(answer, "in progress") != 0)
			return ES_DB_UNKNOWN;
		pg_wire_pause(VERDICT_PAUSE_MS);
	}
	return ES_DB_UNKNOWN;
}

/* ---- statements ---- */

struct params {
	const char *values[ES_DB_PARAMS_MAX];
	int lengths[ES_DB_PARAMS_MAX], formats[ES_DB_PARAMS_MAX]; /* 1: octets as they are */
	char numbers[ES_DB_PARAMS_MAX][24];
};

static es_status set_params(const struct es_bind *binds, size_t count, struct params *p)
{
	for (size_t i = 0; i < count; i++) {
		const struct es_bind *b = &binds[i];
		p->values[i] = NULL;
		p->lengths[i] = 0;
		p->formats[i] = 0;
		if (b->kind == ES_BIND_INT) {
			(void)snprintf(p->numbers[i], sizeof p->numbers[i], "%lld", (long long)b->number);
			p->values[i] = p->numbers[i];
		} else if (b->kind != ES_BIND_NULL) {
			if (b->bytes.len > INT_MAX)
				return ES_TOO_LARGE;
			p->values[i] = b->bytes.ptr == NULL ? "" : (const char *)b->bytes.ptr;
			p->lengths[i] = (int)b->bytes.len;
			p->formats[i] = 1;
		}
	}
	return ES_OK;
}

static const char *statement_name(size_t stmt, char out[24])
{
	(void)snprintf(out, 24, "s%zu", stmt);
	return out;
}

/* What goes around a statement: a reader's transaction begins with its first one; a writer's have a savepoint each. */
static struct pg_batch batch_around(const struct pg_conn *conn)
{
	if (conn->base.writer)
		return (struct pg_batch){ .before = "SAVEPOINT es_stmt", .after = "RELEASE SAVEPOINT es_stmt" };
	return (struct pg_batch){ .before = conn->begun ? NULL : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
}

static es_status run_once(struct pg_conn *conn, size_t stmt, const struct params *p, size_t count, PGresult **out)
{
	struct pg_batch batch = batch_around(conn);
	ES_CLEANUP(pg_result_cleanup) PGresult *result = NULL;
	char name[24];

	batch.name = statement_name(stmt, name);
	batch.prepare = conn->rows[stmt].prepared ? NULL : conn->base.plan->sql[stmt];
	batch.param_count = (int)count;
	batch.values = p->values;
	batch.lengths = p->lengths;
	batch.formats = p->formats;
	if (!pg_wire_batch(&conn->wire, &batch, &result))
		return fail(conn, NULL);
	if (batch.is_prepared)
		conn->rows[stmt].prepared = true;
	if (!conn->base.writer)
		conn->begun = true;
	if (pg_result_is_ok(result)) {
		*out = ES_TAKE(result);
		return ES_OK;
	}
	const es_status status = fail(conn, pg_result_state(result));
	if (conn->base.writer && conn->base.fault == ES_DB_SOUND &&
	    simple(conn, "ROLLBACK TO SAVEPOINT es_stmt; RELEASE SAVEPOINT es_stmt", NULL, 0) != ES_OK)
		conn->base.fault = conn->base.fault == ES_DB_SOUND ? ES_DB_GONE : conn->base.fault;
	return status;
}

/* An idle reading connection may have died long ago; the first statement of a read finds out, and tries a new one. */
static es_status run(struct pg_conn *conn, size_t stmt, const struct es_bind *binds, size_t count, PGresult **out)
{
	const bool is_first = !conn->base.writer && !conn->begun;
	struct params p;

	if (conn->base.fault != ES_DB_SOUND)
		return ES_UNAVAILABLE;
	ES_TRY(set_params(binds, count, &p));
	const es_status status = run_once(conn, stmt, &p, count, out);
	if (status == ES_OK || !is_first || conn->base.fault != ES_DB_LOST)
		return status;
	conn->begun = false;
	if (!pg_wire_reopen(&conn->wire) || set_up_session(conn) != ES_OK) {
		conn->base.fault = ES_DB_LOST;
		return ES_UNAVAILABLE;
	}
	return run_once(conn, stmt, &p, count, out);
}

static es_status pg_check(struct es_db_conn *base, size_t stmt, struct es_buf *error)
{
	struct pg_conn *conn = pg_conn_of(base);
	struct pg_batch batch = { .prepare = base->plan->sql[stmt] };
	ES_CLEANUP(pg_result_cleanup) PGresult *result = NULL;
	char name[24];

	batch.name = statement_name(stmt, name);
	if (!pg_wire_batch(&conn->wire, &batch, &result)) {
		es_put_str(error, "PostgreSQL did not answer");
		return classify(conn, NULL);
	}
	conn->rows[stmt].prepared = batch.is_prepared;
	if (batch.is_prepared)
		return ES_OK;
	es_put_printf(error, "%s", PQresultErrorMessage(result));
	return classify(conn, pg_result_state(result));
}

static es_status pg_query(struct es_db_conn *base, size_t stmt, const struct es_bind *binds, size_t count,
                          struct es_rows **out)
{
	struct pg_conn *conn = pg_conn_of(base);
	struct pg_rows *rows = &conn->rows[stmt];

	assert(!rows->base.running);
	ES_TRY(run(conn, stmt, binds, count, &rows->result));
	rows->at = -1;
	*out = &rows->base;
	return ES_OK;
}

static void pg_finish(struct es_rows *base)
{
	struct pg_rows *rows = (struct pg_rows *)base;

	PQclear(rows->result);
	rows->result = NULL;
}

static es_status pg_next(struct es_rows *base)
{
	struct pg_rows *rows = (struct pg_rows *)base;

	if (++rows->at < PQntuples(rows->result))
		return ES_OK;
	pg_finish(base);
	return ES_NOT_FOUND;
}

static es_status pg_exec(struct es_db_conn *base, size_t stmt, const struct es_bind *binds, size_t count,
                         int64_t *changed)
{
	ES_CLEANUP(pg_result_cleanup) PGresult *result = NULL;

	ES_TRY(run(pg_conn_of(base), stmt, binds, count, &result));
	if (es_parse_i64(es_slice_str(PQcmdTuples(result)), 0, INT64_MAX, changed) != ES_OK)
		*changed = 0; /* a command that does not count rows */
	return ES_OK;
}

/* ---- columns ---- */

static int64_t pg_col_int(const struct es_rows *base, int column)
{
	const struct pg_rows *rows = pg_rows_of(base);

	return pg_result_int(rows->result, rows->at, column);
}

static bool pg_col_is_null(const struct es_rows *base, int column)
{
	const struct pg_rows *rows = pg_rows_of(base);

	return PQgetisnull(rows->result, rows->at, column) != 0;
}

static struct es_slice pg_col_bytes(const struct es_rows *base, int column, bool text)
{
	const struct pg_rows *rows = pg_rows_of(base);

	(void)text; /* both are the octets themselves in the binary format */
	if (PQgetisnull(rows->result, rows->at, column))
		return (struct es_slice){ NULL, 0 };
	return es_slice_of(PQgetvalue(rows->result, rows->at, column), (size_t)PQgetlength(rows->result, rows->at, column));
}

const struct es_db_engine es_db_pg_engine = {
	.translate = es_db_dialect_to_pg,
	.max_readers = 0,
	.reads_block = true,
	.open = pg_open,
	.close = pg_close,
	.ping = pg_ping,
	.check = pg_check,
	.migrate_begin = pg_migrate_begin,
	.migrate_run = pg_migrate_run,
	.migrate_commit = pg_migrate_commit,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.savepoint = pg_savepoint,
	.release = pg_release,
	.rollback_to = pg_rollback_to,
	.ticket = pg_ticket,
	.verdict = pg_verdict,
	.query = pg_query,
	.next = pg_next,
	.finish = pg_finish,
	.exec = pg_exec,
	.col_int = pg_col_int,
	.col_is_null = pg_col_is_null,
	.col_bytes = pg_col_bytes,
};
