/* auth_flow.c -- where reading happens, how long tokens live, and how every exchange ends. */
#include "auth_flow.h"

#include <string.h>

#include "es_log.h"
#include "es_metrics.h"

ES_METRIC_COUNTER(exchanges, "openes_auth_exchanges_total", "EAP exchanges ended, by how", "result", auth_reason_names);
ES_METRIC_COUNTER1(resyncs, "openes_auth_resyncs_total", "Resynchronisations asked for by a SIM");

void auth_exchange_metrics(void)
{
	es_metric_register(&exchanges);
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

int64_t auth_flow_token_ttl(struct auth_env *env, const char *tenant)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *found = auth_snapshot_tenant(env->tenants, tenant, &tenants);
	int64_t ttl_ms = found != NULL && found->token_ttl_s > 0 ? found->token_ttl_s * 1000 : env->token_ttl_ms;

	auth_snapshot_put(tenants);
	return ttl_ms;
}

bool auth_flow_has_other_method(struct auth_env *env, const char *tenant)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *found = auth_snapshot_tenant(env->tenants, tenant, &tenants);
	bool has = found != NULL && found->oidc.len > 0;

	auth_snapshot_put(tenants);
	return has;
}

es_status auth_flow_ask_identity(struct auth_task *task, struct auth_eap *eap, struct es_slice *packet)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct es_buf buf;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	ES_TRY(auth_eap_request_identity(eap, AUTH_EAP_ID_PERMANENT, &buf));
	*packet = es_arena_copy(task->arena, es_buf_slice(&buf));
	return packet->ptr == NULL ? ES_TOO_LARGE : ES_OK;
}

/* ---- ends ---- */

static const char *method_of(const struct auth_round *round)
{
	if (round == NULL)
		return "";
	if (round->relay.source[0] != '\0')
		return "relay";
	return round->eap.method == AUTH_AKA_PRIME ? "eap-aka-prime" : "eap-aka";
}

struct auth_history_entry auth_flow_record(struct auth_env *env, const struct auth_end *end, enum auth_reason reason)
{
	struct auth_history_entry entry = { .at_ms = env->now_ms() };

	es_slice_to_str_cut(es_slice_str(end->tenant), entry.tenant, sizeof entry.tenant);
	es_slice_to_str_cut(es_slice_str(end->group), entry.app, sizeof entry.app);
	es_slice_to_str_cut(es_slice_str(method_of(end->round)), entry.method, sizeof entry.method);
	es_slice_to_str_cut(es_slice_str(auth_reason_names[reason]), entry.result, sizeof entry.result);
	es_slice_to_str_cut(end->address, entry.address, sizeof entry.address);
	if (end->round != NULL) {
		entry.imsi = end->round->imsi;
		entry.rounds = end->round->eap.requests;
		es_slice_to_str_cut(es_slice_str(end->round->source), entry.source, sizeof entry.source);
	}
	return entry;
}

void auth_flow_ended(struct auth_task *task, const struct auth_end *end, enum auth_reason reason)
{
	static const struct auth_round nobody = { 0 };
	const struct auth_round *round = end->round != NULL ? end->round : &nobody;

	es_count(&exchanges, reason);
	es_info(task->trace, "auth.exchange", es_f_str("reason", auth_reason_names[reason]),
	        es_f_str("tenant", end->tenant), es_f_id("imsi", es_slice_str(round->imsi.digits)),
	        es_f_str("method", method_of(end->round)), es_f_str("source", round->source),
	        es_f_u64("requests", round->eap.requests), es_f_bool("had_token", end->had_token));
	if (!end->is_recorded && end->tenant[0] != '\0') {
		const struct auth_history_entry entry = auth_flow_record(task->env, end, reason);
		auth_history_note(task->env->history, &entry);
	}
}

void auth_flow_finish(struct auth_task *task, const struct auth_end *end, const struct auth_reply *reply)
{
	if (reply->outcome != AUTH_CHALLENGE)
		auth_flow_ended(task, end, reply->reason);
	task->answer(task, ES_OK, NULL);
}
