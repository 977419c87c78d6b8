/* esim_es2_test.c -- ES2+ as it is written and read: bodies, refusals and what they mean, notices in all their forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_es2_notice.h"

#define EID "89001012012341234012345678901224"
#define ICCID "8944000000000000019"
#define HEADER "{\"header\":{\"functionRequesterIdentifier\":\"op\",\"functionCallIdentifier\":\"o1.3\"},"
#define ANSWER(status, more) "{\"header\":{\"functionExecutionStatus\":{\"status\":\"" status "\"}}" more "}"
#define FAILED(subject, reason)                                                                                        \
	"{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":\"" subject   \
	"\",\"reasonCode\":\"" reason "\",\"message\":\"of " ICCID "\"}}}}"

/* ---- requests ---- */

static const struct {
	struct esim_es2_request request;
	const char *body; /* NULL: refused */
} written[] = {
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "gold \"1\"", .eid = EID },
	  HEADER "\"eid\":\"" EID "\",\"profileType\":\"gold \\\"1\\\"\"}" },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = ICCID, .eid = "" }, HEADER "\"iccid\":\"" ICCID "F\"}" },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = "894400000000000001", .profile_type = "t" },
	  HEADER "\"iccid\":\"894400000000000001\",\"profileType\":\"t\"}" },
	{ { .function = ESIM_ES2_CONFIRM_ORDER,
	    .iccid = ICCID "0",
	    .eid = EID,
	    .matching_id = "M-1",
	    .confirmation_code = "1234",
	    .smds_address = "ds.example",
	    .release = true },
	  HEADER "\"iccid\":\"" ICCID "0\",\"eid\":\"" EID "\",\"matchingId\":\"M-1\",\"confirmationCode\":\"1234\","
	         "\"smdsAddress\":\"ds.example\",\"releaseFlag\":true}" },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "" },
	  HEADER "\"iccid\":\"" ICCID "F\",\"matchingId\":\"\",\"releaseFlag\":false}" },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID },
	  HEADER "\"iccid\":\"" ICCID "F\",\"releaseFlag\":false}" },
	{ { .function = ESIM_ES2_CANCEL_ORDER, .iccid = ICCID, .eid = EID, .matching_id = "M-1", .reusable = true },
	  HEADER "\"iccid\":\"" ICCID "F\",\"eid\":\"" EID
	         "\",\"matchingId\":\"M-1\",\"finalProfileStatusIndicator\":\"Available\"}" },
	{ { .function = ESIM_ES2_CANCEL_ORDER, .iccid = ICCID, .matching_id = "" },
	  HEADER "\"iccid\":\"" ICCID "F\",\"finalProfileStatusIndicator\":\"Unavailable\"}" },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID, .eid = EID }, HEADER "\"iccid\":\"" ICCID "F\"}" },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER }, NULL },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = "" }, NULL },
	{ { .function = ESIM_ES2_CANCEL_ORDER, .iccid = "89440000x0000000019" }, NULL },
};

static void each_function_is_written_with_what_it_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(written); i++) {
		struct esim_es2_request request = written[i].request;
		char room[1024] = "";
		struct es_buf out;

		request.call_id = "o1.3";
		es_buf_init_fixed(&out, room, sizeof room - 1);
		assert_int_equal(esim_es2_write(&request, "op", &out), written[i].body != NULL ? ES_OK : ES_MALFORMED);
		if (written[i].body != NULL)
			assert_string_equal(room, written[i].body);
	}
}

/* ---- answers ---- */

