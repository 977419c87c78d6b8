/* auth_auc_source.c -- reads and opens the keys, takes a number, makes the vector; a resynchronisation commits first what
 * it changes in the row of the keys. */
#include "auth_auc_source.h"

#include <stddef.h>

#include "auth_route.h"
#include "auth_store.h"
#include "auth_vault.h"
#include "es_crypto.h"
#include "es_metrics.h"

ES_METRIC_COUNTER1(vectors, "openes_auth_vectors_total", "Authentication vectors generated");

struct auc {
	struct auth_env *env;
	struct auth_ask *ask;
	struct auth_keys keys;
	struct auth_sqn_plan plan; /* of a resynchronisation */
	struct auth_sqn_waiter waiter;
};

void auth_auc_metrics(void)
{
	es_metric_register(&vectors);
}

static void end(struct auc *a, enum auth_source_answer answer)
{
	auth_keys_wipe(&a->keys);
	a->ask->done(a->ask, answer);
}

static void away(struct auc *a, const char *why)
{
	a->ask->why = why;
	end(a, AUTH_SOURCE_AWAY);
}

/* ---- the vector ---- */

static void make(struct auc *a, uint64_t sqn)
{
	uint8_t rand[16];

	es_random(rand, sizeof rand);
	auth_auc_vector(&a->keys, sqn, rand, a->ask->method, es_slice_str(a->ask->network_name), &a->ask->vector);
	es_count(&vectors, 0);
	end(a, AUTH_SOURCE_VECTOR);
}

static void take(struct auc *a);

static void resumed(struct auth_sqn_waiter *waiter, es_status status)
{
	struct auc *a = (struct auc *)(void *)((uint8_t *)waiter - offsetof(struct auc, waiter));

	if (status != ES_OK || a->env->is_stopping)
		away(a, "the mark of sequence numbers was not extended");
	else if (a->env->now_ms() >= a->ask->deadline)
		away(a, "out of time");
	else
		take(a);
}

static void take(struct auc *a)
{
	uint64_t sqn;
	es_status why = ES_OK;

	a->waiter = (struct auth_sqn_waiter){ .resume = resumed };
	switch (auth_sqn_source_take(a->env->sqn, a->keys.generation, a->keys.dif, &a->waiter, &sqn, &why)) {
	case AUTH_TOOK: make(a, sqn); break;
	case AUTH_TOOK_WAITING: break; /* `a` may be gone already */
	case AUTH_TOOK_FAILED:
		away(a,
		     why == ES_BUSY ? "too many numbers for this subscriber at once" : "no sequence number can be given out");
		break;
	}
}

/* ---- resynchronisation (TS 33.102 6.3.5) ---- */

static es_status commit_job(struct es_db_conn *conn, void *user)
{
	const struct auc *a = user;
	int64_t generation = (int64_t)a->keys.generation;

	if (a->plan.kind == AUTH_RESYNC_RAISE)
		return auth_store_raise_dif(conn, a->ask->tenant, a->ask->imsi, generation, a->plan.dif);
	return auth_store_set_hop(conn, a->ask->tenant, a->ask->imsi, generation, a->keys.hop, auth_sqn_seq(a->plan.sqn));
}

static void committed(es_status status, void *user)
{
	struct auc *a = user;

	if (a->env->is_stopping) {
		away(a, "stopping");
	} else if (status != ES_OK) {
		away(a, status == ES_CONFLICT ? "the keys have just changed" : "the new difference was not committed");
	} else if (a->plan.kind == AUTH_RESYNC_HOP) {
		make(a, a->plan.sqn);
	} else {
		a->keys.dif = a->plan.dif;
		take(a);
	}
}

static void resynchronise(struct auc *a)
{
	uint64_t sqn_ms;

	if (auth_auc_open_auts(&a->keys, a->ask->rand, a->ask->auts, &sqn_ms) != ES_OK) {
		end(a, AUTH_SOURCE_AUTS_INVALID);
		return;
	}
	a->plan = auth_sqn_plan_resync(auth_sqn_source_tick(a->env->sqn), a->keys.dif, a->keys.hop, sqn_ms);
	switch (a->plan.kind) {
	case AUTH_RESYNC_IMPOSSIBLE: end(a, AUTH_SOURCE_SQN_OUT_OF_REACH); break;
	case AUTH_RESYNC_KEEP: take(a); break;
	case AUTH_RESYNC_RAISE:
	case AUTH_RESYNC_HOP:
		if (es_db_write(a->env->db, commit_job, committed, a) != ES_OK)
			away(a, "too many commits are waiting");
		break;
	}
}

/* ---- keys ---- */

struct key_read {
	const char *tenant, *imsi;
	struct auth_key_row row;
};

static es_status read_job(struct es_db_conn *conn, void *user)
{
	struct key_read *read = user;

	return auth_store_keys_get(conn, read->tenant, read->imsi, &read->row);
}

es_status auth_auc_keys(struct auth_env *env, const char *tenant, const char *imsi, struct auth_keys *out)
{
	struct key_read read = { .tenant = tenant, .imsi = imsi };

	ES_TRY(es_db_read(env->db, read_job, &read));
	es_status status = auth_vault_open(env->auc_keys, tenant, imsi, &read.row, out);
	return status == ES_OK ? ES_OK : ES_INTERNAL; /* never "not found": the subscriber is here, the key ring is wrong */
}

static void with_database(void *user)
{
	struct auc *a = user;
	es_status status = auth_auc_keys(a->env, a->ask->tenant, a->ask->imsi, &a->keys);

	if (status == ES_NOT_FOUND)
		end(a, AUTH_SOURCE_UNKNOWN);
	else if (status == ES_INTERNAL)
		away(a, "the keys do not open: another auc_keys_file?");
	else if (status != ES_OK)
		away(a, "the keys could not be read");
	else if (a->ask->is_resync)
		resynchronise(a);
	else
		take(a);
}

static void ask(void *self, struct auth_ask *asked)
{
	struct auth_env *env = self;
	struct auc *a = es_arena_alloc(asked->arena, sizeof *a);

	if (a == NULL) {
		asked->why = "out of memory";
		asked->done(asked, AUTH_SOURCE_AWAY);
		return;
	}
	*a = (struct auc){ .env = env, .ask = asked };
	if (env->readers == NULL)
		with_database(a);
	else if (es_worker_submit(env->readers, with_database, a) != ES_OK)
		away(a, "too many readers are waiting");
}

struct auth_source auth_auc_source(struct auth_env *env)
{
	return (struct auth_source){ .name = AUTH_OWN_AUC, .kind = "auc", .ask = ask, .self = env };
}

void auth_auc_decoy(struct auth_ask *ask)
{
	static const uint8_t usual_amf[2] = { 0x80, 0x00 };
	struct auth_keys keys = { .amf = { usual_amf[0], usual_amf[1] } };
	uint8_t rand[16];
	uint64_t sqn;

	es_random(keys.k, 16);
	es_random(keys.opc, 16);
	es_random(&sqn, sizeof sqn);
	es_random(rand, sizeof rand);
	auth_auc_vector(&keys, sqn & ((UINT64_C(1) << 48) - 1), rand, ask->method, es_slice_str(ask->network_name),
	                &ask->vector);
	auth_keys_wipe(&keys);
}
