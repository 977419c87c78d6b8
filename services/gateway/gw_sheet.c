/* gw_sheet.c -- the web sheet of a one-time code: GET shows it, its form comes by POST (TS.43 2.8.2.1).
 *
 * A form is worth nothing without its handle, a random value that only the redirect carried: another site cannot make one.
 * The page has no script, nothing from elsewhere, and may not be framed. */
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "gw_exchange.h"
#include "gw_sheet_page.h"

#define PAGE_MAX 32768

static es_status make_nonce(struct gw_exchange *x, const char **nonce)
{
	uint8_t random[16];
	char text[2 * sizeof(random) + 1];

	es_random(random, sizeof(random));
	es_hex_encode(es_slice_of(random, sizeof(random)), text);
	*nonce = es_arena_strdup(x->arena, es_slice_str(text));
	return *nonce != NULL ? ES_OK : ES_TOO_LARGE;
}

/* "https://host:port" of a URL, for form-action: browsers look at where a form's answer redirects to as well. */
static struct es_slice origin_of(const char *url)
{
	const char *host = strstr(url, "://");

	if (host == NULL)
		return (struct es_slice){ NULL, 0 };
	host += 3;
	return es_slice_of(url, (size_t)(host - url) + strcspn(host, "/?#; "));
}

static void reply_page(struct gw_exchange *x, enum gw_outcome outcome, struct gw_sheet_page *page, const char *back)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf html;
	char *policy = NULL;

	es_buf_init(&html, PAGE_MAX);
	page->language = gw_sheet_language(es_slice_of(x->language.text, x->language.len));
	page->path = x->config->sheet_path;
	if (make_nonce(x, &page->nonce) == ES_OK) {
		gw_sheet_write(page, &html);
		policy = es_arena_printf(x->arena,
		                         "default-src 'none'; style-src 'nonce-%s'; form-action 'self' " ES_SLICE_FMT
		                         "; base-uri 'none'; frame-ancestors 'none'",
		                         page->nonce, ES_SLICE_ARG(origin_of(back)));
	}
	if (policy == NULL || es_buf_status(&html) != ES_OK) {
		x->reason = "the page exceeds its bounds";
		gw_answer_plain(x, GW_OUTCOME_INTERNAL);
		return;
	}
	es_http_set_header(x->http, "Content-Language", gw_sheet_language_name(page->language));
	gw_answer_html(x, outcome, policy, es_buf_slice(&html));
}

void gw_sheet_fault(struct gw_exchange *x, enum gw_outcome outcome)
{
	struct gw_sheet_page page = { .kind = GW_SHEET_OVER };

	if (gw_outcome_status(outcome) == 503 || outcome == GW_OUTCOME_INTERNAL)
		page.kind = GW_SHEET_LATER;
	reply_page(x, outcome, &page, "");
}

void gw_sheet_answered(struct gw_exchange *x, const Openes__LoginReply *reply)
{
	struct gw_sheet_page page = { .kind = GW_SHEET_ASK,
		                          .tenant = es_slice_str(reply->tenant_name),
		                          .handle = es_slice_str(reply->session),
		                          .number_end = es_slice_str(reply->number_end),
		                          .tries_left = reply->tries_left };

	switch ((int)reply->outcome) {
	case OPENES__LOGIN_REPLY__OUTCOME__REDIRECT: gw_answer_redirect(x, reply->location); return;
	case OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT: break;
	case OPENES__LOGIN_REPLY__OUTCOME__WRONG_CODE: page.kind = GW_SHEET_WRONG; break;
	case OPENES__LOGIN_REPLY__OUTCOME__LIMITED:
		page.kind = GW_SHEET_LIMITED;
		reply_page(x, GW_OUTCOME_UNAVAILABLE, &page, "");
		return;
	case OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE: gw_sheet_fault(x, GW_OUTCOME_GONE); return;
	default: gw_sheet_fault(x, GW_OUTCOME_INTERNAL); return;
	}
	reply_page(x, GW_OUTCOME_SHEET, &page, reply->location);
}

static bool is_form(const struct gw_exchange *x)
{
	struct es_slice type = es_http_header(x->http, "Content-Type");

	return es_slice_eq_nocase(es_slice_trim(es_slice_cut(&type, ';')),
	                          ES_SLICE_LIT("application/x-www-form-urlencoded"));
}

void gw_sheet_handle(struct gw_exchange *x)
{
	bool is_post = es_slice_eq_str(es_http_method(x->http), "POST");
	struct es_slice text = is_post ? es_http_body(x->http) : es_http_query(x->http);

	x->back.kind = GW_RETURN_FORM;
	if (!is_post && !es_slice_eq_str(es_http_method(x->http), "GET")) {
		gw_sheet_fault(x, GW_OUTCOME_METHOD);
		return;
	}
	if ((is_post && !is_form(x)) || gw_return_read_form(text, x->arena, &x->back) != GW_FAULT_NONE ||
	    x->back.handle.len == 0 || (is_post && x->back.code.len == 0 && !x->back.again)) {
		gw_sheet_fault(x, GW_OUTCOME_BAD_REQUEST);
		return;
	}
	if (!is_post) { /* a link may show the page, never act */
		x->back.code = (struct es_slice){ NULL, 0 };
		x->back.again = false;
	}
	gw_login_return(x);
}