static const struct {
	struct esim_es2_request request;
	const char *body;
	struct esim_heard heard;
} answers[] = {
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "t" },
	  ANSWER("Executed-Success", ",\"iccid\":\"" ICCID "F\""),
	  { .outcome = ESIM_HEARD_DONE, .iccid = ICCID } },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = ICCID },
	  ANSWER("executed-success", ",\"iccid\":\"" ICCID "\""),
	  { .outcome = ESIM_HEARD_DONE, .iccid = ICCID } },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = ICCID },
	  ANSWER("Executed-Success", ""),
	  { .outcome = ESIM_HEARD_DONE, .iccid = ICCID } },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "t" },
	  ANSWER("Executed-Success", ""),
	  { .outcome = ESIM_HEARD_REFUSED, .reason = "its answer names no profile" } },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = "894400000000000002" },
	  ANSWER("Executed-Success", ",\"iccid\":\"" ICCID "\""),
	  { .outcome = ESIM_HEARD_REFUSED, .reason = "its answer names another profile" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "M-1" },
	  ANSWER("Executed-Success", ",\"eid\":\"" EID "\",\"matchingId\":\"M-1\",\"smdpAddress\":\"dp.example\""),
	  { .outcome = ESIM_HEARD_DONE, .eid = EID, .matching_id = "M-1", .smdp_address = "dp.example" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "M-1" },
	  ANSWER("Executed-Success", ",\"smdpAddress\":null"),
	  { .outcome = ESIM_HEARD_DONE, .matching_id = "M-1" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID },
	  ANSWER("Executed-Success", ",\"matchingId\":\"theirs\""),
	  { .outcome = ESIM_HEARD_DONE, .matching_id = "theirs" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID },
	  ANSWER("Executed-Success", ""),
	  { .outcome = ESIM_HEARD_REFUSED, .reason = "its answer has no matching id that can be used" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "M" },
	  ANSWER("Executed-Success", ",\"matchingId\":\"M\",\"smdpAddress\":\"a$b\""),
	  { .outcome = ESIM_HEARD_REFUSED,
	    .matching_id = "M",
	    .reason = "its answer has an SM-DP+ address that cannot be used" } },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID },
	  "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-WithWarning\",\"statusCodeData\":{"
	  "\"subjectCode\":"
	  "\"8.9\",\"reasonCode\":\"5.1\"}}}}",
	  { .outcome = ESIM_HEARD_DONE, .reason = "8.9/5.1 SM-DS: inaccessible" } },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID },
	  ANSWER("Expired", ""),
	  { .outcome = ESIM_HEARD_UNHEARD, .reason = "expired before it was executed" } },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID },
	  ANSWER("Failed", ""),
	  { .outcome = ESIM_HEARD_REFUSED, .reason = "failed, it does not say why" } },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID },
	  ANSWER("Perhaps", ""),
	  { .outcome = ESIM_HEARD_LOST, .reason = "its answer has no status" } },
	{ { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID },
	  "<html>",
	  { .outcome = ESIM_HEARD_LOST, .reason = "its answer is no JSON" } },
	/* a refusal that says that the first time was heard stands for its answer */
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = ICCID, .is_repeat = true },
	  FAILED("8.2.1", "3.3"),
	  { .outcome = ESIM_HEARD_DONE, .iccid = ICCID, .reason = "8.2.1/3.3 ICCID: already in use" } },
	{ { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "M", .is_repeat = true },
	  FAILED("8.2.6", "3.3"),
	  { .outcome = ESIM_HEARD_DONE, .matching_id = "M", .reason = "8.2.6/3.3 matching id: already in use" } },
	{ { .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "t" },
	  FAILED("8.2.5", "3.7"),
	  { .outcome = ESIM_HEARD_UNHEARD, .reason = "8.2.5/3.7 profile type: unavailable" } },
};

static void each_answer_is_read_for_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(answers); i++) {
		const struct esim_heard *wanted = &answers[i].heard;
		struct esim_heard heard;

		assert_int_equal(esim_es2_read(&answers[i].request, es_slice_str(answers[i].body), &heard),
		                 answers[i].heard.outcome != ESIM_HEARD_LOST);
		if (heard.outcome != wanted->outcome)
			fail_msg("%s: outcome %d", answers[i].body, (int)heard.outcome);
		assert_string_equal(heard.reason, wanted->reason);
		assert_string_equal(heard.matching_id, wanted->matching_id);
		assert_string_equal(heard.smdp_address, wanted->smdp_address);
		assert_string_equal(heard.eid, wanted->eid);
		if (heard.outcome == ESIM_HEARD_DONE)
			assert_string_equal(heard.iccid, wanted->iccid);
	}
}

