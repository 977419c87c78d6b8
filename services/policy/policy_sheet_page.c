/* policy_sheet_page.c -- the pages of the sheets, block by block. */
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"
#include "policy_rules.h"
#include "policy_sheet_writing.h"

const char *policy_says(const struct policy_writing *w, enum policy_sheet_text text)
{
	return policy_sheet_text(w->tenant, text, w->language);
}

struct policy_block *policy_put_block(const struct policy_writing *w, enum policy_block_kind kind, const char *name,
                                      const char *label)
{
	static struct policy_block beyond; /* no page of ours has as many */
	struct policy_page_model *page = w->page;
	struct policy_block *block = page->count < POLICY_BLOCKS_MAX ? &page->blocks[page->count++] : &beyond;

	*block =
		(struct policy_block){ .kind = kind, .name = name, .label = label, .value = "", .error = "", .complete = "" };
	return block;
}

void policy_put_words(const struct policy_writing *w, enum policy_sheet_text text)
{
	(void)policy_put_block(w, POLICY_BLOCK_TEXT, "", policy_says(w, text));
}

void policy_put_act(const struct policy_writing *w, enum policy_block_kind kind, const char *action,
                    enum policy_sheet_text label)
{
	(void)policy_put_block(w, kind, action, policy_says(w, label));
}

struct policy_writing policy_page_begin(const struct policy_sheet *sheet, enum policy_sheet_text title,
                                        struct policy_page_model *page)
{
	const struct policy_writing w = { sheet, sheet->context->tenant, sheet->context->language, page };

	*page = (struct policy_page_model){ .object = policy_sheet_object(sheet->state->flow.app),
		                                .call = "",
		                                .arguments = "[]" };
	page->title = policy_says(&w, title);
	if (sheet->alert != POLICY_SAYS_COUNT)
		(void)policy_put_block(&w, POLICY_BLOCK_ALERT, "", policy_says(&w, sheet->alert));
	return w;
}

/* The last page: the phone is told, and for whoever has none there is a word. */
void policy_put_end(const struct policy_writing *w, const char *call, bool at_once)
{
	w->page->call = call;
	w->page->calls_at_once = at_once;
	policy_put_act(w, POLICY_BLOCK_CLOSE, "", POLICY_SAYS_CLOSE);
}

void policy_put_fact(const struct policy_writing *w, enum policy_sheet_text label, const char *value)
{
	if (value != NULL && value[0] != '\0')
		policy_put_block(w, POLICY_BLOCK_FACT, "", policy_says(w, label))->value = value;
}

/* ---- what a sheet is about ---- */

struct about {
	const char *app;
	enum policy_sheet_text title, lead, has;
};

static const struct about *about(const struct policy_sheet *sheet)
{
	static const struct about rows[] = {
		{ "ap2004", POLICY_SAYS_VOWIFI_TITLE, POLICY_SAYS_VOWIFI_LEAD, POLICY_SAYS_VOWIFI_ON },
		{ "ap2010", POLICY_SAYS_BOOST_TITLE, POLICY_SAYS_BOOST_LEAD, POLICY_SAYS_BOOST_ON },
		{ "ap2012", POLICY_SAYS_BILLING_TITLE, POLICY_SAYS_BILLING_LEAD, POLICY_SAYS_BILLING_ON },
		{ "ap2016", POLICY_SAYS_SATELLITE_TITLE, POLICY_SAYS_SATELLITE_LEAD, POLICY_SAYS_SATELLITE_ON },
	};
	size_t i = 0;

	while (i + 1 < ES_COUNT(rows) && strcmp(rows[i].app, sheet->state->flow.app) != 0)
		i++;
	return &rows[i];
}

/* What ends a sheet well: the phone asks anew. A boost has no such call (TS.43 9.6). */
static const char *changed_call(const struct policy_sheet *sheet)
{
	return strcmp(sheet->state->flow.app, "ap2010") == 0 ? "dismissFlow" : "entitlementChanged";
}

