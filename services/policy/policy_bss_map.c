/* policy_bss_map.c -- reading a mapping, and applying it to an answer. */
#include "policy_bss_map.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_bss_path.h"
#include "policy_shape.h"

#define ROWS_MAX 64
#define SOURCES_MAX 4
#define ARENA_BYTES (1u << 20)
#define SCRATCH_BYTES (1u << 20)

struct row {
	const char *target, *group, *member; /* "vowifi.provisioning", "vowifi", "provisioning"; group "": none */
	const struct field *field;
	struct policy_bss_path from[SOURCES_MAX]; /* the first that finds something */
	size_t from_count;
	const cJSON *values, *fallback; /* NULL: none */
	bool is_required;
};

struct policy_bss_map {
	struct es_arena *arena;
	cJSON *documents[2]; /* the rows point into them; [0] is the base's */
	struct policy_bss_path root;
	bool is_as_it_is;
	struct row rows[ROWS_MAX];
	size_t count;
};

/* ---- reading ---- */

static es_status refuse(struct es_buf *error, const char *at, const char *why)
{
	es_put_printf(error, "%s%s%s", at, at[0] != '\0' ? ": " : "", why);
	return ES_MALFORMED;
}

static const struct field *field_of(const struct field *fields, struct es_slice name)
{
	for (; fields->name != NULL; fields++)
		if (es_slice_eq_str(name, fields->name) && (fields->flags & (READ_ONLY | NOT_HERE)) == 0)
			return fields;
	return NULL;
}

static es_status find_target(const char *name, struct row *row, struct es_buf *error)
{
	struct es_slice rest = es_slice_str(name), first = es_slice_cut(&rest, '.');
	const struct field *field = field_of(policy_subscriber_shape.fields, first);
	const bool is_group = field != NULL && field->kind == OBJECT;

	row->target = name;
	if (field != NULL && field->kind == PAIRS &&
	    policy_is_word(rest)) { /* a name of the operator's own: facts.region */
		row->group = field->name;
		row->field = field;
		row->member = name + (rest.ptr - (const uint8_t *)name);
		return ES_OK;
	}
	row->group = is_group ? field->name : "";
	if (is_group)
		field = field_of(field->members, rest);
	else if (rest.ptr != NULL)
		field = NULL;
	if (field == NULL)
		return refuse(error, name, "is no member of a subscriber that can be set (docs/decisions.md lists them)");
	row->field = field;
	row->member = field->name;
	return ES_OK;
}

static es_status read_source(struct policy_bss_map *map, const cJSON *from, struct row *row, struct es_buf *error)
{
	const char *why = "";

	if (!cJSON_IsString(from) || row->from_count == SOURCES_MAX)
		return refuse(error, row->target, "\"from\" must be a path, or a list of up to 4");
	es_status status =
		policy_bss_path_parse(es_slice_str(from->valuestring), map->arena, &row->from[row->from_count++], &why);
	if (status == ES_MALFORMED) {
		es_put_printf(error, "%s: the path \"%s\" %s", row->target, from->valuestring, why);
		return ES_MALFORMED;
	}
	return status;
}

static es_status read_sources(struct policy_bss_map *map, const cJSON *from, struct row *row, struct es_buf *error)
{
	const cJSON *one;

	if (!cJSON_IsArray(from))
		return read_source(map, from, row, error);
	cJSON_ArrayForEach(one, from) ES_TRY(read_source(map, one, row, error));
	return ES_OK;
}

static bool add_at(cJSON *object, const struct row *row, cJSON *value)
{
	cJSON *group = row->group[0] == '\0' ? object : cJSON_GetObjectItemCaseSensitive(object, row->group);

	if (group == NULL)
		group = cJSON_AddObjectToObject(object, row->group);
	if (value == NULL || group == NULL || !cJSON_AddItemToObject(group, row->member, value)) {
		cJSON_Delete(value);
		return false;
	}
	return true;
}

/* Names of a set are a list, also when there is one alone. Takes `value`; NULL: out of memory. */
static cJSON *as_member(const struct row *row, cJSON *value)
{
	if (value == NULL || row->field->kind != FLAGS || cJSON_IsArray(value) || cJSON_IsNull(value))
		return value;
	cJSON *list = cJSON_CreateArray();
	if (list != NULL && cJSON_AddItemToArray(list, value))
		return list;
	cJSON_Delete(list);
	cJSON_Delete(value);
	return NULL;
}

