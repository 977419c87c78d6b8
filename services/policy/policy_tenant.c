/* policy_tenant.c -- what two tenants both claim. */
#include "policy_tenant.h"

#include <strings.h>

#include "es_cleanup.h"

static bool has(const struct policy_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->items[i], text) == 0)
			return true;
	return false;
}

static const char *shared(const struct policy_list *a, const struct policy_list *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (has(b, a->items[i]))
			return a->items[i];
	return NULL;
}

struct claim {
	const char *name;
	const struct policy_list *a, *b;
};

#define CLAIMS 4
static void claims_of(const struct policy_tenant *a, const struct policy_tenant *b, struct claim out[CLAIMS])
{
	out[0] = (struct claim){ "hosts", &a->hosts, &b->hosts };
	out[1] = (struct claim){ "imsi_ranges", &a->imsi_ranges, &b->imsi_ranges };
	out[2] = (struct claim){ "gid1", &a->gid1, &b->gid1 };
	out[3] = (struct claim){ "plmns", &a->plmns, &b->plmns };
}

/* Each kind of claim tells them apart, unless neither makes it or both name the same. The last one they share is the one
 * to be named; tenants that claim nothing are nobody's choice, and harm none. */
const char *policy_tenants_collide(const struct policy_tenant *a, const struct policy_tenant *b)
{
	struct claim claims[CLAIMS];
	const char *name = NULL;

	claims_of(a, b, claims);
	for (size_t i = 0; i < CLAIMS; i++) {
		if (shared(claims[i].a, claims[i].b) != NULL)
			name = claims[i].name;
		else if (claims[i].a->count > 0 || claims[i].b->count > 0)
			return NULL;
	}
	return name;
}

bool policy_tenant_claims_equal(const struct policy_tenant *a, const struct policy_tenant *b)
{
	struct claim claims[CLAIMS];

	claims_of(a, b, claims);
	for (size_t i = 0; i < CLAIMS; i++) {
		if (claims[i].a->count != claims[i].b->count)
			return false;
		for (size_t k = 0; k < claims[i].a->count; k++)
			if (!has(claims[i].b, claims[i].a->items[k]))
				return false;
	}
	return true;
}
