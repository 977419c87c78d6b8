/* policy_ruleset.c -- JSON into rules: simple members by tables, conditions, offers and values by their own readers. */
#include "policy_ruleset.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_shape.h"

#define LISTS_MAX 64
#define PARTS_MAX 32 /* of a value */
#define VALUE_MAX 512

/* ---- tables ---- */

struct raw_rule {
	const char *id, *note;
	bool disabled, refuse, last;
	int64_t from_ms, until_ms;
	struct policy_list grant, withhold, texts;
	uint8_t as;
	const cJSON *when, *offer, *set;
};

static const char *const as_names[] = { "disabled", "", "incompatible", NULL };

static bool is_note(struct es_slice text)
{
	return text.len <= 512 && es_text_is_clean_utf8(text);
}

#define IS_NOTE is_note, "UTF-8 text of at most 512 octets"
#define IS_ID policy_name_is_valid, "1 to 63 letters, digits, '.', '_' and '-'"
#define R(member) offsetof(struct raw_rule, member)

static const struct field rule_fields[] = {
	{ .name = "id", TEXT, .offset = R(id), NULL, IS_ID, .flags = REQUIRED },
	{ .name = "note", TEXT, .offset = R(note), NULL, IS_NOTE },
	{ .name = "disabled", BOOL, .offset = R(disabled) },
	{ .name = "from", TIME, .offset = R(from_ms) },
	{ .name = "until", TIME, .offset = R(until_ms) },
	{ .name = "when", RAW, .offset = R(when) },
	{ .name = "grant", LIST, .offset = R(grant), NULL, IS_WORD },
	{ .name = "withhold", LIST, .offset = R(withhold), NULL, IS_WORD },
	{ .name = "as", ENUM, .offset = R(as), as_names },
	{ .name = "texts", LIST, .offset = R(texts), NULL, IS_TEXT },
	{ .name = "offer", RAW, .offset = R(offer) },
	{ .name = "set", RAW, .offset = R(set) },
	{ .name = "refuse", BOOL, .offset = R(refuse) },
	{ .name = "last", BOOL, .offset = R(last) },
	{ .name = NULL },
};
static const struct raw_rule rule_defaults = { .id = "", .note = "", .as = POLICY_INCOMPATIBLE };
static const struct policy_shape rule_shape = { rule_fields, &rule_defaults, sizeof rule_defaults, NULL };

/* An outage is declared in a hurry: what is away, where, until when, and what to use instead. */
static const struct field outage_fields[] = {
	{ .name = "id", TEXT, .offset = R(id), NULL, IS_ID, .flags = REQUIRED },
	{ .name = "note", TEXT, .offset = R(note), NULL, IS_NOTE },
	{ .name = "from", TIME, .offset = R(from_ms) },
	{ .name = "until", TIME, .offset = R(until_ms) },
	{ .name = "when", RAW, .offset = R(when) },
	{ .name = "services", LIST, .offset = R(withhold), NULL, IS_WORD },
	{ .name = "as", ENUM, .offset = R(as), as_names },
	{ .name = "texts", LIST, .offset = R(texts), NULL, IS_TEXT },
	{ .name = "version", U64, .flags = READ_ONLY | NOT_HERE },
	{ .name = NULL },
};
static const struct policy_shape outage_shape = { outage_fields, &rule_defaults, sizeof rule_defaults, NULL };

struct raw_parameter {
	const char *name, *value;
	const cJSON *when;
};
#define P(member) offsetof(struct raw_parameter, member)

static bool is_parameter(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') ||
		      (text.ptr[i] >= '0' && text.ptr[i] <= '9') || strchr("_-.", text.ptr[i]) != NULL))
			return false;
	return text.len >= 1 && text.len <= 64;
}

static bool is_value(struct es_slice text)
{
	return text.len <= VALUE_MAX && es_text_is_clean_utf8(text);
}

