/* auth_tenant.c -- classification of identities and the choice of a tenant. */
#include "auth_tenant.h"

#include <assert.h>
#include <string.h>

static bool is_name_octet(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.';
}

static bool ends_with_nocase(struct es_slice s, struct es_slice tail)
{
	return s.len >= tail.len && es_slice_eq_nocase(es_slice_sub(s, s.len - tail.len, s.len), tail);
}

/* TS 23.003 14.3 and 19.3.2: what the digit before an identity says. */
static const struct lead {
	char digit;
	enum auth_identity_kind kind;
	enum auth_method method;
} leads[] = {
	{ '0', AUTH_ID_PERMANENT, AUTH_AKA }, { '6', AUTH_ID_PERMANENT, AUTH_AKA_PRIME },
	{ '2', AUTH_ID_PSEUDONYM, AUTH_AKA }, { '7', AUTH_ID_PSEUDONYM, AUTH_AKA_PRIME },
	{ '4', AUTH_ID_REAUTH, AUTH_AKA },    { '8', AUTH_ID_REAUTH, AUTH_AKA_PRIME },
	{ '1', AUTH_ID_UNUSABLE, AUTH_AKA },  { '3', AUTH_ID_UNUSABLE, AUTH_AKA },
	{ '5', AUTH_ID_UNUSABLE, AUTH_AKA },
};

/* AUTH_ID_MALFORMED when the digit means nothing. */
static enum auth_identity_kind kind_of(uint8_t digit, enum auth_method *method)
{
	for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
		if ((uint8_t)leads[i].digit == digit) {
			*method = leads[i].method;
			return leads[i].kind;
		}
	}
	return AUTH_ID_MALFORMED;
}

enum auth_identity_kind auth_identity_classify(struct es_slice text, struct es_nai *nai, enum auth_method *method)
{
	struct es_nai parsed;

	/* A pseudonym may look like an IMSI by chance; only 0 and 6 lead one. */
	if (es_nai_parse(text, &parsed) == ES_OK) {
		enum auth_identity_kind kind = kind_of((uint8_t)parsed.lead, method);
		if (kind == AUTH_ID_PERMANENT)
			*nai = parsed;
		return kind;
	}
	struct es_slice realm = text;
	struct es_slice user = es_slice_cut(&realm, '@');
	if (user.len == 0 || realm.len == 0)
		return AUTH_ID_MALFORMED;
	for (size_t i = 0; i < user.len; i++) {
		if (user.ptr[i] <= ' ' || user.ptr[i] >= 0x7f)
			return AUTH_ID_MALFORMED;
	}
	for (size_t i = 0; i < realm.len; i++) {
		if (!is_name_octet(realm.ptr[i]))
			return AUTH_ID_MALFORMED;
	}
	if (!ends_with_nocase(realm, ES_SLICE_LIT(".3gppnetwork.org")))
		return AUTH_ID_FOREIGN;
	enum auth_identity_kind kind = kind_of(user.ptr[0], method);
	/* What is led like an IMSI and is none; 1 leads an IMSI, too. */
	return kind == AUTH_ID_PERMANENT || user.ptr[0] == '1' ? AUTH_ID_MALFORMED : kind;
}

static bool any_equal(const struct es_slice *list, size_t count, struct es_slice value)
{
	for (size_t i = 0; i < count; i++) {
		if (es_slice_eq_nocase(list[i], value))
			return true;
	}
	return false;
}

/* "00101" and "001001" are both MCC 001; the realm pads a two-digit MNC to "001", so it matches either "01" or "001". */
static bool plmn_is_of_realm(struct es_slice plmn, const struct es_nai *nai)
{
	if ((plmn.len != 5 && plmn.len != 6) || memcmp(plmn.ptr, nai->mcc, 3) != 0)
		return false;
	if (plmn.len == 6)
		return memcmp(plmn.ptr + 3, nai->mnc, 3) == 0;
	return nai->mnc[0] == '0' && memcmp(plmn.ptr + 3, nai->mnc + 1, 2) == 0;
}

