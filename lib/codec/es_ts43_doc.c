/* es_ts43_doc.c -- the configuration document of TS.43 2.9 as XML and as JSON.
 *
 * Real clients read XML with position and string tricks (an attribute number, lines joined, every '&' rewritten), so
 * this writes the plainest form there is: one element per line, no indentation, no comment. */
#include "es_ts43_doc.h"

#include "es_json.h"
#include "es_utf8.h"

static struct es_doc_node *node_new(struct es_arena *arena, struct es_doc_node *parent, struct es_slice name)
{
	struct es_doc_node *node = es_arena_alloc(arena, sizeof *node);
	if (node == NULL)
		return NULL;
	node->name = name;
	if (parent == NULL)
		return node;
	if (parent->last == NULL)
		parent->child = node;
	else
		parent->last->next = node;
	parent->last = node;
	return node;
}

struct es_doc_node *es_doc_parm(struct es_arena *arena, struct es_doc_node *parent, struct es_slice name,
                                struct es_slice value)
{
	struct es_doc_node *node = node_new(arena, parent, name);
	if (node == NULL)
		return NULL;
	node->is_parm = true;
	node->value = value;
	return node;
}

struct es_doc_node *es_doc_characteristic(struct es_arena *arena, struct es_doc_node *parent, struct es_slice name,
                                          bool is_list)
{
	struct es_doc_node *node = node_new(arena, parent, name);
	if (node != NULL)
		node->is_list = is_list;
	return node;
}

/* XML 1.0 2.2: what may stand in a document at all. */
static bool is_xml_char(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

/* Whether the value needs more than `&amp;`: Android's clients show any other entity to the user as it stands, so a
 * value keeps its apostrophes and '>' unless something in it would break the attribute or is not text (settled 22). */
static bool is_hostile(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == '"' || text.ptr[i] == '<')
			return true;
	return false;
}

/* The entity for a character, NULL when it stands for itself. Blanks other than a space would become spaces when
 * the attribute is read back (XML 1.0 3.3.3). */
