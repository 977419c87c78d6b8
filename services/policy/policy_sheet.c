/* policy_sheet.c -- the walk: which step is due, and what an act means. */
#include "policy_sheet.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

/* ---- what is due: a function each, from the decision that answers the phone ---- */

static enum policy_sheet_step settle(const struct policy_sheet *sheet, uint8_t prov)
{
	bool has_said = sheet->state->accepted_ms != 0 || sheet->state->chosen.id != NULL;

	if (has_said)
		return POLICY_STEP_COMMIT;
	if (prov == POLICY_PROV_IN_PROGRESS)
		return POLICY_STEP_PENDING;
	return prov == POLICY_NOT_PROVISIONED ? POLICY_STEP_OFFER : POLICY_STEP_HAS;
}

static enum policy_sheet_step due_vowifi(const struct policy_sheet *sheet, const struct policy_decision *d)
{
	const struct policy_sheet_state *state = sheet->state;
	uint8_t address = d->vowifi.address;

	if (d->vowifi.terms == POLICY_NOT_AVAILABLE && state->accepted_ms == 0)
		return POLICY_STEP_TERMS;
	if ((address == POLICY_NOT_AVAILABLE || state->is_changing) && state->chosen.id == NULL)
		return POLICY_STEP_ADDRESS;
	if (d->vowifi.terms == POLICY_IN_PROGRESS || (address == POLICY_IN_PROGRESS && state->chosen.id == NULL))
		return POLICY_STEP_PENDING;
	enum policy_sheet_step step = settle(sheet, sheet->context->subscriber->vowifi.prov);
	return step == POLICY_STEP_HAS ? POLICY_STEP_MANAGE : step;
}

static enum policy_sheet_step due_boost(const struct policy_sheet *sheet, const struct policy_decision *d)
{
	(void)sheet;
	if (d->boost.sells)
		return POLICY_STEP_OFFER;
	if (d->status == POLICY_PROVISIONING)
		return POLICY_STEP_PENDING;
	return d->status == POLICY_ENABLED || d->status == 4 ? POLICY_STEP_HAS : POLICY_STEP_REFUSED;
}

static enum policy_sheet_step due_billing(const struct policy_sheet *sheet, const struct policy_decision *d)
{
	if (d->billing.terms == POLICY_NOT_AVAILABLE && sheet->state->accepted_ms == 0)
		return POLICY_STEP_TERMS;
	if (d->billing.terms == POLICY_IN_PROGRESS)
		return POLICY_STEP_PENDING;
	return settle(sheet, sheet->context->subscriber->billing.prov);
}

static enum policy_sheet_step due_satellite(const struct policy_sheet *sheet, const struct policy_decision *d)
{
	const uint8_t prov = sheet->context->subscriber->satellite_prov;
	bool has_terms = sheet->context->tenant->sheets.satellite_texts.count > 0;

	(void)d;
	if (prov == POLICY_NOT_PROVISIONED && has_terms && sheet->state->accepted_ms == 0)
		return POLICY_STEP_TERMS;
	return settle(sheet, prov);
}

static const struct {
	const char *app, *object;
	enum policy_sheet_step (*due)(const struct policy_sheet *sheet, const struct policy_decision *decision);
} sheets[] = {
	{ "ap2004", "VoWiFiWebServiceFlow", due_vowifi },
	{ "ap2010", "DataBoostWebServiceFlow", due_boost },
	{ "ap2012", "DCBWebServiceFlow", due_billing },
	{ "ap2016", "SatModeWebServiceFlow", due_satellite },
	/* esim says what is due; policy_sheet_app_names ends before them */
	{ "ap2006", "ODSAServiceFlow", NULL },
	{ "ap2009", "ODSAServiceFlow", NULL },
};

static size_t find(const char *app)
{
	size_t i = 0;

	while (i < ES_COUNT(sheets) && strcmp(sheets[i].app, app) != 0)
		i++;
	return i;
}

bool policy_has_sheet(const char *app)
{
	return find(app) < ES_COUNT(sheets);
}

const char *policy_sheet_object(const char *app)
{
	size_t i = find(app);
	return i < ES_COUNT(sheets) ? sheets[i].object : "";
}

enum policy_sheet_step policy_sheet_due(const struct policy_sheet *sheet)
{
	const char *app = sheet->state->flow.app;
	struct policy_decision decision = { .status = POLICY_INCOMPATIBLE };
	size_t i = find(app);

