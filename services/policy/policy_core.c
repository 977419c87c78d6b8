/* policy_core.c -- from CoreEventRequest to subscriber.reset-tokens and subscriber.patch. */
#include "policy_core.h"

#include "es_cleanup.h"
#include "es_json.h"

/* {"msisdn": ..., "vowifi": {"provisioning": ...}}, with what the profile says. */
static es_status profile_body(const Openes__CoreProfile *profile, struct es_arena *arena, struct es_slice *out)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf buf;

	es_buf_init(&buf, 1024);
	struct es_json_out j = es_json_to(&buf);
	es_json_object(&j, NULL);
	if (profile->msisdn[0] != '\0')
		es_json_put_str(&j, "msisdn", profile->msisdn);
	if (profile->has_access) {
		es_json_object(&j, "vowifi");
		es_json_put_str(&j, "provisioning", profile->access_barred ? "not_provisioned" : "provisioned");
		es_json_end_object(&j);
	}
	es_json_end_object(&j);
	ES_TRY(es_buf_status(&buf));
	*out = es_arena_copy(arena, es_buf_slice(&buf));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_core_change(const Openes__CoreEventRequest *event, struct es_arena *arena,
                             struct policy_admin_request *change)
{
	struct policy_admin_param *params = es_arena_array(arena, 2, sizeof *params);
	const Openes__CoreProfile *profile = event->profile;

	change->system = es_arena_printf(arena, "core:%s", event->source);
	if (params == NULL || change->system == NULL)
		return ES_TOO_LARGE;
	params[0] = (struct policy_admin_param){ "tenant", event->tenant };
	params[1] = (struct policy_admin_param){ "imsi", event->imsi };
	change->params = params;
	change->param_count = 2;
	if (event->kind == OPENES__CORE_EVENT_REQUEST__KIND__DEREGISTERED) {
		change->action = "subscriber.reset-tokens";
		return ES_OK;
	}
	if (event->kind != OPENES__CORE_EVENT_REQUEST__KIND__PROFILE_CHANGED || profile == NULL ||
	    (profile->msisdn[0] == '\0' && !profile->has_access))
		return ES_MALFORMED;
	change->action = "subscriber.patch";
	return profile_body(profile, arena, &change->body);
}
