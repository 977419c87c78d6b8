/* ctl_import.c -- a CSV list of subscribers, streamed, 500 at a time.
 *
 * A good line goes in whole, a bad one not at all: the server first says which lines it would take (dry_run), then come
 * their keys, row by row, then the subscribers in one transaction. Bad lines are reported with their number and do not
 * hold up the others. */
#include <stdio.h>
#include <string.h>

#include "ctl_csv.h"
#include "ctl_lines.h"
#include "ctl_secret.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"

#define BATCH 500
#define IMPORT_PATH "/v1/tenants/{tenant}/subscribers:import"

struct pending {
	size_t line;
	char imsi[16];
	bool has_keys, keys_sent, is_out; /* out: refused */
	struct ctl_secret keys;
};

struct import {
	struct ctl *ctl;
	struct ctl_lines list;
	struct ctl_csv csv;
	struct ctl_sealer sealer;
	bool has_sealer;
	size_t left_keys;
	struct pending pending[BATCH];
	size_t count;
	cJSON *rows;
};

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

static int rows_send(struct import *im, bool is_trial)
{
	static const char *const paths[] = { IMPORT_PATH, IMPORT_PATH "?dry_run=true" };
	ES_CLEANUP(es_json_done) cJSON *body = rows_left(im);
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (body == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	ctl_lines_bar_clear(&im->list);
	int code = ctl_request(im->ctl, "POST", paths[is_trial], body, &answer);
	if (code != CTL_OK)
		return code;
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer.json, "results");
	result = result != NULL ? result->child : NULL;
	for (size_t i = 0; i < im->count; i++) {
		if (im->pending[i].is_out)
			continue;
		im->pending[i].is_out = !ctl_lines_result(&im->list, im->pending[i].line, result, is_trial);
		if (im->pending[i].is_out)
			undo_keys(im, &im->pending[i]);
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
		ctl_lines_refuse(&im->list, row->line, ctl_api_problem(im->ctl->api), NULL);
		return CTL_OK;
	}
	ctl_lines_bar_clear(&im->list);
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
	*pending = (struct pending){ .line = im->list.line, .has_keys = row->has_keys };
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
		ctl_lines_refuse(&im->list, im->list.line, why, NULL);
		return CTL_OK;
	}
	return row_queue(im, &row);
}

/* ---- the file ---- */

static int header_take(struct import *im, char line[CTL_CSV_LINE_MAX])
{
	struct es_slice text = { NULL, 0 };
	const char *why = "the file is empty";
	bool cut = false;

	do {
		if (!ctl_lines_next(&im->list, line, CTL_CSV_LINE_MAX, &text, &cut))
			return ctl_complain(CTL_USAGE, "%s: %s; the first line names the columns", im->list.name, why);
	} while (ctl_csv_is_blank(text));
	if (cut || ctl_csv_header(text, &im->csv, &why) != ES_OK)
		return ctl_complain(CTL_USAGE, "%s, line %zu: %s", im->list.name, im->list.line,
		                    cut ? "the line is too long" : why);
	return CTL_OK;
}

static int file_take(struct import *im)
{
	char line[CTL_CSV_LINE_MAX];
	struct es_slice text = { NULL, 0 };
	bool cut = false;

	int code = header_take(im, line);
	while (code == CTL_OK && ctl_lines_next(&im->list, line, CTL_CSV_LINE_MAX, &text, &cut)) {
		if (cut)
			ctl_lines_refuse(&im->list, im->list.line, "the line is longer than 1023 octets", NULL);
		else
			code = line_take(im, text);
		ctl_lines_bar(&im->list);
	}
	es_wipe(line, sizeof line);
	code = ctl_lines_check(&im->list, code);
	/* What is queued goes in also when a later line ended the import. */
	int last = batch_send(im);
	ctl_lines_bar_clear(&im->list);
	return code != CTL_OK ? code : last;
}

int ctl_run_import(struct ctl *ctl)
{
	static struct import im; /* too large for a stack; one import a run */
	static char buffer[65536];

	if (ctl_feed_is_wanted(ctl))
		return ctl_run_feed(ctl);
	im = (struct import){ .ctl = ctl, .rows = cJSON_CreateArray() };
	int code = ctl_lines_open(&im.list, ctl);
	if (code == CTL_OK && im.rows == NULL)
		code = ctl_complain(CTL_REFUSED, "out of memory");
	if (code == CTL_OK) {
		(void)setvbuf(im.list.in, buffer, _IOFBF, sizeof buffer); /* ours, so that the keys in it can be wiped */
		code = file_take(&im);
		if (im.left_keys > 0)
			(void)ctl_complain(CTL_OK,
			                   "keys of %zu refused lines may still be there; openesctl check --mend removes them",
			                   im.left_keys);
		ctl_lines_summary(&im.list, code);
	}
	code = ctl_lines_close(&im.list, code);
	es_wipe(buffer, sizeof buffer);
	es_wipe(im.pending, sizeof im.pending);
	cJSON_Delete(im.rows);
	return code;
}
