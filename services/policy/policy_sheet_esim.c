/* policy_sheet_esim.c -- the walk over a sheet of an eSIM: what is due, and what an act asks of esim. */
#include "policy_sheet_esim.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define LOOKS_MAX 20 /* by itself; a minute in all. Who is still not served is told that it takes longer */

static const char *const kind_names[POLICY_ESIM_KINDS] = {
	[POLICY_ESIM_NO_KIND] = "",        [POLICY_ESIM_SUBSCRIBE] = "subscribe", [POLICY_ESIM_UNSUBSCRIBE] = "unsubscribe",
	[POLICY_ESIM_CHANGE] = "change",   [POLICY_ESIM_TRANSFER] = "transfer",   [POLICY_ESIM_RECOVER] = "recover",
	[POLICY_ESIM_RELEASE] = "release",
};

/* A loan, and its end, are moves. */
enum policy_esim_kind policy_esim_kind_of(const char *name)
{
	if (strcmp(name, "lend") == 0 || strcmp(name, "return") == 0)
		return POLICY_ESIM_TRANSFER;
	for (unsigned i = 1; i < POLICY_ESIM_KINDS; i++)
		if (strcmp(kind_names[i], name) == 0)
			return (enum policy_esim_kind)i;
	return POLICY_ESIM_NO_KIND;
}

bool policy_sheet_is_esim(const char *app)
{
	return policy_esim_device(es_slice_str(app)) != 0;
}

/* ---- what has to be chosen ---- */

static const struct policy_plan *offered(const struct policy_esim_sheet *s, const char *id)
{
	for (size_t i = 0; i < s->offer_count; i++)
		if (strcmp(s->offers[i]->id, id) == 0)
			return s->offers[i];
	return NULL;
}

static bool wants_plan(const struct policy_esim_sheet *s)
{
	const struct policy_esim_choice *choice = &s->sheet->state->esim;

	if (choice->plan[0] != '\0')
		return false;
	return choice->kind == POLICY_ESIM_CHANGE || (choice->kind == POLICY_ESIM_SUBSCRIBE && s->offer_count > 1);
}

static bool wants_terms(const struct policy_esim_sheet *s)
{
	return s->sheet->state->esim.kind == POLICY_ESIM_SUBSCRIBE && policy_esim_has_terms(s->sheet->context) &&
	       s->sheet->state->accepted_ms == 0;
}

/* CompanionDeviceServices (TS.43 T39) are a companion's. */
static bool wants_service(const struct policy_esim_sheet *s)
{
	const struct policy_sheet_state *state = s->sheet->state;
	const uint32_t services = policy_decide_esim(s->sheet->context).companion_services;

	return state->esim.kind == POLICY_ESIM_SUBSCRIBE && strcmp(state->flow.app, "ap2006") == 0 &&
	       (services & (services - 1)) != 0 && state->esim.service[0] == '\0';
}

static enum policy_sheet_step due_new(const struct policy_esim_sheet *s)
{
	if (s->sheet->state->esim.kind == POLICY_ESIM_TRANSFER && s->view->profile_count > 0)
		return POLICY_STEP_ESIM_OLD;
	if (wants_plan(s))
		return POLICY_STEP_ESIM_PLAN;
	if (wants_terms(s))
		return POLICY_STEP_TERMS;
	return wants_service(s) ? POLICY_STEP_ESIM_SERVICE : POLICY_STEP_ESIM_CONFIRM;
}

/* The only plan is chosen, and what the device has named need not be. */
static void choose_what_is_clear(struct policy_esim_sheet *s)
{
	struct policy_esim_choice *choice = &s->sheet->state->esim;

	if (choice->kind == POLICY_ESIM_SUBSCRIBE && s->offer_count == 1)
		choice->plan = s->offers[0]->id;
	if (choice->service[0] == '\0')
		choice->service = s->view->service;
}

/* Without a plan to change to there is nothing to choose. */
static bool may_go_on(const struct policy_esim_sheet *s)
{
	return !s->view->is_refused && (s->view->kind != POLICY_ESIM_CHANGE || s->offer_count > 0);
}

