/* policy_sheet_esim_page.c -- the pages of an eSIM, and what they call of ODSAServiceFlow (TS.43 6.7). */
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"
#include "policy_sheet_esim.h"
#include "policy_sheet_writing.h"

#define LOOK_AGAIN_S 3

struct about {
	enum policy_sheet_text title, lead, check, act; /* check POLICY_SAYS_COUNT: nothing has to be ticked */
};

static const struct about abouts[POLICY_ESIM_KINDS] = {
#define ABOUT(kind, lead, check)                                                                                       \
	[POLICY_ESIM_##                                                                                                    \
		kind] = { POLICY_SAYS_ESIM_##kind##_TITLE, POLICY_SAYS_ESIM_##lead, check, POLICY_SAYS_ESIM_##kind##_DO }
	ABOUT(SUBSCRIBE, SUBSCRIBE_LEAD, POLICY_SAYS_COUNT),
	ABOUT(UNSUBSCRIBE, UNSUBSCRIBE_LEAD, POLICY_SAYS_ESIM_UNSUBSCRIBE_CHECK),
	ABOUT(CHANGE, CHANGE_LEAD, POLICY_SAYS_COUNT),
	ABOUT(TRANSFER, TRANSFER_HERE, POLICY_SAYS_ESIM_TRANSFER_CHECK),
	ABOUT(RECOVER, RECOVER_LEAD, POLICY_SAYS_COUNT),
	ABOUT(RELEASE, RELEASE_LEAD, POLICY_SAYS_ESIM_RELEASE_CHECK),
#undef ABOUT
	[POLICY_ESIM_NO_KIND] = { POLICY_SAYS_ESIM_SUBSCRIBE_TITLE, POLICY_SAYS_ESIM_SUBSCRIBE_LEAD, POLICY_SAYS_COUNT,
	                          POLICY_SAYS_ESIM_SUBSCRIBE_DO },
};

static const struct about *about(const struct policy_esim_sheet *s)
{
	return &abouts[s->sheet->state->esim.kind];
}

/* ---- blocks ---- */

static struct policy_block *put_call(const struct policy_writing *w, enum policy_block_kind kind, const char *methods,
                                     enum policy_sheet_text label)
{
	struct policy_block *block = policy_put_block(w, kind, methods, policy_says(w, label));

	block->value = "[]";
	return block;
}

static struct policy_block *put_pick(const struct policy_writing *w, const char *name, const char *value,
                                     const char *label)
{
	struct policy_block *pick = policy_put_block(w, POLICY_BLOCK_PICK, name, label != NULL ? label : value);

	pick->value = value;
	pick->is_required = true;
	return pick;
}

static void put_check(const struct policy_writing *w, enum policy_sheet_text label)
{
	struct policy_block *check = policy_put_block(w, POLICY_BLOCK_CHECK, "agree", policy_says(w, label));

	check->value = "yes";
	check->is_required = true;
}

/* Whoever leaves says so: esim need not wait for him. */
static void put_leave(const struct policy_writing *w)
{
	policy_put_act(w, POLICY_BLOCK_QUIT, "cancel", POLICY_SAYS_CANCEL);
	(void)put_call(w, POLICY_BLOCK_CALL_ASIDE, "deleteToken dismissFlow", POLICY_SAYS_ESIM_NOT_YOU);
}

/* ["...", "..."] of up to two texts; NULL: not that one. */
static const char *arguments_of(const struct policy_writing *w, const char *first, const char *second)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf text;

	es_buf_init(&text, 8192);
	es_put_u8(&text, '[');
	es_json_string(&text, es_slice_str(first));
	if (second != NULL) {
		es_put_u8(&text, ',');
		es_json_string(&text, es_slice_str(second));
	}
	es_put_u8(&text, ']');
	const char *copy = es_buf_status(&text) == ES_OK ? es_arena_strdup(w->sheet->arena, es_buf_slice(&text)) : NULL;
	return copy != NULL ? copy : "[]";
}

/* The last digits are enough to know one's own number. */
static void put_line(const struct policy_writing *w)
{
	const char *msisdn = w->sheet->context->subscriber->msisdn;
	const size_t len = strlen(msisdn);

	if (len > 3)
		policy_put_fact(w, POLICY_SAYS_ESIM_LINE, es_arena_printf(w->sheet->arena, "… %s", msisdn + len - 3));
}