/* ---- steps ---- */

void policy_show_terms(const struct policy_sheet *sheet, enum policy_sheet_text title, enum policy_sheet_text lead,
                       struct policy_page_model *page)
{
	const char *name, *text = policy_sheet_terms(sheet, &name);
	const struct policy_writing w = policy_page_begin(sheet, title, page);

	policy_put_words(&w, lead);
	policy_put_words(&w, POLICY_SAYS_TERMS_LEAD);
	if (text[0] != '\0')
		policy_put_block(&w, POLICY_BLOCK_TERMS, "", policy_says(&w, POLICY_SAYS_TERMS_TITLE))->value = text;
	struct policy_block *check =
		policy_put_block(&w, POLICY_BLOCK_CHECK, "agree", policy_says(&w, POLICY_SAYS_TERMS_CHECK));
	check->value = "yes";
	check->is_required = true;
	policy_put_act(&w, POLICY_BLOCK_DO, "accept", POLICY_SAYS_TERMS_ACCEPT);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static void show_terms(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	policy_show_terms(sheet, about(sheet)->title, about(sheet)->lead, page);
}

static void show_identity(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_IDENTITY_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_IDENTITY_LEAD);
	policy_put_block(&w, POLICY_BLOCK_FILE, "document", policy_says(&w, POLICY_SAYS_IDENTITY_FILE))->is_required = true;
	struct policy_block *check =
		policy_put_block(&w, POLICY_BLOCK_CHECK, "agree", policy_says(&w, POLICY_SAYS_IDENTITY_CHECK));
	check->value = "yes";
	check->is_required = true;
	policy_put_act(&w, POLICY_BLOCK_DO, "identity", POLICY_SAYS_IDENTITY_SEND);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static const struct {
	const char *name, *complete;
	enum policy_sheet_text label;
	size_t member;
	unsigned max;
	bool is_required;
} address_fields[] = {
#define ADDRESS(name, complete, label, max, required)                                                                  \
	{                                                                                                                  \
#name, complete, POLICY_SAYS_ADDRESS_##label, offsetof(struct policy_address, name), max, required             \
	}
	ADDRESS(street, "address-line1", STREET, 120, true),  ADDRESS(unit, "address-line2", UNIT, 60, false),
	ADDRESS(city, "address-level2", CITY, 80, true),      ADDRESS(region, "address-level1", REGION, 60, false),
	ADDRESS(postcode, "postal-code", POSTCODE, 16, true), ADDRESS(country, "country", COUNTRY, 2, true),
#undef ADDRESS
};

static const char *form_value(const struct policy_sheet *sheet, const char *name)
{
	for (size_t i = 0; i < sheet->field_count; i++)
		if (strcmp(sheet->fields[i].name, name) == 0)
			return sheet->fields[i].value;
	return NULL;
}

static bool is_country(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.ptr[i] | 0x20) < 'a' || (text.ptr[i] | 0x20) > 'z')
			return false;
	return text.len == 2;
}

/* What is wrong with a field of the form; POLICY_SAYS_COUNT: nothing. */
static enum policy_sheet_text address_fault(size_t i, struct es_slice text)
{
	if (text.len == 0)
		return address_fields[i].is_required ? POLICY_SAYS_REQUIRED : POLICY_SAYS_COUNT;
	if (strcmp(address_fields[i].name, "country") == 0 && !is_country(text))
		return POLICY_SAYS_ADDRESS_COUNTRY_BAD;
	if (text.len > (size_t)address_fields[i].max * 4 || !es_text_is_clean_utf8(text))
		return POLICY_SAYS_TOO_LONG;
	return POLICY_SAYS_COUNT;
}

