/* policy_resource_read.c -- JSON into a resource, strictly, by its table. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_overlay.h"
#include "policy_shape.h"

#define LIST_MAX 256
#define PAIRS_MAX 64
#define PAIR_NUMBER_MAX INT64_C(1000000000000000) /* 15 digits: what JSON libraries write without rounding */
#define OBJECTS_MAX 32                            /* es_json's bound on values holds whole documents of them */

struct reading {
	struct es_arena *arena;
	struct policy_fault *fault;
	const char *prefix; /* "vowifi." inside that object */
	uint8_t *into;
	const uint8_t *defaults;
};

static size_t kind_size(enum kind kind)
{
	static const size_t sizes[] = { [TEXT] = sizeof(const char *),
		                            [ENUM] = sizeof(uint8_t),
		                            [BOOL] = sizeof(bool),
		                            [I64] = sizeof(int64_t),
		                            [TIME] = sizeof(int64_t),
		                            [FLAGS] = sizeof(uint32_t),
		                            [LIST] = sizeof(struct policy_list),
		                            [OBJECT] = 0,
		                            [OBJECTS] = sizeof(struct policy_objects),
		                            [U64] = sizeof(uint64_t),
		                            [PAIRS] = sizeof(struct policy_pairs),
		                            [RAW] = sizeof(const cJSON *) };
	return sizes[kind];
}

static es_status refuse(const struct reading *r, const char *name, const char *error)
{
	const char *path = es_arena_printf(r->arena, "%s%.64s", r->prefix, name);
	*r->fault = (struct policy_fault){ path != NULL ? path : "", error };
	return ES_MALFORMED;
}

static es_status read_text(const struct reading *r, const struct field *f, const cJSON *value, const char **out)
{
	if (!cJSON_IsString(value))
		return refuse(r, f->name, "must be a string");
	struct es_slice text = es_slice_str(value->valuestring);
	if (!f->is_valid(text))
		return refuse(r, f->name, f->expected);
	char *copy = es_arena_strdup(r->arena, text);
	if (copy == NULL)
		return ES_TOO_LARGE;
	*out = copy;
	return ES_OK;
}

static es_status read_list(const struct reading *r, const struct field *f, const cJSON *value, struct policy_list *out)
{
	if (!cJSON_IsArray(value))
		return refuse(r, f->name, "must be an array of strings");
	size_t count = (size_t)cJSON_GetArraySize(value), i = 0;
	if (count > LIST_MAX)
		return refuse(r, f->name, "has more than 256 elements");
	const char **items = es_arena_array(r->arena, count, sizeof *items);
	if (items == NULL)
		return ES_TOO_LARGE;
	const cJSON *element;
	cJSON_ArrayForEach(element, value) ES_TRY(read_text(r, f, element, &items[i++]));
	*out = (struct policy_list){ items, count };
	return ES_OK;
}

static es_status read_flags(const struct reading *r, const struct field *f, const cJSON *value, uint32_t *out)
{
	uint32_t flags = 0;
	const cJSON *element;
	if (!cJSON_IsArray(value))
		return refuse(r, f->name, "must be an array of names");
	cJSON_ArrayForEach(element, value)
	{
		int bit = cJSON_IsString(element) ? policy_name_value(f->names, element->valuestring) : -1;
		if (bit < 0)
			return refuse(r, f->name, "has an unknown name");
		flags |= UINT32_C(1) << (unsigned)bit;
	}
	*out = flags;
	return ES_OK;
}

static es_status read_enum(const struct reading *r, const struct field *f, const cJSON *value, uint8_t *out)
{
	int number = cJSON_IsString(value) ? policy_name_value(f->names, value->valuestring) : -1;
	if (number < 0) {
		char known[160];
		struct es_buf text;
		es_buf_init_fixed(&text, known, sizeof known);
		for (size_t i = 0; f->names[i] != NULL; i++)
			if (f->names[i][0] != '\0')
				es_put_printf(&text, "%s%s", text.len > 0 ? ", " : "", f->names[i]);
		const char *error = es_arena_printf(r->arena, "must be one of: %.*s", (int)text.len, known);
		return refuse(r, f->name, error != NULL ? error : "is unknown");
	}
	*out = (uint8_t)number;
	return ES_OK;
}

static es_status read_number(const struct reading *r, const struct field *f, const cJSON *value, int64_t *out)
{
	/* The bounds of every member are far inside what a double holds exactly. */
	double number = cJSON_IsNumber(value) ? value->valuedouble : -1.0;
	if (!(number >= (double)f->min && number <= (double)f->max) || (double)(int64_t)number < number) {
		const char *error =
			es_arena_printf(r->arena, "must be a whole number from %lld to %lld", (long long)f->min, (long long)f->max);
		return refuse(r, f->name, error != NULL ? error : "is out of range");
	}
	*out = (int64_t)number;
	return ES_OK;
}

static es_status read_time(const struct reading *r, const struct field *f, const cJSON *value, int64_t *out)
{
	if (!cJSON_IsString(value) || policy_time_parse(es_slice_str(value->valuestring), out) != ES_OK)
		return refuse(r, f->name, "must be a time: YYYY-MM-DDThh:mm:ss and Z or an offset");
	return ES_OK;
}