static void put_device(const struct policy_writing *w, const struct policy_esim_view *view)
{
	const bool has_both = view->device_name[0] != '\0' && view->device_model[0] != '\0';

	policy_put_fact(w, POLICY_SAYS_ESIM_DEVICE,
	                has_both ? es_arena_printf(w->sheet->arena, "%s (%s)", view->device_name, view->device_model)
	                : view->device_name[0] != '\0' ? view->device_name
	                                               : view->device_model);
}

static const char *plan_name(const struct policy_plan *plan)
{
	return plan->name[0] != '\0' ? plan->name : plan->id;
}

/* ---- steps ---- */

static void show_plans(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_PLAN_TITLE, page);

	put_line(&w);
	put_device(&w, s->view);
	for (size_t i = 0; i < s->offer_count; i++) {
		const struct policy_plan *plan = s->offers[i];
		(void)put_pick(&w, "pick", plan->id,
		               es_arena_printf(s->sheet->arena, "%s%s%s%s%s", plan_name(plan),
		                               plan->price[0] != '\0' ? " · " : "", plan->price,
		                               plan->description[0] != '\0' ? " – " : "", plan->description));
	}
	policy_put_act(&w, POLICY_BLOCK_DO, "plan", POLICY_SAYS_CONTINUE);
	put_leave(&w);
}

static void show_service(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	static const enum policy_sheet_text labels[] = { POLICY_SAYS_ESIM_SERVICE_SHARED, POLICY_SAYS_ESIM_SERVICE_DIFF,
		                                             POLICY_SAYS_ESIM_SERVICE_FAMILY };
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_SERVICE_TITLE, page);
	const uint32_t services = policy_decide_esim(s->sheet->context).companion_services;

	for (size_t i = 0; i < ES_COUNT(labels); i++)
		if ((services >> i & 1) != 0)
			(void)put_pick(&w, "pick", policy_companion_names[i], policy_says(&w, labels[i]));
	policy_put_act(&w, POLICY_BLOCK_DO, "service", POLICY_SAYS_CONTINUE);
	put_leave(&w);
}

static void put_for_how_long(const struct policy_writing *w)
{
	(void)put_pick(w, "keep", "good", policy_says(w, POLICY_SAYS_ESIM_FOR_GOOD));
	(void)put_pick(w, "keep", "while", policy_says(w, POLICY_SAYS_ESIM_FOR_A_WHILE));
}

static void show_old(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_TRANSFER_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_ESIM_OLD_LEAD);
	put_line(&w);
	put_device(&w, s->view);
	for (size_t i = 0; i < s->view->profile_count; i++) {
		const struct policy_esim_profile *old = &s->view->profiles[i];
		const size_t len = strlen(old->iccid);
		const bool is_own = old->name[0] == '\0' && strcmp(old->iccid, s->sheet->context->subscriber->iccid) == 0;
		const char *name = is_own                 ? policy_says(&w, POLICY_SAYS_ESIM_OWN_SIM)
		                   : old->name[0] != '\0' ? old->name
		                                          : "eSIM";
		const char *value = es_arena_printf(s->sheet->arena, "%s %s", old->iccid, old->terminal_id);
		(void)put_pick(
			&w, "pick", value != NULL ? value : "",
			es_arena_printf(s->sheet->arena, "%s · … %s", name, len > 4 ? old->iccid + len - 4 : old->iccid));
	}
	policy_put_words(&w, POLICY_SAYS_ESIM_KEEP_TITLE);
	put_for_how_long(&w);
	put_check(&w, POLICY_SAYS_ESIM_TRANSFER_CHECK);
	policy_put_act(&w, POLICY_BLOCK_DO, "select", POLICY_SAYS_CONTINUE);
	put_leave(&w);
}

/* The phone that shows the page may be the old one or the new one. */
static enum policy_sheet_text lead_of(const struct policy_esim_sheet *s)
{
	const bool is_elsewhere =
		s->view->device_id[0] != '\0' && strcmp(s->view->device_id, s->sheet->state->flow.terminal) != 0;

	if (s->view->kind != POLICY_ESIM_TRANSFER)
		return about(s)->lead;
	if (strcmp(s->sheet->state->flow.app, "ap2006") == 0)
		return POLICY_SAYS_ESIM_TRANSFER_COMPANION;
	return is_elsewhere ? POLICY_SAYS_ESIM_TRANSFER_AWAY : POLICY_SAYS_ESIM_TRANSFER_HERE;
}

static enum policy_sheet_text service_label(const char *service)
{
	static const enum policy_sheet_text labels[] = { POLICY_SAYS_ESIM_SERVICE_SHARED, POLICY_SAYS_ESIM_SERVICE_DIFF,
		                                             POLICY_SAYS_ESIM_SERVICE_FAMILY };
	const int which = policy_name_value(policy_companion_names, service);

