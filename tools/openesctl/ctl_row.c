/* ctl_row.c -- a line of JSON or CSV as an object. */
#include "ctl_row.h"

#include <string.h>

#include "ctl_csv.h"
#include "es_cleanup.h"
#include "es_json.h"

static const char *const lists[] = { "capabilities" };
static const char out_of_memory[] = "out of memory";

static es_status refuse(const char **why, const char *reason)
{
	*why = reason;
	return ES_MALFORMED;
}

/* ---- the header ---- */

static bool is_name(struct es_slice text, enum ctl_row_names whose)
{
	for (size_t i = 0; whose == CTL_ROW_OURS && i < text.len; i++)
		if ((text.ptr[i] < 'a' || text.ptr[i] > 'z') && text.ptr[i] != '_')
			return false;
	return text.len > 0 && text.len <= CTL_ROW_NAME_MAX;
}

static const char *read_header(struct es_slice rest, struct ctl_rows *out)
{
	uint8_t room[CTL_ROW_LINE_MAX];
	bool more = true;

	while (more) {
		struct ctl_csv_field field = { .text = room, .size = sizeof room };
		const char *why = ctl_csv_field(&rest, out->separator, &field, &more);
		if (why != NULL)
			return why;
		const struct es_slice name = ctl_csv_text(&field);
		if (!is_name(name, out->whose) || out->count == CTL_ROW_COLUMNS_MAX)
			return "the first line has to name up to 64 columns, or the lines be JSON objects";
		for (size_t i = 0; i < out->count; i++)
			if (es_slice_eq_str(name, out->names[i]))
				return "the first line names a column twice";
		memcpy(out->names[out->count++], name.ptr, name.len);
	}
	return NULL;
}

es_status ctl_rows_begin(struct es_slice line, enum ctl_row_names whose, struct ctl_rows *out, const char **why)
{
	const struct es_slice body = ctl_csv_body(line), text = es_slice_trim(body);

	*out = (struct ctl_rows){ .whose = whose, .separator = ',' };
	out->is_json = text.len > 0 && text.ptr[0] == '{';
	if (body.len >= CTL_ROW_LINE_MAX)
		return refuse(why, "the line is too long");
	if (es_slice_find(body, ',') == body.len && es_slice_find(body, ';') < body.len)
		out->separator = ';';
	const char *reason = out->is_json ? NULL : read_header(body, out);
	return reason == NULL ? ES_OK : refuse(why, reason);
}

/* ---- a line ---- */

static bool put_text(cJSON *object, const char *name, const char *text)
{
	return cJSON_AddStringToObject(object, name, text) != NULL;
}

/* Ends every element where its blanks begin. */
static bool put_list(cJSON *object, const char *name, char *text)
{
	cJSON *list = cJSON_AddArrayToObject(object, name);
	struct es_slice rest = es_slice_str(text);

	while (list != NULL && rest.len > 0) {
		const struct es_slice word = es_slice_trim(es_slice_cut(&rest, '|'));
		const size_t at = (size_t)(word.ptr - (const uint8_t *)text);
		text[at + word.len] = '\0';
		cJSON *item = word.len > 0 ? cJSON_CreateString(text + at) : NULL;
		if (word.len > 0 && !cJSON_AddItemToArray(list, item)) {
			cJSON_Delete(item);
			return false;
		}
	}
	return list != NULL;
}

static const char *put_ours(cJSON *object, const char *name, char *text)
{
	for (size_t i = 0; i < ES_COUNT(lists); i++)
		if (strcmp(name, lists[i]) == 0)
			return put_list(object, name, text) ? NULL : out_of_memory;
	return put_text(object, name, text) ? NULL : out_of_memory;
}

/* "vowifi.terms" */
static const char *put_theirs(cJSON *object, const char *name, const char *text)
{
	const char *dot = strchr(name, '.');
	char group[CTL_ROW_NAME_MAX + 1];

	if (dot == NULL)
		return put_text(object, name, text) ? NULL : out_of_memory;
	memcpy(group, name, (size_t)(dot - name));
	group[dot - name] = '\0';
	cJSON *inner = cJSON_GetObjectItemCaseSensitive(object, group);
	if (inner != NULL && !cJSON_IsObject(inner))
		return "a column and a group have the same name";
	if (inner == NULL)
		inner = cJSON_AddObjectToObject(object, group);
	return inner != NULL && put_text(inner, dot + 1, text) ? NULL : out_of_memory;
}

static const char *read_fields(const struct ctl_rows *rows, struct es_slice rest, cJSON *object)
{
	char room[CTL_ROW_LINE_MAX];
	bool more = true;
	size_t column = 0;

	for (; more; column++) {
		struct ctl_csv_field field = { .text = (uint8_t *)room, .size = sizeof room - 1 };
		if (column == rows->count)
			return "the line has more fields than the first one names";
		const char *why = ctl_csv_field(&rest, rows->separator, &field, &more);
		if (why != NULL)
			return why;
		const struct es_slice trimmed = ctl_csv_text(&field);
		char *text = room + (trimmed.ptr - (const uint8_t *)room);
		text[trimmed.len] = '\0';
		if (trimmed.len == 0)
			continue;
		why = rows->whose == CTL_ROW_OURS ? put_ours(object, rows->names[column], text)
		                                  : put_theirs(object, rows->names[column], text);
		if (why != NULL)
			return why;
	}
	return column == rows->count ? NULL : "the line has fewer fields than the first one names";
}

static const char *read_json(struct es_slice line, cJSON **out)
{
	const struct es_json_limits limits = { CTL_ROW_LINE_MAX, 7, 512 };

	if (es_json_parse(line, limits, out) != ES_OK)
		return "the line is not JSON, or too large";
	return cJSON_IsObject(*out) ? NULL : "the line is not a JSON object";
}

es_status ctl_row_read(const struct ctl_rows *rows, struct es_slice line, cJSON **out, const char **why)
{
	ES_CLEANUP(es_json_done) cJSON *object = NULL;
	const struct es_slice body = ctl_csv_body(line);
	const char *reason = "the line is too long";

	*out = NULL;
	if (!rows->is_json && (object = cJSON_CreateObject()) == NULL)
		return ES_TOO_LARGE;
	if (body.len < CTL_ROW_LINE_MAX)
		reason = rows->is_json ? read_json(body, &object) : read_fields(rows, body, object);
	if (reason != NULL)
		return refuse(why, reason);
	*out = ES_TAKE(object);
	return ES_OK;
}
