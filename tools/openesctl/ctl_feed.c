/* ctl_feed.c -- the whole list of one of the operator's own systems, streamed: changes go in, what is missing is told.
 *
 * Rows go to the server as they are, 200 at a time; the server's mapping of that source says what they mean. What was
 * taken is remembered (--resume), so that a list that broke off goes on where it stopped. Keys of SIMs are not taken from
 * such lists: that is ctl_import.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_csv.h"
#include "ctl_lines.h"
#include "ctl_row.h"
#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#define BATCH 200
#define BATCH_OCTETS 600000u
#define STATE_MAX 65536
#define SINCE_SIZE 21

struct feed {
	struct ctl *ctl;
	struct ctl_lines list;
	struct ctl_rows rows;
	bool has_begun, is_trial;
	size_t taken; /* the last line whose batch is in */
	size_t missing, terminated;
	size_t lines[BATCH]; /* of the batch */
	cJSON *batch;
	size_t count, octets;
	char since[SINCE_SIZE]; /* the server's time of the first batch */
};

bool ctl_feed_is_wanted(const struct ctl *ctl)
{
	static const uint8_t options[] = { CTL_SOURCE, CTL_DRY_RUN, CTL_RESUME, CTL_MISSING, CTL_TERMINATE_MISSING };
	const char *name = ctl_value(ctl, CTL_FILE);
	char start[4];
	size_t len = 0;

	for (size_t i = 0; i < ES_COUNT(options); i++)
		if (ctl_value(ctl, options[i]) != NULL)
			return true;
	FILE *file = strcmp(name, "-") == 0 ? NULL : fopen(name, "re");
	if (file != NULL) {
		len = fread(start, 1, sizeof start, file);
		(void)fclose(file);
	}
	const struct es_slice text = ctl_csv_body(es_slice_of(start, len));
	return text.len > 0 && text.ptr[0] == '{';
}

/* ---- where it stopped ---- */

static struct {
	const char *name;
	size_t offset;
} const numbers[] = {
	{ "line", offsetof(struct feed, taken) },           { "created", offsetof(struct feed, list.created) },
	{ "changed", offsetof(struct feed, list.changed) }, { "unchanged", offsetof(struct feed, list.unchanged) },
	{ "refused", offsetof(struct feed, list.refused) },
};

static size_t *number_of(struct feed *f, size_t i)
{
	return (size_t *)(void *)((char *)f + numbers[i].offset);
}

/* Written beside it and renamed: never half there. */
static int state_save(struct feed *f)
{
	const char *path = ctl_value(f->ctl, CTL_RESUME);
	char part[4096];

	if (path == NULL || f->is_trial)
		return CTL_OK;
	int len = snprintf(part, sizeof part, "%s.part", path);
	FILE *file = len > 0 && (size_t)len < sizeof part ? fopen(part, "we") : NULL;
	if (file == NULL)
		return ctl_complain(CTL_USAGE, "%s (--resume) cannot be written", path);
	(void)fprintf(file, "{\"since\": \"%s\"", f->since);
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		(void)fprintf(file, ", \"%s\": %zu", numbers[i].name, *number_of(f, i));
	(void)fprintf(file, "}\n");
	const bool is_written = fflush(file) == 0 && fsync(fileno(file)) == 0;
	if (fclose(file) != 0 || !is_written || rename(part, path) != 0)
		return ctl_complain(CTL_USAGE, "%s (--resume) cannot be written", path);
	return CTL_OK;
}

static int state_load(struct feed *f)
{
	ES_CLEANUP(es_json_done) cJSON *state = NULL;
	const char *path = ctl_value(f->ctl, CTL_RESUME);
	static char text[STATE_MAX];
	int64_t number = 0;

	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	if (file == NULL)
		return CTL_OK;
	size_t len = fread(text, 1, sizeof text, file);
	(void)fclose(file);
	const char *since =
		es_json_parse(es_slice_of(text, len), ES_JSON_SMALL, &state) == ES_OK ? es_json_str(state, "since") : NULL;
	if (since == NULL || strlen(since) >= SINCE_SIZE)
		return ctl_complain(CTL_USAGE, "%s (--resume) is not what an earlier run wrote", path);
	memcpy(f->since, since, strlen(since) + 1);
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		*number_of(f, i) = es_json_i64(state, numbers[i].name, &number) && number > 0 ? (size_t)number : 0;
	return CTL_OK;
}

/* ---- a batch ---- */

