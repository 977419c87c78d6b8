/* ph_walk.c -- what a device does with each answer (TS.43 6.5): open the sheet, download, delete, ask its user, wait, go on. */
#include "ph_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"

enum { ASKS_MAX = 100, RETRIES_MAX = 3, UNPOLLED_WAIT_MS = 2000, TOKEN_DEAD = 511, NOT_OFFERED = 405 };

const struct ph_step *ph_walk_step(const struct ph_walk *w)
{
	return &w->flow->steps[w->at < PH_STEPS_MAX ? w->at : PH_STEPS_MAX - 1];
}

static bool has(const struct ph_walk *w, unsigned flag)
{
	return (ph_walk_step(w)->flags & flag) != 0;
}

static void fail(struct ph_walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct ph_walk *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(w->why, sizeof w->why, format, args);
	va_end(args);
	w->turn = PH_TURN_FAILED;
}

/* What a server said becomes known, unless it is nothing. */
static void learn(struct ph_walk *w, enum ph_var var, const char *value)
{
	if (value[0] != 0)
		(void)ph_var_set(&w->vars, var, value);
}

/* ---- the request of a step ---- */

/* A NUL-terminated copy in `storage`; NULL: no room. */
static const char *keep(struct ph_walk *w, size_t *used, struct es_slice text)
{
	char *copy = w->storage + *used;

	if (!es_slice_to_str(text, copy, sizeof w->storage - *used))
		return NULL;
	*used += text.len + 1;
	return copy;
}

/* False: it does not fit. */
static bool put_param(struct ph_walk *w, size_t *used, struct es_slice name, struct es_slice value)
{
	if (value.len > 0 && value.ptr[0] == '$') {
		enum ph_var var = ph_var_of(es_slice_sub(value, 1, value.len));
		if (var == PH_VARS)
			return false;
		value = es_slice_str(w->vars.at[var]);
	}
	if (value.len == 0)
		return true;
	if (w->ask.param_count == PH_PARAMS_MAX)
		return false;
	struct ph_param *p = &w->params[w->ask.param_count++];
	*p = (struct ph_param){ keep(w, used, name), keep(w, used, value) };
	return p->name != NULL && p->value != NULL;
}

static bool put_params(struct ph_walk *w, const char *params, size_t *used)
{
	struct es_slice rest = es_slice_str(params);

	while (rest.ptr != NULL) {
		struct es_slice value = es_slice_cut(&rest, ' '), name = es_slice_cut(&value, '=');
		if (name.len > 0 && !put_param(w, used, name, value))
			return false;
	}
	return true;
}

static enum ph_proof proof_of(const struct ph_walk *w)
{
	if (ph_walk_step(w)->by != PH_BY_PHONE)
		return PH_PROOF_NONE;
	return w->is_full ? PH_PROOF_SIM : PH_PROOF_TOKEN;
}

/* The step's request, from what is known by now. */
static void prepare_ask(struct ph_walk *w)
{
	const struct ph_step *step = ph_walk_step(w);
	size_t used = 0;

	w->ask = (struct ph_ask){ .proof = proof_of(w),
		                      .is_server = has(w, PH_SERVER),
		                      .app = w->flow->app,
		                      .params = w->params,
		                      .cookie = step->by == PH_BY_TYPED && w->cookie[0] != 0 ? w->cookie : NULL };
	bool fits = put_param(w, &used, ES_SLICE_LIT("operation"), es_slice_str(step->operation)) &&
	            (has(w, PH_SERVER) || put_param(w, &used, ES_SLICE_LIT("terminal_id"), ES_SLICE_LIT("$imei"))) &&
	            put_params(w, step->params, &used);
	w->turn = PH_TURN_ASK;
	if (!fits)
		fail(w, "the request does not fit in its buffer");
}

static void ask_user(struct ph_walk *w, enum ph_var what)
{
	w->typed = what;
	w->turn = PH_TURN_TYPE;
}

static void begin_step(struct ph_walk *w)
{
	const struct ph_step *step = ph_walk_step(w);

	w->asked = 0;
	memset(&w->sheet, 0, sizeof w->sheet);
	if (step->by == PH_BY_TYPED && w->vars.at[PH_V_OTP][0] == 0)
		ask_user(w, PH_V_OTP);
	else
		prepare_ask(w);
}

static void next_step(struct ph_walk *w)
{
	do
		w->at++;
	while (w->at < ph_flow_length(w->flow) && ph_walk_step(w)->needs != 0 &&
	       w->vars.at[ph_walk_step(w)->needs][0] == 0);
	if (w->at >= ph_flow_length(w->flow))
		w->turn = PH_TURN_DONE;
	else
		begin_step(w);
}