static es_status read_objects(const struct reading *r, const struct field *f, const cJSON *value,
                              struct policy_objects *out);

static bool is_pair_name(const char *name)
{
	return policy_is_word(es_slice_str(name));
}

static es_status read_pair(const struct reading *r, const struct field *f, const cJSON *value, struct policy_pair *out)
{
	if (!is_pair_name(value->string))
		return refuse(r, f->name, "has a name that is not 1 to 31 of a-z, 0-9, _ and -");
	*out = (struct policy_pair){ .name = es_arena_strdup(r->arena, es_slice_str(value->string)), .text = "" };
	if (cJSON_IsString(value) && policy_is_label(es_slice_str(value->valuestring))) {
		out->text = es_arena_strdup(r->arena, es_slice_str(value->valuestring));
	} else if (cJSON_IsBool(value)) {
		out->kind = POLICY_PAIR_BOOL;
		out->number = cJSON_IsTrue(value);
	} else {
		const struct field number = { .name = value->string, .min = -PAIR_NUMBER_MAX, .max = PAIR_NUMBER_MAX };
		out->kind = POLICY_PAIR_NUMBER;
		if (!cJSON_IsNumber(value))
			return refuse(r, f->name, "has a value that is no text of at most 128 octets, number, true or false");
		ES_TRY(read_number(r, &number, value, &out->number));
	}
	return out->name != NULL && out->text != NULL ? ES_OK : ES_TOO_LARGE;
}

static size_t pair_place(const struct policy_pair *items, size_t count, const char *name)
{
	size_t i = 0;
	while (i < count && strcmp(items[i].name, name) < 0)
		i++;
	return i;
}

/* Names that are not mentioned keep what they stand for, as members of objects do; null takes one away. */
static es_status read_pairs(const struct reading *r, const struct field *f, const cJSON *object,
                            struct policy_pairs *out)
{
	struct policy_pair *items = es_arena_array(r->arena, PAIRS_MAX + 1, sizeof *items);
	size_t count = out->count;
	const cJSON *value;

	if (!cJSON_IsObject(object))
		return refuse(r, f->name, "must be an object");
	if (items == NULL)
		return ES_TOO_LARGE;
	if (count > 0)
		memcpy(items, out->items, count * sizeof *items);
	cJSON_ArrayForEach(value, object)
	{
		size_t at = pair_place(items, count, value->string);
		bool is_there = at < count && strcmp(items[at].name, value->string) == 0;
		if (is_there)
			memmove(&items[at], &items[at + 1], (--count - at) * sizeof *items);
		if (cJSON_IsNull(value))
			continue;
		if (count == PAIRS_MAX)
			return refuse(r, f->name, "has more than 64 names");
		memmove(&items[at + 1], &items[at], (count++ - at) * sizeof *items);
		ES_TRY(read_pair(r, f, value, &items[at]));
	}
	*out = (struct policy_pairs){ items, count };
	return ES_OK;
}

static es_status read_scalar(const struct reading *r, const struct field *f, const cJSON *value)
{
	void *at = r->into + f->offset;
	switch (f->kind) {
	case TEXT: return read_text(r, f, value, (const char **)at);
	case LIST: return read_list(r, f, value, at);
	case OBJECTS: return read_objects(r, f, value, at);
	case PAIRS: return read_pairs(r, f, value, at);
	case RAW: *(const cJSON **)at = value; return ES_OK; /* for its own reader, while the tree lives */
	case FLAGS: return read_flags(r, f, value, at);
	case ENUM: return read_enum(r, f, value, at);
	case I64: return read_number(r, f, value, at);
	case TIME: return read_time(r, f, value, at);
	case BOOL:
		if (!cJSON_IsBool(value))
			return refuse(r, f->name, "must be true or false");
		*(bool *)at = cJSON_IsTrue(value);
		return ES_OK;
	case U64:
	case OBJECT: break;
	}
	return ES_INTERNAL;
}

/* null, or a whole object that is null: back to the default. */
static void reset(const struct reading *r, const struct field *f)
{
	if (f->kind != OBJECT) {
		memcpy(r->into + f->offset, r->defaults + f->offset, kind_size(f->kind));
		return;
	}
	for (const struct field *member = f->members; member->name != NULL; member++)
		memcpy(r->into + member->offset, r->defaults + member->offset, kind_size(member->kind));
}

