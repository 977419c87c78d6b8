/* es_db_pg_wire.c -- libpq without its unbounded waits: connect, simple queries, pipelined batches, binary results. */
#include "es_db_pg_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "es_clock.h"
#include "es_reader.h"

/* PostgreSQL's pg_type.dat. */
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_NUMERIC = 1700 };
#define NUMERIC_NEGATIVE 0x4000

static void ignore_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static bool finish_open(struct pg_wire *wire)
{
	if (PQstatus(wire->pg) != CONNECTION_OK)
		return false;
	(void)PQsetNoticeProcessor(wire->pg, ignore_notice, NULL);
	return PQsetnonblocking(wire->pg, 1) == 0;
}

/* The URL stands last, so that it may say otherwise. */
bool pg_wire_open(struct pg_wire *wire, const char *url, int64_t wait_ms, struct es_buf *error)
{
	const char *const keys[] = { "fallback_application_name",
		                         "connect_timeout",
		                         "keepalives",
		                         "keepalives_idle",
		                         "keepalives_interval",
		                         "keepalives_count",
		                         "tcp_user_timeout",
		                         "dbname",
		                         NULL };
	const char *const values[] = { "openes", "5", "1", "10", "5", "3", "15000", url, NULL };

	wire->wait_ms = wait_ms;
	wire->pg = PQconnectdbParams(keys, values, 1);
	if (wire->pg != NULL && finish_open(wire))
		return true;
	es_put_printf(error, "cannot connect to PostgreSQL: %s",
	              wire->pg == NULL ? "out of memory" : PQerrorMessage(wire->pg));
	return false;
}

bool pg_wire_reopen(struct pg_wire *wire)
{
	PQreset(wire->pg);
	return finish_open(wire);
}

void pg_wire_close(struct pg_wire *wire)
{
	PQfinish(wire->pg);
	wire->pg = NULL;
}

void pg_wire_pause(int64_t ms)
{
	(void)poll(NULL, 0, (int)ms);
}

void pg_result_cleanup(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}