	if (i == ES_COUNT(sheets) || sheets[i].due == NULL ||
	    policy_decide(sheet->context, es_slice_str(app), &decision) != ES_OK)
		return POLICY_STEP_REFUSED;
	if (sheet->context->subscriber->status != POLICY_ACTIVE)
		return POLICY_STEP_INACTIVE;
	if (decision.status == POLICY_INCOMPATIBLE)
		return POLICY_STEP_REFUSED;
	enum policy_sheet_step step = sheets[i].due(sheet, &decision);
	bool is_asked = (sheet->context->tenant->sheets.identity_apps >> i & 1) != 0 && !sheet->is_identified;
	bool is_more_to_do = step < POLICY_STEP_MANAGE || step == POLICY_STEP_COMMIT;
	return is_asked && is_more_to_do ? POLICY_STEP_IDENTITY : step;
}

/* ---- fields ---- */

const char *policy_sheet_field(const struct policy_sheet *sheet, const char *name)
{
	for (size_t i = 0; i < sheet->field_count; i++)
		if (strcmp(sheet->fields[i].name, name) == 0)
			return sheet->fields[i].value;
	return "";
}

/* ---- acts ---- */

static enum policy_sheet_effect go_on(struct policy_sheet *sheet)
{
	enum policy_sheet_step step = policy_sheet_due(sheet);

	if (step == POLICY_STEP_COMMIT)
		return POLICY_EFFECT_COMMIT;
	sheet->state->step = (uint8_t)step;
	return POLICY_EFFECT_SHOW;
}

bool policy_sheet_accept(struct policy_sheet *sheet)
{
	struct policy_sheet_state *state = sheet->state;
	const char *name;
	struct es_slice text = es_slice_str(policy_sheet_terms(sheet, &name));

	if (strcmp(policy_sheet_field(sheet, "agree"), "yes") != 0) {
		sheet->alert = POLICY_SAYS_TERMS_MISSING;
		return false;
	}
	/* Another text than the one on the page: it is shown anew. */
	uint8_t digest[32];
	es_sha256(&text, 1, digest);
	if (strcmp(state->accepted != NULL ? state->accepted : "", name) != 0 ||
	    memcmp(digest, state->digest, sizeof digest) != 0)
		return false;
	state->accepted_ms = sheet->context->now_ms;
	return true;
}

static enum policy_sheet_effect do_accept(struct policy_sheet *sheet)
{
	return policy_sheet_accept(sheet) ? go_on(sheet) : POLICY_EFFECT_SHOW;
}

const char *policy_picture_type(struct es_slice octets)
{
	static const struct {
		const char *type;
		struct es_slice magic;
		size_t at;
	} pictures[] = {
		{ "image/jpeg", ES_SLICE_LIT("\xff\xd8\xff"), 0 },
		{ "image/png", ES_SLICE_LIT("\x89PNG\r\n\x1a\n"), 0 },
		{ "image/webp", ES_SLICE_LIT("WEBP"), 8 },
	};

	for (size_t i = 0; i < ES_COUNT(pictures); i++)
		if (es_slice_starts_with(es_slice_sub(octets, pictures[i].at, octets.len), pictures[i].magic))
			return pictures[i].type;
	return NULL;
}

static enum policy_sheet_effect do_identity(struct policy_sheet *sheet)
{
	if (policy_picture_type(sheet->upload) == NULL)
		sheet->alert = POLICY_SAYS_IDENTITY_BAD;
	else if (strcmp(policy_sheet_field(sheet, "agree"), "yes") != 0)
		sheet->alert = POLICY_SAYS_TERMS_MISSING;
	else
		return POLICY_EFFECT_DOCUMENT;
	return POLICY_EFFECT_SHOW;
}

enum policy_sheet_effect policy_sheet_identified(struct policy_sheet *sheet)
{
	sheet->is_identified = true;
	return go_on(sheet);
}

static enum policy_sheet_effect do_address(struct policy_sheet *sheet)
{
	struct policy_address address;
	return policy_sheet_address(sheet, &address) ? POLICY_EFFECT_ADDRESS : POLICY_EFFECT_SHOW;
}

static enum policy_sheet_effect do_choose(struct policy_sheet *sheet)
{
	struct policy_sheet_state *state = sheet->state;
	uint32_t pick;

	if (state->candidate_count == 0 || es_parse_u32(es_slice_str(policy_sheet_field(sheet, "pick")), 0,
	                                                (uint32_t)state->candidate_count - 1, &pick) != ES_OK) {
		sheet->alert = POLICY_SAYS_CHOOSE_MISSING;
		return POLICY_EFFECT_SHOW;
	}
	state->chosen = state->candidates[pick];
	return go_on(sheet);
}