	return which >= 0 ? labels[which] : POLICY_SAYS_COUNT;
}

static void put_summary(const struct policy_writing *w, const struct policy_esim_sheet *s)
{
	const struct policy_esim_choice *choice = &s->sheet->state->esim;
	const enum policy_sheet_text service = service_label(choice->service);

	put_line(w);
	put_device(w, s->view);
	for (size_t i = 0; i < s->offer_count; i++) {
		if (strcmp(s->offers[i]->id, choice->plan) != 0)
			continue;
		policy_put_fact(w, POLICY_SAYS_ESIM_PLAN, plan_name(s->offers[i]));
		policy_put_fact(w, POLICY_SAYS_ESIM_PRICE, s->offers[i]->price);
	}
	if (service != POLICY_SAYS_COUNT && choice->kind == POLICY_ESIM_SUBSCRIBE)
		policy_put_fact(w, POLICY_SAYS_ESIM_NUMBER, policy_says(w, service));
}

static void show_confirm(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct about *a = about(s);
	const struct policy_writing w = policy_page_begin(s->sheet, a->title, page);
	const bool has_chosen = s->sheet->state->esim.plan[0] != '\0' && s->offer_count > 1;

	policy_put_words(&w, lead_of(s));
	put_summary(&w, s);
	if (s->view->kind == POLICY_ESIM_TRANSFER) {
		policy_put_words(&w, POLICY_SAYS_ESIM_KEEP_TITLE);
		put_for_how_long(&w);
	}
	if (a->check != POLICY_SAYS_COUNT)
		put_check(&w, a->check);
	policy_put_act(&w, POLICY_BLOCK_DO, "order", a->act);
	if (has_chosen)
		policy_put_act(&w, POLICY_BLOCK_MAY, "back", POLICY_SAYS_BACK);
	put_leave(&w);
}

/* esim is at work, or did not answer: whoever does not want to wait lets the device ask (finishFlow). */
static void show_wait(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const bool is_away = s->view == NULL;
	const struct policy_writing w =
		policy_page_begin(s->sheet, is_away ? POLICY_SAYS_LATER_TITLE : POLICY_SAYS_ESIM_WORKING_TITLE, page);

	policy_put_words(&w, is_away ? POLICY_SAYS_LATER : POLICY_SAYS_ESIM_WORKING);
	page->again_s = is_away ? 0 : LOOK_AGAIN_S;
	policy_put_act(&w, POLICY_BLOCK_DO, "look", POLICY_SAYS_ESIM_LOOK);
	if (is_away)
		(void)put_call(&w, POLICY_BLOCK_CALL_MAY, "dismissFlow", POLICY_SAYS_CLOSE);
	else
		(void)put_call(&w, POLICY_BLOCK_CALL_MAY, "finishFlow", POLICY_SAYS_ESIM_BACKGROUND);
}

/* ---- ends ---- */

/* An address is a host name (TS.43 6.7.2): no scheme, no port, no list. */
static bool is_host_name(const char *text)
{
	return text[0] != '\0' && text[0] != '.' &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

static bool is_activation_code(const char *text)
{
	return strncmp(text, "1$", 2) == 0;
}

static void end_failed(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_FAILED_TITLE, page);
	const bool is_refused = s->view->is_refused;

	(void)policy_put_block(&w, POLICY_BLOCK_ALERT, "",
	                       policy_says(&w, is_refused ? POLICY_SAYS_ESIM_REFUSED : POLICY_SAYS_ESIM_FAILED));
	policy_put_end(&w, "dismissFlow", false);
}

/* The download begins by itself; the person ends the page, with a code to copy maybe (D53: finishFlow() comes last). */
static void end_ready(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_esim_view *view = s->view;
	const bool has_code = is_activation_code(view->activation_code);

	if (!has_code && !is_host_name(view->smdp_address)) {
		end_failed(s, page);
		return;
	}
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_READY_TITLE, page);
	page->call = has_code ? "profileReadyWithActivationCode" : "profileReadyWithDefaultSmdp";
	page->arguments =
		has_code ? arguments_of(&w, view->activation_code, NULL) : arguments_of(&w, view->smdp_address, view->iccid);
	page->calls_at_once = true;
	(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, POLICY_SAYS_ESIM_READY));
	if (view->confirmation_code[0] != '\0')
		policy_put_words(&w, POLICY_SAYS_ESIM_CODE_LEAD);
	policy_put_fact(&w, POLICY_SAYS_ESIM_CODE, view->confirmation_code);
	(void)put_call(&w, POLICY_BLOCK_CALL, "finishFlow", POLICY_SAYS_ESIM_FINISH);
	(void)put_call(&w, POLICY_BLOCK_CALL_MAY, "checkProfileServiceStatus", POLICY_SAYS_ESIM_CHECK);
}

