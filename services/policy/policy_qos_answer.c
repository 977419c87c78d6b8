/* policy_qos_answer.c -- what a network calls a session that it made. Pure. */
#include "policy_qos_answer.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"
#include "policy_qos.h"

/* One segment of a path, as it is or percent-encoded: it goes back into a path of ours. */
static bool is_segment(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_word && (c == '\0' || strchr("-._~%:@!$&'()*+,;=", c) == NULL))
			return false;
	}
	return text.len > 0 && text.len < POLICY_QOS_REMOTE_MAX && !es_slice_eq_str(text, ".") &&
	       !es_slice_eq_str(text, "..");
}

es_status policy_qos_read_location(struct es_slice location, struct es_buf *out)
{
	size_t start = location.len;

	while (start > 0 && location.ptr[start - 1] != '/')
		start--;
	const struct es_slice last = es_slice_sub(location, start, location.len);
	if (start == 0 || !is_segment(last))
		return ES_MALFORMED;
	es_put_bytes(out, last);
	es_put_u8(out, '\0');
	return es_buf_status(out);
}

es_status policy_qos_read_session(struct es_slice body, struct es_buf *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	ES_TRY(es_json_parse(body, ES_JSON_SMALL, &json));
	const char *id = cJSON_IsObject(json) ? es_json_str(json, "sessionId") : NULL;
	if (id == NULL || !is_segment(es_slice_str(id)))
		return ES_MALFORMED;
	es_put_str(out, id);
	es_put_u8(out, '\0');
	return es_buf_status(out);
}
