/* esim_wire.c -- facts, settings and parameters in; a tree of nodes out. */
#include "esim_wire.h"

#include "es_cleanup.h"
#include "es_id.h"

#define PARAMS_MAX 128
#define SERVICES_MAX 8
#define OFFERS_MAX 64

static void read_text(const Openes__EsimText *m, struct esim_text *out)
{
	*out = (struct esim_text){ .title = m->title,
		                       .message = m->message,
		                       .accept_label = m->accept_label,
		                       .reject_label = m->reject_label,
		                       .has_freetext = m->has_freetext,
		                       .hint = m->hint,
		                       .validation = m->validation,
		                       .error_text = m->error_text };
}

static void read_settings(const Openes__EsimSettings *m, struct esim_settings *out)
{
	static const Openes__EsimText no_text = OPENES__ESIM_TEXT__INIT;

	*out = (struct esim_settings){ .smdp = m->smdp,
		                           .smdp_others = (const char *const *)m->smdp_others,
		                           .smdp_other_count = m->n_smdp_others,
		                           .bss = m->bss,
		                           .bss_orders_profile = m->bss_orders_profile,
		                           .provision = m->provision,
		                           .release_late = m->release_late,
		                           .own_stock = m->own_stock,
		                           .confirmation_code = m->confirmation_code,
		                           .download = (uint8_t)m->download,
		                           .sheet = (uint8_t)m->sheet,
		                           .input = m->input,
		                           .input_to_bss = m->input_to_bss,
		                           .manage_service = m->manage_service,
		                           .redownloadable = m->redownloadable,
		                           .retire_when_ready = m->retire_when_ready,
		                           .max_refresh = m->max_refresh,
		                           .polling_interval_s = m->polling_interval_s,
		                           .answer_within_ms = m->answer_within_ms,
		                           .install_within_s = m->install_within_s,
		                           .download_repeat_s = m->download_repeat_s,
		                           .companion_profile_type = m->companion_profile_type,
		                           .primary_profile_type = m->primary_profile_type };
	read_text(m->text != NULL ? m->text : &no_text, &out->text);
}

static es_status read_lists(const Openes__EsimFacts *m, struct es_arena *arena, struct esim_facts *out)
{
	struct es_slice *services = es_arena_array(arena, SERVICES_MAX, sizeof *services);
	struct esim_offer *offers = es_arena_array(arena, OFFERS_MAX, sizeof *offers);

	if (services == NULL || offers == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < m->n_companion_services && i < SERVICES_MAX; i++)
		services[out->companion_service_count++] = es_slice_str(m->companion_services[i]);
	for (size_t i = 0; i < m->n_offers && i < OFFERS_MAX; i++) {
		const Openes__PlanOffer *o = m->offers[i];
		offers[out->offer_count++] =
			(struct esim_offer){ o->id,  o->name, o->description, o->companion_profile_type, o->primary_profile_type,
			                     o->smdp };
	}
	out->companion_services = services;
	out->offers = offers;
	return ES_OK;
}

es_status esim_wire_facts(const Openes__EsimFacts *message, struct es_arena *arena, struct esim_facts *out)
{
	static const Openes__EsimFacts nothing = OPENES__ESIM_FACTS__INIT;
	static const Openes__EsimSettings no_settings = OPENES__ESIM_SETTINGS__INIT;
	static const Openes__EsimSheet no_sheet = OPENES__ESIM_SHEET__INIT;
	const Openes__EsimFacts *m = message != NULL ? message : &nothing;
	const Openes__EsimSheet *sheet = m->sheet != NULL ? m->sheet : &no_sheet;

	*out = (struct esim_facts){ .companion_allowed = m->companion_allowed,
		                        .primary_allowed = m->primary_allowed,
		                        .enterprise_allowed = m->enterprise_allowed,
		                        .line_active = m->line_active,
		                        .no_web_view = m->no_web_view,
		                        .companion_incompatible = m->companion_incompatible,
		                        .primary_incompatible = m->primary_incompatible,
		                        .eligibility_polling_s = m->eligibility_polling_s,
		                        .companion_max = m->companion_max,
		                        .enterprise_max = m->enterprise_max,
		                        .not_enabled_url = es_slice_str(m->not_enabled_url),
		                        .not_enabled_user_data = es_slice_str(m->not_enabled_user_data),
		                        .plan = m->plan,
		                        .iccid = m->iccid,
		                        .language = m->language,
		                        .enterprise_id = m->enterprise_id,
		                        .sheet_url = sheet->url,
		                        .sheet_user_data = sheet->user_data,
		                        .sheet_contents_type = sheet->contents_type,
		                        .sheet_nonce = sheet->nonce,
		                        .sheet_has_terms = sheet->has_terms };
	read_settings(m->settings != NULL ? m->settings : &no_settings, &out->settings);
	return read_lists(m, arena, out);
}

