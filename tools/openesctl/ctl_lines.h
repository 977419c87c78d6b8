/* ctl_lines.h -- a list that is read line by line from a file or standard input, and what came of its lines: counted, shown on
 * standard error, and written to --report. What a line means is the caller's. */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "ctl.h"
#include "es_slice.h"

struct ctl_lines {
	struct ctl *ctl;
	FILE *in, *report;
	const char *name;
	off_t size;     /* 0: unknown */
	bool shows_bar; /* a person looks, and how much there is is known */
	size_t line;    /* the last one read; 0: none */
	size_t created, changed, unchanged, refused;
};

/* FILE, where - is standard input, and --report. A code of ctl.h; ctl_lines_close() in any case. */
int ctl_lines_open(struct ctl_lines *l, struct ctl *ctl) ES_MUST_USE;
/* The code of the command: `code`, or what the report, or a refused line, makes of it. */
int ctl_lines_close(struct ctl_lines *l, int code) ES_MUST_USE;

/* The next line with its end, in `room`; false at the end of the file, or when it cannot be read (ctl_lines_check). What has no
 * room is passed over and given as `cut`. */
bool ctl_lines_next(struct ctl_lines *l, char *room, size_t size, struct es_slice *out, bool *cut);
/* `code`, or that the file broke off. */
int ctl_lines_check(const struct ctl_lines *l, int code) ES_MUST_USE;

/* `field`: NULL or "" when it is none in particular. */
void ctl_lines_refuse(struct ctl_lines *l, size_t line, const char *why, const char *field);
/* One element of the server's `results`, NULL for one it did not give: counted, unless `is_trial`. False: refused. */
bool ctl_lines_result(struct ctl_lines *l, size_t line, const cJSON *result, bool is_trial);

/* For people, or as JSON; `code` other than CTL_OK: it stopped there. */
void ctl_lines_summary(const struct ctl_lines *l, int code);

void ctl_lines_bar(const struct ctl_lines *l);       /* now and then */
void ctl_lines_bar_clear(const struct ctl_lines *l); /* before anything else is said */

#endif
