/* notify_provider.c -- rows looked up, and what one of them makes of an answer. Pure. */
#include "notify_provider.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"

#define SECOND INT64_C(1000)

static const struct notify_row by_status[] = {
	{ .code = 401, .verdict = NOTIFY_STOPPED, .reason = NOTIFY_WHY_CREDENTIAL },
	{ .code = 403, .verdict = NOTIFY_STOPPED, .reason = NOTIFY_WHY_CREDENTIAL },
	{ .code = 407, .verdict = NOTIFY_STOPPED, .reason = NOTIFY_WHY_CREDENTIAL },
	{ .code = 408, .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_PROVIDER },
	{ .code = 410, .verdict = NOTIFY_GONE, .reason = NOTIFY_WHY_TOKEN },
	{ .code = 425, .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_PROVIDER },
	{ .code = 429, .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_RATE, .wait_ms = 60 * SECOND, .rests = true },
};

static const struct notify_row client = { .verdict = NOTIFY_REFUSED, .reason = NOTIFY_WHY_MESSAGE };
static const struct notify_row server = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_PROVIDER, .rests = true };
static const struct notify_row odd = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_NOT_READABLE };

void notify_request_header(struct notify_request *request, const char *name, const char *value)
{
	assert(request->header_count < NOTIFY_HEADERS_MAX);
	request->headers[request->header_count].name = name;
	request->headers[request->header_count++].value = value;
}

static const struct notify_row *of_status(long code)
{
	for (size_t i = 0; i < ES_COUNT(by_status); i++)
		if (by_status[i].code == code)
			return &by_status[i];
	if (code >= 400 && code < 500)
		return &client;
	return code >= 500 && code < 600 ? &server : &odd;
}

const struct notify_row *notify_row_find(const struct notify_row *rows, size_t count, long code, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		const bool is_code = rows[i].code == 0 || rows[i].code == code;
		if (is_code && (rows[i].word == NULL || strcmp(rows[i].word, word) == 0))
			return &rows[i];
	}
	return of_status(code);
}

const struct notify_row *notify_row_of_stranger(long code)
{
	const struct notify_row *row = of_status(code);

	return row->verdict == NOTIFY_LATER ? row : &odd;
}

/* A word of another system in our log and database: clean and short. */
static void write_detail(char detail[NOTIFY_DETAIL_SIZE], long code, const char *word)
{
	const int len = snprintf(detail, NOTIFY_DETAIL_SIZE, "%ld %s", code, word);
	size_t end = len < NOTIFY_DETAIL_SIZE ? (size_t)len : NOTIFY_DETAIL_SIZE - 1;

	while (end > 0 && detail[end - 1] == ' ')
		detail[--end] = '\0';
	for (size_t i = 0; i < end; i++)
		if (detail[i] < ' ' || detail[i] > '~')
			detail[i] = '?';
}

static int64_t at_most(int64_t value, int64_t max)
{
	return value < max ? value : max;
}

void notify_row_reply(const struct notify_row *row, const struct notify_answer *answer, const char *word,
                      struct notify_reply *reply)
{
	int64_t wait = row->wait_ms;

	*reply = (struct notify_reply){ .heard = { .verdict = row->verdict, .reason = row->reason },
		                            .remedy = row->remedy,
		                            .leaves = row->leaves };
	write_detail(reply->heard.detail, answer->code, word);
	reply->is_sound = answer->code < 500 && row->reason != NOTIFY_WHY_NOT_READABLE;
	if (row->verdict != NOTIFY_LATER)
		return;
	if (answer->retry_after_ms > wait)
		wait = at_most(answer->retry_after_ms, NOTIFY_WAIT_MAX_MS);
	reply->heard.wait_ms = wait;
	if (row->rests && (answer->retry_after_ms > 0 || row->reason == NOTIFY_WHY_RATE))
		reply->rest_ms = at_most(wait, NOTIFY_REST_MAX_MS);
}
