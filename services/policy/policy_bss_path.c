/* policy_bss_path.c -- reading and following a path. */
#include "policy_bss_path.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

struct parsing {
	struct es_slice rest;
	struct es_arena *arena;
	struct policy_bss_path *out;
	const char *why;
};

static es_status refuse(struct parsing *p, const char *why)
{
	p->why = why;
	return ES_MALFORMED;
}

static void pass(struct parsing *p, size_t octets)
{
	p->rest = es_slice_sub(p->rest, octets, p->rest.len);
}

static bool is_next(const struct parsing *p, char c)
{
	return p->rest.len > 0 && p->rest.ptr[0] == (uint8_t)c;
}

static es_status add(struct parsing *p, const struct policy_bss_step *step)
{
	if (p->out->count == POLICY_BSS_STEPS_MAX)
		return refuse(p, "has more than 16 steps");
	p->out->steps[p->out->count++] = *step;
	return ES_OK;
}

static es_status keep(struct parsing *p, struct es_slice text, const char **out)
{
	*out = es_arena_strdup(p->arena, text);
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

/* Up to the first octet of `ends`, which stays. */
static struct es_slice take_until(struct parsing *p, const char *ends)
{
	size_t len = 0;
	while (len < p->rest.len && strchr(ends, p->rest.ptr[len]) == NULL)
		len++;
	struct es_slice text = es_slice_sub(p->rest, 0, len);
	pass(p, len);
	return text;
}

/* "text" or what stands up to one of `ends`. */
static es_status take_text(struct parsing *p, const char *ends, const char **out)
{
	struct es_slice text;

	if (is_next(p, '"')) {
		pass(p, 1);
		text = take_until(p, "\"");
		if (!is_next(p, '"'))
			return refuse(p, "has a quotation mark that does not end");
		pass(p, 1);
	} else {
		text = take_until(p, ends);
	}
	return keep(p, text, out);
}

static es_status take_bracket(struct parsing *p)
{
	struct policy_bss_step step = { .kind = POLICY_BSS_MEMBER };
	const bool is_quoted = (pass(p, 1), is_next(p, '"'));

	ES_TRY(take_text(p, "=]", &step.name));
	if (is_next(p, '=')) {
		step.kind = POLICY_BSS_SELECT;
		pass(p, 1);
		ES_TRY(take_text(p, "]", &step.value));
	} else if (!is_quoted) {
		step.kind = POLICY_BSS_INDEX;
		if (es_parse_u32(es_slice_str(step.name), 0, 9999, &step.index) != ES_OK)
			return refuse(p, "needs [n], [name=value] or [\"name\"] in brackets");
	}
	if (!is_next(p, ']'))
		return refuse(p, "has a bracket that does not end");
	pass(p, 1);
	return step.name[0] == '\0' ? refuse(p, "has a step without a name") : add(p, &step);
}

static es_status take_name(struct parsing *p)
{
	struct policy_bss_step step = { .kind = POLICY_BSS_MEMBER };

	if (is_next(p, '.') && p->out->count > 0)
		pass(p, 1);
	struct es_slice name = take_until(p, ".[]=\"");
	if (name.len == 0)
		return refuse(p, "has a step without a name");
	if (p->rest.len > 0 && !is_next(p, '.') && !is_next(p, '['))
		return refuse(p, "has ']', '=' or '\"' outside of brackets");
	ES_TRY(keep(p, name, &step.name));
	return add(p, &step);
}

es_status policy_bss_path_parse(struct es_slice text, struct es_arena *arena, struct policy_bss_path *out,
                                const char **why)
{
	struct parsing p = { .rest = text, .arena = arena, .out = out, .why = "" };
	es_status status = ES_OK;

	*out = (struct policy_bss_path){ .count = 0 };
	if (text.len > POLICY_BSS_PATH_MAX || !es_text_is_clean_utf8(text))
		status = refuse(&p, "must be UTF-8 text of at most 512 octets");
	while (status == ES_OK && p.rest.len > 0)
		status = is_next(&p, '[') ? take_bracket(&p) : take_name(&p);
	*why = p.why;
	return status;
}

/* ---- following ---- */

static bool is_that(const cJSON *object, const struct policy_bss_step *step)
{
	const char *text = es_json_str(object, step->name);
	return text != NULL && es_slice_eq_str(es_slice_trim(es_slice_str(text)), step->value);
}

static const cJSON *selected(const cJSON *from, const struct policy_bss_step *step)
{
	const cJSON *element;

	if (cJSON_IsObject(from))
		return is_that(from, step) ? from : NULL;
	if (!cJSON_IsArray(from))
		return NULL;
	cJSON_ArrayForEach(element, from) if (cJSON_IsObject(element) && is_that(element, step)) return element;
	return NULL;
}

static const cJSON *indexed(const cJSON *from, const struct policy_bss_step *step)
{
	if (cJSON_IsObject(from))
		return step->index == 0 ? from : NULL;
	return cJSON_IsArray(from) ? cJSON_GetArrayItem(from, (int)step->index) : NULL;
}

const cJSON *policy_bss_path_find(const struct policy_bss_path *path, const cJSON *from)
{
	for (size_t i = 0; from != NULL && i < path->count; i++) {
		const struct policy_bss_step *step = &path->steps[i];
		if (step->kind == POLICY_BSS_SELECT)
			from = selected(from, step);
		else if (step->kind == POLICY_BSS_INDEX)
			from = indexed(from, step);
		else
			from = cJSON_IsObject(from) ? cJSON_GetObjectItemCaseSensitive(from, step->name) : NULL;
	}
	return from;
}
