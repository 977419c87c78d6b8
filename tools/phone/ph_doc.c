/* ph_doc.c -- XML by hand, since it is three elements; JSON through cJSON. */
#include "ph_doc.h"

#include <stdio.h>
#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

enum { DEPTH_MAX = 16 };

/* ---- XML ---- */

enum element { E_ROOT, E_CHARACTERISTIC, E_PARM };

struct xml {
	struct es_slice rest;
	struct es_arena *arena;
	ph_doc_visit *visit;
	void *user;
	enum element open[DEPTH_MAX + 2];
	unsigned count; /* of open elements, the root included */
	bool had_root;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct xml *x, size_t n)
{
	x->rest = es_slice_sub(x->rest, n, x->rest.len);
}

static void skip_blanks(struct xml *x)
{
	size_t n = 0;
	while (n < x->rest.len && is_blank(x->rest.ptr[n]))
		n++;
	skip(x, n);
}

static bool take(struct xml *x, const char *text)
{
	struct es_slice t = es_slice_str(text);
	if (!es_slice_starts_with(x->rest, t))
		return false;
	skip(x, t.len);
	return true;
}

/* Past the next occurrence of `end`. */
static bool skip_past(struct xml *x, const char *end)
{
	for (; x->rest.len > 0; skip(x, 1))
		if (take(x, end))
			return true;
	return false;
}

static struct es_slice take_name(struct xml *x)
{
	size_t n = 0;
	while (n < x->rest.len && !is_blank(x->rest.ptr[n]) && memchr("=/><\"'", x->rest.ptr[n], 6) == NULL)
		n++;
	struct es_slice name = es_slice_sub(x->rest, 0, n);
	skip(x, n);
	return name;
}

static void put_utf8(struct es_buf *out, uint32_t c)
{
	if (c < 0x80) {
		es_put_u8(out, (uint8_t)c);
	} else if (c < 0x800) {
		es_put_u8(out, (uint8_t)(0xc0 | c >> 6));
		es_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		es_put_u8(out, (uint8_t)(0xe0 | c >> 12));
		es_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		es_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
	} else {
		es_put_u8(out, (uint8_t)(0xf0 | c >> 18));
		es_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		es_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		es_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
	}
}

static bool put_reference(struct es_buf *out, struct es_slice name)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };
	uint32_t c = 0;

	for (size_t i = 0; i < ES_COUNT(entities); i++)
		if (es_slice_eq_str(name, entities[i].name)) {
			es_put_u8(out, (uint8_t)entities[i].c);
			return true;
		}
	if (es_parse_u32(es_slice_sub(name, 1, name.len), 1, 0x10ffff, &c) != ES_OK || name.ptr[0] != '#')
		return false;
	put_utf8(out, c);
	return true;
}

es_status ph_doc_unescape(struct es_slice raw, struct es_arena *arena, struct es_slice *out)
{
	ES_CLEANUP(es_buf_free) struct es_buf text = { 0 };

	if (es_slice_find(raw, '&') == raw.len) {
		*out = raw;
		return ES_OK;
	}
	es_buf_init(&text, raw.len);
	for (struct es_slice rest = raw; rest.ptr != NULL;) {
		es_put_bytes(&text, es_slice_cut(&rest, '&'));
		if (rest.ptr == NULL)
			break;
		if (es_slice_find(rest, ';') == rest.len || !put_reference(&text, es_slice_cut(&rest, ';')))
			return ES_MALFORMED;
	}
	ES_TRY(es_buf_status(&text));
	*out = es_arena_copy(arena, es_buf_slice(&text));
	return out->ptr == NULL && text.len > 0 ? ES_TOO_LARGE : ES_OK;
}

struct attributes {
	struct es_slice type, name, value;
};

/* Up to '>' or '/>'; `*empty` says which. */
static es_status take_attributes(struct xml *x, struct attributes *out, bool *empty)
{
	for (;;) {
		skip_blanks(x);
		*empty = take(x, "/>");
		if (*empty || take(x, ">"))
			return ES_OK;
		struct es_slice key = take_name(x), value;
		if (key.len == 0 || !take(x, "=") || x->rest.len == 0)
			return ES_MALFORMED;
		uint8_t quote = x->rest.ptr[0];
		skip(x, 1);
		size_t end = es_slice_find(x->rest, quote);
		if ((quote != '"' && quote != '\'') || end == x->rest.len)
			return ES_MALFORMED;
		ES_TRY(ph_doc_unescape(es_slice_sub(x->rest, 0, end), x->arena, &value));
		skip(x, end + 1);
		if (es_slice_eq_str(key, "type"))
			out->type = value;
		else if (es_slice_eq_str(key, "name"))
			out->name = value;
		else if (es_slice_eq_str(key, "value"))
			out->value = value;
	}
}

static es_status close_element(struct xml *x)
{
	if (x->count == 0)
		return ES_MALFORMED;
	x->count--;
	if (x->open[x->count] == E_CHARACTERISTIC)
		x->visit(x->user, PH_DOC_CLOSE, x->count - 1, (struct es_slice){ 0 }, (struct es_slice){ 0 });
	return ES_OK;
}

