/* es_http_guard.c -- request smuggling hygiene: a request that a proxy in front might read otherwise is refused.
 *
 * libmicrohttpd 0.9.75 takes, and answers with 200: two Content-Lengths (the first wins), Transfer-Encoding together
 * with Content-Length, no or several Hosts, blanks before the colon, NUL inside a field (which hides the rest of the
 * line), folded lines, a bare LF as line end. Most of that is seen in the parsed fields. What the parser hides is
 * seen in their places: libmicrohttpd parses in place, so in a clean header every part begins exactly where the one
 * before it ended, and all parts together are exactly as long as the header was. RFC 9112 sections 2.2, 3, 5, 6. */
#include <string.h>

#include "es_http_int.h"
#include "es_text.h"

#define FIELDS_MAX 100

static const struct {
	unsigned status;
	const char *text;
} refusals[HTTP_REFUSE_COUNT] = {
#define HTTP_REFUSAL_ROW(name, label, code, sentence) { code, sentence },
	HTTP_REFUSAL_LIST(HTTP_REFUSAL_ROW)
#undef HTTP_REFUSAL_ROW
};

unsigned http_refusal_status(enum http_refusal why)
{
	return refusals[why].status;
}

const char *http_refusal_text(enum http_refusal why)
{
	return refusals[why].text;
}

/* ---- the layout of the header in memory ---- */

struct collector {
	struct es_http_request *r;
	const char *expected; /* where the next field must begin */
	bool is_clean;
};

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_size, const char *value,
                               size_t value_size)
{
	struct collector *c = cls;
	struct es_http_request *r = c->r;

	(void)kind;
	/* name ":" blanks value CR LF; only blanks can lie between colon and value, the parser skips nothing else. */
	if (key != c->expected || value == NULL || (uintptr_t)value < (uintptr_t)key + key_size + 1) {
		c->is_clean = false;
		return MHD_NO;
	}
	r->fields[r->field_count].name = es_slice_of(key, key_size);
	r->fields[r->field_count].value = es_slice_of(value, value_size);
	r->field_count++;
	c->expected = value + value_size + 2;
	return MHD_YES;
}

/* Replaces the slices into libmicrohttpd's memory by slices into a copy of ours, which lives as long as the request
 * even when the connection does not. */
static bool move_to_arena(struct es_http_request *r, const struct http_head *head)
{
	struct es_slice copy = es_arena_copy(r->arena, es_slice_of(head->method, head->size));
	const uint8_t *from = (const uint8_t *)head->method;

	if (copy.ptr == NULL)
		return false;
	r->method = es_slice_of(copy.ptr, strlen(head->method));
	for (size_t i = 0; i < r->field_count; i++) {
		struct http_field *field = &r->fields[i];

		field->name.ptr = copy.ptr + (field->name.ptr - from);
		field->value.ptr = copy.ptr + (field->value.ptr - from);
		field->value = es_slice_trim(field->value);
	}
	return true;
}

static enum http_refusal read_layout(struct es_http_request *r, const struct http_head *head)
{
	const char *after_target = head->method + strlen(head->method) + 1 + r->target.len + 1;
	struct collector c = { .r = r, .expected = head->version + strlen(head->version) + 2, .is_clean = true };

	if (r->raw_target != head->method + strlen(head->method) + 1 || head->version != after_target)
		return HTTP_REFUSE_LINE;
	int count = MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, NULL, NULL);

	if (count < 0 || count > FIELDS_MAX)
		return HTTP_REFUSE_HEADER;
	r->fields = es_arena_array(r->arena, (size_t)count, sizeof(*r->fields));
	if (r->fields == NULL)
		return HTTP_REFUSE_MEMORY;
	MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, collect, &c);
	if (!c.is_clean || c.expected + 2 != head->method + head->size)
		return HTTP_REFUSE_LAYOUT;
	return move_to_arena(r, head) ? HTTP_REFUSE_NONE : HTTP_REFUSE_MEMORY;
}

/* ---- fields ---- */

static bool is_token(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
			return false;
	}
	return text.len > 0;
}

static bool is_field_value(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.ptr[i] < ' ' && text.ptr[i] != '\t') || text.ptr[i] == 0x7f)
			return false;
	return true;
}

static bool is_name(struct es_slice name, const char *wanted)
{
	return es_slice_eq_nocase(name, es_slice_str(wanted));
}

/* How many fields of that name there are; the first value in *first. */
static size_t find_fields(const struct es_http_request *r, const char *name, struct es_slice *first)
{
	size_t count = 0;

	for (size_t i = 0; i < r->field_count; i++)
		if (is_name(r->fields[i].name, name) && count++ == 0)
			*first = r->fields[i].value;
	return count;
}

/* RFC 9112 6.1 to 6.3: the end of the body must be told in exactly one way that everybody reads alike. */
static enum http_refusal check_framing(const struct es_http_request *r, bool is_http_1_1)
{
	struct es_slice length = { 0 }, coding = { 0 };
	size_t lengths = find_fields(r, "Content-Length", &length);
	size_t codings = find_fields(r, "Transfer-Encoding", &coding);
	uint64_t octets = 0;

