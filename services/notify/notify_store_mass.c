/* notify_store_mass.c -- mass changes in the database: begun by events, steered by people, gone through by one process. */
#include "notify_store_mass.h"

#include <string.h>

#include "es_cleanup.h"
#include "notify_store_int.h"

const char *const notify_mass_state_names[NOTIFY_MASS_STATES] = { "",       "waiting", "running",
	                                                              "paused", "done",    "cancelled" };

/* ---- reading ---- */

static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));

	*bad = *bad || copy == NULL;
	return copy != NULL ? copy : "";
}

/* Columns in the order of MASS in notify_statements.c. */
static es_status read_mass(struct es_rows *rows, struct es_arena *arena, struct notify_mass *out)
{
	bool bad = false;

	*out = (struct notify_mass){ .id = es_col_int(rows, 0),
		                         .tenant = text(rows, 1, arena, &bad),
		                         .plan = text(rows, 2, arena, &bad),
		                         .kind = text(rows, 3, arena, &bad),
		                         .apps = text(rows, 4, arena, &bad),
		                         .state = (enum notify_mass_state)es_col_int(rows, 5),
		                         .rate = es_col_int(rows, 6),
		                         .cursor = text(rows, 7, arena, &bad),
		                         .total = es_col_int(rows, 8),
		                         .lines = es_col_int(rows, 9),
		                         .woken = es_col_int(rows, 10),
		                         .start_ms = es_col_int(rows, 11),
		                         .paced_us = es_col_int(rows, 12),
		                         .created_ms = es_col_int(rows, 13),
		                         .changed_ms = es_col_int(rows, 14),
		                         .ended_ms = es_col_int(rows, 15),
		                         .lease_until_ms = es_col_int(rows, 16),
		                         .lease = es_col_int(rows, 17),
		                         .traceparent = text(rows, 18, arena, &bad) };
	return bad ? ES_TOO_LARGE : ES_OK;
}

es_status notify_store_mass_list(struct es_db_conn *conn, const char *tenant, int64_t before, uint32_t limit,
                                 struct es_arena *arena, notify_mass_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_LIST, &rows, es_bind_str(tenant), es_bind_int(before > 0 ? before : INT64_MAX),
	                   es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct notify_mass one;
		ES_TRY(read_mass(rows, arena, &one));
		ES_TRY(each(&one, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status notify_store_mass_get(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                                struct notify_mass *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_GET, &rows, es_bind_str(tenant), es_bind_int(id)));
	ES_TRY(es_rows_next(rows));
	return read_mass(rows, arena, out);
}

/* ---- begun by an event ---- */

struct app_list {
	const char *items[NOTIFY_MASS_APPS_MAX];
	size_t count;
};

/* Kept in order; who comes when it is full is left out: policy has fewer applications than that. */
static void add_app(struct app_list *list, const char *app)
{
	size_t at = 0;

	while (at < list->count && strcmp(list->items[at], app) < 0)
		at++;
	if (app[0] == '\0' || list->count == NOTIFY_MASS_APPS_MAX ||
	    (at < list->count && strcmp(list->items[at], app) == 0))
		return;
	memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof *list->items);
	list->items[at] = app;
	list->count++;
}

/* Those of the one that is open and those of the event, as they are kept. */
static es_status unite(const char *before, const struct notify_mass_event *event, struct es_arena *arena,
                       const char **out)
{
	struct app_list list = { .count = 0 };
	struct es_slice rest = es_slice_str(before);

	while (rest.len > 0) {
		const char *app = es_arena_strdup(arena, es_slice_cut(&rest, ' '));
		if (app == NULL)
			return ES_TOO_LARGE;
		add_app(&list, app);
	}
	for (size_t i = 0; i < event->app_count; i++)
		add_app(&list, event->apps[i]);
	*out = "";
	for (size_t i = 0; i < list.count && *out != NULL; i++)
		*out = es_arena_printf(arena, "%s%s%s", *out, i > 0 ? " " : "", list.items[i]);
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status find_open(struct es_db_conn *conn, const struct notify_mass_event *event, struct es_arena *arena,
                           struct notify_mass *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_FIND_OPEN, &rows, es_bind_str(event->tenant), es_bind_str(event->plan)));
	ES_TRY(es_rows_next(rows));
	return read_mass(rows, arena, out);
}