#define IS_PARAMETER is_parameter, "1 to 64 letters, digits, '.', '_' and '-'"
static const struct field parameter_fields[] = {
	{ .name = "name", TEXT, .offset = P(name), NULL, IS_PARAMETER, .flags = REQUIRED },
	{ .name = "value", TEXT, .offset = P(value), NULL, is_value, "UTF-8 text of at most 512 octets" },
	{ .name = "when", RAW, .offset = P(when) },
	{ .name = NULL },
};
static const struct raw_parameter parameter_defaults = { .name = "", .value = "" };
static const struct policy_shape parameter_shape = { parameter_fields, &parameter_defaults, sizeof parameter_defaults,
	                                                 NULL };

struct raw_app {
	const char *id, *name, *feature;
	struct policy_list texts;
	struct policy_page page;
	const cJSON *page_when;
	struct policy_objects parameters;
};
#define A(member) offsetof(struct raw_app, member)

bool policy_own_app_is_valid(struct es_slice id)
{
	return id.len == 6 && es_slice_starts_with(id, ES_SLICE_LIT("ap")) && es_text_is_digits(es_slice_sub(id, 2, 6)) &&
	       !es_slice_starts_with(id, ES_SLICE_LIT("ap2"));
}

static bool is_feature(struct es_slice text)
{
	return text.len == 0 || policy_is_word(text);
}

static const struct field page_fields[] = {
	{ .name = "url", TEXT, .offset = A(page.url), NULL, IS_URL },
	{ .name = "contents", ENUM, .offset = A(page.contents), policy_contents_names },
	{ .name = "when", RAW, .offset = A(page_when) },
	{ .name = NULL },
};
static const struct field app_fields[] = {
	{ .name = "id",
	  TEXT,
	  .offset = A(id),
	  NULL,
	  policy_own_app_is_valid,
	  "ap and four digits, the first of which is not 2: those are the standard's",
	  .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = A(name), NULL, IS_LABEL },
	{ .name = "feature", TEXT, .offset = A(feature), NULL, is_feature, "a feature of plans, add-ons and rules" },
	{ .name = "texts", LIST, .offset = A(texts), NULL, IS_TEXT },
	{ .name = "page", OBJECT, .members = page_fields },
	{ .name = "parameters", OBJECTS, .offset = A(parameters), .of = &parameter_shape },
	{ .name = NULL },
};
static const struct raw_app app_defaults = { .id = "", .name = "", .feature = "", .page = { .url = "" } };
static const struct policy_shape app_shape = { app_fields, &app_defaults, sizeof app_defaults, NULL };

struct raw_ruleset {
	const char *note, *utc_offset;
	const cJSON *lists, *cases;
	struct policy_objects applications, rules;
};
#define S(member) offsetof(struct raw_ruleset, member)

/* "+01:00" in minutes. */
static es_status offset_minutes(struct es_slice text, int64_t *out)
{
	struct es_slice minutes = es_slice_sub(text, 1, text.len), hours = es_slice_cut(&minutes, ':');
	uint32_t h = 0, m = 0;

	if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-'))
		return ES_MALFORMED;
	ES_TRY(es_parse_u32(hours, 0, 14, &h));
	ES_TRY(es_parse_u32(minutes, 0, 59, &m));
	*out = ((int64_t)h * 60 + m) * (text.ptr[0] == '-' ? -1 : 1);
	return ES_OK;
}

static bool is_offset(struct es_slice text)
{
	int64_t minutes;
	return offset_minutes(text, &minutes) == ES_OK;
}

static const struct field ruleset_fields[] = {
	{ .name = "note", TEXT, .offset = S(note), NULL, IS_NOTE },
	{ .name = "utc_offset", TEXT, .offset = S(utc_offset), NULL, is_offset, "+hh:mm or -hh:mm" },
	{ .name = "lists", RAW, .offset = S(lists) },
	{ .name = "applications", OBJECTS, .offset = S(applications), .of = &app_shape, .max = POLICY_OWN_APPS_MAX },
	{ .name = "rules", OBJECTS, .offset = S(rules), .of = &rule_shape, .max = POLICY_RULES_MAX },
	{ .name = "cases", RAW, .offset = S(cases) }, /* policy_trial.c */
	{ .name = NULL },
};
static const struct raw_ruleset ruleset_defaults = { .note = "", .utc_offset = "+00:00" };
static const struct policy_shape ruleset_shape = { ruleset_fields, &ruleset_defaults, sizeof ruleset_defaults, NULL };

