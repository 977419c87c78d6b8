/* es_obs_test.c -- log lines as they are read, trace contexts and the metrics page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "es_log.h"
#include "es_log_limit.h"
#include "es_metrics.h"
#include "es_trace.h"

/* ---- stderr goes to a file while a test runs ---- */

static int saved_stderr = -1;
static FILE *captured;
static char text[64 * 1024];

static void capture(void)
{
	captured = tmpfile();
	assert_non_null(captured);
	(void)fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(dup2(fileno(captured), STDERR_FILENO) >= 0);
}

/* Ends the capture; what was written. */
static const char *captured_text(void)
{
	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	(void)close(saved_stderr);
	rewind(captured);
	size_t n = fread(text, 1, sizeof text - 1, captured);
	text[n] = '\0';
	(void)fclose(captured);
	return text;
}

static const struct es_log_options json = {
	.service = "auth", .instance = "auth-0", .level = ES_LOG_INFO, .pseudonym_key = { 1, 2, 3 }
};

static int quiet_again(void **state)
{
	(void)state;
	es_log_init(&json);
	return 0;
}

/* Of one line, what follows the instance. */
static const char *after_head(const char *line)
{
	const char *head = strstr(line, ",\"service\":\"auth\",\"instance\":\"auth-0\"");

	assert_non_null(head);
	return head + strlen(",\"service\":\"auth\",\"instance\":\"auth-0\"");
}

/* ---- log ---- */

static void an_event_is_one_json_line_with_its_fields_in_order(void **state)
{
	(void)state;
	capture();
	es_info(NULL, "aka.ended", es_f_str("result", "reject"), es_f_i64("delta", -3), es_f_u64("round", UINT64_MAX),
	        es_f_bool("resync", true), es_f_status(ES_TIMEOUT), es_f_str("none", NULL));
	const char *line = captured_text();
	assert_memory_equal(line, "{\"time\":\"20", 11);
	assert_memory_equal(line + 32, "Z\",\"level\":\"info\"", 17);
	assert_string_equal(after_head(line),
	                    ",\"event\":\"aka.ended\",\"result\":\"reject\",\"delta\":-3,\"round\":18446744073709551615,"
	                    "\"resync\":true,\"status\":\"timeout\",\"none\":\"\"}\n");
}

static void an_event_carries_the_trace_id_of_its_context(void **state)
{
	const struct es_trace trace = { .trace_id = { 0xab, [15] = 0xcd }, .span_id = { 1 } };
	const struct es_trace unset = { .flags = 0 };

	(void)state;
	capture();
	es_info(&trace, "one");
	es_info(&unset, "two");
	const char *line = captured_text();
	assert_non_null(strstr(line, "\"event\":\"one\",\"trace_id\":\"ab0000000000000000000000000000cd\"}\n"));
	assert_non_null(strstr(line, "\"event\":\"two\"}\n"));
}

static void events_below_the_level_are_not_written(void **state)
{
	enum es_log_level level;

	(void)state;
	capture();
	es_debug(NULL, "unseen");
	assert_true(es_log_level_from_name("debug", &level));
	es_log_set_level(level);
	es_debug(NULL, "seen");
	assert_non_null(strstr(captured_text(), "\"event\":\"seen\""));
	assert_null(strstr(text, "unseen"));
	assert_false(es_log_level_from_name("verbose", &level));
	assert_false(es_log_level_from_name(NULL, &level));
}

static void hostile_text_can_neither_forge_a_line_nor_drive_the_terminal(void **state)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "x\"}\n{\"event\":\"forged", "x\\\"}\\u000a{\\\"event\\\":\\\"forged" },
		{ "\033[2J\x7f", "\\u001b[2J\\u007f" },
		{ "\xc2\x9b"
		  "31m",
		  "\\u009b31m" },                            /* CSI as one character of 8 bits */
		{ "\xff\xc0\xaf", "\\ufffd\\ufffd\\ufffd" }, /* no UTF-8, and an overlong slash */
		{ "caf\xc3\xa9 \xf0\x9f\x93\xb1", "caf\xc3\xa9 \xf0\x9f\x93\xb1" },
		{ "\xc3", "\\ufffd" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char expected[256];
		capture();
		es_info(NULL, "request", es_f_str("agent", cases[i].value));
		(void)snprintf(expected, sizeof expected, ",\"event\":\"request\",\"agent\":\"%s\"}\n", cases[i].written);
		assert_string_equal(after_head(captured_text()), expected);
	}
}

