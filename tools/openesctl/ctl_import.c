/* ctl_import.c -- a CSV list of subscribers, streamed, 500 at a time.
 *
 * A good line goes in whole, a bad one not at all: the server first says which lines it would take (dry_run), then come
 * their keys, row by row, then the subscribers in one transaction. Bad lines are reported with their number and do not
 * hold up the others. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl_csv.h"
#include "ctl_secret.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"

#define BATCH 500
#define IMPORT_PATH "/v1/tenants/{tenant}/subscribers:import"
#define BAR_WIDTH 30
#define BAR_EVERY 20 /* lines */

struct pending {
	size_t line;
	char imsi[16];
	bool has_keys, keys_sent, is_out; /* out: refused */
	struct ctl_secret keys;
};

struct import {
	struct ctl *ctl;
	FILE *in, *report;
	const char *name;
	off_t size; /* 0: unknown */
	struct ctl_csv csv;
	struct ctl_sealer sealer;
	bool has_sealer, shows_bar;
	size_t line, created, changed, unchanged, refused, left_keys;
	struct pending pending[BATCH];
	size_t count;
	cJSON *rows;
};

/* ---- progress and report, both on standard error ---- */

static void bar_clear(const struct import *im)
{
	if (im->shows_bar)
		(void)fputs("\r\033[K", stderr);
}

static void bar_show(const struct import *im)
{
	char bar[BAR_WIDTH + 1];
	off_t at = ftello(im->in);

	if (!im->shows_bar || im->line % BAR_EVERY != 0)
		return;
	size_t percent = im->size > 0 && at >= 0 && at <= im->size ? (size_t)(at * 100 / im->size) : 100;
	for (size_t i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	(void)fprintf(stderr, "\r[%s] %3zu %%  line %zu, %zu refused", bar, percent, im->line, im->refused);
}

static void refuse(struct import *im, size_t line, const char *why, const char *field)
{
	const char *open = field != NULL && field[0] != '\0' ? " (field: " : "", *close = open[0] != '\0' ? ")" : "";

	im->refused++;
	bar_clear(im);
	(void)fprintf(stderr, "line %zu: %s%s%s%s\n", line, why, open, open[0] != '\0' ? field : "", close);
	if (im->report != NULL)
		(void)fprintf(im->report, "line %zu: %s%s%s%s\n", line, why, open, open[0] != '\0' ? field : "", close);
}

/* ---- a batch ---- */

static void undo_keys(struct import *im, struct pending *row)
{
	if (!row->keys_sent)
		return;
	im->ctl->args.value[CTL_IMSI] = row->imsi;
	im->left_keys += ctl_keys_undo(im->ctl) == CTL_LEFT;
}

static bool batch_reset(struct import *im)
{
	cJSON_Delete(im->rows);
	im->rows = cJSON_CreateArray();
	es_wipe(im->pending, im->count * sizeof *im->pending);
	im->count = 0;
	return im->rows != NULL;
}

/* Nothing more of the batch goes in: its keys go again. */
static int batch_drop(struct import *im, int code)
{
	for (size_t i = 0; i < im->count; i++)
		undo_keys(im, &im->pending[i]);
	(void)batch_reset(im);
	return code;
}

/* Rows that are still in, as the server's answers list them. */
static cJSON *rows_left(const struct import *im)
{
	cJSON *body = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(body, "rows");
	const cJSON *row = im->rows->child;

	for (size_t i = 0; rows != NULL && i < im->count; i++, row = row->next) {
		cJSON *copy = im->pending[i].is_out ? NULL : cJSON_Duplicate(row, true);
		if (!im->pending[i].is_out && (copy == NULL || !cJSON_AddItemToArray(rows, copy)))
			rows = NULL;
	}
	if (rows == NULL) {
		cJSON_Delete(body);
		return NULL;
	}
	return body;
}

/* One row's outcome: out when refused, else counted, unless it was only a trial. */
static void result_take(struct import *im, struct pending *row, const cJSON *result, bool is_trial)
{
	const char *outcome = result != NULL ? es_json_str(result, "outcome") : NULL;
	const struct {
		const char *name;
		size_t *counter;
	} good[] = { { "created", &im->created }, { "changed", &im->changed }, { "unchanged", &im->unchanged } };

	for (size_t i = 0; outcome != NULL && i < ES_COUNT(good); i++) {
		if (strcmp(outcome, good[i].name) == 0) {
			*good[i].counter += !is_trial;
			return;
		}
	}
	const char *error = result != NULL ? es_json_str(result, "error") : NULL;
	row->is_out = true;
	refuse(im, row->line, error != NULL ? error : "the server gave no outcome",
	       result != NULL ? es_json_str(result, "field") : NULL);
	undo_keys(im, row);
}

static int rows_send(struct import *im, bool is_trial)
{
	static const char *const paths[] = { IMPORT_PATH, IMPORT_PATH "?dry_run=true" };
	ES_CLEANUP(es_json_done) cJSON *body = rows_left(im);
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (body == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	bar_clear(im);
	int code = ctl_request(im->ctl, "POST", paths[is_trial], body, &answer);
	if (code != CTL_OK)
		return code;
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer.json, "results");
	result = result != NULL ? result->child : NULL;
	for (size_t i = 0; i < im->count; i++) {
		if (im->pending[i].is_out)
			continue;
		result_take(im, &im->pending[i], result, is_trial);
		result = result != NULL ? result->next : NULL;
	}
	return CTL_OK;
}

/* What is refused for its keys alone is out; other failures end the import. */
static int keys_send(struct import *im, struct pending *row)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	im->ctl->args.value[CTL_IMSI] = row->imsi;
	int code = ctl_keys_put(im->ctl, &im->sealer, row->imsi, &row->keys, &answer);
	row->keys_sent = code == CTL_OK;
	if (code == CTL_OK)
		return CTL_OK;
	row->is_out = answer.status == 422 || answer.status == 409;
	if (row->is_out) {
		refuse(im, row->line, ctl_api_problem(im->ctl->api), NULL);
		return CTL_OK;
	}
	bar_clear(im);
	return ctl_complain(code, "%s", ctl_api_problem(im->ctl->api));
}

