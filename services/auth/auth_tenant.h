/* auth_tenant.h -- whose subscriber is this? From host, NAI, IMSI and GID1 to one tenant, or to none. Pure.
 *
 * A snapshot of what policy says about tenants is immutable once built and shared by count. */
#ifndef AUTH_TENANT_H
#define AUTH_TENANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth_method.h"
#include "es_arena.h"
#include "es_id.h"
#include "es_slice.h"
#include "es_status.h"

/* A server that may ask for access tokens (TS.43 2.8.3). */
struct auth_client {
	struct es_slice id, jwks; /* jwks: RFC 7517, as the operator put it */
	const struct es_slice *scopes;
	size_t scope_count;
	int64_t token_s;
	bool disabled;
};

/* Texts are NUL-terminated behind the slice, "" when absent, and live as long as the snapshot. */
struct auth_tenant {
	char id[32];
	const struct es_slice *hosts, *plmns, *imsi_ranges, *gid1;
	size_t host_count, plmn_count, imsi_range_count, gid1_count;
	int64_t token_ttl_s; /* 0: the process's default */
	bool decoy_challenge, notifications, identity_request, checkcode;

	const struct es_slice *eap_methods, *sources; /* "aka_prime"; "00101: hss-a hss-b" */
	size_t eap_method_count, source_count;
	struct es_slice network_name;
	bool result_indication, bidding, pseudonyms, eap_over_token, hss_profile;
	uint32_t reauthentications, challenges_per_second;

	struct es_slice name, language;                /* for people; of texts */
	const struct es_slice *unsupported_companions; /* models that get not_enabled_url instead of a login */
	size_t unsupported_companion_count;
	struct es_slice not_enabled_url, not_enabled_user_data;

	struct es_slice oidc; /* section of the core file */
	bool second_factor, sms_code;
	struct es_slice error_url, error_user_data, error_text;
	int64_t temporary_token_s, operator_token_s;
	struct es_slice operator_token_url;
	const struct auth_client *clients;
	size_t client_count;
};

#define AUTH_TENANTS_MAX 1024

struct auth_tenants {
	uint64_t version;
	const struct auth_tenant *items;
	size_t count; /* AUTH_TENANTS_MAX at most */
};

/* What EAP_ID is (settled rule 8). */
enum auth_identity_kind {
	AUTH_ID_PERMANENT, /* 0 or 6 and IMSI@...3gppnetwork.org: `nai` is filled in */
	AUTH_ID_PSEUDONYM, /* 2 or 7 */
	AUTH_ID_REAUTH,    /* 4 or 8: a re-authentication identity */
	AUTH_ID_UNUSABLE,  /* a NAI of 3GPP, but of EAP-SIM: 1, 3 or 5 */
	AUTH_ID_FOREIGN,   /* a NAI of somebody else */
	AUTH_ID_MALFORMED,
};
/* `method` is filled in for the first three: what the leading digit stands for (TS 23.003 14.3, 19.3.2). */
enum auth_identity_kind auth_identity_classify(struct es_slice text, struct es_nai *nai, enum auth_method *method);

/* The only tenant that serves this subscriber, or NULL when there is none or more than one. PLMN and IMSI ranges that a
 * tenant names must match. Of those left: the ones that name the host; then the longest IMSI range; then GID1; then the PLMN. */
const struct auth_tenant *auth_tenant_resolve(const struct auth_tenants *tenants, struct es_slice host,
                                              const struct es_nai *nai, struct es_slice gid1);
/* Whether PLMN and IMSI range, where the tenant names any, contain this subscriber. */
bool auth_tenant_serves(const struct auth_tenant *tenant, const struct es_nai *nai);
/* For an identity that says nothing: the only tenant that names the host, or NULL. */
const struct auth_tenant *auth_tenant_of_host(const struct auth_tenants *tenants, struct es_slice host);
const struct auth_tenant *auth_tenant_by_id(const struct auth_tenants *tenants, const char *id);

#endif