static void a_long_string_is_cut_at_512_octets_between_characters(void **state)
{
	char value[1025] = "";

	(void)state;
	memset(value, 'a', 511);
	memcpy(value + 511, "\xc3\xa9", 3); /* octets 511 and 512 */
	capture();
	es_info(NULL, "request", es_f_str("agent", value));
	const char *agent = strstr(captured_text(), "\"agent\":\"");
	assert_non_null(agent);
	agent += strlen("\"agent\":\"");
	assert_int_equal(strspn(agent, "a"), 511);
	assert_string_equal(agent + 511, "\\u2026\"}\n");
}

static void what_does_not_fit_is_left_out_and_the_line_stays_well_formed(void **state)
{
	char controls[513] = "";
	struct es_field fields[10];
	size_t quotes = 0;

	(void)state;
	memset(controls, '\001', 512); /* six octets each when escaped */
	for (size_t i = 0; i < 9; i++)
		fields[i] = es_f_str("k", controls);
	fields[9] = es_f_u64("last", 7);
	capture();
	es_log_event(ES_LOG_INFO, NULL, "big", fields, ES_COUNT(fields));
	const char *line = captured_text();
	assert_in_range(strlen(line), 3000, 4096);
	const char *last = strstr(line, "\",\"last\":");
	assert_non_null(last);
	assert_string_equal(last, "\",\"last\":7,\"cut\":true}\n");
	for (const char *p = line; *p != '\0'; p++)
		quotes += *p == '"';
	assert_int_equal(quotes % 2, 0);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void the_human_form_is_one_readable_line(void **state)
{
	struct es_log_options human = json;

	(void)state;
	human.human = true;
	es_log_init(&human);
	capture();
	es_warn(NULL, "store.slow", es_f_u64("ms", 250), es_f_str("table", "outbox"));
	const char *line = captured_text();
	assert_non_null(strchr(line, ' '));
	assert_string_equal(strchr(line, ' '), " warn  auth store.slow ms=250 table=\"outbox\"\n");
}

static void identities_are_written_as_keyed_pseudonyms(void **state)
{
	/* printf 001010123456789 | openssl mac -digest SHA256 -macopt hexkey:010203$(printf %058d 0) HMAC */
	const struct es_slice imsi = ES_SLICE_LIT("001010123456789");
	struct es_log_options other = json;
	char first[40], second[40];

	(void)state;
	es_id_pseudonym(imsi, first);
	assert_string_equal(first, "p:f265758c1180");
	capture();
	es_info(NULL, "request", es_f_id("imsi", imsi));
	assert_string_equal(after_head(captured_text()), ",\"event\":\"request\",\"imsi\":\"p:f265758c1180\"}\n");
	other.pseudonym_key[0] = 9;
	es_log_init(&other);
	es_id_pseudonym(imsi, second);
	assert_string_not_equal(first, second);
	assert_null(strstr(text, "001010"));
}

static void identities_are_shown_in_labs_and_a_warning_says_so(void **state)
{
	struct es_log_options lab = json;
	char out[40];

	(void)state;
	lab.show_identities = true;
	capture();
	es_log_init(&lab);
	assert_non_null(strstr(captured_text(), "\"level\":\"warn\""));
	assert_non_null(strstr(text, "log.identities_shown"));
	es_id_pseudonym(ES_SLICE_LIT("001010123456789"), out);
	assert_string_equal(out, "001010123456789");
	es_id_pseudonym(ES_SLICE_LIT("0123456789012345678901234567890123456789"), out);
	assert_int_equal(strlen(out), 39);
}

/* ---- limit ---- */

static char reported[64];

static void note_report(const char *event, uint32_t left_out)
{
	(void)snprintf(reported, sizeof reported, "%s %u", event, left_out);
}

static void twenty_lines_of_a_name_pass_each_second_and_the_rest_is_counted(void **state)
{
	static const char same_name[] = "limit.test"; /* another pointer, the same name */
	const uint32_t second = UINT32_MAX - 10;      /* no second the clock will reach */
	unsigned passed = 0;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		passed += log_limit_admits(i % 2 ? "limit.test" : same_name, second);
	assert_int_equal(passed, 20);
	assert_true(log_limit_admits("limit.other", second));
	log_limit_report(second, note_report);
	assert_string_equal(reported, ""); /* the second is not over */
	log_limit_report(second + 1, note_report);
	assert_string_equal(reported, "limit.test 30");
	assert_true(log_limit_admits("limit.test", second + 1));
	reported[0] = '\0';
	log_limit_report(second + 2, note_report);
	assert_string_equal(reported, ""); /* said once */
}

static void names_beyond_the_table_are_limited_together(void **state)
{
	static char names[512][16]; /* names live as long as the process */
	unsigned passed = 0;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		(void)snprintf(names[i], sizeof names[i], "many.%zu", i);
		passed += log_limit_admits(names[i], 5);
	}
	assert_in_range(passed, 100, 256 + 20);
}

