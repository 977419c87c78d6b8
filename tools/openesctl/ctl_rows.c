/* ctl_rows.c -- devices and models: one put under its key, or a whole list of them, streamed, 500 at a time. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_body.h"
#include "ctl_csv.h"
#include "ctl_rows_line.h"
#include "es_cleanup.h"

#define BATCH 500
#define BAR_EVERY 500 /* lines */

int ctl_run_put(struct ctl *ctl)
{
	const struct ctl_command *command = ctl->args.command;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer before = { .status = 0 }, answer = { .status = 0 };
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	uint8_t storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage - 1);
	int code = ctl_ask(ctl, "GET", command->path, NULL, &before);
	if (code != CTL_OK && before.status != 404)
		return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
	body = code == CTL_OK ? ES_TAKE(before.json) : cJSON_CreateObject();
	if (body == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	if (ctl_body_fill(&ctl->args, body, &error) != ES_OK)
		return ctl_complain(CTL_USAGE, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	code = ctl_request(ctl, command->method, command->path, body, &answer);
	if (code == CTL_OK && ctl_wants_json(ctl))
		ctl_print_json(answer.json);
	else if (code == CTL_OK)
		ctl_say(ctl, "done");
	return code;
}

/* ---- lists ---- */

struct list {
	struct ctl *ctl;
	FILE *in, *report;
	const char *name;
	off_t size; /* 0: unknown */
	bool shows_bar, has_begun;
	struct ctl_list rows;
	cJSON *batch; /* array */
	size_t lines[BATCH], count;
	size_t line, created, changed, unchanged, refused;
};

static void bar_clear(const struct list *l)
{
	if (l->shows_bar)
		(void)fputs("\r\033[K", stderr);
}

static void bar_show(const struct list *l)
{
	const off_t at = ftello(l->in);

	if (!l->shows_bar || l->line % BAR_EVERY != 0 || at < 0)
		return;
	(void)fprintf(stderr, "\r%3d %%  line %zu, %zu refused", (int)(at * 100 / l->size), l->line, l->refused);
}

static void refuse(struct list *l, size_t line, const char *why, const char *field)
{
	const bool named = field != NULL && field[0] != '\0';

	l->refused++;
	bar_clear(l);
	(void)fprintf(stderr, "line %zu: %s%s%s%s\n", line, why, named ? " (field: " : "", named ? field : "",
	              named ? ")" : "");
	if (l->report != NULL)
		(void)fprintf(l->report, "line %zu: %s%s%s%s\n", line, why, named ? " (field: " : "", named ? field : "",
		              named ? ")" : "");
}

static void result_take(struct list *l, size_t line, const cJSON *result)
{
	const char *outcome = result != NULL ? es_json_str(result, "outcome") : NULL;
	const struct {
		const char *name;
		size_t *counter;
	} good[] = { { "created", &l->created }, { "changed", &l->changed }, { "unchanged", &l->unchanged } };

	for (size_t i = 0; outcome != NULL && i < ES_COUNT(good); i++)
		if (strcmp(outcome, good[i].name) == 0) {
			(*good[i].counter)++;
			return;
		}
	const char *error = result != NULL ? es_json_str(result, "error") : NULL;
	refuse(l, line, error != NULL ? error : "the server gave no outcome",
	       result != NULL ? es_json_str(result, "field") : NULL);
}

static int batch_send(struct list *l)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (l->count == 0)
		return CTL_OK;
	if (body == NULL || !cJSON_AddItemToObject(body, "rows", l->batch))
		return ctl_complain(CTL_REFUSED, "out of memory");
	l->batch = cJSON_CreateArray();
	bar_clear(l);
	int code = ctl_request(l->ctl, "POST", l->ctl->args.command->path, body, &answer);
	if (code != CTL_OK || l->batch == NULL)
		return code != CTL_OK ? code : ctl_complain(CTL_REFUSED, "out of memory");
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer.json, "results");
	result = result != NULL ? result->child : NULL;
	for (size_t i = 0; i < l->count; i++, result = result != NULL ? result->next : NULL)
		result_take(l, l->lines[i], result);
	l->count = 0;
	return CTL_OK;
}

