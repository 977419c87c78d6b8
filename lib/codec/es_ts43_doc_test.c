/* es_ts43_doc_test.c -- documents as TS.43 prints them (2.9, 3, 4, 15.2), in the form real clients read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_ts43_doc.h"

struct fixture {
	struct es_arena *arena;
	struct es_doc_node *root; /* its children become the application's nodes */
	struct es_doc_app app;
	struct es_doc doc;
	char text[4096];
};

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){ .arena = es_arena_new(0, 65536) };
	f.root = es_doc_characteristic(f.arena, NULL, (struct es_slice){ 0 }, false);
	f.doc = (struct es_doc){ .version = 1, .validity_s = 172800, .apps = &f.app };
	*state = &f;
	return f.arena == NULL || f.root == NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	es_arena_free(f->arena);
	return 0;
}

static struct es_doc_node *group(struct fixture *f, struct es_doc_node *parent, const char *name, bool is_list)
{
	struct es_doc_node *node = es_doc_characteristic(f->arena, parent, es_slice_str(name), is_list);
	assert_non_null(node);
	return node;
}

static void parm(struct fixture *f, struct es_doc_node *parent, const char *name, const char *value)
{
	assert_non_null(es_doc_parm(f->arena, parent, es_slice_str(name), es_slice_str(value)));
}

static const char *write(struct fixture *f, void (*writer)(const struct es_doc *doc, struct es_buf *out))
{
	struct es_buf out;

	es_buf_init_fixed(&out, f->text, sizeof f->text);
	f->app.first = f->root->child;
	writer(&f->doc, &out);
	es_put_u8(&out, 0);
	assert_int_equal(es_buf_status(&out), ES_OK);
	return f->text;
}

#define VERS_XML                                                                                                       \
	"<?xml version=\"1.0\"?>\n<wap-provisioningdoc version=\"1.1\">\n"                                                 \
	"<characteristic type=\"VERS\">\n<parm name=\"version\" value=\"1\"/>\n"                                           \
	"<parm name=\"validity\" value=\"172800\"/>\n</characteristic>\n"
#define TOKEN_XML                                                                                                      \
	"<characteristic type=\"TOKEN\">\n<parm name=\"token\" value=\"q0Yt4c-9xW\"/>\n"                                   \
	"<parm name=\"validity\" value=\"86400\"/>\n</characteristic>\n"
#define APP_XML(id, body)                                                                                              \
	"<characteristic type=\"APPLICATION\">\n<parm name=\"AppID\" value=\"" id "\"/>\n" body                            \
	"</characteristic>\n</wap-provisioningdoc>\n"

/* TS.43 section 3, example. V12-DOC-02, V12-DOC-03, V12-DOC-05, V12-DOC-06, V12-DOC-12, V12-TOK-08. */
static void vowifi_document(void **state)
{
	struct fixture *f = *state;

	f->doc.token = ES_SLICE_LIT("q0Yt4c-9xW");
	f->doc.token_validity_s = 86400;
	f->app.app_id = ES_SLICE_LIT("ap2004");
	parm(f, f->root, "EntitlementStatus", "0");
	parm(f, f->root, "ServiceFlow_URL", "https://portal.op.example/vowifi");
	parm(f, f->root, "ServiceFlow_UserData", "sid=8f2a61c0&svc=vowifi&sig=Zk3nQ");
	parm(f, f->root, "MessageForIncompatible", "");
	parm(f, f->root, "AddrStatus", "0");
	assert_string_equal(
		write(f, es_doc_write_xml),
		VERS_XML TOKEN_XML APP_XML(
			"ap2004", "<parm name=\"EntitlementStatus\" value=\"0\"/>\n"
					  "<parm name=\"ServiceFlow_URL\" value=\"https://portal.op.example/vowifi\"/>\n"
					  "<parm name=\"ServiceFlow_UserData\" value=\"sid=8f2a61c0&amp;svc=vowifi&amp;sig=Zk3nQ\"/>\n"
					  "<parm name=\"MessageForIncompatible\" value=\"\"/>\n"
					  "<parm name=\"AddrStatus\" value=\"0\"/>\n"));
	assert_string_equal(write(f, es_doc_write_json), "{\"Vers\":{\"version\":\"1\",\"validity\":\"172800\"},"
	                                                 "\"Token\":{\"token\":\"q0Yt4c-9xW\",\"validity\":\"86400\"},"
	                                                 "\"ap2004\":{\"EntitlementStatus\":\"0\","
	                                                 "\"ServiceFlow_URL\":\"https://portal.op.example/vowifi\","
	                                                 "\"ServiceFlow_UserData\":\"sid=8f2a61c0&svc=vowifi&sig=Zk3nQ\","
	                                                 "\"MessageForIncompatible\":\"\",\"AddrStatus\":\"0\"}}");
}

