/* ctl_row.c -- a line of JSON or CSV as an object. */
#include "ctl_row.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

static es_status refuse(const char **why, const char *reason)
{
	*why = reason;
	return ES_MALFORMED;
}

static struct es_slice without_end(struct es_slice line)
{
	while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
		line.len--;
	return line;
}

/* One field into `room`, which holds the whole line. False: it is none, and `why` says so. */
static bool take_field(struct es_slice *rest, uint8_t separator, char *room, bool *more, const char **why)
{
	const bool is_quoted = rest->len > 0 && rest->ptr[0] == '"';
	size_t at = is_quoted ? 1 : 0, len = 0;

	for (; at < rest->len; at++) {
		const uint8_t c = rest->ptr[at];
		if (is_quoted && c == '"') {
			if (at + 1 == rest->len || rest->ptr[at + 1] != '"')
				break;
			at++; /* two are one */
		} else if (!is_quoted && c == separator) {
			break;
		}
		room[len++] = (char)c;
	}
	room[len] = '\0';
	if (is_quoted && at++ == rest->len)
		*why = "a quoted field does not end on its line";
	else if (is_quoted && at < rest->len && rest->ptr[at] != separator)
		*why = "text follows a closing quote";
	else if (!es_text_is_clean_utf8(es_slice_of(room, len)))
		*why = "a field is not clean text (UTF-8)";
	else {
		*more = at < rest->len;
		*rest = es_slice_sub(*rest, at + 1, rest->len);
		return true;
	}
	return false;
}

static es_status read_header(struct es_slice rest, struct ctl_rows *out, const char **why)
{
	char room[CTL_ROW_LINE_MAX];
	bool more = true;

	while (more) {
		if (!take_field(&rest, out->separator, room, &more, why))
			return ES_MALFORMED;
		const struct es_slice name = es_slice_trim(es_slice_str(room));
		if (name.len == 0 || name.len > CTL_ROW_NAME_MAX || out->count == CTL_ROW_COLUMNS_MAX)
			return refuse(why, "the first line names up to 64 columns, each with a name of at most 63 octets");
		for (size_t i = 0; i < out->count; i++)
			if (es_slice_eq_str(name, out->names[i]))
				return refuse(why, "the first line names a column twice");
		memcpy(out->names[out->count], name.ptr, name.len);
		out->names[out->count++][name.len] = '\0';
	}
	return ES_OK;
}

es_status ctl_rows_begin(struct es_slice line, struct ctl_rows *out, bool *is_header, const char **why)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };
	struct es_slice text = without_end(line);

	if (text.len >= CTL_ROW_LINE_MAX)
		return refuse(why, "the line is too long");
	if (es_slice_starts_with(text, es_slice_of(mark, sizeof mark)))
		text = es_slice_sub(text, sizeof mark, text.len);
	*out = (struct ctl_rows){ .separator = ',' };
	*is_header = text.len == 0 || text.ptr[0] != '{';
	out->is_json = !*is_header;
	if (es_slice_find(text, ',') == text.len && es_slice_find(text, ';') < text.len)
		out->separator = ';';
	return out->is_json ? ES_OK : read_header(text, out, why);
}

/* "vowifi.terms" */
static bool put_field(cJSON *object, const char *name, const char *value)
{
	const char *dot = strchr(name, '.');
	char group[CTL_ROW_NAME_MAX + 1];

	if (dot == NULL)
		return cJSON_AddStringToObject(object, name, value) != NULL;
	memcpy(group, name, (size_t)(dot - name));
	group[dot - name] = '\0';
	cJSON *inner = cJSON_GetObjectItemCaseSensitive(object, group);
	if (inner == NULL)
		inner = cJSON_AddObjectToObject(object, group);
	return cJSON_IsObject(inner) && cJSON_AddStringToObject(inner, dot + 1, value) != NULL;
}

static es_status read_fields(const struct ctl_rows *rows, struct es_slice rest, cJSON *object, const char **why)
{
	char room[CTL_ROW_LINE_MAX];
	bool more = true;
	size_t column = 0;

	for (; more; column++) {
		if (column == rows->count)
			return refuse(why, "the line has more fields than the first one names");
		if (!take_field(&rest, rows->separator, room, &more, why))
			return ES_MALFORMED;
		const struct es_slice text = es_slice_trim(es_slice_str(room));
		room[(size_t)(text.ptr - (const uint8_t *)room) + text.len] = '\0';
		if (text.len > 0 && !put_field(object, rows->names[column], (const char *)text.ptr))
			return refuse(why, "a column and a group have the same name");
	}
	return column == rows->count ? ES_OK : refuse(why, "the line has fewer fields than the first one names");
}

es_status ctl_row_read(const struct ctl_rows *rows, struct es_slice line, cJSON **out, const char **why)
{
	const struct es_json_limits limits = { CTL_ROW_LINE_MAX, 7, 512 };
	struct es_slice text = without_end(line);

	*out = NULL;
	if (text.len >= CTL_ROW_LINE_MAX)
		return refuse(why, "the line is too long");
	if (rows->is_json) {
		if (es_json_parse(text, limits, out) != ES_OK)
			return refuse(why, "the line is no JSON object, or too large");
		return ES_OK;
	}
	ES_CLEANUP(es_json_done) cJSON *object = cJSON_CreateObject();
	if (object == NULL)
		return ES_TOO_LARGE;
	ES_TRY(read_fields(rows, text, object, why));
	*out = ES_TAKE(object);
	return ES_OK;
}