void policy_esim_sheet_told(struct policy_esim_sheet *s, enum policy_esim_act asked)
{
	struct policy_sheet_state *state = s->sheet->state;

	if (s->view == NULL) {
		state->step = POLICY_STEP_ESIM_WAIT;
		return;
	}
	if (s->view->kind != state->esim.kind)
		state->esim = (struct policy_esim_choice){
			.kind = (uint8_t)s->view->kind, .plan = "", .service = "", .iccid = "", .terminal = ""
		};
	if (s->view->state == POLICY_ESIM_WORKING && state->esim.looks < LOOKS_MAX) {
		state->step = POLICY_STEP_ESIM_WAIT;
		state->esim.looks++;
	} else if (s->view->state == POLICY_ESIM_NEW && asked == POLICY_ESIM_LOOK && may_go_on(s)) {
		choose_what_is_clear(s);
		state->step = (uint8_t)due_new(s);
	} else {
		state->step = POLICY_STEP_ESIM_END;
	}
}

/* ---- acts ---- */

static enum policy_esim_act missing(struct policy_esim_sheet *s, enum policy_sheet_text what)
{
	s->sheet->alert = what;
	return POLICY_ESIM_LOOK;
}

static enum policy_esim_act do_plan(struct policy_esim_sheet *s)
{
	const struct policy_plan *plan = offered(s, policy_sheet_field(s->sheet, "pick"));

	if (plan == NULL)
		return missing(s, POLICY_SAYS_ESIM_PLAN_MISSING);
	s->sheet->state->esim.plan = plan->id;
	return POLICY_ESIM_LOOK;
}

static enum policy_esim_act do_terms(struct policy_esim_sheet *s)
{
	(void)policy_sheet_accept(s->sheet);
	return POLICY_ESIM_LOOK;
}

static enum policy_esim_act do_service(struct policy_esim_sheet *s)
{
	const int which = policy_name_value(policy_companion_names, policy_sheet_field(s->sheet, "pick"));
	const uint32_t services = policy_decide_esim(s->sheet->context).companion_services;

	if (which < 0 || (services >> which & 1) == 0)
		return missing(s, POLICY_SAYS_ESIM_SERVICE_MISSING);
	s->sheet->state->esim.service = policy_companion_names[which];
	return POLICY_ESIM_LOOK;
}

static bool agrees(const struct policy_esim_sheet *s)
{
	return strcmp(policy_sheet_field(s->sheet, "agree"), "yes") == 0;
}

/* "ICCID terminal-id", as the page put it: esim judges whether it is one of the line's. */
static enum policy_esim_act do_select(struct policy_esim_sheet *s)
{
	struct policy_esim_choice *choice = &s->sheet->state->esim;
	struct es_slice rest = es_slice_str(policy_sheet_field(s->sheet, "pick")), iccid = es_slice_cut(&rest, ' ');

	if (iccid.len < 18 || iccid.len > 20 || !es_text_is_digits(iccid) || rest.len > POLICY_FLOW_TERMINAL_MAX)
		return missing(s, POLICY_SAYS_ESIM_OLD_MISSING);
	if (!agrees(s))
		return missing(s, POLICY_SAYS_ESIM_CONSENT_MISSING);
	choice->iccid = es_arena_strdup(s->sheet->arena, iccid);
	choice->terminal = es_arena_strdup(s->sheet->arena, rest);
	choice->is_temporary = strcmp(policy_sheet_field(s->sheet, "keep"), "while") == 0;
	s->sheet->is_malformed = choice->iccid == NULL || choice->terminal == NULL;
	/* A loan is nothing that the device could ask for: it is ordered here (the other way of TS.43 8.6). */
	return choice->is_temporary ? POLICY_ESIM_ORDER : POLICY_ESIM_SELECT;
}

static bool wants_consent(enum policy_esim_kind kind)
{
	return kind == POLICY_ESIM_UNSUBSCRIBE || kind == POLICY_ESIM_TRANSFER || kind == POLICY_ESIM_RELEASE;
}

/* What was chosen may have been withdrawn since the page was made: then it is asked for again. */
static enum policy_esim_act do_order(struct policy_esim_sheet *s)
{
	struct policy_esim_choice *choice = &s->sheet->state->esim;

