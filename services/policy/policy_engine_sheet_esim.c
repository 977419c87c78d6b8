/* policy_engine_sheet_esim.c -- a sheet of an eSIM: what esim is asked with it, and its answer as a view. */
#include <string.h>

#include "es_cleanup.h"
#include "es_log.h"
#include "policy_engine_esim.h"
#include "policy_resource.h"
#include "policy_sheet_commit.h"
#include "policy_sheet_esim.h"
#include "policy_sheeting.h"

_Static_assert((int)POLICY_ESIM_REFUSE == OPENES__ESIM_SHEET_REQUEST__ACT__REFUSE &&
                   (int)POLICY_ESIM_ORDER == OPENES__ESIM_SHEET_REQUEST__ACT__ORDER &&
                   (int)POLICY_ESIM_FAILED == OPENES__ESIM_SHEET_REPLY__STATE__FAILED &&
                   (int)POLICY_ESIM_READY == OPENES__ESIM_SHEET_REPLY__STATE__READY,
               "numbers of the wire");

struct walk {
	struct policy_sheeting *s;
	struct policy_esim_sheet sheet;
	struct policy_esim_view view;
};

/* ---- the question ---- */

static char *dup(struct policy_sheeting *s, const char *text, bool *bad)
{
	char *copy = es_arena_strdup(s->arena, es_slice_str(text));

	*bad = *bad || copy == NULL;
	return copy;
}

static Openes__Subject *subject_of(struct policy_sheeting *s, bool *bad)
{
	Openes__Subject *subject = es_arena_alloc(s->arena, sizeof *subject);

	if (subject == NULL) {
		*bad = true;
		return NULL;
	}
	openes__subject__init(subject);
	subject->tenant = dup(s, s->state.flow.tenant, bad);
	subject->imsi = dup(s, s->line.imsi, bad);
	subject->msisdn = dup(s, s->line.msisdn, bad);
	subject->terminal_id = dup(s, s->state.flow.terminal, bad);
	return subject;
}

static es_status ask(struct policy_sheeting *s, enum policy_esim_act act, struct policy_sheet_question *question)
{
	const struct policy_esim_choice *choice = &s->state.esim;
	const struct policy_esim_asked asked = { .context = &s->context,
		                                     .catalog = s->catalog,
		                                     .devices = policy_esim_device(es_slice_str(s->state.flow.app)) };
	Openes__EsimSheetRequest *request = es_arena_alloc(s->arena, sizeof *request);
	char nonce[POLICY_NONCE_SIZE];
	bool bad = false;

	if (request == NULL)
		return ES_TOO_LARGE;
	openes__esim_sheet_request__init(request);
	policy_sheet_nonce(&s->state.flow, nonce);
	request->subject = subject_of(s, &bad);
	ES_TRY(policy_esim_fill(&asked, s->arena, &request->facts));
	request->app = dup(s, s->state.flow.app, &bad);
	request->nonce = dup(s, nonce, &bad);
	request->act = (Openes__EsimSheetRequest__Act)act;
	request->plan = dup(s, choice->plan, &bad);
	request->service = dup(s, choice->service, &bad);
	request->iccid = dup(s, choice->iccid, &bad);
	request->temporary = choice->is_temporary;
	question->esim = request;
	return bad ? ES_TOO_LARGE : ES_OK;
}

/* ---- the answer ---- */

static void read_profiles(const Openes__EsimSheetReply *reply, struct policy_esim_view *view)
{
	for (size_t i = 0; i < reply->n_profiles && view->profile_count < POLICY_ESIM_PICKS_MAX; i++)
		view->profiles[view->profile_count++] =
			(struct policy_esim_profile){ reply->profiles[i]->iccid, reply->profiles[i]->terminal_id,
			                              reply->profiles[i]->name };
}

static void read_view(const Openes__EsimSheetReply *reply, struct policy_esim_view *view)
{
	const unsigned state = (unsigned)reply->state;

	*view = (struct policy_esim_view){
		.state = state < POLICY_ESIM_STATES ? (enum policy_esim_state)state : POLICY_ESIM_STATE_NONE,
		.kind = policy_esim_kind_of(reply->kind),
		.is_refused = reply->outcome == OPENES__ESIM_SHEET_REPLY__OUTCOME__REFUSED,
		.device_name = reply->device_name,
		.device_model = reply->device_model,
		.device_id = reply->device_id,
		.activation_code = reply->activation_code,
		.smdp_address = reply->smdp_address,
		.iccid = reply->iccid,
		.msisdn = reply->msisdn,
		.confirmation_code = reply->confirmation_code,
		.service = reply->service,
	};
	read_profiles(reply, view);
}

