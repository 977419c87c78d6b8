/* gw_page_request.c -- reads what phones and forms send to a web sheet. */
#include "gw_page_request.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

static enum gw_fault take(struct es_slice *slot, struct es_slice value, size_t max)
{
	if (value.len > max)
		return GW_FAULT_TOO_LONG;
	if (slot->ptr != NULL && !es_slice_eq(*slot, value))
		return GW_FAULT_REPEATED;
	*slot = value;
	return GW_FAULT_NONE;
}

static enum gw_fault copy_of(const char *text, struct es_arena *arena, struct es_slice *slot, size_t max)
{
	const char *copy = text != NULL ? es_arena_strdup(arena, es_slice_str(text)) : "";

	return copy != NULL ? take(slot, es_slice_str(copy), max) : GW_FAULT_TOO_LONG;
}

static enum gw_fault read_json(struct es_slice text, struct es_arena *arena, struct gw_page_open *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	if (es_json_parse(text, ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json))
		return GW_FAULT_SYNTAX;
	enum gw_fault fault = copy_of(es_json_str(json, "sid"), arena, &out->handle, GW_PAGE_TEXT_MAX);
	if (fault == GW_FAULT_NONE)
		fault = copy_of(es_json_str(json, "boost_type"), arena, &out->boost_type, 8);
	return fault;
}

/* The text of the one element of that name; our own documents have no attributes, entities or comments. */
static enum gw_fault element(struct es_slice text, const char *open, const char *close, struct es_slice *out,
                             size_t max)
{
	const struct es_slice begin = es_slice_str(open), end = es_slice_str(close);

	for (size_t i = 0; i + begin.len <= text.len; i++) {
		if (!es_slice_starts_with(es_slice_sub(text, i, text.len), begin))
			continue;
		struct es_slice rest = es_slice_sub(text, i + begin.len, text.len);
		struct es_slice value = es_slice_sub(rest, 0, es_slice_find(rest, '<'));
		if (!es_slice_starts_with(es_slice_sub(rest, value.len, rest.len), end))
			return GW_FAULT_SYNTAX;
		return take(out, es_slice_trim(value), max);
	}
	return GW_FAULT_NONE;
}

static enum gw_fault read_xml(struct es_slice text, struct gw_page_open *out)
{
	enum gw_fault fault = element(text, "<sid>", "</sid>", &out->handle, GW_PAGE_TEXT_MAX);

	if (fault == GW_FAULT_NONE)
		fault = element(text, "<boost_type>", "</boost_type>", &out->boost_type, 8);
	return fault;
}

static enum gw_fault decode(struct es_slice text, bool plus_is_space, struct es_arena *arena, struct es_slice *out)
{
	if (text.len > 3 * GW_PAGE_RESULT_MAX)
		return GW_FAULT_TOO_LONG;
	es_status status = es_percent_decode(text, plus_is_space, arena, out);
	if (status == ES_OK)
		return GW_FAULT_NONE;
	return status == ES_TOO_LARGE ? GW_FAULT_TOO_LONG : GW_FAULT_SYNTAX;
}

static enum gw_fault read_any(struct es_slice text, struct es_arena *arena, bool is_inside, struct gw_page_open *out);

static enum gw_fault read_query(struct es_slice text, struct es_arena *arena, bool is_inside, struct gw_page_open *out)
{
	enum gw_fault fault = GW_FAULT_NONE;
	struct es_slice rest = text, decoded;

	while (rest.ptr != NULL && fault == GW_FAULT_NONE) {
		struct es_slice value = es_slice_cut(&rest, '&');
		struct es_slice name = es_slice_cut(&value, '=');
		fault = decode(value, false, arena, &value);
		if (fault != GW_FAULT_NONE)
			return fault;
		if (es_slice_eq_str(name, "sid"))
			fault = take(&out->handle, value, GW_PAGE_TEXT_MAX);
		else if (es_slice_eq_str(name, "boost_type"))
			fault = take(&out->boost_type, value, 8);
		else if (es_slice_eq_str(name, "page"))
			fault = take(&out->page, value, 31);
		else if (es_slice_eq_str(name, "tenant"))
			fault = take(&out->tenant, value, 31);
		else if (es_slice_eq_str(name, "encodedValue") && !is_inside)
			fault = es_base64_decode(value, arena, &decoded) == ES_OK ? read_any(decoded, arena, true, out)
			                                                          : GW_FAULT_SYNTAX;
	}
	return fault;
}