static bool plmn_matches(const struct auth_tenant *t, const struct es_nai *nai)
{
	for (size_t i = 0; i < t->plmn_count; i++) {
		if (plmn_is_of_realm(t->plmns[i], nai))
			return true;
	}
	return false;
}

/* Length of the longest range the IMSI lies in; 0 when in none. */
static size_t range_length(const struct auth_tenant *t, const struct es_nai *nai)
{
	struct es_slice imsi = es_slice_str(nai->imsi.digits);
	size_t longest = 0;

	for (size_t i = 0; i < t->imsi_range_count; i++) {
		if (t->imsi_ranges[i].len > longest && es_slice_starts_with(imsi, t->imsi_ranges[i]))
			longest = t->imsi_ranges[i].len;
	}
	return longest;
}

bool auth_tenant_serves(const struct auth_tenant *t, const struct es_nai *nai)
{
	return (t->plmn_count == 0 || plmn_matches(t, nai)) && (t->imsi_range_count == 0 || range_length(t, nai) > 0);
}

struct question {
	struct es_slice host, gid1;
	const struct es_nai *nai;
};

/* One step of the choice: the higher the score, the closer the tenant. */
static size_t score_host(const struct auth_tenant *t, const struct question *q)
{
	return any_equal(t->hosts, t->host_count, q->host) ? 1 : 0;
}

static size_t score_range(const struct auth_tenant *t, const struct question *q)
{
	return range_length(t, q->nai);
}

/* A tenant that names GID1 values is an MVNO's inside a range: without the value it is the last choice. */
static size_t score_gid1(const struct auth_tenant *t, const struct question *q)
{
	if (t->gid1_count == 0)
		return 1;
	return q->gid1.len > 0 && any_equal(t->gid1, t->gid1_count, q->gid1) ? 2 : 0;
}

static size_t score_plmn(const struct auth_tenant *t, const struct question *q)
{
	return plmn_matches(t, q->nai) ? 1 : 0;
}

static size_t (*const steps[])(const struct auth_tenant *t, const struct question *q) = { score_host, score_range,
	                                                                                      score_gid1, score_plmn };

/* Keeps those of the best score; the new count. */
static size_t keep_best(const struct auth_tenant **left, size_t count, const struct question *q,
                        size_t (*score)(const struct auth_tenant *t, const struct question *q))
{
	size_t best = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t s = score(left[i], q);
		if (s > best) {
			best = s;
			kept = 0;
		}
		if (s == best)
			left[kept++] = left[i];
	}
	return kept;
}

const struct auth_tenant *auth_tenant_resolve(const struct auth_tenants *tenants, struct es_slice host,
                                              const struct es_nai *nai, struct es_slice gid1)
{
	const struct auth_tenant *left[AUTH_TENANTS_MAX];
	const struct question q = { .host = host, .gid1 = gid1, .nai = nai };
	size_t count = 0;

	assert(tenants->count <= AUTH_TENANTS_MAX);
	for (size_t i = 0; i < tenants->count; i++) {
		if (auth_tenant_serves(&tenants->items[i], nai))
			left[count++] = &tenants->items[i];
	}
	for (size_t i = 0; i < sizeof steps / sizeof *steps && count > 1; i++)
		count = keep_best(left, count, &q, steps[i]);
	return count == 1 ? left[0] : NULL;
}

const struct auth_tenant *auth_tenant_of_host(const struct auth_tenants *tenants, struct es_slice host)
{
	const struct auth_tenant *found = NULL;

	for (size_t i = 0; i < tenants->count; i++) {
		const struct auth_tenant *t = &tenants->items[i];
		if (!any_equal(t->hosts, t->host_count, host))
			continue;
		if (found != NULL)
			return NULL;
		found = t;
	}
	return found;
}

const struct auth_tenant *auth_tenant_by_id(const struct auth_tenants *tenants, const char *id)
{
	for (size_t i = 0; i < tenants->count; i++) {
		if (strcmp(tenants->items[i].id, id) == 0)
			return &tenants->items[i];
	}
	return NULL;
}
