/* es_db_pg_wire.h -- one libpq connection with every wait bounded. Internal to lib/db.
 *
 * libpq's own calls wait for ever when a server hangs (its kernel still acknowledges); here each answer has a deadline,
 * and false means that the connection is of no more use. */
#ifndef ES_DB_PG_WIRE_H
#define ES_DB_PG_WIRE_H

#include <libpq-fe.h>

#include "es_db_engine.h"

struct pg_wire {
	PGconn *pg;
	int64_t wait_ms; /* for one answer */
};

/* One round trip: before, prepare, execute, after, as far as they are there. */
struct pg_batch {
	const char *before, *after;
	const char *name;    /* of the prepared statement */
	const char *prepare; /* its SQL when it has still to be prepared */
	int param_count;
	const char *const *values; /* NULL: do not execute */
	const int *lengths, *formats;
	bool is_prepared; /* out: the preparation succeeded */
};

bool pg_wire_open(struct pg_wire *wire, const char *url, int64_t wait_ms, struct es_buf *error);
bool pg_wire_reopen(struct pg_wire *wire);
void pg_wire_close(struct pg_wire *wire);
void pg_wire_pause(int64_t ms);

/* The simple protocol: one or several commands. Gives the last result, or the first that failed. */
bool pg_wire_simple(struct pg_wire *wire, const char *sql, PGresult **out);
/* Gives the result of the execution, or the first that failed. */
bool pg_wire_batch(struct pg_wire *wire, struct pg_batch *batch, PGresult **out);

bool pg_result_is_ok(const PGresult *result);
/* SQLSTATE; NULL when the connection, not the server, failed. */
const char *pg_result_state(const PGresult *result);
int64_t pg_result_int(const PGresult *result, int row, int column);
void pg_result_cleanup(PGresult **result);

#endif
