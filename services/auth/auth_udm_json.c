/* auth_udm_json.c -- Nudm_UEAuthentication and the NRF's token endpoint as JSON. Talks to nobody. */
#include "auth_udm_json.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_text.h"

#define VECTORS_MAX 5
#define LIFE_MAX_S INT64_C(31536000)
static const struct es_json_limits limits = { AUTH_UDM_ANSWER_MAX, 8, 512 };

/* Strings of a parsed answer are keys. */
static void wipe_tree(cJSON *item)
{
	for (; item != NULL; item = item->next) {
		if (item->valuestring != NULL)
			es_wipe(item->valuestring, strlen(item->valuestring));
		wipe_tree(item->child);
	}
}

static void secret_done(cJSON **tree)
{
	wipe_tree(*tree);
	es_json_done(tree);
}

/* ---- the question ---- */

/* One row for each method: as the path, the body and the answer name it. */
static const struct method_name {
	const char *in_path, *in_body, *ck, *ik;
} methods[] = {
	[AUTH_AKA] = { "eap-aka", "EAP_AKA", "ck", "ik" },
	[AUTH_AKA_PRIME] = { "eap-aka-prime", "EAP_AKA_PRIME", "ckPrime", "ikPrime" },
};

/* AccessNetworkId (TS 24.302 8.1.1): what the HSS derives CK' and IK' with. */
static bool is_access_network(const char *name)
{
	static const char *const names[] = { "WLAN", "ETHERNET", "HRPD", "WIMAX" };

	for (size_t i = 0; name != NULL && i < ES_COUNT(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

const char *auth_udm_unaskable(enum auth_udm_api api, const struct auth_ask *ask)
{
	size_t digits = strlen(ask->imsi);

	if (digits < 5 || digits > 15 || !es_text_is_digits(es_slice_str(ask->imsi)))
		return "not an IMSI";
	if (api == AUTH_UDM_HSS)
		return ask->method == AUTH_AKA_PRIME && !is_access_network(ask->network_name)
		           ? "generate-av gives AKA' for WLAN, ETHERNET, HRPD or WIMAX alone"
		           : NULL;
	if (ask->method != AUTH_AKA_PRIME)
		return "generate-auth-data gives AKA' alone";
	bool is_5g = ask->network_name != NULL && strncmp(ask->network_name, "5G:", 3) == 0;
	return is_5g ? NULL : "generate-auth-data needs the name of a 5G serving network";
}

es_status auth_udm_write_url(enum auth_udm_api api, const char *root, const struct auth_ask *ask, struct es_buf *out)
{
	struct es_slice base = es_slice_str(root);

	if (base.len > 0 && base.ptr[base.len - 1] == '/')
		base.len--;
	es_put_bytes(out, base);
	es_put_printf(out, "/nudm-ueau/v1/imsi-%s/", ask->imsi);
	if (api == AUTH_UDM_HSS)
		es_put_printf(out, "hss-security-information/%s/generate-av", methods[ask->method].in_path);
	else
		es_put_str(out, "security-information/generate-auth-data");
	es_put_u8(out, 0);
	return es_buf_status(out);
}

es_status auth_udm_write_body(enum auth_udm_api api, const char *instance, const struct auth_ask *ask,
                              struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);
	char rand[33], auts[29];

	es_json_object(&j, NULL);
	if (api == AUTH_UDM_HSS) {
		es_json_put_str(&j, "hssAuthType", methods[ask->method].in_body);
		es_json_put_i64(&j, "numOfRequestedVectors", 1);
		es_json_put_str(&j, "requestingNodeType", "WLAN_AAA_SERVER");
		if (ask->method == AUTH_AKA_PRIME)
			es_json_put_str(&j, "anId", ask->network_name);
	} else {
		es_json_put_str(&j, "servingNetworkName", ask->network_name);
		es_json_put_str(&j, "ausfInstanceId", instance);
	}
	if (ask->is_resync) {
		es_hex_encode(es_slice_of(ask->rand, sizeof ask->rand), rand);
		es_hex_encode(es_slice_of(ask->auts, sizeof ask->auts), auts);
		es_json_object(&j, "resynchronizationInfo");
		es_json_put_str(&j, "rand", rand);
		es_json_put_str(&j, "auts", auts);
		es_json_end_object(&j);
	}
	es_json_end_object(&j);
	return es_buf_status(out);
}

/* ---- the vector ---- */

static bool hex_member(const cJSON *object, const char *name, uint8_t *out, size_t len)
{
	const char *text = es_json_str(object, name);

	return text != NULL && es_hex_decode(es_slice_str(text), out, len) == ES_OK;
}

static bool read_xres(const cJSON *object, struct auth_vector *v)
{
	const char *text = es_json_str(object, "xres");
	size_t len = text == NULL ? 0 : strlen(text) / 2;

	if (len < 4 || len > sizeof v->xres || es_hex_decode(es_slice_str(text), v->xres, len) != ES_OK)
		return false;
	v->xres_len = (uint8_t)len;
	return true;
}

static const char *read_values(const cJSON *object, enum auth_method method, struct auth_vector *v)
{
	const struct method_name *m = &methods[method];
	const char *type = es_json_str(object, "avType");

	if (type == NULL || strcmp(type, m->in_body) != 0)
		return "the vector is of another kind than asked";
	if (!hex_member(object, "rand", v->rand, sizeof v->rand) || !hex_member(object, "autn", v->autn, sizeof v->autn) ||
	    !hex_member(object, m->ck, v->ck, sizeof v->ck) || !hex_member(object, m->ik, v->ik, sizeof v->ik) ||
	    !read_xres(object, v))
		return "a value of the vector is missing or has not its length";
	return NULL;
}

/* 200 of generate-av: the first of the vectors; one was asked for. */
static const char *find_of_hss(const cJSON *answer, const cJSON **vector)
{
	const cJSON *vectors = cJSON_GetObjectItemCaseSensitive(answer, "hssAuthenticationVectors");
	int count = cJSON_IsArray(vectors) ? cJSON_GetArraySize(vectors) : 0;

	*vector = cJSON_GetArrayItem(vectors, 0);
	return count >= 1 && count <= VECTORS_MAX && cJSON_IsObject(*vector) ? NULL : "no list of one to five vectors";
}

/* 200 of generate-auth-data: the UDM chooses the method, and may name the subscriber. */
static const char *find_of_ausf(const cJSON *answer, const char *imsi, const cJSON **vector)
{
	const cJSON *said = cJSON_GetObjectItemCaseSensitive(answer, "supi");
	const char *type = es_json_str(answer, "authType"), *supi = es_json_str(answer, "supi");

	if (type == NULL || strcmp(type, "EAP_AKA_PRIME") != 0)
		return "the UDM chose another method than EAP-AKA'";
	if (said != NULL && (supi == NULL || strncmp(supi, "imsi-", 5) != 0 || strcmp(supi + 5, imsi) != 0))
		return "the vector is another subscriber's";
	*vector = cJSON_GetObjectItemCaseSensitive(answer, "authenticationVector");
	return cJSON_IsObject(*vector) ? NULL : "no vector";
}

es_status auth_udm_read_vector(enum auth_udm_api api, const struct auth_ask *ask, struct es_slice body,
                               struct auth_vector *out, const char **why)
{
	ES_CLEANUP(secret_done) cJSON *answer = NULL;
	struct auth_vector v = { .xres_len = 0 };
	const cJSON *vector = NULL;

	*why = "not a JSON object";
	if (es_json_parse(body, limits, &answer) != ES_OK || !cJSON_IsObject(answer))
		return ES_MALFORMED;
	*why = api == AUTH_UDM_HSS ? find_of_hss(answer, &vector) : find_of_ausf(answer, ask->imsi, &vector);
	if (*why == NULL)
		*why = read_values(vector, ask->method, &v);
	if (*why == NULL)
		*out = v;
	auth_vector_wipe(&v);
	return *why == NULL ? ES_OK : ES_MALFORMED;
}

/* ---- other answers ---- */

void auth_udm_read_cause(struct es_slice body, char cause[AUTH_UDM_CAUSE_MAX + 1])
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	ES_CLEANUP(es_json_done) cJSON *problem = NULL;

	memset(cause, 0, AUTH_UDM_CAUSE_MAX + 1);
	if (es_json_parse(body, limits, &problem) != ES_OK)
		return;
	const char *said = es_json_str(problem, "cause");
	size_t len = said == NULL ? 0 : strlen(said);
	if (len > 0 && len <= AUTH_UDM_CAUSE_MAX && strspn(said, allowed) == len)
		memcpy(cause, said, len);
}

/* TS 29.503 table 6.3.7.3-1. A 404 without that cause is an address that is wrong, no subscriber that is unknown. A refusal
 * of what answers our own challenge is one of its AUTS: the subscriber was not refused a moment ago. The table has no cause for
 * a wrong MAC-S; some say 401. */
enum auth_source_answer auth_udm_answer_of(long code, const char *cause, bool is_resync, bool has_token)
{
	static const struct {
		long code;
		const char *cause;
		enum auth_source_answer answer, of_resync;
	} rows[] = {
		{ 404, "USER_NOT_FOUND", AUTH_SOURCE_UNKNOWN, AUTH_SOURCE_UNKNOWN },
		{ 403, "AUTHENTICATION_REJECTED", AUTH_SOURCE_REFUSED, AUTH_SOURCE_AUTS_INVALID },
		{ 403, "SERVING_NETWORK_NOT_AUTHORIZED", AUTH_SOURCE_REFUSED, AUTH_SOURCE_REFUSED },
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		if (rows[i].code == code && strcmp(rows[i].cause, cause) == 0)
			return is_resync ? rows[i].of_resync : rows[i].answer;
	}
	return code == 401 && is_resync && !has_token ? AUTH_SOURCE_AUTS_INVALID : AUTH_SOURCE_AWAY;
}

/* ---- the NRF ---- */

static void put_field(struct es_buf *out, const char *name, const char *value)
{
	es_put_printf(out, "%s%s=", out->len == 0 ? "" : "&", name);
	es_percent_encode(es_slice_str(value), out);
}

es_status auth_udm_write_token_request(const struct auth_udm_client *client, struct es_buf *out)
{
	put_field(out, "grant_type", "client_credentials");
	put_field(out, "nfInstanceId", client->instance);
	put_field(out, "nfType", client->nf_type);
	put_field(out, "targetNfType", "UDM");
	put_field(out, "scope", client->scope);
	return es_buf_status(out);
}

/* RFC 6750 2.1: b64token, and nothing that could end a header. */
static bool is_bearer_token(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

	return text != NULL && text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

es_status auth_udm_read_token(struct es_slice body, struct es_buf *token, int64_t *life_s)
{
	ES_CLEANUP(secret_done) cJSON *answer = NULL;
	int64_t life = 0;

	if (es_json_parse(body, limits, &answer) != ES_OK || !cJSON_IsObject(answer))
		return ES_MALFORMED;
	const char *text = es_json_str(answer, "access_token"), *type = es_json_str(answer, "token_type");
	bool says_life = cJSON_GetObjectItemCaseSensitive(answer, "expires_in") != NULL;
	if (!is_bearer_token(text) || type == NULL || !es_slice_eq_nocase(es_slice_str(type), ES_SLICE_LIT("bearer")) ||
	    (says_life && (!es_json_i64(answer, "expires_in", &life) || life < 1)))
		return ES_MALFORMED;
	if (strlen(text) > AUTH_UDM_TOKEN_MAX)
		return ES_TOO_LARGE;
	es_put_str(token, text);
	es_put_u8(token, 0);
	ES_TRY(es_buf_status(token));
	*life_s = life > LIFE_MAX_S ? LIFE_MAX_S : life;
	return ES_OK;
}