enum { THREADS = 4, LOOPS = 2000 };

static void *log_a_lot(void *unused)
{
	(void)unused;
	for (int i = 0; i < LOOPS / 10; i++) {
		es_warn(NULL, "thread.warn", es_f_id("imsi", ES_SLICE_LIT("001010123456789")));
		es_info(NULL, "thread.info", es_f_i64("i", i));
	}
	return NULL;
}

static void run_threads(void *(*fn)(void *))
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	size_t lines = 0;

	(void)state;
	capture();
	run_threads(log_a_lot);
	for (const char *line = captured_text(), *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		assert_memory_equal(line, "{\"time\":\"", 9);
		assert_int_equal(end[-1], '}');
		lines++;
	}
	assert_true(lines >= 20);
}

/* ---- trace ---- */

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c" /* the Recommendation's own example */
#define SPAN_ID "b7ad6b7169203331"

static void a_traceparent_is_read_and_written(void **state)
{
	struct es_trace trace;
	char out[ES_TRACEPARENT_SIZE];

	(void)state;
	assert_true(es_trace_parse(ES_SLICE_LIT("00-" TRACE_ID "-" SPAN_ID "-01"), &trace));
	es_trace_format(&trace, out);
	assert_string_equal(out, "00-" TRACE_ID "-" SPAN_ID "-01");
	/* 3.2.4: of a later version, what we know; 3.2.2.5: unknown flags are not passed on. */
	assert_true(es_trace_parse(ES_SLICE_LIT("cc-" TRACE_ID "-" SPAN_ID "-ff-what-comes"), &trace));
	es_trace_format(&trace, out);
	assert_string_equal(out, "00-" TRACE_ID "-" SPAN_ID "-01");
}

static void a_damaged_traceparent_is_refused(void **state)
{
	static const char *const damaged[] = {
		"",
		"00",
		"00-" TRACE_ID "-" SPAN_ID,
		"00-" TRACE_ID "-" SPAN_ID "-0",
		"00-" TRACE_ID "-" SPAN_ID "-01-more",
		"cc-" TRACE_ID "-" SPAN_ID "-01more",
		"ff-" TRACE_ID "-" SPAN_ID "-01",
		"00-0AF7651916CD43DD8448EB211C80319C-" SPAN_ID "-01",
		"00-00000000000000000000000000000000-" SPAN_ID "-01",
		"00-" TRACE_ID "-0000000000000000-01",
		"00_" TRACE_ID "-" SPAN_ID "-01",
		"00-" TRACE_ID "-b7ad6b716920333g-01",
	};
	struct es_trace trace = { .flags = 77 };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(damaged); i++)
		assert_false(es_trace_parse(es_slice_str(damaged[i]), &trace));
	assert_int_equal(trace.flags, 77);
}

static void a_child_keeps_the_trace_and_gets_a_span_of_its_own(void **state)
{
	struct es_trace parent = es_trace_new(), child = es_trace_child(&parent), other = es_trace_new();
	char out[ES_TRACEPARENT_SIZE];

	(void)state;
	assert_memory_equal(child.trace_id, parent.trace_id, sizeof parent.trace_id);
	assert_memory_not_equal(child.span_id, parent.span_id, sizeof parent.span_id);
	assert_memory_not_equal(other.trace_id, parent.trace_id, sizeof parent.trace_id);
	es_trace_format(&child, out);
	assert_true(es_trace_parse(es_slice_str(out), &parent));
}

/* ---- metrics ---- */