static void what_a_refusal_means_depends_on_what_was_asked_before(void **state)
{
	const struct esim_es2_request by_type = { .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "t" };
	const struct esim_es2_request by_iccid = { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = ICCID };
	const struct esim_es2_request confirm = { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID, .matching_id = "M" };
	const struct esim_es2_request made_there = { .function = ESIM_ES2_CONFIRM_ORDER, .iccid = ICCID };
	const struct esim_es2_request cancel = { .function = ESIM_ES2_CANCEL_ORDER, .iccid = ICCID };
	const struct esim_es2_request fetched = { .function = ESIM_ES2_CANCEL_ORDER, .iccid = ICCID, .is_fetched = true };
	const struct esim_es2_request release = { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID };
	const struct {
		const struct esim_es2_request *request;
		const char *subject, *reason;
		enum esim_heard_outcome first, repeat;
	} rows[] = {
		{ &by_iccid, "8.2.1", "3.3", ESIM_HEARD_TAKEN, ESIM_HEARD_DONE },
		{ &by_type, "8.2.1", "3.3", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },
		{ &by_iccid, "8.2.1", "3.10", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },
		{ &by_iccid, "8.2.1", "3.9", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },
		{ &by_type, "8.2.5", "3.7", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
		{ &by_type, "8.2.5", "3.9", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
		{ &confirm, "8.2.1", "3.3", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
		{ &confirm, "8.2.6", "3.3", ESIM_HEARD_TAKEN, ESIM_HEARD_DONE },
		{ &made_there, "8.2.1", "3.3", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
		{ &confirm, "8.9", "4.2", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
		{ &confirm, "8.9.1", "5.1", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
		{ &confirm, "8.1.1", "3.10", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
		{ &release, "8.2.1", "3.5", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
		{ &release, "8.2.1", "3.3", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
		{ &cancel, "8.2.1", "3.3", ESIM_HEARD_GONE, ESIM_HEARD_DONE },
		{ &fetched, "8.2.1", "3.3", ESIM_HEARD_GONE, ESIM_HEARD_GONE },
		{ &cancel, "8.2.1", "3.9", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
		{ &cancel, "8.2.6", "3.10", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
		{ &release, "1.2", "4.2", ESIM_HEARD_LOST, ESIM_HEARD_LOST },
		{ &release, "1.2", "5.1", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
		{ &release, "1.6", "3.1", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
		{ &release, "", "", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct esim_es2_request again = *rows[i].request;

		again.is_repeat = true;
		if (esim_es2_meaning(rows[i].request, rows[i].subject, rows[i].reason) != rows[i].first ||
		    esim_es2_meaning(&again, rows[i].subject, rows[i].reason) != rows[i].repeat)
			fail_msg("row %zu, %s/%s", i, rows[i].subject, rows[i].reason);
	}
}

static void reasons_name_nobody(void **state)
{
	const struct esim_es2_request request = { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ICCID };
	struct esim_heard heard;

	(void)state;
	assert_true(esim_es2_read(&request, es_slice_str(FAILED("8.2.1 " ICCID, "3.9")), &heard));
	assert_string_equal(heard.reason, "/3.9 ?: unknown");
}

static void iccids_have_18_to_20_digits_and_lose_their_padding(void **state)
{
	static const struct {
		const char *text, *iccid; /* NULL: none */
	} rows[] = {
		{ "894400000000000001", "894400000000000001" },
		{ "8944000000000000019", "8944000000000000019" },
		{ "8944000000000000019F", "8944000000000000019" },
		{ "894400000000000001ff", "894400000000000001" },
		{ "89440000000000000190", "89440000000000000190" },
		{ "89440000000000000190F", NULL },
		{ "89440000000000001", NULL },
		{ "894400000000000F019", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char out[ESIM_ICCID + 1] = "-";

		assert_int_equal(esim_es2_iccid(es_slice_str(rows[i].text), out), rows[i].iccid != NULL);
		assert_string_equal(out, rows[i].iccid != NULL ? rows[i].iccid : "-");
	}
}

/* ---- notices ---- */

#define NOTICE(members) "{\"iccid\":\"" ICCID "F\"," members "}"
#define GOOD "\"notificationPointStatus\":{\"status\":\"Executed-Success\"}"
#define BAD(subject, reason)                                                                                           \
	"\"notificationPointStatus\":{\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":\"" subject                \
	"\",\"reasonCode\":\"" reason "\"}}"

static const struct {
	const char *body;
	struct esim_es2_notice notice; /* point 0: refused */
} notices[] = {
	{ NOTICE("\"header\":{\"functionRequesterIdentifier\":\"dp\",\"functionCallIdentifier\":\"1\"},\"eid\":\"" EID
	         "\",\"profileType\":\"gold\",\"timestamp\":\"2024-02-29T13:00:00.5+01:00\",\"notificationPointId\":4," GOOD
	         ",\"resultData\":\"AAAA\",\"imei\":\"490154203237518\",\"tac\":\"49015420\""),
	  { .point = 4,
	    .is_ok = true,
	    .eid = EID,
	    .profile_type = "gold",
	    .imei = "490154203237518",
	    .timestamp_ms = 1709208000500 } },
	{ NOTICE("\"notificationPointId\":\"101\",\"timeStamp\":\"1709208000\"," GOOD),
	  { .point = 101, .is_ok = true, .timestamp_ms = 1709208000000 } },
	{ NOTICE(
		  "\"notificationEvent\":5,\"timeStamp\":1709208000123,\"imei\":490154203237518,\"notificationEventStatus\":{"
		  "\"status\":\"Executed-WithWarning\"}"),
	  { .point = 5, .is_ok = true, .imei = "490154203237518", .timestamp_ms = 1709208000123 } },
	{ NOTICE("\"notificationPointId\":2,\"timestamp\":\"yesterday\"," BAD("8.2.7", "6.4")),
	  { .point = 2, .is_final = true, .reason = "8.2.7/6.4 confirmation code: maximum number of attempts exceeded" } },
	{ NOTICE("\"notificationPointId\":2," BAD("8.2.7", "3.8")),
	  { .point = 2, .reason = "8.2.7/3.8 confirmation code: refused" } },
	{ NOTICE("\"notificationPointId\":4," BAD("8.1", "4.8")),
	  { .point = 4, .reason = "8.1/4.8 eUICC: insufficient memory" } },
	{ NOTICE("\"eid\":\"short\",\"notificationPointId\":3,\"notificationPointStatus\":{\"status\":\"Expired\"}"),
	  { .point = 3, .is_final = true, .reason = "failed, it does not say why" } },
	{ NOTICE("\"notificationPointId\":1," BAD("8.1.1", "3.10")), /* somebody tried with another device */
	  { .point = 1, .reason = "8.1.1/3.10 EID: invalid association" } },
	{ NOTICE("\"notificationPointId\":101," BAD("8.2.1", "3.5")), /* the profile is there, whatever came of this */
	  { .point = 101, .reason = "8.2.1/3.5 ICCID: invalid transition" } },
	{ NOTICE("\"notificationPointId\":0," GOOD), { .point = 0 } },
	{ NOTICE("\"notificationPointId\":1.5," GOOD), { .point = 0 } },
	{ NOTICE("\"notificationPointId\":\"four\"," GOOD), { .point = 0 } },
	{ NOTICE(GOOD), { .point = 0 } },
	{ NOTICE("\"notificationPointId\":4"), { .point = 0 } },
	{ NOTICE("\"notificationPointId\":4,\"notificationPointStatus\":\"ok\""), { .point = 0 } },
	{ "{\"iccid\":8944000000000000019,\"notificationPointId\":4," GOOD "}", { .point = 0 } },
	{ "{\"notificationPointId\":4," GOOD "}", { .point = 0 } },
	{ "[]", { .point = 0 } },
	{ "", { .point = 0 } },
};

static void notices_are_read_in_every_form_that_is_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(notices); i++) {
		const struct esim_es2_notice *wanted = &notices[i].notice;
		struct esim_es2_notice notice;
		const es_status status = esim_es2_notice_read(es_slice_str(notices[i].body), &notice);

		if ((status == ES_OK) != (wanted->point != 0))
			fail_msg("%s: %s", notices[i].body, es_status_name(status));
		if (status != ES_OK)
			continue;
		assert_string_equal(notice.iccid, ICCID);
		assert_int_equal(notice.point, wanted->point);
		assert_int_equal(notice.is_ok, wanted->is_ok);
		assert_int_equal(notice.is_final, wanted->is_final);
		assert_int_equal(notice.timestamp_ms, wanted->timestamp_ms);
		assert_string_equal(notice.eid, wanted->eid);
		assert_string_equal(notice.profile_type, wanted->profile_type);
		assert_string_equal(notice.imei, wanted->imei);
		assert_string_equal(notice.reason, wanted->reason);
	}
}

static void points_beyond_the_fourth_are_each_vendors(void **state)
{
	static const char *const refused[] = { "4", "x", "5,,6", "5,6,7,8,9", "-5" };
	struct esim_es2_points points;

	(void)state;
	assert_int_equal(esim_es2_points_read("5", points.deleted), ES_OK);
	assert_int_equal(esim_es2_points_read("6, 101", points.enabled), ES_OK);
	assert_int_equal(esim_es2_points_read("", points.disabled), ES_OK);
	assert_int_equal(esim_es2_event(&points, 1), ESIM_EVENT_ELIGIBLE);
	assert_int_equal(esim_es2_event(&points, 2), ESIM_EVENT_CODE);
	assert_int_equal(esim_es2_event(&points, 3), ESIM_EVENT_DOWNLOADED);
	assert_int_equal(esim_es2_event(&points, 4), ESIM_EVENT_INSTALLED);
	assert_int_equal(esim_es2_event(&points, 5), ESIM_EVENT_DELETED);
	assert_int_equal(esim_es2_event(&points, 101), ESIM_EVENT_ENABLED);
	assert_int_equal(esim_es2_event(&points, 102), ESIM_EVENT_OTHER);
	assert_int_equal(esim_es2_event(&points, 0), ESIM_EVENT_OTHER);
	for (size_t i = 0; i < ES_COUNT(refused); i++)
		assert_int_equal(esim_es2_points_read(refused[i], points.disabled), ES_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_function_is_written_with_what_it_has),
		cmocka_unit_test(each_answer_is_read_for_what_it_says),
		cmocka_unit_test(what_a_refusal_means_depends_on_what_was_asked_before),
		cmocka_unit_test(reasons_name_nobody),
		cmocka_unit_test(iccids_have_18_to_20_digits_and_lose_their_padding),
		cmocka_unit_test(notices_are_read_in_every_form_that_is_sent),
		cmocka_unit_test(points_beyond_the_fourth_are_each_vendors),
	};

	return cmocka_run_group_tests_name("esim_es2", tests, NULL, NULL);
}