bool policy_sheet_address(struct policy_sheet *sheet, struct policy_address *out)
{
	bool is_good = true;

	for (size_t i = 0; i < ES_COUNT(address_fields); i++) {
		const char *said = form_value(sheet, address_fields[i].name);
		const struct es_slice text = es_slice_trim(es_slice_str(said));
		const char *copy = es_arena_strdup(sheet->arena, text);
		if (copy == NULL || address_fault(i, text) != POLICY_SAYS_COUNT)
			is_good = false;
		memcpy((uint8_t *)out + address_fields[i].member, &copy, sizeof copy);
	}
	if (!is_good)
		sheet->alert = POLICY_SAYS_CHECK_FIELDS;
	return is_good;
}

static void show_address(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_ADDRESS_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_ADDRESS_LEAD);
	for (size_t i = 0; i < ES_COUNT(address_fields); i++) {
		struct policy_block *block =
			policy_put_block(&w, POLICY_BLOCK_FIELD, address_fields[i].name, policy_says(&w, address_fields[i].label));
		const char *said = form_value(sheet, address_fields[i].name);
		block->complete = address_fields[i].complete;
		block->max = address_fields[i].max;
		block->is_required = address_fields[i].is_required;
		block->value = said != NULL ? said : "";
		if (sheet->alert == POLICY_SAYS_CHECK_FIELDS) {
			enum policy_sheet_text fault = address_fault(i, es_slice_trim(es_slice_str(said)));
			block->error = fault != POLICY_SAYS_COUNT ? policy_says(&w, fault) : "";
		}
	}
	policy_put_act(&w, POLICY_BLOCK_DO, "address", POLICY_SAYS_ADDRESS_CHECK);
	if (sheet->state->is_changing)
		policy_put_act(&w, POLICY_BLOCK_MAY, "back", POLICY_SAYS_BACK);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static void show_choose(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	static const char *const numbers[POLICY_CANDIDATES_MAX] = { "0", "1", "2", "3", "4" };
	const struct policy_sheet_state *state = sheet->state;
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_CHOOSE_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_CHOOSE_LEAD);
	for (size_t i = 0; i < state->candidate_count; i++) {
		struct policy_block *pick = policy_put_block(&w, POLICY_BLOCK_PICK, "pick", state->candidates[i].label);
		pick->value = numbers[i];
		pick->is_required = true;
	}
	policy_put_act(&w, POLICY_BLOCK_DO, "choose", POLICY_SAYS_CHOOSE_USE);
	policy_put_act(&w, POLICY_BLOCK_MAY, "other", POLICY_SAYS_CHOOSE_OTHER);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static const char *lasts(const struct policy_sheet *sheet, int64_t seconds)
{
	if (seconds % 86400 == 0)
		return es_arena_printf(sheet->arena, "%lld d", (long long)(seconds / 86400));
	if (seconds % 3600 == 0)
		return es_arena_printf(sheet->arena, "%lld h", (long long)(seconds / 3600));
	return es_arena_printf(sheet->arena, "%lld min", (long long)(seconds / 60));
}

static const char *rate(const struct policy_sheet *sheet, int64_t mbit)
{
	return mbit >= 0 ? es_arena_printf(sheet->arena, "%lld Mbit/s", (long long)mbit) : "";
}

static void show_boost(const struct policy_writing *w)
{
	const struct policy_boost *boost = policy_sheet_boost(w->sheet);
	bool is_paid_there = w->tenant->sheets.payment[0] != '\0';

	if (boost == NULL)
		return;
	policy_put_fact(w, POLICY_SAYS_BOOST_PRICE, boost->price);
	policy_put_fact(w, POLICY_SAYS_BOOST_DURATION, lasts(w->sheet, boost->duration_s));
	policy_put_fact(w, POLICY_SAYS_BOOST_DOWN, rate(w->sheet, boost->down_max));
	policy_put_fact(w, POLICY_SAYS_BOOST_UP, rate(w->sheet, boost->up_max));
	if (!is_paid_there && boost->price[0] != '\0')
		policy_put_words(w, POLICY_SAYS_BOOST_BILL);
	policy_put_act(w, POLICY_BLOCK_DO, "buy", is_paid_there ? POLICY_SAYS_BOOST_PAY : POLICY_SAYS_BOOST_BUY);
	if (w->sheet->upgrade_count > 0)
		policy_put_act(w, POLICY_BLOCK_MAY, "plans", POLICY_SAYS_UPGRADE_MAY);
}