static enum gw_fault read_any(struct es_slice text, struct es_arena *arena, bool is_inside, struct gw_page_open *out)
{
	text = es_slice_trim(text);
	if (text.len > 0 && text.ptr[0] == '{')
		return read_json(text, arena, out);
	if (text.len > 0 && text.ptr[0] == '<')
		return read_xml(text, out);
	return read_query(text, arena, is_inside, out);
}

enum gw_fault gw_page_read_open(struct es_slice text, struct es_arena *arena, struct gw_page_open *out)
{
	*out = (struct gw_page_open){ .handle = { NULL, 0 } };
	enum gw_fault fault = read_any(text, arena, false, out);
	if (fault == GW_FAULT_NONE && out->handle.len == 0 && out->page.len == 0)
		fault = GW_FAULT_SYNTAX;
	if (fault == GW_FAULT_NONE && !(es_text_is_clean_utf8(out->handle) && es_text_is_clean_utf8(out->boost_type) &&
	                                es_text_is_clean_utf8(out->page) && es_text_is_clean_utf8(out->tenant)))
		fault = GW_FAULT_TEXT;
	return fault;
}

/* ---- forms ---- */

static enum gw_fault take_field(struct gw_page_act *act, struct es_slice name, struct es_slice value)
{
	if (act->field_count == GW_PAGE_FIELDS_MAX)
		return GW_FAULT_TOO_MANY;
	if (name.len > 32 || value.len > GW_PAGE_VALUE_MAX)
		return GW_FAULT_TOO_LONG;
	for (size_t i = 0; i < act->field_count; i++)
		if (es_slice_eq(act->fields[i].name, name))
			return GW_FAULT_REPEATED;
	act->fields[act->field_count].name = name;
	act->fields[act->field_count++].value = value;
	return GW_FAULT_NONE;
}

static enum gw_fault take_named(struct gw_page_act *out, struct es_slice name, struct es_slice value)
{
	if (!(es_text_is_clean_utf8(name) && es_text_is_clean_utf8(value)))
		return GW_FAULT_TEXT;
	if (name.len == 0)
		return GW_FAULT_NONE;
	if (es_slice_eq_str(name, "page"))
		return take(&out->page, value, GW_PAGE_TEXT_MAX);
	if (es_slice_eq_str(name, "do"))
		return take(&out->action, value, 32);
	if (es_slice_eq_str(name, "result"))
		return take(&out->result, value, GW_PAGE_RESULT_MAX);
	return take_field(out, name, value);
}

enum gw_fault gw_page_read_act(struct es_slice text, struct es_arena *arena, struct gw_page_act *out)
{
	enum gw_fault fault = GW_FAULT_NONE;
	struct es_slice rest = text;

	*out = (struct gw_page_act){ .field_count = 0 };
	while (rest.ptr != NULL && fault == GW_FAULT_NONE) {
		struct es_slice value = es_slice_cut(&rest, '&');
		struct es_slice name = es_slice_cut(&value, '=');
		fault = decode(name, true, arena, &name);
		if (fault == GW_FAULT_NONE)
			fault = decode(value, true, arena, &value);
		if (fault == GW_FAULT_NONE)
			fault = take_named(out, name, value);
	}
	return fault;
}

/* ---- multipart ---- */

/* What follows the first `mark`; {NULL, 0}: there is none. `before` gets what stands before it. */
static struct es_slice after(struct es_slice text, struct es_slice mark, struct es_slice *before)
{
	const uint8_t *at = text.len > 0 ? memmem(text.ptr, text.len, mark.ptr, mark.len) : NULL;

