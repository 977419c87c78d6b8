/* notify_sms_body.c -- fills {to}, {from}, {text}, {udh} and {data} in, escaped for where they stand. */
#include "notify_sms_body.h"

#include <string.h>

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