static es_status open_element(struct xml *x)
{
	static const char *const names[] = { "wap-provisioningdoc", "characteristic", "parm" };
	struct attributes a = { 0 };
	enum element kind = E_ROOT;
	bool empty = false;

	struct es_slice name = take_name(x);
	while (kind <= E_PARM && !es_slice_eq_str(name, names[kind]))
		kind++;
	if (kind > E_PARM || (kind == E_ROOT) == (x->count > 0) || (kind == E_ROOT && x->had_root))
		return ES_MALFORMED;
	if (x->count > 0 && x->open[x->count - 1] == E_PARM)
		return ES_MALFORMED;
	if (x->count >= ES_COUNT(x->open))
		return ES_TOO_LARGE;
	ES_TRY(take_attributes(x, &a, &empty));
	x->had_root = true;
	if (kind == E_CHARACTERISTIC)
		x->visit(x->user, PH_DOC_OPEN, x->count - 1, a.type, (struct es_slice){ 0 });
	else if (kind == E_PARM)
		x->visit(x->user, PH_DOC_PARM, x->count - 1, a.name, a.value);
	x->open[x->count++] = kind;
	return empty ? close_element(x) : ES_OK;
}

static es_status walk_xml(struct xml *x)
{
	static const char *const names[] = { "wap-provisioningdoc", "characteristic", "parm" };

	for (;;) {
		skip_blanks(x);
		if (x->rest.len == 0)
			return x->had_root && x->count == 0 ? ES_OK : ES_MALFORMED;
		if (take(x, "<?") || take(x, "<!--")) {
			bool comment = x->rest.ptr[-1] == '-';
			if (!skip_past(x, comment ? "-->" : "?>"))
				return ES_MALFORMED;
		} else if (take(x, "</")) {
			if (x->count == 0 || !es_slice_eq_str(take_name(x), names[x->open[x->count - 1]]))
				return ES_MALFORMED;
			skip_blanks(x);
			ES_TRY(take(x, ">") ? close_element(x) : ES_MALFORMED);
		} else {
			ES_TRY(take(x, "<") ? open_element(x) : ES_MALFORMED);
		}
	}
}

/* ---- JSON ---- */

struct json {
	ph_doc_visit *visit;
	void *user;
};

static void walk_json(const struct json *j, const cJSON *node, unsigned depth)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, node)
	{
		struct es_slice name = es_slice_str(child->string);
		char number[32];

		if (cJSON_IsString(child)) {
			j->visit(j->user, PH_DOC_PARM, depth, name, es_slice_str(child->valuestring));
		} else if (cJSON_IsNumber(child)) {
			(void)snprintf(number, sizeof number, "%.15g", child->valuedouble);
			j->visit(j->user, PH_DOC_PARM, depth, name, es_slice_str(number));
		} else if (cJSON_IsBool(child)) {
			j->visit(j->user, PH_DOC_PARM, depth, name, es_slice_str(cJSON_IsTrue(child) ? "true" : "false"));
		} else if (cJSON_IsObject(child) && child->string == NULL && cJSON_GetArraySize(child) == 1) {
			walk_json(j, child, depth); /* the wrapper of a list's element (TS.43 4.1.2) */
		} else if (cJSON_IsObject(child) || cJSON_IsArray(child)) {
			j->visit(j->user, PH_DOC_OPEN, depth, name, (struct es_slice){ 0 });
			walk_json(j, child, depth + 1);
			j->visit(j->user, PH_DOC_CLOSE, depth, (struct es_slice){ 0 }, (struct es_slice){ 0 });
		}
	}
}

es_status ph_doc_walk(struct es_slice body, bool is_json, struct es_arena *arena, ph_doc_visit *visit, void *user)
{
	if (!is_json) {
		struct xml x = { .rest = body, .arena = arena, .visit = visit, .user = user };
		return walk_xml(&x);
	}
	static const struct es_json_limits limits = { 1 << 20, DEPTH_MAX, 20000 };
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	ES_TRY(es_json_parse(body, limits, &tree));
	if (!cJSON_IsObject(tree))
		return ES_MALFORMED;
	const struct json j = { visit, user };
	walk_json(&j, tree, 0);
	return ES_OK;
}

/* ---- the token ---- */

struct token_finder {
	bool inside;
	struct es_arena *arena;
	struct es_slice token;
	int64_t validity_s;
};

static void find_token(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name, struct es_slice value)
{
	struct token_finder *f = user;

	if (event == PH_DOC_OPEN && depth == 0)
		f->inside = es_slice_eq_nocase(name, ES_SLICE_LIT("TOKEN"));
	if (event != PH_DOC_PARM || !f->inside || depth != 1)
		return;
	if (es_slice_eq_nocase(name, ES_SLICE_LIT("token")))
		f->token = es_arena_copy(f->arena, value);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("validity")) &&
	         es_parse_i64(value, 0, INT64_MAX, &f->validity_s) != ES_OK)
		f->validity_s = -1;
}

es_status ph_doc_token(struct es_slice body, bool is_json, struct es_arena *arena, struct es_slice *token,
                       int64_t *validity_s)
{
	struct token_finder f = { .arena = arena, .validity_s = -1 };

	ES_TRY(ph_doc_walk(body, is_json, arena, find_token, &f));
	if (f.token.len == 0)
		return ES_NOT_FOUND;
	*token = f.token;
	*validity_s = f.validity_s;
	return ES_OK;
}