static int batch_begin(struct feed *f)
{
	cJSON_Delete(f->batch);
	f->batch = cJSON_CreateObject();
	f->count = f->octets = 0;
	return f->batch != NULL && cJSON_AddArrayToObject(f->batch, "rows") != NULL
	           ? CTL_OK
	           : ctl_complain(CTL_REFUSED, "out of memory");
}

/* `line`: the last one that is in, or refused, with it. */
static int batch_send(struct feed *f, size_t line)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	char path[256];
	const char *source = ctl_value(f->ctl, CTL_SOURCE);

	if (f->count == 0)
		return CTL_OK;
	(void)snprintf(path, sizeof path, "/v1/tenants/{tenant}/subscribers:import?dry_run=%s%s%.64s",
	               f->is_trial ? "true" : "false", source != NULL ? "&source=" : "", source != NULL ? source : "");
	ctl_lines_bar_clear(&f->list);
	int code = ctl_request(f->ctl, "POST", path, f->batch, &answer);
	if (code != CTL_OK)
		return code;
	const char *at = es_json_str(answer.json, "at");
	if (f->since[0] == '\0' && at != NULL && strlen(at) < SINCE_SIZE)
		memcpy(f->since, at, strlen(at) + 1);
	const cJSON *results = cJSON_GetObjectItemCaseSensitive(answer.json, "results");
	for (size_t i = 0; i < f->count; i++)
		(void)ctl_lines_result(&f->list, f->lines[i], cJSON_GetArrayItem(results, (int)i), false);
	f->taken = line;
	code = state_save(f);
	return code == CTL_OK ? batch_begin(f) : code;
}

/* ---- the file ---- */

static int line_queue(struct feed *f, struct es_slice line)
{
	const char *why = NULL;
	cJSON *row = NULL;

	es_status status = ctl_row_read(&f->rows, line, &row, &why);
	if (status == ES_MALFORMED) {
		ctl_lines_refuse(&f->list, f->list.line, why, NULL);
		return CTL_OK;
	}
	if (status != ES_OK || !cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(f->batch, "rows"), row)) {
		cJSON_Delete(row);
		return ctl_complain(CTL_REFUSED, "out of memory");
	}
	f->lines[f->count++] = f->list.line;
	f->octets += line.len + 64;
	return CTL_OK;
}

static int line_take(struct feed *f, struct es_slice line)
{
	const char *why = NULL;

	if (ctl_csv_is_blank(line))
		return CTL_OK;
	if (!f->has_begun) {
		if (ctl_rows_begin(line, CTL_ROW_THEIRS, &f->rows, &why) != ES_OK)
			return ctl_complain(CTL_USAGE, "%s, line %zu: %s", f->list.name, f->list.line, why);
		f->has_begun = true;
		if (!f->rows.is_json)
			return CTL_OK;
	}
	if (f->list.line <= f->taken)
		return CTL_OK;
	if (f->count == BATCH || f->octets + line.len > BATCH_OCTETS) {
		const int code = batch_send(f, f->list.line - 1);
		if (code != CTL_OK)
			return code;
	}
	return line_queue(f, line);
}

static int file_take(struct feed *f)
{
	static char line[CTL_ROW_LINE_MAX];
	struct es_slice text = { NULL, 0 };
	bool cut = false;
	int code = batch_begin(f);

	while (code == CTL_OK && ctl_lines_next(&f->list, line, sizeof line, &text, &cut)) {
		if (cut && f->list.line > f->taken)
			ctl_lines_refuse(&f->list, f->list.line, "the line is longer than 65535 octets", NULL);
		else if (!cut)
			code = line_take(f, text);
		ctl_lines_bar(&f->list);
	}
	code = ctl_lines_check(&f->list, code);
	if (code == CTL_OK && !f->has_begun)
		code = ctl_complain(CTL_USAGE, "%s is empty", f->list.name);
	if (code == CTL_OK)
		code = batch_send(f, f->list.line);
	ctl_lines_bar_clear(&f->list);
	return code;
}

/* ---- what the list does not name ---- */

static int take_missing(struct ctl *ctl, const cJSON *item, void *user)
{
	struct feed *f = user;
	const char *imsi = es_json_str(item, "imsi");

	(void)ctl;
	f->missing++;
	if (imsi != NULL && f->list.report != NULL)
		(void)fprintf(f->list.report, "missing: %s\n", imsi);
	else if (imsi != NULL)
		(void)fprintf(stderr, "missing: %s\n", imsi);
	return CTL_OK;
}

