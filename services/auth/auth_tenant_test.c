/* auth_tenant_test.c -- which tenant a phone belongs to, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_tenant.h"
#include "es_cleanup.h"

#define S ES_SLICE_LIT
/* A slice that may stand in a static initializer. */
#define ONE(text)                                                                                                      \
	{                                                                                                                  \
		{                                                                                                              \
			(const uint8_t *)(text), sizeof(text) - 1                                                                  \
		}                                                                                                              \
	}

static const struct es_slice host_mno[] = ONE("ecs.mno.example"), host_mvno[] = ONE("ecs.mvno.example"),
							 host_lab[] = ONE("lab.example");
static const struct es_slice plmn_00101[] = ONE("00101"), plmn_310260[] = ONE("310260"), plmn_99999[] = ONE("99999");
static const struct es_slice range_all[] = ONE("00101"), range_55[] = ONE("0010155"), gid1_f5[] = ONE("F5");

/* Two operators; an MVNO inside the first by range, another by GID1; a lab that only has a host. */
static const struct auth_tenant items[] = {
	{ .id = "mno",
	  .hosts = host_mno,
	  .host_count = 1,
	  .plmns = plmn_00101,
	  .plmn_count = 1,
	  .imsi_ranges = range_all,
	  .imsi_range_count = 1 },
	{ .id = "mvno-range", .plmns = plmn_00101, .plmn_count = 1, .imsi_ranges = range_55, .imsi_range_count = 1 },
	{ .id = "mvno-gid1",
	  .hosts = host_mvno,
	  .host_count = 1,
	  .plmns = plmn_00101,
	  .plmn_count = 1,
	  .imsi_ranges = range_all,
	  .imsi_range_count = 1,
	  .gid1 = gid1_f5,
	  .gid1_count = 1 },
	{ .id = "three-digits", .plmns = plmn_310260, .plmn_count = 1 },
	{ .id = "lab", .hosts = host_lab, .host_count = 1, .plmns = plmn_99999, .plmn_count = 1 },
};
static const struct auth_tenants tenants = { .items = items, .count = ES_COUNT(items) };

#define EPC(user, mnc, mcc) user "@nai.epc.mnc" mnc ".mcc" mcc ".3gppnetwork.org"

static void the_closest_tenant_serves(void **state)
{
	(void)state;
	static const struct {
		const char *host, *eap_id, *gid1, *tenant; /* NULL: not ours */
	} cases[] = {
		{ "ecs.mno.example", EPC("0001010000000001", "001", "001"), "", "mno" },
		{ "ECS.MNO.example", EPC("0001010000000001", "001", "001"), "", "mno" },
		{ "localhost", EPC("0001010000000001", "001", "001"), "", "mno" },
		{ "localhost", EPC("0001010000000001", "001", "001"), "f5", "mvno-gid1" },
		{ "localhost", EPC("0001010000000001", "001", "001"), "00", "mno" },
		{ "ecs.mvno.example", EPC("0001010000000001", "001", "001"), "", "mvno-gid1" }, /* its own host says enough */
		{ "localhost", EPC("0001015500000001", "001", "001"), "", "mvno-range" },
		{ "ecs.mno.example", EPC("0001015500000001", "001", "001"), "", "mno" }, /* the host comes first */
		{ "localhost", EPC("0310260123456789", "260", "310"), "", "three-digits" },
		{ "localhost", EPC("0310260123456789", "026", "310"), "", NULL },
		{ "lab.example", EPC("0001010000000001", "001", "001"), "", "mno" }, /* a host does not override the PLMN */
		{ "lab.example", EPC("0999990000000001", "099", "999"), "", "lab" },
		{ "localhost", EPC("0262010000000001", "001", "262"), "", NULL },
		{ "localhost", EPC("0262010000000001", "001", "001"), "", NULL }, /* realm ours, IMSI not */
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_nai nai;
		enum auth_method method;
		assert_int_equal(auth_identity_classify(es_slice_str(cases[i].eap_id), &nai, &method), AUTH_ID_PERMANENT);
		const struct auth_tenant *tenant =
			auth_tenant_resolve(&tenants, es_slice_str(cases[i].host), &nai, es_slice_str(cases[i].gid1));
		assert_string_equal(tenant == NULL ? "none" : tenant->id, cases[i].tenant == NULL ? "none" : cases[i].tenant);
	}
}

