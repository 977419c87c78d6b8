/* ph_sheet.c -- GET or POST of what the answer said, then page after page. */
#include "ph_sheet.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "es_arena.h"
#include "es_cleanup.h"
#include "es_text.h"

#include "ph_page.h"

enum {
	PAGES_MAX = 40,
	PATH_MAX_OCTETS = 16384,
	ARENA_MAX = 1 << 20,
	WHY_SIZE = 240,
	TEXT_SIZE = 1024,
	REDIRECTED = 303
};

static const char html[] = "text/html", form[] = "application/x-www-form-urlencoded", prefix[] = "encodedValue=";

struct visit {
	const struct ph_options *options;
	struct ph_walk *walk;
	struct ph_trace *trace;
	struct ph_conn *conn;
	struct es_arena *arena; /* of one page */
	struct es_buf path, body;
	char why[WHY_SIZE];
};

static void conn_done(struct ph_conn **conn)
{
	ph_conn_free(*conn);
}

static void server_done(struct ph_server **server)
{
	ph_server_close(*server);
}

static void set_path(struct visit *v, struct es_slice path)
{
	es_buf_reset(&v->path);
	es_put_bytes(&v->path, path);
	es_put_u8(&v->path, 0);
}

static struct ph_http_request request_of(const struct visit *v, const char *content_type)
{
	return (struct ph_http_request){ .is_post = content_type != NULL,
		                             .path = (const char *)v->path.ptr,
		                             .body = es_buf_slice(&v->body),
		                             .accept = html,
		                             .content_type = content_type };
}

/* TS.43 6.5.9: without a type the data is a query; json and xml are posted, encoded or as they are. */
static es_status first_request(struct visit *v, const struct ph_odsa *a, struct ph_http_request *out)
{
	bool is_json = strcmp(a->sheet_type, "json") == 0, is_posted = is_json || strcmp(a->sheet_type, "xml") == 0;
	struct es_slice data = es_slice_str(a->sheet_data), path = es_slice_str(ph_url_path(a->sheet_url));

	set_path(v, path);
	es_buf_reset(&v->body);
	if (is_posted) {
		if (es_slice_starts_with(data, es_slice_str(prefix)))
			ES_TRY(es_base64_decode(es_slice_sub(data, sizeof prefix - 1, data.len), v->arena, &data));
		es_put_bytes(&v->body, data);
	} else if (data.len > 0) {
		es_buf_reset(&v->path);
		es_put_bytes(&v->path, path);
		es_put_u8(&v->path, es_slice_find(path, '?') < path.len ? '&' : '?');
		es_put_bytes(&v->path, data);
		es_put_u8(&v->path, 0);
	}
	*out = request_of(v, !is_posted ? NULL : is_json ? PH_JSON : "text/xml");
	ES_TRY(es_buf_status(&v->path));
	return es_buf_status(&v->body);
}

void ph_sheet_tell(const struct ph_odsa *a, struct ph_trace *trace)
{
	bool is_posted = a->sheet_type[0] != 0;

	ph_trace_line(trace, "  The phone opens %s %s%s%s", is_posted ? "(POST)" : "(GET)", a->sheet_url,
	              is_posted || a->sheet_data[0] == 0  ? ""
	              : strchr(a->sheet_url, '?') == NULL ? "?"
	                                                  : "&",
	              is_posted ? "" : a->sheet_data);
	if (is_posted)
		ph_trace_line(trace, "  with the content (%s) %s", a->sheet_type, a->sheet_data);
}

static void pause_for(int64_t seconds)
{
	struct timespec left = { .tv_sec = seconds };

	while (nanosleep(&left, &left) != 0)
		;
}

/* ---- one page ---- */

/* Why this was the last page; `about` may be empty. */
static bool give_up(struct visit *v, const char *why, struct es_slice about)
{
	about = es_slice_sub(about, 0, 100);
	(void)snprintf(v->why, sizeof v->why, "%s%s" ES_SLICE_FMT, why, about.len > 0 ? ": " : "", ES_SLICE_ARG(about));
	return false;
}

/* The first method has the arguments. */
static bool tell_call(struct visit *v, const struct ph_call *call)
{
	struct es_slice rest = call->methods;
	char method[64], text[2][TEXT_SIZE];

	for (size_t i = 0; i < 2; i++)
		if (!es_slice_to_str(call->arguments[i], text[i], TEXT_SIZE))
			return give_up(v, "an argument of the call is too long", call->methods);
	while (rest.ptr != NULL) {
		if (!es_slice_to_str(es_slice_cut(&rest, ' '), method, sizeof method))
			return give_up(v, "what the page calls is too long", call->methods);
		ph_trace_line(v->trace, "  The page calls ODSAServiceFlow.%s(%s%s%s)", method, text[0],
		              text[1][0] == 0 ? "" : ", ", text[1]);
		ph_walk_called(v->walk, method, text[0], text[1]);
		text[0][0] = text[1][0] = 0;
	}
	return false;
}

