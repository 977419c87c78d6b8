/* esim_message.c -- MSG: what the device asks its user without a web view, and what was answered (TS.43 6.5.5, T45). Pure. */
#include <regex.h>
#include <string.h>

#include "es_buf.h"
#include "es_text.h"
#include "es_utf8.h"
#include "esim_answer.h"

/* Positions of MSG_character_display_limits. */
enum { LIMIT_TITLE, LIMIT_MESSAGE, LIMIT_ACCEPT, LIMIT_REJECT, LIMIT_HINT, LIMIT_ERROR, LIMITS };

/* -1: no limit; what cannot be read is none. */
static void read_limits(const struct esim_request *request, int64_t limits[LIMITS])
{
	struct es_slice rest = esim_param(request, "MSG_character_display_limits");

	for (size_t i = 0; i < LIMITS; i++) {
		const struct es_slice one = es_slice_trim(es_slice_cut(&rest, ','));
		if (es_parse_i64(one, 1, 65535, &limits[i]) != ES_OK)
			limits[i] = -1;
	}
}

/* So many characters of it, whole ones. */
static struct es_slice within(const char *text, int64_t limit)
{
	const struct es_slice all = es_slice_str(text);
	size_t at = 0;

	for (int64_t i = 0; at < all.len && (limit < 0 || i < limit); i++) {
		const size_t len = es_utf8_length(es_slice_sub(all, at, all.len));
		at += len > 0 ? len : 1;
	}
	return es_slice_sub(all, 0, at);
}

static void put_text(struct esim_answer *answer, struct es_doc_node *msg, const char *name, const char *text,
                     int64_t limit)
{
	if (text[0] != '\0')
		esim_answer_put(answer, msg, name, within(text, limit));
}

static void put_validation(struct esim_answer *answer, struct es_doc_node *msg, const struct esim_text *text,
                           int64_t limit)
{
	struct es_buf encoded;

	if (text->validation[0] == '\0')
		return;
	es_buf_init(&encoded, 4096);
	es_put_str(&encoded, "encodedValue=");
	es_base64_encode(es_slice_str(text->validation), &encoded);
	const struct es_slice kept = es_arena_copy(answer->arena, es_buf_slice(&encoded));
	answer->is_short = answer->is_short || es_buf_status(&encoded) != ES_OK || kept.ptr == NULL;
	es_buf_free(&encoded);
	esim_answer_put(answer, msg, "Accept_freetext_validation", kept);
	put_text(answer, msg, "Accept_freetext_validation_failed_error_text", text->error_text, limit);
}

void esim_answer_message(const struct esim_request *request, struct esim_answer *answer, struct es_doc_node *parent)
{
	const struct esim_text *text = &request->facts.settings.text;
	struct es_doc_node *msg = esim_answer_open(answer, parent, "MSG", false);
	int64_t limits[LIMITS];

	read_limits(request, limits);
	put_text(answer, msg, "Title", text->title, limits[LIMIT_TITLE]);
	esim_answer_put(answer, msg, "Message", within(text->message, limits[LIMIT_MESSAGE]));
	esim_answer_put_str(answer, msg, "Accept_btn", "1");
	put_text(answer, msg, "Accept_btn_label", text->accept_label, limits[LIMIT_ACCEPT]);
	esim_answer_put_str(answer, msg, "Reject_btn", "1");
	put_text(answer, msg, "Reject_btn_label", text->reject_label, limits[LIMIT_REJECT]);
	esim_answer_put_str(answer, msg, "Accept_freetext", text->has_freetext ? "1" : "0");
	if (!text->has_freetext)
		return;
	put_text(answer, msg, "Accept_freetext_hint", text->hint, limits[LIMIT_HINT]);
	put_validation(answer, msg, text, limits[LIMIT_ERROR]);
}

/* ---- what came back ---- */

int esim_message_button(const struct esim_request *request)
{
	int64_t button = -1;

	return es_parse_i64(esim_param(request, "MSG_btn"), 0, 1, &button) == ES_OK ? (int)button : -1;
}

/* POSIX extended, as the clients that exist apply it (annex A30). An expression of the operator's that is none lets all
 * pass: it was checked when it was set. */
static bool matches(const char *expression, const char *text)
{
	regex_t compiled;

	if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return true;
	const bool is_match = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return is_match;
}

enum esim_result esim_message_check(const struct esim_request *request)
{
	const struct esim_text *text = &request->facts.settings.text;
	const struct es_slice response = esim_param(request, "MSG_response");
	char typed[ESIM_CODE + 1];

	if (!text->has_freetext)
		return response.len == 0 ? ESIM_SUCCESS : ESIM_INVALID_MSG_RESPONSE;
	if (response.len == 0 || !es_slice_to_str(response, typed, sizeof typed))
		return ESIM_INVALID_MSG_RESPONSE;
	return text->validation[0] == '\0' || matches(text->validation, typed) ? ESIM_SUCCESS : ESIM_INVALID_MSG_RESPONSE;
}
