/* policy_engine_sheet.c -- opening a sheet, an act on it, a payment that comes back. */
#include "policy_engine_sheet.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "policy_payment.h"
#include "policy_resource.h"
#include "policy_sheet_commit.h"
#include "policy_sheet_esim.h"
#include "policy_sheet_peers.h"
#include "policy_sheeting.h"

static const char *const result_names[POLICY_SHEETS] = {
	[POLICY_SHEET_SHOWN] = "shown", [POLICY_SHEET_COMMITTED] = "committed", [POLICY_SHEET_REPEATED] = "repeated",
	[POLICY_SHEET_LEFT] = "left",   [POLICY_SHEET_PAYING] = "paying",       [POLICY_SHEET_UNPAID] = "unpaid",
	[POLICY_SHEET_BAD] = "bad",     [POLICY_SHEET_EXPIRED] = "expired",     [POLICY_SHEET_USED] = "used",
	[POLICY_SHEET_GONE] = "gone",
};
ES_METRIC_COUNTER(results, "openes_policy_sheets_total", "Web sheets opened and acted on, by what became of it",
                  "result", result_names);

void policy_sheet_metrics(void)
{
	es_metric_register(&results);
}

/* ---- the page as a message ---- */

static char *dup(struct policy_sheeting *s, const char *text, bool *bad)
{
	char *copy = es_arena_strdup(s->arena, es_slice_str(text));

	*bad = *bad || copy == NULL;
	return copy;
}

static void fill_brand(struct policy_sheeting *s, bool *bad)
{
	const struct policy_tenant *tenant = policy_sheeting_tenant(s);
	const unsigned language = policy_language(es_slice_str(s->accept_language), tenant->language);
	Openes__SheetReply *r = s->reply;

	r->tenant = dup(s, tenant->id, bad);
	r->app = dup(s, s->state.flow.app, bad);
	r->language = dup(s, policy_language_code(language), bad);
	r->right_to_left = policy_language_is_rtl(language);
	r->brand = dup(s, tenant->brand.name[0] != '\0' ? tenant->brand.name : tenant->name, bad);
	r->logo = dup(s, tenant->brand.logo, bad);
	r->colour = dup(s, tenant->brand.colour, bad);
	r->colour_dark = dup(s, tenant->brand.colour_dark, bad);
	r->support_url = dup(s, tenant->brand.support_url, bad);
	r->support_label = dup(s, policy_sheet_text(tenant, POLICY_SAYS_HELP, language), bad);
}

static void fill_blocks(struct policy_sheeting *s, const struct policy_page_model *page, bool *bad)
{
	Openes__SheetBlock *blocks = es_arena_array(s->arena, page->count, sizeof *blocks);
	Openes__SheetReply *r = s->reply;

	r->blocks = es_arena_array(s->arena, page->count, sizeof(Openes__SheetBlock *));
	if (blocks == NULL || r->blocks == NULL) {
		*bad = true;
		return;
	}
	for (size_t i = 0; i < page->count; i++) {
		const struct policy_block *from = &page->blocks[i];
		openes__sheet_block__init(&blocks[i]);
		blocks[i].kind = from->kind;
		blocks[i].name = dup(s, from->name, bad);
		blocks[i].label = dup(s, from->label, bad);
		blocks[i].value = dup(s, from->value, bad);
		blocks[i].error = dup(s, from->error, bad);
		blocks[i].complete = dup(s, from->complete, bad);
		blocks[i].max = from->max;
		blocks[i].required = from->is_required;
		r->blocks[r->n_blocks++] = &blocks[i];
	}
}

es_status policy_sheeting_fill(struct policy_sheeting *s, const struct policy_page_model *page,
                               Openes__SheetReply__Outcome outcome, enum policy_sheet_result result, const char *reason)
{
	bool bad = false;

	es_count(&results, result);
	s->reply->outcome = outcome;
	s->reply->reason = dup(s, reason != NULL ? reason : result_names[result], &bad);
	fill_brand(s, &bad);
	s->reply->title = dup(s, page->title, &bad);
	fill_blocks(s, page, &bad);
	s->reply->object = dup(s, page->object, &bad);
	s->reply->call = dup(s, page->call, &bad);
	s->reply->arguments = dup(s, page->arguments, &bad);
	s->reply->calls_at_once = page->calls_at_once;
	s->reply->again_s = page->again_s;
	return bad ? ES_TOO_LARGE : ES_OK;
}

