/* es_ts43_doc.h -- the configuration document of TS.43 2.9 as a tree, written as XML or JSON. Pure.
 *
 * A node is a parm (it has a value) or a characteristic (it has children). In XML every node keeps its order; in JSON
 * a characteristic is an object, and one marked `list` is an array whose elements are objects with one member named
 * after the child (TS.43 2.9.4, 4.1.2). A list whose children have no name is repeated in place: XML writes each child
 * as a characteristic with the list's name and nothing around them, JSON an array of plain objects (PLMNAllowed and
 * PLMNBarred, TS.43 15.2). All values are strings. XML is written so that real clients read it: one
 * element per line, `type` alone on a characteristic, `name` before `value`; `&` is written `&amp;`, and hostile
 * values are escaped completely (settled rule 22). */
#ifndef ES_TS43_DOC_H
#define ES_TS43_DOC_H

#include <stdbool.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct es_doc_node {
	struct es_slice name;
	struct es_slice value; /* of a parm */
	bool is_parm, is_list;
	struct es_doc_node *child, *last, *next;
};

struct es_doc_app {
	struct es_slice app_id;    /* "ap2004" */
	struct es_doc_node *first; /* its parms and characteristics; NULL: AppID alone */
	struct es_doc_app *next;
};

struct es_doc {
	int32_t version; /* VERS, TS.43 2.9.3 */
	int64_t validity_s;
	struct es_slice token; /* empty: no TOKEN characteristic */
	int64_t token_validity_s;
	struct es_doc_app *apps;
};

/* Nodes from an arena; NULL (and nothing added) when it is exhausted. `parent` NULL: a root of its own. */
struct es_doc_node *es_doc_parm(struct es_arena *arena, struct es_doc_node *parent, struct es_slice name,
                                struct es_slice value);
struct es_doc_node *es_doc_characteristic(struct es_arena *arena, struct es_doc_node *parent, struct es_slice name,
                                          bool is_list);

void es_doc_write_xml(const struct es_doc *doc, struct es_buf *out);
void es_doc_write_json(const struct es_doc *doc, struct es_buf *out);

#endif