static enum policy_sheet_effect do_other(struct policy_sheet *sheet)
{
	sheet->state->candidate_count = 0;
	sheet->state->step = POLICY_STEP_ADDRESS;
	return POLICY_EFFECT_SHOW;
}

static enum policy_sheet_effect do_change(struct policy_sheet *sheet)
{
	sheet->state->is_changing = true;
	return go_on(sheet);
}

static enum policy_sheet_effect do_back(struct policy_sheet *sheet)
{
	sheet->state->is_changing = false;
	return go_on(sheet);
}

static enum policy_sheet_effect do_commit(struct policy_sheet *sheet)
{
	(void)sheet;
	return POLICY_EFFECT_COMMIT;
}

static enum policy_sheet_effect do_buy(struct policy_sheet *sheet)
{
	if (sheet->context->tenant->sheets.payment[0] == '\0')
		return POLICY_EFFECT_COMMIT;
	sheet->state->step = POLICY_STEP_PAY;
	return POLICY_EFFECT_PAY;
}

static enum policy_sheet_effect do_plans(struct policy_sheet *sheet)
{
	if (sheet->upgrade_count == 0)
		return POLICY_EFFECT_WRONG;
	sheet->state->step = POLICY_STEP_PLANS;
	return POLICY_EFFECT_SHOW;
}

static enum policy_sheet_effect do_upgrade(struct policy_sheet *sheet)
{
	const char *id = policy_sheet_field(sheet, "pick");

	for (size_t i = 0; i < sheet->upgrade_count; i++)
		if (strcmp(sheet->upgrades[i]->id, id) == 0)
			sheet->upgrade = sheet->upgrades[i];
	if (sheet->upgrade != NULL)
		return POLICY_EFFECT_COMMIT;
	sheet->alert = POLICY_SAYS_UPGRADE_MISSING;
	return POLICY_EFFECT_SHOW;
}

static const struct {
	const char *action;
	enum policy_sheet_step at;
	enum policy_sheet_effect (*run)(struct policy_sheet *sheet);
} acts[] = {
	{ "identity", POLICY_STEP_IDENTITY, do_identity },
	{ "accept", POLICY_STEP_TERMS, do_accept },
	{ "address", POLICY_STEP_ADDRESS, do_address },
	{ "back", POLICY_STEP_ADDRESS, do_back },
	{ "choose", POLICY_STEP_CHOOSE, do_choose },
	{ "other", POLICY_STEP_CHOOSE, do_other },
	{ "on", POLICY_STEP_OFFER, do_commit },
	{ "buy", POLICY_STEP_OFFER, do_buy },
	{ "change", POLICY_STEP_MANAGE, do_change },
	{ "off", POLICY_STEP_MANAGE, do_commit },
	{ "plans", POLICY_STEP_OFFER, do_plans },
	{ "upgrade", POLICY_STEP_PLANS, do_upgrade },
	{ "back", POLICY_STEP_PLANS, do_back },
};

void policy_sheet_prepare(struct policy_sheet *sheet)
{
	struct policy_sheet_state *state = sheet->state;
	const char *name;
	const struct es_slice text = es_slice_str(policy_sheet_terms(sheet, &name));

	if (state->step != POLICY_STEP_TERMS)
		return;
	state->accepted = name;
	es_sha256(&text, 1, state->digest);
}

enum policy_sheet_effect policy_sheet_act(struct policy_sheet *sheet, const char *action)
{
	const uint8_t step = sheet->state->step;
	bool is_boost = strcmp(sheet->state->flow.app, "ap2010") == 0;

	if (strcmp(action, "cancel") == 0)
		return POLICY_EFFECT_LEAVE;
	if (is_boost && strcmp(action, "on") == 0)
		return POLICY_EFFECT_WRONG;
	/* The line may have changed since the page was made: then what is due now is shown. */
	const enum policy_sheet_step now = policy_sheet_due(sheet);
	bool is_aside = (step == POLICY_STEP_CHOOSE && now == POLICY_STEP_ADDRESS) ||
	                (step == POLICY_STEP_PLANS && now == POLICY_STEP_OFFER);
	if (now != step && !is_aside)
		return go_on(sheet);
	for (size_t i = 0; i < ES_COUNT(acts); i++)
		if (strcmp(acts[i].action, action) == 0 && acts[i].at == step)
			return acts[i].run(sheet);
	return POLICY_EFFECT_WRONG;
}

