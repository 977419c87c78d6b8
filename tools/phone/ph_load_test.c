/* ph_load_test.c -- the command line, lists of phones, and percentiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"

#include "ph_histogram.h"
#include "ph_options.h"
#include "ph_subscribers.h"

#define K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static struct ph_options options;
static struct ph_run run;
static char why[256];

/* A command line in one text. */
static es_status read_line(const char *line)
{
	static char copy[1024];
	static char name[] = "openes-phone";
	char *argv[64] = { name };
	int argc = 1;
	struct es_buf error;

	(void)snprintf(copy, sizeof copy, "%s", line);
	for (char *at = copy; *at != 0; argc++) {
		argv[argc] = at;
		at += strcspn(at, " ");
		if (*at != 0)
			*at++ = 0;
	}
	memset(why, 0, sizeof why);
	es_buf_init_fixed(&error, why, sizeof why - 1);
	ES_TRY(ph_options_parse(argc, argv, &options, &error));
	return ph_options_check(&options, &run, &error);
}

#define ONE "--url https://h/ --imsi 001010000000001 --k " K " --opc " OPC

static void one_phone(void **state)
{
	(void)state;
	assert_int_equal(read_line(ONE " --apps ap2003,ap2006 --accept json --sqn 000000000041 --param gid1=ff --param=x= "
	                               "--json --post"),
	                 ES_OK);
	assert_false(run.is_load);
	assert_int_equal(run.profile.app_count, 2);
	assert_string_equal(run.profile.apps[1], "ap2006");
	assert_string_equal(run.profile.accept, PH_JSON);
	assert_true(run.profile.is_post);
	assert_int_equal(run.sqn, 0x41);
	assert_string_equal(run.profile.params[0].name, "entitlement_version");
	assert_string_equal(run.profile.params[1].name, "gid1");
	assert_string_equal(run.profile.params[1].value, "ff");
	assert_string_equal(run.profile.params[2].value, "");
	assert_string_equal(options.json, "-");
}

static void op_stands_for_opc(void **state) /* TS 35.208 test set 1 */
{
	static const uint8_t opc[16] = { 0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
		                             0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf };

	(void)state;
	assert_int_equal(
		read_line("--url https://h/ --imsi 001010000000001 --k " K " --op cdc202d5123e20f62b6d676ac72cb318"), ES_OK);
	assert_memory_equal(run.opc, opc, sizeof opc);
}

static void token_needs_no_keys(void **state)
{
	(void)state;
	assert_int_equal(read_line("--url https://h/ --imsi 001010000000001 --token abc"), ES_OK);
	assert_false(run.has_keys);
}

static void load(void **state)
{
	(void)state;
	assert_int_equal(read_line("--url https://h/ --subscribers f.csv --rate 500/s --for 2m --connections 8 --mix "
	                           "auth=1,token=9 --json out.json"),
	                 ES_OK);
	assert_true(run.is_load);
	assert_int_equal(run.rate, 500);
	assert_int_equal(run.duration_ms, 120000);
	assert_int_equal(run.mix_auth, 1);
	assert_int_equal(run.mix_token, 9);
	assert_string_equal(options.json, "out.json");
}

static void a_flow_is_named_and_its_devices_are_made_up(void **state)
{
	static struct ph_vars vars;

	(void)state;
	assert_int_equal(
		read_line("odsa recover --url https://h/ --token t --iccid 8901 --eid-from 3 --sheet auto --fill plan=b "
	              "--wait-max 1s --lpa https://dp/lpa"),
		ES_OK);
	assert_ptr_equal(run.flow, ph_flow_of("recover"));
	assert_true(run.walks_sheets && !run.is_load && !run.has_keys);
	assert_string_equal(options.fills[0].value, "b");
	assert_int_equal(run.wait_max_ms, 1000);
	ph_options_device(&run, "001010000000001", 1, &vars);
	assert_string_equal(vars.at[PH_V_ICCID], "8901");
	assert_string_equal(vars.at[PH_V_EID], "89049032000000000000000000000454"); /* number 4; 54 are its check digits */
	assert_string_equal(vars.at[PH_V_SERVICE], "SharedNumber");
	assert_int_equal(strlen(vars.at[PH_V_COMPANION_IMEI]), 15);
	assert_string_not_equal(vars.at[PH_V_COMPANION_IMEI], vars.at[PH_V_TARGET_IMEI]);
}

static void a_flow_may_be_load(void **state)
{
	(void)state;
	assert_int_equal(read_line("load --odsa poll --url u --subscribers f --same-device --mix odsa=3,auth=1"), ES_OK);
	assert_true(run.is_load && run.is_same_device);
	assert_int_equal(run.mix_odsa, 3);
	assert_int_equal(read_line("load --odsa poll --url u --subscribers f"), ES_OK);
	assert_int_equal(run.mix_odsa, 1);
	assert_int_equal(run.mix_auth, 0);
}