static es_status begin(struct es_db_conn *conn, const struct notify_rules *rules, const struct notify_mass_event *event,
                       const char *apps, int64_t now_ms)
{
	const int64_t state = rules->mass_hold ? NOTIFY_MASS_PAUSED : NOTIFY_MASS_WAITING;
	const int64_t rate = rules->mass_rate > 0 ? rules->mass_rate : 1;

	return ES_DB_EXEC(conn, ST_MASS_ADD, NULL, es_bind_str(event->tenant), es_bind_str(event->plan),
	                  es_bind_str(event->kind), es_bind_str(apps), es_bind_int(state), es_bind_int(rate),
	                  es_bind_int(now_ms + rules->mass_delay), es_bind_int(now_ms), es_bind_int(event->at_ms),
	                  es_bind_str(event->traceparent));
}

/* Without that a million lines would be gone through for nothing. */
static bool wake_anybody(const struct notify_rules *rules)
{
	return rules->order != NOTIFY_NOBODY &&
	       (rules->apns[0] != '\0' || rules->fcm[0] != '\0' || rules->wns[0] != '\0' || rules->sms[0] != '\0');
}

es_status notify_store_mass_start(struct es_db_conn *conn, const struct notify_rules *rules,
                                  const struct notify_mass_event *event, int64_t now_ms)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct notify_mass open = { .apps = "" };
	const char *apps = NULL;

	if (arena == NULL)
		return ES_TOO_LARGE;
	if (event->app_count == 0 || !wake_anybody(rules))
		return ES_OK;
	const es_status found = find_open(conn, event, arena, &open);
	if (found != ES_OK && found != ES_NOT_FOUND)
		return found;
	ES_TRY(unite(open.apps, event, arena, &apps));
	if (found == ES_NOT_FOUND)
		return begin(conn, rules, event, apps, now_ms);
	const int64_t state = open.state == NOTIFY_MASS_PAUSED ? NOTIFY_MASS_PAUSED : NOTIFY_MASS_WAITING;
	return ES_DB_EXEC(conn, ST_MASS_AGAIN, NULL, es_bind_int(open.id), es_bind_str(event->kind), es_bind_str(apps),
	                  es_bind_int(state), es_bind_int(now_ms + rules->mass_delay), es_bind_int(event->at_ms),
	                  es_bind_str(event->traceparent));
}

es_status notify_store_mass_near(struct es_db_conn *conn, const char *tenant, int64_t since_ms, bool *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_NEAR, &rows, es_bind_str(tenant), es_bind_int(since_ms)));
	const es_status status = es_rows_next(rows);
	*out = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- by people ---- */

/* `changed` rows of one that is open; none: it has ended, or there is none. */
static es_status one_open(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t changed)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	if (changed > 0)
		return ES_OK;
	ES_TRY(ES_DB_QUERY(conn, ST_MASS_STATE, &rows, es_bind_str(tenant), es_bind_int(id)));
	ES_TRY(es_rows_next(rows));
	return es_col_int(rows, 0) >= NOTIFY_MASS_DONE ? ES_CONFLICT : ES_OK;
}

es_status notify_store_mass_pause(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms)
{
	int64_t changed = 0;

	(void)now_ms;
	ES_TRY(ES_DB_EXEC(conn, ST_MASS_PAUSE, &changed, es_bind_str(tenant), es_bind_int(id)));
	return one_open(conn, tenant, id, changed);
}

es_status notify_store_mass_resume(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_MASS_RESUME, &changed, es_bind_str(tenant), es_bind_int(id), es_bind_int(now_ms)));
	return one_open(conn, tenant, id, changed);
}

