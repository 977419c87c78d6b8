/* es_config_value.c -- one row per kind: what it is called, its largest number and its units. */
#include "es_config_value.h"

#include <inttypes.h>
#include <string.h>

#include "es_text.h"

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Largest first: the first that divides a number is the one it is printed with. */
static const struct unit durations[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	                                     { "s", 1000 },     { "ms", 1 },      { NULL, 0 } };
static const struct unit sizes[] = { { "g", 1 << 30 }, { "m", 1 << 20 }, { "k", 1 << 10 }, { "", 1 }, { NULL, 0 } };
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

static const struct kind {
	const char *name, *must_be;
	const struct unit *units; /* NULL: not a number */
	int64_t max;
} kinds[] = {
	[ES_CONF_STRING] = { "string", "must be UTF-8 text without control characters", NULL, 0 },
	[ES_CONF_SECRET] = { "secret", "must be UTF-8 text without control characters", NULL, 0 },
	[ES_CONF_U32] = { "number", "must be a whole number", plain, UINT32_MAX },
	[ES_CONF_BOOL] = { "boolean", "must be true or false", NULL, 0 },
	[ES_CONF_DURATION] = { "duration", "must be a duration such as 250ms, 30s, 5m, 12h or 7d", durations, INT64_MAX },
	[ES_CONF_SIZE] = { "size", "must be a size in octets such as 512, 16k or 1m", sizes, INT64_MAX },
};

const char *conf_kind_name(enum es_conf_kind kind)
{
	return kinds[kind].name;
}

static bool has_bounds(const struct es_conf_key *key)
{
	return kinds[key->kind].units != NULL && (key->min != 0 || key->max != 0);
}

/* Digits and a unit: "30s". A bare 0 needs none. */
static bool parse_number(const struct kind *kind, struct es_slice text, int64_t *out)
{
	size_t digits = 0;
	int64_t count;

	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
		digits++;
	struct es_slice suffix = es_slice_sub(text, digits, text.len);
	if (es_parse_i64(es_slice_sub(text, 0, digits), 0, INT64_MAX, &count) != ES_OK)
		return false;
	for (const struct unit *unit = kind->units; unit->suffix != NULL; unit++) {
		if (!es_slice_eq_nocase(suffix, es_slice_str(unit->suffix)))
			continue;
		int64_t v;
		if (__builtin_mul_overflow(count, unit->factor, &v) || v > kind->max)
			return false;
		*out = v;
		return true;
	}
	*out = 0;
	return count == 0 && suffix.len == 0;
}

static bool parse_bool(struct es_slice text, int64_t *out)
{
	static const char *const names[][2] = { { "false", "true" }, { "no", "yes" }, { "off", "on" }, { "0", "1" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		for (int v = 0; v < 2; v++) {
			if (es_slice_eq_nocase(text, es_slice_str(names[i][v]))) {
				*out = v;
				return true;
			}
		}
	}
	return false;
}

static bool parse(const struct es_conf_key *key, struct es_slice text, struct es_arena *arena, struct conf_value *out)
{
	switch (key->kind) {
	case ES_CONF_STRING:
	case ES_CONF_SECRET:
		if (!es_text_is_clean_utf8(text) || es_slice_find(text, '\n') < text.len)
			return false;
		out->text = es_arena_strdup(arena, text);
		return true;
	case ES_CONF_BOOL: return parse_bool(text, &out->number);
	case ES_CONF_U32:
	case ES_CONF_DURATION:
	case ES_CONF_SIZE: return parse_number(&kinds[key->kind], text, &out->number);
	}
	return false;
}

es_status conf_value_parse(const struct es_conf_key *key, struct es_slice text, struct es_arena *arena,
                           struct conf_value *out, struct es_buf *reason)
{
	bool is_text = key->kind == ES_CONF_STRING || key->kind == ES_CONF_SECRET;
	struct conf_value value = { .text = NULL };

	if (!parse(key, text, arena, &value)) {
		es_put_str(reason, kinds[key->kind].must_be);
		return ES_MALFORMED;
	}
	if (is_text && value.text == NULL) {
		es_put_str(reason, "does not fit into memory");
		return ES_TOO_LARGE;
	}
	if (is_text && text.len == 0 && key->fallback == NULL) {
		es_put_str(reason, "must not be empty");
		return ES_MALFORMED;
	}
	if (has_bounds(key) && (value.number < key->min || value.number > key->max)) {
		es_put_str(reason, "must be ");
		conf_bounds_print(key, reason);
		return ES_MALFORMED;
	}
	*out = value;
	return ES_OK;
}

/* A member's octets are copied: the kind says the type, and no pointer of a wrong type is ever made. */
void conf_value_store(const struct es_conf_key *key, const struct conf_value *value, void *into)
{
	uint8_t *member = (uint8_t *)into + key->offset;
	const uint32_t u32 = (uint32_t)value->number;
	const uint64_t u64 = (uint64_t)value->number;
	const bool flag = value->number != 0;

	switch (key->kind) {
	case ES_CONF_STRING:
	case ES_CONF_SECRET: memcpy(member, &value->text, sizeof value->text); break;
	case ES_CONF_U32: memcpy(member, &u32, sizeof u32); break;
	case ES_CONF_BOOL: memcpy(member, &flag, sizeof flag); break;
	case ES_CONF_DURATION: memcpy(member, &value->number, sizeof value->number); break;
	case ES_CONF_SIZE: memcpy(member, &u64, sizeof u64); break;
	}
}

struct conf_value conf_value_load(const struct es_conf_key *key, const void *from)
{
	const uint8_t *member = (const uint8_t *)from + key->offset;
	struct conf_value value = { .text = NULL };
	uint32_t u32;
	bool flag;

	switch (key->kind) {
	case ES_CONF_STRING:
	case ES_CONF_SECRET: memcpy(&value.text, member, sizeof value.text); break;
	case ES_CONF_U32:
		memcpy(&u32, member, sizeof u32);
		value.number = u32;
		break;
	case ES_CONF_BOOL:
		memcpy(&flag, member, sizeof flag);
		value.number = flag;
		break;
	case ES_CONF_DURATION:
	case ES_CONF_SIZE: memcpy(&value.number, member, sizeof value.number); break;
	}
	return value;
}

static void print_number(const struct kind *kind, int64_t v, struct es_buf *out)
{
	const struct unit *unit = kind->units;

	while (unit[1].suffix != NULL && (v == 0 || v % unit->factor != 0))
		unit++;
	es_put_printf(out, "%" PRId64 "%s", v / unit->factor, unit->suffix);
}

void conf_value_print(const struct es_conf_key *key, const struct conf_value *value, struct es_buf *out)
{
	switch (key->kind) {
	case ES_CONF_STRING: es_put_str(out, value->text); break;
	case ES_CONF_SECRET: es_put_str(out, value->text == NULL || *value->text == '\0' ? "" : "***"); break;
	case ES_CONF_BOOL: es_put_str(out, value->number != 0 ? "true" : "false"); break;
	case ES_CONF_U32:
	case ES_CONF_DURATION:
	case ES_CONF_SIZE: print_number(&kinds[key->kind], value->number, out); break;
	}
}

void conf_bounds_print(const struct es_conf_key *key, struct es_buf *out)
{
	if (!has_bounds(key))
		return;
	print_number(&kinds[key->kind], key->min, out);
	es_put_str(out, " to ");
	print_number(&kinds[key->kind], key->max, out);
}