static es_status show(struct walk *w, enum policy_esim_act asked)
{
	struct policy_sheeting *s = w->s;
	const bool has_acted = w->sheet.view != NULL && (asked == POLICY_ESIM_ORDER || asked == POLICY_ESIM_SELECT);
	struct policy_page_model page;
	bool is_carried = false;

	policy_esim_sheet_told(&w->sheet, asked);
	policy_sheet_prepare(&s->sheet);
	policy_esim_sheet_show(&w->sheet, &page, &is_carried);
	ES_TRY(policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN,
	                            has_acted ? POLICY_SHEET_COMMITTED : POLICY_SHEET_SHOWN, NULL));
	return is_carried ? policy_sheeting_carry(s) : ES_OK;
}

static es_status finish(struct walk *w, enum policy_esim_act asked, const struct policy_sheet_answer *answer)
{
	struct policy_sheeting *s = w->s;

	if (asked == POLICY_ESIM_REFUSE) /* whatever esim says of it */
		return policy_sheeting_leave(s);
	if (answer->status != ES_OK || answer->esim == NULL) {
		es_warn(s->trace, "policy.esim_away", es_f_str("tenant", s->context.tenant->id), es_f_status(answer->status));
		return show(w, asked);
	}
	if (answer->esim->outcome == OPENES__ESIM_SHEET_REPLY__OUTCOME__GONE)
		return policy_sheeting_used(s);
	read_view(answer->esim, &w->view);
	if (w->view.kind == POLICY_ESIM_NO_KIND && !w->view.is_refused)
		return ES_INTERNAL;
	w->sheet.view = &w->view;
	return show(w, asked);
}

/* ---- the two passes ---- */

static void begin(struct policy_sheeting *s, struct walk *w)
{
	const uint32_t device = policy_esim_device(es_slice_str(s->state.flow.app));
	size_t count = 0;
	const struct policy_plan *plans = policy_catalog_plans(s->catalog, s->context.tenant->id, &count);

	*w = (struct walk){ .s = s, .sheet = { .sheet = &s->sheet } };
	if (s->state.esim.plan == NULL)
		s->state.esim = (struct policy_esim_choice){ .plan = "", .service = "", .iccid = "", .terminal = "" };
	for (size_t i = 0; i < count && w->sheet.offer_count < POLICY_ESIM_PICKS_MAX; i++)
		if ((plans[i].esim.offered_to & device) != 0)
			w->sheet.offers[w->sheet.offer_count++] = &plans[i];
}

static es_status show_inactive(struct policy_sheeting *s)
{
	struct policy_page_model page;

	s->state.step = POLICY_STEP_INACTIVE;
	policy_sheet_show(&s->sheet, &page);
	return policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN, POLICY_SHEET_SHOWN, NULL);
}

es_status policy_sheeting_esim_opened(struct policy_sheeting *s, const struct policy_sheet_answer *answer,
                                      struct policy_sheet_question *question)
{
	struct walk w;

	if (s->line.status != POLICY_ACTIVE)
		return show_inactive(s);
	begin(s, &w);
	return answer == NULL ? ask(s, POLICY_ESIM_LOOK, question) : finish(&w, POLICY_ESIM_LOOK, answer);
}

/* What the person agreed to is on record before anything is ordered; done again, it is the same. */
static es_status commit(struct walk *w, const char *act, bool *goes_on)
{
	struct policy_sheeting *s = w->s;
	struct policy_sheet_commit work = { .sheet = &s->sheet, .act = act, .client = s->client };

	for (size_t i = 0; i < w->sheet.offer_count; i++)
		if (strcmp(w->sheet.offers[i]->id, s->state.esim.plan) == 0)
			work.plan = w->sheet.offers[i];
	ES_TRY(policy_sheet_commit_run(s->engine->store, s->engine->ring, s->trace, &work));
	*goes_on = work.outcome == POLICY_COMMIT_DONE || work.outcome == POLICY_COMMIT_AGAIN;
	if (*goes_on)
		return ES_OK;
	return work.outcome == POLICY_COMMIT_USED ? policy_sheeting_used(s) : policy_sheeting_gone(s, "not_to_be_had");
}

es_status policy_sheeting_esim_acted(struct policy_sheeting *s, const char *action,
                                     const struct policy_sheet_answer *answer, struct policy_sheet_question *question)
{
	bool goes_on = true;
	struct walk w;

	if (s->line.status != POLICY_ACTIVE)
		return show_inactive(s);
	begin(s, &w);
	const enum policy_esim_act act = policy_esim_sheet_act(&w.sheet, action);
	if (s->sheet.is_malformed)
		return ES_TOO_LARGE;
	if (act == POLICY_ESIM_ASK_NOTHING)
		return policy_sheeting_bad(s, "no_such_act");
	if (answer != NULL)
		return finish(&w, act, answer);
	if (act == POLICY_ESIM_ORDER || act == POLICY_ESIM_SELECT)
		ES_TRY(commit(&w, act == POLICY_ESIM_ORDER ? "order" : "select", &goes_on));
	return goes_on ? ask(s, act, question) : ES_OK;
}
