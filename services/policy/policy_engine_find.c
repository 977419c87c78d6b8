/* policy_engine_find.c -- POLICY_FIND: who is this, when it is not the SIM that says so? */
#include "policy_engine.h"

struct finding {
	const Openes__FindRequest *request;
	struct es_arena *scratch, *arena;
	struct policy_subscriber line; /* in `arena` */
	size_t count;
};

static es_status by_imsi(struct es_db_conn *conn, void *user)
{
	struct finding *f = user;
	uint64_t version;

	f->count = 0;
	es_status status = policy_row_subscriber(conn, f->request->tenant, f->request->imsi, f->arena, &f->line, &version);
	if (status == ES_OK)
		f->count = 1;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* The rows' memory is reset with each of them: what is needed of the first is copied. */
static es_status take_line(const struct policy_subscriber *line, void *user)
{
	struct finding *f = user;

	if (f->count++ > 0)
		return ES_OK;
	f->line = (struct policy_subscriber){ .status = line->status, .epoch = line->epoch };
	f->line.imsi = es_arena_strdup(f->arena, es_slice_str(line->imsi));
	f->line.msisdn = es_arena_strdup(f->arena, es_slice_str(line->msisdn));
	return f->line.imsi != NULL && f->line.msisdn != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status by_msisdn(struct es_db_conn *conn, void *user)
{
	struct finding *f = user;
	const struct policy_filter filter = {
		.after = "", .msisdn = f->request->msisdn, .plan = "", .status = -1, .limit = 2
	};

	f->count = 0;
	return policy_row_subscribers(conn, f->request->tenant, &filter, f->scratch, take_line, f);
}

es_status policy_serve_find(struct policy_engine *engine, const Openes__FindRequest *request, struct es_arena *arena,
                            Openes__FindReply *reply)
{
	struct finding f = { .request = request, .arena = arena };
	bool has_imsi = request->imsi[0] != '\0', has_msisdn = request->msisdn[0] != '\0';

	if (request->tenant[0] == '\0' || has_imsi == has_msisdn)
		return ES_MALFORMED;
	f.scratch = es_arena_new(0, 64u << 10);
	if (f.scratch == NULL)
		return ES_TOO_LARGE;
	es_status status = es_db_read(policy_store_db(engine->store), has_imsi ? by_imsi : by_msisdn, &f);
	es_arena_free(f.scratch);
	ES_TRY(status);
	if (f.count != 1) {
		reply->outcome = OPENES__FIND_REPLY__OUTCOME__UNKNOWN;
		return ES_OK;
	}
	bool terminated = f.line.status == POLICY_TERMINATED;
	reply->outcome = terminated ? OPENES__FIND_REPLY__OUTCOME__TERMINATED : OPENES__FIND_REPLY__OUTCOME__FOUND;
	reply->imsi = es_arena_strdup(arena, es_slice_str(has_imsi ? request->imsi : f.line.imsi));
	reply->msisdn = es_arena_strdup(arena, es_slice_str(f.line.msisdn));
	reply->epoch = (uint32_t)f.line.epoch;
	return reply->imsi != NULL && reply->msisdn != NULL ? ES_OK : ES_TOO_LARGE;
}