/* Which rows the server would take is asked before the first key is touched: a line goes in whole or not at all. */
static int batch_keys(struct import *im)
{
	int code = rows_send(im, true);

	if (code == CTL_OK && !im->has_sealer) {
		code = ctl_sealer_open(im->ctl, &im->sealer);
		im->has_sealer = code == CTL_OK;
	}
	for (size_t i = 0; i < im->count && code == CTL_OK; i++)
		if (im->pending[i].has_keys && !im->pending[i].is_out)
			code = keys_send(im, &im->pending[i]);
	return code;
}

static int batch_send(struct import *im)
{
	bool any_keys = false;
	int code = CTL_OK;

	if (im->count == 0)
		return CTL_OK;
	for (size_t i = 0; i < im->count; i++)
		any_keys = any_keys || im->pending[i].has_keys;
	if (any_keys)
		code = batch_keys(im);
	if (code == CTL_OK)
		code = rows_send(im, false);
	if (code != CTL_OK)
		return batch_drop(im, code);
	return batch_reset(im) ? CTL_OK : ctl_complain(CTL_REFUSED, "out of memory");
}

/* ---- a row ---- */

static bool put_member(cJSON *object, const char *name, const char *value)
{
	return value[0] == '\0' || cJSON_AddStringToObject(object, name, value) != NULL;
}

static bool put_vowifi(cJSON *object, const struct ctl_csv_row *row)
{
	if (row->terms[0] == '\0' && row->address[0] == '\0' && row->provisioning[0] == '\0')
		return true;
	cJSON *vowifi = cJSON_AddObjectToObject(object, "vowifi");
	return vowifi != NULL && put_member(vowifi, "terms", row->terms) && put_member(vowifi, "address", row->address) &&
	       put_member(vowifi, "provisioning", row->provisioning);
}

static int row_queue(struct import *im, const struct ctl_csv_row *row)
{
	cJSON *object = cJSON_CreateObject();

	if (object == NULL || !cJSON_AddItemToArray(im->rows, object)) {
		cJSON_Delete(object);
		return ctl_complain(CTL_REFUSED, "out of memory");
	}
	if (!put_member(object, "imsi", row->imsi.digits) || !put_member(object, "msisdn", row->msisdn) ||
	    !put_member(object, "plan", row->plan) || !put_member(object, "status", row->status) ||
	    !put_vowifi(object, row))
		return ctl_complain(CTL_REFUSED, "out of memory");
	struct pending *pending = &im->pending[im->count++];
	*pending = (struct pending){ .line = im->line, .has_keys = row->has_keys };
	memcpy(pending->imsi, row->imsi.digits, sizeof pending->imsi);
	memcpy(pending->keys.k, row->k, sizeof pending->keys.k);
	memcpy(pending->keys.opc, row->opc, sizeof pending->keys.opc);
	memcpy(pending->keys.amf, row->amf, sizeof pending->keys.amf);
	return im->count == BATCH ? batch_send(im) : CTL_OK;
}

static void row_wipe(struct ctl_csv_row *row)
{
	es_wipe(row, sizeof *row);
}

static int line_take(struct import *im, struct es_slice line)
{
	ES_CLEANUP(row_wipe) struct ctl_csv_row row = { .has_keys = false };
	const char *why = NULL;

	if (ctl_csv_is_blank(line))
		return CTL_OK;
	if (ctl_csv_row(&im->csv, line, &row, &why) != ES_OK) {
		refuse(im, im->line, why, NULL);
		return CTL_OK;
	}
	return row_queue(im, &row);
}

/* ---- the file ---- */

