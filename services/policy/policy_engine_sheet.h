/* policy_engine_sheet.h -- POLICY_SHEET_OPEN and POLICY_SHEET_ACT as messages, as policy_engine.h has the others.
 *
 * What needs somebody else (the address service, the taker of documents; for an eSIM esim) takes two passes: the first says what is
 * to be asked, the second, with what came of it, goes the same way again and further. Nothing is kept between them. */
#ifndef POLICY_ENGINE_SHEET_H
#define POLICY_ENGINE_SHEET_H

#include "es_trace.h"
#include "esim.pb-c.h"
#include "policy_address.h"
#include "policy_engine.h"

/* What somebody is to be asked, and what he said. */
struct policy_sheet_question {
	const Openes__EsimSheetRequest *esim; /* NULL: not esim */
	const char *peer;                     /* NULL: no peer of the sheets either, the reply is there */
	bool is_document;                     /* it is the taker of documents that is asked */
	struct es_slice body;
	enum policy_address_form form;
};
struct policy_sheet_answer {
	es_status status; /* not ES_OK: it could not be asked, or said nothing of use */
	const Openes__EsimSheetReply *esim;
	struct policy_addresses addresses;
	const char *document; /* what the picture is called there; "": nothing */
};
static inline bool policy_sheet_asks(const struct policy_sheet_question *question)
{
	return question->esim != NULL || question->peer != NULL;
}

/* `answer` NULL: nobody was asked yet. */
es_status policy_serve_sheet_open(struct policy_engine *engine, const Openes__SheetOpenRequest *request,
                                  const struct policy_sheet_answer *answer, const struct es_trace *trace,
                                  int64_t now_ms, struct es_arena *arena, Openes__SheetReply *reply,
                                  struct policy_sheet_question *question) ES_MUST_USE;
/* Commits: never in a bus callback. */
es_status policy_serve_sheet_act(struct policy_engine *engine, const Openes__SheetActRequest *request,
                                 const struct policy_sheet_answer *answer, const struct es_trace *trace, int64_t now_ms,
                                 struct es_arena *arena, Openes__SheetReply *reply,
                                 struct policy_sheet_question *question) ES_MUST_USE;
void policy_sheet_metrics(void);

#endif