/* A page without a sheet: what happened, and what to do about it. */
static es_status note(struct policy_sheeting *s, Openes__SheetReply__Outcome outcome, enum policy_sheet_result result,
                      const char *reason, enum policy_sheet_text title, enum policy_sheet_text text)
{
	const struct policy_tenant *tenant = policy_sheeting_tenant(s);
	const unsigned language = policy_language(es_slice_str(s->accept_language), tenant->language);
	struct policy_page_model page;

	policy_sheet_show_note(tenant, language, policy_sheet_object(s->state.flow.app), title, text, &page);
	return policy_sheeting_fill(s, &page, outcome, result, reason);
}

es_status policy_sheeting_bad(struct policy_sheeting *s, const char *reason)
{
	return note(s, OPENES__SHEET_REPLY__OUTCOME__BAD, POLICY_SHEET_BAD, reason, POLICY_SAYS_BAD_TITLE, POLICY_SAYS_BAD);
}

static es_status expired(struct policy_sheeting *s, const char *reason)
{
	return note(s, OPENES__SHEET_REPLY__OUTCOME__GONE, POLICY_SHEET_EXPIRED, reason, POLICY_SAYS_EXPIRED_TITLE,
	            POLICY_SAYS_EXPIRED);
}

es_status policy_sheeting_used(struct policy_sheeting *s)
{
	return note(s, OPENES__SHEET_REPLY__OUTCOME__GONE, POLICY_SHEET_USED, NULL, POLICY_SAYS_USED_TITLE,
	            POLICY_SAYS_USED);
}

es_status policy_sheeting_gone(struct policy_sheeting *s, const char *reason)
{
	return note(s, OPENES__SHEET_REPLY__OUTCOME__GONE, POLICY_SHEET_GONE, reason, POLICY_SAYS_INACTIVE_TITLE,
	            POLICY_SAYS_INACTIVE);
}