static void wrong_command_lines_say_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "now", "no option" },
		{ "--colour red", "no such option" },
		{ "--url", "needs a value" },
		{ "--imsi 001010000000001", "url" },
		{ "--url u --imsi 12345 --k " K " --opc " OPC, "imsi" },
		{ "--url u --imsi 001010000000001 --opc " OPC, "--k" },
		{ "--url u --imsi 001010000000001 --k 00 --opc " OPC, "--k" },
		{ ONE " --accept yaml", "xml or json" },
		{ ONE " --param novalue", "NAME=VALUE" },
		{ "--url u --subscribers f --for 10", "a time" },
		{ "--url u --subscribers f --for 10h", "a time" },
		{ "--url u --subscribers f --rate 0", "exchanges a second" },
		{ "--url u --subscribers f --rate 10/m", "exchanges a second" },
		{ "--url u --subscribers f --mix auth=0", "nothing" },
		{ "--url u --subscribers f --mix other=1", "a mix" },
		{ "--url u --subscribers f --mix odsa=1", "a mix" },
		{ "odsa --url u --token t", "odsa --list" },
		{ "odsa sing --url u --token t", "odsa --list has them all): sing" },
		{ "odsa poll --url u --token t --eid 8904", "32 digits" },
		{ "odsa poll --url u --token t --sheet perhaps", "ask or auto" },
		{ "odsa poll --url u --token t --fill plan", "NAME=VALUE" },
		{ "load --url u " ONE, "many phones" },
		{ "--url u --subscribers f --connections 5000", "4096" },
		{ "--url u --phones 0 --imsi-base 001010000000001 --k " K " --opc " OPC, "phones" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		if (read_line(cases[i].line) != ES_MALFORMED || strstr(why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].line, why);
}

static es_status parse_list(const char *text, struct ph_phones *phones)
{
	struct es_buf error;
	memset(why, 0, sizeof why);
	es_buf_init_fixed(&error, why, sizeof why - 1);
	return ph_phones_parse(es_slice_str(text), 0, phones, &error);
}

static void lists_are_read_by_their_header_or_without_one(void **state)
{
	static const char *const lists[] = {
		"imsi,msisdn,plan,k,opc,amf\r\n001010000000001,+1,gold," K "," OPC ",8000\r\n\r\n",
		"opc;K;IMSI\n# a comment\n" OPC ";" K ";001010000000001\n",
		"001010000000001," K "," OPC "\n001010000000002,,\n",
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(lists); i++) {
		ES_CLEANUP(ph_phones_free) struct ph_phones phones = { 0 };
		assert_int_equal(parse_list(lists[i], &phones), ES_OK);
		assert_int_equal(phones.count, 1);
		assert_string_equal(phones.at[0].usim.imsi.digits, "001010000000001");
		assert_int_equal(phones.at[0].usim.k[0], 0x46);
		assert_int_equal(phones.at[0].usim.opc[0], 0xcd);
	}
	struct ph_phones none = { 0 };
	assert_int_equal(parse_list("imsi,k,opc\n001010000000001,00," OPC "\n", &none), ES_MALFORMED);
	assert_non_null(strstr(why, "line 2"));
	assert_int_equal(parse_list("", &none), ES_MALFORMED);
}

static void numbered_phones_follow_each_other(void **state)
{
	ES_CLEANUP(ph_phones_free) struct ph_phones phones = { 0 };
	struct es_buf error;

	(void)state;
	es_buf_init_fixed(&error, why, sizeof why);
	assert_int_equal(read_line("--url u --phones 300 --imsi-base 001010000000900 --k " K " --opc " OPC), ES_OK);
	assert_int_equal(ph_phones_number(&run, &phones, &error), ES_OK);
	assert_int_equal(phones.count, 300);
	assert_string_equal(phones.at[299].usim.imsi.digits, "001010000001199");
	assert_int_equal(read_line("--url u --phones 2 --imsi-base 999999999999999 --k " K " --opc " OPC), ES_OK);
	assert_int_equal(ph_phones_number(&run, &phones, &error), ES_MALFORMED);
}

static void percentiles_are_within_a_bucket(void **state)
{
	static struct ph_histogram h;

	(void)state;
	assert_int_equal(ph_histogram_percentile(&h, 50), 0);
	for (int64_t i = 1; i <= 100000; i++)
		ph_histogram_add(&h, i);
	assert_int_equal(h.count, 100000);
	assert_int_equal(h.max, 100000);
	assert_in_range(ph_histogram_percentile(&h, 50), 50000, 50800);
	assert_in_range(ph_histogram_percentile(&h, 99), 99000, 100000);
	assert_int_equal(ph_histogram_percentile(&h, 100), 100000);
	assert_int_equal(ph_histogram_percentile(&h, 0.001), 1);
	ph_histogram_add(&h, INT64_MAX); /* beyond the last bucket */
	ph_histogram_add(&h, -5);
	assert_true(ph_histogram_percentile(&h, 100) > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_phone),
		cmocka_unit_test(op_stands_for_opc),
		cmocka_unit_test(token_needs_no_keys),
		cmocka_unit_test(load),
		cmocka_unit_test(a_flow_is_named_and_its_devices_are_made_up),
		cmocka_unit_test(a_flow_may_be_load),
		cmocka_unit_test(wrong_command_lines_say_what_is_wrong),
		cmocka_unit_test(lists_are_read_by_their_header_or_without_one),
		cmocka_unit_test(numbered_phones_follow_each_other),
		cmocka_unit_test(percentiles_are_within_a_bucket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
