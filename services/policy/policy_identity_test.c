/* policy_identity_test.c -- names for the operator's Wi-Fi: their life, their bounds, and what the phone reads. */
#include "policy_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "policy_decide.h"

#define NOW INT64_C(1767225600000)
#define DAY_S 86400
#define IMSI "001010123456789"

static const uint8_t key_octets[32] = { 1, 2, 3 };
static struct es_arena *arena;

static int begin(void **state)
{
	(void)state;
	es_crypto_init();
	arena = es_arena_new(0, 262144);
	return arena == NULL;
}

static int end(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static struct policy_identity make(enum policy_identity_kind kind, const char *tenant, const char *imsi, int64_t now)
{
	struct policy_identity out;

	assert_int_equal(
		policy_identity_make(es_slice_of(key_octets, sizeof key_octets), kind, tenant, imsi, now, DAY_S, arena, &out),
		ES_OK);
	return out;
}

static const enum policy_identity_kind kinds[] = { POLICY_IDENTITY_PSEUDONYM, POLICY_IDENTITY_ENCRYPTED };

static void a_name_stays_for_half_its_life_and_is_good_for_as_long_again(void **state)
{
	(void)state;
	for (size_t k = 0; k < ES_COUNT(kinds); k++) {
		struct policy_identity first = make(kinds[k], "demo", IMSI, NOW), one = first;
		unsigned changes = 0;
		for (int64_t at = NOW; at < NOW + INT64_C(1000) * DAY_S * 3; at += 600000) {
			struct policy_identity now = make(kinds[k], "demo", IMSI, at);
			assert_true(now.expiry_ms > at + DAY_S * 500 && now.expiry_ms <= at + INT64_C(1000) * DAY_S);
			assert_int_equal(now.expiry_ms % 1000, 0);
			assert_int_equal(strcmp(now.value, one.value) == 0, now.expiry_ms == one.expiry_ms);
			changes += strcmp(now.value, one.value) != 0;
			one = now;
			es_arena_reset(arena);
			one = make(kinds[k], "demo", IMSI, at);
		}
		assert_int_equal(changes, 6); /* three days of half-day names */
	}
}

static void names_of_lines_and_tenants_have_nothing_in_common(void **state)
{
	(void)state;
	for (size_t k = 0; k < ES_COUNT(kinds); k++) {
		const char *a = make(kinds[k], "demo", IMSI, NOW).value;
		assert_string_not_equal(a, make(kinds[k], "demo", "001010123456780", NOW).value);
		assert_string_not_equal(a, make(kinds[k], "other", IMSI, NOW).value);
	}
}

static void no_name_shows_the_imsi_or_is_too_long_for_at_identity(void **state) /* V12-PUI-05, V12-PUI-06 */
{
	(void)state;
	for (size_t k = 0; k < ES_COUNT(kinds); k++) {
		const char *name = make(kinds[k], "a-tenant-with-the-longest-id-31c", "001010123456789", NOW).value;
		assert_true(strlen(name) < POLICY_IDENTITY_LIMIT);
		assert_null(strstr(name, "0123456789"));
		struct es_slice rest = es_slice_str(name);
		if (name[0] == '2')
			rest = es_slice_sub(rest, 1, rest.len);
		while (rest.ptr != NULL) { /* nor does any part of it that is merely encoded */
			struct es_slice part = es_slice_cut(&rest, '.'), octets;
			assert_int_equal(es_base64url_decode(part, arena, &octets), ES_OK);
			for (size_t i = 0; i + 10 <= octets.len; i++)
				assert_memory_not_equal(octets.ptr + i, "0123456789", 10);
		}
	}
}

/* What a gateway does with the tenant's key. */
static void open_pseudonym(const char *name, int64_t expiry_ms)
{
	const struct es_slice none = { NULL, 0 };
	uint8_t tenant_key[32], plain[64];
	struct es_slice octets;

	es_hkdf_sha256(es_slice_of(key_octets, 32), none, ES_SLICE_LIT("openes private identity demo"), tenant_key, 32);
	assert_int_equal(name[0], '2');
	assert_int_equal(es_base64url_decode(es_slice_str(name + 1), arena, &octets), ES_OK);
	assert_int_equal(es_gcm_open(tenant_key, octets.ptr + 4, es_slice_sub(octets, 0, 4),
	                             es_slice_sub(octets, 16, octets.len), plain),
	                 ES_OK);
	uint64_t expiry = 0;
	for (int i = 0; i < 8; i++)
		expiry = expiry << 8 | plain[i];
	assert_int_equal(expiry, expiry_ms / 1000);
	assert_int_equal(octets.len, 4 + 12 + 8 + strlen(IMSI) + 16);
	assert_memory_equal(plain + 8, IMSI, strlen(IMSI));
}

static void the_tenants_key_opens_a_pseudonym(void **state)
{
	struct policy_identity name = make(POLICY_IDENTITY_PSEUDONYM, "demo", IMSI, NOW);
	(void)state;
	open_pseudonym(name.value, name.expiry_ms);
}

/* ---- decided and rendered ---- */

static const struct policy_identity a_name = { "2abc", NOW + 1000 };
static const struct policy_plan plan_yes = { .id = "gold", .private_identity = true };
static const struct policy_plan plan_no = { .id = "none" };

static const char *answer(const struct policy_context *context)
{
	static char text[512];
	struct es_doc_node *first = NULL;
	size_t at = 0;

	assert_int_equal(policy_answer(context, ES_SLICE_LIT("ap2013"), arena, &first), ES_OK);
	text[0] = '\0';
	for (; first != NULL; first = first->next)
		at += (size_t)snprintf(text + at, sizeof text - at, ES_SLICE_FMT "=" ES_SLICE_FMT ";",
		                       ES_SLICE_ARG(first->name), ES_SLICE_ARG(first->value));
	return text;
}

static const struct {
	uint8_t kind, status;
	bool has_name;
	const struct policy_plan *plan;
	uint32_t opt_outs;
	const char *expected;
} cases[] = {
	/* V12-PUI-02, V12-PUI-03 */
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_ACTIVE, true, &plan_yes, 0,
	  "EntitlementStatus=1;PrivateUserID=2abc;PrivateUserIDType=1;PrivateUserIDExpiry=2026-01-01T00:00:01Z;" },
	{ POLICY_IDENTITY_ENCRYPTED, POLICY_ACTIVE, true, &plan_yes, 0,
	  "EntitlementStatus=1;PrivateUserID=2abc;PrivateUserIDType=2;PrivateUserIDExpiry=2026-01-01T00:00:01Z;" },
	/* V12-PUI-04: empty with type 1 alone */
	{ POLICY_IDENTITY_CHALLENGE, POLICY_ACTIVE, false, &plan_yes, 0,
	  "EntitlementStatus=1;PrivateUserID=;PrivateUserIDType=1;" },
	{ POLICY_IDENTITY_ENCRYPTED, POLICY_ACTIVE, false, &plan_yes, 0, "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_ACTIVE, false, &plan_yes, 0, "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_NONE, POLICY_ACTIVE, false, &plan_yes, 0, "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_ACTIVE, true, &plan_no, 0, "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_ACTIVE, true, NULL, 0, "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_ACTIVE, true, &plan_yes, POLICY_SERVICE_PRIVATE_IDENTITY,
	  "EntitlementStatus=2;" },
	{ POLICY_IDENTITY_PSEUDONYM, POLICY_SUSPENDED, true, &plan_yes, 0, "EntitlementStatus=0;" },
	{ POLICY_IDENTITY_CHALLENGE, POLICY_BARRED, true, &plan_yes, 0, "EntitlementStatus=0;" },
};

static void the_phone_gets_a_name_with_status_1_and_never_status_3(void **state) /* V12-PUI-01 */
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct policy_subscriber line = {
			.imsi = IMSI, .msisdn = "", .plan = "gold", .status = cases[i].status, .opt_outs = cases[i].opt_outs
		};
		const struct policy_tenant tenant = { .id = "demo",
			                                  .language = "en",
			                                  .private_identity = { .kind = cases[i].kind } };
		const struct policy_context context = { .tenant = &tenant,
			                                    .plan = cases[i].plan,
			                                    .subscriber = &line,
			                                    .version_major = 12,
			                                    .now_ms = NOW,
			                                    .private_identity = cases[i].has_name ? &a_name : NULL };
		assert_string_equal(answer(&context), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_stays_for_half_its_life_and_is_good_for_as_long_again),
		cmocka_unit_test(names_of_lines_and_tenants_have_nothing_in_common),
		cmocka_unit_test(no_name_shows_the_imsi_or_is_too_long_for_at_identity),
		cmocka_unit_test(the_tenants_key_opens_a_pseudonym),
		cmocka_unit_test(the_phone_gets_a_name_with_status_1_and_never_status_3),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
