/* gw_admin_routes_test.c -- the table of the operators' API is complete and says what it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "gw_admin_routes.h"

static es_status find(const char *method, const char *path, struct gw_admin_match *match)
{
	return gw_admin_route_find(es_slice_str(method), es_slice_str(path), match);
}

static void every_route_has_all_its_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < gw_admin_route_count; i++) {
		const struct gw_admin_route *route = &gw_admin_routes[i];
		assert_non_null(route->method);
		assert_memory_equal(route->path, "/v1/", 4);
		assert_non_null(route->action);
		assert_non_null(route->query);
		assert_true(route->body == GW_BODY_NONE || strcmp(route->method, "GET") != 0);
	}
}

static void no_action_and_no_method_of_a_path_appears_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < gw_admin_route_count; i++) {
		for (size_t k = i + 1; k < gw_admin_route_count; k++) {
			const struct gw_admin_route *a = &gw_admin_routes[i], *b = &gw_admin_routes[k];
			assert_string_not_equal(a->action, b->action);
			assert_false(strcmp(a->method, b->method) == 0 && strcmp(a->path, b->path) == 0);
		}
	}
}

static void each_request_finds_its_action(void **state)
{
	static const struct {
		const char *method, *path, *action;
	} cases[] = {
		{ "GET", "/v1/tenants", "tenant.list" },
		{ "PUT", "/v1/tenants/demo", "tenant.put" },
		{ "DELETE", "/v1/tenants/demo/plans/gold", "plan.delete" },
		{ "POST", "/v1/tenants/demo/subscribers:import", "subscriber.import" },
		{ "PATCH", "/v1/tenants/demo/subscribers/001010000000042", "subscriber.patch" },
		{ "POST", "/v1/tenants/demo/subscribers/001010000000042:suspend", "subscriber.suspend" },
		{ "POST", "/v1/tenants/demo/subscribers/001010000000042:swap-sim", "subscriber.swap-sim" },
		{ "PUT", "/v1/tenants/demo/subscribers/001010000000042/keys", "keys.put" },
		{ "POST", "/v1/tenants/demo/rules/7:activate", "rules.activate" },
		{ "POST", "/v1/tenants/demo/rules/new:test", "rules.test" },
		{ "PUT", "/v1/tenants/demo/addons/day-pass", "addon.put" },
		{ "DELETE", "/v1/tenants/demo/outages/ims", "outage.delete" },
		{ "GET", "/v1/tenants/demo/explain", "explain" },
		{ "POST", "/v1/flow:resolve", "flow.resolve" },
		{ "GET", "/v1/keys/transport", "keys.transport" },
		{ "GET", "/v1/tenants/demo/esim-orders/0a1b", "esim.order.get" },
		{ "POST", "/v1/tenants/demo/esim-orders/0a1b:advance", "esim.order.advance" },
		{ "PUT", "/v1/tenants/demo/subscribers/001010000000042/profiles/8901000000000000012F", "esim.profile.put" },
		{ "POST", "/v1/tenants/demo/profiles/8901000000000000012:deleted", "esim.profile.deleted" },
		{ "POST", "/v1/tenants/demo/profile-stock:import", "esim.stock.import" },
		{ "DELETE", "/v1/tenants/demo/profile-stock/8901000000000000012", "esim.stock.delete" },
		{ "GET", "/v1/tenants/demo/subscribers/001010000000042/notifications", "notify.line.get" },
		{ "POST", "/v1/tenants/demo/subscribers/001010000000042/notifications:test", "notify.line.test" },
		{ "POST", "/v1/tenants/demo/notification-failures:replay", "notify.failure.replay-all" },
		{ "POST", "/v1/tenants/demo/notification-failures/17:replay", "notify.failure.replay" },
		{ "PATCH", "/v1/tenants/demo/mass-changes/3", "notify.mass.patch" },
		{ "POST", "/v1/tenants/demo/mass-changes/3:pause", "notify.mass.pause" },
		{ "GET", "/v1/tenants/demo/notification-channels", "notify.channel.list" },
		{ "DELETE", "/v1/credentials/care-desk", "credential.delete" },
		{ "POST", "/v1/tenants/demo/rules/new:test", "rules.test" },
		{ "POST", "/v1/tenants/demo/rules/7:activate", "rules.activate" },
	};
	struct gw_admin_match match;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(find(cases[i].method, cases[i].path, &match), ES_OK);
		assert_string_equal(match.route->action, cases[i].action);
	}
}

static void parameters_of_the_path_are_cut_out(void **state)
{
	struct gw_admin_match match;

	(void)state;
	assert_int_equal(find("POST", "/v1/tenants/demo/subscribers/001010000000042:resume", &match), ES_OK);
	assert_int_equal(match.param_count, 2);
	assert_true(es_slice_eq_str(gw_admin_param_of(&match, "tenant"), "demo"));
	assert_true(es_slice_eq_str(gw_admin_param_of(&match, "imsi"), "001010000000042"));
}

/* A name in braces that the parser does not know would leave the parameter without one. */
static void every_parameter_of_every_path_has_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < gw_admin_route_count; i++) {
		char storage[256];
		struct es_buf path;
		struct gw_admin_match match;
		struct es_slice rest = es_slice_str(gw_admin_routes[i].path);

		es_buf_init_fixed(&path, storage, sizeof storage);
		while (rest.len > 0) {
			es_put_bytes(&path, es_slice_cut(&rest, '{'));
			if (rest.ptr == NULL)
				break;
			es_put_str(&path, "001010000000042"); /* good as a name and as an IMSI */
			(void)es_slice_cut(&rest, '}');
		}
		const struct es_slice method = es_slice_str(gw_admin_routes[i].method);
		assert_int_equal(gw_admin_route_find(method, es_buf_slice(&path), &match), ES_OK);
		for (size_t k = 0; k < match.param_count; k++)
			assert_non_null(match.params[k].name);
	}
}

