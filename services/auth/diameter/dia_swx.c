/* dia_swx.c -- MAR, SAR out; MAA, SAA, RTR, PPR in. */
#include "dia_swx.h"

#include <stdio.h>
#include <string.h>

#include "es_id.h"
#include "es_text.h"

enum { AAA_USER_DATA_REQUEST = 12, END_USER_E164 = 0, ACCESS_ALLOWED = 0, ACCESS_BARRED = 1 };

static const char *scheme_of(bool is_aka_prime)
{
	return is_aka_prime ? "EAP-AKA'" : "EAP-AKA";
}

es_status dia_swx_write_mar(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const struct dia_vector_ask *ask, struct es_buf *out)
{
	struct dia_writer w = dia_begin(out, DIA_REQUEST | DIA_PROXIABLE, DIA_MULTIMEDIA_AUTH, DIA_APP_SWX);
	const char *anid = ask->is_aka_prime ? ask->network_name : source->anid;

	dia_put_front(&w, config, source, session, "");
	dia_put_str(&w, DIA_USER_NAME, ask->imsi);
	dia_put_rat(&w, source);
	if (anid[0] != '\0')
		dia_put_str(&w, DIA_ANID, anid);
	if (source->visited_network[0] != '\0')
		dia_put_str(&w, DIA_VISITED_NETWORK, source->visited_network);
	const size_t item = dia_open(&w, DIA_AUTH_DATA_ITEM);
	dia_put_str(&w, DIA_AUTH_SCHEME, scheme_of(ask->is_aka_prime));
	if (ask->auts.len > 0) {
		const size_t both = dia_open(&w, DIA_AUTHORIZATION);
		es_put_bytes(out, ask->rand);
		es_put_bytes(out, ask->auts);
		dia_close(&w, both);
	}
	dia_close(&w, item);
	dia_put_u32(&w, DIA_NUMBER_AUTH_ITEMS, 1);
	return dia_end(&w);
}

es_status dia_swx_write_sar(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const char *imsi, struct es_buf *out)
{
	struct dia_writer w = dia_begin(out, DIA_REQUEST | DIA_PROXIABLE, DIA_SERVER_ASSIGNMENT, DIA_APP_SWX);

	dia_put_front(&w, config, source, session, "");
	dia_put_str(&w, DIA_USER_NAME, imsi);
	dia_put_u32(&w, DIA_ASSIGNMENT_TYPE, AAA_USER_DATA_REQUEST);
	return dia_end(&w);
}

/* ---- MAA ---- */

/* The item with the lowest SIP-Item-Number; those without one in the order they come. */
static es_status first_item(struct es_slice body, struct es_slice *out)
{
	uint64_t best = UINT64_MAX;
	struct es_slice item;
	es_status status;

	while ((status = dia_find_next(&body, DIA_AUTH_DATA_ITEM, &item)) == ES_OK) {
		uint32_t number;
		const es_status numbered = dia_find_u32(item, DIA_ITEM_NUMBER, &number);
		if (numbered == ES_MALFORMED)
			return ES_MALFORMED;
		const uint64_t rank = numbered == ES_OK ? number : (uint64_t)UINT32_MAX + 1;
		if (rank < best) {
			best = rank;
			*out = item;
		}
	}
	return status != ES_NOT_FOUND ? status : best == UINT64_MAX ? ES_NOT_FOUND : ES_OK;
}

static bool has_exactly(struct es_slice item, enum dia_attr attr, size_t len, struct es_slice *out)
{
	return dia_find(item, attr, out) == ES_OK && out->len == len;
}

