/* gw_login.c -- people who log in: sent to a provider or asked for a one-time code by auth, and back (TS.43 2.8.2, 8.3). */
#include <string.h>

#include "gw_exchange.h"

#define COOKIE_HANDLE_MAX 64 /* longer ones are of EAP exchanges */

static char *peer_of(struct gw_exchange *x)
{
	return es_arena_strdup(x->arena, es_slice_str(es_http_peer(x->http)));
}

/* ---- a request without a credential ---- */

/* V12-S2S-06: nobody sits in front of a server. */
static bool is_for_people(const struct gw_exchange *x)
{
	for (size_t i = 0; i < x->request->n_apps; i++)
		if (strcmp(x->request->apps[i], "ap2011") == 0)
			return false;
	return x->access_token == NULL; /* a server's: nobody sits in front of it */
}

static const char *msisdn_of(const struct gw_exchange *x)
{
	for (size_t i = 0; i < x->request->n_params; i++)
		if (es_slice_eq_nocase(es_slice_str(x->request->params[i]->name), ES_SLICE_LIT("msisdn")))
			return x->request->params[i]->value;
	return "";
}

static void start_code(struct gw_exchange *x, const char *msisdn, char *peer)
{
	Openes__CodeStartRequest request;

	openes__code_start_request__init(&request);
	request.msisdn = es_arena_strdup(x->arena, es_slice_str(msisdn));
	request.request = x->request;
	request.client_address = peer;
	if (request.msisdn == NULL)
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_flow_login(x, GW_LOGIN_CODE_START, &request.base);
}

void gw_login_start(struct gw_exchange *x)
{
	Openes__OidcStartRequest request;
	char *peer = peer_of(x);

	if (!is_for_people(x)) {
		gw_answer(x, GW_OUTCOME_AUTHENTICATE);
	} else if (peer == NULL) {
		gw_answer(x, GW_OUTCOME_INTERNAL);
	} else if (msisdn_of(x)[0] != '\0' && x->token == NULL) {
		start_code(x, msisdn_of(x), peer);
	} else {
		openes__oidc_start_request__init(&request);
		request.request = x->request;
		request.client_address = peer;
		gw_flow_login(x, GW_LOGIN_OIDC_START, &request.base);
	}
}

/* ---- a request that comes back ---- */

/* Of several cookies the last one short enough: clients put the newest at the end. */
static struct es_slice handle_of(const struct gw_exchange *x)
{
	for (size_t i = x->cookies.count; i > 0; i--)
		if (x->cookies.values[i - 1].len <= COOKIE_HANDLE_MAX)
			return x->cookies.values[i - 1];
	return (struct es_slice){ NULL, 0 };
}

static void check_code(struct gw_exchange *x, struct es_slice session)
{
	Openes__CodeCheckRequest request;

	openes__code_check_request__init(&request);
	request.session = es_arena_strdup(x->arena, session);
	request.code = es_arena_strdup(x->arena, x->back.code);
	request.client_address = peer_of(x);
	request.again = x->back.again;
	if (request.session == NULL || request.code == NULL || request.client_address == NULL)
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_flow_login(x, GW_LOGIN_CODE_CHECK, &request.base);
}

static void finish_oidc(struct gw_exchange *x)
{
	Openes__OidcFinishRequest request;

	openes__oidc_finish_request__init(&request);
	request.state = es_arena_strdup(x->arena, x->back.state);
	request.code = es_arena_strdup(x->arena, x->back.code);
	request.error = es_arena_strdup(x->arena, x->back.error);
	request.error_description = es_arena_strdup(x->arena, x->back.error_description);
	request.client_address = peer_of(x);
	if (request.state == NULL || request.code == NULL || request.error == NULL || request.error_description == NULL ||
	    request.client_address == NULL)
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_flow_login(x, GW_LOGIN_OIDC_FINISH, &request.base);
}

void gw_login_return(struct gw_exchange *x)
{
	switch (x->back.kind) {
	case GW_RETURN_NONE: break;
	case GW_RETURN_OIDC: finish_oidc(x); return;
	case GW_RETURN_FORM: check_code(x, x->back.handle); return;
	case GW_RETURN_CODE:
		if (handle_of(x).len > 0) {
			check_code(x, handle_of(x));
			return;
		}
		x->reason = "otp_without_cookie";
		break;
	}
	gw_answer(x, GW_OUTCOME_AUTHENTICATE); /* V12-OTP-03 */
}

/* ---- what auth says ---- */

static bool is_host(struct es_slice host)
{
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.ptr[i];
		bool is_fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
		               c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
		if (!is_fine)
			return false;
	}
	return host.len > 0;
}

