/* esim_carry.c -- orders made, followed, taken back; devices that show that they have their profile. */
#include "esim_carry.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "esim_answer.h"
#include "esim_line.h"

static es_status make_order(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                            const struct esim_answer *answer, const char *traceparent, struct esim_carried *out)
{
	struct esim_profile subject;

	/* Not as it was when the request was judged: that it is on its device may have been noted since. */
	if (answer->subject != NULL)
		ES_TRY(esim_row_profile(store, conn, answer->subject->id, &subject));
	const es_status status =
		esim_line_order(store, conn, &answer->draft, &request->facts.settings, answer->offer,
	                    answer->subject != NULL ? &subject : NULL, traceparent, request->now_ms, &out->c);
	es_wipe(&subject, sizeof subject);
	out->has_order = status == ES_OK;
	out->event = status == ES_OK && out->c.event > 0 ? out->c.event : out->event;
	return status;
}

/* The order under way about a profile of the line; "": none. */
static const char *under_way(const struct esim_request *request, const struct esim_profile *p)
{
	return request->line.orders[p - request->line.profiles].id;
}

static es_status follow_order(const struct esim_store *store, struct es_db_conn *conn,
                              const struct esim_request *request, const struct esim_answer *answer,
                              struct esim_carried *out)
{
	const es_status status = esim_case_read(store, conn, under_way(request, answer->subject), &out->c);

	out->has_order = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_INTERNAL : status;
}

/* An order whose profile is not on its device yet is taken back rather than followed by another. */
static es_status end_instead(const struct esim_store *store, struct es_db_conn *conn,
                             const struct esim_request *request, const struct esim_answer *answer,
                             struct esim_carried *out, bool *is_ended)
{
	const struct esim_profile *p = answer->subject;

	*is_ended = false;
	if (p == NULL || answer->draft.kind != ESIM_UNSUBSCRIBE || p->seen_ms > 0 || under_way(request, p)[0] == '\0')
		return ES_OK;
	ES_TRY(esim_case_read(store, conn, under_way(request, p), &out->c));
	if (!esim_order_makes_profile(&out->c.order) ||
	    !esim_order_cancel(&out->c.order, "its device does not want it any more", request->now_ms))
		return ES_OK;
	ES_TRY(esim_case_write(store, conn, &out->c, request->now_ms));
	out->event = out->c.event > 0 ? out->c.event : out->event;
	*is_ended = true;
	return ES_OK;
}

static es_status note_installed(const struct esim_store *store, struct es_db_conn *conn,
                                const struct esim_request *request, const struct esim_answer *answer, uint64_t *event)
{
	struct esim_case c;

	if (answer->shown == NULL)
		return ES_OK;
	const es_status status = esim_case_sign(store, conn, request->tenant, answer->shown->iccid, ESIM_SIGN_INSTALLED, "",
	                                        request->now_ms, &c);
	*event = c.event > 0 ? c.event : *event;
	es_wipe(&c, sizeof c);
	return status == ES_NOT_FOUND ? ES_OK : status; /* it has no ICCID yet, or was erased meanwhile */
}

es_status esim_carry_out(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                         struct esim_answer *answer, const char *traceparent, struct esim_carried *out)
{
	bool is_ended = false;

	out->has_order = false;
	out->event = 0;
	switch (answer->verdict) {
	case ESIM_ORDERS:
		ES_TRY(note_installed(store, conn, request, answer, &out->event));
		ES_TRY(end_instead(store, conn, request, answer, out, &is_ended));
		if (!is_ended)
			return make_order(store, conn, request, answer, traceparent, out);
		esim_answer_done(answer);
		return ES_OK;
	case ESIM_FOLLOWS: return follow_order(store, conn, request, answer, out);
	case ESIM_ASKS_SHEET:
		ES_TRY(note_installed(store, conn, request, answer, &out->event));
		return esim_row_intent_put(store, conn, request->facts.sheet_nonce, &answer->draft, "", request->now_ms);
	case ESIM_ANSWERS: return note_installed(store, conn, request, answer, &out->event);
	case ESIM_NOT_OFFERED:
	case ESIM_FORBIDDEN:
	case ESIM_UNACCEPTABLE: break;
	}
	return ES_OK;
}

/* The row may have moved since it was read: only what was told is added to it. */
static es_status note_told(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                           const struct esim_answer *answer, size_t i)
{
	struct esim_profile p;

	const es_status status = esim_row_profile(store, conn, request->line.profiles[i].id, &p);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_OK : status;
	if ((answer->polled >> i & 1) != 0)
		p.polls++;
	if ((answer->given >> i & 1) != 0 && p.given_ms == 0)
		p.given_ms = request->now_ms;
	return esim_row_profile_put(store, conn, &p);
}

es_status esim_carry_told(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                          const struct esim_answer *answer, uint64_t *event)
{
	*event = 0;
	for (size_t i = 0; i < request->line.count; i++)
		if (((answer->polled | answer->given) >> i & 1) != 0)
			ES_TRY(note_told(store, conn, request, answer, i));
	return note_installed(store, conn, request, answer, event);
}