void ph_walk_begin(struct ph_walk *w, const struct ph_flow *flow, const struct ph_vars *vars)
{
	memset(w, 0, sizeof *w);
	w->flow = flow;
	w->vars = *vars;
	w->asks_max = ASKS_MAX;
	w->unpolled_wait_ms = UNPOLLED_WAIT_MS;
	/* It is typed when somebody asks for it, not before. */
	memcpy(w->response, w->vars.at[PH_V_MSG_RESPONSE], sizeof w->response);
	w->vars.at[PH_V_MSG_RESPONSE][0] = 0;
	begin_step(w);
}

/* ---- leaving a step, or staying ---- */

static struct ph_heard heard_of(const struct ph_walk *w)
{
	return (struct ph_heard){
		.http = 200, .odsa = &w->answer, .configuration = w->configuration, .was_downloaded = w->was_downloaded
	};
}

static bool is_as_expected(const struct ph_walk *w, char *why, size_t size)
{
	const struct ph_heard heard = heard_of(w);
	struct es_buf text;

	memset(why, 0, size);
	es_buf_init_fixed(&text, why, size - 1);
	return ph_expects(ph_walk_step(w)->expects, &heard, &text);
}

/* TS.43 6.5.5: as long as the server says, which may be another time in each answer. */
static void wait_for_turn(struct ph_walk *w)
{
	const struct ph_configuration *c = w->configuration;

	w->wait_ms = c == NULL ? 0 : ph_polling_ms(c->polling, c->polling_unit);
	if (w->wait_ms == 0)
		w->wait_ms = w->unpolled_wait_ms;
	if (w->wait_max_ms > 0 && w->wait_ms > w->wait_max_ms)
		w->wait_ms = w->wait_max_ms;
	w->turn = PH_TURN_WAIT;
}

/* All that an answer asked for has been done. */
static void settle(struct ph_walk *w)
{
	bool is_over = w->configuration != NULL && w->configuration->status == PH_DEACTIVATED_NO_REUSE;
	char why[sizeof w->why];

	if (is_as_expected(w, why, sizeof why))
		next_step(w);
	else if (has(w, PH_AGAIN) && !is_over && w->asked < w->asks_max)
		wait_for_turn(w);
	else if (has(w, PH_OPTIONAL))
		next_step(w);
	else
		fail(w, "%s", why);
}

/* ---- what an answer asks for ---- */

/* TS.43 6.5.3, MSG: accepted, with what the user types where there is a field for it. */
static void accept_message(struct ph_walk *w, const char *text)
{
	learn(w, PH_V_MSG_BTN, "1");
	learn(w, PH_V_MSG_RESPONSE, text);
}

static bool answers_message(struct ph_walk *w)
{
	bool has_field = w->answer.message.has_freetext == 1;

	if (has_field && w->response[0] == 0) {
		ask_user(w, PH_V_MSG_RESPONSE);
		return false;
	}
	accept_message(w, has_field ? w->response : "");
	return true;
}

/* The user has answered: to ManageSubscription the same is said again with it, elsewhere the flow goes on. */
static void go_on_with_answer(struct ph_walk *w)
{
	if (w->answer.subscription_result == PH_REQUIRES_USER_INPUT)
		prepare_ask(w);
	else
		settle(w);
}

static void react_to_subscription(struct ph_walk *w)
{
	char why[sizeof w->why];

	if (w->answer.subscription_result == PH_REQUIRES_USER_INPUT && has(w, PH_TYPES) && w->asked <= RETRIES_MAX) {
		if (answers_message(w))
			go_on_with_answer(w);
		return;
	}
	if (!is_as_expected(w, why, sizeof why)) {
		if (has(w, PH_OPTIONAL))
			next_step(w);
		else
			fail(w, "%s (%s)", why, ph_subscription_name(w->answer.subscription_result));
		return;
	}
	switch (w->answer.subscription_result) {
	case PH_TO_WEBSHEET:
		memset(&w->sheet, 0, sizeof w->sheet); /* one of a repeated request has nothing of the one before */
		w->deleted[0] = 0;
		w->turn = PH_TURN_OPEN;
		break;
	case PH_DOWNLOAD_PROFILE:
		w->download = w->answer.download;
		w->turn = PH_TURN_DOWNLOAD;
		break;
	case PH_DELETE_PROFILE_IN_USE:
		(void)snprintf(w->deleted, sizeof w->deleted, "%.23s", w->vars.at[PH_V_OLD_ICCID]);
		w->turn = PH_TURN_DELETE;
		break;
	default: next_step(w);
	}
}