static int row_take(struct list *l, struct es_slice text)
{
	cJSON *object = NULL;
	const char *why = NULL;

	if (ctl_list_line(&l->rows, text, &object, &why) != ES_OK) {
		refuse(l, l->line, why, NULL);
		return CTL_OK;
	}
	if (!cJSON_AddItemToArray(l->batch, object)) {
		cJSON_Delete(object);
		return ctl_complain(CTL_REFUSED, "out of memory");
	}
	l->lines[l->count++] = l->line;
	return l->count == BATCH ? batch_send(l) : CTL_OK;
}

static int line_take(struct list *l, struct es_slice text, bool cut)
{
	const char *why = "the line is too long";

	if (ctl_csv_is_blank(text))
		return CTL_OK;
	if (!l->has_begun) {
		if (cut || ctl_list_begin(text, &l->rows, &why) != ES_OK)
			return ctl_complain(CTL_USAGE, "%s, line %zu: %s", l->name, l->line, why);
		l->has_begun = true;
		return l->rows.is_json ? row_take(l, text) : CTL_OK;
	}
	if (cut) {
		refuse(l, l->line, why, NULL);
		return CTL_OK;
	}
	return row_take(l, text);
}

static int file_take(struct list *l)
{
	char line[CTL_ROWS_LINE_MAX];
	int code = CTL_OK;

	while (code == CTL_OK && fgets(line, sizeof line, l->in) != NULL) {
		const struct es_slice text = es_slice_str(line);
		const bool cut = text.len == sizeof line - 1 && text.ptr[text.len - 1] != '\n';
		l->line++;
		for (int c = cut ? 0 : '\n'; c != '\n' && c != EOF;)
			c = fgetc(l->in);
		code = line_take(l, text, cut);
		bar_show(l);
	}
	if (code == CTL_OK && ferror(l->in) != 0)
		code = ctl_complain(CTL_REFUSED, "%s could not be read to its end", l->name);
	/* What is queued goes in also when a later line ended the import. */
	const int last = l->batch != NULL ? batch_send(l) : CTL_OK;
	bar_clear(l);
	return code != CTL_OK ? code : last;
}

static int list_open(struct list *l)
{
	const char *report = ctl_value(l->ctl, CTL_REPORT);
	struct stat info;

	l->in = strcmp(l->name, "-") == 0 ? stdin : fopen(l->name, "re");
	if (l->in == NULL)
		return ctl_complain(CTL_USAGE, "%s cannot be read; is the name right?", l->name);
	if (fstat(fileno(l->in), &info) == 0 && S_ISREG(info.st_mode))
		l->size = info.st_size;
	l->shows_bar = isatty(STDERR_FILENO) && l->size > 0;
	l->batch = cJSON_CreateArray();
	if (report != NULL && (l->report = fopen(report, "we")) == NULL)
		return ctl_complain(CTL_USAGE, "%s (--report) cannot be written", report);
	return l->batch != NULL ? CTL_OK : ctl_complain(CTL_REFUSED, "out of memory");
}

static void summary(const struct list *l, int code)
{
	if (ctl_wants_json(l->ctl))
		(void)printf(
			"{\"lines\":%zu,\"created\":%zu,\"changed\":%zu,\"unchanged\":%zu,\"refused\":%zu,\"complete\":%s}\n",
			l->line, l->created, l->changed, l->unchanged, l->refused, code == CTL_OK ? "true" : "false");
	ctl_say(l->ctl, "%zu created, %zu changed, %zu unchanged, %zu refused", l->created, l->changed, l->unchanged,
	        l->refused);
	if (code != CTL_OK)
		(void)ctl_complain(CTL_OK, "stopped at line %zu; the same file may be imported again from its start", l->line);
}

int ctl_run_rows(struct ctl *ctl)
{
	struct list l = { .ctl = ctl, .name = ctl_value(ctl, CTL_FILE) };
	int code = list_open(&l);

	if (code == CTL_OK) {
		code = file_take(&l);
		summary(&l, code);
	}
	if (l.in != NULL && l.in != stdin)
		(void)fclose(l.in);
	if (l.report != NULL && fclose(l.report) != 0)
		code = ctl_complain(CTL_REFUSED, "the report could not be written; is the disk full?");
	cJSON_Delete(l.batch);
	return code == CTL_OK && l.refused > 0 ? CTL_REFUSED : code;
}
