/* es_db_dialect.h -- from SQLite's words to PostgreSQL's, token by token. Pure.
 *
 * Strings, quoted names and comments pass unchanged. Rewritten: ?N to $N, INTEGER to BIGINT, INTEGER PRIMARY KEY
 * [AUTOINCREMENT] to an identity column, BLOB to BYTEA, REAL to DOUBLE PRECISION, x'00ff' to a bytea literal; STRICT and
 * WITHOUT ROWID after a table's columns are dropped. */
#ifndef ES_DB_DIALECT_H
#define ES_DB_DIALECT_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#define ES_DB_PARAMS_MAX 32

/* Highest N of the ?N in it. ES_MALFORMED: a bare '?', ?0, above ES_DB_PARAMS_MAX, a gap below the highest, or an
 * unfinished string or comment. */
es_status es_db_dialect_params(struct es_slice sql, unsigned *out) ES_MUST_USE;

/* Appends the translation. ES_MALFORMED: an unfinished string or comment; ES_TOO_LARGE: `out` is full. */
es_status es_db_dialect_to_pg(struct es_slice sql, struct es_buf *out) ES_MUST_USE;

#endif