/* Only on the host that the sheet is from. */
static bool go_to(struct visit *v, struct es_slice where, const char *content_type, struct ph_http_request *next)
{
	if (where.len == 0 || where.ptr[0] != '/')
		return give_up(v, "the sheet leads elsewhere", where);
	set_path(v, where);
	*next = request_of(v, content_type);
	return true;
}

/* What the command line says to fill in, and what the flow does. */
static size_t collect_fills(const struct visit *v, struct ph_param fills[PH_FILLS_MAX + 1])
{
	const struct ph_param *own = &v->walk->flow->fill;
	size_t count = v->options->fill_count;

	memcpy(fills, v->options->fills, count * sizeof *fills);
	if (own->name != NULL)
		fills[count++] = *own;
	return count;
}

static bool fill_in(struct visit *v, const struct ph_page *page, struct ph_http_request *next)
{
	struct ph_param fills[PH_FILLS_MAX + 1];

	es_buf_reset(&v->body);
	const struct ph_field *pressed = ph_page_accept(page, fills, collect_fills(v, fills), &v->body);
	if (pressed == NULL)
		return give_up(v, "there is no button to go on with", page->title);
	ph_trace_line(v->trace, "  Presses \"" ES_SLICE_FMT "\"", ES_SLICE_ARG(pressed->value));
	return go_to(v, page->action, form, next);
}

static bool has_button(const struct ph_page *page)
{
	for (size_t i = 0; i < page->field_count; i++)
		if (page->fields[i].kind == PH_BUTTON)
			return true;
	return false;
}

/* The page ends the sheet: it calls the phone, and may show a code that is typed at the download. */
static bool end_with(struct visit *v, const struct ph_page *page, const struct ph_call *call)
{
	(void)es_slice_to_str(page->code, v->walk->confirmation_code, sizeof v->walk->confirmation_code);
	return tell_call(v, call);
}

static bool go_on(struct visit *v, const struct ph_page *page, struct ph_http_request *next)
{
	if (page->call.methods.len > 0 && (page->calls_at_once || !page->has_form))
		return end_with(v, page, &page->call);
	if (page->refresh_s >= 0) {
		pause_for(page->refresh_s);
		*next = request_of(v, NULL);
		return page->refresh_url.len == 0 || go_to(v, page->refresh_url, NULL, next);
	}
	if (page->has_upload)
		return give_up(v, "the sheet wants a picture", page->title);
	pause_for(page->again_s);
	if (has_button(page))
		return fill_in(v, page, next);
	if (page->pressed.methods.len > 0)
		return end_with(v, page, &page->pressed);
	return give_up(v, "the page asks nothing and calls nothing", page->title);
}

/* True: there is a next request. */
static bool read_page(struct visit *v, const struct ph_http_answer *answer, struct ph_http_request *next)
{
	struct ph_page page;

	if (answer->status == REDIRECTED)
		return go_to(v, answer->location, NULL, next);
	if (answer->status == 0)
		return give_up(v, "the sheet does not answer", es_slice_str(answer->failure));
	if (ph_page_read(answer->body, v->arena, &page) != ES_OK)
		return give_up(v, "the page cannot be read", (struct es_slice){ 0 });
	ph_trace_line(v->trace, "  Page: %u, \"" ES_SLICE_FMT "\"", answer->status, ES_SLICE_ARG(page.title));
	if (answer->status != 200)
		return give_up(v, "the sheet says", page.title);
	return go_on(v, &page, next);
}

static void walk_pages(struct visit *v)
{
	struct ph_http_request next;

	if (first_request(v, &v->walk->answer, &next) != ES_OK) {
		(void)give_up(v, "the user data cannot be sent", es_slice_str(v->walk->answer.sheet_data));
		return;
	}
	for (int n = 0; n < PAGES_MAX; n++) {
		bool goes_on = read_page(v, ph_conn_ask(v->conn, &next), &next);
		es_arena_reset(v->arena);
		if (!goes_on)
			return;
	}
	(void)give_up(v, "the sheet has no end", (struct es_slice){ 0 });
}

void ph_sheet_open(const struct ph_options *options, const struct ph_run *run, struct ph_walk *walk,
                   struct ph_trace *trace)
{
	ES_CLEANUP(server_done) struct ph_server *server = NULL;
	ES_CLEANUP(conn_done) struct ph_conn *conn = NULL;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	struct visit v = { .options = options, .walk = walk, .trace = trace, .arena = arena };
	struct es_buf error;

	es_buf_init_fixed(&error, v.why, sizeof v.why - 1);
	es_buf_init(&v.path, PATH_MAX_OCTETS);
	es_buf_init(&v.body, PATH_MAX_OCTETS * 4);
	if (ph_server_open(walk->answer.sheet_url, &run->profile.http, &server, &error) == ES_OK)
		conn = ph_conn_new(server);
	v.conn = conn;
	if (conn != NULL && arena != NULL)
		walk_pages(&v);
	else if (v.why[0] == 0)
		(void)snprintf(v.why, sizeof v.why, "out of memory");
	ph_walk_closed(walk, v.why[0] == 0 ? NULL : v.why);
	es_buf_wipe(&v.path);
	es_buf_wipe(&v.body);
}