enum policy_sheet_effect policy_sheet_checked(struct policy_sheet *sheet, const struct policy_candidate *candidates,
                                              size_t count, bool is_exact)
{
	struct policy_sheet_state *state = sheet->state;

	if (count == 0) {
		sheet->alert = POLICY_SAYS_ADDRESS_NONE;
		return POLICY_EFFECT_SHOW;
	}
	if (is_exact) {
		state->chosen = candidates[0];
		return go_on(sheet);
	}
	state->candidate_count = count < POLICY_CANDIDATES_MAX ? count : POLICY_CANDIDATES_MAX;
	memcpy(state->candidates, candidates, state->candidate_count * sizeof *candidates);
	state->step = POLICY_STEP_CHOOSE;
	return POLICY_EFFECT_SHOW;
}

/* ---- texts that are accepted, and what is sold ---- */

const char *policy_sheet_terms(const struct policy_sheet *sheet, const char **name)
{
	const struct policy_tenant *tenant = sheet->context->tenant;
	const struct {
		const char *app, *name;
		const struct policy_list *texts;
	} rows[] = {
		{ "ap2004", tenant->sheets.terms, &tenant->sheets.terms_texts },
		{ "ap2012", tenant->billing.terms, &tenant->billing.texts },
		{ "ap2016", tenant->sheets.satellite_terms, &tenant->sheets.satellite_texts },
		{ "ap2006", tenant->sheets.esim_terms, &tenant->sheets.esim_texts },
		{ "ap2009", tenant->sheets.esim_terms, &tenant->sheets.esim_texts },
	};

	*name = "";
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (strcmp(rows[i].app, sheet->state->flow.app) == 0) {
			*name = rows[i].name;
			return policy_text_of(rows[i].texts, sheet->context->language, tenant->language);
		}
	return "";
}

const struct policy_boost *policy_plan_boost(const struct policy_plan *plan, int64_t type)
{
	const struct policy_boost *boosts = plan != NULL ? plan->data.boosts.items : NULL;

	for (size_t i = 0; plan != NULL && i < plan->data.boosts.count; i++)
		if (policy_boost_kind(boosts[i].type) == policy_boost_kind(type))
			return &boosts[i];
	return NULL;
}

const struct policy_boost *policy_sheet_boost(const struct policy_sheet *sheet)
{
	return policy_plan_boost(sheet->context->plan, sheet->state->boost_type);
}

void policy_sheet_offer_plan(struct policy_sheet *sheet, const struct policy_plan *plan)
{
	const struct policy_boost *boost = policy_plan_boost(plan, sheet->state->boost_type);

	if (boost != NULL && boost->offer == POLICY_BOOST_INCLUDED && sheet->upgrade_count < POLICY_UPGRADES_MAX)
		sheet->upgrades[sheet->upgrade_count++] = plan;
}

/* ---- the change ---- */

/* What is switched on: at once, or when the operator's systems say so. */
static uint8_t switched(const struct policy_sheet *sheet, uint8_t prov, bool is_off)
{
	if (is_off)
		return POLICY_NOT_PROVISIONED;
	if (prov != POLICY_NOT_PROVISIONED)
		return prov;
	return sheet->context->tenant->sheets.operator_provisions ? POLICY_PROV_IN_PROGRESS : POLICY_PROVISIONED;
}

void policy_sheet_note_digest(const struct policy_sheet *sheet, const uint8_t digest[32],
                              struct policy_consent *consent)
{
	char hex[65];

	es_hex_encode(es_slice_of(digest, 32), hex);
	consent->digest = es_arena_strdup(sheet->arena, es_slice_str(hex));
	if (consent->digest == NULL)
		consent->digest = "";
}

static void note_consent(const struct policy_sheet *sheet, const char *what, struct policy_consent *consent)
{
	consent->what = what;
	consent->text = sheet->state->accepted;
	consent->at_ms = sheet->state->accepted_ms;
	policy_sheet_note_digest(sheet, sheet->state->digest, consent);
}

void policy_sheet_document(const struct policy_sheet *sheet, const char *document, struct policy_consent *consent)
{
	uint8_t digest[32];

	es_sha256(&sheet->upload, 1, digest);
	*consent = (struct policy_consent){ .what = "identity-document", .text = document };
	consent->at_ms = sheet->context->now_ms;
	policy_sheet_note_digest(sheet, digest, consent);
}