bool pg_result_is_ok(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

const char *pg_result_state(const PGresult *result)
{
	return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/* ---- one answer ---- */

/* Sends what is unsent and waits until an answer is complete. */
static bool wait_answer(struct pg_wire *wire, int64_t until_ms)
{
	for (;;) {
		const int unsent = PQflush(wire->pg);
		if (unsent < 0)
			return false;
		if (unsent == 0 && !PQisBusy(wire->pg))
			return true;
		const int64_t left = until_ms - es_mono_ms();
		struct pollfd fd = { .fd = PQsocket(wire->pg), .events = (short)(POLLIN | (unsent ? POLLOUT : 0)) };
		if (left <= 0 || fd.fd < 0)
			return false;
		if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
			return false;
		if ((fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && PQconsumeInput(wire->pg) == 0)
			return false;
	}
}

/* `*out` NULL: the command has no more results. */
static bool next_result(struct pg_wire *wire, int64_t until_ms, PGresult **out)
{
	if (!wait_answer(wire, until_ms))
		return false;
	*out = PQgetResult(wire->pg);
	return true;
}

/* Of all results the first failed one counts, else the last of those that matter. */
static void choose(PGresult **kept, PGresult *result, bool matters)
{
	const bool is_decided = *kept != NULL && !pg_result_is_ok(*kept);

	if (is_decided || (!matters && pg_result_is_ok(result))) {
		PQclear(result);
		return;
	}
	PQclear(*kept);
	*kept = result;
}

bool pg_wire_simple(struct pg_wire *wire, const char *sql, PGresult **out)
{
	const int64_t until_ms = es_mono_ms() + wire->wait_ms;
	PGresult *kept = NULL, *result = NULL;
	bool answered = PQsendQuery(wire->pg, sql) == 1;

	while (answered) {
		answered = next_result(wire, until_ms, &result);
		if (answered && result == NULL)
			break;
		if (answered)
			choose(&kept, result, true);
	}
	if (answered && kept != NULL) {
		*out = kept;
		return true;
	}
	PQclear(kept);
	return false;
}

/* ---- a pipeline: several commands, one round trip ---- */

static bool send_plain(struct pg_wire *wire, const char *sql)
{
	return sql == NULL || PQsendQueryParams(wire->pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static bool send_batch(struct pg_wire *wire, const struct pg_batch *b)
{
	if (PQenterPipelineMode(wire->pg) != 1 || !send_plain(wire, b->before))
		return false;
	if (b->prepare != NULL && PQsendPrepare(wire->pg, b->name, b->prepare, 0, NULL) != 1)
		return false;
	if (b->values != NULL &&
	    PQsendQueryPrepared(wire->pg, b->name, b->param_count, b->values, b->lengths, b->formats, 1) != 1)
		return false;
	return send_plain(wire, b->after) && PQpipelineSync(wire->pg) == 1;
}

/* One command of the pipeline: a result, then NULL. */
static bool receive_one(struct pg_wire *wire, int64_t until_ms, PGresult **out)
{
	PGresult *end = NULL;

	if (!next_result(wire, until_ms, out) || *out == NULL)
		return false;
	const bool ended = next_result(wire, until_ms, &end) && end == NULL;
	PQclear(end);
	return ended;
}

static bool receive_sync(struct pg_wire *wire, int64_t until_ms)
{
	PGresult *result = NULL;

	if (!next_result(wire, until_ms, &result))
		return false;
	const bool is_sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
	PQclear(result);
	return is_sync && PQexitPipelineMode(wire->pg) == 1;
}

bool pg_wire_batch(struct pg_wire *wire, struct pg_batch *b, PGresult **out)
{
	const int64_t until_ms = es_mono_ms() + wire->wait_ms;
	const struct {
		bool is_there, is_preparation, matters;
	} commands[] = {
		{ b->before != NULL, false, false },
		{ b->prepare != NULL, true, b->values == NULL },
		{ b->values != NULL, false, true },
		{ b->after != NULL, false, false },
	};
	PGresult *kept = NULL;
	bool received = send_batch(wire, b);

	for (size_t i = 0; received && i < sizeof commands / sizeof *commands; i++) {
		PGresult *result = NULL;
		if (!commands[i].is_there)
			continue;
		received = receive_one(wire, until_ms, &result);
		if (received && commands[i].is_preparation)
			b->is_prepared = pg_result_is_ok(result);
		choose(&kept, result, commands[i].matters);
	}
	if (received && receive_sync(wire, until_ms) && kept != NULL) {
		*out = kept;
		return true;
	}
	PQclear(kept);
	return false;
}

/* ---- binary results ---- */

/* Digits are base 10000, `weight` is the exponent of the first. What sum() of a BIGINT gives. */
static int64_t numeric_to_int(struct es_reader r)
{
	const unsigned digits = es_read_u16(&r);
	int weight = (int16_t)es_read_u16(&r);
	const bool negative = es_read_u16(&r) == NUMERIC_NEGATIVE;
	uint64_t value = 0;

	(void)es_read_u16(&r); /* digits shown after the point */
	for (unsigned i = 0; weight >= 0; i++, weight--)
		value = value * 10000 + (i < digits ? es_read_u16(&r) : 0);
	return negative ? -(int64_t)value : (int64_t)value;
}

int64_t pg_result_int(const PGresult *result, int row, int column)
{
	struct es_reader r =
		es_reader_of(es_slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)));

	if (PQgetisnull(result, row, column))
		return 0;
	switch (PQftype(result, column)) {
	case OID_BOOL: return es_read_u8(&r);
	case OID_INT2: return (int16_t)es_read_u16(&r);
	case OID_INT4: return (int32_t)es_read_u32(&r);
	case OID_INT8: return (int64_t)es_read_u64(&r);
	case OID_NUMERIC: return numeric_to_int(r);
	default: abort(); /* a bug: es_col_int of a column that is not a number */
	}
}