/* "https://pay.example" of a URL. */
static es_status origin_of(struct policy_sheeting *s, const char *url, char **out)
{
	const char *host = strstr(url, "://");

	host = host != NULL ? host + 3 : url;
	*out = es_arena_strdup(s->arena, es_slice_of(url, (size_t)(host - url) + strcspn(host, "/?#")));
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_sheeting_carry(struct policy_sheeting *s)
{
	struct es_slice sealed;

	ES_TRY(policy_sheet_state_seal(s->engine->ring, &s->state, s->arena, &sealed));
	s->reply->page = es_arena_strdup(s->arena, sealed);
	return s->reply->page != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status show(struct policy_sheeting *s)
{
	struct policy_page_model page;
	struct policy_payment_page payment;

	policy_sheet_prepare(&s->sheet);
	policy_sheet_show(&s->sheet, &page);
	ES_TRY(policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN, POLICY_SHEET_SHOWN, NULL));
	ES_TRY(policy_sheeting_carry(s));
	if (s->state.step == POLICY_STEP_OFFER && s->state.boost_type >= 0 &&
	    policy_sheet_peers_payment(s->engine->peers, s->context.tenant->sheets.payment, &payment) == ES_OK)
		return origin_of(s, payment.url, &s->reply->pay_origin);
	return ES_OK;
}

/* ---- opening ---- */

static es_status read_boost(struct policy_sheeting *s, const char *text, bool *is_good)
{
	uint32_t type;

	*is_good = true;
	s->state.boost_type = -1;
	if (strcmp(s->state.flow.app, "ap2010") != 0)
		return ES_OK;
	*is_good = es_parse_u32(es_slice_str(text), 0, 255, &type) == ES_OK;
	if (*is_good)
		s->state.boost_type = policy_boost_kind(type);
	return ES_OK;
}

static es_status read_catalog(struct es_db_conn *conn, void *user)
{
	struct policy_sheeting *s = user;
	uint64_t version = 0;

	ES_TRY(policy_row_catalog_version(conn, &version));
	return policy_catalog_at(s->engine->store, conn, version, &s->catalog);
}

/* Of nobody's line: a page that a tenant has in the place of NotEnabledURL or GeneralErrorURL (TS.43 T73). */
static es_status open_named(struct policy_sheeting *s, const Openes__SheetOpenRequest *request)
{
	enum policy_sheet_text title, text;

	if (!policy_esim_page_named(request->page_name, &title, &text) ||
	    !es_slice_to_str(es_slice_str(request->tenant), s->state.flow.tenant, sizeof s->state.flow.tenant))
		return policy_sheeting_bad(s, "no_such_page");
	ES_TRY(es_db_read(policy_store_db(s->engine->store), read_catalog, s));
	memcpy(s->state.flow.app, "ap2006", sizeof "ap2006");
	return note(s, OPENES__SHEET_REPLY__OUTCOME__SHOWN, POLICY_SHEET_SHOWN, NULL, title, text);
}

static es_status open_sheet(struct policy_sheeting *s, const Openes__SheetOpenRequest *request,
                            const struct policy_sheet_answer *answer, struct policy_sheet_question *question)
{
	bool is_good = false;

	if (request->page_name[0] != '\0' && request->handle[0] == '\0')
		return open_named(s, request);

	es_status status =
		policy_flow_open(s->engine->ring, es_slice_str(request->handle), s->now_ms, s->arena, &s->state.flow);
	if (status == ES_EXPIRED)
		return expired(s, "handle_expired");
	if (status != ES_OK)
		return policy_sheeting_bad(s, "handle_unknown");
	ES_TRY(read_boost(s, request->boost_type, &is_good));
	if (!policy_has_sheet(s->state.flow.app) || !is_good)
		return policy_sheeting_bad(s, is_good ? "no_such_sheet" : "boost_type");
	s->state.opened_ms = s->now_ms;
	ES_TRY(policy_sheeting_read(s));
	if (!s->has_line || s->line.status == POLICY_TERMINATED)
		return policy_sheeting_gone(s, "line_gone");
	if (s->now_ms - s->state.flow.issued_ms > s->context.tenant->sheets.handle_s * 1000)
		return expired(s, "handle_old");
	if (policy_sheet_is_esim(s->state.flow.app))
		return policy_sheeting_esim_opened(s, answer, question);
	if (s->is_used)
		return policy_sheeting_used(s);
	s->state.step = (uint8_t)policy_sheet_due(&s->sheet);
	return show(s);
}

es_status policy_serve_sheet_open(struct policy_engine *engine, const Openes__SheetOpenRequest *request,
                                  const struct policy_sheet_answer *answer, const struct es_trace *trace,
                                  int64_t now_ms, struct es_arena *arena, Openes__SheetReply *reply,
                                  struct policy_sheet_question *question)
{
	struct policy_sheeting s = { .engine = engine,
		                         .arena = arena,
		                         .reply = reply,
		                         .accept_language = request->accept_language,
		                         .client = request->client_address,
		                         .trace = trace,
		                         .now_ms = now_ms };

	policy_resource_defaults(&policy_tenant_shape, &s.none);
	*question = (struct policy_sheet_question){ .peer = NULL };
	es_status status = open_sheet(&s, request, answer, question);
	policy_catalog_release(engine->store, s.catalog);
	return status;
}

/* ---- acts ---- */

static es_status show_done(struct policy_sheeting *s, const char *act, enum policy_sheet_result result)
{
	struct policy_page_model page;

	policy_sheet_show_done(&s->sheet, strcmp(act, "off") == 0, &page);
	return policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN, result, NULL);
}

static es_status commit(struct policy_sheeting *s, const char *act)
{
	struct policy_sheet_commit work = { .sheet = &s->sheet, .act = act, .client = s->client };

	ES_TRY(policy_sheet_commit_run(s->engine->store, s->engine->ring, s->trace, &work));
	if (work.sequence > 0 && s->engine->tell != NULL)
		s->engine->tell(s->engine->tell_user, work.sequence);
	switch (work.outcome) {
	case POLICY_COMMIT_DONE: return show_done(s, act, POLICY_SHEET_COMMITTED);
	case POLICY_COMMIT_AGAIN: return show_done(s, act, POLICY_SHEET_REPEATED);
	case POLICY_COMMIT_USED: return policy_sheeting_used(s);
	case POLICY_COMMIT_LOST: return policy_sheeting_gone(s, "not_to_be_had");
	case POLICY_COMMIT_FAILED: break;
	}
	return ES_INTERNAL;
}