static int terminate(struct ctl *ctl, const cJSON *item, void *user)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct feed *f = user;
	char imsi[16];

	(void)snprintf(imsi, sizeof imsi, "%s", es_json_str(item, "imsi") != NULL ? es_json_str(item, "imsi") : "");
	ctl->args.value[CTL_IMSI] = imsi;
	int code = ctl_request(ctl, "POST", "/v1/tenants/{tenant}/subscribers/{imsi}:terminate", NULL, &answer);
	ctl->args.value[CTL_IMSI] = NULL;
	f->terminated += code == CTL_OK;
	return code;
}

static int pages(struct feed *f, ctl_each *each)
{
	static const uint8_t query[] = { CTL_UNANSWERED_SINCE, CTL_NONE };

	f->ctl->args.value[CTL_UNANSWERED_SINCE] = f->since;
	return ctl_pages(f->ctl, "/v1/tenants/{tenant}/subscribers", query, 0, each, f);
}

/* A list that is short of many lines is more likely broken than true: then nobody loses anything. */
static int missing_take(struct feed *f)
{
	const char *most = ctl_value(f->ctl, CTL_TERMINATE_MISSING);
	uint32_t limit = 0;

	if (most == NULL && ctl_value(f->ctl, CTL_MISSING) == NULL)
		return CTL_OK;
	if (ctl_value(f->ctl, CTL_SOURCE) == NULL)
		return ctl_complain(CTL_USAGE, "--missing and --terminate-missing need --source: whose whole list is it?");
	if (f->is_trial || f->since[0] == '\0')
		return ctl_complain(CTL_USAGE, "which lines are missing is known after an import, not after a trial");
	if (most != NULL && es_parse_u32(es_slice_str(most), 1, 1000000000, &limit) != ES_OK)
		return ctl_complain(CTL_USAGE, "--terminate-missing wants the most that may be terminated, as a number");
	int code = pages(f, take_missing);
	if (code != CTL_OK || most == NULL || f->missing == 0)
		return code;
	if (f->list.refused > 0)
		return ctl_complain(CTL_REFUSED, "nothing is terminated: refused lines of the list may be the missing ones");
	if (f->missing > limit)
		return ctl_complain(CTL_REFUSED, "nothing is terminated: %zu lines are missing, --terminate-missing allows %u",
		                    f->missing, limit);
	return pages(f, terminate);
}

/* ---- the command ---- */

static void summary(const struct feed *f, int code)
{
	const struct ctl_lines *n = &f->list;
	const bool is_whole = code == CTL_OK;

	if (ctl_wants_json(f->ctl))
		(void)printf("{\"lines\":%zu,\"created\":%zu,\"changed\":%zu,\"unchanged\":%zu,\"refused\":%zu,\"missing\":%zu,"
		             "\"terminated\":%zu,\"dry_run\":%s,\"complete\":%s}\n",
		             n->line, n->created, n->changed, n->unchanged, n->refused, f->missing, f->terminated,
		             f->is_trial ? "true" : "false", is_whole ? "true" : "false");
	ctl_say(f->ctl, "%s%zu created, %zu changed, %zu unchanged, %zu refused, %zu missing, %zu terminated",
	        f->is_trial ? "would be: " : "", n->created, n->changed, n->unchanged, n->refused, f->missing,
	        f->terminated);
	if (!is_whole)
		(void)ctl_complain(CTL_OK, "lines up to %zu are in; the same list may be imported again%s", f->taken,
		                   ctl_value(f->ctl, CTL_RESUME) != NULL ? ", and goes on behind them" : " from its start");
}

int ctl_run_feed(struct ctl *ctl)
{
	static struct feed f; /* one import a run */

	f = (struct feed){ .ctl = ctl, .is_trial = ctl_value(ctl, CTL_DRY_RUN) != NULL };
	int code = ctl_lines_open(&f.list, ctl);
	if (code == CTL_OK)
		code = state_load(&f);
	if (code == CTL_OK) {
		code = file_take(&f);
		if (code == CTL_OK)
			code = missing_take(&f);
		summary(&f, code);
		if (code == CTL_OK && ctl_value(ctl, CTL_RESUME) != NULL)
			(void)unlink(ctl_value(ctl, CTL_RESUME));
	}
	cJSON_Delete(f.batch);
	return ctl_lines_close(&f.list, code);
}
