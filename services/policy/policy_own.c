/* policy_own.c -- applications of the operator's own: a status by a feature, and parameters by rules and facts; and what
 * rules add to applications of the standard. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_rules.h"

#define VALUE_MAX 1024

void policy_decide_own(const struct policy_context *context, const struct policy_own_app *app,
                       struct policy_decision *out)
{
	const struct policy_offer offer = {
		.rule = app->feature[0] != '\0' ? app->feature : app->id,
		.in_plan = app->feature[0] == '\0' || policy_has_feature(context, app->feature),
		.feature = app->feature,
		.not_in_plan = POLICY_TEXT_NOT_OFFERED,
		.prov = POLICY_NOT_TRACKED,
	};

	out->status = policy_offer_status(context, &offer, &out->message);
	if (out->status == POLICY_INCOMPATIBLE && out->message.own == NULL && app->texts.count > 0)
		out->message.own = &app->texts;
}

static bool has_parm(const struct es_doc_node *parent, const char *name)
{
	for (const struct es_doc_node *node = parent->child; node != NULL; node = node->next)
		if (es_slice_eq_str(node->name, name))
			return true;
	return false;
}

/* What comes out empty says nothing: it is left out. */
static void put_setting(struct policy_render *r, const struct policy_setting *setting)
{
	char storage[VALUE_MAX];
	struct es_buf text;

	if (!policy_condition_holds(setting->when, r->context, NULL))
		return;
	es_buf_init_fixed(&text, storage, sizeof storage);
	const bool fits = policy_template_print(&setting->value, r->context, &text) == ES_OK;
	if (!fits || text.len == 0 || has_parm(r->root, setting->name)) {
		POLICY_NOTE(r->context->trace, "parameter", "left out", "%s: %s", setting->name,
		            !fits           ? "longer than 1024 octets"
		            : text.len == 0 ? "nothing is known"
		                            : "the application has it");
		return;
	}
	const char *value = es_arena_strdup(r->arena, es_buf_slice(&text));
	r->bad = r->bad || value == NULL;
	policy_put(r, r->root, setting->name, value != NULL ? value : "");
}

void policy_render_own(struct policy_render *r, const struct policy_own_app *app,
                       const struct policy_decision *decision)
{
	struct policy_context context = *r->context;
	struct policy_render own = *r;

	context.own_status = &decision->status;
	own.context = &context;
	policy_put_number(&own, own.root, "EntitlementStatus", decision->status);
	if (decision->status == POLICY_INCOMPATIBLE)
		policy_put(&own, own.root, "MessageForIncompatible", policy_message(&context, &decision->message));
	const bool shows = app->page_when != NULL ? policy_condition_holds(app->page_when, &context, NULL)
	                                          : decision->status != POLICY_ENABLED;
	if (app->page.url[0] != '\0' && shows && context.subscriber->status == POLICY_ACTIVE)
		policy_put_page(&own, &app->page, app->id, -1);
	for (size_t i = 0; i < app->parameter_count; i++)
		put_setting(&own, &app->parameters[i]);
	r->bad = own.bad;
}

void policy_render_settings(struct policy_render *r, const char *app)
{
	const struct policy_effects *effects = r->context->effects;

	for (size_t i = 0; effects != NULL && i < effects->setting_count; i++)
		if (strcmp(effects->settings[i]->app, app) == 0)
			put_setting(r, effects->settings[i]);
}

void policy_asking_read(struct policy_asking *asking)
{
	const struct es_slice id = es_slice_str(asking->terminal_id);

	asking->tac[0] = '\0';
	if ((id.len != 14 && id.len != 15 && id.len != 16) || !es_text_is_digits(id))
		return;
	memcpy(asking->tac, id.ptr, 8);
	asking->tac[8] = '\0';
}