/* The next line with its end; false at the end of the file. What is too long is passed over and given as `cut`. */
static bool line_next(struct import *im, char line[CTL_CSV_LINE_MAX], struct es_slice *out, bool *cut)
{
	if (fgets(line, CTL_CSV_LINE_MAX, im->in) == NULL)
		return false;
	im->line++;
	*out = es_slice_str(line);
	*cut = out->len == CTL_CSV_LINE_MAX - 1 && out->ptr[out->len - 1] != '\n';
	for (int c = *cut ? 0 : '\n'; c != '\n' && c != EOF;)
		c = fgetc(im->in);
	return true;
}

static int header_take(struct import *im, char line[CTL_CSV_LINE_MAX])
{
	struct es_slice text = { NULL, 0 };
	const char *why = "the file is empty";
	bool cut = false;

	do {
		if (!line_next(im, line, &text, &cut))
			return ctl_complain(CTL_USAGE, "%s: %s; the first line names the columns", im->name, why);
	} while (ctl_csv_is_blank(text));
	if (cut || ctl_csv_header(text, &im->csv, &why) != ES_OK)
		return ctl_complain(CTL_USAGE, "%s, line %zu: %s", im->name, im->line, cut ? "the line is too long" : why);
	return CTL_OK;
}

static int file_take(struct import *im)
{
	char line[CTL_CSV_LINE_MAX];
	struct es_slice text = { NULL, 0 };
	bool cut = false;

	int code = header_take(im, line);
	while (code == CTL_OK && line_next(im, line, &text, &cut)) {
		if (cut)
			refuse(im, im->line, "the line is longer than 1023 octets", NULL);
		else
			code = line_take(im, text);
		bar_show(im);
	}
	es_wipe(line, sizeof line);
	if (code == CTL_OK && ferror(im->in) != 0)
		code = ctl_complain(CTL_REFUSED, "%s could not be read to its end", im->name);
	/* What is queued goes in also when a later line ended the import. */
	int last = batch_send(im);
	bar_clear(im);
	return code != CTL_OK ? code : last;
}

static void summary(const struct import *im, int code)
{
	if (ctl_wants_json(im->ctl)) {
		(void)printf(
			"{\"lines\":%zu,\"created\":%zu,\"changed\":%zu,\"unchanged\":%zu,\"refused\":%zu,\"complete\":%s}\n",
			im->line, im->created, im->changed, im->unchanged, im->refused, code == CTL_OK ? "true" : "false");
	}
	ctl_say(im->ctl, "%zu created, %zu changed, %zu unchanged, %zu refused", im->created, im->changed, im->unchanged,
	        im->refused);
	if (im->left_keys > 0)
		(void)ctl_complain(CTL_OK, "keys of %zu refused lines may still be there; openesctl check --mend removes them",
		                   im->left_keys);
	if (code != CTL_OK)
		(void)ctl_complain(CTL_OK, "stopped at line %zu; the same file may be imported again from its start", im->line);
}

static int import_open(struct import *im)
{
	const char *report = ctl_value(im->ctl, CTL_REPORT);
	struct stat info;

	im->in = strcmp(im->name, "-") == 0 ? stdin : fopen(im->name, "re");
	if (im->in == NULL)
		return ctl_complain(CTL_USAGE, "%s cannot be read; is the name right?", im->name);
	if (fstat(fileno(im->in), &info) == 0 && S_ISREG(info.st_mode))
		im->size = info.st_size;
	im->shows_bar = isatty(STDERR_FILENO) && im->size > 0;
	im->rows = cJSON_CreateArray();
	if (report != NULL && (im->report = fopen(report, "we")) == NULL)
		return ctl_complain(CTL_USAGE, "%s (--report) cannot be written", report);
	return im->rows != NULL ? CTL_OK : ctl_complain(CTL_REFUSED, "out of memory");
}

int ctl_run_import(struct ctl *ctl)
{
	static struct import im; /* too large for a stack; one import a run */
	static char buffer[65536];

	if (ctl_feed_is_wanted(ctl))
		return ctl_run_feed(ctl);
	im = (struct import){ .ctl = ctl, .name = ctl_value(ctl, CTL_FILE) };
	int code = import_open(&im);
	if (code == CTL_OK) {
		(void)setvbuf(im.in, buffer, _IOFBF, sizeof buffer); /* ours, so that the keys in it can be wiped */
		code = file_take(&im);
		summary(&im, code);
	}
	if (im.in != NULL && im.in != stdin)
		(void)fclose(im.in);
	if (im.report != NULL && fclose(im.report) != 0)
		code = ctl_complain(CTL_REFUSED, "the report could not be written; is the disk full?");
	es_wipe(buffer, sizeof buffer);
	es_wipe(im.pending, sizeof im.pending);
	cJSON_Delete(im.rows);
	return code == CTL_OK && im.refused > 0 ? CTL_REFUSED : code;
}