static void show_offer(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, about(sheet)->title, page);

	policy_put_words(&w, about(sheet)->lead);
	if (strcmp(sheet->state->flow.app, "ap2010") == 0)
		show_boost(&w);
	else
		policy_put_act(&w, POLICY_BLOCK_DO, "on", POLICY_SAYS_TURN_ON);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static void show_plans(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_UPGRADE_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_UPGRADE_LEAD);
	for (size_t i = 0; i < sheet->upgrade_count; i++) {
		const struct policy_plan *plan = sheet->upgrades[i];
		const char *label = es_arena_printf(sheet->arena, "%s%s%s", plan->name[0] != '\0' ? plan->name : plan->id,
		                                    plan->price[0] != '\0' ? " · " : "", plan->price);
		struct policy_block *pick = policy_put_block(&w, POLICY_BLOCK_PICK, "pick", label != NULL ? label : plan->id);
		pick->value = plan->id;
		pick->is_required = true;
	}
	policy_put_act(&w, POLICY_BLOCK_DO, "upgrade", POLICY_SAYS_UPGRADE_DO);
	policy_put_act(&w, POLICY_BLOCK_MAY, "back", POLICY_SAYS_BACK);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CANCEL);
}

static void show_manage(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_VOWIFI_TITLE, page);

	(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, POLICY_SAYS_VOWIFI_ON));
	if (w.tenant->vowifi_address_required)
		policy_put_act(&w, POLICY_BLOCK_DO, "change", POLICY_SAYS_ADDRESS_CHANGE);
	policy_put_act(&w, POLICY_BLOCK_MAY, "off", POLICY_SAYS_TURN_OFF);
	policy_put_act(&w, POLICY_BLOCK_LEAVE, "cancel", POLICY_SAYS_CLOSE);
}

static void show_has(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, about(sheet)->title, page);

	(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, about(sheet)->has));
	policy_put_end(&w, changed_call(sheet), false); /* it is on, and the phone thought it was not */
}

static void show_pending(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_PENDING_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_PENDING);
	policy_put_end(&w, changed_call(sheet), false);
}

static void show_refused(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	struct policy_decision decision = { .status = POLICY_INCOMPATIBLE };
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_INACTIVE_TITLE, page);
	const char *app = sheet->state->flow.app;

	es_status status = policy_decide(sheet->context, es_slice_str(app), &decision);
	if (strcmp(app, "ap2010") == 0)
		policy_put_words(&w, POLICY_SAYS_BOOST_NONE);
	else if (status == ES_OK && (decision.message.text != POLICY_TEXT_NONE || decision.message.own != NULL))
		(void)policy_put_block(&w, POLICY_BLOCK_TEXT, "", policy_message(sheet->context, &decision.message));
	else
		policy_put_words(&w, POLICY_SAYS_INACTIVE);
	policy_put_end(&w, "dismissFlow", false);
}

static void show_inactive(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_INACTIVE_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_INACTIVE);
	policy_put_end(&w, "dismissFlow", false);
}

