/* notify_payload.c -- words of a template put in place. Pure. */
#include "notify_payload.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#define APP_LONGEST "ap2016-ap2016-16"

static void put_app(const struct notify_message *m, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	if (m->app_count == 1) {
		es_json_string(out, es_slice_str(m->apps[0]));
		return;
	}
	es_json_array(&j, NULL);
	for (size_t i = 0; i < m->app_count; i++)
		es_json_put_str(&j, NULL, m->apps[i]);
	es_json_end_array(&j);
}

static void put_apps_text(const struct notify_message *m, struct es_buf *out)
{
	uint8_t plain_room[4096], quoted_room[8192];
	struct es_buf plain, quoted;

	es_buf_init_fixed(&plain, plain_room, sizeof plain_room);
	es_buf_init_fixed(&quoted, quoted_room, sizeof quoted_room);
	if (m->app_count == 1)
		es_put_str(&plain, m->apps[0]);
	else
		put_app(m, &plain);
	es_json_string(&quoted, es_buf_slice(&plain));
	out->bad = out->bad || es_buf_status(&plain) != ES_OK || es_buf_status(&quoted) != ES_OK;
	if (!out->bad)
		es_put_bytes(out, es_slice_sub(es_buf_slice(&quoted), 1, quoted.len - 1));
}

/* The zone in digits: there are clients that know no Z. */
static void put_timestamp(const struct notify_message *m, struct es_buf *out)
{
	char text[21];

	es_time_iso8601(m->now_ms, text);
	es_put_bytes(out, es_slice_of(text, 19));
	es_put_str(out, "+00:00");
}

static const struct {
	const char *word;
	void (*put)(const struct notify_message *m, struct es_buf *out);
} words[] = {
	{ "{app}", put_app },
	{ "{apps_text}", put_apps_text },
	{ "{timestamp}", put_timestamp },
};

void notify_payload_write(const char *template, const struct notify_message *message, struct es_buf *out)
{
	while (*template != '\0') {
		size_t i = 0;
		while (i < ES_COUNT(words) && strncmp(template, words[i].word, strlen(words[i].word)) != 0)
			i++;
		if (i < ES_COUNT(words)) {
			words[i].put(message, out);
			template += strlen(words[i].word);
		} else {
			es_put_u8(out, (uint8_t) * template ++);
		}
	}
}

static const char *fault_with(const char *template, const struct notify_message *m, size_t max, bool only_strings)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf out;

	es_buf_init(&out, 65536);
	notify_payload_write(template, m, &out);
	if (es_buf_status(&out) != ES_OK || out.len > max)
		return "is too long with all applications in it";
	if (es_json_parse(es_buf_slice(&out), ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json))
		return "makes no JSON object";
	for (const cJSON *member = json->child; only_strings && member != NULL; member = member->next)
		if (!cJSON_IsString(member))
			return "has a value that is no string";
	return NULL;
}

const char *notify_payload_fault(const char *template, size_t max, bool only_strings)
{
	struct notify_message m = { .app_count = 1 };
	const char *fault;

	if ((strstr(template, "{app}") == NULL && strstr(template, "{apps_text}") == NULL) ||
	    strstr(template, "{timestamp}") == NULL)
		return "names {timestamp}, and {app} or {apps_text}";
	for (size_t i = 0; i < NOTIFY_APPS_MAX; i++)
		m.apps[i] = APP_LONGEST;
	fault = fault_with(template, &m, max, only_strings);
	m.app_count = NOTIFY_APPS_MAX;
	return fault != NULL ? fault : fault_with(template, &m, max, only_strings);
}
