/* policy_vowifi.c -- ap2004, VoWiFi (TS.43 3): only combinations that table T20 gives a meaning leave here. */
#include "es_text.h"
#include "policy_rules.h"

/* An emergency address that has expired has to be given again (TS.43 3.1.3). */
static uint8_t address_now(const struct policy_context *context)
{
	const struct policy_subscriber *line = context->subscriber;
	int64_t expiry = line->vowifi.address_expiry_ms;

	if (!context->tenant->vowifi_address_required)
		return POLICY_NOT_REQUIRED;
	if (line->vowifi.address == POLICY_AVAILABLE && expiry != 0) {
		bool expired = expiry <= context->now_ms;
		char text[21];
		es_time_iso8601(expiry, text);
		POLICY_NOTE(context->trace, "vowifi.address_expiry", expired ? "not available any more" : "go on", "%s", text);
		if (expired)
			return POLICY_NOT_AVAILABLE;
	}
	return line->vowifi.address & 3;
}

static bool is_settled(uint8_t data)
{
	return data == POLICY_AVAILABLE || data == POLICY_NOT_REQUIRED;
}

/* A line that is not active must show no status 1, be asked for nothing, and still fit T20: 0 with ProvStatus 0 and data
 * that is settled, "service being provisioned" (3.3.5). */
static void withhold(struct policy_decision *out)
{
	out->status = POLICY_DISABLED;
	out->vowifi.prov = POLICY_NOT_PROVISIONED;
	if (!is_settled(out->vowifi.terms))
		out->vowifi.terms = POLICY_NOT_REQUIRED;
	if (!is_settled(out->vowifi.address))
		out->vowifi.address = POLICY_NOT_REQUIRED;
}

void policy_decide_vowifi(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_subscriber *line = context->subscriber;
	const struct policy_offer offer = {
		.rule = "vowifi",
		.in_plan = context->plan != NULL && context->plan->vowifi,
		.service = POLICY_SERVICE_VOWIFI,
		.not_in_plan = POLICY_TEXT_VOWIFI,
		.prov = line->vowifi.prov,
	};
	out->status = policy_offer_status(context, &offer, &out->message);
	if (out->status == POLICY_INCOMPATIBLE) {
		out->vowifi.prov = POLICY_NOT_TRACKED;
		out->vowifi.terms = out->vowifi.address = POLICY_NOT_REQUIRED;
		return;
	}

	out->vowifi.prov = line->vowifi.prov & 3;
	out->vowifi.terms = context->tenant->vowifi_terms_required ? line->vowifi.terms & 3 : POLICY_NOT_REQUIRED;
	out->vowifi.address = address_now(context);
	if (!policy_is_in_force(context, POLICY_SERVICE_VOWIFI)) {
		withhold(out);
		return;
	}
	bool settled = is_settled(out->vowifi.terms) && is_settled(out->vowifi.address);
	POLICY_NOTE(context->trace, "vowifi.terms", is_settled(out->vowifi.terms) ? "go on" : "data first", "%s",
	            policy_data_names[out->vowifi.terms]);
	POLICY_NOTE(context->trace, "vowifi.address", is_settled(out->vowifi.address) ? "go on" : "data first", "%s",
	            policy_data_names[out->vowifi.address]);
	if (!settled)
		out->status = POLICY_DISABLED; /* 3.3.3, 3.3.4 */
}

/* The mandatory parameters are sent even when they say nothing (TS.43 3.1). */
void policy_render_vowifi(struct policy_render *r, const struct policy_decision *decision)
{
	const struct policy_subscriber *line = r->context->subscriber;
	/* No page for whom nothing is to be done: not offered, or the line is not active. */
	bool flow = decision->status != POLICY_INCOMPATIBLE && policy_is_in_force(r->context, POLICY_SERVICE_VOWIFI);
	const char *url = flow ? r->context->tenant->vowifi_url : "", *user_data = "";

	if (url[0] != '\0') {
		struct es_slice handle = policy_page_handle(r, "ap2004");
		if (handle.len > 0)
			user_data = es_arena_printf(r->arena, "sid=" ES_SLICE_FMT, ES_SLICE_ARG(handle));
	}
	if (user_data == NULL) {
		r->bad = true;
		return;
	}
	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	policy_put(r, r->root, "ServiceFlow_URL", url);
	policy_put(r, r->root, "ServiceFlow_UserData", user_data);
	policy_put(r, r->root, "MessageForIncompatible", policy_message(r->context, &decision->message));
	policy_put_number(r, r->root, "AddrStatus", decision->vowifi.address);
	if (decision->vowifi.address == POLICY_AVAILABLE && line->vowifi.address_expiry_ms != 0)
		policy_put_time(r, r->root, "AddrExpiry", line->vowifi.address_expiry_ms);
	if (decision->vowifi.address == POLICY_AVAILABLE && line->vowifi.address_id[0] != '\0')
		policy_put(r, r->root, "AddrIdentifier", line->vowifi.address_id);
	policy_put_number(r, r->root, "TC_Status", decision->vowifi.terms);
	policy_put_number(r, r->root, "ProvStatus", decision->vowifi.prov);
}
