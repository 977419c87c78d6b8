/* policy_digest_test.c -- answers that mean the same have one digest, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_digest.h"
#include "policy_resource.h"

static struct es_arena *arena;
static struct policy_tenant tenant;
static struct policy_plan plan;
static struct policy_subscriber line;

#define NOW INT64_C(1767225600000)

static int set_up(void **state)
{
	(void)state;
	arena = es_arena_new(0, 1 << 20);
	policy_resource_defaults(&policy_tenant_shape, &tenant);
	policy_resource_defaults(&policy_plan_shape, &plan);
	policy_resource_defaults(&policy_subscriber_shape, &line);
	tenant.vowifi_url = "https://portal.example/";
	tenant.private_identity.kind = POLICY_IDENTITY_PSEUDONYM;
	plan.vowifi = plan.smsoip = plan.private_identity = plan.carrier_billing = plan.companion_allowed = true;
	plan.volte = POLICY_EVERYWHERE;
	return arena == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static struct policy_context context_at(int64_t now_ms)
{
	return (struct policy_context){
		.tenant = &tenant, .plan = &plan, .subscriber = &line, .version_major = 12, .now_ms = now_ms
	};
}

struct digest {
	uint8_t octets[POLICY_DIGEST_SIZE];
};

static struct digest digest_of(const struct policy_context *context, const char *app)
{
	struct digest out;
	assert_int_equal(policy_digest(context, es_slice_str(app), arena, out.octets), ES_OK);
	return out;
}

static bool same(struct digest a, struct digest b)
{
	return memcmp(a.octets, b.octets, sizeof a.octets) == 0;
}

static es_status give_a(const struct policy_handles *handles, const char *app, struct es_arena *of,
                        struct es_slice *out)
{
	(void)handles;
	(void)app;
	*out = es_arena_copy(of, ES_SLICE_LIT("A"));
	return ES_OK;
}

static es_status give_b(const struct policy_handles *handles, const char *app, struct es_arena *of,
                        struct es_slice *out)
{
	(void)handles;
	(void)app;
	*out = es_arena_copy(of, ES_SLICE_LIT("B"));
	return ES_OK;
}
static const struct policy_handles makers[] = { { give_a }, { give_b } };

static void a_handle_and_a_name_made_for_an_hour_are_no_difference(void **state)
{
	static const struct policy_identity names[] = { { "one", NOW }, { "two", NOW + 1 } };
	static const char *const apps[] = { "ap2004", "ap2013" };
	(void)state;

	for (size_t i = 0; i < ES_COUNT(apps); i++) {
		struct digest seen[2];
		for (size_t k = 0; k < 2; k++) {
			struct policy_context c = context_at(NOW);
			struct es_doc_node *first = NULL;
			c.handles = &makers[k];
			c.private_identity = &names[k];
			assert_int_equal(policy_answer(&c, es_slice_str(apps[i]), arena, &first), ES_OK);
			assert_non_null(first);
			assert_int_equal(policy_digest_of_answer(&c, es_slice_str(apps[i]), first, arena, seen[k].octets), ES_OK);
		}
		assert_true(same(seen[0], seen[1]));
		const struct policy_context again = context_at(NOW);
		assert_true(same(seen[0], digest_of(&again, apps[i])));
	}
}

/* Of each application: what an operator changes, and whose answer is another one then. */
static void a_change_shows_in_exactly_the_answers_that_read_it(void **state)
{
	static const char *const apps[] = {
		"ap2003", "ap2004", "ap2005", "ap2006", "ap2010", "ap2012", "ap2013", "ap2016"
	};
	const struct policy_context before = context_at(NOW);
	struct digest old[ES_COUNT(apps)];
	(void)state;

	for (size_t i = 0; i < ES_COUNT(apps); i++)
		old[i] = digest_of(&before, apps[i]);
	for (unsigned what = 0; what < 4; what++) {
		static const char *const touched[] = { "ap2004", "ap2003", "ap2012",
			                                   "ap2003 ap2004 ap2005 ap2006 ap2012 ap2013" };
		const struct policy_subscriber kept = line;
		if (what == 0)
			line.vowifi.prov = POLICY_NOT_PROVISIONED;
		if (what == 1)
			line.voice_prov = POLICY_NOT_PROVISIONED;
		if (what == 2)
			line.billing.barred = true;
		if (what == 3)
			line.status = POLICY_SUSPENDED;
		const struct policy_context after = context_at(NOW);
		for (size_t i = 0; i < ES_COUNT(apps); i++)
			assert_int_equal(!same(old[i], digest_of(&after, apps[i])), strstr(touched[what], apps[i]) != NULL);
		line = kept;
	}
}

static void time_shows_where_it_ends_something(void **state)
{
	(void)state;
	tenant.vowifi_address_required = true;
	line.vowifi.address = POLICY_AVAILABLE;
	line.vowifi.address_expiry_ms = NOW + 1000;
	const struct policy_context before = context_at(NOW), still = context_at(NOW + 999), after = context_at(NOW + 1000);
	assert_true(same(digest_of(&before, "ap2004"), digest_of(&still, "ap2004")));
	assert_false(same(digest_of(&before, "ap2004"), digest_of(&after, "ap2004")));
	assert_true(same(digest_of(&before, "ap2005"), digest_of(&after, "ap2005")));
}

static void carrier_billing_is_compared_for_those_who_agreed_too(void **state)
{
	(void)state;
	tenant.billing.page.url = "https://pay.example/";
	tenant.billing.terms_required = true;
	tenant.billing.terms = "2026";
	const struct policy_context before = context_at(NOW);
	const struct digest old = digest_of(&before, "ap2012");
	line.billing.prov = POLICY_PROV_IN_PROGRESS; /* who has not agreed is told 0 before and after */
	const struct policy_context after = context_at(NOW);
	assert_false(same(old, digest_of(&after, "ap2012")));
}

static void operations_are_not_kept(void **state)
{
	const struct policy_context c = context_at(NOW);
	uint8_t out[POLICY_DIGEST_SIZE];
	(void)state;
	assert_int_equal(policy_digest(&c, ES_SLICE_LIT("ap2014"), arena, out), ES_UNSUPPORTED);
	assert_int_equal(policy_digest(&c, ES_SLICE_LIT("ap9999"), arena, out), ES_UNSUPPORTED);
	assert_true(policy_is_kept(ES_SLICE_LIT("ap2009")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_handle_and_a_name_made_for_an_hour_are_no_difference),
		TEST(a_change_shows_in_exactly_the_answers_that_read_it),
		TEST(time_shows_where_it_ends_something),
		TEST(carrier_billing_is_compared_for_those_who_agreed_too),
		TEST(operations_are_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
