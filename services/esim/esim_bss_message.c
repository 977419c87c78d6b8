/* esim_bss_message.c -- one JSON object there, one back; tables of their members. */
#include "esim_bss_message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "es_json.h"
#include "es_text.h"
#include "esim_activation_code.h"
#include "esim_es2.h"

#define RETRY_AFTER_MAX_S 86400
#define SECTION_MAX 31 /* ES_CONFIG_NAME_MAX */
#define DIGITS_SHOWN 6 /* in a row, of a reason */

/* ---- what is asked ---- */

struct said {
	const char *name;
	size_t offset;
};
#define SAID(member)                                                                                                   \
	{                                                                                                                  \
#member, offsetof(struct esim_bss_request, member)                                                             \
	}
#define SAID_IN(object, member)                                                                                        \
	{                                                                                                                  \
#member, offsetof(struct esim_bss_request, object.member)                                                      \
	}

static const struct said line[] = { SAID(order),      SAID(tenant),
	                                SAID(step),       SAID(kind),
	                                SAID(app),        SAID(imsi),
	                                SAID(msisdn),     SAID(service),
	                                SAID(plan),       SAID(enterprise_id),
	                                SAID(iccid),      SAID(old_iccid),
	                                SAID(old_device), SAID(requesting_device),
	                                SAID(response) };
static const struct said device[] = { SAID_IN(device, id), SAID_IN(device, eid), SAID_IN(device, vendor),
	                                  SAID_IN(device, model), SAID_IN(device, name) };
static const struct said profile[] = { SAID_IN(profile, iccid), SAID_IN(profile, imsi), SAID_IN(profile, msisdn) };

static const char *text_of(const struct esim_bss_request *r, const struct said *said)
{
	const char *text;

	memcpy(&text, (const char *)r + said->offset, sizeof text);
	return text != NULL ? text : "";
}

static void put(const struct esim_bss_request *r, const struct said *said, size_t count, struct es_json_out *j)
{
	for (size_t i = 0; i < count; i++)
		if (text_of(r, &said[i])[0] != '\0')
			es_json_put_str(j, said[i].name, text_of(r, &said[i]));
}

static void put_object(const struct esim_bss_request *r, const char *name, const struct said *said, size_t count,
                       struct es_json_out *j)
{
	size_t i = 0;

	while (i < count && text_of(r, &said[i])[0] == '\0')
		i++;
	if (i == count)
		return;
	es_json_object(j, name);
	put(r, said, count, j);
	es_json_end_object(j);
}

es_status esim_bss_write(const struct esim_bss_request *r, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	put(r, line, ES_COUNT(line), &j);
	put_object(r, "device", device, ES_COUNT(device), &j);
	put_object(r, "profile", profile, ES_COUNT(profile), &j);
	es_json_end_object(&j);
	return es_buf_status(out);
}

/* ---- what is told with "done" ---- */

static bool take_text(const char *text, char *out, size_t size)
{
	return es_text_is_clean_utf8(es_slice_str(text)) && strpbrk(text, "\t\r\n") == NULL &&
	       es_slice_to_str(es_slice_str(text), out, size);
}

static bool take_iccid(const char *text, char *out, size_t size)
{
	assert(size == ESIM_ICCID + 1);
	return esim_es2_iccid(es_slice_str(text), out);
}

static bool take_imsi(const char *text, char *out, size_t size)
{
	struct es_imsi imsi;

	return es_imsi_parse(es_slice_str(text), &imsi) == ES_OK && take_text(text, out, size);
}

static bool take_msisdn(const char *text, char *out, size_t size)
{
	struct es_msisdn msisdn;

	return es_msisdn_parse(es_slice_str(text), &msisdn) == ES_OK && take_text(text, out, size);
}

static bool take_section(const char *text, char *out, size_t size)
{
	const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return len > 0 && len <= SECTION_MAX && text[len] == '\0' && take_text(text, out, size);
}

static bool take_host(const char *text, char *out, size_t size)
{
	return esim_is_host(es_slice_str(text)) && take_text(text, out, size);
}

static bool take_activation_code(const char *text, char *out, size_t size)
{
	struct esim_activation_code code;

	return esim_activation_code_parse(es_slice_str(text), &code) == ES_OK && es_slice_to_str(code.text, out, size);
}

static bool take_confirmation_code(const char *text, char *out, size_t size)
{
	const size_t len = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return len > 0 && text[len] == '\0' && take_text(text, out, size);
}

static const struct {
	const char *name;
	bool (*take)(const char *text, char *out, size_t size);
	size_t offset, size;
} told[] = {
#define TOLD(member, take)                                                                                             \
	{                                                                                                                  \
#member, take, offsetof(struct esim_heard, member), sizeof((struct esim_heard *)0)->member                     \
	}
	TOLD(profile_type, take_text),
	TOLD(plan, take_text),
	TOLD(iccid, take_iccid),
	TOLD(imsi, take_imsi),
	TOLD(msisdn, take_msisdn),
	TOLD(smdp, take_section),
	TOLD(smdp_address, take_host),
	TOLD(activation_code, take_activation_code),
	TOLD(confirmation_code, take_confirmation_code),
};

