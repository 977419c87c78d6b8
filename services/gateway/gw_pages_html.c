/* gw_pages_html.c -- the blocks of a sheet as HTML that works by keyboard, without a script, and for screen readers. */
#include <string.h>

#include "gw_html.h"
#include "gw_pages.h"

/* As policy numbers them (enum policy_block_kind): the numbers travel. */
enum kind {
	TEXT,
	ALERT,
	GOOD,
	TERMS,
	FACT,
	FIELD,
	CHECK,
	PICK,
	DO,
	MAY,
	LEAVE,
	FILE_,
	CLOSE,
	CALL,
	CALL_MAY,
	CALL_ASIDE,
	QUIT,
	KINDS
};

struct writing {
	struct es_buf *out;
	const Openes__SheetReply *page;
	const struct gw_pages_frame *frame;
	unsigned number;  /* of blocks that need an id */
	bool has_focused; /* the first field that is wrong gets the focus */
};

static void put(struct writing *w, const char *html)
{
	es_put_str(w->out, html);
}

static void text(struct writing *w, const char *value)
{
	gw_html_put(w->out, es_slice_str(value));
}

/* name="value", with a blank before it. */
static void attribute(struct writing *w, const char *name, const char *value)
{
	es_put_printf(w->out, " %s=\"", name);
	text(w, value);
	put(w, "\"");
}

static void given(struct writing *w, const char *name, const char *value)
{
	if (value[0] != '\0')
		attribute(w, name, value);
}

/* ---- a function for each kind ---- */

static void put_text(struct writing *w, const Openes__SheetBlock *b)
{
	put(w, "<p class=\"soft\">");
	text(w, b->label);
	put(w, "</p>\n");
}

static void put_alert(struct writing *w, const Openes__SheetBlock *b)
{
	put(w, "<p class=\"bad\" role=\"alert\"><span>");
	text(w, b->label);
	put(w, "</span></p>\n");
}

static void put_good(struct writing *w, const Openes__SheetBlock *b)
{
	put(w, "<p class=\"good\" role=\"status\"><span>");
	text(w, b->label);
	put(w, "</span></p>\n");
}

/* A paragraph for each line; what is longer than its box is scrolled by keyboard, too. */
static void put_terms(struct writing *w, const Openes__SheetBlock *b)
{
	struct es_slice rest = es_slice_str(b->value);

	put(w, "<h2 id=\"terms\">");
	text(w, b->label);
	put(w, "</h2>\n<div class=\"terms\" tabindex=\"0\" role=\"region\" aria-labelledby=\"terms\">");
	while (rest.ptr != NULL) {
		struct es_slice line = es_slice_trim(es_slice_cut(&rest, '\n'));
		if (line.len == 0)
			continue;
		put(w, "<p dir=\"auto\">");
		gw_html_put(w->out, line);
		put(w, "</p>");
	}
	put(w, "</div>\n");
}

static void put_fact(struct writing *w, const Openes__SheetBlock *b)
{
	put(w, "<div><dt>");
	text(w, b->label);
	put(w, "</dt><dd>");
	text(w, b->value);
	put(w, "</dd></div>\n");
}

static void put_field(struct writing *w, const Openes__SheetBlock *b)
{
	bool is_wrong = b->error[0] != '\0';
	unsigned id = ++w->number;

	es_put_printf(w->out, "<div class=\"field\"><label for=\"f%u\">", id);
	text(w, b->label);
	es_put_printf(w->out, "</label><input type=\"text\" dir=\"auto\" id=\"f%u\" maxlength=\"%u\"", id, b->max);
	attribute(w, "name", b->name);
	attribute(w, "value", b->value);
	given(w, "autocomplete", b->complete);
	if (b->required)
		put(w, " required");
	if (is_wrong)
		es_put_printf(w->out, " aria-invalid=\"true\" aria-describedby=\"e%u\"%s", id,
		              w->has_focused ? "" : " autofocus");
	w->has_focused = w->has_focused || is_wrong;
	put(w, ">");
	if (is_wrong) {
		es_put_printf(w->out, "<p class=\"error\" id=\"e%u\">", id);
		text(w, b->error);
		put(w, "</p>");
	}
	put(w, "</div>\n");
}

static void put_box(struct writing *w, const Openes__SheetBlock *b, const char *type, const char *more)
{
	es_put_printf(w->out, "<label class=\"pick%s\"><input type=\"%s\"", more, type);
	attribute(w, "name", b->name);
	attribute(w, "value", b->value);
	if (b->required)
		put(w, " required");
	put(w, "><span>");
	text(w, b->label);
	put(w, "</span></label>\n");
}