static const struct field *find(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static es_status read_object(const struct reading *r, const struct field *fields, const cJSON *object)
{
	const cJSON *value;
	cJSON_ArrayForEach(value, object)
	{
		const struct field *f = find(fields, value->string);
		if (f == NULL)
			return refuse(r, value->string, "is not known here");
		if ((f->flags & READ_ONLY) != 0)
			continue;
		if (cJSON_IsNull(value)) {
			reset(r, f);
			continue;
		}
		if (f->kind != OBJECT) {
			ES_TRY(read_scalar(r, f, value));
			continue;
		}
		if (!cJSON_IsObject(value))
			return refuse(r, f->name, "must be an object");
		struct reading inner = *r;
		inner.prefix = es_arena_printf(r->arena, "%s%s.", r->prefix, f->name);
		if (inner.prefix == NULL)
			return ES_TOO_LARGE;
		ES_TRY(read_object(&inner, f->members, value)); /* one level: members of members are scalars or arrays */
	}
	return ES_OK;
}

static es_status read_whole(const struct reading *r, const struct policy_shape *shape, const cJSON *object)
{
	ES_TRY(read_object(r, shape->fields, object));
	for (const struct field *f = shape->fields; f->name != NULL; f++) {
		if ((f->flags & REQUIRED) == 0)
			continue;
		const char *text;
		memcpy(&text, r->into + f->offset, sizeof text);
		if (text[0] == '\0')
			return refuse(r, f->name, "is required");
	}
	es_status status = shape->check != NULL ? shape->check(r->into, r->fault) : ES_OK;
	return status == ES_MALFORMED ? refuse(r, r->fault->field, r->fault->error) : status;
}

/* Each is whole by itself: what it does not say has its default. */
static es_status read_objects(const struct reading *r, const struct field *f, const cJSON *value,
                              struct policy_objects *out)
{
	const cJSON *element;
	size_t count = cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : SIZE_MAX, i = 0;

	if (count == SIZE_MAX)
		return refuse(r, f->name, "must be an array of objects");
	if (count > (f->max > 0 ? (size_t)f->max : OBJECTS_MAX))
		return refuse(r, f->name, "has too many elements");
	uint8_t *items = es_arena_array(r->arena, count, f->of->size);
	if (items == NULL)
		return ES_TOO_LARGE;
	cJSON_ArrayForEach(element, value)
	{
		struct reading inner = { .arena = r->arena, .fault = r->fault, .defaults = f->of->defaults };
		inner.prefix = es_arena_printf(r->arena, "%s%s[%zu].", r->prefix, f->name, i);
		inner.into = items + i++ * f->of->size;
		if (inner.prefix == NULL)
			return ES_TOO_LARGE;
		if (!cJSON_IsObject(element))
			return refuse(r, f->name, "must be an array of objects");
		policy_resource_defaults(f->of, inner.into);
		ES_TRY(read_whole(&inner, f->of, element));
	}
	*out = (struct policy_objects){ items, count };
	return ES_OK;
}

void policy_resource_defaults(const struct policy_shape *shape, void *into)
{
	memcpy(into, shape->defaults, shape->size);
}

es_status policy_resource_read(const struct policy_shape *shape, const cJSON *object, struct es_arena *arena,
                               void *into, struct policy_fault *fault)
{
	struct reading r = { arena, fault, "", into, shape->defaults };
	if (!cJSON_IsObject(object))
		return refuse(&r, "", "the body must be a JSON object");
	return read_whole(&r, shape, object);
}

/* ---- some members, to be laid over another resource ---- */

#define OVERLAY_MAX 64 /* more than any resource has members */

struct policy_overlay {
	struct {
		size_t offset, size;
	} members[OVERLAY_MAX];
	size_t count;
	const uint8_t *from;
};

static bool says_whose(const struct field *f)
{
	return (f->flags & (REQUIRED | READ_ONLY | NOT_HERE)) != 0;
}

static es_status note_members(const struct reading *r, const struct field *fields, const cJSON *object,
                              struct policy_overlay *out)
{
	const cJSON *value;

	cJSON_ArrayForEach(value, object)
	{
		const struct field *f = find(fields, value->string); /* it has been read, so it is there */
		if (f == NULL || says_whose(f))
			return refuse(r, value->string, "is not for an offer");
		if (f->kind == OBJECT && cJSON_IsObject(value)) {
			ES_TRY(note_members(r, f->members, value, out));
			continue;
		}
		if (f->kind == OBJECT || out->count == OVERLAY_MAX)
			return refuse(r, value->string, "must be an object");
		out->members[out->count].offset = f->offset;
		out->members[out->count++].size = kind_size(f->kind);
	}
	return ES_OK;
}

es_status policy_overlay_read(const struct policy_shape *shape, const cJSON *object, struct es_arena *arena,
                              const struct policy_overlay **out, struct policy_fault *fault)
{
	struct policy_overlay *overlay = es_arena_alloc(arena, sizeof *overlay);
	uint8_t *values = es_arena_alloc(arena, shape->size);
	const struct reading r = { arena, fault, "", values, shape->defaults };

	if (overlay == NULL || values == NULL)
		return ES_TOO_LARGE;
	if (!cJSON_IsObject(object))
		return refuse(&r, "", "must be an object");
	policy_resource_defaults(shape, values);
	ES_TRY(read_object(&r, shape->fields, object));
	overlay->from = values;
	ES_TRY(note_members(&r, shape->fields, object, overlay));
	*out = overlay;
	return ES_OK;
}

void policy_overlay_apply(const struct policy_overlay *overlay, void *resource)
{
	for (size_t i = 0; overlay != NULL && i < overlay->count; i++)
		memcpy((uint8_t *)resource + overlay->members[i].offset, overlay->from + overlay->members[i].offset,
		       overlay->members[i].size);
}