/* The name of the first member that is none; NULL: all are taken. */
static const char *take_all(const cJSON *json, struct esim_heard *out)
{
	for (size_t i = 0; i < ES_COUNT(told); i++) {
		const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, told[i].name);
		if (member == NULL || cJSON_IsNull(member) || (cJSON_IsString(member) && member->valuestring[0] == '\0'))
			continue;
		if (!cJSON_IsString(member) || !told[i].take(member->valuestring, (char *)out + told[i].offset, told[i].size))
			return told[i].name;
	}
	return NULL;
}

/* ---- what it means ---- */

static void say(struct esim_heard *out, enum esim_heard_outcome outcome, const char *reason)
{
	size_t len = strlen(reason);

	*out = (struct esim_heard){ .outcome = outcome };
	if (len > ESIM_REASON)
		for (len = ESIM_REASON; len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80;) /* between characters */
			len--;
	memcpy(out->reason, reason, len);
}

/* Reasons are shown and logged: longer runs of digits may be somebody's number, and controls somebody's line. */
static void mask(char *text)
{
	for (char *c = text; *c != '\0'; c++) {
		const size_t digits = strspn(c, "0123456789");
		if (digits > DIGITS_SHOWN)
			memset(c, '#', digits);
		if (digits > 0)
			c += digits - 1;
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			*c = ' ';
	}
}

static void refused(struct esim_heard *out, const cJSON *json)
{
	const char *code = es_json_str(json, "code"), *message = es_json_str(json, "message");
	char text[512];

	(void)snprintf(text, sizeof text, "%s%s%s", code != NULL ? code : "", code != NULL && message != NULL ? ": " : "",
	               message != NULL ? message : "");
	mask(text);
	say(out, ESIM_HEARD_REFUSED, text[0] != '\0' ? text : "refused without a reason");
}

static void done(struct esim_heard *out, const cJSON *json)
{
	char text[64];

	say(out, ESIM_HEARD_DONE, "");
	const char *wrong = take_all(json, out);
	if (wrong != NULL) { /* it has acted: asked again, until somebody has mended what it says */
		(void)snprintf(text, sizeof text, "done, but %s is malformed", wrong);
		say(out, ESIM_HEARD_LOST, text);
		return;
	}
	struct esim_activation_code code;
	if (out->activation_code[0] != '\0' &&
	    esim_activation_code_parse(es_slice_str(out->activation_code), &code) == ES_OK)
		(void)es_slice_to_str(code.matching_id, out->matching_id, sizeof out->matching_id);
}

static void pending(struct esim_heard *out, const cJSON *json, int64_t retry_after_s)
{
	int64_t after_s = 0;

	if (json == NULL || !es_json_i64(json, "retry_after_s", &after_s) || after_s <= 0)
		after_s = retry_after_s > 0 ? retry_after_s : 0;
	say(out, ESIM_HEARD_PENDING, "in work at the BSS");
	out->retry_after_ms = 1000 * (after_s < RETRY_AFTER_MAX_S ? after_s : RETRY_AFTER_MAX_S);
}

static bool answered(struct esim_heard *out, const cJSON *json, int64_t retry_after_s)
{
	const char *state = json != NULL ? es_json_str(json, "state") : NULL;

	if (state != NULL && strcmp(state, "done") == 0) {
		done(out, json);
	} else if (state != NULL && strcmp(state, "pending") == 0) {
		pending(out, json, retry_after_s);
	} else if (state != NULL && strcmp(state, "refused") == 0) {
		refused(out, json);
	} else {
		say(out, ESIM_HEARD_LOST,
		    state == NULL ? "the answer is no JSON object with a state" : "the answer's state is none that is known");
		return false;
	}
	return true;
}

static bool is_undoing(const char *step)
{
	return strcmp(step, "cancel") == 0 || strcmp(step, "deprovision") == 0;
}

/* RFC 9110: these say that the request was not acted upon, and may be when it comes again. */
static bool is_later(long code)
{
	return code == 401 || code == 408 || code == 425 || code == 429 || code == 503;
}

bool esim_bss_read(const char *step, long code, struct es_slice body, int64_t retry_after_s, struct esim_heard *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	char status[40];

	if (es_json_parse(body, ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json))
		es_json_done(&json);
	const bool is_about_order = code >= 400 && json != NULL && es_json_str(json, "code") != NULL;
	(void)snprintf(status, sizeof status, "HTTP status %ld", code);
	if (code >= 200 && code < 300)
		return answered(out, json, retry_after_s);
	if (code == 409) /* the same request is being worked on */
		pending(out, json, retry_after_s);
	else if (is_later(code) || (code >= 300 && code < 500 && !is_about_order)) /* a proxy, another URL */
		say(out, ESIM_HEARD_UNHEARD, status);
	else if ((code == 404 || code == 410) && is_undoing(step))
		say(out, ESIM_HEARD_DONE, "");
	else if (code >= 400 && code < 500)
		refused(out, json);
	else
		say(out, ESIM_HEARD_LOST, status);
	return out->outcome != ESIM_HEARD_UNHEARD && out->outcome != ESIM_HEARD_LOST;
}
