/* ctl_lines.c -- reading a list, and telling what came of its lines. */
#include "ctl_lines.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_json.h"

#define BAR_WIDTH 30
#define BAR_EVERY 20 /* lines */

int ctl_lines_open(struct ctl_lines *l, struct ctl *ctl)
{
	const char *report = ctl_value(ctl, CTL_REPORT);
	struct stat info;

	*l = (struct ctl_lines){ .ctl = ctl, .name = ctl_value(ctl, CTL_FILE) };
	l->in = strcmp(l->name, "-") == 0 ? stdin : fopen(l->name, "re");
	if (l->in == NULL)
		return ctl_complain(CTL_USAGE, "%s cannot be read; is the name right?", l->name);
	if (fstat(fileno(l->in), &info) == 0 && S_ISREG(info.st_mode))
		l->size = info.st_size;
	l->shows_bar = isatty(STDERR_FILENO) && l->size > 0;
	if (report != NULL && (l->report = fopen(report, "we")) == NULL)
		return ctl_complain(CTL_USAGE, "%s (--report) cannot be written", report);
	return CTL_OK;
}

int ctl_lines_close(struct ctl_lines *l, int code)
{
	if (l->in != NULL && l->in != stdin)
		(void)fclose(l->in);
	if (l->report != NULL && fclose(l->report) != 0)
		code = ctl_complain(CTL_REFUSED, "the report could not be written; is the disk full?");
	return code == CTL_OK && l->refused > 0 ? CTL_REFUSED : code;
}

bool ctl_lines_next(struct ctl_lines *l, char *room, size_t size, struct es_slice *out, bool *cut)
{
	if (fgets(room, (int)size, l->in) == NULL)
		return false;
	l->line++;
	*out = es_slice_str(room);
	*cut = out->len == size - 1 && out->ptr[out->len - 1] != '\n';
	for (int c = *cut ? 0 : '\n'; c != '\n' && c != EOF;)
		c = fgetc(l->in);
	return true;
}

int ctl_lines_check(const struct ctl_lines *l, int code)
{
	return code == CTL_OK && ferror(l->in) != 0 ? ctl_complain(CTL_REFUSED, "%s could not be read to its end", l->name)
	                                            : code;
}

/* ---- what came of a line ---- */

void ctl_lines_refuse(struct ctl_lines *l, size_t line, const char *why, const char *field)
{
	const bool has_field = field != NULL && field[0] != '\0';
	FILE *const both[] = { stderr, l->report };

	l->refused++;
	ctl_lines_bar_clear(l);
	for (size_t i = 0; i < ES_COUNT(both); i++)
		if (both[i] != NULL)
			(void)fprintf(both[i], "line %zu: %s%s%s%s\n", line, why, has_field ? " (field: " : "",
			              has_field ? field : "", has_field ? ")" : "");
}

bool ctl_lines_result(struct ctl_lines *l, size_t line, const cJSON *result, bool is_trial)
{
	const char *outcome = result != NULL ? es_json_str(result, "outcome") : NULL;
	const struct {
		const char *name;
		size_t *counter;
	} good[] = { { "created", &l->created }, { "changed", &l->changed }, { "unchanged", &l->unchanged } };

	for (size_t i = 0; outcome != NULL && i < ES_COUNT(good); i++)
		if (strcmp(outcome, good[i].name) == 0) {
			*good[i].counter += !is_trial;
			return true;
		}
	const char *error = result != NULL ? es_json_str(result, "error") : NULL;
	ctl_lines_refuse(l, line, error != NULL ? error : "the server gave no outcome",
	                 result != NULL ? es_json_str(result, "field") : NULL);
	return false;
}

void ctl_lines_summary(const struct ctl_lines *l, int code)
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

/* ---- progress ---- */

void ctl_lines_bar_clear(const struct ctl_lines *l)
{
	if (l->shows_bar)
		(void)fputs("\r\033[K", stderr);
}

void ctl_lines_bar(const struct ctl_lines *l)
{
	char bar[BAR_WIDTH + 1];

	if (!l->shows_bar || l->line % BAR_EVERY != 0)
		return;
	const off_t at = ftello(l->in);
	const size_t percent = at >= 0 && at <= l->size ? (size_t)(at * 100 / l->size) : 100;
	for (size_t i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	(void)fprintf(stderr, "\r[%s] %3zu %%  line %zu, %zu refused", bar, percent, l->line, l->refused);
}