void policy_sheet_show(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	static void (*const shows[POLICY_STEP_COMMIT + 1])(const struct policy_sheet *sheet,
	                                                   struct policy_page_model *page) = {
		[POLICY_STEP_IDENTITY] = show_identity, [POLICY_STEP_TERMS] = show_terms,
		[POLICY_STEP_ADDRESS] = show_address,   [POLICY_STEP_CHOOSE] = show_choose,
		[POLICY_STEP_OFFER] = show_offer,       [POLICY_STEP_MANAGE] = show_manage,
		[POLICY_STEP_PAY] = show_offer,         [POLICY_STEP_PLANS] = show_plans,
		[POLICY_STEP_HAS] = show_has,           [POLICY_STEP_PENDING] = show_pending,
		[POLICY_STEP_REFUSED] = show_refused,   [POLICY_STEP_INACTIVE] = show_inactive,
		[POLICY_STEP_COMMIT] = show_pending,
	};
	const uint8_t step = sheet->state->step;

	(step <= POLICY_STEP_COMMIT ? shows[step] : show_refused)(sheet, page);
}

/* ---- ends ---- */

void policy_sheet_show_done(const struct policy_sheet *sheet, bool is_off, struct policy_page_model *page)
{
	bool is_boost = strcmp(sheet->state->flow.app, "ap2010") == 0;
	bool waits = sheet->context->tenant->sheets.operator_provisions && !is_off;
	const struct policy_writing w =
		policy_page_begin(sheet, is_off ? POLICY_SAYS_OFF_TITLE : POLICY_SAYS_DONE_TITLE, page);
	const struct policy_boost *boost = NULL;

	if (is_boost)
		boost = sheet->upgrade != NULL ? policy_plan_boost(sheet->upgrade, sheet->state->boost_type)
		                               : policy_sheet_boost(sheet);

	if (is_off)
		(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, POLICY_SAYS_VOWIFI_OFF));
	else if (waits)
		policy_put_words(&w, POLICY_SAYS_PENDING);
	else
		(void)policy_put_block(&w, POLICY_BLOCK_GOOD, "", policy_says(&w, about(sheet)->has));
	policy_put_words(&w, POLICY_SAYS_CLOSE_HINT);
	policy_put_end(&w, is_boost ? "notifyPurchaseSuccessful" : "entitlementChanged", true);
	if (boost != NULL) { /* in milliseconds */
		const char *arguments = es_arena_printf(sheet->arena, "[%lld]", (long long)boost->duration_s * 1000);
		page->arguments = arguments != NULL ? arguments : "[0]";
	}
}

void policy_sheet_show_left(const struct policy_sheet *sheet, struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_CANCELLED_TITLE, page);

	policy_put_words(&w, POLICY_SAYS_CLOSE_HINT);
	policy_put_end(&w, "dismissFlow", true);
}

void policy_sheet_show_unpaid(const struct policy_sheet *sheet, int code, const char *reason,
                              struct policy_page_model *page)
{
	const struct policy_writing w = policy_page_begin(sheet, POLICY_SAYS_PAY_FAILED_TITLE, page);
	ES_CLEANUP(es_buf_wipe) struct es_buf text;

	policy_put_words(&w, POLICY_SAYS_PAY_FAILED);
	policy_put_words(&w, POLICY_SAYS_CLOSE_HINT);
	policy_put_end(&w, "notifyPurchaseFailed", true);
	es_buf_init(&text, 2048);
	es_put_printf(&text, "[%d,", code);
	es_json_string(&text, es_slice_str(reason));
	es_put_u8(&text, ']');
	const char *copy = es_buf_status(&text) == ES_OK ? es_arena_strdup(sheet->arena, es_buf_slice(&text)) : NULL;
	page->arguments = copy != NULL ? copy : "[0,\"\"]";
}

void policy_sheet_show_note(const struct policy_tenant *tenant, unsigned language, const char *object,
                            enum policy_sheet_text title, enum policy_sheet_text text, struct policy_page_model *page)
{
	const struct policy_writing w = { NULL, tenant, language, page };

	*page =
		(struct policy_page_model){ .title = policy_says(&w, title), .object = object, .call = "", .arguments = "[]" };
	policy_put_words(&w, text);
	if (object[0] != '\0')
		policy_put_end(&w, "dismissFlow", false);
}