static void two_tenants_that_are_equally_close_serve_nobody(void **state)
{
	(void)state;
	static const struct auth_tenant twins[] = { { .id = "a" }, { .id = "b" } };
	const struct auth_tenants both = { .items = twins, .count = 2 }, one = { .items = twins, .count = 1 },
							  none = { .count = 0 };
	struct es_nai nai;
	enum auth_method method;

	assert_int_equal(auth_identity_classify(S(EPC("0001010000000001", "001", "001")), &nai, &method),
	                 AUTH_ID_PERMANENT);
	assert_null(auth_tenant_resolve(&both, S("localhost"), &nai, S("")));
	assert_string_equal(auth_tenant_resolve(&one, S("localhost"), &nai, S(""))->id, "a");
	assert_null(auth_tenant_resolve(&none, S("localhost"), &nai, S("")));
}

static void identities_are_told_apart(void **state) /* settled rule 8, V12-AUTH-18 */
{
	(void)state;
	static const struct {
		const char *text;
		enum auth_identity_kind kind;
		enum auth_method method;
	} cases[] = {
		{ EPC("0001010000000001", "001", "001"), AUTH_ID_PERMANENT, AUTH_AKA },
		{ "0001010000000001@WLAN.MNC001.mcc001.3gppNetwork.org", AUTH_ID_PERMANENT, AUTH_AKA },
		{ EPC("6001010000000001", "001", "001"), AUTH_ID_PERMANENT, AUTH_AKA_PRIME },
		{ EPC("1001010000000001", "001", "001"), AUTH_ID_UNUSABLE, AUTH_AKA }, /* EAP-SIM */
		{ EPC("3c0ffee", "001", "001"), AUTH_ID_UNUSABLE, AUTH_AKA },
		{ EPC("5c0ffee", "001", "001"), AUTH_ID_UNUSABLE, AUTH_AKA },
		{ EPC("2c0ffee", "001", "001"), AUTH_ID_PSEUDONYM, AUTH_AKA },
		{ EPC("2001010000000001", "001", "001"), AUTH_ID_PSEUDONYM, AUTH_AKA }, /* looks like an IMSI, and is none */
		{ EPC("7c0ffee", "001", "001"), AUTH_ID_PSEUDONYM, AUTH_AKA_PRIME },
		{ EPC("4c0ffee", "001", "001"), AUTH_ID_REAUTH, AUTH_AKA },
		{ EPC("8c0ffee", "001", "001"), AUTH_ID_REAUTH, AUTH_AKA_PRIME },
		{ "alice@example.org", AUTH_ID_FOREIGN, AUTH_AKA },
		{ "0001010000000001@example.org", AUTH_ID_FOREIGN, AUTH_AKA },
		{ "", AUTH_ID_MALFORMED, AUTH_AKA },
		{ "0001010000000001", AUTH_ID_MALFORMED, AUTH_AKA },
		{ "@nai.epc.mnc001.mcc001.3gppnetwork.org", AUTH_ID_MALFORMED, AUTH_AKA },
		{ EPC("0abc", "001", "001"), AUTH_ID_MALFORMED, AUTH_AKA },
		{ "al ice@example.org", AUTH_ID_MALFORMED, AUTH_AKA },
		{ "alice@exa mple.org", AUTH_ID_MALFORMED, AUTH_AKA },
		{ "alice@example.org@example.org", AUTH_ID_MALFORMED, AUTH_AKA },
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_nai nai;
		enum auth_method method = AUTH_AKA;
		assert_int_equal(auth_identity_classify(es_slice_str(cases[i].text), &nai, &method), cases[i].kind);
		if (cases[i].kind == AUTH_ID_PERMANENT || cases[i].kind == AUTH_ID_PSEUDONYM || cases[i].kind == AUTH_ID_REAUTH)
			assert_int_equal(method, cases[i].method);
	}
}

static void a_host_that_one_tenant_names_is_its_own(void **state)
{
	(void)state;
	assert_string_equal(auth_tenant_of_host(&tenants, S("lab.example"))->id, "lab");
	assert_null(auth_tenant_of_host(&tenants, S("localhost")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_closest_tenant_serves),
		cmocka_unit_test(two_tenants_that_are_equally_close_serve_nobody),
		cmocka_unit_test(identities_are_told_apart),
		cmocka_unit_test(a_host_that_one_tenant_names_is_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