static const char *entity_of(uint8_t c, bool hostile)
{
	if (c == '&')
		return "&amp;";
	if (!hostile)
		return NULL;
	switch (c) {
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&apos;";
	case '\t': return "&#9;";
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

/* Where the first character is that may not stand for itself: nearly always at the end. */
static size_t plain_length(struct es_slice text)
{
	size_t at = 0;

	while (at < text.len && text.ptr[at] >= 0x20 && text.ptr[at] < 0x7f && text.ptr[at] != '&')
		at++;
	return at;
}

static void put_attribute(struct es_buf *out, const char *before, struct es_slice text)
{
	bool hostile = is_hostile(text);
	size_t written = 0; /* everything before it is out */

	es_put_str(out, before);
	for (size_t at = hostile ? 0 : plain_length(text); at < text.len;) {
		uint32_t c = 0;
		unsigned n = es_utf8_next(text, at, &c);
		const char *instead = n == 0 || !is_xml_char(c) ? ES_UTF8_REPLACEMENT
		                      : n == 1                  ? entity_of((uint8_t)c, hostile)
		                                                : NULL;
		n = n == 0 ? 1 : n;
		if (instead != NULL) {
			es_put_bytes(out, es_slice_sub(text, written, at));
			es_put_str(out, instead);
			written = at + n;
		}
		at += n;
	}
	es_put_bytes(out, es_slice_sub(text, written, text.len));
}

static void xml_open(struct es_buf *out, struct es_slice type)
{
	put_attribute(out, "<characteristic type=\"", type);
	es_put_str(out, "\">\n");
}

static void xml_close(struct es_buf *out)
{
	es_put_str(out, "</characteristic>\n");
}

static void xml_parm(struct es_buf *out, struct es_slice name, struct es_slice value)
{
	put_attribute(out, "<parm name=\"", name);
	put_attribute(out, "\" value=\"", value);
	es_put_str(out, "\"/>\n");
}

static bool is_repeated_in_place(const struct es_doc_node *node)
{
	return node->is_list && node->child != NULL && node->child->name.len == 0;
}

/* `name` stands for the nodes' own names unless it is NULL. Depth is what our own code builds, never what a peer
 * sends. */
static void xml_nodes(struct es_buf *out, const struct es_doc_node *node, const struct es_slice *name)
{
	for (; node != NULL; node = node->next) {
		if (node->is_parm) {
			xml_parm(out, node->name, node->value);
		} else if (is_repeated_in_place(node)) {
			xml_nodes(out, node->child, &node->name);
		} else {
			xml_open(out, name == NULL ? node->name : *name);
			xml_nodes(out, node->child, NULL);
			xml_close(out);
		}
	}
}

/* Values are strings, in JSON too (TS.43 2.9.4). */
static struct es_slice number_text(int64_t v, char text[24])
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	size_t at = 24;

	do {
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		text[--at] = '-';
	return es_slice_of(text + at, 24 - at);
}

void es_doc_write_xml(const struct es_doc *doc, struct es_buf *out)
{
	char number[24];

	es_put_str(out, "<?xml version=\"1.0\"?>\n<wap-provisioningdoc version=\"1.1\">\n");
	xml_open(out, ES_SLICE_LIT("VERS"));
	xml_parm(out, ES_SLICE_LIT("version"), number_text(doc->version, number));
	xml_parm(out, ES_SLICE_LIT("validity"), number_text(doc->validity_s, number));
	xml_close(out);
	if (doc->token.len > 0) {
		xml_open(out, ES_SLICE_LIT("TOKEN"));
		xml_parm(out, ES_SLICE_LIT("token"), doc->token);
		xml_parm(out, ES_SLICE_LIT("validity"), number_text(doc->token_validity_s, number));
		xml_close(out);
	}
	for (const struct es_doc_app *app = doc->apps; app != NULL; app = app->next) {
		xml_open(out, ES_SLICE_LIT("APPLICATION"));
		xml_parm(out, ES_SLICE_LIT("AppID"), app->app_id);
		xml_nodes(out, app->first, NULL);
		xml_close(out);
	}
	es_put_str(out, "</wap-provisioningdoc>\n");
}

/* A member's name and the colon, after a comma unless it is the first. */
static void json_name(struct es_buf *out, struct es_slice name, bool first)
{
	if (!first)
		es_put_u8(out, ',');
	es_json_string(out, name);
	es_put_u8(out, ':');
}

static void json_numbers(struct es_buf *out, const char *name, struct es_slice value, int64_t validity_s)
{
	char number[24];

	es_put_u8(out, '{');
	json_name(out, es_slice_str(name), true);
	es_json_string(out, value);
	json_name(out, ES_SLICE_LIT("validity"), false);
	es_json_string(out, number_text(validity_s, number));
	es_put_u8(out, '}');
}

static void json_node(struct es_buf *out, const struct es_doc_node *node);

static void json_object(struct es_buf *out, const struct es_doc_node *child)
{
	es_put_u8(out, '{');
	for (bool first = true; child != NULL; child = child->next, first = false) {
		json_name(out, child->name, first);
		json_node(out, child);
	}
	es_put_u8(out, '}');
}

/* Each element is an object with one member named after the child, or the child itself when it has no name. */
static void json_list(struct es_buf *out, const struct es_doc_node *child)
{
	es_put_u8(out, '[');
	for (bool first = true; child != NULL; child = child->next, first = false) {
		if (!first)
			es_put_u8(out, ',');
		if (child->name.len == 0) {
			json_node(out, child);
			continue;
		}
		es_put_u8(out, '{');
		json_name(out, child->name, true);
		json_node(out, child);
		es_put_u8(out, '}');
	}
	es_put_u8(out, ']');
}

static void json_node(struct es_buf *out, const struct es_doc_node *node)
{
	if (node->is_parm)
		es_json_string(out, node->value);
	else if (node->is_list)
		json_list(out, node->child);
	else
		json_object(out, node->child);
}

void es_doc_write_json(const struct es_doc *doc, struct es_buf *out)
{
	char number[24];

	es_put_u8(out, '{');
	json_name(out, ES_SLICE_LIT("Vers"), true);
	json_numbers(out, "version", number_text(doc->version, number), doc->validity_s);
	if (doc->token.len > 0) {
		json_name(out, ES_SLICE_LIT("Token"), false);
		json_numbers(out, "token", doc->token, doc->token_validity_s);
	}
	for (const struct es_doc_app *app = doc->apps; app != NULL; app = app->next) {
		json_name(out, app->app_id, false);
		json_object(out, app->first);
	}
	es_put_u8(out, '}');
}
