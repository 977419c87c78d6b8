/* auth_flow.c -- keys, numbers, challenges and ends, as every flow of auth needs them. */
#include "auth_flow.h"

#include <stddef.h>

#include "auth_vault.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"

ES_METRIC_COUNTER(exchanges, "openes_auth_exchanges_total", "EAP exchanges ended, by how", "result", auth_reason_names);
ES_METRIC_COUNTER1(vectors, "openes_auth_vectors_total", "Authentication vectors generated");
ES_METRIC_COUNTER1(resyncs, "openes_auth_resyncs_total", "Resynchronisations asked for by a SIM");

void auth_exchange_metrics(void)
{
	es_metric_register(&exchanges);
	es_metric_register(&vectors);
	es_metric_register(&resyncs);
}

void auth_flow_count_resync(void)
{
	es_count(&resyncs, 0);
}

void auth_flow_fail(struct auth_task *task, es_status status, const char *detail)
{
	task->answer(task, status, detail);
}

void auth_flow_reading(struct auth_task *task, void (*fn)(void *user), void *user)
{
	if (task->env->readers == NULL) {
		fn(user);
		return;
	}
	es_status status = es_worker_submit(task->env->readers, fn, user);
	if (status != ES_OK)
		auth_flow_fail(task, status, "too many readers are waiting");
}

/* ---- keys ---- */

struct key_read {
	const char *tenant, *imsi;
	struct auth_key_row row;
};

static es_status key_read_job(struct es_db_conn *conn, void *user)
{
	struct key_read *read = user;

	return auth_store_keys_get(conn, read->tenant, read->imsi, &read->row);
}

es_status auth_flow_keys(struct auth_env *env, const char *tenant, const char *imsi, struct auth_keys *out)
{
	struct key_read read = { .tenant = tenant, .imsi = imsi };

	ES_TRY(es_db_read(env->db, key_read_job, &read));
	es_status status = auth_vault_open(env->auc_keys, tenant, imsi, &read.row, out);
	return status == ES_OK ? ES_OK : ES_INTERNAL; /* never "not found": the subscriber is here, the key ring is wrong */
}

void auth_flow_decoy(struct auth_keys *keys, uint64_t *sqn)
{
	static const uint8_t usual_amf[2] = { 0x80, 0x00 };

	*keys = (struct auth_keys){ .amf = { usual_amf[0], usual_amf[1] } };
	es_random(keys->k, 16);
	es_random(keys->opc, 16);
	es_random(sqn, sizeof *sqn);
	*sqn &= (UINT64_C(1) << 48) - 1;
}

/* ---- numbers ---- */

static void take(struct auth_number *number);

static void resumed(struct auth_sqn_waiter *waiter, es_status status)
{
	struct auth_number *number =
		(struct auth_number *)(void *)((uint8_t *)waiter - offsetof(struct auth_number, waiter));

	if (status == ES_OK && number->task->env->now_ms() >= number->task->deadline)
		status = ES_TIMEOUT;
	if (status == ES_OK)
		take(number);
	else
		number->ready(number, status);
}

static void take(struct auth_number *number)
{
	es_status why = ES_OK;

	switch (auth_sqn_source_take(number->task->env->sqn, number->keys->generation, number->keys->dif, &number->waiter,
	                             &number->sqn, &why)) {
	case AUTH_TOOK: number->ready(number, ES_OK); break;
	case AUTH_TOOK_WAITING: break; /* `number` may be gone already */
	case AUTH_TOOK_FAILED: number->ready(number, why); break;
	}
}

void auth_flow_number(struct auth_number *number)
{
	number->waiter = (struct auth_sqn_waiter){ .resume = resumed };
	take(number);
}

es_status auth_flow_challenge(struct auth_task *task, const struct auth_keys *keys, uint64_t sqn, struct auth_eap *eap,
                              struct es_slice *packet)
{
	struct auth_vector vector;
	uint8_t rand[16], storage[AUTH_EAP_REQUEST_MAX];
	struct es_buf buf;

	es_random(rand, sizeof rand);
	auth_auc_vector(keys, sqn, rand, (enum auth_method)eap->method, es_slice_str(eap->network_name), &vector);
	es_buf_init_fixed(&buf, storage, sizeof storage);
	es_status status = auth_eap_challenge(eap, &vector, NULL, &buf);
	auth_vector_wipe(&vector);
	ES_TRY(status);
	struct es_slice copy = es_arena_copy(task->arena, es_buf_slice(&buf));
	if (copy.ptr == NULL)
		return ES_TOO_LARGE;
	es_count(&vectors, 0);
	*packet = copy;
	return ES_OK;
}

int64_t auth_flow_token_ttl(struct auth_env *env, const char *tenant)
{
	const struct auth_tenants *tenants = auth_snapshot_get(env->tenants);
	const struct auth_tenant *found = tenants != NULL ? auth_tenant_by_id(tenants, tenant) : NULL;
	int64_t ttl_ms = found != NULL && found->token_ttl_s > 0 ? found->token_ttl_s * 1000 : env->token_ttl_ms;

	auth_snapshot_put(tenants);
	return ttl_ms;
}

/* ---- ends ---- */

void auth_flow_finish(struct auth_task *task, const char *tenant, const struct auth_round *round, bool had_token,
                      const struct auth_reply *reply)
{
	static const struct auth_round nobody = { 0 };

	if (round == NULL)
		round = &nobody;
	if (reply->outcome != AUTH_CHALLENGE) {
		es_count(&exchanges, reply->reason);
		es_info(task->trace, "auth.exchange", es_f_str("reason", auth_reason_names[reply->reason]),
		        es_f_str("tenant", tenant), es_f_id("imsi", es_slice_str(round->imsi.digits)),
		        es_f_u64("requests", round->eap.requests), es_f_bool("had_token", had_token));
	}
	task->answer(task, ES_OK, NULL);
}
