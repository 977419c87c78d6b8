/* ctl_mass.c -- a mass change, followed until it ends. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "es_cleanup.h"
#include "es_json.h"

#define BAR_WIDTH 30
#define LOOK_S 1

static const char *text_of(const cJSON *change, const char *name, const char *otherwise)
{
	const char *text = es_json_str(change, name);

	return text != NULL ? text : otherwise;
}

static long long number_of(const cJSON *change, const char *name)
{
	int64_t number = 0;

	return es_json_i64(change, name, &number) ? (long long)number : 0;
}

static bool has_ended(const cJSON *change)
{
	const char *state = text_of(change, "state", "");

	return strcmp(state, "done") == 0 || strcmp(state, "cancelled") == 0;
}

static void describe(const cJSON *change, char *out, size_t size)
{
	char bar[BAR_WIDTH + 1], total[24] = "?";
	const long long percent = number_of(change, "percent");
	const size_t full = (size_t)percent * BAR_WIDTH / 100;

	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '#', full < BAR_WIDTH ? full : BAR_WIDTH);
	bar[BAR_WIDTH] = '\0';
	if (cJSON_HasObjectItem(change, "total"))
		(void)snprintf(total, sizeof total, "%lld", number_of(change, "total"));
	(void)snprintf(out, size, "[%s] %3lld %%  %s  %lld of %s lines, %lld woken, %lld/s, until %s", bar, percent,
	               text_of(change, "state", "?"), number_of(change, "lines"), total, number_of(change, "woken"),
	               number_of(change, "rate"), text_of(change, "estimated_end", "-"));
}

/* A person gets one line that moves, a file a line for each step. */
static void show(const cJSON *change, char last[256])
{
	const bool moves = isatty(STDERR_FILENO) != 0;
	char now[256];

	describe(change, now, sizeof now);
	if (strcmp(now, last) == 0)
		return;
	(void)snprintf(last, 256, "%s", now);
	(void)fprintf(stderr, moves ? "\r\033[K%s" : "%s\n", now);
}

static int follow(struct ctl *ctl, struct ctl_answer *answer)
{
	const struct timespec pause = { .tv_sec = LOOK_S };
	char last[256] = "";

	for (;;) {
		ctl_answer_done(answer);
		*answer = (struct ctl_answer){ .status = 0 };
		const int code = ctl_request(ctl, "GET", ctl->args.command->path, NULL, answer);
		if (code != CTL_OK)
			return code;
		show(answer->json, last);
		if (has_ended(answer->json))
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (isatty(STDERR_FILENO) != 0)
		(void)fputc('\n', stderr);
	return CTL_OK;
}

int ctl_run_mass_show(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	const int code = ctl_value(ctl, CTL_WATCH) != NULL
	                     ? follow(ctl, &answer)
	                     : ctl_request(ctl, "GET", ctl->args.command->path, NULL, &answer);

	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}

int ctl_run_mass_rate(struct ctl *ctl)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	int code = ctl_fill(ctl, body);
	if (code == CTL_OK)
		code = ctl_request(ctl, "PATCH", ctl->args.command->path, body, &answer);
	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}
