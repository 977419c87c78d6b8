/* ctl_run.c -- commands that are one request, one page after another, or a setting read, changed and written. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "ctl_body.h"
#include "ctl_view.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_text.h"

#define PAGE 500
#define OUTPUT_MAX (16u << 20)
#define FILE_MAX 262144

/* ---- what all commands use ---- */

const char *ctl_value(const struct ctl *ctl, enum ctl_opt opt)
{
	return ctl->args.value[opt];
}

bool ctl_wants_json(const struct ctl *ctl)
{
	return ctl_value(ctl, CTL_JSON) != NULL;
}

int ctl_complain(int code, const char *format, ...)
{
	va_list args;

	(void)fputs("openesctl: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return code;
}

void ctl_say(const struct ctl *ctl, const char *format, ...)
{
	va_list args;

	if (ctl_wants_json(ctl))
		return;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

/* The option named like that, its '-' written '_' or not. */
static enum ctl_opt option_of(struct es_slice name)
{
	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		if (es_slice_eq_str(name, ctl_options[opt].name))
			return (enum ctl_opt)opt;
	}
	return CTL_NONE;
}

/* "/v1/tenants/{tenant}": options for names in braces, percent-encoded. */
static void put_path(const struct ctl *ctl, const char *template, struct es_buf *out)
{
	struct es_slice rest = es_slice_str(template);

	while (rest.len > 0) {
		es_put_bytes(out, es_slice_cut(&rest, '{'));
		if (rest.ptr == NULL)
			return;
		const char *value = ctl_value(ctl, option_of(es_slice_cut(&rest, '}')));
		es_percent_encode(es_slice_str(value), out);
	}
}

static void put_query(struct es_buf *out, bool *first, const char *name, const char *value)
{
	es_put_u8(out, *first ? '?' : '&');
	*first = false;
	for (const char *p = name; *p != '\0'; p++)
		es_put_u8(out, *p == '-' ? (uint8_t)'_' : (uint8_t)*p);
	es_put_u8(out, '=');
	es_percent_encode(es_slice_str(value), out);
}

static void put_queries(const struct ctl *ctl, const uint8_t *options, struct es_buf *out, bool *first)
{
	for (; options != NULL && *options != CTL_NONE; options++) {
		const char *value = ctl_value(ctl, *options);
		if (value != NULL)
			put_query(out, first, ctl_options[*options].name, ctl_options[*options].kind == CTL_FLAG ? "true" : value);
	}
}

/* The path is complete: templates are filled, the query is there. */
static int call(struct ctl *ctl, const char *method, struct es_buf *path, const cJSON *body, struct ctl_answer *out)
{
	es_put_u8(path, '\0');
	if (es_buf_status(path) != ES_OK)
		return CTL_USAGE;
	es_status status = ctl_api_call(ctl->api, method, (const char *)path->ptr, body, out);
	if (status == ES_OK)
		return CTL_OK;
	return status == ES_UNAVAILABLE ? CTL_UNREACHABLE : CTL_REFUSED;
}

int ctl_ask(struct ctl *ctl, const char *method, const char *path, const cJSON *body, struct ctl_answer *out)
{
	uint8_t storage[2048];
	struct es_buf full;

	es_buf_init_fixed(&full, storage, sizeof storage);
	put_path(ctl, path, &full);
	return call(ctl, method, &full, body, out);
}

int ctl_request(struct ctl *ctl, const char *method, const char *path, const cJSON *body, struct ctl_answer *out)
{
	int code = ctl_ask(ctl, method, path, body, out);
	return code == CTL_OK ? CTL_OK : ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

int ctl_fill(const struct ctl *ctl, cJSON *body)
{
	uint8_t storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage - 1);
	if (body == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	if (ctl_body_fill(&ctl->args, body, &error) != ES_OK)
		return ctl_complain(CTL_USAGE, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	return CTL_OK;
}

/* ---- printing ---- */

void ctl_print_json(const cJSON *json)
{
	char *text = cJSON_Print(json);
	if (text != NULL)
		(void)puts(text);
	cJSON_free(text);
}

int ctl_print(struct es_buf *text)
{
	bool written = fwrite(text->ptr, 1, text->len, stdout) == text->len && fflush(stdout) == 0;
	es_buf_wipe(text);
	return written ? CTL_OK : ctl_complain(CTL_REFUSED, "the output could not be written; is the disk full?");
}

int ctl_print_object(const struct ctl *ctl, const cJSON *object)
{
	struct es_buf text;

	if (object == NULL || object->child == NULL) {
		if (ctl_wants_json(ctl))
			(void)puts("{}");
		else
			(void)puts("done");
		return CTL_OK;
	}
	if (ctl_wants_json(ctl)) {
		ctl_print_json(object);
		return CTL_OK;
	}
	es_buf_init(&text, OUTPUT_MAX);
	ctl_view_object(object, &text);
	return ctl_print(&text);
}

/* ---- one request ---- */

static int request_with_query(struct ctl *ctl, struct ctl_answer *answer)
{
	const struct ctl_command *command = ctl->args.command;
	uint8_t storage[2048];
	struct es_buf path;
	bool first = true;

	es_buf_init_fixed(&path, storage, sizeof storage);
	put_path(ctl, command->path, &path);
	put_queries(ctl, command->query, &path, &first);
	int code = call(ctl, command->method, &path, NULL, answer);
	return code == CTL_OK ? CTL_OK : ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

int ctl_run_request(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	int code = request_with_query(ctl, &answer);
	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}

int ctl_run_explain(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct es_buf text;

	int code = request_with_query(ctl, &answer);
	if (code != CTL_OK || ctl_wants_json(ctl) || answer.json == NULL)
		return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
	es_buf_init(&text, OUTPUT_MAX);
	ctl_tree_write(answer.json, &text);
	return ctl_print(&text);
}

/* ---- page after page ---- */

struct paging {
	char cursor[512];
	size_t left; /* 0: no limit */
	size_t seen;
	bool ended;
};

static int page_get(struct ctl *ctl, const char *template, const uint8_t *query, const struct paging *p,
                    struct ctl_answer *out)
{
	uint8_t storage[2048];
	char limit[24];
	struct es_buf path;
	bool first = true;

	es_buf_init_fixed(&path, storage, sizeof storage);
	put_path(ctl, template, &path);
	put_queries(ctl, query, &path, &first);
	(void)snprintf(limit, sizeof limit, "%zu", p->left > 0 && p->left < PAGE ? p->left : (size_t)PAGE);
	put_query(&path, &first, "limit", limit);
	if (p->cursor[0] != '\0')
		put_query(&path, &first, "cursor", p->cursor);
	int code = call(ctl, "GET", &path, NULL, out);
	return code == CTL_OK ? CTL_OK : ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

/* Where the next page starts; the end when there is none. */
static void page_turn(struct paging *p, const cJSON *page, size_t count, bool limited)
{
	const char *next = es_json_str(page, "next");

	p->seen += count;
	if (limited)
		p->left -= count < p->left ? count : p->left;
	/* A page may be empty, where what is asked for is rare, and yet not the last: then it says where to go on. */
	p->ended = next == NULL || strcmp(next, p->cursor) == 0 || (limited && p->left == 0);
	(void)snprintf(p->cursor, sizeof p->cursor, "%s", next != NULL ? next : "");
}

int ctl_pages(struct ctl *ctl, const char *path, const uint8_t *query, size_t limit, ctl_each *each, void *user)
{
	struct paging p = { .left = limit };
	int code = CTL_OK;

	while (code == CTL_OK && !p.ended) {
		ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
		code = page_get(ctl, path, query, &p, &answer);
		if (code != CTL_OK)
			return code;
		const cJSON *items = cJSON_GetObjectItemCaseSensitive(answer.json, "items"), *item = NULL;
		cJSON_ArrayForEach(item, items)
		{
			code = each(ctl, item, user);
			if (code != CTL_OK)
				return code;
		}
		page_turn(&p, answer.json, (size_t)cJSON_GetArraySize(items), limit > 0);
	}
	return code;
}

/* Lines are aligned page by page: a list may be longer than memory. */
struct lines {
	cJSON *page;
	size_t count, printed;
	bool json;
};

static int lines_flush(const struct ctl *ctl, struct lines *lines)
{
	struct es_buf text;

	es_buf_init(&text, OUTPUT_MAX);
	ctl_view_lines(ctl->args.command->view, lines->page, lines->printed == 0, &text);
	lines->printed += lines->count;
	lines->count = 0;
	cJSON_Delete(lines->page);
	lines->page = cJSON_CreateArray();
	return lines->page != NULL ? ctl_print(&text) : CTL_REFUSED;
}

static int on_line(struct ctl *ctl, const cJSON *item, void *user)
{
	struct lines *lines = user;

	if (lines->json) {
		char *text = cJSON_PrintUnformatted(item);
		(void)printf("%s%s", lines->printed++ == 0 ? "[\n" : ",\n", text != NULL ? text : "null");
		cJSON_free(text);
		return CTL_OK;
	}
	cJSON *copy = cJSON_Duplicate(item, true);
	if (copy == NULL || !cJSON_AddItemToArray(lines->page, copy))
		return ctl_complain(CTL_REFUSED, "out of memory");
	return ++lines->count == PAGE ? lines_flush(ctl, lines) : CTL_OK;
}

int ctl_run_list(struct ctl *ctl)
{
	const struct ctl_command *command = ctl->args.command;
	struct lines lines = { .page = cJSON_CreateArray(), .json = ctl_wants_json(ctl) };
	const char *text = ctl_value(ctl, CTL_LIMIT);
	uint32_t limit = 0;

	if (lines.page == NULL)
		return CTL_REFUSED;
	if (text != NULL && es_parse_u32(es_slice_str(text), 1, 1000000000, &limit) != ES_OK) {
		cJSON_Delete(lines.page);
		return ctl_complain(CTL_USAGE, "--limit wants a number");
	}
	int code = ctl_pages(ctl, command->path, command->query, limit, on_line, &lines);
	if (code == CTL_OK && lines.json)
		(void)puts(lines.printed == 0 ? "[]" : "\n]");
	else if (code == CTL_OK && (lines.count > 0 || lines.printed == 0))
		code = lines_flush(ctl, &lines);
	cJSON_Delete(lines.page);
	return code;
}

/* ---- set: what is there, changed by a file and by options, written back ---- */

static int file_read(const char *path, struct es_buf *out)
{
	uint8_t chunk[4096];
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (file == NULL)
		return ctl_complain(CTL_USAGE, "%s cannot be read; is the name right?", path);
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
		es_put_bytes(out, es_slice_of(chunk, n));
	if (file != stdin)
		(void)fclose(file);
	return es_buf_status(out) == ES_OK ? CTL_OK
	                                   : ctl_complain(CTL_USAGE, "%s is larger than %d octets", path, FILE_MAX);
}

int ctl_json_file(const char *path, cJSON **out)
{
	const struct es_json_limits limits = { FILE_MAX, 14, 20000 };
	struct es_buf text;

	es_buf_init(&text, FILE_MAX);
	int code = file_read(path, &text);
	if (code == CTL_OK && (es_json_parse(es_buf_slice(&text), limits, out) != ES_OK || !cJSON_IsObject(*out)))
		code = ctl_complain(CTL_USAGE, "%s is not a JSON object", path);
	es_buf_free(&text);
	return code;
}

/* What the body starts from: the file, or what the server has, or nothing. */
static int body_start(struct ctl *ctl, cJSON **body)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (ctl_value(ctl, CTL_FILE) != NULL)
		return ctl_json_file(ctl_value(ctl, CTL_FILE), body);
	if (strcmp(ctl->args.command->method, "PUT") == 0) {
		int code = ctl_ask(ctl, "GET", ctl->args.command->path, NULL, &answer);
		if (code != CTL_OK && answer.status != 404)
			return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
		if (code == CTL_OK)
			*body = ES_TAKE(answer.json);
	}
	if (*body == NULL)
		*body = cJSON_CreateObject();
	return *body != NULL ? CTL_OK : ctl_complain(CTL_REFUSED, "out of memory");
}

/* A tenant or plan may be named by its file alone. */
static int name_from_file(struct ctl *ctl, enum ctl_opt opt, const cJSON *body, char *storage, size_t size)
{
	const char *id = es_json_str(body, "id");

	if (ctl_value(ctl, opt) != NULL)
		return CTL_OK;
	if (id == NULL || id[0] == '\0' || strlen(id) >= size)
		return ctl_complain(CTL_USAGE, "say which one: --%s ID, or \"id\" in the file", ctl_options[opt].name);
	memcpy(storage, id, strlen(id) + 1);
	ctl->args.value[opt] = storage;
	return CTL_OK;
}

static void id_fill(const struct ctl *ctl, enum ctl_opt opt, cJSON *body)
{
	if (!cJSON_HasObjectItem(body, "id"))
		(void)cJSON_AddStringToObject(body, "id", ctl_value(ctl, opt));
}

int ctl_run_set(struct ctl *ctl)
{
	const struct ctl_command *command = ctl->args.command;
	enum ctl_opt names = option_of(es_slice_str(command->noun)); /* a tenant by --tenant, a plan by --plan */
	bool is_named = strcmp(command->method, "PUT") == 0;         /* subscribers are patched, and named by --imsi */
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	char id[128];

	if (is_named && ctl_value(ctl, names) == NULL && ctl_value(ctl, CTL_FILE) == NULL)
		return ctl_complain(CTL_USAGE, "say which one: --%s ID, or a file with its JSON", ctl_options[names].name);
	int code = body_start(ctl, &body);
	if (code == CTL_OK && is_named)
		code = name_from_file(ctl, names, body, id, sizeof id);
	if (code != CTL_OK)
		return code;
	if (is_named)
		id_fill(ctl, names, body);
	code = ctl_fill(ctl, body);
	if (code == CTL_OK)
		code = ctl_request(ctl, command->method, command->path, body, &answer);
	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}

/* ---- credentials ---- */

int ctl_run_credential_add(struct ctl *ctl)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (body == NULL || cJSON_AddStringToObject(body, "role", ctl_value(ctl, CTL_ROLE)) == NULL)
		return CTL_REFUSED;
	if (ctl_value(ctl, CTL_TENANT) != NULL &&
	    cJSON_AddStringToObject(body, "tenant", ctl_value(ctl, CTL_TENANT)) == NULL)
		return CTL_REFUSED;
	int code = ctl_request(ctl, "PUT", "/v1/credentials/{name}", body, &answer);
	if (code != CTL_OK)
		return code;
	code = ctl_print_object(ctl, answer.json);
	if (!ctl_wants_json(ctl))
		(void)fputs("The token is shown this once and kept nowhere: store it now.\n", stderr);
	cJSON *token = cJSON_GetObjectItemCaseSensitive(answer.json, "token");
	if (cJSON_IsString(token))
		es_wipe(token->valuestring, strlen(token->valuestring));
	return code;
}