	if (wants_consent((enum policy_esim_kind)choice->kind) && !agrees(s))
		return missing(s, POLICY_SAYS_ESIM_CONSENT_MISSING);
	if (choice->plan[0] != '\0' && offered(s, choice->plan) == NULL) {
		choice->plan = "";
		return missing(s, POLICY_SAYS_ESIM_PLAN_MISSING);
	}
	if (wants_plan(s) || wants_terms(s) || wants_service(s))
		return POLICY_ESIM_LOOK;
	choice->is_temporary = strcmp(policy_sheet_field(s->sheet, "keep"), "while") == 0;
	return POLICY_ESIM_ORDER;
}

static enum policy_esim_act do_back(struct policy_esim_sheet *s)
{
	s->sheet->state->esim.plan = s->sheet->state->esim.service = "";
	return POLICY_ESIM_LOOK;
}

static enum policy_esim_act do_look(struct policy_esim_sheet *s)
{
	(void)s;
	return POLICY_ESIM_LOOK;
}

static const struct {
	const char *action;
	enum policy_sheet_step at;
	enum policy_esim_act (*run)(struct policy_esim_sheet *s);
} acts[] = {
	{ "plan", POLICY_STEP_ESIM_PLAN, do_plan },          { "accept", POLICY_STEP_TERMS, do_terms },
	{ "service", POLICY_STEP_ESIM_SERVICE, do_service }, { "select", POLICY_STEP_ESIM_OLD, do_select },
	{ "order", POLICY_STEP_ESIM_CONFIRM, do_order },     { "back", POLICY_STEP_ESIM_CONFIRM, do_back },
	{ "look", POLICY_STEP_ESIM_WAIT, do_look },
};

enum policy_esim_act policy_esim_sheet_act(struct policy_esim_sheet *s, const char *action)
{
	const bool may_leave = s->sheet->state->step != POLICY_STEP_ESIM_WAIT;

	if (may_leave && strcmp(action, "cancel") == 0)
		return POLICY_ESIM_REFUSE;
	for (size_t i = 0; i < ES_COUNT(acts); i++)
		if (strcmp(acts[i].action, action) == 0 && acts[i].at == s->sheet->state->step)
			return acts[i].run(s);
	return POLICY_ESIM_ASK_NOTHING;
}

/* ---- for the record ---- */

void policy_esim_sheet_agreed(const struct policy_sheet *sheet, const struct policy_plan *plan,
                              struct policy_consent *consent)
{
	const struct policy_esim_choice *choice = &sheet->state->esim;
	const bool lasts = choice->kind == POLICY_ESIM_TRANSFER;
	const char *text =
		es_arena_printf(sheet->arena, "%s%s%s%s%s%s%s", kind_names[choice->kind], plan != NULL ? " plan " : "",
	                    plan != NULL ? plan->id : "", plan != NULL && plan->price[0] != '\0' ? ": " : "",
	                    plan != NULL ? plan->price : "", choice->service[0] != '\0' ? " " : "", choice->service);

	if (text != NULL && lasts)
		text = choice->is_temporary ? "transfer for a while" : "transfer for good";
	const struct es_slice said = es_slice_str(text != NULL ? text : "");
	uint8_t digest[32];

	es_sha256(&said, 1, digest);
	*consent = (struct policy_consent){ .what = "esim", .text = text != NULL ? text : "" };
	consent->at_ms = sheet->context->now_ms;
	policy_sheet_note_digest(sheet, digest, consent);
}

bool policy_esim_page_named(const char *name, enum policy_sheet_text *title, enum policy_sheet_text *text)
{
	static const struct {
		const char *name;
		enum policy_sheet_text title, text;
	} pages[] = {
		{ "not-enabled", POLICY_SAYS_ESIM_NOT_ENABLED_TITLE, POLICY_SAYS_ESIM_NOT_ENABLED },
		{ "error", POLICY_SAYS_ESIM_ERROR_TITLE, POLICY_SAYS_ESIM_ERROR },
	};

	for (size_t i = 0; i < ES_COUNT(pages); i++)
		if (strcmp(pages[i].name, name) == 0) {
			*title = pages[i].title;
			*text = pages[i].text;
			return true;
		}
	return false;
}
