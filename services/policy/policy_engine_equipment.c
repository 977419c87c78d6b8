/* policy_engine_equipment.c -- POLICY_DECIDE: what is known of the device that asks, and whether it is served. */
#include "es_cleanup.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_deciding.h"
#include "policy_eir.h"

static const char *const states[] = { "not_asked", "allowed", "tracked", "blocked", "unknown", "unavailable" };
ES_METRIC_COUNTER(looked_up, "openes_policy_equipment_total", "Devices looked up for a decision, by what is known",
                  "state", states);
ES_METRIC_COUNTER(judged, "openes_policy_equipment_verdicts_total",
                  "Devices looked up for a decision, by what followed", "verdict", policy_equipment_verdict_names);

void policy_equipment_metrics(void)
{
	es_metric_register(&looked_up);
	es_metric_register(&judged);
}

es_status policy_equipment_read(struct policy_deciding *d, struct es_db_conn *conn)
{
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);

	if (!d->equipment.is_wanted || tenant == NULL || !policy_equipment_is_read(&tenant->equipment))
		return ES_OK;
	if (policy_imei_parse(es_slice_str(d->device->terminal_id), &d->equipment.facts.imei) != ES_OK)
		d->equipment.facts.imei = (struct policy_imei){ .digits = "" };
	ES_TRY(policy_row_equipment_facts(conn, tenant->id, tenant->equipment.source, d->arena, &d->equipment.facts));
	d->equipment.is_read = true;
	return ES_OK;
}

/* Whether the question is on its way: then nothing is decided yet. */
static es_status ask(struct policy_deciding *d, const struct policy_tenant *tenant, bool *is_asked)
{
	struct policy_eir_fact *fact = es_arena_alloc(d->arena, sizeof *fact);
	char *name = es_arena_strdup(d->arena, es_slice_str(tenant->id));
	char *source = es_arena_strdup(d->arena, es_slice_str(tenant->equipment.source)); /* the catalog may go meanwhile */

	if (fact == NULL || name == NULL || source == NULL)
		return ES_TOO_LARGE;
	*fact = (struct policy_eir_fact){ .imei = d->equipment.facts.imei,
		                              .mode = tenant->equipment.mode,
		                              .tenant = name,
		                              .source = source,
		                              .told = POLICY_EQUIPMENT_UNAVAILABLE };
	const struct policy_question question = {
		.ask = policy_eir_ask, .asker = d->engine->eir, .about = POLICY_EIR_QUESTION, .fact = fact
	};
	es_status status = policy_wait_question(d->wait, &question, d->arena);
	*is_asked = status == ES_OK;
	return status == ES_CONFLICT ? ES_OK : status;
}

static es_status refuse(const struct policy_deciding *d, enum policy_equipment_verdict verdict)
{
	es_info(d->wait != NULL ? d->wait->trace : NULL, "policy.equipment_refused", es_f_str("tenant", d->token.tenant),
	        es_f_id("imsi", es_slice_str(d->token.imsi.digits)),
	        es_f_id("terminal_id", es_slice_str(d->device->terminal_id)),
	        es_f_str("reason", policy_equipment_verdict_names[verdict]), es_f_str("source", d->equipment.known.source));
	if (verdict == POLICY_EQUIPMENT_NEEDS_ANSWER)
		return ES_UNAVAILABLE;
	d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN;
	d->reply->reason = es_arena_strdup(d->arena, es_slice_str(policy_equipment_verdict_names[verdict]));
	return d->reply->reason != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_equipment_settle(struct policy_deciding *d, const struct policy_tenant *tenant,
                                  enum policy_equipment_next *next)
{
	const struct policy_equipment_settings *settings = &tenant->equipment;
	const struct policy_question *question = policy_wait_find(d->wait, POLICY_EIR_QUESTION);
	const struct policy_eir_fact *fact = question != NULL ? question->fact : NULL;
	bool is_asked = false;

	*next = POLICY_EQUIPMENT_GO_ON;
	if (!d->equipment.is_read)
		return ES_OK;
	if (fact == NULL && d->engine->eir != NULL && policy_equipment_asks(settings, &d->equipment.facts, d->now_ms))
		ES_TRY(ask(d, tenant, &is_asked));
	if (is_asked) {
		*next = POLICY_EQUIPMENT_ASKED;
		return ES_OK;
	}
	ES_TRY(policy_equipment_conclude(
		settings, &d->equipment.facts, fact != NULL ? fact->told : POLICY_EQUIPMENT_NOT_ASKED,
		es_slice_str(d->device->terminal_sw_version), d->now_ms, d->arena, &d->equipment.known));
	const enum policy_equipment_verdict verdict = policy_equipment_judge(settings, &d->equipment.known);
	es_count(&looked_up, d->equipment.known.state);
	es_count(&judged, verdict);
	if (verdict == POLICY_EQUIPMENT_GOOD)
		return ES_OK;
	*next = POLICY_EQUIPMENT_REFUSED;
	return refuse(d, verdict);
}
