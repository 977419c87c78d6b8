/* policy_lifecycle.c -- states of a line, and the applications a change touches. */
#include "policy_lifecycle.h"

#include <string.h>

#include "es_cleanup.h"
#include "policy_resource.h"

#define FROM(state) (1u << (state))

static const struct {
	unsigned from;
	uint8_t to;
} moves[] = {
	[POLICY_MOVE_SUSPEND] = { FROM(POLICY_ACTIVE) | FROM(POLICY_SUSPENDED) | FROM(POLICY_BARRED), POLICY_SUSPENDED },
	[POLICY_MOVE_RESUME] = { FROM(POLICY_ACTIVE) | FROM(POLICY_SUSPENDED) | FROM(POLICY_BARRED), POLICY_ACTIVE },
	[POLICY_MOVE_TERMINATE] = { FROM(POLICY_ACTIVE) | FROM(POLICY_SUSPENDED) | FROM(POLICY_BARRED) |
	                                FROM(POLICY_TERMINATED),
	                            POLICY_TERMINATED },
};

es_status policy_move_to(enum policy_move move, uint8_t from, uint8_t *to)
{
	if ((moves[move].from & FROM(from)) == 0)
		return ES_CONFLICT;
	*to = moves[move].to;
	return ES_OK;
}

bool policy_change_revives(const struct policy_subscriber *before, const struct policy_subscriber *after)
{
	return before->status == POLICY_TERMINATED && after->status != POLICY_TERMINATED;
}

bool policy_change_ends(const struct policy_subscriber *before, const struct policy_subscriber *after)
{
	return before->status != POLICY_TERMINATED && after->status == POLICY_TERMINATED;
}

bool policy_change_kills_tokens(const struct policy_subscriber *before, const struct policy_subscriber *after)
{
	return before->status != after->status && after->status != POLICY_ACTIVE;
}

/* ---- which part of a line each application's answer reads ---- */

/* Add-ons and facts may be in the rules of any application. */
static bool whole_line(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	const struct policy_line_data x = { .addons = a->data.addons, .facts = a->data.facts },
								  y = { .addons = b->data.addons, .facts = b->data.facts };

	return policy_resource_differs(&policy_line_data_shape, &x, &y) || a->status != b->status ||
	       strcmp(a->plan, b->plan) != 0 || strcmp(a->msisdn, b->msisdn) != 0;
}

static bool voice(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return a->voice_prov != b->voice_prov;
}

static bool vowifi(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return a->vowifi.terms != b->vowifi.terms || a->vowifi.address != b->vowifi.address ||
	       a->vowifi.prov != b->vowifi.prov || a->vowifi.address_expiry_ms != b->vowifi.address_expiry_ms ||
	       strcmp(a->vowifi.address_id, b->vowifi.address_id) != 0;
}

static bool sms(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return a->sms_prov != b->sms_prov;
}

static bool data(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	const struct policy_line_data x = { .usage = a->data.usage, .boosts = a->data.boosts },
								  y = { .usage = b->data.usage, .boosts = b->data.boosts };

	return policy_resource_differs(&policy_line_data_shape, &x, &y);
}

static bool satellite(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return a->satellite_prov != b->satellite_prov;
}

static bool billing(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return a->account != b->account || a->billing.barred != b->billing.barred || a->billing.prov != b->billing.prov;
}

/* AcquireConfiguration lists the line's own SIM, too (TS.43 6.5.5). */
static bool own_sim(const struct policy_subscriber *a, const struct policy_subscriber *b)
{
	return strcmp(a->iccid, b->iccid) != 0;
}

static const struct {
	const char *app;
	uint32_t services; /* whose opt-out it minds */
	bool (*differs)(const struct policy_subscriber *a, const struct policy_subscriber *b);
} parts[] = {
	{ "ap2003", POLICY_SERVICE_VOLTE | POLICY_SERVICE_VONR, voice },
	{ "ap2004", POLICY_SERVICE_VOWIFI, vowifi },
	{ "ap2005", POLICY_SERVICE_SMSOIP, sms },
	{ "ap2006", POLICY_SERVICE_COMPANION, NULL },
	{ "ap2009", POLICY_SERVICE_PRIMARY, own_sim },
	{ "ap2010", POLICY_SERVICE_BOOST | POLICY_SERVICE_NR_SA, data },
	{ "ap2012", POLICY_SERVICE_CARRIER_BILLING, billing },
	{ "ap2013", POLICY_SERVICE_PRIVATE_IDENTITY, NULL },
	{ "ap2016", POLICY_SERVICE_SATELLITE, satellite },
};

void policy_changed_apps(const struct policy_subscriber *before, const struct policy_subscriber *after,
                         struct es_buf *out)
{
	bool all = whole_line(before, after);
	uint32_t opted = before->opt_outs ^ after->opt_outs;

	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		bool own = parts[i].differs != NULL && parts[i].differs(before, after);
		if (all || own || (opted & parts[i].services) != 0)
			es_put_printf(out, "%s%s", out->len > 0 ? " " : "", parts[i].app);
	}
}

bool policy_subscriber_differs(const struct policy_subscriber *before, const struct policy_subscriber *after)
{
	char storage[128];
	struct es_buf apps;
	es_buf_init_fixed(&apps, storage, sizeof storage);
	policy_changed_apps(before, after, &apps);
	return apps.len > 0;
}

/* ---- tenants ---- */

const char *policy_tenant_changed_apps(const struct policy_tenant *before, const struct policy_tenant *after)
{
	struct policy_tenant same = *before;

	/* How somebody is found to be a subscriber, how he logs in, what pages look like. */
	same.name = after->name;
	same.hosts = after->hosts;
	same.imsi_ranges = after->imsi_ranges;
	same.gid1 = after->gid1;
	same.token_ttl_s = after->token_ttl_s;
	same.decoy_challenge = after->decoy_challenge;
	same.eap_notifications = after->eap_notifications;
	same.eap_identity_request = after->eap_identity_request;
	same.checkcode = after->checkcode;
	same.limits = after->limits;
	same.authentication = after->authentication;
	same.brand = after->brand;
	same.device_life_s = after->device_life_s;
	return policy_resource_differs(&policy_tenant_shape, &same, after) ? POLICY_ALL_APPS : "";
}