static es_status pay(struct policy_sheeting *s)
{
	const struct policy_boost *boost = policy_sheet_boost(&s->sheet);
	struct policy_payment_page page;
	struct es_slice sealed, jws;
	char id[POLICY_NONCE_SIZE];

	if (boost == NULL)
		return policy_sheeting_gone(s, "not_to_be_had");
	if (policy_sheet_peers_payment(s->engine->peers, s->context.tenant->sheets.payment, &page) != ES_OK) {
		es_warn(s->trace, "policy.no_payment_page", es_f_str("tenant", s->context.tenant->id),
		        es_f_str("section", s->context.tenant->sheets.payment));
		return note(s, OPENES__SHEET_REPLY__OUTCOME__GONE, POLICY_SHEET_GONE, "no_payment_page",
		            POLICY_SAYS_LATER_TITLE, POLICY_SAYS_LATER);
	}
	policy_sheet_nonce(&s->state.flow, id);
	ES_TRY(policy_sheet_state_seal(s->engine->ring, &s->state, s->arena, &sealed));
	const struct policy_order order = { .tenant = s->context.tenant->id,
		                                .id = id,
		                                .order = sealed,
		                                .price = boost->price,
		                                .back_url = s->back_url,
		                                .boost_type = s->state.boost_type,
		                                .duration_s = boost->duration_s,
		                                .expires_ms = s->state.opened_ms + POLICY_ORDER_LIFE_MS };
	ES_TRY(policy_payment_order(page.key, &order, s->arena, &jws));
	s->reply->location = es_arena_printf(s->arena, "%s%corder=" ES_SLICE_FMT, page.url,
	                                     strchr(page.url, '?') != NULL ? '&' : '?', ES_SLICE_ARG(jws));
	if (s->reply->location == NULL)
		return ES_TOO_LARGE;
	struct policy_page_model empty = { .title = "", .object = "", .call = "", .arguments = "" };
	return policy_sheeting_fill(s, &empty, OPENES__SHEET_REPLY__OUTCOME__PAY, POLICY_SHEET_PAYING, NULL);
}

es_status policy_sheeting_leave(struct policy_sheeting *s)
{
	struct policy_page_model page;

	policy_sheet_show_left(&s->sheet, &page);
	return policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN, POLICY_SHEET_LEFT, NULL);
}

static es_status address_away(struct policy_sheeting *s, es_status why)
{
	es_warn(s->trace, "policy.address_away", es_f_str("tenant", s->context.tenant->id),
	        es_f_str("section", s->context.tenant->sheets.address), es_f_status(why));
	s->sheet.alert = POLICY_SAYS_ADDRESS_AWAY;
	return show(s);
}

static es_status document_away(struct policy_sheeting *s, es_status why)
{
	es_warn(s->trace, "policy.documents_away", es_f_str("tenant", s->context.tenant->id),
	        es_f_str("section", s->context.tenant->sheets.documents), es_f_status(why));
	s->sheet.alert = POLICY_SAYS_IDENTITY_AWAY;
	return show(s);
}

/* The picture goes to the operator's own taker of documents, and is not kept here. */
static es_status hand_over_document(struct policy_sheeting *s, struct policy_sheet_question *question)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;
	ES_CLEANUP(es_buf_wipe) struct es_buf picture;

	es_buf_init(&body, 1u << 20);
	es_buf_init(&picture, 1u << 20);
	es_base64_encode(s->sheet.upload, &picture);
	ES_TRY(es_buf_status(&picture));
	struct es_json_out j = es_json_to(&body);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "tenant", s->context.tenant->id);
	es_json_put_str(&j, "imsi", s->line.imsi);
	es_json_put_str(&j, "msisdn", s->line.msisdn);
	es_json_put_str(&j, "app", s->state.flow.app);
	es_json_put_str(&j, "content_type", policy_picture_type(s->sheet.upload));
	es_json_put(&j, "document", es_buf_slice(&picture));
	es_json_end_object(&j);
	ES_TRY(es_buf_status(&body));
	question->is_document = true;
	question->body = es_arena_copy(s->arena, es_buf_slice(&body));
	question->peer = es_arena_strdup(s->arena, es_slice_str(s->context.tenant->sheets.documents));
	return question->peer != NULL && question->body.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* First pass: what is to be asked. */