	if (at == NULL)
		return (struct es_slice){ NULL, 0 };
	const size_t index = (size_t)(at - text.ptr);
	*before = es_slice_sub(text, 0, index);
	return es_slice_sub(text, index + mark.len, text.len);
}

/* name="value" among the parameters of a header; empty: it is not there. */
static struct es_slice parameter(struct es_slice header, const char *name)
{
	struct es_slice rest = header;

	while (rest.ptr != NULL) {
		struct es_slice value = es_slice_trim(es_slice_cut(&rest, ';'));
		const struct es_slice found = es_slice_trim(es_slice_cut(&value, '='));
		if (!es_slice_eq_nocase(found, es_slice_str(name)))
			continue;
		value = es_slice_trim(value);
		if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
			value = es_slice_sub(value, 1, value.len - 1);
		return value;
	}
	return (struct es_slice){ NULL, 0 };
}

/* Headers, an empty line, content. */
static enum gw_fault take_part(struct gw_page_act *out, struct es_slice part)
{
	struct es_slice headers, value = after(part, ES_SLICE_LIT("\r\n\r\n"), &headers);
	struct es_slice disposition = { NULL, 0 };

	if (value.ptr == NULL)
		return GW_FAULT_SYNTAX;
	while (headers.ptr != NULL) {
		struct es_slice line = es_slice_trim(es_slice_cut(&headers, '\n'));
		struct es_slice name = es_slice_cut(&line, ':');
		if (es_slice_eq_nocase(es_slice_trim(name), ES_SLICE_LIT("Content-Disposition")))
			disposition = line;
	}
	const struct es_slice name = parameter(disposition, "name");
	if (parameter(disposition, "filename").ptr == NULL)
		return take_named(out, name, value);
	if (!es_slice_eq_str(name, "document") || out->upload.ptr != NULL)
		return GW_FAULT_REPEATED;
	out->upload = value;
	return GW_FAULT_NONE;
}

enum gw_fault gw_page_read_multipart(struct es_slice type, struct es_slice body, struct gw_page_act *out)
{
	const struct es_slice boundary = parameter(type, "boundary");
	char text[80];
	struct es_buf mark;

	*out = (struct gw_page_act){ .field_count = 0 };
	if (boundary.len == 0 || boundary.len > 70)
		return GW_FAULT_SYNTAX;
	es_buf_init_fixed(&mark, text, sizeof text);
	es_put_str(&mark, "\r\n--");
	es_put_bytes(&mark, boundary);
	/* The first has no line end before it. */
	if (!es_slice_starts_with(body, es_slice_sub(es_buf_slice(&mark), 2, mark.len)))
		return GW_FAULT_SYNTAX;
	struct es_slice rest = es_slice_sub(body, mark.len - 2, body.len), part;
	while (es_slice_starts_with(rest, ES_SLICE_LIT("\r\n"))) {
		struct es_slice next = after(es_slice_sub(rest, 2, rest.len), es_buf_slice(&mark), &part);
		if (next.ptr == NULL)
			return GW_FAULT_SYNTAX;
		enum gw_fault fault = take_part(out, part);
		if (fault != GW_FAULT_NONE)
			return fault;
		rest = next;
	}
	return es_slice_starts_with(rest, ES_SLICE_LIT("--")) ? GW_FAULT_NONE : GW_FAULT_SYNTAX;
}

bool gw_page_origin_is_ours(struct es_slice origin, struct es_slice host)
{
	static const char *const schemes[] = { "https://", "http://" };

	for (size_t i = 0; i < ES_COUNT(schemes); i++) {
		const struct es_slice scheme = es_slice_str(schemes[i]);
		if (es_slice_starts_with(origin, scheme))
			return es_slice_eq_nocase(es_slice_sub(origin, scheme.len, origin.len), host);
	}
	return origin.len == 0;
}
