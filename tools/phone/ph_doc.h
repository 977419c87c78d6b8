/* ph_doc.h -- reading a configuration document, XML or JSON, as one sequence of events. Pure.
 *
 * Takes what a conforming server may write, and nothing that needs a full XML parser: no DOCTYPE, no CDATA, no text
 * between elements (TS.43 2.9 has none). */
#ifndef PH_DOC_H
#define PH_DOC_H

#include <stdbool.h>

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"

enum ph_doc_event {
	PH_DOC_OPEN,  /* a characteristic, an object or an array: `name` */
	PH_DOC_PARM,  /* `name` and `value`, entities resolved */
	PH_DOC_CLOSE, /* of the last open one */
};

typedef void ph_doc_visit(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name,
                          struct es_slice value);

/* ES_MALFORMED after some events already, ES_TOO_LARGE when nested more than 16 deep or the arena is exhausted. */
es_status ph_doc_walk(struct es_slice body, bool is_json, struct es_arena *arena, ph_doc_visit *visit,
                      void *user) ES_MUST_USE;

/* Text with its references (&amp;, &#65;) resolved; without one it stays where it is. ES_MALFORMED: one that is unknown. */
es_status ph_doc_unescape(struct es_slice raw, struct es_arena *arena, struct es_slice *out) ES_MUST_USE;

/* The token and its validity in seconds (-1: not given) of a whole, well-formed document. ES_NOT_FOUND: it has none. */
es_status ph_doc_token(struct es_slice body, bool is_json, struct es_arena *arena, struct es_slice *token,
                       int64_t *validity_s) ES_MUST_USE;

#endif
