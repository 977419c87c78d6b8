/* policy_qos_follow.c -- orders made, changed and let go as a line changes. */
#include "policy_qos_follow.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define ARENA_BYTES (1u << 20)
#define ORDERS_MAX 256 /* of a line: one for each boost not at its end, and the cancelled */

struct following {
	struct es_db_conn *conn;
	struct es_arena *arena;
	int64_t now_ms;
	struct policy_qos_order orders[ORDERS_MAX];
	size_t count;
};

static es_status load(struct following *f, const char *tenant, const char *imsi)
{
	return policy_row_qos_of_line(f->conn, tenant, imsi, f->arena, f->orders, ORDERS_MAX, &f->count);
}

static es_status with_arena(struct es_db_conn *conn, int64_t now_ms, struct following **out)
{
	struct es_arena *arena = es_arena_new(0, ARENA_BYTES);
	struct following *f = arena != NULL ? es_arena_alloc(arena, sizeof *f) : NULL;

	if (f == NULL) {
		es_arena_free(arena);
		return ES_TOO_LARGE;
	}
	f->conn = conn;
	f->arena = arena;
	f->now_ms = now_ms;
	f->count = 0;
	*out = f;
	return ES_OK;
}

/* ---- orders that there are ---- */

static bool is_goal(const struct policy_qos_order *o)
{
	return (o->flags & POLICY_QOS_GOAL) != 0;
}

/* The boost is still, or again, in force: until when may be another moment. */
static void keep(struct policy_qos_order *o, const struct policy_qos_order *wanted)
{
	const bool may_return =
		(o->state == POLICY_QOS_ASKING || o->state == POLICY_QOS_ACTIVE) && (o->flags & POLICY_QOS_CANCELLED) == 0;

	if (!is_goal(o) && !may_return)
		return;
	o->flags |= POLICY_QOS_GOAL;
	o->until_ms = wanted->until_ms;
	o->withdraws = wanted->withdraws;
	if (o->state == POLICY_QOS_ACTIVE)
		o->next_ms = o->until_ms;
}

/* `wanted` NULL: nothing is, of its boost. True: it stands in the way of a new one. */
static bool meet(struct policy_qos_order *o, const struct policy_qos_order *wanted, int64_t now_ms)
{
	const bool is_same = wanted != NULL && policy_qos_same(o, wanted);

	if (o->state == POLICY_QOS_ENDED) { /* cancelled: until the boost is another one */
		if (is_same && o->until_ms == wanted->until_ms)
			return true;
		o->flags = 0;
		return false;
	}
	if (is_same)
		keep(o, wanted);
	else if (is_goal(o))
		policy_qos_unwant(o, now_ms);
	return o->state != POLICY_QOS_ENDED;
}

static es_status meet_and_write(struct following *f, struct policy_qos_order *o, const struct policy_qos_order *wanted,
                                bool *is_in_the_way)
{
	const struct policy_qos_order before = *o;

	*is_in_the_way = meet(o, wanted, f->now_ms) || *is_in_the_way;
	if (before.state == o->state && before.flags == o->flags && before.until_ms == o->until_ms &&
	    before.next_ms == o->next_ms && before.withdraws == o->withdraws)
		return ES_OK;
	return policy_row_qos_put(f->conn, o);
}

/* ---- a new one ---- */

static es_status add(struct following *f, struct policy_qos_order *order)
{
	uint8_t bits[POLICY_QOS_ID / 2];
	char id[POLICY_QOS_ID + 1];

	es_random(bits, sizeof bits);
	es_hex_encode(es_slice_of(bits, sizeof bits), id);
	order->id = id;
	return policy_row_qos_add(f->conn, order);
}

static es_status follow_boost(struct following *f, const struct policy_qos_order *wanted, bool is_wanted)
{
	bool is_in_the_way = false;

	for (size_t i = 0; i < f->count; i++)
		if (f->orders[i].boost == wanted->boost)
			ES_TRY(meet_and_write(f, &f->orders[i], is_wanted ? wanted : NULL, &is_in_the_way));
	struct policy_qos_order order = *wanted;
	return is_wanted && !is_in_the_way ? add(f, &order) : ES_OK;
}

static bool has_boost(const struct policy_subscriber *line, int64_t kind)
{
	const struct policy_line_boost *boosts = line->data.boosts.items;

	for (size_t i = 0; i < line->data.boosts.count; i++)
		if (policy_boost_kind(boosts[i].type) == kind)
			return true;
	return false;
}

static es_status follow(struct following *f, const struct policy_catalog *catalog, const struct policy_subscriber *line)
{
	const struct policy_tenant *tenant = policy_catalog_tenant(catalog, line->tenant);
	const struct policy_plan *plan = policy_catalog_plan(catalog, line->tenant, line->plan);
	const struct policy_line_boost *boosts = line->data.boosts.items;
	bool is_in_the_way = false;

	ES_TRY(load(f, line->tenant, line->imsi));
	for (size_t i = 0; i < line->data.boosts.count; i++) {
		struct policy_qos_order wanted;
		const bool is_wanted = policy_qos_wanted(tenant, plan, line, &boosts[i], f->now_ms, &wanted);
		ES_TRY(follow_boost(f, &wanted, is_wanted));
	}
	for (size_t i = 0; i < f->count; i++)
		if (!has_boost(line, f->orders[i].boost))
			ES_TRY(meet_and_write(f, &f->orders[i], NULL, &is_in_the_way));
	return ES_OK;
}

es_status policy_qos_follow(struct es_db_conn *conn, const struct policy_catalog *catalog,
                            const struct policy_subscriber *line, int64_t now_ms)
{
	struct following *f = NULL;

	ES_TRY(with_arena(conn, now_ms, &f));
	es_status status = follow(f, catalog, line);
	es_arena_free(f->arena);
	return status;
}

static es_status leave(struct following *f, const char *tenant, const char *imsi)
{
	bool is_in_the_way = false;

	ES_TRY(load(f, tenant, imsi));
	for (size_t i = 0; i < f->count; i++)
		ES_TRY(meet_and_write(f, &f->orders[i], NULL, &is_in_the_way));
	return policy_row_qos_forget(f->conn, tenant, imsi);
}

es_status policy_qos_leave(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t now_ms)
{
	struct following *f = NULL;

	ES_TRY(with_arena(conn, now_ms, &f));
	es_status status = leave(f, tenant, imsi);
	es_arena_free(f->arena);
	return status;
}

/* ---- after a step ---- */

es_status policy_qos_settle(struct es_db_conn *conn, struct policy_store *store, const struct policy_qos_order *order,
                            struct es_arena *arena, int64_t now_ms)
{
	const struct policy_catalog *catalog = NULL;
	struct policy_subscriber line;
	uint64_t version = 0;

	ES_TRY(policy_row_qos_put(conn, order));
	if (order->state != POLICY_QOS_ENDED)
		return ES_OK;
	es_status status = policy_row_subscriber(conn, order->tenant, order->imsi, arena, &line, &version);
	if (status == ES_NOT_FOUND)
		return policy_row_qos_delete(conn, order->id);
	if (status != ES_OK)
		return status;
	ES_TRY(policy_catalog_in_write(store, conn, &catalog));
	status = policy_qos_follow(conn, catalog, &line, now_ms);
	policy_catalog_release(store, catalog);
	return status;
}
