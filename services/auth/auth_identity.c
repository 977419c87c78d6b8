/* auth_identity.c -- classification, then whose it is: by realm and IMSI, by pseudonym, by what was given out. */
#include "auth_identity.h"

#include "auth_pseudonym.h"

bool auth_identity_offers(const struct auth_tenant *tenant, enum auth_method method)
{
	if (tenant->eap_method_count == 0)
		return method == AUTH_AKA;
	for (size_t i = 0; i < tenant->eap_method_count; i++)
		if (es_slice_eq_str(tenant->eap_methods[i], method == AUTH_AKA ? "aka" : "aka_prime"))
			return true;
	return false;
}

struct auth_eap_options auth_identity_options(const struct auth_tenant *tenant, enum auth_method method,
                                              uint8_t first_identifier)
{
	bool prime = auth_identity_offers(tenant, AUTH_AKA_PRIME), aka = auth_identity_offers(tenant, AUTH_AKA);

	if (method == AUTH_AKA ? !aka
	                       : !prime) /* whose identity says nothing of use is asked in a method that is offered */
		method = aka ? AUTH_AKA : AUTH_AKA_PRIME;
	return (struct auth_eap_options){
		.method = method,
		.network_name = tenant->network_name.len > 0 ? tenant->network_name : ES_SLICE_LIT("WLAN"),
		.other_method = prime && aka,
		.checkcode = tenant->checkcode,
		.notifications = tenant->notifications,
		.result_ind = tenant->result_indication,
		.bidding = tenant->bidding && prime,
		.first_identifier = first_identifier,
	};
}

static struct es_slice user_of(struct es_slice identity)
{
	return es_slice_cut(&identity, '@');
}

/* A pseudonym opens for the tenant that gave it out alone. */
static bool pseudonym_is_of(const struct auth_tenant *tenant, struct es_keyring *ring, struct es_slice identity,
                            struct auth_identity *out)
{
	return tenant->pseudonyms && auth_identity_offers(tenant, out->method) &&
	       auth_pseudonym_open(ring, tenant->id, user_of(identity), &out->imsi) == ES_OK;
}

static enum auth_identity_kind reauth_of(struct es_slice identity, struct auth_identity *out)
{
	return auth_reauth_id_parse(user_of(identity), out->reauth_id) == ES_OK ? AUTH_ID_REAUTH : AUTH_ID_UNUSABLE;
}

enum auth_identity_kind auth_identity_within(struct es_slice identity, const struct auth_tenant *tenant,
                                             struct es_keyring *session_keys, struct auth_identity *out)
{
	struct es_nai nai;

	*out = (struct auth_identity){ .tenant = tenant };
	enum auth_identity_kind kind = auth_identity_classify(identity, &nai, &out->method);
	switch (kind) {
	case AUTH_ID_PERMANENT:
		out->imsi = nai.imsi;
		if (!auth_tenant_serves(tenant, &nai))
			return AUTH_ID_FOREIGN;
		return auth_identity_offers(tenant, out->method) ? AUTH_ID_PERMANENT : AUTH_ID_UNUSABLE;
	case AUTH_ID_PSEUDONYM:
		return pseudonym_is_of(tenant, session_keys, identity, out) ? AUTH_ID_PSEUDONYM : AUTH_ID_UNUSABLE;
	case AUTH_ID_REAUTH: return reauth_of(identity, out);
	case AUTH_ID_UNUSABLE:
	case AUTH_ID_FOREIGN:
	case AUTH_ID_MALFORMED: break;
	}
	return kind;
}

static enum auth_identity_kind pseudonym_of_any(struct es_slice identity, const struct auth_tenants *tenants,
                                                struct es_keyring *ring, struct auth_identity *out)
{
	for (size_t i = 0; i < tenants->count; i++) {
		if (pseudonym_is_of(&tenants->items[i], ring, identity, out)) {
			out->tenant = &tenants->items[i];
			return AUTH_ID_PSEUDONYM;
		}
	}
	return AUTH_ID_UNUSABLE;
}

enum auth_identity_kind auth_identity_of(struct es_slice eap_id, const struct auth_tenants *tenants,
                                         struct es_keyring *session_keys, struct es_slice host, struct es_slice gid1,
                                         struct auth_identity *out)
{
	struct es_nai nai;

	*out = (struct auth_identity){ .tenant = NULL };
	enum auth_identity_kind kind = auth_identity_classify(eap_id, &nai, &out->method);
	switch (kind) {
	case AUTH_ID_PERMANENT:
		out->imsi = nai.imsi;
		out->tenant = auth_tenant_resolve(tenants, host, &nai, gid1);
		return out->tenant != NULL && !auth_identity_offers(out->tenant, out->method) ? AUTH_ID_UNUSABLE : kind;
	case AUTH_ID_PSEUDONYM: return pseudonym_of_any(eap_id, tenants, session_keys, out);
	case AUTH_ID_REAUTH: return reauth_of(eap_id, out);
	case AUTH_ID_UNUSABLE:
	case AUTH_ID_FOREIGN:
	case AUTH_ID_MALFORMED: break;
	}
	return kind;
}