/* V12-OIDC-08: the token is held back, and the person goes to the sheet on the host that the client has reached already. */
static void send_to_sheet(struct gw_exchange *x, const char *handle)
{
	struct es_slice host = es_http_header(x->http, "Host");
	char *location = NULL;

	if (is_host(host))
		location = es_arena_printf(x->arena, "https://" ES_SLICE_FMT "%s?h=%s", ES_SLICE_ARG(host),
		                           x->config->sheet_path, handle);
	if (location == NULL)
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_answer_redirect(x, location);
}

static bool add_text(struct gw_exchange *x, Openes__AppAnswer *answer, const char *name, char *value)
{
	Openes__DocNode *node = es_arena_alloc(x->arena, sizeof(*node));

	if (value[0] == '\0')
		return true;
	if (node == NULL)
		return false;
	openes__doc_node__init(node);
	node->name = es_arena_strdup(x->arena, es_slice_str(name));
	node->value = value;
	node->is_parm = true;
	answer->nodes[answer->n_nodes++] = node;
	return node->name != NULL;
}

/* The same in each application that was asked for; a text where the tenant has nothing to show, so that the user is told
 * something. */
static bool error_answer(struct gw_exchange *x, const Openes__LoginReply *reply, char *app, Openes__AppAnswer *answer)
{
	static char default_text[] = "The login did not succeed.";
	bool has_own = reply->error_url[0] != '\0' || reply->error_text[0] != '\0';

	openes__app_answer__init(answer);
	answer->app = app;
	answer->nodes = es_arena_array(x->arena, 3, sizeof(*answer->nodes));
	return answer->nodes != NULL && add_text(x, answer, "GeneralErrorURL", reply->error_url) &&
	       add_text(x, answer, "GeneralErrorUserData", reply->error_user_data) &&
	       add_text(x, answer, "GeneralErrorText", has_own ? reply->error_text : default_text);
}

static bool make_error_document(struct gw_exchange *x, const Openes__LoginReply *reply)
{
	Openes__DecideReply *decision = es_arena_alloc(x->arena, sizeof(*decision));
	Openes__AppAnswer *answers = es_arena_array(x->arena, reply->request->n_apps, sizeof(*answers));

	if (decision == NULL || answers == NULL)
		return false;
	openes__decide_reply__init(decision);
	decision->answers = es_arena_array(x->arena, reply->request->n_apps, sizeof(*decision->answers));
	if (decision->answers == NULL)
		return false;
	for (size_t i = 0; i < reply->request->n_apps; i++) {
		if (!error_answer(x, reply, reply->request->apps[i], &answers[i]))
			return false;
		decision->answers[decision->n_answers++] = &answers[i];
	}
	/* The version that the phone has: nothing of its configuration changed. */
	decision->vers = reply->request->vers > 0 && reply->request->vers <= INT32_MAX ? (int32_t)reply->request->vers : 1;
	x->decision = decision;
	x->request = reply->request;
	x->token = NULL;
	return true;
}

static void show_error(struct gw_exchange *x, const Openes__LoginReply *reply)
{
	if (reply->request == NULL || reply->request->n_apps > GW_APPS_MAX || !make_error_document(x, reply))
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_answer_error_page(x);
}

static void log_in(struct gw_exchange *x, const Openes__LoginReply *reply)
{
	if (reply->request == NULL || reply->request->n_apps > GW_APPS_MAX || reply->token[0] == '\0')
		gw_answer(x, GW_OUTCOME_INTERNAL);
	else
		gw_flow_logged_in(x, reply->request, reply->token, reply->token_validity_s);
}

void gw_login_answered(struct gw_exchange *x, const Openes__LoginReply *reply)
{
	x->reason = reply->reason;
	x->retry_after_s = reply->retry_after_s;
	if (x->back.kind == GW_RETURN_FORM) {
		gw_sheet_answered(x, reply);
		return;
	}
	switch ((int)reply->outcome) {
	case OPENES__LOGIN_REPLY__OUTCOME__REDIRECT: gw_answer_redirect(x, reply->location); break;
	case OPENES__LOGIN_REPLY__OUTCOME__SUCCESS: log_in(x, reply); break;
	case OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT:
		if (x->back.kind == GW_RETURN_NONE)
			gw_answer_code_sent(x, reply->session);
		else
			send_to_sheet(x, reply->session);
		break;
	case OPENES__LOGIN_REPLY__OUTCOME__ERROR_PAGE: show_error(x, reply); break;
	case OPENES__LOGIN_REPLY__OUTCOME__WRONG_CODE:
	case OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE: gw_answer(x, GW_OUTCOME_AUTHENTICATE); break;
	case OPENES__LOGIN_REPLY__OUTCOME__LIMITED: gw_answer(x, GW_OUTCOME_UNAVAILABLE); break;
	default: gw_answer(x, GW_OUTCOME_INTERNAL); break;
	}
}