es_status esim_wire_request(const Openes__OperateRequest *m, struct es_arena *arena, struct esim_request *out)
{
	struct es_imsi imsi;

	if (m->subject == NULL || m->request == NULL || m->subject->tenant[0] == '\0' ||
	    m->request->n_params > PARAMS_MAX || !esim_app_parse(es_slice_str(m->app), &out->app))
		return ES_MALFORMED;
	/* A server asks for nobody (TS.43 10). */
	if (out->app != ESIM_SERVER || m->subject->imsi[0] != '\0')
		ES_TRY(es_imsi_parse(es_slice_str(m->subject->imsi), &imsi));

	struct esim_param *params = es_arena_array(arena, m->request->n_params, sizeof *params);
	if (params == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < m->request->n_params; i++) {
		params[i].name = es_slice_str(m->request->params[i]->name);
		params[i].value = es_slice_str(m->request->params[i]->value);
	}
	out->params = params;
	out->param_count = m->request->n_params;
	out->operation = es_slice_str(m->request->operation);
	out->tenant = m->subject->tenant;
	out->imsi = m->subject->imsi;
	out->msisdn = m->subject->msisdn;
	out->terminal_id = m->request->terminal_id[0] != '\0' ? m->request->terminal_id : m->subject->terminal_id;
	return esim_wire_facts(m->facts, arena, &out->facts);
}

/* ---- out ---- */

static Openes__DocNode *write_node(const struct es_doc_node *node, struct es_arena *arena);

static Openes__DocNode **write_children(const struct es_doc_node *parent, struct es_arena *arena, size_t *count)
{
	*count = 0;
	for (const struct es_doc_node *n = parent->child; n != NULL; n = n->next)
		(*count)++;
	Openes__DocNode **nodes = es_arena_array(arena, *count, sizeof(Openes__DocNode *));
	size_t i = 0;
	for (const struct es_doc_node *n = parent->child; nodes != NULL && n != NULL; n = n->next)
		if ((nodes[i++] = write_node(n, arena)) == NULL)
			return NULL;
	return nodes;
}

/* Nodes are made here, four deep at most. */
static Openes__DocNode *write_node(const struct es_doc_node *node, struct es_arena *arena)
{
	Openes__DocNode *out = es_arena_alloc(arena, sizeof *out);

	if (out == NULL)
		return NULL;
	openes__doc_node__init(out);
	out->name = es_arena_strdup(arena, node->name);
	out->value = es_arena_strdup(arena, node->value);
	out->is_parm = node->is_parm;
	out->is_list = node->is_list;
	out->children = write_children(node, arena, &out->n_children);
	return out->name != NULL && out->value != NULL && out->children != NULL ? out : NULL;
}

es_status esim_wire_nodes(const struct es_doc_node *root, struct es_arena *arena, Openes__AppAnswer *out)
{
	if (root == NULL)
		return ES_OK;
	out->nodes = write_children(root, arena, &out->n_nodes);
	return out->nodes != NULL ? ES_OK : ES_TOO_LARGE;
}
