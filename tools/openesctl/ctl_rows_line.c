/* ctl_rows_line.c -- fields to members. */
#include "ctl_rows_line.h"

#include <string.h>

#include "ctl_csv.h"
#include "es_cleanup.h"
#include "es_text.h"

static const char *const lists[] = { "capabilities" };

static struct es_slice slice_of(const struct ctl_csv_field *field)
{
	return es_slice_trim(es_slice_of(field->text, field->len));
}

static bool is_name(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.ptr[i] < 'a' || text.ptr[i] > 'z') && text.ptr[i] != '_')
			return false;
	return text.len > 0 && text.len < sizeof((struct ctl_list *)NULL)->columns[0];
}

static const char *read_header(struct es_slice rest, struct ctl_list *rows)
{
	bool more = true;

	while (more) {
		struct ctl_csv_field field;
		const char *why = ctl_csv_field(&rest, rows->separator, &field, &more);
		if (why != NULL)
			return why;
		const struct es_slice name = slice_of(&field);
		if (!is_name(name) || rows->count == CTL_ROWS_COLUMNS_MAX)
			return "the first line has to name the columns, or the lines be JSON objects";
		for (size_t i = 0; i < rows->count; i++)
			if (es_slice_eq_str(name, rows->columns[i]))
				return "the first line names a column twice";
		memcpy(rows->columns[rows->count++], name.ptr, name.len);
	}
	return NULL;
}

static struct es_slice without_mark(struct es_slice line)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	line = ctl_csv_body(line);
	return es_slice_starts_with(line, es_slice_of(mark, sizeof mark)) ? es_slice_sub(line, sizeof mark, line.len)
	                                                                  : line;
}

es_status ctl_list_begin(struct es_slice line, struct ctl_list *out, const char **why)
{
	struct ctl_list rows = { .separator = ',' };

	line = without_mark(line);
	const struct es_slice text = es_slice_trim(line);
	rows.is_json = text.len > 0 && text.ptr[0] == '{';
	if (es_slice_find(line, ',') == line.len && es_slice_find(line, ';') < line.len)
		rows.separator = ';';
	const char *reason = rows.is_json ? NULL : read_header(line, &rows);
	if (reason != NULL) {
		*why = reason;
		return ES_MALFORMED;
	}
	*out = rows;
	return ES_OK;
}

static cJSON *text_of(struct es_slice text)
{
	char copy[sizeof((struct ctl_csv_field *)NULL)->text + 1];

	if (text.len > 0)
		memcpy(copy, text.ptr, text.len); /* of one field */
	copy[text.len] = '\0';
	return cJSON_CreateString(copy);
}

static cJSON *list_of(struct es_slice text)
{
	cJSON *list = cJSON_CreateArray();

	while (list != NULL && text.len > 0) {
		const struct es_slice word = es_slice_trim(es_slice_cut(&text, '|'));
		cJSON *item = word.len > 0 ? text_of(word) : NULL;
		if (item != NULL && !cJSON_AddItemToArray(list, item))
			cJSON_Delete(item);
	}
	return list;
}

static bool is_list(const char *column)
{
	for (size_t i = 0; i < ES_COUNT(lists); i++)
		if (strcmp(column, lists[i]) == 0)
			return true;
	return false;
}

static const char *read_fields(const struct ctl_list *rows, struct es_slice rest, cJSON *object)
{
	bool more = true;
	size_t i = 0;

	for (; more; i++) {
		struct ctl_csv_field field;
		const char *why = ctl_csv_field(&rest, rows->separator, &field, &more);
		if (why != NULL)
			return why;
		if (i == rows->count)
			return "the line has more fields than the first line names";
		const struct es_slice text = slice_of(&field);
		if (text.len == 0)
			continue;
		cJSON *value = is_list(rows->columns[i]) ? list_of(text) : text_of(text);
		if (!cJSON_AddItemToObject(object, rows->columns[i], value)) {
			cJSON_Delete(value);
			return "out of memory";
		}
	}
	return i == rows->count ? NULL : "the line has fewer fields than the first line names";
}

static const char *read_json(struct es_slice line, cJSON **out)
{
	cJSON *json = NULL;

	if (es_json_parse(line, ES_JSON_SMALL, &json) != ES_OK)
		return "the line is not JSON";
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		return "the line is not a JSON object";
	}
	*out = json;
	return NULL;
}

es_status ctl_list_line(const struct ctl_list *rows, struct es_slice line, cJSON **out, const char **why)
{
	cJSON *object = NULL;
	const char *reason = "out of memory";

	line = without_mark(line);
	if (rows->is_json) {
		reason = read_json(line, &object);
	} else if ((object = cJSON_CreateObject()) != NULL) {
		reason = read_fields(rows, line, object);
	}
	if (reason != NULL) {
		cJSON_Delete(object);
		*why = reason;
		return ES_MALFORMED;
	}
	*out = object;
	return ES_OK;
}