static void react_to_configuration(struct ph_walk *w)
{
	if (w->configuration != NULL && w->configuration->download.is_given && !w->was_downloaded) {
		w->download = w->configuration->download;
		w->turn = PH_TURN_DOWNLOAD;
	} else if (w->answer.message.is_given && has(w, PH_TYPES)) {
		if (answers_message(w))
			settle(w);
	} else {
		settle(w);
	}
}

/* Which configuration the flow is about: what is to be downloaded, what is known by its ICCID, what is not being
 * replaced, the first. */
static const struct ph_configuration *pick_configuration(const struct ph_walk *w)
{
	const struct ph_configuration *best = NULL;
	int best_score = -1;

	for (size_t i = 0; i < w->answer.configuration_count; i++) {
		const struct ph_configuration *c = &w->answer.configurations[i];
		bool is_known = c->iccid[0] != 0 && strcmp(c->iccid, w->vars.at[PH_V_ICCID]) == 0;
		bool is_old = c->iccid[0] != 0 && strcmp(c->iccid, w->vars.at[PH_V_OLD_ICCID]) == 0;
		int score = is_known ? 4 : c->download.is_given && !w->was_downloaded ? 3 : is_old ? 1 : 2;
		if (score > best_score) {
			best = c;
			best_score = score;
		}
	}
	return best;
}

static void learn_answer(struct ph_walk *w)
{
	w->configuration = pick_configuration(w);
	const char *iccid = w->configuration == NULL ? "" : w->configuration->iccid;
	if (has(w, PH_PICKS) && w->vars.at[PH_V_ICCID][0] == 0)
		learn(w, PH_V_ICCID, iccid);
	if (has(w, PH_PICKS_OLD) && w->vars.at[PH_V_OLD_ICCID][0] == 0)
		learn(w, PH_V_OLD_ICCID, iccid);
	learn(w, PH_V_TEMPORARY_TOKEN, w->answer.temporary_token);
	if (w->vars.at[PH_V_PLAN][0] == 0)
		learn(w, PH_V_PLAN, w->answer.plan);
}

static void hear_operation(struct ph_walk *w)
{
	int64_t result = w->answer.operation_result;

	if (result == PH_NOT_SUPPORTED && has(w, PH_OPTIONAL)) {
		next_step(w);
	} else if (result != PH_SUCCESS) {
		fail(w, "OperationResult is %d, %s%s%.100s", (int)result, ph_operation_result_name(result),
		     w->answer.error_text[0] == 0 ? "" : ": ", w->answer.error_text);
	} else {
		learn_answer(w);
		if (w->answer.subscription_result >= 0)
			react_to_subscription(w);
		else
			react_to_configuration(w);
	}
}

/* A step that is about HTTP alone, before there is a document. */
static void hear_http(struct ph_walk *w, const struct ph_outcome *o)
{
	const struct ph_heard heard = { .http = o->status };
	struct es_buf why;

	es_buf_init_fixed(&why, w->why, sizeof w->why - 1);
	if (!es_slice_to_str(o->cookie, w->cookie, sizeof w->cookie))
		fail(w, "the cookie is longer than a device keeps");
	else if (ph_expects(ph_walk_step(w)->expects, &heard, &why))
		next_step(w);
	else
		w->turn = PH_TURN_FAILED;
}

void ph_walk_heard(struct ph_walk *w, const struct ph_outcome *o, struct es_arena *arena)
{
	const struct ph_step *step = ph_walk_step(w);
	bool is_http = step->expects != NULL && strncmp(step->expects, "HTTP=", 5) == 0;

	w->asked++;
	if (is_http && o->result != PH_NO_ANSWER) {
		hear_http(w, o);
	} else if (o->status == TOKEN_DEAD && w->ask.proof == PH_PROOF_TOKEN && !w->is_full) {
		w->is_full = true; /* TS.43 2.10: the SIM authenticates now */
		prepare_ask(w);
	} else if (o->status == NOT_OFFERED && has(w, PH_OPTIONAL)) {
		next_step(w);
	} else if (o->result != PH_DOCUMENT) {
		fail(w, "%s%.200s", o->result == PH_REFUSED ? "the server answered " : "", o->why);
	} else {
		w->is_full = false;
		es_status status = ph_odsa_read(o->document, o->is_json, w->flow->app, arena, &w->answer);
		if (status == ES_OK)
			hear_operation(w);
		else
			fail(w,
			     status == ES_NOT_FOUND ? "the document has nothing of %s" : "the document says nothing usable of %s",
			     w->flow->app);
	}
}

