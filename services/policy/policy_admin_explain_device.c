/* policy_admin_explain_device.c -- explain: what a decision would know of the device. Nobody outside is asked. */
#include "policy_admin_call.h"
#include "policy_explain.h"

static void note(const struct policy_admin_call *call, const struct policy_tenant *tenant,
                 const struct policy_equipment *e, struct policy_trace *trace)
{
	const enum policy_equipment_verdict verdict = policy_equipment_judge(&tenant->equipment, e);
	const long long age_s = e->as_of_ms > 0 ? (long long)(call->now_ms - e->as_of_ms) / 1000 : 0;

	if (tenant->equipment.mode != POLICY_EQUIPMENT_OFF)
		POLICY_NOTE(trace, "device.equipment", verdict == POLICY_EQUIPMENT_GOOD ? "go on" : "refused",
		            "%s, says %s, %lld s ago", policy_equipment_names[e->state],
		            e->source[0] != '\0' ? e->source : "the terminal_id itself", age_s);
	if (!tenant->equipment.use_models)
		return;
	POLICY_NOTE(trace, "device.model", e->vendor[0] != '\0' || e->model[0] != '\0' ? "known" : "unknown", "%s %s",
	            e->vendor, e->model);
	for (size_t i = 0; i < e->capabilities.count; i++)
		POLICY_NOTE(trace, "device.capability", "has", "%s", e->capabilities.items[i]);
}

es_status policy_explain_device(struct policy_admin_call *call, const struct policy_tenant *tenant,
                                const char *terminal_id, const char *sw_version, struct policy_trace *trace,
                                struct policy_equipment *out, enum policy_equipment_verdict *verdict)
{
	ES_TRY(policy_row_equipment(call->conn, tenant, terminal_id, sw_version, call->now_ms, call->arena, out));
	*verdict = policy_equipment_judge(&tenant->equipment, out);
	note(call, tenant, out, trace);
	return ES_OK;
}
