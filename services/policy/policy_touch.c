/* policy_touch.c -- from rows of device_app and a change to the devices of an event. */
#include "policy_touch.h"

#include <string.h>

#include "es_cleanup.h"
#include "policy_digest.h"
#include "policy_effects.h"

_Static_assert(POLICY_ANSWER_DIGEST == POLICY_DIGEST_SIZE, "the column holds a digest");

#define SCRATCH_BYTES (256u << 10) /* of one application's nodes, twice */
#define ROWS_BYTES (1u << 20)

/* What a rule wants to know of the change. */
struct change {
	const struct policy_catalog *catalog;
	const struct policy_tenant *tenant;
	const struct policy_moment *before, *after;
	const char *app;          /* without moments: NULL is all */
	struct es_arena *scratch; /* of one decision */
	struct es_db_conn *conn;
	const struct policy_history *history; /* NULL: no rule looks at it */
};

/* Of one device, the same before and after. */
struct looked_at {
	const struct policy_equipment *equipment; /* NULL: the tenant does not look */
	struct policy_equipment known;
};

struct gathering {
	struct policy_device_app *items;
	size_t count;
};

static es_status gather(const struct policy_device_app *one, void *user)
{
	struct gathering *g = user;

	if (g->count < POLICY_DEVICE_APPS_MAX)
		g->items[g->count++] = *one;
	return ES_OK;
}

static es_status digest_at(const struct change *c, const struct policy_moment *moment,
                           const struct policy_device_app *a, const struct looked_at *device,
                           uint8_t out[POLICY_DIGEST_SIZE])
{
	struct policy_asking asking = { .terminal_id = a->terminal_id,
		                            .vendor = a->vendor,
		                            .model = a->model,
		                            .sw_version = a->sw_version,
		                            .app_name = "",
		                            .gid1 = "" };
	struct policy_effects effects;
	struct policy_context context = {
		.tenant = c->tenant,
		.book = policy_catalog_book(c->catalog, moment->line->tenant),
		.asking = &asking,
		.equipment = device->equipment,
		.history = c->history,
		.plan = policy_catalog_plan(c->catalog, moment->line->tenant, moment->line->plan),
		.subscriber = moment->line,
		.version_major = a->version_major,
		.version_minor = a->version_minor,
		.language = a->language,
		.now_ms = moment->at_ms,
	};

	policy_asking_read(&asking);
	policy_effects_apply(&context, &effects);
	if (context.effects != NULL && effects.refused_by != NULL) {
		memset(out, 0, POLICY_DIGEST_SIZE); /* no answer at all */
		return ES_OK;
	}
	return policy_digest(&context, es_slice_str(a->app), c->scratch, out);
}

static es_status is_touched(const struct change *c, const struct policy_device_app *a, const struct looked_at *device,
                            bool *out)
{
	uint8_t before[POLICY_DIGEST_SIZE], after[POLICY_DIGEST_SIZE];

	if (c->after == NULL) {
		*out = c->app == NULL || strcmp(c->app, a->app) == 0;
		return ES_OK;
	}
	es_arena_reset(c->scratch);
	es_status status = digest_at(c, c->after, a, device, after);
	if (status == ES_OK)
		status = digest_at(c, c->before, a, device, before);
	if (status == ES_UNSUPPORTED) { /* an application that is no longer answered */
		*out = true;
		return ES_OK;
	}
	*out = status == ES_OK && (memcmp(before, after, sizeof after) != 0 || memcmp(a->digest, after, sizeof after) != 0);
	return status;
}

static es_status look(const struct change *c, const struct policy_device_app *a, struct es_arena *arena,
                      struct looked_at *out)
{
	out->equipment = NULL;
	if (c->after == NULL || !policy_equipment_is_read(&c->tenant->equipment))
		return ES_OK;
	out->equipment = &out->known;
	return policy_row_equipment(c->conn, c->tenant, a->terminal_id, a->sw_version, c->after->at_ms, arena, &out->known);
}

