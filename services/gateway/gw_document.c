/* gw_document.c -- what the processes answered, put together as one configuration document (TS.43 2.9). */
#include "es_ts43_doc.h"
#include "gw_exchange.h"

#define DEPTH_MAX 8 /* of the trees the services send: the deepest document of TS.43 has half of it */

/* Turns protobuf nodes into document nodes: siblings chained, `*first` the first of them. */
static bool copy_nodes(struct es_arena *arena, Openes__DocNode *const *nodes, size_t count, unsigned depth,
                       struct es_doc_node *parent)
{
	if (depth > DEPTH_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		const Openes__DocNode *from = nodes[i];
		struct es_slice name = es_slice_str(from->name);
		struct es_doc_node *node = from->is_parm ? es_doc_parm(arena, parent, name, es_slice_str(from->value))
		                                         : es_doc_characteristic(arena, parent, name, from->is_list);

		if (node == NULL || !copy_nodes(arena, from->children, from->n_children, depth + 1, node))
			return false;
	}
	return true;
}

static const Openes__AppAnswer *answer_of(const struct gw_exchange *x, size_t index)
{
	struct es_slice app = es_slice_str(x->request->apps[index]);

	if (x->operated[index] != NULL)
		return x->operated[index];
	for (size_t i = 0; i < x->decision->n_answers; i++)
		if (es_slice_eq_nocase(es_slice_str(x->decision->answers[i]->app), app))
			return x->decision->answers[i];
	return NULL;
}

/* One APPLICATION for each one asked for (V12-DOC-03); without an answer it is its AppID alone, as for the first,
 * authenticating request of an ODSA client. */
static struct es_doc_app *make_app(const struct gw_exchange *x, size_t index)
{
	const Openes__AppAnswer *answer = answer_of(x, index);
	struct es_doc_app *app = es_arena_alloc(x->arena, sizeof(*app));
	struct es_doc_node *root = es_doc_characteristic(x->arena, NULL, ES_SLICE_LIT(""), false);

	if (app == NULL || root == NULL)
		return NULL;
	if (answer != NULL && !copy_nodes(x->arena, answer->nodes, answer->n_nodes, 0, root))
		return NULL;
	if (x->has_notif_status) { /* TS.43 2.9.5, inside each application (annex 3, A27) */
		char *status = es_arena_printf(x->arena, "%u", x->notif_status);

		if (status == NULL ||
		    es_doc_parm(x->arena, root, ES_SLICE_LIT("RegisterNotifStatus"), es_slice_str(status)) == NULL)
			return NULL;
	}
	app->app_id = es_slice_str(x->request->apps[index]);
	app->first = root->child;
	return app;
}

es_status gw_document_write(const struct gw_exchange *x, bool as_json, struct es_buf *out)
{
	struct es_doc doc = {
		.version = x->decision->vers,
		.validity_s = x->decision->validity_s,
		.token = es_slice_str(x->decision->no_token ? NULL : x->token),
		.token_validity_s = x->token_validity_s,
	};
	struct es_doc_app **last = &doc.apps;

	for (size_t i = 0; i < x->request->n_apps; i++) {
		if (answer_of(x, i) == NULL && gw_app_may_be_own(es_slice_str(x->request->apps[i])))
			continue; /* not this operator's: as if it had not been asked for beside others that are */
		*last = make_app(x, i);
		if (*last == NULL)
			return ES_TOO_LARGE;
		last = &(*last)->next;
	}
	if (as_json)
		es_doc_write_json(&doc, out);
	else
		es_doc_write_xml(&doc, out);
	return es_buf_status(out);
}