/* ---- what was done ---- */

void ph_walk_loaded(struct ph_walk *w, const char *iccid, const char *why)
{
	if (why != NULL) {
		fail(w, "the download failed: %s", why);
		return;
	}
	w->was_downloaded = true;
	learn(w, PH_V_ICCID, iccid[0] != 0 ? iccid : w->download.iccid);
	if (w->answer.subscription_result >= 0)
		next_step(w);
	else
		settle(w);
}

void ph_walk_erased(struct ph_walk *w, const char *why)
{
	if (why != NULL)
		fail(w, "the old profile could not be deleted: %s", why);
	else
		next_step(w);
}

void ph_walk_typed(struct ph_walk *w, const char *text)
{
	if (w->typed == PH_V_OTP) {
		if (!ph_var_set(&w->vars, PH_V_OTP, text) || text[0] == 0)
			fail(w, "no code was typed");
		else
			prepare_ask(w);
		return;
	}
	if (text[0] == 0)
		learn(w, PH_V_MSG_BTN, "0"); /* rejected */
	else
		accept_message(w, text);
	go_on_with_answer(w);
}

void ph_walk_waited(struct ph_walk *w)
{
	prepare_ask(w);
}

/* ---- sheets ---- */

static void call_code(struct ph_walk *w, const char *first, const char *second)
{
	(void)second;
	w->download = (struct ph_download){ .is_given = true };
	(void)snprintf(w->download.activation_code, sizeof w->download.activation_code, "%s", first);
	w->sheet.has_download = true;
}

static void call_smdp(struct ph_walk *w, const char *first, const char *second)
{
	w->download = (struct ph_download){ .is_given = true };
	(void)snprintf(w->download.smdp_address, sizeof w->download.smdp_address, "%s", first);
	(void)snprintf(w->download.iccid, sizeof w->download.iccid, "%s", second);
	w->sheet.has_download = true;
}

static void call_selection(struct ph_walk *w, const char *first, const char *second)
{
	learn(w, PH_V_OLD_ICCID, first);
	learn(w, PH_V_OLD_IMEI, second);
	w->sheet.has_selection = true;
}

static void call_nothing(struct ph_walk *w, const char *first, const char *second)
{
	(void)w, (void)first, (void)second;
}

static void call_dismiss(struct ph_walk *w, const char *first, const char *second)
{
	(void)first, (void)second;
	w->sheet.was_dismissed = true;
}

static void call_delete_token(struct ph_walk *w, const char *first, const char *second)
{
	(void)first, (void)second;
	w->is_full = true;
}

static void call_delete_profile(struct ph_walk *w, const char *first, const char *second)
{
	(void)second;
	(void)snprintf(w->deleted, sizeof w->deleted, "%s", first);
}

static const struct {
	const char *method;
	void (*take)(struct ph_walk *w, const char *first, const char *second);
} calls[] = {
	{ "profileReadyWithActivationCode", call_code },
	{ "profileReadyWithDefaultSmdp", call_smdp },
	{ "SelectionCompleted", call_selection },
	{ "finishFlow", call_nothing },
	{ "checkProfileServiceStatus", call_nothing },
	{ "dismissFlow", call_dismiss },
	{ "deleteToken", call_delete_token },
	{ "deleteProfileInUse", call_delete_profile },
};

void ph_walk_called(struct ph_walk *w, const char *method, const char *first, const char *second)
{
	for (size_t i = 0; i < ES_COUNT(calls); i++)
		if (strcmp(method, calls[i].method) == 0) {
			calls[i].take(w, first, second);
			return;
		}
	fail(w, "the sheet called %.60s(), which TS.43 6.7 does not have", method);
}

void ph_walk_closed(struct ph_walk *w, const char *why)
{
	bool is_repeat = w->sheet.has_selection && w->asked <= RETRIES_MAX;

	if (w->turn == PH_TURN_FAILED)
		return;
	if (why != NULL)
		fail(w, "%.240s", why);
	else if (w->sheet.was_dismissed)
		fail(w, "the sheet was left: dismissFlow()");
	else if (w->deleted[0] != 0)
		w->turn = PH_TURN_DELETE;
	else if (w->sheet.has_download)
		w->turn = PH_TURN_DOWNLOAD;
	else if (is_repeat)
		prepare_ask(w); /* TS.43 8.6: the same again, with the profile that was chosen */
	else
		next_step(w);
}
