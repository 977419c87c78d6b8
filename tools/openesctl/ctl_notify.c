/* ctl_notify.c -- how a line's devices are woken, one told to wake now, and failures tried again. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "ctl_body.h"
#include "ctl_view.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_json.h"
#include "es_text.h"

#define OUTPUT_MAX (1u << 20)
#define LINE "/v1/tenants/{tenant}/subscribers/{imsi}/notifications"
#define FAILURES "/v1/tenants/{tenant}/notification-failures"
#define WAIT_S 30
#define LOOK_MS 300

#define COLUMNS(...)                                                                                                   \
	{                                                                                                                  \
		(const struct ctl_column[])                                                                                    \
		{                                                                                                              \
			__VA_ARGS__,                                                                                               \
			{                                                                                                          \
				NULL, NULL, 0                                                                                          \
			}                                                                                                          \
		}                                                                                                              \
	}
static const struct ctl_view registrations_view =
	COLUMNS({ "APP", "app", 6 }, { "CHANNEL", "channel", 7 }, { "TERMINAL", "terminal_id", 16 },
            { "APP NAME", "app_name", 16 }, { "TOKEN", "token", 12 }, { "ACCOUNT", "account", 12 },
            { "REGISTERED", "registered", 20 }, { "TOLD", "told", 20 }, { "OUTCOME", "outcome", 0 });
static const struct ctl_view due_view = COLUMNS(
	{ "APP", "app", 6 }, { "CHANNEL", "channel", 7 }, { "TERMINAL", "terminal_id", 16 }, { "ACCOUNT", "account", 12 },
	{ "SINCE", "since", 20 }, { "NEXT", "next", 20 }, { "ATTEMPTS", "attempts", 0 });
static const struct ctl_view tested_view =
	COLUMNS({ "APP", "app", 6 }, { "CHANNEL", "channel", 7 }, { "TERMINAL", "terminal_id", 16 },
            { "ACCOUNT", "account", 12 }, { "WOKEN", "woken", 5 }, { "WHAT THE PROVIDER SAYS", "outcome", 0 });
static const struct ctl_view accounts_view =
	COLUMNS({ "ACCOUNT", "name", 16 }, { "KIND", "kind", 6 }, { "STATE", "state", 10 }, { "QUEUED", "queued", 8 },
            { "OLDEST", "oldest", 0 });

static const cJSON *list_of(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- what there is ---- */

static void put_table(struct es_buf *text, const char *title, const char *nothing, const struct ctl_view *view,
                      const cJSON *array)
{
	if (cJSON_GetArraySize(array) == 0) {
		es_put_printf(text, "%s\n", nothing);
		return;
	}
	es_put_printf(text, "%s\n", title);
	ctl_view_lines(view, array, true, text);
}

int ctl_run_notify_show(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct es_buf text;
	const int code = ctl_request(ctl, "GET", LINE, NULL, &answer);

	if (code != CTL_OK || ctl_wants_json(ctl))
		return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
	es_buf_init(&text, OUTPUT_MAX);
	put_table(&text, "Registered:", "No device has registered to be woken.", &registrations_view,
	          list_of(answer.json, "registrations"));
	es_put_u8(&text, '\n');
	put_table(&text, "Due:", "Nothing is due.", &due_view, list_of(answer.json, "due"));
	return ctl_print(&text);
}

int ctl_run_notify_channels(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct es_buf text;
	const int code = ctl_request(ctl, "GET", ctl->args.command->path, NULL, &answer);

	if (code != CTL_OK || ctl_wants_json(ctl))
		return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
	es_buf_init(&text, OUTPUT_MAX);
	ctl_view_object(list_of(answer.json, "rules"), &text);
	es_put_u8(&text, '\n');
	put_table(&text, "Accounts:", "The tenant has no accounts: nobody is woken.", &accounts_view,
	          list_of(answer.json, "accounts"));
	return ctl_print(&text);
}

/* ---- a test ---- */

static bool is_same(const cJSON *a, const cJSON *b)
{
	static const char *const names[] = { "app", "app_name", "channel", "terminal_id" };

	for (size_t i = 0; i < ES_COUNT(names); i++) {
		const char *x = es_json_str(a, names[i]), *y = es_json_str(b, names[i]);
		if (x == NULL || y == NULL || strcmp(x, y) != 0)
			return false;
	}
	return true;
}

