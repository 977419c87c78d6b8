/* notify_sms_body.c -- fills {to}, {from}, {text}, {udh} and {data} in, escaped for where they stand; reads the answer's code. */
#include "notify_sms_body.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

static const struct {
	const char *mark;
	size_t offset;
} marks[] = {
	{ "{to}", offsetof(struct notify_sms_values, to) },     { "{from}", offsetof(struct notify_sms_values, from) },
	{ "{text}", offsetof(struct notify_sms_values, text) }, { "{udh}", offsetof(struct notify_sms_values, udh) },
	{ "{data}", offsetof(struct notify_sms_values, data) },
};
#define MARK_COUNT (sizeof marks / sizeof *marks)

bool notify_sms_template_is_usable(const char *template)
{
	return strstr(template, "{to}") != NULL && strstr(template, "{text}") != NULL;
}

bool notify_sms_template_wakes(const char *template)
{
	return strstr(template, "{to}") != NULL && strstr(template, "{udh}") != NULL && strstr(template, "{data}") != NULL;
}

static void put_value(bool is_json, struct es_slice value, struct es_buf *out)
{
	struct es_buf literal;

	if (!is_json) {
		es_percent_encode(value, out);
		return;
	}
	es_buf_init(&literal, 8192);
	es_json_string(&literal, value);
	if (es_buf_status(&literal) == ES_OK) /* the template has the quotes */
		es_put_bytes(out, es_slice_sub(es_buf_slice(&literal), 1, literal.len - 1));
	else
		out->bad = true;
	es_buf_wipe(&literal);
}

static size_t mark_at(const char *at)
{
	size_t i = 0;

	while (i < MARK_COUNT && strncmp(at, marks[i].mark, strlen(marks[i].mark)) != 0)
		i++;
	return i;
}

void notify_sms_body(const char *template, bool is_json, const struct notify_sms_values *values, struct es_buf *out)
{
	while (*template != '\0') {
		size_t i = mark_at(template);

		if (i == MARK_COUNT) {
			es_put_u8(out, (uint8_t) * template ++);
			continue;
		}
		struct es_slice value;
		memcpy(&value, (const char *)values + marks[i].offset, sizeof value);
		put_value(is_json, value, out);
		template += strlen(marks[i].mark);
	}
}

/* ---- the answer ---- */

/* What a gateway's answer means for a wake-up. A text has one try. */
static const struct {
	long from, to;
	enum notify_verdict verdict;
	enum notify_reason reason;
} verdicts[] = {
	{ 200, 299, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE },      { 401, 401, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL },
	{ 403, 403, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL }, { 408, 408, NOTIFY_LATER, NOTIFY_WHY_PROVIDER },
	{ 429, 429, NOTIFY_LATER, NOTIFY_WHY_RATE },         { 400, 499, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE },
	{ 500, 599, NOTIFY_LATER, NOTIFY_WHY_PROVIDER },     { 0, 999, NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE },
};

void notify_sms_heard(long code, int64_t retry_after_s, struct notify_heard *out)
{
	size_t i = 0;

	while (i < ES_COUNT(verdicts) - 1 && (code < verdicts[i].from || code > verdicts[i].to))
		i++;
	*out = (struct notify_heard){ .verdict = verdicts[i].verdict, .reason = verdicts[i].reason };
	if (out->verdict == NOTIFY_LATER && retry_after_s > 0)
		out->wait_ms = retry_after_s * 1000;
	(void)snprintf(out->detail, sizeof out->detail, "%ld", code);
}