	if (codings > 0 && (codings > 1 || lengths > 0 || !is_http_1_1 || !is_name(coding, "chunked")))
		return HTTP_REFUSE_CODING;
	if (lengths > 1 || (lengths == 1 && es_parse_u64(length, 0, UINT64_MAX, &octets) != ES_OK))
		return HTTP_REFUSE_LENGTH;
	return octets > r->server->options.body_max ? HTTP_REFUSE_BODY : HTTP_REFUSE_NONE;
}

static enum http_refusal check_fields(const struct es_http_request *r)
{
	for (size_t i = 0; i < r->field_count; i++)
		if (!is_token(r->fields[i].name) || !is_field_value(r->fields[i].value))
			return HTTP_REFUSE_FIELD;
	return HTTP_REFUSE_NONE;
}

/* ---- target and host ---- */

/* uri-host [":" port], lower case without the port; false when it is not one. */
static bool read_authority(struct es_http_request *r, struct es_slice text)
{
	size_t end;
	uint32_t port;

	if (text.len == 0)
		return false;
	if (text.ptr[0] == '[') {
		end = es_slice_find(text, ']') + 1;
		if (end > text.len)
			return false;
	} else {
		end = es_slice_find(text, ':');
	}
	if (end < text.len &&
	    (text.ptr[end] != ':' ||
	     (end + 1 < text.len && es_parse_u32(es_slice_sub(text, end + 1, text.len), 0, 65535, &port) != ES_OK)))
		return false;
	char *host = es_arena_strdup(r->arena, es_slice_sub(text, 0, end));

	if (host == NULL || end == 0)
		return false;
	for (size_t i = 0; i < end; i++) {
		unsigned char c = (unsigned char)host[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"/\\<>@#?,{}|^`", c) != NULL)
			return false;
		if (c >= 'A' && c <= 'Z')
			host[i] = (char)(c + ('a' - 'A'));
	}
	r->host = es_slice_of(host, end);
	return true;
}

static enum http_refusal check_host(struct es_http_request *r, bool is_http_1_1)
{
	struct es_slice host = { 0 };
	size_t count = find_fields(r, "Host", &host);

	if (count > 1 || (count == 0 && is_http_1_1))
		return HTTP_REFUSE_HOST;
	if (count == 1 && !read_authority(r, host))
		return HTTP_REFUSE_HOST;
	return HTTP_REFUSE_NONE;
}

/* RFC 9112 3.2.2: the absolute form must be understood; its authority stands over Host. */
static bool strip_absolute_form(struct es_http_request *r, struct es_slice *target)
{
	static const char *const schemes[] = { "https://", "http://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (target->len < len || !es_slice_eq_nocase(es_slice_sub(*target, 0, len), es_slice_str(schemes[i])))
			continue;
		struct es_slice rest = es_slice_sub(*target, len, target->len);
		size_t slash = es_slice_find(rest, '/');

		if (!read_authority(r, es_slice_sub(rest, 0, slash)))
			return false;
		*target = slash == rest.len ? ES_SLICE_LIT("/") : es_slice_sub(rest, slash, rest.len);
		return true;
	}
	return true;
}

/* Blanks are tolerated in the query alone: there are phones that send the word HTTP/1.1 and model names with blanks
 * unescaped (the version is found from the end of the line, by us and by everybody). */
static enum http_refusal check_target(struct es_http_request *r)
{
	struct es_slice target = r->target, path;

	for (size_t i = 0; i < target.len; i++)
		if (target.ptr[i] < ' ' || target.ptr[i] == 0x7f)
			return HTTP_REFUSE_TARGET;
	if (!strip_absolute_form(r, &target) || target.len == 0 || target.ptr[0] != '/')
		return HTTP_REFUSE_TARGET;
	size_t mark = es_slice_find(target, '?');

	path = es_slice_sub(target, 0, mark);
	r->query = es_slice_sub(target, mark + 1, target.len);
	if (es_slice_find(path, ' ') != path.len)
		return HTTP_REFUSE_TARGET;
	if (es_percent_decode(path, false, r->arena, &r->path) != ES_OK || !es_text_is_clean_utf8(r->path))
		return HTTP_REFUSE_TARGET;
	return HTTP_REFUSE_NONE;
}

enum http_refusal http_guard(struct es_http_request *r, const struct http_head *head)
{
	bool is_http_1_1 = strcmp(head->version, "HTTP/1.1") == 0;
	enum http_refusal why;

	if (head->size > r->server->options.header_max)
		return HTTP_REFUSE_HEADER;
	if (!is_http_1_1 && strcmp(head->version, "HTTP/1.0") != 0)
		return HTTP_REFUSE_LINE;
	if (!is_token(es_slice_str(head->method)))
		return HTTP_REFUSE_LINE;
	if ((why = read_layout(r, head)) != HTTP_REFUSE_NONE)
		return why;
	if ((why = check_fields(r)) != HTTP_REFUSE_NONE)
		return why;
	if ((why = check_host(r, is_http_1_1)) != HTTP_REFUSE_NONE)
		return why;
	if ((why = check_target(r)) != HTTP_REFUSE_NONE)
		return why;
	return check_framing(r, is_http_1_1);
}
