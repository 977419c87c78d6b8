/* policy_dcb.c -- ap2012, direct carrier billing (TS.43 11): only combinations that table T97 gives a mode leave here. */
#include "policy_dcb.h"

#include <string.h>

#include "policy_rules.h"

/* ---- deciding ---- */

/* What a user of a store has agreed to; an answer about another text is none. */
static uint8_t terms_now(const struct policy_context *context)
{
	const struct policy_billing *b = &context->tenant->billing;
	const struct policy_store_user *user = context->store_user;

	if (!b->terms_required)
		return POLICY_NOT_REQUIRED;
	if (user == NULL) {
		POLICY_NOTE(context->trace, "billing.store_user", "data first", "no answer known");
		return POLICY_NOT_AVAILABLE;
	}
	if (user->terms == POLICY_AVAILABLE && strcmp(user->terms_version, b->terms) != 0) {
		POLICY_NOTE(context->trace, "billing.terms_version", "data first", "accepted \"%s\", now \"%s\"",
		            user->terms_version, b->terms);
		return POLICY_NOT_AVAILABLE;
	}
	return user->terms & 3;
}

static bool may_pay(const struct policy_context *context, struct policy_says *message)
{
	const struct policy_subscriber *line = context->subscriber;
	bool kind = (context->tenant->billing.accounts >> line->account & 1) != 0;

	POLICY_NOTE(context->trace, "billing.account", kind ? "go on" : "not offered", "%s",
	            policy_account_names[line->account]);
	if (!kind)
		message->text = POLICY_TEXT_BILLING_ACCOUNT;
	else if (line->billing.barred) {
		POLICY_NOTE(context->trace, "billing.barred", "not offered", "true");
		message->text = POLICY_TEXT_BILLING_BARRED;
	}
	return kind && !line->billing.barred;
}

static bool has_message(const struct policy_billing *b)
{
	return b->titles.count > 0 && b->texts.count > 0;
}

/* TS.43 T92: how the phone had better ask; the way that is open, where only one is. */
static void ask(const struct policy_billing *b, struct policy_decision *out)
{
	out->billing.page = b->page.url[0] != '\0';
	out->billing.message = has_message(b);
	if (out->billing.page && out->billing.message)
		out->billing.by = b->terms_by;
	else if (out->billing.page)
		out->billing.by = POLICY_TERMS_BY_PAGE;
	else if (out->billing.message)
		out->billing.by = POLICY_TERMS_BY_MESSAGE;
}

/* A line that is not active is asked for nothing; 0 with data that is settled, "service being provisioned" (11.2). */
static void withhold(struct policy_decision *out)
{
	out->status = POLICY_DISABLED;
	if (out->billing.terms != POLICY_AVAILABLE)
		out->billing.terms = POLICY_NOT_REQUIRED;
}

void policy_decide_billing(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_subscriber *line = context->subscriber;
	const struct policy_billing *b = &context->tenant->billing;
	const struct policy_offer offer = {
		.rule = "carrier_billing",
		.in_plan = context->plan != NULL && context->plan->carrier_billing,
		.service = POLICY_SERVICE_CARRIER_BILLING,
		.not_in_plan = POLICY_TEXT_BILLING,
		.prov = line->billing.prov,
	};
	out->billing.terms = POLICY_NOT_REQUIRED;
	out->status = policy_offer_status(context, &offer, &out->message);
	if (out->status != POLICY_INCOMPATIBLE && !may_pay(context, &out->message))
		out->status = POLICY_INCOMPATIBLE;
	if (out->status == POLICY_INCOMPATIBLE)
		return;

	out->billing.terms = terms_now(context);
	POLICY_NOTE(context->trace, "billing.terms",
	            out->billing.terms == POLICY_NOT_AVAILABLE ? "data first"
	            : out->billing.terms == POLICY_IN_PROGRESS ? "provisioning"
	                                                       : "go on",
	            "%s", policy_data_names[out->billing.terms]);
	if (!policy_is_in_force(context, POLICY_SERVICE_CARRIER_BILLING)) {
		withhold(out);
	} else if (out->billing.terms == POLICY_NOT_AVAILABLE) {
		out->status = POLICY_DISABLED;
		ask(b, out);
	} else if (out->billing.terms == POLICY_IN_PROGRESS) {
		out->status = POLICY_PROVISIONING; /* T97 has no mode for 0 with it */
	} else if (out->status == POLICY_DISABLED) {
		out->billing.page = b->page.url[0] != '\0'; /* it switches billing on (11.2) */
	}
}

bool policy_billing_asks(const struct policy_context *context)
{
	const struct policy_billing *b = &context->tenant->billing;
	struct policy_context quiet = *context;
	struct policy_decision decision = { .status = POLICY_INCOMPATIBLE };

	quiet.trace = NULL;
	policy_decide_billing(&quiet, &decision);
	return b->terms_required && has_message(b) && decision.status != POLICY_INCOMPATIBLE &&
	       policy_is_in_force(context, POLICY_SERVICE_CARRIER_BILLING);
}

/* ---- rendering: TS.43 T91 to T96 ---- */

static void render_message(struct policy_render *r)
{
	const struct policy_tenant *tenant = r->context->tenant;
	struct es_doc_node *msg = policy_put_group(r, r->root, "MSG", false);

	policy_put(r, msg, "Title", policy_text_of(&tenant->billing.titles, r->context->language, tenant->language));
	policy_put(r, msg, "Message", policy_text_of(&tenant->billing.texts, r->context->language, tenant->language));
	policy_put(r, msg, "Accept_btn", "1");
	policy_put(r, msg, "Reject_btn", "1");
}

void policy_render_billing(struct policy_render *r, const struct policy_decision *decision)
{
	const struct policy_billing *b = &r->context->tenant->billing;

	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	policy_put_number(r, r->root, "TC_Status", decision->billing.terms);
	if (decision->billing.by != 0)
		policy_put_number(r, r->root, "TC_Operation", decision->billing.by);
	policy_put(r, r->root, "MessageForIncompatible", policy_message(r->context, &decision->message));
	if (decision->billing.page)
		policy_put_page(r, &b->page, "ap2012", -1);
	if (decision->billing.message)
		render_message(r);
}