/* TS.43 section 4, example. V12-DOC-07: a list is characteristics in XML, an array of one-member objects in JSON. */
static void voice_over_cellular_document(void **state)
{
	struct fixture *f = *state;

	f->app.app_id = ES_SLICE_LIT("ap2003");
	struct es_doc_node *list = group(f, f->root, "VoiceOverCellularEntitleInfo", true);
	for (char type = '1'; type <= '2'; type++) {
		struct es_doc_node *details = group(f, list, "RATVoiceEntitleInfoDetails", false);
		char access[] = { type, 0 };
		assert_non_null(
			es_doc_parm(f->arena, details, ES_SLICE_LIT("AccessType"), es_arena_copy(f->arena, es_slice_str(access))));
		parm(f, details, "HomeRoamingNWType", "1");
	}
	assert_string_equal(
		write(f, es_doc_write_xml),
		VERS_XML APP_XML("ap2003",
	                     "<characteristic type=\"VoiceOverCellularEntitleInfo\">\n"
	                     "<characteristic type=\"RATVoiceEntitleInfoDetails\">\n"
	                     "<parm name=\"AccessType\" value=\"1\"/>\n<parm name=\"HomeRoamingNWType\" value=\"1\"/>\n"
	                     "</characteristic>\n<characteristic type=\"RATVoiceEntitleInfoDetails\">\n"
	                     "<parm name=\"AccessType\" value=\"2\"/>\n<parm name=\"HomeRoamingNWType\" value=\"1\"/>\n"
	                     "</characteristic>\n</characteristic>\n"));
	assert_string_equal(write(f, es_doc_write_json),
	                    "{\"Vers\":{\"version\":\"1\",\"validity\":\"172800\"},"
	                    "\"ap2003\":{\"VoiceOverCellularEntitleInfo\":["
	                    "{\"RATVoiceEntitleInfoDetails\":{\"AccessType\":\"1\",\"HomeRoamingNWType\":\"1\"}},"
	                    "{\"RATVoiceEntitleInfoDetails\":{\"AccessType\":\"2\",\"HomeRoamingNWType\":\"1\"}}]}}");
}

/* V12-SAT-06: PLMNAllowed is repeated inside APPLICATION in XML, an array of plain objects in JSON. */
static void satellite_document(void **state)
{
	struct fixture *f = *state;

	f->app.app_id = ES_SLICE_LIT("ap2016");
	parm(f, f->root, "EntitlementStatus", "1");
	struct es_doc_node *list = group(f, f->root, "PLMNAllowed", true);
	parm(f, group(f, list, "", false), "PLMN", "00199");
	struct es_doc_node *second = group(f, list, "", false);
	parm(f, second, "PLMN", "00188");
	parm(f, group(f, group(f, second, "AllowedServicesInfo", true), "AllowedServices", false), "ServiceType", "data");
	assert_string_equal(
		write(f, es_doc_write_xml),
		VERS_XML APP_XML("ap2016", "<parm name=\"EntitlementStatus\" value=\"1\"/>\n"
	                               "<characteristic type=\"PLMNAllowed\">\n<parm name=\"PLMN\" value=\"00199\"/>\n"
	                               "</characteristic>\n<characteristic type=\"PLMNAllowed\">\n"
	                               "<parm name=\"PLMN\" value=\"00188\"/>\n"
	                               "<characteristic type=\"AllowedServicesInfo\">\n"
	                               "<characteristic type=\"AllowedServices\">\n"
	                               "<parm name=\"ServiceType\" value=\"data\"/>\n"
	                               "</characteristic>\n</characteristic>\n</characteristic>\n"));
	assert_string_equal(write(f, es_doc_write_json),
	                    "{\"Vers\":{\"version\":\"1\",\"validity\":\"172800\"},\"ap2016\":{\"EntitlementStatus\":\"1\","
	                    "\"PLMNAllowed\":[{\"PLMN\":\"00199\"},{\"PLMN\":\"00188\",\"AllowedServicesInfo\":["
	                    "{\"AllowedServices\":{\"ServiceType\":\"data\"}}]}]}}");
}