/* One device: rows `from` up to the next one's. */
static es_status judge_device(const struct change *c, const struct gathering *g, size_t *from, struct es_arena *arena,
                              struct policy_touch *out)
{
	char storage[2][1024];
	struct es_buf lists[2]; /* touched, unchanged */
	const char *terminal_id = es_arena_strdup(arena, es_slice_str(g->items[*from].terminal_id));

	struct looked_at device;

	if (terminal_id == NULL)
		return ES_TOO_LARGE;
	ES_TRY(look(c, &g->items[*from], arena, &device));
	for (size_t i = 0; i < 2; i++)
		es_buf_init_fixed(&lists[i], storage[i], sizeof storage[i]);
	for (; *from < g->count && strcmp(g->items[*from].terminal_id, terminal_id) == 0; (*from)++) {
		bool touched = false;
		ES_TRY(is_touched(c, &g->items[*from], &device, &touched));
		struct es_buf *list = &lists[touched ? 0 : 1];
		es_put_printf(list, "%s%s", list->len > 0 ? " " : "", g->items[*from].app);
	}
	*out = (struct policy_touch){
		.terminal_id = terminal_id,
		.apps = es_arena_strdup(arena, es_buf_slice(&lists[0])),
		.unchanged = es_arena_strdup(arena, es_buf_slice(&lists[1])),
	};
	ES_TRY(es_buf_status(&lists[0]));
	ES_TRY(es_buf_status(&lists[1]));
	return out->apps != NULL && out->unchanged != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status judge_all(const struct change *c, const struct gathering *g, struct es_arena *arena,
                           struct policy_touches *out)
{
	if (g->count == 0) /* nearly every line that is changed in bulk */
		return ES_OK;
	out->items = es_arena_array(arena, POLICY_DEVICES_MAX, sizeof *out->items);
	if (out->items == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < g->count && out->count < POLICY_DEVICES_MAX;)
		ES_TRY(judge_device(c, g, &i, arena, &out->items[out->count++]));
	return ES_OK;
}

static es_status judge(const struct change *c, struct es_db_conn *conn, const char *tenant, const char *imsi,
                       struct es_arena *arena, struct policy_touches *out)
{
	struct es_arena *rows = es_arena_new(0, ROWS_BYTES);
	struct gathering g = { .count = 0 };

	*out = (struct policy_touches){ NULL, 0 };
	g.items = rows != NULL ? es_arena_array(rows, POLICY_DEVICE_APPS_MAX, sizeof *g.items) : NULL;
	es_status status = g.items != NULL ? policy_row_device_apps(conn, tenant, imsi, rows, gather, &g) : ES_TOO_LARGE;
	if (status == ES_OK)
		status = judge_all(c, &g, arena, out);
	es_arena_free(rows);
	return status;
}

es_status policy_touch_compare(struct es_db_conn *conn, const struct policy_catalog *catalog,
                               const struct policy_moment *before, const struct policy_moment *after,
                               struct es_arena *arena, struct policy_touches *out)
{
	struct change c = { .catalog = catalog,
		                .tenant = policy_catalog_tenant(catalog, after->line->tenant),
		                .before = before,
		                .after = after,
		                .conn = conn };
	struct policy_history history;

	if (c.tenant == NULL)
		return ES_INTERNAL; /* the schema ties every line's plan to a tenant */
	ES_TRY(policy_row_history_for(conn, catalog, c.tenant, after->line->imsi, after->at_ms, &history, &c.history));
	c.scratch = es_arena_new(0, SCRATCH_BYTES);
	if (c.scratch == NULL)
		return ES_TOO_LARGE;
	es_status status = judge(&c, conn, after->line->tenant, after->line->imsi, arena, out);
	es_arena_free(c.scratch);
	return status;
}

es_status policy_touch_all(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *app,
                           struct es_arena *arena, struct policy_touches *out)
{
	const struct change c = { .app = app };
	return judge(&c, conn, tenant, imsi, arena, out);
}