static void put_check(struct writing *w, const Openes__SheetBlock *b)
{
	put_box(w, b, "checkbox", " check");
}

static void put_pick(struct writing *w, const Openes__SheetBlock *b)
{
	put_box(w, b, "radio", "");
}

static void put_button(struct writing *w, const Openes__SheetBlock *b, const char *attributes)
{
	es_put_printf(w->out, "<button type=\"submit\" name=\"do\"%s", attributes);
	attribute(w, "value", b->name);
	put(w, ">");
	text(w, b->label);
	put(w, "</button>\n");
}

static void put_do(struct writing *w, const Openes__SheetBlock *b)
{
	put_button(w, b, "");
}

static void put_may(struct writing *w, const Openes__SheetBlock *b)
{
	put_button(w, b, " class=\"may\" formnovalidate");
}

static void put_leave(struct writing *w, const Openes__SheetBlock *b)
{
	put_button(w, b, " class=\"leave\" formnovalidate data-leave");
}

static void put_quit(struct writing *w, const Openes__SheetBlock *b)
{
	put_button(w, b, " class=\"leave\" formnovalidate");
}

/* The script makes pictures small enough; `bytes`: of the whole form. */
static void put_file(struct writing *w, const Openes__SheetBlock *b)
{
	unsigned id = ++w->number;

	es_put_printf(w->out, "<div class=\"field\"><label for=\"f%u\">", id);
	text(w, b->label);
	es_put_printf(
		w->out, "</label><input type=\"file\" accept=\"image/jpeg,image/png,image/webp\" id=\"f%u\" data-bytes=\"%u\"",
		id, w->frame->upload_max);
	attribute(w, "name", b->name);
	if (b->required)
		put(w, " required");
	put(w, "></div>\n");
}

/* Shown by the script, when there is somebody to call. */
static void put_close(struct writing *w, const Openes__SheetBlock *b)
{
	put(w, "<button type=\"button\" class=\"may\" hidden data-close>");
	text(w, b->label);
	put(w, "</button>\n");
}

/* Shown by the script, when there is somebody to call; methods one after the other, the arguments are of the first. */
static void put_calling(struct writing *w, const Openes__SheetBlock *b, const char *class)
{
	es_put_printf(w->out, "<button type=\"button\"%s hidden", class);
	attribute(w, "data-method", b->name);
	attribute(w, "data-list", b->value);
	put(w, ">");
	text(w, b->label);
	put(w, "</button>\n");
}

static void put_call(struct writing *w, const Openes__SheetBlock *b)
{
	put_calling(w, b, "");
}

static void put_call_may(struct writing *w, const Openes__SheetBlock *b)
{
	put_calling(w, b, " class=\"may\"");
}

static void put_call_aside(struct writing *w, const Openes__SheetBlock *b)
{
	put_calling(w, b, " class=\"leave\"");
}

static void (*const puts_of[KINDS])(struct writing *w, const Openes__SheetBlock *b) = {
	[TEXT] = put_text,   [ALERT] = put_alert, [GOOD] = put_good,         [TERMS] = put_terms,
	[FACT] = put_fact,   [FIELD] = put_field, [CHECK] = put_check,       [PICK] = put_pick,
	[DO] = put_do,       [MAY] = put_may,     [LEAVE] = put_leave,       [FILE_] = put_file,
	[CLOSE] = put_close, [CALL] = put_call,   [CALL_MAY] = put_call_may, [CALL_ASIDE] = put_call_aside,
	[QUIT] = put_quit,
};

/* Blocks that stand in something together. */
static const struct {
	uint32_t kind;
	const char *open, *close;
} groups[] = {
	{ FACT, "<dl>\n", "</dl>\n" },
	{ PICK, "<fieldset><legend class=\"unseen\">", "</fieldset>\n" },
};

static void put_group_edge(struct writing *w, size_t i, bool is_open)
{
	const Openes__SheetReply *page = w->page;
	size_t other = is_open ? i - 1 : i + 1; /* wraps to what no page has */

	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++) {
		bool goes_on = other < page->n_blocks && page->blocks[other]->kind == groups[g].kind &&
		               strcmp(page->blocks[other]->name, page->blocks[i]->name) == 0;
		if (page->blocks[i]->kind != groups[g].kind || goes_on)
			continue;
		put(w, is_open ? groups[g].open : groups[g].close);
		if (is_open && groups[g].kind == PICK) { /* what is asked: the line before, else the page */
			bool has_question = i > 0 && page->blocks[i - 1]->kind == TEXT;
			text(w, has_question ? page->blocks[i - 1]->label : page->title);
			put(w, "</legend>\n");
		}
	}
}