es_status notify_store_mass_cancel(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_MASS_CANCEL, &changed, es_bind_str(tenant), es_bind_int(id), es_bind_int(now_ms)));
	ES_TRY(one_open(conn, tenant, id, changed));
	return ES_DB_EXEC(conn, ST_MASS_WITHDRAW, NULL, es_bind_int(id));
}

es_status notify_store_mass_set_rate(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t rate,
                                     int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_MASS_SET_RATE, &changed, es_bind_str(tenant), es_bind_int(id), es_bind_int(rate),
	                  es_bind_int((now_ms + NOTIFY_MASS_AHEAD_MS) * 1000)));
	return one_open(conn, tenant, id, changed);
}

/* ---- by who goes through it ---- */

es_status notify_store_mass_open(struct es_db_conn *conn, int64_t now_ms, int64_t *ids, size_t room, size_t *count,
                                 int64_t *open)
{
	struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(es_db_query(conn, ST_MASS_COUNT_OPEN, NULL, 0, &rows));
	status = es_rows_next(rows);
	if (status == ES_OK)
		*open = es_col_int(rows, 0);
	es_rows_done(rows);
	if (status != ES_OK)
		return status;
	ES_TRY(ES_DB_QUERY(conn, ST_MASS_FREE, &rows, es_bind_int(now_ms), es_bind_int((int64_t)room)));
	while ((status = es_rows_next(rows)) == ES_OK && *count < room)
		ids[(*count)++] = es_col_int(rows, 0);
	es_rows_done(rows);
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status notify_store_mass_take(struct es_db_conn *conn, int64_t id, int64_t lease, int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_MASS_TAKE, &changed, es_bind_int(id), es_bind_int(lease), es_bind_int(now_ms),
	                  es_bind_int(now_ms + NOTIFY_MASS_LEASE_MS)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status notify_store_mass_held(struct es_db_conn *conn, int64_t id, int64_t lease, struct es_arena *arena,
                                 struct notify_mass *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_HELD, &rows, es_bind_int(id), es_bind_int(lease)));
	ES_TRY(es_rows_next(rows));
	return read_mass(rows, arena, out);
}

es_status notify_store_mass_lags(struct es_db_conn *conn, int64_t id, int64_t before_ms, uint32_t most, bool *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_LATE, &rows, es_bind_int(id), es_bind_int(before_ms),
	                   es_bind_int((int64_t)most + 1)));
	ES_TRY(es_rows_next(rows));
	*out = es_col_int(rows, 0) > (int64_t)most;
	return ES_OK;
}

es_status notify_store_mass_messages(struct es_db_conn *conn, const struct notify_mass *mass, const char *imsi,
                                     int64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_MASS_MESSAGES, &rows, es_bind_str(mass->tenant), es_bind_str(imsi),
	                   es_bind_int(mass->id)));
	ES_TRY(es_rows_next(rows));
	*out = es_col_int(rows, 0);
	return ES_OK;
}

es_status notify_store_mass_move(struct es_db_conn *conn, const struct notify_mass *one, int64_t now_ms)
{
	const bool ends = one->state == NOTIFY_MASS_DONE;
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_MASS_MOVE, &changed, es_bind_int(one->id), es_bind_int(one->lease),
	                  es_bind_str(one->cursor), es_bind_int(one->lines), es_bind_int(one->woken),
	                  es_bind_int(one->paced_us), es_bind_int(one->total), es_bind_int(one->state),
	                  es_bind_int(ends ? now_ms : 0), es_bind_int(now_ms + NOTIFY_MASS_LEASE_MS),
	                  es_bind_int(ends ? 0 : one->lease)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status notify_store_mass_give_back(struct es_db_conn *conn, int64_t id, int64_t lease)
{
	return ES_DB_EXEC(conn, ST_MASS_GIVE_BACK, NULL, es_bind_int(id), es_bind_int(lease));
}

es_status notify_store_mass_prune(struct es_db_conn *conn, int64_t before_ms)
{
	return ES_DB_EXEC(conn, ST_MASS_PRUNE, NULL, es_bind_int(before_ms));
}
