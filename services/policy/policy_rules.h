/* policy_rules.h -- what policy_decide.c and the applications' files share. Internal to the domain. */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy_decide.h"
#include "policy_effects.h"

/* A service as the plan and the line's own provisioning have it. */
struct policy_offer {
	const char *rule; /* name in explanations */
	bool in_plan;
	enum policy_service service;
	enum policy_service falls_with; /* 0: none. What withholds that withholds this, too */
	const char *feature;            /* of an application of the operator's own, which has no service; else NULL */
	enum policy_text not_in_plan;
	uint8_t prov; /* enum policy_prov */
};

/* EntitlementStatus of a service by what holds for every line: not in the plan or opted out 2, line not active 0, then by
 * provisioning. `message` is set with status 2. */
uint8_t policy_offer_status(const struct policy_context *context, const struct policy_offer *offer,
                            struct policy_says *message);
/* Opted out of, or withheld by a rule that calls it incompatible. */
bool policy_is_off(const struct policy_context *context, enum policy_service service);
/* The line is active, and no rule disables the service. */
bool policy_is_in_force(const struct policy_context *context, enum policy_service service);
const char *policy_message(const struct policy_context *context, const struct policy_says *says);
bool policy_usage_is_told(const struct policy_context *context, const struct policy_usage *usage);

void policy_decide_voice(const struct policy_context *context, struct policy_decision *out);  /* ap2003 */
void policy_decide_vowifi(const struct policy_context *context, struct policy_decision *out); /* ap2004 */

/* ap2010: without `boost_type` what the plan says of itself, with it one boost (TS.43 9.4). */
void policy_decide_data(const struct policy_context *context, struct policy_decision *out);
void policy_decide_satellite(const struct policy_context *context, struct policy_decision *out); /* ap2016 */
void policy_decide_billing(const struct policy_context *context, struct policy_decision *out);   /* ap2012 */
void policy_decide_identity(const struct policy_context *context, struct policy_decision *out);  /* ap2013 */

/* ap2014, ap2015 */
void policy_decide_phone_number(const struct policy_context *context, struct policy_decision *out);
void policy_decide_app_authentication(const struct policy_context *context, struct policy_decision *out);

/* Writes parms into a parent; failure of the arena sticks. */
struct policy_render {
	const struct policy_context *context;
	struct es_arena *arena;
	struct es_doc_node *root;
	bool bad;
};
void policy_put(struct policy_render *r, struct es_doc_node *parent, const char *name, const char *value);
void policy_put_number(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t number);
/* In UTC: "2026-11-21T12:00:00Z". */
void policy_put_time(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t ms);
struct es_doc_node *policy_put_group(struct policy_render *r, struct es_doc_node *parent, const char *name,
                                     bool is_list);
/* ServiceFlow_URL, _UserData and _ContentsType (TS.43 T50) of the application's page; `boost_type` negative: none is named to
 * the page. */
void policy_put_page(struct policy_render *r, const struct policy_page *page, const char *app, int64_t boost_type);
/* What the phone is told beside the URL; `contents_type` "": none is told. ES_TOO_LARGE. */
es_status policy_page_user_data(const struct policy_page *page, struct es_slice handle, int64_t boost_type,
                                struct es_arena *arena, const char **user_data, const char **contents_type) ES_MUST_USE;
/* Its handle, empty where an answer is only explained; failure sticks. */
struct es_slice policy_page_handle(struct policy_render *r, const char *app);

void policy_render_voice_flat(struct policy_render *r, const struct policy_decision *decision);
void policy_render_voice_list(struct policy_render *r, const struct policy_decision *decision);
void policy_render_operation(struct policy_render *r, const struct policy_decision *decision);
void policy_render_data(struct policy_render *r, const struct policy_decision *decision);
void policy_render_satellite(struct policy_render *r, const struct policy_decision *decision);
void policy_render_billing(struct policy_render *r, const struct policy_decision *decision);
void policy_render_identity(struct policy_render *r, const struct policy_decision *decision);
void policy_render_vowifi(struct policy_render *r, const struct policy_decision *decision);

/* Applications of the operator's own (policy_own.c). */
void policy_decide_own(const struct policy_context *context, const struct policy_own_app *app,
                       struct policy_decision *out);
void policy_render_own(struct policy_render *r, const struct policy_own_app *app,
                       const struct policy_decision *decision);
/* Extra parameters that rules set for an application; none of those that it has already. */
void policy_render_settings(struct policy_render *r, const char *app);

#endif