static void put_blocks(struct writing *w)
{
	const Openes__SheetReply *page = w->page;

	for (size_t i = 0; i < page->n_blocks; i++) {
		put_group_edge(w, i, true);
		if (page->blocks[i]->kind < KINDS)
			puts_of[page->blocks[i]->kind](w, page->blocks[i]);
		put_group_edge(w, i, false);
	}
}

/* ---- the page around them ---- */

static bool has_file(const Openes__SheetReply *page)
{
	for (size_t i = 0; i < page->n_blocks; i++)
		if (page->blocks[i]->kind == FILE_)
			return true;
	return false;
}

/* Colours are "#rrggbb", checked where they were set and here again: they stand in a style. */
static bool is_colour(const char *text_)
{
	return text_[0] == '#' && strlen(text_) == 7 && strspn(text_ + 1, "0123456789abcdefABCDEF") == 6;
}

static void put_colours(struct writing *w)
{
	const struct {
		const char *scheme, *colour;
	} rows[] = { { "light", w->page->colour }, { "dark", w->page->colour_dark } };

	es_put_printf(w->out, "<style nonce=\"%s\">", w->frame->nonce);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (is_colour(rows[i].colour))
			es_put_printf(w->out, "@media (prefers-color-scheme: %s) { :root { --accent: %s; } }", rows[i].scheme,
			              rows[i].colour);
	put(w, "</style>\n");
}

static void put_head(struct writing *w)
{
	const Openes__SheetReply *page = w->page;

	put(w, "<!DOCTYPE html>\n<html");
	attribute(w, "lang", page->language);
	attribute(w, "dir", page->right_to_left ? "rtl" : "ltr");
	put(w, ">\n<head>\n<meta charset=\"utf-8\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n"
	       "<link rel=\"icon\" href=\"data:,\">\n<title>");
	text(w, page->title);
	es_put_printf(w->out, "</title>\n<link rel=\"stylesheet\" href=\"%s/look.css\">\n", w->frame->path);
	put_colours(w);
	es_put_printf(w->out, "<script src=\"%s/flow.js\" defer></script>\n</head>\n<body", w->frame->path);
	given(w, "data-object", page->object);
	given(w, "data-call", page->call);
	given(w, "data-arguments", page->arguments);
	if (page->calls_at_once)
		put(w, " data-at-once=\"1\"");
	if (page->again_s > 0)
		es_put_printf(w->out, " data-again=\"%u\"", page->again_s);
	put(w, ">\n<main>\n");
}

static void put_brand(struct writing *w)
{
	const Openes__SheetReply *page = w->page;

	if (page->logo[0] != '\0' || page->brand[0] != '\0')
		put(w, "<header>");
	if (page->logo[0] != '\0') {
		put(w, "<img");
		attribute(w, "src", page->logo);
		attribute(w, "alt", page->brand);
		put(w, ">");
	} else {
		text(w, page->brand);
	}
	if (page->logo[0] != '\0' || page->brand[0] != '\0')
		put(w, "</header>\n");
	put(w, "<h1>");
	text(w, page->title);
	put(w, "</h1>\n");
}

void gw_pages_write(const Openes__SheetReply *page, const struct gw_pages_frame *frame, struct es_buf *out)
{
	struct writing w = { .out = out, .page = page, .frame = frame };

	put_head(&w);
	put_brand(&w);
	if (page->page[0] != '\0') {
		es_put_printf(out, "<form method=\"post\" action=\"%s/act\"%s>\n<input type=\"hidden\" name=\"page\"",
		              frame->path, has_file(page) ? " enctype=\"multipart/form-data\"" : "");
		attribute(&w, "value", page->page);
		put(&w, ">\n");
	}
	put_blocks(&w);
	if (page->page[0] != '\0')
		put(&w, "</form>\n");
	if (page->support_url[0] != '\0') {
		put(&w, "<footer><a target=\"_blank\" rel=\"noopener noreferrer\"");
		attribute(&w, "href", page->support_url);
		put(&w, ">");
		text(&w, page->support_label);
		put(&w, "</a></footer>\n");
	}
	put(&w, "</main>\n</body>\n</html>\n");
}