es_status dia_swx_read_vector(struct es_slice body, bool is_aka_prime, struct dia_vector *out)
{
	struct es_slice item, scheme, challenge;
	struct dia_vector v;

	ES_TRY(first_item(body, &item));
	const es_status named = dia_find(item, DIA_AUTH_SCHEME, &scheme);
	if (named == ES_MALFORMED || (named == ES_OK && !es_slice_eq_nocase(scheme, es_slice_str(scheme_of(is_aka_prime)))))
		return ES_MALFORMED;
	if (!has_exactly(item, DIA_AUTHENTICATE, 32, &challenge) ||
	    !has_exactly(item, DIA_CONFIDENTIALITY_KEY, 16, &v.ck) || !has_exactly(item, DIA_INTEGRITY_KEY, 16, &v.ik) ||
	    dia_find(item, DIA_AUTHORIZATION, &v.xres) != ES_OK || v.xres.len < 4 || v.xres.len > 16)
		return ES_MALFORMED;
	v.rand = es_slice_sub(challenge, 0, 16);
	v.autn = es_slice_sub(challenge, 16, 32);
	*out = v;
	return ES_OK;
}

/* ---- SAA, PPR ---- */

/* Subscription-Id of type E.164: international, without '+'. Another HSS's idea of a number is as good as none. */
static void take_number(struct es_slice subscription, struct dia_profile *out)
{
	struct es_slice data;
	struct es_msisdn number;
	uint32_t type;
	char text[sizeof out->msisdn];

	if (dia_find_u32(subscription, DIA_SUBSCRIPTION_TYPE, &type) != ES_OK || type != END_USER_E164 ||
	    dia_find(subscription, DIA_SUBSCRIPTION_DATA, &data) != ES_OK || data.len > sizeof text - 2)
		return;
	if (data.len > 0 && data.ptr[0] == '+')
		data = es_slice_sub(data, 1, data.len);
	const int n = snprintf(text, sizeof text, "+" ES_SLICE_FMT, ES_SLICE_ARG(data));
	if (n > 1 && (size_t)n == data.len + 1 && es_msisdn_parse(es_slice_str(text), &number) == ES_OK)
		memcpy(out->msisdn, text, sizeof text);
}

es_status dia_swx_read_profile(struct es_slice body, struct dia_profile *out)
{
	struct dia_profile profile = { .msisdn = "" };
	struct es_slice data, rest, subscription;
	uint32_t access;
	es_status status;

	ES_TRY(dia_find(body, DIA_NON_3GPP_USER_DATA, &data));
	rest = data;
	while ((status = dia_find_next(&rest, DIA_SUBSCRIPTION_ID, &subscription)) == ES_OK)
		if (profile.msisdn[0] == '\0')
			take_number(subscription, &profile);
	if (status != ES_NOT_FOUND)
		return status;
	status = dia_find_u32(data, DIA_NON_3GPP_IP_ACCESS, &access);
	if (status == ES_MALFORMED || (status == ES_OK && access != ACCESS_ALLOWED && access != ACCESS_BARRED))
		return ES_MALFORMED;
	profile.has_access = status == ES_OK;
	profile.access_barred = profile.has_access && access == ACCESS_BARRED;
	*out = profile;
	return ES_OK;
}

/* ---- RTR, PPR ---- */

es_status dia_swx_read_notice(struct es_slice body, struct dia_notice *out)
{
	struct dia_notice notice = { .reason = "" };
	struct es_slice user, reason, info = { 0 };
	uint32_t code;

	ES_TRY(dia_find(body, DIA_USER_NAME, &user));
	ES_TRY(dia_imsi_of(user, &notice.imsi));
	if (dia_find(body, DIA_DEREGISTRATION_REASON, &reason) == ES_OK) {
		if (dia_find_u32(reason, DIA_REASON_CODE, &code) != ES_OK)
			return ES_MALFORMED;
		if (dia_find(reason, DIA_REASON_INFO, &info) != ES_OK || info.len > 40 || !es_text_is_clean_utf8(info))
			info = (struct es_slice){ 0 };
		(void)snprintf(notice.reason, sizeof notice.reason, "%u " ES_SLICE_FMT, code, ES_SLICE_ARG(info));
	}
	*out = notice;
	return ES_OK;
}