/* A word of a table as a line would get it: what a subscriber cannot have is found now. */
static es_status check_word(const struct row *row, const cJSON *word, struct es_buf *error)
{
	ES_CLEANUP(es_json_done) cJSON *patch = cJSON_CreateObject();
	cJSON *copy = as_member(row, cJSON_Duplicate(word, true));
	struct policy_fault fault = { "", "" };
	struct policy_subscriber line;

	struct es_arena *scratch = es_arena_new(0, SCRATCH_BYTES);
	es_status status = ES_TOO_LARGE;
	if (patch != NULL && add_at(patch, row, copy) && scratch != NULL) {
		policy_resource_defaults(&policy_subscriber_shape, &line);
		line.imsi = "001010000000000";
		line.plan = "any";
		status = policy_resource_read(&policy_subscriber_shape, patch, scratch, &line, &fault);
		if (status == ES_MALFORMED)
			es_put_printf(error, "%s: a word of its table %s", row->target, fault.error);
	}
	es_arena_free(scratch);
	return status;
}

static es_status check_words(const struct row *row, struct es_buf *error)
{
	const cJSON *word;

	if (row->values != NULL && !cJSON_IsObject(row->values))
		return refuse(error, row->target, "\"values\" must be an object");
	cJSON_ArrayForEach(word, row->values) ES_TRY(check_word(row, word, error));
	return row->fallback != NULL ? check_word(row, row->fallback, error) : ES_OK;
}

static es_status read_row_members(struct policy_bss_map *map, const cJSON *json, struct row *row, struct es_buf *error)
{
	const cJSON *value;

	cJSON_ArrayForEach(value, json)
	{
		if (strcmp(value->string, "from") == 0)
			ES_TRY(read_sources(map, value, row, error));
		else if (strcmp(value->string, "values") == 0)
			row->values = value;
		else if (strcmp(value->string, "default") == 0)
			row->fallback = value;
		else if (strcmp(value->string, "required") == 0 && cJSON_IsBool(value))
			row->is_required = cJSON_IsTrue(value);
		else
			return refuse(error, row->target,
			              "may have \"from\", \"values\", \"default\" and \"required\" (true or false)");
	}
	return row->from_count > 0 ? check_words(row, error) : refuse(error, row->target, "needs \"from\"");
}

static es_status read_row(struct policy_bss_map *map, const cJSON *json, struct es_buf *error)
{
	struct row row = { .from_count = 0 };
	size_t at = 0;

	ES_TRY(find_target(json->string, &row, error));
	if (!cJSON_IsObject(json))
		return refuse(error, row.target, "must be an object with \"from\"");
	ES_TRY(read_row_members(map, json, &row, error));
	while (at < map->count && strcmp(map->rows[at].target, row.target) != 0)
		at++;
	if (at == ROWS_MAX)
		return refuse(error, row.target, "is one member too many");
	map->rows[at] = row; /* in the place of the base's */
	map->count += at == map->count;
	return ES_OK;
}

static es_status read_rows(struct policy_bss_map *map, const cJSON *members, struct es_buf *error)
{
	const cJSON *json;

	if (!cJSON_IsObject(members))
		return refuse(error, "members", "must be an object");
	cJSON_ArrayForEach(json, members) ES_TRY(read_row(map, json, error));
	return ES_OK;
}

static es_status read_root(struct policy_bss_map *map, const cJSON *root, struct es_buf *error)
{
	const char *why = "must be a path";

	if (!cJSON_IsString(root))
		return refuse(error, "root", why);
	es_status status = policy_bss_path_parse(es_slice_str(root->valuestring), map->arena, &map->root, &why);
	return status == ES_MALFORMED ? refuse(error, "root", why) : status;
}

static es_status read_document(struct policy_bss_map *map, const char *base, struct es_slice text, cJSON **json,
                               struct es_buf *error);

static es_status read_base(struct policy_bss_map *map, const cJSON *name, struct es_buf *error)
{
	const char *text = cJSON_IsString(name) ? policy_bss_map_document(name->valuestring) : NULL;

	if (text == NULL)
		return refuse(error, "base", "must be one of: subscriber, tmf637, tmf638");
	return read_document(map, NULL, es_slice_str(text), &map->documents[0], error);
}

