/* policy_resource_write.c -- a resource as JSON, and what differs between two of them in words, by the table. */
#include <string.h>

#include "es_text.h"
#include "policy_shape.h"

static void write_flags(struct es_json_out *j, const struct field *f, uint32_t flags)
{
	es_json_array(j, f->name);
	for (unsigned i = 0; f->names[i] != NULL; i++)
		if ((flags >> i & 1) != 0)
			es_json_put_str(j, NULL, f->names[i]);
	es_json_end_array(j);
}

static void write_list(struct es_json_out *j, const struct field *f, const struct policy_list *list)
{
	es_json_array(j, f->name);
	for (size_t i = 0; i < list->count; i++)
		es_json_put_str(j, NULL, list->items[i]);
	es_json_end_array(j);
}

static void write_time(struct es_json_out *j, const struct field *f, int64_t ms)
{
	char text[21];
	if (ms == 0)
		return; /* never: absent, as AddrExpiry is (TS.43 3.1.3) */
	es_time_iso8601(ms, text);
	es_json_put_str(j, f->name, text);
}

static void write_fields(struct es_json_out *j, const struct field *fields, const uint8_t *from);

static void write_objects(struct es_json_out *j, const struct field *f, const struct policy_objects *objects)
{
	es_json_array(j, f->name);
	for (size_t i = 0; i < objects->count; i++) {
		es_json_object(j, NULL);
		write_fields(j, f->of->fields, (const uint8_t *)objects->items + i * f->of->size);
		es_json_end_object(j);
	}
	es_json_end_array(j);
}

static void write_pairs(struct es_json_out *j, const struct field *f, const struct policy_pairs *pairs)
{
	es_json_object(j, f->name);
	for (size_t i = 0; i < pairs->count; i++) {
		const struct policy_pair *pair = &pairs->items[i];
		if (pair->kind == POLICY_PAIR_TEXT)
			es_json_put_str(j, pair->name, pair->text);
		else if (pair->kind == POLICY_PAIR_BOOL)
			es_json_put_bool(j, pair->name, pair->number != 0);
		else
			es_json_put_i64(j, pair->name, pair->number);
	}
	es_json_end_object(j);
}

/* A negative one is the default of what may be absent. */
static void write_number(struct es_json_out *j, const struct field *f, int64_t number)
{
	if (number >= 0)
		es_json_put_i64(j, f->name, number);
}

static void write_fields(struct es_json_out *j, const struct field *fields, const uint8_t *from)
{
	for (const struct field *f = fields; f->name != NULL; f++) {
		const void *at = from + f->offset;
		if ((f->flags & NOT_HERE) != 0)
			continue;
		switch (f->kind) {
		case TEXT: es_json_put_str(j, f->name, *(const char *const *)at); break;
		case ENUM: es_json_put_str(j, f->name, f->names[*(const uint8_t *)at]); break;
		case BOOL: es_json_put_bool(j, f->name, *(const bool *)at); break;
		case I64: write_number(j, f, *(const int64_t *)at); break;
		case U64: es_json_put_i64(j, f->name, (int64_t) * (const uint64_t *)at); break;
		case TIME: write_time(j, f, *(const int64_t *)at); break;
		case FLAGS: write_flags(j, f, *(const uint32_t *)at); break;
		case LIST: write_list(j, f, at); break;
		case OBJECTS: write_objects(j, f, at); break;
		case PAIRS: write_pairs(j, f, at); break;
		case RAW: break;
		case OBJECT:
			es_json_object(j, f->name);
			write_fields(j, f->members, from);
			es_json_end_object(j);
			break;
		}
	}
}

void policy_resource_write(const struct policy_shape *shape, const void *from, struct es_json_out *j)
{
	write_fields(j, shape->fields, from);
}

/* ---- what differs ---- */

static bool lists_differ(const struct policy_list *a, const struct policy_list *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return true;
	return false;
}

static bool fields_differ(const struct field *fields, const uint8_t *a, const uint8_t *b);

static bool objects_differ(const struct policy_shape *of, const struct policy_objects *a,
                           const struct policy_objects *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (fields_differ(of->fields, (const uint8_t *)a->items + i * of->size,
		                  (const uint8_t *)b->items + i * of->size))
			return true;
	return false;
}