/* RCC.14's special versions are negative. */
static void negative_versions_and_an_application_without_nodes(void **state)
{
	struct fixture *f = *state;

	f->app.app_id = ES_SLICE_LIT("ap2005");
	f->doc.version = -1;
	f->doc.validity_s = INT64_MIN;
	assert_string_equal(write(f, es_doc_write_json),
	                    "{\"Vers\":{\"version\":\"-1\",\"validity\":\"-9223372036854775808\"},\"ap2005\":{}}");
	assert_string_equal(
		write(f, es_doc_write_xml),
		"<?xml version=\"1.0\"?>\n<wap-provisioningdoc version=\"1.1\">\n"
		"<characteristic type=\"VERS\">\n<parm name=\"version\" value=\"-1\"/>\n"
		"<parm name=\"validity\" value=\"-9223372036854775808\"/>\n</characteristic>\n" APP_XML("ap2005", ""));
}

/* V12-DOC-08, settled rule 22: Android shows any entity but `&amp;` to the user as it stands. */
static void xml_values_are_escaped_as_little_as_is_safe(void **state)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{ "plain", "plain" },
		{ "a&b&amp;", "a&amp;b&amp;amp;" },
		{ "Votre forfait n'inclut pas > ce service & l'appel",
		  "Votre forfait n'inclut pas > ce service &amp; l'appel" },
		{ "<script>'\"&", "&lt;script&gt;&apos;&quot;&amp;" },
		{ "\"/><parm name='x'", "&quot;/&gt;&lt;parm name=&apos;x&apos;" },
		{ "two\nlines\tand\r", "two&#10;lines&#9;and&#13;" },
		{ "bell\x07 and\x1f", "bell\xef\xbf\xbd and\xef\xbf\xbd" },
		{ "caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80" },
		{ "cut \xf0\x9f\x98", "cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "overlong \xc0\xbc", "overlong \xef\xbf\xbd\xef\xbf\xbd" },
		{ "surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "noncharacter \xef\xbf\xbf", "noncharacter \xef\xbf\xbd" },
	};
	struct fixture *f = *state;

	f->app.app_id = ES_SLICE_LIT("ap2004");
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char expected[256];
		struct es_buf b;
		f->root->child = f->root->last = NULL;
		parm(f, f->root, "v", cases[i].value);
		es_buf_init_fixed(&b, expected, sizeof expected);
		es_put_printf(&b, "<parm name=\"v\" value=\"%s\"/>\n", cases[i].written);
		es_put_u8(&b, 0);
		if (strstr(write(f, es_doc_write_xml), expected) == NULL)
			fail_msg("%s is not in %s", expected, f->text);
	}
}

/* V12-DOC-09 */
static void json_document_is_json_whatever_the_values_are(void **state)
{
	struct fixture *f = *state;
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;

	f->app.app_id = ES_SLICE_LIT("ap2004\"\\");
	parm(f, f->root, "v\n", "a\"b\\c\x01\xff");
	assert_int_equal(es_json_parse(es_slice_str(write(f, es_doc_write_json)), ES_JSON_SMALL, &tree), ES_OK);
	assert_string_equal(es_json_str(cJSON_GetObjectItemCaseSensitive(tree, "ap2004\"\\"), "v\n"),
	                    "a\"b\\c\x01\xef\xbf\xbd");
}

static void exhausted_arena_adds_nothing(void **state)
{
	struct fixture *f = *state;
	size_t added = 0, found = 0;

	while (es_doc_parm(f->arena, f->root, ES_SLICE_LIT("n"), ES_SLICE_LIT("v")) != NULL)
		added++;
	for (const struct es_doc_node *n = f->root->child; n != NULL; n = n->next)
		found++;
	assert_true(added > 0);
	assert_int_equal(found, added);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(vowifi_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(voice_over_cellular_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(satellite_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(negative_versions_and_an_application_without_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(xml_values_are_escaped_as_little_as_is_safe, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_document_is_json_whatever_the_values_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(exhausted_arena_adds_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
