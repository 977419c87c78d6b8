/* policy_engine_lines.c -- POLICY_LINES: the lines that a change of a tenant or plan concerns, page by page, or one. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_engine.h"

#define LINES_MAX 500 /* of one answer: with all their applications a tenth of a bus frame */
#define LINE_APPS_MAX 32

struct listing {
	const Openes__LinesRequest *request;
	struct es_arena *arena;
	Openes__LinesReply *reply;
	Openes__Line *last; /* the line that was begun */
	uint32_t limit, read;
	const char *reached;
};

/* Digits alone, as an SMSC wants them. */
static char *digits_of(const char *msisdn, struct es_arena *arena)
{
	return es_arena_strdup(arena, es_slice_str(msisdn[0] == '+' ? msisdn + 1 : msisdn));
}

static es_status begin_line(struct listing *l, const struct policy_woken *row)
{
	Openes__Line *line = es_arena_alloc(l->arena, sizeof *line);

	l->last = NULL;
	l->reached = es_arena_strdup(l->arena, es_slice_str(row->imsi));
	if (line == NULL || l->reached == NULL || l->read == l->limit)
		return ES_TOO_LARGE;
	l->read++;
	if (row->status == POLICY_TERMINATED)
		return ES_OK;
	openes__line__init(line);
	line->imsi = es_arena_strdup(l->arena, es_slice_str(row->imsi));
	line->msisdn = digits_of(row->msisdn, l->arena);
	line->apps = es_arena_array(l->arena, LINE_APPS_MAX, sizeof *line->apps);
	if (line->imsi == NULL || line->msisdn == NULL || line->apps == NULL)
		return ES_TOO_LARGE;
	l->reply->lines[l->reply->n_lines++] = l->last = line;
	return ES_OK;
}

/* Rows of a line come one after the other, one for each application. */
static es_status take(const struct policy_woken *row, void *user)
{
	struct listing *l = user;

	if (l->reached == NULL || strcmp(l->reached, row->imsi) != 0)
		ES_TRY(begin_line(l, row));
	if (l->last == NULL || row->app[0] == '\0' || l->last->n_apps == LINE_APPS_MAX)
		return ES_OK;
	char *app = es_arena_strdup(l->arena, es_slice_str(row->app));
	if (app == NULL)
		return ES_TOO_LARGE;
	l->last->apps[l->last->n_apps++] = app;
	return ES_OK;
}

static es_status read_page(struct es_db_conn *conn, void *user)
{
	struct listing *l = user;
	const Openes__LinesRequest *r = l->request;
	ES_CLEANUP(es_arena_done) struct es_arena *row = es_arena_new(0, 4096);

	l->last = NULL;
	l->reached = NULL;
	l->read = 0;
	l->reply->n_lines = 0;
	if (row == NULL)
		return ES_TOO_LARGE;
	if (r->count)
		ES_TRY(policy_row_woken_count(conn, r->tenant, r->plan, &l->reply->total));
	if (r->imsi[0] != '\0')
		return policy_row_woken_line(conn, r->tenant, r->imsi, row, take, l);
	return policy_row_woken(conn, r->tenant, r->plan, r->after, l->limit, row, take, l);
}

es_status policy_serve_lines(struct policy_engine *engine, const Openes__LinesRequest *request, struct es_arena *arena,
                             Openes__LinesReply *reply)
{
	struct listing l = { .request = request, .arena = arena, .reply = reply };
	bool is_one = request->imsi[0] != '\0';

	if (request->tenant[0] == '\0' || (is_one && request->count))
		return ES_MALFORMED;
	l.limit = is_one ? 1 : request->limit == 0 || request->limit > LINES_MAX ? LINES_MAX : request->limit;
	reply->lines = es_arena_array(arena, l.limit, sizeof(Openes__Line *));
	if (reply->lines == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_db_read(policy_store_db(engine->store), read_page, &l));
	if (!is_one && l.read == l.limit) {
		reply->reached = es_arena_strdup(arena, es_slice_str(l.reached));
		return reply->reached != NULL ? ES_OK : ES_TOO_LARGE;
	}
	return ES_OK;
}