static void end_delayed(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_DELAYED_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_ESIM_DELAYED);
	put_device(&w, s->view);
	if (s->view->confirmation_code[0] != '\0')
		policy_put_words(&w, POLICY_SAYS_ESIM_CODE_LEAD);
	policy_put_fact(&w, POLICY_SAYS_ESIM_CODE, s->view->confirmation_code);
	(void)put_call(&w, POLICY_BLOCK_CALL, "finishFlow", POLICY_SAYS_ESIM_FINISH);
}

static void end_delete(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_ESIM_DELETE_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_ESIM_DELETE);
	put_call(&w, POLICY_BLOCK_CALL, "deleteProfileInUse", POLICY_SAYS_ESIM_DELETE_DO)->value =
		arguments_of(&w, s->view->iccid, s->view->msisdn);
	(void)put_call(&w, POLICY_BLOCK_CALL_MAY, "finishFlow", POLICY_SAYS_ESIM_FINISH);
}

static void end_done(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_DONE_TITLE, page);
	const enum policy_sheet_text said = s->view->kind == POLICY_ESIM_UNSUBSCRIBE ? POLICY_SAYS_ESIM_ENDED
	                                    : s->view->kind == POLICY_ESIM_CHANGE    ? POLICY_SAYS_ESIM_CHANGED
	                                                                             : POLICY_SAYS_ESIM_NOTHING;

	(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, said));
	policy_put_words(&w, POLICY_SAYS_CLOSE_HINT);
	policy_put_end(&w, "finishFlow", true);
}

/* The old profile was chosen, and nothing was ordered yet: the device asks again and names it (TS.43 8.6). */
static void end_selected(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	const struct policy_esim_choice *choice = &s->sheet->state->esim;
	const struct policy_writing w = policy_page_begin(s->sheet, POLICY_SAYS_DONE_TITLE, page);

	(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, POLICY_SAYS_ESIM_SELECTED));
	policy_put_words(&w, POLICY_SAYS_CLOSE_HINT);
	policy_put_end(&w, "SelectionCompleted", true);
	page->arguments = arguments_of(&w, choice->iccid, choice->terminal);
}

static void show_end(const struct policy_esim_sheet *s, struct policy_page_model *page)
{
	static void (*const ends[POLICY_ESIM_STATES])(const struct policy_esim_sheet *s, struct policy_page_model *page) = {
		[POLICY_ESIM_STATE_NONE] = end_failed, [POLICY_ESIM_NEW] = end_selected,
		[POLICY_ESIM_WORKING] = end_delayed,   [POLICY_ESIM_READY] = end_ready,
		[POLICY_ESIM_DELAYED] = end_delayed,   [POLICY_ESIM_DELETE_FIRST] = end_delete,
		[POLICY_ESIM_DONE] = end_done,         [POLICY_ESIM_FAILED] = end_failed,
	};
	const bool is_nothing = s->view->state == POLICY_ESIM_NEW && s->sheet->state->esim.iccid[0] == '\0';

	(s->view->is_refused || is_nothing ? end_failed : ends[s->view->state])(s, page);
}

void policy_esim_sheet_show(const struct policy_esim_sheet *s, struct policy_page_model *page, bool *is_carried)
{
	static const struct {
		enum policy_sheet_step step;
		void (*show)(const struct policy_esim_sheet *s, struct policy_page_model *page);
	} steps[] = {
		{ POLICY_STEP_ESIM_PLAN, show_plans }, { POLICY_STEP_ESIM_SERVICE, show_service },
		{ POLICY_STEP_ESIM_OLD, show_old },    { POLICY_STEP_ESIM_CONFIRM, show_confirm },
		{ POLICY_STEP_ESIM_WAIT, show_wait },
	};

	*is_carried = true;
	if (s->sheet->state->step == POLICY_STEP_TERMS) {
		policy_show_terms(s->sheet, about(s)->title, about(s)->lead, page);
		return;
	}
	for (size_t i = 0; i < ES_COUNT(steps); i++)
		if (steps[i].step == s->sheet->state->step) {
			steps[i].show(s, page);
			return;
		}
	*is_carried = false;
	show_end(s, page);
}
