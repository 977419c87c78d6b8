/* ph_page.c -- tags and attributes of HTML, as far as forms go. */
#include "ph_page.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#include "ph_doc.h"

enum { ATTRIBUTES_MAX = 24 };

struct tag {
	struct es_slice name; /* "/h1" when it closes */
	struct {
		struct es_slice name, value;
	} at[ATTRIBUTES_MAX];
	size_t count;
};

struct html {
	struct es_slice rest;
	struct es_arena *arena;
};

static struct es_slice taken(struct html *h, size_t n)
{
	struct es_slice out = es_slice_sub(h->rest, 0, n);

	h->rest = es_slice_sub(h->rest, out.len, h->rest.len);
	return out;
}

static size_t span(struct es_slice s, const char *of, bool are)
{
	size_t n = 0;

	while (n < s.len && (s.ptr[n] != 0 && strchr(of, s.ptr[n]) != NULL) == are)
		n++;
	return n;
}

/* As browsers do, what is no reference is left as it stands. */
static struct es_slice unescaped(struct html *h, struct es_slice raw)
{
	struct es_slice out;

	return ph_doc_unescape(raw, h->arena, &out) == ES_OK ? out : raw;
}

static struct es_slice take_attribute_value(struct html *h)
{
	uint8_t quote = h->rest.len > 0 ? h->rest.ptr[0] : 0;

	if (quote != '"' && quote != '\'')
		return unescaped(h, taken(h, span(h->rest, " \t\r\n>", false)));
	(void)taken(h, 1);
	struct es_slice raw = taken(h, es_slice_find(h->rest, quote));
	(void)taken(h, 1);
	return unescaped(h, raw);
}

/* From behind '<' to behind '>'. */
static void take_tag(struct html *h, struct tag *out)
{
	*out = (struct tag){ .name = taken(h, span(h->rest, " \t\r\n>", false)) };
	while (h->rest.len > 0) {
		(void)taken(h, span(h->rest, " \t\r\n/", true));
		struct es_slice name = taken(h, span(h->rest, " \t\r\n/>=", false)), value = { 0 };
		if (h->rest.len > 0 && h->rest.ptr[0] == '=') {
			(void)taken(h, 1);
			value = take_attribute_value(h);
		} else if (name.len == 0) {
			(void)taken(h, 1);
			return;
		}
		if (name.len > 0 && out->count < ATTRIBUTES_MAX) {
			out->at[out->count].name = name;
			out->at[out->count++].value = value;
		}
	}
}

static bool has_attribute(const struct tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->count; i++)
		if (es_slice_eq_nocase(tag->at[i].name, es_slice_str(name)))
			return true;
	return false;
}

static struct es_slice attribute(const struct tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->count; i++)
		if (es_slice_eq_nocase(tag->at[i].name, es_slice_str(name)))
			return tag->at[i].value;
	return (struct es_slice){ 0 };
}

static bool is_attribute(const struct tag *tag, const char *name, const char *value)
{
	return es_slice_eq_nocase(attribute(tag, name), es_slice_str(value));
}

/* ---- tags that matter ---- */

static es_status read_call(struct html *h, const struct tag *tag, const char *methods, const char *list,
                           struct ph_call *out)
{
	static const struct es_json_limits limits = { 16384, 2, 8 };
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	size_t n = 0;
	const cJSON *item;

	*out = (struct ph_call){ .methods = attribute(tag, methods) };
	if (attribute(tag, list).len == 0)
		return ES_OK;
	ES_TRY(es_json_parse(attribute(tag, list), limits, &tree));
	if (!cJSON_IsArray(tree))
		return ES_MALFORMED;
	cJSON_ArrayForEach(item, tree)
	{
		if (n == PH_CALL_ARGUMENTS)
			break;
		if (cJSON_IsString(item))
			out->arguments[n] = es_arena_copy(h->arena, es_slice_str(item->valuestring));
		n++;
	}
	return ES_OK;
}

static es_status on_body(struct html *h, const struct tag *tag, struct ph_page *page)
{
	uint32_t seconds = 0;

	if (es_parse_u32(attribute(tag, "data-again"), 0, 3600, &seconds) == ES_OK)
		page->again_s = seconds;
	page->calls_at_once = has_attribute(tag, "data-at-once");
	return read_call(h, tag, "data-call", "data-arguments", &page->call);
}

static es_status on_fact(struct html *h, const struct tag *tag, struct ph_page *page)
{
	struct es_slice text = es_slice_trim(es_slice_sub(h->rest, 0, es_slice_find(h->rest, '<')));

	(void)tag;
	if (es_text_is_digits(text))
		page->code = text;
	return ES_OK;
}

static es_status on_heading(struct html *h, const struct tag *tag, struct ph_page *page)
{
	(void)tag;
	if (page->title.len == 0)
		page->title = unescaped(h, es_slice_trim(es_slice_sub(h->rest, 0, es_slice_find(h->rest, '<'))));
	return ES_OK;
}

static es_status on_form(struct html *h, const struct tag *tag, struct ph_page *page)
{
	(void)h;
	page->has_form = true;
	page->action = attribute(tag, "action");
	return ES_OK;
}

/* "2; url=/sheet/again" */
static es_status on_meta(struct html *h, const struct tag *tag, struct ph_page *page)
{
	struct es_slice rest = attribute(tag, "content"), seconds = es_slice_cut(&rest, ';');
	uint32_t number = 0;

	(void)h;
	if (!is_attribute(tag, "http-equiv", "refresh") || es_parse_u32(es_slice_trim(seconds), 0, 3600, &number) != ES_OK)
		return ES_OK;
	page->refresh_s = number;
	rest = es_slice_trim(rest);
	if (rest.len > 4 && es_slice_eq_nocase(es_slice_sub(rest, 0, 4), ES_SLICE_LIT("url=")))
		page->refresh_url = es_slice_sub(rest, 4, rest.len);
	return ES_OK;
}