static bool pairs_differ(const struct policy_pairs *a, const struct policy_pairs *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++) {
		const struct policy_pair *x = &a->items[i], *y = &b->items[i];
		if (strcmp(x->name, y->name) != 0 || x->kind != y->kind || x->number != y->number ||
		    strcmp(x->text, y->text) != 0)
			return true;
	}
	return false;
}

static bool differs(const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case TEXT: return strcmp(*(const char *const *)a, *(const char *const *)b) != 0;
	case LIST: return lists_differ(a, b);
	case OBJECTS: return objects_differ(f->of, a, b);
	case PAIRS: return pairs_differ(a, b);
	case ENUM: return *(const uint8_t *)a != *(const uint8_t *)b;
	case BOOL: return *(const bool *)a != *(const bool *)b;
	case FLAGS: return *(const uint32_t *)a != *(const uint32_t *)b;
	case I64:
	case TIME: return *(const int64_t *)a != *(const int64_t *)b;
	case U64:
	case RAW:
	case OBJECT: break;
	}
	return false;
}

static bool fields_differ(const struct field *fields, const uint8_t *a, const uint8_t *b)
{
	for (const struct field *f = fields; f->name != NULL; f++) {
		if ((f->flags & READ_ONLY) != 0)
			continue;
		if (f->kind == OBJECT ? fields_differ(f->members, a, b) : differs(f, a + f->offset, b + f->offset))
			return true;
	}
	return false;
}

bool policy_resource_differs(const struct policy_shape *shape, const void *a, const void *b)
{
	return fields_differ(shape->fields, a, b);
}

static void put_flags(struct es_buf *out, const struct field *f, uint32_t flags)
{
	size_t start = out->len;
	for (unsigned i = 0; f->names[i] != NULL; i++)
		if ((flags >> i & 1) != 0)
			es_put_printf(out, "%s%s", out->len > start ? "," : "", f->names[i]);
	if (out->len == start)
		es_put_str(out, "none");
}

static void put_value(struct es_buf *out, const struct field *f, const void *at)
{
	char time[21];

	switch (f->kind) {
	case TEXT: es_put_printf(out, "\"%s\"", *(const char *const *)at); break;
	case ENUM: es_put_str(out, f->names[*(const uint8_t *)at]); break;
	case BOOL: es_put_str(out, *(const bool *)at ? "true" : "false"); break;
	case I64:
		if (*(const int64_t *)at < 0)
			es_put_str(out, "none");
		else
			es_put_printf(out, "%lld", (long long)*(const int64_t *)at);
		break;
	case FLAGS: put_flags(out, f, *(const uint32_t *)at); break;
	case TIME:
		es_time_iso8601(*(const int64_t *)at, time);
		es_put_str(out, *(const int64_t *)at == 0 ? "never" : time);
		break;
	case LIST: es_put_printf(out, "%zu of them", ((const struct policy_list *)at)->count); break;
	case U64:
	case OBJECTS:
	case PAIRS:
	case RAW:
	case OBJECT: break;
	}
}

static void diff_fields(const struct field *fields, const char *prefix, const uint8_t *before, const uint8_t *after,
                        struct es_buf *out)
{
	for (const struct field *f = fields; f->name != NULL; f++) {
		if (f->kind == OBJECT) {
			char inner[64];
			struct es_buf text;
			es_buf_init_fixed(&text, inner, sizeof inner);
			es_put_printf(&text, "%s.", f->name);
			es_put_u8(&text, '\0');
			diff_fields(f->members, inner, before, after, out);
			continue;
		}
		if ((f->flags & READ_ONLY) != 0 || !differs(f, before + f->offset, after + f->offset))
			continue;
		es_put_printf(out, "%s%s%s: ", out->len > 0 ? "; " : "", prefix, f->name);
		if ((f->flags & PRIVATE) != 0 || f->kind == OBJECTS || f->kind == PAIRS) {
			es_put_str(out, "changed");
			continue;
		}
		put_value(out, f, before + f->offset);
		es_put_str(out, " -> ");
		put_value(out, f, after + f->offset);
	}
}

void policy_resource_diff(const struct policy_shape *shape, const void *before, const void *after, struct es_buf *out)
{
	diff_fields(shape->fields, "", before, after, out);
}