static es_status ask_address(struct policy_sheeting *s, struct policy_sheet_question *question)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;
	struct policy_address address;

	es_status status = policy_sheet_peers_form(s->engine->peers, s->context.tenant->sheets.address, &question->form);
	if (status != ES_OK)
		return address_away(s, status);
	if (!policy_sheet_address(&s->sheet, &address))
		return show(s);
	es_buf_init(&body, 16384);
	policy_address_ask(question->form, &address, &body);
	ES_TRY(es_buf_status(&body));
	question->body = es_arena_copy(s->arena, es_buf_slice(&body));
	question->peer = es_arena_strdup(s->arena, es_slice_str(s->context.tenant->sheets.address));
	return question->peer != NULL && question->body.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status keep_document(struct policy_sheeting *s, const char *document)
{
	struct policy_sheet_commit work = {
		.sheet = &s->sheet, .act = "document", .client = s->client, .document = document
	};
	return policy_sheet_commit_run(s->engine->store, s->engine->ring, s->trace, &work);
}

/* What is kept of an act: the last of many ways to "on" is as good as any other. */
static const char *act_name(const char *action)
{
	static const char *const own[] = { "off", "buy", "upgrade" };

	for (size_t i = 0; i < ES_COUNT(own); i++)
		if (strcmp(action, own[i]) == 0)
			return own[i];
	return "on";
}

static es_status act_on(struct policy_sheeting *s, const char *action, const struct policy_sheet_answer *answer,
                        struct policy_sheet_question *question)
{
	enum policy_sheet_effect effect = policy_sheet_act(&s->sheet, action);

	if (effect == POLICY_EFFECT_ADDRESS && answer == NULL)
		return ask_address(s, question);
	if (effect == POLICY_EFFECT_ADDRESS && answer->status != ES_OK)
		return address_away(s, answer->status);
	if (effect == POLICY_EFFECT_ADDRESS)
		effect = policy_sheet_checked(&s->sheet, answer->addresses.items, answer->addresses.count,
		                              answer->addresses.is_exact);
	if (effect == POLICY_EFFECT_DOCUMENT && answer == NULL)
		return hand_over_document(s, question);
	if (effect == POLICY_EFFECT_DOCUMENT && answer->status != ES_OK)
		return document_away(s, answer->status);
	if (effect == POLICY_EFFECT_DOCUMENT) {
		ES_TRY(keep_document(s, answer->document));
		effect = policy_sheet_identified(&s->sheet);
	}
	switch (effect) {
	case POLICY_EFFECT_SHOW: return show(s);
	case POLICY_EFFECT_COMMIT: return commit(s, act_name(action));
	case POLICY_EFFECT_PAY: return pay(s);
	case POLICY_EFFECT_LEAVE: return policy_sheeting_leave(s);
	case POLICY_EFFECT_ADDRESS:
	case POLICY_EFFECT_DOCUMENT:
	case POLICY_EFFECT_WRONG: break;
	}
	return policy_sheeting_bad(s, "no_such_act");
}

static es_status read_fields(struct policy_sheeting *s, const Openes__SheetActRequest *request)
{
	struct policy_field *fields = es_arena_array(s->arena, request->n_fields, sizeof *fields);

	if (fields == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < request->n_fields; i++)
		fields[i] = (struct policy_field){ request->fields[i]->name, request->fields[i]->value };
	s->sheet.fields = fields;
	s->sheet.field_count = request->n_fields;
	s->sheet.upload = es_slice_of(request->upload.data, request->upload.len);
	return ES_OK;
}