static void add_field(struct ph_page *page, enum ph_field_kind kind, const struct tag *tag)
{
	if (!page->has_form || page->field_count == PH_FIELDS_MAX || attribute(tag, "name").len == 0)
		return;
	page->fields[page->field_count++] = (struct ph_field){ .kind = kind,
		                                                   .name = attribute(tag, "name"),
		                                                   .value = attribute(tag, "value"),
		                                                   .is_on = has_attribute(tag, "checked") };
}

/* Buttons that leave, or that are there besides, need nothing filled in. */
static es_status on_button(struct html *h, const struct tag *tag, struct ph_page *page)
{
	bool is_lesser = has_attribute(tag, "formnovalidate") || has_attribute(tag, "data-leave");
	bool calls = has_attribute(tag, "data-method") && !is_attribute(tag, "class", "may");

	if (calls && page->pressed.methods.len == 0)
		return read_call(h, tag, "data-method", "data-list", &page->pressed);
	if (!is_attribute(tag, "type", "button"))
		add_field(page, is_lesser ? PH_LESSER_BUTTON : PH_BUTTON, tag);
	return ES_OK;
}

static es_status on_input(struct html *h, const struct tag *tag, struct ph_page *page)
{
	static const struct {
		const char *type;
		enum ph_field_kind kind;
	} kinds[] = { { "hidden", PH_HIDDEN }, { "checkbox", PH_TICKED }, { "radio", PH_CHOSEN } };

	if (is_attribute(tag, "type", "submit"))
		return on_button(h, tag, page);
	page->has_upload = page->has_upload || is_attribute(tag, "type", "file");
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (is_attribute(tag, "type", kinds[i].type)) {
			add_field(page, kinds[i].kind, tag);
			return ES_OK;
		}
	add_field(page, PH_WRITTEN, tag);
	return ES_OK;
}

static const struct {
	const char *name;
	es_status (*take)(struct html *h, const struct tag *tag, struct ph_page *page);
} tags[] = { { "body", on_body },     { "h1", on_heading }, { "form", on_form }, { "input", on_input },
	         { "button", on_button }, { "meta", on_meta },  { "dd", on_fact } };

es_status ph_page_read(struct es_slice html, struct es_arena *arena, struct ph_page *out)
{
	struct html h = { .rest = html, .arena = arena };
	struct tag tag;

	*out = (struct ph_page){ .refresh_s = -1 };
	while (h.rest.len > 0) {
		(void)taken(&h, es_slice_find(h.rest, '<'));
		(void)taken(&h, 1);
		take_tag(&h, &tag);
		for (size_t i = 0; i < ES_COUNT(tags); i++)
			if (es_slice_eq_nocase(tag.name, es_slice_str(tags[i].name)))
				ES_TRY(tags[i].take(&h, &tag, out));
	}
	return ES_OK;
}

/* ---- the form, filled in ---- */

static void put_pair(struct es_buf *body, struct es_slice name, struct es_slice value)
{
	if (body->len > 0)
		es_put_u8(body, '&');
	es_percent_encode(name, body);
	es_put_u8(body, '=');
	es_percent_encode(value, body);
}

static const char *fill_of(struct es_slice name, const struct ph_param *fills, size_t fill_count)
{
	for (size_t i = 0; i < fill_count; i++)
		if (es_slice_eq_str(name, fills[i].name))
			return fills[i].value;
	return NULL;
}

/* Whether this one of a choice is taken: the one that was named where it is there, or else the first. */
static bool is_taken(const struct ph_page *page, const struct ph_field *field, const char *fill)
{
	const struct ph_field *first = NULL, *named = NULL;

	for (size_t i = 0; i < page->field_count; i++) {
		const struct ph_field *other = &page->fields[i];
		if (other->kind != PH_CHOSEN || !es_slice_eq(other->name, field->name))
			continue;
		first = first == NULL ? other : first;
		named = fill != NULL && es_slice_eq_str(other->value, fill) ? other : named;
	}
	return field == (named != NULL ? named : first);
}

static void put_field(const struct ph_page *page, const struct ph_field *field, const char *fill, struct es_buf *body)
{
	switch (field->kind) {
	case PH_HIDDEN:
	case PH_TICKED: put_pair(body, field->name, field->value); break;
	case PH_WRITTEN: put_pair(body, field->name, fill != NULL ? es_slice_str(fill) : field->value); break;
	case PH_CHOSEN:
		if (is_taken(page, field, fill))
			put_pair(body, field->name, field->value);
		break;
	case PH_BUTTON:
	case PH_LESSER_BUTTON: break;
	}
}

const struct ph_field *ph_page_accept(const struct ph_page *page, const struct ph_param *fills, size_t fill_count,
                                      struct es_buf *body)
{
	const struct ph_field *pressed = NULL;

	for (size_t i = 0; i < page->field_count; i++) {
		const struct ph_field *field = &page->fields[i];
		const char *fill = fill_of(field->name, fills, fill_count);
		bool is_named = fill != NULL && es_slice_eq_str(field->value, fill);
		put_field(page, field, fill, body);
		if ((field->kind == PH_BUTTON && pressed == NULL && fill == NULL) ||
		    ((field->kind == PH_BUTTON || field->kind == PH_LESSER_BUTTON) && is_named))
			pressed = field;
	}
	if (pressed != NULL)
		put_pair(body, pressed->name, pressed->value);
	return pressed;
}