static const char *const results[] = { "success", "reject" };
ES_METRIC_COUNTER(exchanges, "openes_test_exchanges_total", "Exchanges ended.", "result", results);
ES_METRIC_COUNTER(by_status, "openes_test_calls_total", "Calls.", "status", es_status_label_values);
ES_METRIC_COUNTER1(plain, "openes_test_plain_total", "No label.");
ES_METRIC_GAUGE(waiting, "openes_test_waiting", "Jobs that wait.");
ES_METRIC_HISTOGRAM(seconds, "openes_test_seconds", "Duration.");

static const char *metrics_page(void)
{
	struct es_buf page;

	es_buf_init_fixed(&page, text, sizeof text);
	es_metrics_write(&page);
	es_put_u8(&page, 0);
	assert_int_equal(es_buf_status(&page), ES_OK);
	return text;
}

static void metrics_of_one_name_are_shown_as_one(void **state)
{
	static const uint64_t bounds[ES_METRIC_BUCKETS] = { 1000000,  2000000,  3000000,  4000000,  5000000,   30000000,
		                                                60000000, 70000000, 80000000, 90000000, 100000000, 1800000000 };
	static struct es_metric apns = { .kind = ES_COUNTER,
		                             .name = "openes_test_sent_total",
		                             .help = "Sent.",
		                             .label = "result",
		                             .values = results,
		                             .series = 2,
		                             .fixed = { { "channel", "apns" } } };
	static struct es_metric fcm = { .kind = ES_COUNTER,
		                            .name = "openes_test_sent_total",
		                            .help = "Sent.",
		                            .series = 1,
		                            .fixed = { { "channel", "fcm" } } };
	static struct es_metric took = { .kind = ES_HISTOGRAM,
		                             .name = "openes_test_took_seconds",
		                             .help = "Took.",
		                             .series = 1,
		                             .fixed = { { "channel", "fcm" }, { "cause", "mass" } },
		                             .bounds_us = bounds };

	(void)state;
	es_count(&apns, 0);
	es_metric_register(&plain); /* between them */
	es_count_by(&fcm, 0, 3);
	es_observe_us(&took, 30000000);
	const char *page = metrics_page(), *head = strstr(page, "# HELP openes_test_sent_total Sent.\n");
	assert_non_null(head);
	assert_null(strstr(head + 1, "# HELP openes_test_sent_total"));
	assert_non_null(strstr(head, "openes_test_sent_total{channel=\"apns\",result=\"success\"} 1\n"));
	assert_non_null(strstr(head, "openes_test_sent_total{channel=\"fcm\"} 3\n"));
	assert_non_null(strstr(page, "_bucket{channel=\"fcm\",cause=\"mass\",le=\"5\"} 0\n"));
	assert_non_null(strstr(page, "_bucket{channel=\"fcm\",cause=\"mass\",le=\"30\"} 1\n"));
	assert_non_null(strstr(page, "_bucket{channel=\"fcm\",cause=\"mass\",le=\"1800\"} 1\n"));
	assert_non_null(strstr(page, "openes_test_took_seconds_sum{channel=\"fcm\",cause=\"mass\"} 30.000000\n"));
}

static void a_registered_metric_is_shown_before_its_first_count(void **state)
{
	(void)state;
	assert_null(strstr(metrics_page(), "openes_test_exchanges_total"));
	es_metric_register(&exchanges);
	es_metric_register(&exchanges);
	const char *at = strstr(metrics_page(), "# HELP openes_test_exchanges_total Exchanges ended.\n"
	                                        "# TYPE openes_test_exchanges_total counter\n"
	                                        "openes_test_exchanges_total{result=\"success\"} 0\n"
	                                        "openes_test_exchanges_total{result=\"reject\"} 0\n");
	assert_non_null(at);
	assert_null(strstr(at + 8, "# HELP openes_test_exchanges_total"));
}

static void counters_and_gauges_are_shown_with_their_labels(void **state)
{
	(void)state;
	es_count(&exchanges, 1);
	es_count_by(&exchanges, 1, 4);
	es_count(&by_status, ES_UNAVAILABLE);
	es_count(&plain, 0);
	es_gauge_set(&waiting, 10);
	es_gauge_add(&waiting, -13);
	assert_int_equal(es_metric_value(&exchanges, 1), 5);
	const char *page = metrics_page();
	assert_non_null(strstr(page, "openes_test_exchanges_total{result=\"reject\"} 5\n"));
	assert_non_null(strstr(page, "openes_test_calls_total{status=\"unavailable\"} 1\n"));
	assert_non_null(strstr(page, "openes_test_plain_total 1\n"));
	assert_non_null(strstr(page, "# TYPE openes_test_waiting gauge\nopenes_test_waiting -3\n"));
}