static void apply_vowifi(const struct policy_sheet *sheet, bool is_off, struct policy_subscriber *line,
                         struct policy_consent *consent)
{
	const struct policy_sheet_state *state = sheet->state;
	const int64_t life_s = sheet->context->tenant->sheets.address_s;

	if (state->accepted_ms != 0) {
		line->vowifi.terms = POLICY_AVAILABLE;
		note_consent(sheet, "vowifi-terms", consent);
	}
	if (state->chosen.id != NULL) {
		line->vowifi.address = POLICY_AVAILABLE;
		line->vowifi.address_id = state->chosen.id;
		line->vowifi.address_expiry_ms = life_s > 0 ? sheet->context->now_ms + life_s * 1000 : 0;
	}
	line->vowifi.prov = switched(sheet, line->vowifi.prov, is_off);
}

static bool apply_boost(const struct policy_sheet *sheet, struct policy_subscriber *line)
{
	const struct policy_boost *boost = policy_sheet_boost(sheet);
	const struct policy_line_boost *old = line->data.boosts.items;
	struct policy_line_boost *items =
		es_arena_array(sheet->arena, line->data.boosts.count + 1, sizeof(struct policy_line_boost));
	size_t count = 0;

	if (boost == NULL || items == NULL || line->data.boosts.count >= 32)
		return false;
	for (size_t i = 0; i < line->data.boosts.count; i++)
		if (policy_boost_kind(old[i].type) != policy_boost_kind(boost->type))
			items[count++] = old[i];
	items[count++] = (struct policy_line_boost){ .type = policy_boost_kind(boost->type),
		                                         .prov = switched(sheet, POLICY_NOT_PROVISIONED, false),
		                                         .until_ms = sheet->context->now_ms + boost->duration_s * 1000 };
	line->data.boosts = (struct policy_objects){ items, count };
	return true;
}

/* What was bought at which price is the text. */
static void note_purchase(const struct policy_sheet *sheet, struct policy_consent *consent)
{
	const struct policy_boost *boost = policy_sheet_boost(sheet);
	const struct policy_plan *plan = sheet->upgrade;
	const char *text = plan != NULL ? es_arena_printf(sheet->arena, "plan %s: %s", plan->id, plan->price)
	                                : es_arena_printf(sheet->arena, "boost %d: %s", (int)sheet->state->boost_type,
	                                                  boost != NULL ? boost->price : "");
	const struct es_slice said = es_slice_str(text);
	uint8_t digest[32];
	char hex[65];

	es_sha256(&said, 1, digest);
	es_hex_encode(es_slice_of(digest, sizeof digest), hex);
	consent->what = plan != NULL ? "plan" : "purchase";
	consent->text = text;
	consent->at_ms = sheet->context->now_ms;
	consent->digest = es_arena_strdup(sheet->arena, es_slice_str(hex));
	if (consent->text == NULL || consent->digest == NULL)
		consent->text = consent->digest = "";
}

bool policy_sheet_apply(const struct policy_sheet *sheet, bool is_off, struct policy_subscriber *line,
                        struct policy_store_user *user, struct policy_consent *consent)
{
	const struct policy_sheet_state *state = sheet->state;
	const char *app = state->flow.app;

	*consent = (struct policy_consent){ .what = "" };
	if (line->status != POLICY_ACTIVE)
		return false;
	if (strcmp(app, "ap2004") == 0) {
		apply_vowifi(sheet, is_off, line, consent);
	} else if (strcmp(app, "ap2010") == 0) {
		if (sheet->upgrade != NULL)
			line->plan = sheet->upgrade->id;
		else if (!apply_boost(sheet, line))
			return false;
		note_purchase(sheet, consent);
	} else if (strcmp(app, "ap2012") == 0) {
		if (state->accepted_ms != 0) {
			user->terms = POLICY_AVAILABLE;
			user->terms_version = state->accepted;
			note_consent(sheet, "billing-terms", consent);
		}
		line->billing.prov = switched(sheet, line->billing.prov, is_off);
	} else if (strcmp(app, "ap2016") != 0) { /* an eSIM, which esim orders: nothing of the line changes */
		if (state->accepted_ms != 0)
			note_consent(sheet, "esim-terms", consent);
	} else {
		if (state->accepted_ms != 0)
			note_consent(sheet, "satellite-terms", consent);
		line->satellite_prov = switched(sheet, line->satellite_prov, is_off);
	}
	return true;
}