static const cJSON *find(const cJSON *array, const cJSON *one)
{
	const cJSON *item = NULL;

	cJSON_ArrayForEach(item, array)
	{
		if (is_same(item, one))
			return item;
	}
	return NULL;
}

/* Numbers of failures grow. */
static int64_t number_of(const cJSON *failure)
{
	const char *text = es_json_str(failure, "id");
	int64_t number = 0;

	return text != NULL && es_parse_i64(es_slice_str(text), 0, INT64_MAX, &number) == ES_OK ? number : 0;
}

static int ask_failures(struct ctl *ctl, struct ctl_answer *out)
{
	return ctl_request(ctl, "GET", FAILURES "?imsi={imsi}&limit=100", NULL, out);
}

static int newest_failure(struct ctl *ctl, int64_t *out)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	const int code = ask_failures(ctl, &answer);

	*out = code == CTL_OK ? number_of(cJSON_GetArrayItem(list_of(answer.json, "items"), 0)) : 0;
	return code;
}

static int start_test(struct ctl *ctl, struct ctl_answer *out)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();

	const int code = ctl_fill(ctl, body);
	return code == CTL_OK ? ctl_request(ctl, "POST", LINE ":test", body, out) : code;
}

static size_t still_due(const cJSON *tested, const cJSON *line)
{
	const cJSON *one = NULL;
	size_t count = 0;

	cJSON_ArrayForEach(one, tested)
	{
		count += find(list_of(line, "due"), one) != NULL;
	}
	return count;
}

static void look_later(void)
{
	struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };

	while (nanosleep(&pause, &pause) != 0) {
	}
}

/* Looks until all are sent or given up, or the time is over. `line` gets the last look. */
static int wait_for(struct ctl *ctl, const cJSON *tested, int64_t wait_s, struct ctl_answer *line)
{
	const int64_t until = es_mono_ms() + wait_s * 1000;
	size_t said = 0;

	for (;;) {
		ctl_answer_done(line);
		*line = (struct ctl_answer){ .status = 0 };
		const int code = ctl_request(ctl, "GET", LINE, NULL, line);
		const size_t left = code == CTL_OK ? still_due(tested, line->json) : 0;
		if (code != CTL_OK || left == 0 || es_mono_ms() >= until)
			return code;
		if (left != said)
			(void)fprintf(stderr, "waiting for the providers' word on %zu of %d, for %lld s at most\n", left,
			              cJSON_GetArraySize(tested), (long long)wait_s);
		said = left;
		look_later();
	}
}

static const cJSON *failure_of(const cJSON *failures, const cJSON *one, int64_t after)
{
	const cJSON *failure = NULL;

	cJSON_ArrayForEach(failure, failures)
	{
		if (number_of(failure) > after && is_same(failure, one))
			return failure;
	}
	return NULL;
}

/* What became of one; true: its provider took it. */
static bool judge(const cJSON *one, const cJSON *line, const cJSON *failures, int64_t after, char *says, size_t size)
{
	const cJSON *failure = failure_of(failures, one, after);
	const cJSON *registration = find(list_of(line, "registrations"), one);
	const char *outcome = registration != NULL ? es_json_str(registration, "outcome") : NULL;
	const char *channel = es_json_str(one, "channel");
	const bool by_sms = channel != NULL && strcmp(channel, "sms") == 0;
	const char *last = outcome != NULL ? outcome : by_sms ? "handed over" : "nothing yet";

	if (failure != NULL)
		(void)snprintf(says, size, "given up: %s (%s)", es_json_str(failure, "detail"), es_json_str(failure, "reason"));
	else if (find(list_of(line, "due"), one) != NULL)
		(void)snprintf(says, size, "not taken yet: %s", by_sms ? "nothing yet" : last);
	else if (registration == NULL && !by_sms)
		(void)snprintf(says, size, "withdrawn: the provider knows this push token no more");
	else {
		(void)snprintf(says, size, "%s", last);
		return true;
	}
	return false;
}