struct raw_addon {
	const char *id, *name;
	struct policy_list features;
	const cJSON *offer;
};
#define O(member) offsetof(struct raw_addon, member)
static const struct field addon_fields[] = {
	{ .name = "id", TEXT, .offset = O(id), NULL, IS_ID, .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = O(name), NULL, IS_LABEL },
	{ .name = "features", LIST, .offset = O(features), NULL, IS_WORD },
	{ .name = "offer", RAW, .offset = O(offer) },
	{ .name = "version", U64, .flags = READ_ONLY | NOT_HERE },
	{ .name = NULL },
};
static const struct raw_addon addon_defaults = { .id = "", .name = "" };
static const struct policy_shape addon_shape = { addon_fields, &addon_defaults, sizeof addon_defaults, NULL };

/* ---- parts ---- */

struct reader {
	struct policy_condition_reader conditions;
	struct es_arena *arena;
	struct policy_fault *fault;
};

static es_status refuse(const struct reader *r, const char *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static es_status refuse(const struct reader *r, const char *error, const char *format, ...)
{
	char path[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(path, sizeof path, format, args);
	va_end(args);
	const char *copy = es_arena_strdup(r->arena, es_slice_str(path));
	*r->fault = (struct policy_fault){ copy != NULL ? copy : "", error };
	return ES_MALFORMED;
}

static es_status read_when(const struct reader *r, const cJSON *json, const char *path,
                           const struct policy_condition **out)
{
	if (json == NULL)
		return ES_OK;
	return path != NULL ? policy_condition_read(&r->conditions, json, path, out) : ES_TOO_LARGE;
}

/* Members of a plan that are not an offer's: features are granted. */
static es_status read_offer(const struct reader *r, const cJSON *json, const char *path,
                            const struct policy_overlay **out)
{
	if (json == NULL)
		return ES_OK;
	if (cJSON_GetObjectItemCaseSensitive(json, "features") != NULL ||
	    cJSON_GetObjectItemCaseSensitive(json, "name") != NULL)
		return refuse(r, "has no features and no name: features are granted", "%s", path);
	es_status status = policy_overlay_read(&policy_plan_shape, json, r->arena, out, r->fault);
	if (status != ES_MALFORMED)
		return status;
	const struct policy_fault inner = *r->fault;
	return refuse(r, inner.error, "%s%s%s", path, inner.field[0] != '\0' ? "." : "", inner.field);
}

/* ---- values with facts in braces ---- */

static es_status push_part(const struct reader *r, struct policy_template *out, struct policy_template_part *parts,
                           struct policy_template_part part)
{
	(void)r;
	if (out->count == PARTS_MAX)
		return ES_MALFORMED;
	parts[out->count++] = part;
	return ES_OK;
}

static es_status read_value(const struct reader *r, const char *text, const char *path, struct policy_template *out)
{
	struct policy_template_part *parts = es_arena_array(r->arena, PARTS_MAX, sizeof *parts);
	struct es_slice rest = es_slice_str(text);

	if (parts == NULL)
		return ES_TOO_LARGE;
	*out = (struct policy_template){ parts, 0 };
	while (rest.len > 0) {
		const struct es_slice plain = es_slice_cut(&rest, '{');
		struct policy_template_part part = { .text = es_arena_strdup(r->arena, plain) };
		if (part.text == NULL)
			return ES_TOO_LARGE;
		if (plain.len > 0 && push_part(r, out, parts, part) != ES_OK)
			return refuse(r, "has too many facts", "%s", path);
		if (rest.ptr == NULL)
			break;
		if (es_slice_find(rest, '}') == rest.len)
			return refuse(r, "has a '{' without its '}'", "%s", path);
		const char *name = es_arena_strdup(r->arena, es_slice_cut(&rest, '}'));
		if (name == NULL)
			return ES_TOO_LARGE;
		part.text = NULL;
		if (policy_fact_find(name, &part.fact) != ES_OK)
			return refuse(r, "names something in braces that is no fact", "%s", path);
		if (part.fact.fact != NULL && r->conditions.needs != NULL)
			*r->conditions.needs |= part.fact.fact->needs;
		if (push_part(r, out, parts, part) != ES_OK)
			return refuse(r, "has too many facts", "%s", path);
	}
	return ES_OK;
}

/* ---- what a rule sets: {"ap2004": {"name": "value"}} ---- */

static bool is_app(const char *id)
{
	return policy_is_answered(es_slice_str(id)) || policy_own_app_is_valid(es_slice_str(id));
}

static es_status read_settings_of(const struct reader *r, const cJSON *app, const char *path,
                                  struct policy_setting *settings, size_t *count)
{
	const char *id = es_arena_strdup(r->arena, es_slice_str(app->string));
	const cJSON *value;

	if (id == NULL)
		return ES_TOO_LARGE;
	if (!is_app(id) || !cJSON_IsObject(app))
		return refuse(r, "must be an application with an object of names and values", "%s.set.%.16s", path, id);
	cJSON_ArrayForEach(value, app)
	{
		struct policy_setting *setting = &settings[(*count)++];
		*setting = (struct policy_setting){ .app = id, .name = es_arena_strdup(r->arena, es_slice_str(value->string)) };
		const char *here = es_arena_printf(r->arena, "%s.set.%s.%.64s", path, id, value->string);
		if (setting->name == NULL || here == NULL)
			return ES_TOO_LARGE;
		if (!cJSON_IsString(value) || !is_value(es_slice_str(value->valuestring)) ||
		    !is_parameter(es_slice_str(setting->name)))
			return refuse(r, "must be a name of 1 to 64 letters, digits, '.', '_' and '-' with a text", "%s", here);
		ES_TRY(read_value(r, value->valuestring, here, &setting->value));
	}
	return ES_OK;
}

static es_status read_settings(const struct reader *r, const cJSON *set, const char *path, struct policy_rule *out)
{
	const cJSON *app;
	size_t count = 0;

	if (set == NULL)
		return ES_OK;
	if (!cJSON_IsObject(set))
		return refuse(r, "must be an object of applications", "%s.set", path);
	cJSON_ArrayForEach(app, set) count += (size_t)cJSON_GetArraySize(app);
	struct policy_setting *settings = es_arena_array(r->arena, count, sizeof *settings);
	if (settings == NULL)
		return ES_TOO_LARGE;
	cJSON_ArrayForEach(app, set) ES_TRY(read_settings_of(r, app, path, settings, &out->setting_count));
	out->settings = settings;
	return ES_OK;
}

/* ---- rules ---- */

/* Services of the standard are bits, all others are features. */
static es_status split(const struct reader *r, const struct policy_list *names, uint32_t *services,
                       struct policy_list *features)
{
	const char **own = es_arena_array(r->arena, names->count, sizeof *own);
	size_t count = 0;

	if (own == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < names->count; i++) {
		const int bit = policy_name_value(policy_service_names, names->items[i]);
		if (bit >= 0)
			*services |= UINT32_C(1) << (unsigned)bit;
		else
			own[count++] = names->items[i];
	}
	*features = (struct policy_list){ own, count };
	return ES_OK;
}

static es_status make_rule(const struct reader *r, const struct raw_rule *raw, const char *path,
                           struct policy_rule *out)
{
	*out = (struct policy_rule){ .id = raw->id,
		                         .note = raw->note,
		                         .from_ms = raw->from_ms,
		                         .until_ms = raw->until_ms,
		                         .as = raw->as,
		                         .texts = raw->texts,
		                         .refuses = raw->refuse,
		                         .is_last = raw->last };
	const char *when = es_arena_printf(r->arena, "%s%swhen", path, path[0] != '\0' ? "." : "");
	const char *offer = es_arena_printf(r->arena, "%s%soffer", path, path[0] != '\0' ? "." : "");
	if (when == NULL || offer == NULL)
		return ES_TOO_LARGE;
	if (raw->from_ms != 0 && raw->until_ms != 0 && raw->until_ms <= raw->from_ms)
		return refuse(r, "is not after from", "%s%suntil", path, path[0] != '\0' ? "." : "");
	ES_TRY(read_when(r, raw->when, when, &out->when));
	ES_TRY(read_offer(r, raw->offer, offer, &out->offer));
	ES_TRY(split(r, &raw->grant, &out->grant, &out->grant_own));
	ES_TRY(split(r, &raw->withhold, &out->withhold, &out->withhold_own));
	if ((out->grant & (uint32_t)POLICY_SERVICE_BOOST) != 0)
		return refuse(r, "data_boost is offered by data.boosts of a plan or an offer", "%s.grant", path);
	return read_settings(r, raw->set, path, out);
}

static es_status make_rules(const struct reader *r, const struct policy_objects *raws, struct policy_ruleset *out)
{
	struct policy_rule *rules = es_arena_array(r->arena, raws->count, sizeof *rules);
	const struct raw_rule *raw = raws->items;

	if (rules == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < raws->count; i++) {
		const char *path = es_arena_printf(r->arena, "rules[%zu]", i);
		if (path == NULL)
			return ES_TOO_LARGE;
		for (size_t k = 0; k < i; k++)
			if (strcmp(raw[k].id, raw[i].id) == 0)
				return refuse(r, "is the name of another rule, too", "%s.id", path);
		struct policy_rule *rule = &rules[out->rule_count];
		ES_TRY(make_rule(r, &raw[i], path, rule));
		if (!raw[i].disabled) /* read all the same: it has to be right when it is switched on */
			out->rule_count++;
	}
	out->rules = rules;
	return ES_OK;
}

/* ---- applications ---- */

static es_status make_parameters(const struct reader *r, const struct raw_app *raw, const char *path,
                                 struct policy_own_app *out)
{
	const struct raw_parameter *parameters = raw->parameters.items;
	struct policy_setting *settings = es_arena_array(r->arena, raw->parameters.count, sizeof *settings);

	if (settings == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < raw->parameters.count; i++) {
		const char *value = es_arena_printf(r->arena, "%s.parameters[%zu].value", path, i);
		const char *when = es_arena_printf(r->arena, "%s.parameters[%zu].when", path, i);
		if (value == NULL || when == NULL)
			return ES_TOO_LARGE;
		settings[i] = (struct policy_setting){ .app = raw->id, .name = parameters[i].name };
		ES_TRY(read_value(r, parameters[i].value, value, &settings[i].value));
		ES_TRY(read_when(r, parameters[i].when, when, &settings[i].when));
	}
	out->parameters = settings;
	out->parameter_count = raw->parameters.count;
	return ES_OK;
}

static es_status make_apps(const struct reader *r, const struct policy_objects *raws, struct policy_ruleset *out)
{
	struct policy_own_app *apps = es_arena_array(r->arena, raws->count, sizeof *apps);
	const struct raw_app *raw = raws->items;

	if (apps == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < raws->count; i++) {
		const char *path = es_arena_printf(r->arena, "applications[%zu]", i);
		const char *when = es_arena_printf(r->arena, "applications[%zu].page.when", i);
		if (path == NULL || when == NULL)
			return ES_TOO_LARGE;
		for (size_t k = 0; k < i; k++)
			if (strcmp(raw[k].id, raw[i].id) == 0)
				return refuse(r, "is another application's, too", "%s.id", path);
		apps[i] = (struct policy_own_app){
			.id = raw[i].id, .name = raw[i].name, .feature = raw[i].feature, .texts = raw[i].texts, .page = raw[i].page
		};
		ES_TRY(read_when(r, raw[i].page_when, when, &apps[i].page_when));
		ES_TRY(make_parameters(r, &raw[i], path, &apps[i]));
	}
	out->apps = apps;
	out->app_count = raws->count;
	return ES_OK;
}

/* ---- lists ---- */

static es_status read_list(const struct reader *r, const cJSON *json, struct policy_named_list *out)
{
	const size_t count = cJSON_IsArray(json) ? (size_t)cJSON_GetArraySize(json) : 0;
	const cJSON *element;

	if (!cJSON_IsArray(json) || count > POLICY_LIST_ITEMS_MAX || !policy_is_word(es_slice_str(json->string)))
		return refuse(r, "must be a name of a-z, 0-9, _ and - with an array of at most 10000 texts", "lists.%.32s",
		              json->string);
	out->name = es_arena_strdup(r->arena, es_slice_str(json->string));
	out->items.items = es_arena_array(r->arena, count, sizeof *out->items.items);
	if (out->name == NULL || out->items.items == NULL)
		return ES_TOO_LARGE;
	cJSON_ArrayForEach(element, json)
	{
		if (!cJSON_IsString(element) || element->valuestring[0] == '\0')
			return refuse(r, "must be an array of texts", "lists.%.32s", json->string);
		const char *text = es_arena_strdup(r->arena, es_slice_str(element->valuestring));
		if (text == NULL)
			return ES_TOO_LARGE;
		out->items.items[out->items.count++] = text;
	}
	policy_named_list_sort(out);
	return ES_OK;
}

static es_status read_lists(struct reader *r, const cJSON *json)
{
	struct policy_named_list *lists = es_arena_array(r->arena, LISTS_MAX, sizeof *lists);
	const cJSON *element;

	if (lists == NULL)
		return ES_TOO_LARGE;
	r->conditions.lists = lists;
	if (json == NULL)
		return ES_OK;
	if (!cJSON_IsObject(json) || cJSON_GetArraySize(json) > LISTS_MAX)
		return refuse(r, "must be an object of at most 64 lists", "lists");
	cJSON_ArrayForEach(element, json) ES_TRY(read_list(r, element, &lists[r->conditions.list_count++]));
	return ES_OK;
}

/* ---- documents ---- */

static struct reader reader_of(struct es_arena *arena, struct policy_fault *fault, uint32_t *needs)
{
	return (struct reader){ .conditions = { .arena = arena, .fault = fault, .needs = needs },
		                    .arena = arena,
		                    .fault = fault };
}

es_status policy_ruleset_read(const cJSON *json, struct es_arena *arena, struct policy_ruleset *out,
                              struct policy_fault *fault)
{
	struct reader r = reader_of(arena, fault, &out->needs);
	struct raw_ruleset raw;

	*out = (struct policy_ruleset){ .number = 0 };
	policy_resource_defaults(&ruleset_shape, &raw);
	ES_TRY(policy_resource_read(&ruleset_shape, json, arena, &raw, fault));
	ES_TRY(offset_minutes(es_slice_str(raw.utc_offset), &out->utc_offset));
	ES_TRY(read_lists(&r, raw.lists));
	ES_TRY(make_rules(&r, &raw.rules, out));
	return make_apps(&r, &raw.applications, out);
}

es_status policy_addon_read(const cJSON *json, struct es_arena *arena, struct policy_addon *out,
                            struct policy_fault *fault)
{
	const struct reader r = reader_of(arena, fault, NULL);
	struct raw_addon raw;

	policy_resource_defaults(&addon_shape, &raw);
	ES_TRY(policy_resource_read(&addon_shape, json, arena, &raw, fault));
	*out = (struct policy_addon){ .tenant = "", .id = raw.id, .name = raw.name, .features = raw.features };
	return read_offer(&r, raw.offer, "offer", &out->offer);
}

es_status policy_outage_read(const cJSON *json, struct es_arena *arena, struct policy_rule *out,
                             struct policy_fault *fault)
{
	uint32_t needs = 0;
	const struct reader r = reader_of(arena, fault, &needs);
	struct raw_rule raw;

	policy_resource_defaults(&outage_shape, &raw);
	ES_TRY(policy_resource_read(&outage_shape, json, arena, &raw, fault));
	ES_TRY(make_rule(&r, &raw, "", out));
	out->is_outage = true;
	out->needs = needs;
	if (out->withhold == 0 && out->withhold_own.count == 0)
		return refuse(&r, "says nothing that is away", "services");
	return ES_OK;
}