static void histogram_buckets_add_up_and_bounds_belong_to_their_bucket(void **state)
{
	(void)state;
	es_observe_us(&seconds, 100); /* le 0.0001 includes its bound */
	es_observe_us(&seconds, 101);
	es_observe_us(&seconds, 10000000);
	es_observe_us(&seconds, 10000001); /* beyond the last */
	const char *page = metrics_page();
	assert_non_null(strstr(page, "openes_test_seconds_bucket{le=\"0.0001\"} 1\n"
	                             "openes_test_seconds_bucket{le=\"0.0005\"} 2\n"));
	assert_non_null(strstr(page, "openes_test_seconds_bucket{le=\"2.5\"} 2\n"
	                             "openes_test_seconds_bucket{le=\"10\"} 3\n"
	                             "openes_test_seconds_bucket{le=\"+Inf\"} 4\n"
	                             "openes_test_seconds_sum 20.000202\n"
	                             "openes_test_seconds_count 4\n"));
	assert_int_equal(es_metric_value(&seconds, 0), 4);
}

static void the_page_tells_about_the_process(void **state)
{
	static const char *const names[] = {
		"\nprocess_cpu_seconds_total ",     "\nprocess_open_fds ",           "\nprocess_max_fds ",
		"\nprocess_resident_memory_bytes ", "\nprocess_start_time_seconds ", "\nprocess_threads ",
		"\nopenes_build_info{version=\"",
	};

	(void)state;
	const char *page = metrics_page();
	for (size_t i = 0; i < ES_COUNT(names); i++)
		assert_non_null(strstr(page, names[i]));
	uint64_t start = strtoull(strstr(page, "\nprocess_start_time_seconds ") + 28, NULL, 10);
	assert_in_range(start, 1700000000, 4000000000); /* wall-clock seconds, not ticks */
}

ES_METRIC_COUNTER1(contended, "openes_test_contended_total", "Counted by several threads.");

static void *count_a_lot(void *unused)
{
	(void)unused;
	for (int i = 0; i < LOOPS; i++) {
		es_count(&contended, 0);
		es_observe_us(&seconds, 1);
	}
	return NULL;
}

static void no_count_of_any_thread_is_lost(void **state)
{
	(void)state;
	run_threads(count_a_lot);
	assert_int_equal(es_metric_value(&contended, 0), THREADS * LOOPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_json_line_with_its_fields_in_order),
		cmocka_unit_test(an_event_carries_the_trace_id_of_its_context),
		cmocka_unit_test_teardown(events_below_the_level_are_not_written, quiet_again),
		cmocka_unit_test(hostile_text_can_neither_forge_a_line_nor_drive_the_terminal),
		cmocka_unit_test(a_long_string_is_cut_at_512_octets_between_characters),
		cmocka_unit_test(what_does_not_fit_is_left_out_and_the_line_stays_well_formed),
		cmocka_unit_test_teardown(the_human_form_is_one_readable_line, quiet_again),
		cmocka_unit_test_teardown(identities_are_written_as_keyed_pseudonyms, quiet_again),
		cmocka_unit_test_teardown(identities_are_shown_in_labs_and_a_warning_says_so, quiet_again),
		cmocka_unit_test(twenty_lines_of_a_name_pass_each_second_and_the_rest_is_counted),
		cmocka_unit_test(names_beyond_the_table_are_limited_together),
		cmocka_unit_test(a_traceparent_is_read_and_written),
		cmocka_unit_test(a_damaged_traceparent_is_refused),
		cmocka_unit_test(a_child_keeps_the_trace_and_gets_a_span_of_its_own),
		cmocka_unit_test(a_registered_metric_is_shown_before_its_first_count),
		cmocka_unit_test(metrics_of_one_name_are_shown_as_one),
		cmocka_unit_test(counters_and_gauges_are_shown_with_their_labels),
		cmocka_unit_test(histogram_buckets_add_up_and_bounds_belong_to_their_bucket),
		cmocka_unit_test(the_page_tells_about_the_process),
		cmocka_unit_test(no_count_of_any_thread_is_lost),
		cmocka_unit_test(lines_of_several_threads_do_not_mix),
	};

	es_log_init(&json);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