static es_status read_document(struct policy_bss_map *map, const char *base, struct es_slice text, cJSON **json,
                               struct es_buf *error)
{
	const cJSON *value;

	if (es_json_parse(text, ES_JSON_SMALL, json) != ES_OK || !cJSON_IsObject(*json))
		return refuse(error, "", "must be one JSON object of at most 64 KiB, no member twice");
	const cJSON *named = base != NULL ? cJSON_GetObjectItemCaseSensitive(*json, base) : NULL;
	if (named != NULL)
		ES_TRY(read_base(map, named, error));
	cJSON_ArrayForEach(value, *json)
	{
		if (value == named)
			continue;
		if (strcmp(value->string, "root") == 0)
			ES_TRY(read_root(map, value, error));
		else if (strcmp(value->string, "members") == 0)
			ES_TRY(read_rows(map, value, error));
		else if (strcmp(value->string, "as_is") == 0 && cJSON_IsBool(value))
			map->is_as_it_is = cJSON_IsTrue(value);
		else
			return refuse(error, value->string, "is not known here: base, root, members, as_is (true or false)");
	}
	return ES_OK;
}

es_status policy_bss_map_parse(struct es_slice text, struct policy_bss_map **out, struct es_buf *error)
{
	struct policy_bss_map *map = calloc(1, sizeof *map);

	if (map == NULL || (map->arena = es_arena_new(0, ARENA_BYTES)) == NULL) {
		free(map);
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_status status = read_document(map, "base", text, &map->documents[1], error);
	if (status == ES_OK && map->count == 0 && !map->is_as_it_is)
		status = refuse(error, "members", "none is named: nothing would be taken from an answer");
	if (status != ES_OK) {
		policy_bss_map_free(map);
		return status;
	}
	*out = map;
	return ES_OK;
}

void policy_bss_map_free(struct policy_bss_map *map)
{
	if (map == NULL)
		return;
	cJSON_Delete(map->documents[0]);
	cJSON_Delete(map->documents[1]);
	es_arena_free(map->arena);
	free(map);
}

/* ---- applying ---- */

/* A scalar as text, without blanks around it; empty: it has none. */
static struct es_slice text_of(const cJSON *value, char room[32])
{
	struct es_buf buf;

	if (cJSON_IsString(value))
		return es_slice_trim(es_slice_str(value->valuestring));
	if (cJSON_IsBool(value))
		return es_slice_str(cJSON_IsTrue(value) ? "true" : "false");
	if (!cJSON_IsNumber(value) || !(value->valuedouble >= -9e15 && value->valuedouble <= 9e15))
		return (struct es_slice){ NULL, 0 };
	es_buf_init_fixed(&buf, room, 32);
	es_put_printf(&buf, "%lld", (long long)value->valuedouble);
	return es_buf_slice(&buf);
}

/* What the table has for it; NULL: nothing. */
static const cJSON *word_for(const cJSON *values, struct es_slice text)
{
	const cJSON *word, *any = NULL;

	cJSON_ArrayForEach(word, values)
	{
		if (es_slice_eq(es_slice_trim(es_slice_str(word->string)), text))
			return word;
		if (strcmp(word->string, "*") == 0)
			any = word;
	}
	return any;
}

static cJSON *new_text(struct es_slice text, const char *before)
{
	ES_CLEANUP(es_buf_free) struct es_buf buf;

	es_buf_init(&buf, 65536);
	es_put_str(&buf, before);
	es_put_bytes(&buf, text);
	es_put_u8(&buf, 0);
	return es_buf_status(&buf) == ES_OK ? cJSON_CreateString((const char *)buf.ptr) : NULL;
}

/* A text in the form that its member has in our resource. */
static cJSON *converted(const struct row *row, const cJSON *value, struct es_slice text)
{
	int64_t number = 0;

	switch (row->field->kind) {
	case TEXT:
	case ENUM:
	case TIME:
		/* E.164 without the plus, as most systems keep it */
		return new_text(text, strcmp(row->target, "msisdn") == 0 && es_text_is_digits(text) ? "+" : "");
	case BOOL:
		if (es_slice_eq_str(text, "true") || es_slice_eq_str(text, "false"))
			return cJSON_CreateBool(text.ptr[0] == 't');
		break;
	case I64:
		if (es_parse_i64(text, -9000000000000000, 9000000000000000, &number) == ES_OK)
			return cJSON_CreateNumber((double)number);
		break;
	case FLAGS:
	case LIST: return new_text(text, "");
	case OBJECT:
	case U64:
	case PAIRS:
	case RAW:
	case OBJECTS: break;
	}
	return cJSON_Duplicate(value, true); /* as it is: reading it into a subscriber says what is wrong */
}

static es_status unknown_word(const struct row *row, struct es_slice text, struct es_buf *error)
{
	es_put_printf(error, "%s: \"" ES_SLICE_FMT "\" is not in its table of values", row->target,
	              ES_SLICE_ARG(es_slice_sub(text, 0, 64)));
	return ES_MALFORMED;
}

static es_status map_one(const struct row *row, const cJSON *value, cJSON **out, struct es_buf *error)
{
	char room[32];
	const struct es_slice text = text_of(value, room);

	if (row->values != NULL) {
		const cJSON *word = word_for(row->values, text);
		if (word == NULL)
			return unknown_word(row, text, error);
		*out = cJSON_Duplicate(word, true);
	} else if (text.ptr != NULL) {
		*out = converted(row, value, text);
	} else {
		*out = cJSON_Duplicate(value, true);
	}
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

/* A list element by element; what the table makes null of is left out. */
static es_status map_list(const struct row *row, const cJSON *list, cJSON **out, struct es_buf *error)
{
	ES_CLEANUP(es_json_done) cJSON *mapped = cJSON_CreateArray();
	const cJSON *element;

	cJSON_ArrayForEach(element, list)
	{
		cJSON *one = NULL;
		ES_TRY(map_one(row, element, &one, error));
		if (cJSON_IsNull(one)) {
			cJSON_Delete(one);
		} else if (mapped == NULL || !cJSON_AddItemToArray(mapped, one)) {
			cJSON_Delete(one);
			return ES_TOO_LARGE;
		}
	}
	*out = ES_TAKE(mapped);
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

static const cJSON *source_of(const struct row *row, const cJSON *object)
{
	for (size_t i = 0; i < row->from_count; i++) {
		const cJSON *value = policy_bss_path_find(&row->from[i], object);
		if (value != NULL && !cJSON_IsNull(value))
			return value;
	}
	return NULL;
}

static es_status apply_row(const struct row *row, const cJSON *object, bool is_part, cJSON *patch, struct es_buf *error)
{
	const cJSON *value = source_of(row, object);
	cJSON *mapped = NULL;

	if (value == NULL) {
		if (is_part || (row->fallback == NULL && !row->is_required))
			return ES_OK; /* says nothing of it: what the line has stays */
		if (row->fallback == NULL)
			return refuse(error, row->target, "is missing in the answer");
		mapped = cJSON_Duplicate(row->fallback, true);
	} else {
		ES_TRY(cJSON_IsArray(value) && row->field->kind != OBJECTS ? map_list(row, value, &mapped, error)
		                                                           : map_one(row, value, &mapped, error));
	}
	mapped = as_member(row, mapped);
	cJSON *group = row->group[0] != '\0' ? cJSON_GetObjectItemCaseSensitive(patch, row->group) : patch;
	if (group != NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(group, row->member); /* of an answer that is taken as it is */
	return add_at(patch, row, mapped) ? ES_OK : ES_TOO_LARGE;
}

es_status policy_bss_map_apply(const struct policy_bss_map *map, const cJSON *answer, bool is_part,
                               enum policy_bss_found *found, cJSON **patch, struct es_buf *error)
{
	const cJSON *object = policy_bss_path_find(&map->root, answer);
	const bool is_empty = object == NULL || cJSON_IsNull(object) || (cJSON_IsArray(object) && object->child == NULL);

	*patch = NULL;
	*found = is_empty ? POLICY_BSS_NOBODY : POLICY_BSS_FOUND;
	if (is_empty)
		return ES_OK;
	if (!cJSON_IsObject(object) && !cJSON_IsArray(object))
		return refuse(error, "root", "is no object");
	if (map->is_as_it_is && !cJSON_IsObject(object))
		return refuse(error, "root", "is no object");
	ES_CLEANUP(es_json_done) cJSON *made = map->is_as_it_is ? cJSON_Duplicate(object, true) : cJSON_CreateObject();
	if (made == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < map->count; i++)
		ES_TRY(apply_row(&map->rows[i], object, is_part, made, error));
	*patch = ES_TAKE(made);
	return ES_OK;
}
