/* auth_route.c -- from "00101: hss-a hss-b" to the names of sources. */
#include "auth_route.h"

#include <string.h>

static struct es_slice prefix_of(struct es_slice rule, struct es_slice *names)
{
	*names = rule;
	return es_slice_trim(es_slice_cut(names, ':'));
}

struct auth_route auth_route_of(const struct auth_tenant *tenant, const struct es_imsi *imsi)
{
	struct auth_route route = { .names = { ES_SLICE_LIT(AUTH_OWN_AUC) }, .count = 1 };
	struct es_slice digits = es_slice_str(imsi->digits), best = { NULL, 0 }, names;
	size_t longest = 0;

	for (size_t i = 0; i < tenant->source_count; i++) {
		struct es_slice prefix = prefix_of(tenant->sources[i], &names);
		bool is_any = es_slice_eq_str(prefix, "*");
		size_t weight = is_any ? 1 : prefix.len + 1;
		if ((is_any || (prefix.len > 0 && es_slice_starts_with(digits, prefix))) && weight > longest) {
			longest = weight;
			best = names;
		}
	}
	if (longest == 0)
		return route;
	route.count = 0;
	for (best = es_slice_trim(best); best.len > 0 && route.count < AUTH_ROUTE_MAX; best = es_slice_trim(best))
		route.names[route.count++] = es_slice_cut(&best, ' ');
	if (route.count == 0)
		route = (struct auth_route){ .names = { ES_SLICE_LIT(AUTH_OWN_AUC) }, .count = 1 };
	return route;
}

struct auth_route auth_route_kept(const struct auth_tenant *tenant, const struct es_imsi *imsi, struct es_arena *arena)
{
	struct auth_route route = auth_route_of(tenant, imsi);

	for (size_t i = 0; i < route.count; i++)
		route.names[i] = es_arena_copy(arena, route.names[i]);
	return route;
}