static es_status act(struct policy_sheeting *s, const Openes__SheetActRequest *request,
                     const struct policy_sheet_answer *answer, struct policy_sheet_question *question)
{
	es_status status =
		policy_sheet_state_open(s->engine->ring, es_slice_str(request->page), s->now_ms, s->arena, &s->state);
	if (status == ES_EXPIRED)
		return expired(s, "page_expired");
	if (status != ES_OK || !policy_has_sheet(s->state.flow.app) || s->state.step == POLICY_STEP_PAY)
		return policy_sheeting_bad(s, "page_unknown");
	ES_TRY(policy_sheeting_read(s));
	if (!s->has_line || s->line.status == POLICY_TERMINATED)
		return policy_sheeting_gone(s, "line_gone");
	ES_TRY(read_fields(s, request));
	if (policy_sheet_is_esim(s->state.flow.app))
		return policy_sheeting_esim_acted(s, request->action, answer, question);
	if (s->is_used) {
		bool is_off = strcmp(request->action, "off") == 0, was_off = strcmp(s->used_for, "off") == 0;
		if (is_off != was_off || strcmp(request->action, "cancel") == 0)
			return policy_sheeting_used(s);
		return show_done(s, s->used_for, POLICY_SHEET_REPEATED);
	}
	return act_on(s, request->action, answer, question);
}

/* ---- back from the payment page ---- */

static es_status unpaid(struct policy_sheeting *s, const struct policy_payment *payment)
{
	struct policy_page_model page;

	if (payment->outcome == POLICY_PAY_CANCELLED)
		return policy_sheeting_leave(s);
	int code = payment->outcome == POLICY_PAY_FAILED ? 2 : payment->outcome == POLICY_PAY_UNAUTHENTICATED ? 1 : 0;
	policy_sheet_show_unpaid(&s->sheet, code, payment->reason, &page);
	return policy_sheeting_fill(s, &page, OPENES__SHEET_REPLY__OUTCOME__SHOWN, POLICY_SHEET_UNPAID, NULL);
}

static es_status paid(struct policy_sheeting *s, struct es_slice result)
{
	struct policy_payment_page page;
	struct policy_payment payment;
	struct es_slice order;

	if (policy_payment_peek(result, s->arena, &order) != ES_OK)
		return policy_sheeting_bad(s, "payment_malformed");
	es_status status = policy_sheet_state_open(s->engine->ring, order, s->now_ms, s->arena, &s->state);
	if (status == ES_EXPIRED)
		return expired(s, "order_expired");
	if (status != ES_OK || s->state.step != POLICY_STEP_PAY)
		return policy_sheeting_bad(s, "order_unknown");
	ES_TRY(policy_sheeting_read(s));
	if (policy_sheet_peers_payment(s->engine->peers, s->context.tenant->sheets.payment, &page) != ES_OK)
		return policy_sheeting_bad(s, "no_payment_page");
	status = policy_payment_result(page.key, result, s->now_ms, s->arena, &payment);
	if (status == ES_EXPIRED)
		return expired(s, "payment_expired");
	if (status != ES_OK || !es_slice_eq(payment.order, order))
		return policy_sheeting_bad(s, "payment_unauthentic");
	if (!s->has_line)
		return policy_sheeting_gone(s, "line_gone");
	return payment.outcome == POLICY_PAID ? commit(s, "paid") : unpaid(s, &payment);
}

es_status policy_serve_sheet_act(struct policy_engine *engine, const Openes__SheetActRequest *request,
                                 const struct policy_sheet_answer *answer, const struct es_trace *trace, int64_t now_ms,
                                 struct es_arena *arena, Openes__SheetReply *reply,
                                 struct policy_sheet_question *question)
{
	struct policy_sheeting s = { .engine = engine,
		                         .arena = arena,
		                         .reply = reply,
		                         .accept_language = request->accept_language,
		                         .client = request->client_address,
		                         .back_url = request->back_url,
		                         .trace = trace,
		                         .now_ms = now_ms };

	policy_resource_defaults(&policy_tenant_shape, &s.none);
	*question = (struct policy_sheet_question){ .peer = NULL };
	es_status status =
		request->result[0] != '\0' ? paid(&s, es_slice_str(request->result)) : act(&s, request, answer, question);
	policy_catalog_release(engine->store, s.catalog);
	return status;
}