static int tell(const struct ctl *ctl, cJSON *tested, const cJSON *line, const cJSON *failures, int64_t after)
{
	cJSON *items = cJSON_GetObjectItemCaseSensitive(tested, "items"), *one = NULL;
	struct es_buf text;
	bool all = true;

	cJSON_ArrayForEach(one, items)
	{
		char says[512];
		const bool woken = judge(one, line, failures, after, says, sizeof says);
		all = all && woken;
		if (cJSON_AddBoolToObject(one, "woken", woken) == NULL || cJSON_AddStringToObject(one, "outcome", says) == NULL)
			return ctl_complain(CTL_REFUSED, "out of memory");
	}
	if (ctl_wants_json(ctl)) {
		ctl_print_json(tested);
		return all ? CTL_OK : CTL_REFUSED;
	}
	es_buf_init(&text, OUTPUT_MAX);
	ctl_view_lines(&tested_view, items, true, &text);
	const int code = ctl_print(&text);
	return code == CTL_OK && !all ? CTL_REFUSED : code;
}

int ctl_run_notify_test(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer tested = { .status = 0 };
	ES_CLEANUP(ctl_answer_done) struct ctl_answer line = { .status = 0 };
	ES_CLEANUP(ctl_answer_done) struct ctl_answer failures = { .status = 0 };
	const char *text = ctl_value(ctl, CTL_WAIT);
	int64_t wait_s = WAIT_S, before = 0;

	if (text != NULL && (ctl_seconds_parse(es_slice_str(text), &wait_s) != ES_OK || wait_s > 300))
		return ctl_complain(CTL_USAGE, "--wait wants seconds, 300 at most");
	int code = newest_failure(ctl, &before);
	if (code == CTL_OK)
		code = start_test(ctl, &tested);
	if (code == CTL_OK)
		code = wait_for(ctl, list_of(tested.json, "items"), wait_s, &line);
	if (code == CTL_OK)
		code = ask_failures(ctl, &failures);
	return code == CTL_OK ? tell(ctl, tested.json, line.json, list_of(failures.json, "items"), before) : code;
}

/* ---- failures tried again ---- */

/* One page; `cursor` "" after the last. */
static int replay_page(struct ctl *ctl, char cursor[64], int64_t *replayed, int64_t *passed)
{
	static const struct {
		enum ctl_opt opt;
		const char *query;
	} filters[] = { { CTL_REASON, "&reason={reason}" },
		            { CTL_CHANNEL, "&channel={channel}" },
		            { CTL_IMSI, "&imsi={imsi}" } };
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	int64_t there = 0;
	char path[256];

	int used =
		snprintf(path, sizeof path, FAILURES ":replay?limit=500%s%s", cursor[0] != '\0' ? "&cursor=" : "", cursor);
	for (size_t i = 0; i < ES_COUNT(filters); i++)
		if (ctl_value(ctl, filters[i].opt) != NULL)
			used += snprintf(path + used, sizeof path - (size_t)used, "%s", filters[i].query);
	const int code = ctl_request(ctl, "POST", path, NULL, &answer);
	if (code != CTL_OK)
		return code;
	*replayed += es_json_i64(answer.json, "replayed", &there) ? there : 0;
	*passed += es_json_i64(answer.json, "passed_over", &there) ? there : 0;
	const char *next = es_json_str(answer.json, "next");
	(void)snprintf(cursor, 64, "%s", next != NULL ? next : "");
	return CTL_OK;
}

static int replay_all(struct ctl *ctl)
{
	char cursor[64] = "";
	int64_t replayed = 0, passed = 0;
	int code;

	do {
		code = replay_page(ctl, cursor, &replayed, &passed);
	} while (code == CTL_OK && cursor[0] != '\0');
	if (ctl_wants_json(ctl))
		(void)printf("{\"replayed\":%lld,\"passed_over\":%lld}\n", (long long)replayed, (long long)passed);
	ctl_say(ctl, "%lld are due again; %lld passed over, whose registration is gone or that no account is there for",
	        (long long)replayed, (long long)passed);
	return code;
}

int ctl_run_notify_replay(struct ctl *ctl)
{
	const bool has_filter =
		ctl_value(ctl, CTL_REASON) != NULL || ctl_value(ctl, CTL_CHANNEL) != NULL || ctl_value(ctl, CTL_IMSI) != NULL;
	const bool is_one = ctl_value(ctl, CTL_FAILURE) != NULL;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (is_one == (has_filter || ctl_value(ctl, CTL_ALL) != NULL))
		return ctl_complain(CTL_USAGE, "say which: a failure by its number, those that --reason, --channel and --imsi "
		                               "name, or --all");
	if (!is_one)
		return replay_all(ctl);
	const int code = ctl_request(ctl, "POST", FAILURES "/{failure}:replay", NULL, &answer);
	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}
