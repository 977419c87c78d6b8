/* esim_es2_notice.c -- reading what SM-DP+s tell of profiles, in the forms that there are. */
#include "esim_es2_notice.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "es_time.h"
#include "esim_es2_json.h"

#define LAST_OF_DOWNLOAD 4 /* points beyond tell of a profile that is there */
#define SECONDS_DIGITS 10  /* of a time in seconds; in milliseconds it has 13 */

const char *const esim_es2_event_names[ESIM_EVENTS] = { "other",     "eligible", "confirmation_code", "downloaded",
	                                                    "installed", "deleted",  "enabled",           "disabled" };

/* The first that there is. */
static const cJSON *either(const cJSON *json, const char *const names[], size_t count)
{
	const cJSON *member = NULL;

	for (size_t i = 0; i < count && member == NULL; i++)
		member = cJSON_GetObjectItemCaseSensitive(json, names[i]);
	return member;
}

/* A number as a number or as a text, in digits: "" where it is neither. */
static void digits_of(const cJSON *member, char *out, size_t size)
{
	const struct es_slice text = es_slice_trim(es_slice_str(cJSON_GetStringValue(member)));

	out[0] = '\0';
	if (es_text_is_digits(text))
		(void)es_slice_to_str(text, out, size);
	else if (cJSON_IsNumber(member) && member->valuedouble >= 0 && member->valuedouble < 9e15 &&
	         (double)(int64_t)member->valuedouble == member->valuedouble)
		(void)snprintf(out, size, "%.0f", member->valuedouble);
}

static es_status read_point(const cJSON *json, uint32_t *out)
{
	static const char *const names[] = { "notificationPointId", "notificationEvent", "notificationEventId",
		                                 "checkPoint" };
	char digits[17];

	digits_of(either(json, names, ES_COUNT(names)), digits, sizeof digits);
	return es_parse_u32(es_slice_str(digits), 1, 1000000, out);
}

static int64_t read_time(const cJSON *json)
{
	static const char *const names[] = { "timestamp", "timeStamp", "notificationTimestamp" };
	const cJSON *member = either(json, names, ES_COUNT(names));
	char digits[17];
	int64_t ms = 0;

	digits_of(member, digits, sizeof digits);
	if (es_parse_i64(es_slice_str(digits), 1, INT64_MAX / 1000, &ms) == ES_OK)
		return strlen(digits) <= SECONDS_DIGITS ? ms * 1000 : ms;
	if (es_time_parse(es_slice_trim(es_slice_str(cJSON_GetStringValue(member))), &ms) != ES_OK)
		return 0;
	return ms;
}

/* After these the same order may still be downloaded: the person types again or makes room, or takes the device that it is
 * for. */
static bool may_try_again(const struct esim_es2_status *status)
{
	static const char *const rows[][2] = {
		{ "8.2.7", "2.2" }, { "8.2.7", "3.8" }, { "8.1", "4.8" }, { "8.1.1", "3.8" }, { "8.1.1", "3.10" },
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (strcmp(status->subject, rows[i][0]) == 0 && strcmp(status->reason, rows[i][1]) == 0)
			return true;
	return false;
}

static es_status read_status(const cJSON *json, struct esim_es2_notice *out)
{
	static const char *const names[] = { "notificationPointStatus", "notificationEventStatus", "notificationStatus" };
	struct esim_es2_status status;

	ES_TRY(esim_es2_status_read(either(json, names, ES_COUNT(names)), &status));
	out->is_ok = status.status == ESIM_ES2_SUCCESS || status.status == ESIM_ES2_WARNING;
	out->is_final = !out->is_ok && out->point <= LAST_OF_DOWNLOAD && !may_try_again(&status);
	memcpy(out->subject_code, status.subject, sizeof out->subject_code);
	memcpy(out->reason_code, status.reason, sizeof out->reason_code);
	if (status.subject[0] != '\0' || !out->is_ok)
		esim_es2_words(status.subject, status.reason, out->reason, sizeof out->reason);
	return ES_OK;
}

es_status esim_es2_notice_read(struct es_slice body, struct esim_es2_notice *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	memset(out, 0, sizeof *out);
	ES_TRY(es_json_parse(body, ESIM_ES2_LIMITS, &json));
	if (!cJSON_IsObject(json) || !esim_es2_iccid(es_slice_str(es_json_str(json, "iccid")), out->iccid))
		return ES_MALFORMED;
	ES_TRY(read_point(json, &out->point));
	ES_TRY(read_status(json, out));
	esim_es2_eid(json, out->eid);
	const struct es_slice type = es_slice_str(es_json_str(json, "profileType"));
	if (es_text_is_clean_utf8(type))
		(void)es_slice_to_str(type, out->profile_type, sizeof out->profile_type);
	digits_of(cJSON_GetObjectItemCaseSensitive(json, "imei"), out->imei, sizeof out->imei);
	out->timestamp_ms = read_time(json);
	return ES_OK;
}

/* ---- points ---- */

es_status esim_es2_points_read(const char *list, uint32_t out[ESIM_ES2_POINTS_MAX])
{
	struct es_slice rest = es_slice_str(list);
	size_t count = 0;

	memset(out, 0, ESIM_ES2_POINTS_MAX * sizeof *out);
	while (rest.len > 0) {
		if (count == ESIM_ES2_POINTS_MAX)
			return ES_MALFORMED;
		ES_TRY(es_parse_u32(es_slice_trim(es_slice_cut(&rest, ',')), 5, 1000000, &out[count++]));
	}
	return ES_OK;
}

static bool has(const uint32_t list[ESIM_ES2_POINTS_MAX], uint32_t point)
{
	for (size_t i = 0; i < ESIM_ES2_POINTS_MAX; i++)
		if (list[i] == point)
			return true;
	return false;
}

enum esim_es2_event esim_es2_event(const struct esim_es2_points *points, uint32_t point)
{
	static const enum esim_es2_event of_all[] = { ESIM_EVENT_OTHER, ESIM_EVENT_ELIGIBLE, ESIM_EVENT_CODE,
		                                          ESIM_EVENT_DOWNLOADED, ESIM_EVENT_INSTALLED };

	if (point < ES_COUNT(of_all))
		return of_all[point];
	if (has(points->deleted, point))
		return ESIM_EVENT_DELETED;
	if (has(points->enabled, point))
		return ESIM_EVENT_ENABLED;
	return has(points->disabled, point) ? ESIM_EVENT_DISABLED : ESIM_EVENT_OTHER;
}
