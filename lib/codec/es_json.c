/* es_json.c -- JSON out: a small writer. JSON in: es_json_scan.c proves the text, cJSON builds the tree. */
#include "es_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_json_scan.h"
#include "es_utf8.h"

void es_json_done(cJSON **tree)
{
	cJSON_Delete(*tree);
	*tree = NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* RFC 8259 4: what a duplicate means differs between readers, so there is none here. Sorted, because a comparison of
 * each with each would be the peer's way to spend our time. */
static es_status check_names(const cJSON *object, const char **names)
{
	size_t count = 0;
	const cJSON *member;

	cJSON_ArrayForEach(member, object) names[count++] = member->string;
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return ES_MALFORMED;
	return ES_OK;
}

static es_status check_tree(const cJSON *node, const char **names)
{
	const cJSON *child;

	if (cJSON_IsObject(node))
		ES_TRY(check_names(node, names));
	if (cJSON_IsObject(node) || cJSON_IsArray(node))
		cJSON_ArrayForEach(child, node) ES_TRY(check_tree(child, names));
	return ES_OK;
}

static void names_done(const char ***names)
{
	free(*names);
}

es_status es_json_parse(struct es_slice text, struct es_json_limits limits, cJSON **out)
{
	size_t values = 0;
	ES_TRY(es_json_scan(text, limits, &values));

	ES_CLEANUP(es_json_done) cJSON *tree = cJSON_ParseWithLength((const char *)text.ptr, text.len);
	if (tree == NULL)
		return ES_MALFORMED;
	ES_CLEANUP(names_done) const char **names = calloc(values, sizeof *names);
	if (names == NULL)
		return ES_TOO_LARGE;
	ES_TRY(check_tree(tree, names));
	*out = ES_TAKE(tree);
	return ES_OK;
}

static const cJSON *member_of(const cJSON *object, const char *name)
{
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const char *es_json_str(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member_of(object, name));
}

bool es_json_i64(const cJSON *object, const char *name, int64_t *out)
{
	static const double exact = 9007199254740992.0; /* 2^53: beyond it a double is no integer of anybody's */
	const cJSON *member = member_of(object, name);

	if (!cJSON_IsNumber(member) || member->valuedouble < -exact || member->valuedouble > exact)
		return false;
	int64_t value = (int64_t)member->valuedouble;
	if ((double)value < member->valuedouble || (double)value > member->valuedouble)
		return false;
	*out = value;
	return true;
}

bool es_json_bool(const cJSON *object, const char *name, bool *out)
{
	const cJSON *member = member_of(object, name);

	if (!cJSON_IsBool(member))
		return false;
	*out = cJSON_IsTrue(member);
	return true;
}

/* What stands for the character inside a literal, NULL when it stands for itself. */
static const char *escape_of(uint32_t c)
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default: return NULL;
	}
}

void es_json_string(struct es_buf *buf, struct es_slice text)
{
	size_t written = 0; /* everything before it is out */

	es_put_u8(buf, '"');
	for (size_t at = 0; at < text.len;) {
		uint32_t c = 0;
		unsigned n = es_utf8_next(text, at, &c);
		const char *instead = n == 0 ? ES_UTF8_REPLACEMENT : escape_of(c);
		bool control = n == 1 && c < 0x20 && instead == NULL;
		n = n == 0 ? 1 : n;
		if (instead != NULL || control) {
			es_put_bytes(buf, es_slice_sub(text, written, at));
			written = at + n;
		}
		if (control)
			es_put_printf(buf, "\\u%04x", (unsigned)c);
		else if (instead != NULL)
			es_put_str(buf, instead);
		at += n;
	}
	es_put_bytes(buf, es_slice_sub(text, written, text.len));
	es_put_u8(buf, '"');
}

struct es_json_out es_json_to(struct es_buf *buf)
{
	return (struct es_json_out){ .buf = buf };
}

/* The comma before a value and, inside an object, its name. */
static void begin_value(struct es_json_out *j, const char *name)
{
	if (j->need_comma[j->depth])
		es_put_u8(j->buf, ',');
	j->need_comma[j->depth] = true;
	if (name != NULL) {
		es_json_string(j->buf, es_slice_str(name));
		es_put_u8(j->buf, ':');
	}
}

static void open_nested(struct es_json_out *j, const char *name, uint8_t bracket)
{
	begin_value(j, name);
	es_put_u8(j->buf, bracket);
	assert(j->depth + 1 < ES_COUNT(j->need_comma));
	j->need_comma[++j->depth] = false;
}

static void close_nested(struct es_json_out *j, uint8_t bracket)
{
	assert(j->depth > 0);
	j->depth--;
	es_put_u8(j->buf, bracket);
}

void es_json_object(struct es_json_out *j, const char *name)
{
	open_nested(j, name, '{');
}

void es_json_array(struct es_json_out *j, const char *name)
{
	open_nested(j, name, '[');
}

void es_json_end_object(struct es_json_out *j)
{
	close_nested(j, '}');
}

void es_json_end_array(struct es_json_out *j)
{
	close_nested(j, ']');
}

void es_json_put(struct es_json_out *j, const char *name, struct es_slice text)
{
	begin_value(j, name);
	es_json_string(j->buf, text);
}

void es_json_put_str(struct es_json_out *j, const char *name, const char *text)
{
	if (text == NULL)
		es_json_put_raw(j, name, ES_SLICE_LIT("null"));
	else
		es_json_put(j, name, es_slice_str(text));
}

void es_json_put_i64(struct es_json_out *j, const char *name, int64_t value)
{
	begin_value(j, name);
	es_put_printf(j->buf, "%" PRId64, value);
}

void es_json_put_bool(struct es_json_out *j, const char *name, bool value)
{
	es_json_put_raw(j, name, value ? ES_SLICE_LIT("true") : ES_SLICE_LIT("false"));
}

void es_json_put_raw(struct es_json_out *j, const char *name, struct es_slice json)
{
	begin_value(j, name);
	es_put_bytes(j->buf, json);
}