static void what_is_not_exactly_a_path_is_not_found(void **state)
{
	static const char *const paths[] = { "",
		                                 "/",
		                                 "/v1",
		                                 "/v2/tenants",
		                                 "/v1/tenants/",
		                                 "//v1/tenants",
		                                 "/v1/tenants/demo/",
		                                 "/v1/tenants/demo//plans",
		                                 "/v1/Tenants",
		                                 "/v1/tenants/demo/subscribers/001010000000042:",
		                                 "/v1/tenants/demo/subscribers/001010000000042:fly",
		                                 "/v1/tenants/demo/subscribers/001010000000042:suspend:resume",
		                                 "/v1/tenants/demo/subscribers:export" };
	struct gw_admin_match match;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(paths); i++)
		assert_int_equal(find("GET", paths[i], &match), ES_NOT_FOUND);
}

static void a_wrong_method_learns_the_right_ones(void **state)
{
	struct gw_admin_match match;

	(void)state;
	assert_int_equal(find("POST", "/v1/tenants/demo/subscribers/001010000000042", &match), ES_UNSUPPORTED);
	assert_string_equal(match.allow, "GET, PUT, PATCH, DELETE");
	assert_int_equal(find("GET", "/v1/tenants/demo/subscribers/001010000000042:suspend", &match), ES_UNSUPPORTED);
	assert_string_equal(match.allow, "POST");
}

static void identifiers_in_paths_are_checked(void **state)
{
	static const struct {
		const char *path, *field;
	} cases[] = {
		{ "/v1/tenants/..", "tenant" },
		{ "/v1/tenants/de mo", "tenant" },
		{ "/v1/tenants/d\xc3\xa9mo", "tenant" },
		{ "/v1/tenants/demo/plans/.gold", "plan" },
		{ "/v1/tenants/demo/subscribers/00101", "imsi" },
		{ "/v1/tenants/demo/subscribers/00101000000004x", "imsi" },
		{ "/v1/tenants/demo/subscribers/0010100000000421", "imsi" },
	};
	struct gw_admin_match match;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(find("GET", cases[i].path, &match), ES_MALFORMED);
		assert_string_equal(match.field, cases[i].field);
	}
}

static void the_query_adds_to_the_parameters(void **state)
{
	struct es_arena *arena = es_arena_new(0, 4096);
	struct gw_admin_match match;

	(void)state;
	assert_int_equal(find("GET", "/v1/tenants/demo/subscribers", &match), ES_OK);
	assert_int_equal(gw_admin_query_read(ES_SLICE_LIT("limit=20&msisdn=%2B15550000042&&status="), arena, &match),
	                 ES_OK);
	assert_int_equal(match.param_count, 4);
	assert_true(es_slice_eq_str(gw_admin_param_of(&match, "msisdn"), "+15550000042"));
	es_arena_free(arena);
}

static void a_query_with_anything_unexpected_is_refused(void **state)
{
	static const char *const queries[] = { "color=red", "limit=1&limit=2", "limit=%zz", "limit=%00",
		                                   "limit=%ff", "tenant=other",    "=1",        "limi=1" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(queries); i++) {
		struct es_arena *arena = es_arena_new(0, 4096);
		struct gw_admin_match match;
		assert_int_equal(find("GET", "/v1/tenants/demo/subscribers", &match), ES_OK);
		assert_int_equal(gw_admin_query_read(es_slice_str(queries[i]), arena, &match), ES_MALFORMED);
		assert_non_null(match.field);
		es_arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_has_all_its_columns),
		cmocka_unit_test(no_action_and_no_method_of_a_path_appears_twice),
		cmocka_unit_test(each_request_finds_its_action),
		cmocka_unit_test(parameters_of_the_path_are_cut_out),
		cmocka_unit_test(every_parameter_of_every_path_has_its_name),
		cmocka_unit_test(what_is_not_exactly_a_path_is_not_found),
		cmocka_unit_test(a_wrong_method_learns_the_right_ones),
		cmocka_unit_test(identifiers_in_paths_are_checked),
		cmocka_unit_test(the_query_adds_to_the_parameters),
		cmocka_unit_test(a_query_with_anything_unexpected_is_refused),
	};
	return cmocka_run_group_tests_name("gw_admin_routes", tests, NULL, NULL);
}
