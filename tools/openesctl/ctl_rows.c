/* ctl_rows.c -- devices and models: one put under its key, or a whole list of them, streamed, 500 at a time. */
#include "ctl.h"
#include "ctl_csv.h"
#include "ctl_lines.h"
#include "ctl_row.h"
#include "es_cleanup.h"
#include "es_json.h"

#define BATCH 500
#define LINE_OCTETS 4096 /* with the end of the line */

int ctl_run_put(struct ctl *ctl)
{
	const struct ctl_command *command = ctl->args.command;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer before = { .status = 0 }, answer = { .status = 0 };
	ES_CLEANUP(es_json_done) cJSON *body = NULL;

	int code = ctl_ask(ctl, "GET", command->path, NULL, &before);
	if (code != CTL_OK && before.status != 404)
		return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
	body = code == CTL_OK ? ES_TAKE(before.json) : cJSON_CreateObject();
	code = ctl_fill(ctl, body);
	if (code == CTL_OK)
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
	struct ctl_lines list;
	bool has_begun;
	struct ctl_rows rows;
	cJSON *batch; /* array */
	size_t lines[BATCH], count;
};

static int batch_send(struct list *l)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (l->count == 0)
		return CTL_OK;
	if (body == NULL || !cJSON_AddItemToObject(body, "rows", l->batch))
		return ctl_complain(CTL_REFUSED, "out of memory");
	l->batch = cJSON_CreateArray();
	ctl_lines_bar_clear(&l->list);
	int code = ctl_request(l->ctl, "POST", l->ctl->args.command->path, body, &answer);
	if (code != CTL_OK || l->batch == NULL)
		return code != CTL_OK ? code : ctl_complain(CTL_REFUSED, "out of memory");
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer.json, "results");
	result = result != NULL ? result->child : NULL;
	for (size_t i = 0; i < l->count; i++, result = result != NULL ? result->next : NULL)
		(void)ctl_lines_result(&l->list, l->lines[i], result, false);
	l->count = 0;
	return CTL_OK;
}

static int row_take(struct list *l, struct es_slice text)
{
	cJSON *object = NULL;
	const char *why = NULL;

	const es_status status = ctl_row_read(&l->rows, text, &object, &why);
	if (status == ES_MALFORMED) {
		ctl_lines_refuse(&l->list, l->list.line, why, NULL);
		return CTL_OK;
	}
	if (status != ES_OK || !cJSON_AddItemToArray(l->batch, object)) {
		cJSON_Delete(object);
		return ctl_complain(CTL_REFUSED, "out of memory");
	}
	l->lines[l->count++] = l->list.line;
	return l->count == BATCH ? batch_send(l) : CTL_OK;
}

static int line_take(struct list *l, struct es_slice text, bool cut)
{
	const char *why = "the line is too long";

	if (ctl_csv_is_blank(text))
		return CTL_OK;
	if (!l->has_begun) {
		if (cut || ctl_rows_begin(text, CTL_ROW_OURS, &l->rows, &why) != ES_OK)
			return ctl_complain(CTL_USAGE, "%s, line %zu: %s", l->list.name, l->list.line, why);
		l->has_begun = true;
		return l->rows.is_json ? row_take(l, text) : CTL_OK;
	}
	if (cut) {
		ctl_lines_refuse(&l->list, l->list.line, why, NULL);
		return CTL_OK;
	}
	return row_take(l, text);
}

static int file_take(struct list *l)
{
	char line[LINE_OCTETS];
	struct es_slice text = { NULL, 0 };
	bool cut = false;
	int code = CTL_OK;

	while (code == CTL_OK && ctl_lines_next(&l->list, line, sizeof line, &text, &cut)) {
		code = line_take(l, text, cut);
		ctl_lines_bar(&l->list);
	}
	code = ctl_lines_check(&l->list, code);
	/* What is queued goes in also when a later line ended the import. */
	const int last = l->batch != NULL ? batch_send(l) : CTL_OK;
	ctl_lines_bar_clear(&l->list);
	return code != CTL_OK ? code : last;
}

int ctl_run_rows(struct ctl *ctl)
{
	struct list l = { .ctl = ctl, .batch = cJSON_CreateArray() };
	int code = ctl_lines_open(&l.list, ctl);

	if (code == CTL_OK && l.batch == NULL)
		code = ctl_complain(CTL_REFUSED, "out of memory");
	if (code == CTL_OK) {
		code = file_take(&l);
		ctl_lines_summary(&l.list, code);
	}
	cJSON_Delete(l.batch);
	return ctl_lines_close(&l.list, code);
}
