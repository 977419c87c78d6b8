/* ctl_body.c -- options to JSON. Pure. */
#include "ctl_body.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

es_status ctl_seconds_parse(struct es_slice text, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	int64_t factor = 1, number = 0;

	for (size_t i = 0; i < ES_COUNT(units) && text.len > 0; i++) {
		if (text.ptr[text.len - 1] == (uint8_t)units[i].unit) {
			factor = units[i].seconds;
			text.len--;
			break;
		}
	}
	ES_TRY(es_parse_i64(text, 0, 1000000000, &number));
	*out = number * factor;
	return ES_OK;
}

static cJSON *list_of(const char *text, uint8_t between)
{
	cJSON *list = cJSON_CreateArray();
	struct es_slice rest = es_slice_str(text);

	while (list != NULL && rest.len > 0) {
		char item[512];
		struct es_slice word = es_slice_trim(es_slice_cut(&rest, between));
		if (word.len == 0 || word.len >= sizeof item)
			continue;
		memcpy(item, word.ptr, word.len);
		item[word.len] = '\0';
		cJSON *value = cJSON_CreateString(item);
		if (!cJSON_AddItemToArray(list, value))
			cJSON_Delete(value);
	}
	return list;
}

static cJSON *bool_of(const char *text)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "yes", true }, { "true", true },   { "on", true },
		          { "no", false }, { "false", false }, { "off", false } };

	for (size_t i = 0; i < ES_COUNT(words); i++) {
		if (es_slice_eq_nocase(es_slice_str(text), es_slice_str(words[i].word)))
			return cJSON_CreateBool(words[i].value);
	}
	return NULL;
}

/* [{...}, ...], or nothing of it: []. */
static cJSON *objects_of(const char *text)
{
	cJSON *objects = cJSON_Parse(text);
	const cJSON *item;

	if (!cJSON_IsArray(objects)) {
		cJSON_Delete(objects);
		return NULL;
	}
	cJSON_ArrayForEach(item, objects)
	{
		if (!cJSON_IsObject(item)) {
			cJSON_Delete(objects);
			return NULL;
		}
	}
	return objects;
}

static cJSON *object_of(const char *text)
{
	cJSON *object = cJSON_Parse(text);

	if (!cJSON_IsObject(object)) {
		cJSON_Delete(object);
		return NULL;
	}
	return object;
}

/* Up to what cJSON writes without rounding. */
static cJSON *octets_of(const char *text)
{
	int64_t number = 0;
	es_status status = es_parse_i64(es_slice_str(text), 0, INT64_C(1000000000000000), &number);
	return status == ES_OK ? cJSON_CreateNumber((double)number) : NULL;
}

static cJSON *number_of(const char *text, bool is_time)
{
	int64_t number = 0;
	es_status status = is_time ? ctl_seconds_parse(es_slice_str(text), &number)
	                           : es_parse_i64(es_slice_str(text), 0, 1000000000, &number);
	return status == ES_OK ? cJSON_CreateNumber((double)number) : NULL;
}

/* NULL when the text is no value of its kind. */
static cJSON *value_of(const struct ctl_option *option, const char *text)
{
	switch (option->kind) {
	case CTL_LIST: return list_of(text, ',');
	case CTL_LINES: return list_of(text, '|');
	case CTL_BOOL: return bool_of(text);
	case CTL_NUMBER: return number_of(text, false);
	case CTL_SECONDS: return number_of(text, true);
	case CTL_OCTETS: return octets_of(text);
	case CTL_OBJECTS: return objects_of(text);
	case CTL_OBJECT: return object_of(text);
	case CTL_TEXT: return cJSON_CreateString(text);
	case CTL_FLAG: break;
	}
	return NULL;
}

static void member_set(cJSON *object, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	if (!cJSON_AddItemToObject(object, name, value))
		cJSON_Delete(value);
}

/* Sets "outer.inner"; the outer object is made when it is not there. */
static void path_set(cJSON *body, const char *path, cJSON *value)
{
	const char *dot = strchr(path, '.');
	char outer[32] = "";

	if (dot == NULL) {
		member_set(body, path, value);
		return;
	}
	memcpy(outer, path, (size_t)(dot - path) < sizeof outer ? (size_t)(dot - path) : sizeof outer - 1);
	cJSON *object = cJSON_GetObjectItemCaseSensitive(body, outer);
	if (!cJSON_IsObject(object)) {
		object = cJSON_CreateObject();
		member_set(body, outer, object);
	}
	member_set(object, dot + 1, value);
}

/* What names the thing itself is no setting of it. */
static bool is_in_path(const struct ctl_command *command, const struct ctl_option *option)
{
	struct es_slice rest = es_slice_str(command->path != NULL ? command->path : "");

	while (rest.len > 0) {
		(void)es_slice_cut(&rest, '{');
		if (es_slice_eq_str(es_slice_cut(&rest, '}'), option->name))
			return true;
	}
	return false;
}

es_status ctl_body_fill(const struct ctl_args *args, cJSON *body, struct es_buf *error)
{
	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		const struct ctl_option *option = &ctl_options[opt];
		if (option->member == NULL || args->value[opt] == NULL || is_in_path(args->command, option))
			continue;
		cJSON *value = value_of(option, args->value[opt]);
		if (value == NULL) {
			es_put_printf(error, "--%s wants %s", option->name, option->value);
			return ES_MALFORMED;
		}
		path_set(body, option->member, value);
	}
	return ES_OK;
}
