/* policy_payment.c -- orders out, results in. */
#include "policy_payment.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_text.h"

#define MAC 32

static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

static void mac_of(const uint8_t key[32], struct es_slice signed_part, uint8_t out[MAC])
{
	es_hmac_sha256(es_slice_of(key, 32), &signed_part, 1, out);
}

es_status policy_payment_order(const uint8_t key[32], const struct policy_order *order, struct es_arena *arena,
                               struct es_slice *out)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf claims;
	ES_CLEANUP(es_buf_wipe) struct es_buf jws;
	uint8_t mac[MAC];

	es_buf_init(&claims, POLICY_PAYMENT_TEXT_MAX);
	es_buf_init(&jws, POLICY_PAYMENT_TEXT_MAX);
	struct es_json_out j = es_json_to(&claims);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "iss", order->tenant);
	es_json_put_str(&j, "jti", order->id);
	es_json_put(&j, "order", order->order);
	es_json_put_i64(&j, "boost_type", order->boost_type);
	es_json_put_str(&j, "price", order->price);
	es_json_put_i64(&j, "duration", order->duration_s);
	es_json_put_str(&j, "return", order->back_url);
	es_json_put_i64(&j, "exp", order->expires_ms / 1000);
	es_json_end_object(&j);
	es_base64url_encode(es_slice_str(header), &jws);
	es_put_u8(&jws, '.');
	es_base64url_encode(es_buf_slice(&claims), &jws);
	ES_TRY(es_buf_status(&claims));
	ES_TRY(es_buf_status(&jws));
	mac_of(key, es_buf_slice(&jws), mac);
	es_put_u8(&jws, '.');
	es_base64url_encode(es_slice_of(mac, sizeof mac), &jws);
	ES_TRY(es_buf_status(&jws));
	*out = es_arena_copy(arena, es_buf_slice(&jws));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- results ---- */

struct parts {
	struct es_slice signed_part, claims, mac; /* claims and mac decoded */
};

static es_status split(struct es_slice jws, struct es_arena *arena, struct parts *out)
{
	struct es_slice rest = jws, head = es_slice_cut(&rest, '.'), claims = es_slice_cut(&rest, '.'), decoded;
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	if (jws.len > POLICY_PAYMENT_TEXT_MAX || rest.ptr == NULL || es_slice_find(rest, '.') < rest.len)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(head, arena, &decoded));
	ES_TRY(es_json_parse(decoded, ES_JSON_SMALL, &json));
	const char *algorithm = es_json_str(json, "alg");
	if (algorithm == NULL || strcmp(algorithm, "HS256") != 0 || cJSON_GetObjectItemCaseSensitive(json, "crit") != NULL)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(claims, arena, &out->claims));
	ES_TRY(es_base64url_decode(rest, arena, &out->mac));
	out->signed_part = es_slice_sub(jws, 0, head.len + 1 + claims.len);
	return ES_OK;
}

static es_status text_of(const cJSON *json, const char *name, struct es_arena *arena, const char **out)
{
	const char *text = es_json_str(json, name);

	*out = es_arena_strdup(arena, es_slice_str(text));
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_payment_peek(struct es_slice jws, struct es_arena *arena, struct es_slice *order)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct parts parts;
	const char *text;

	ES_TRY(split(jws, arena, &parts));
	ES_TRY(es_json_parse(parts.claims, ES_JSON_SMALL, &json));
	ES_TRY(text_of(json, "order", arena, &text));
	*order = es_slice_str(text);
	return order->len > 0 ? ES_OK : ES_MALFORMED;
}

static enum policy_paid outcome_of(const char *text)
{
	static const struct {
		const char *name;
		enum policy_paid outcome;
	} names[] = {
		{ "paid", POLICY_PAID },
		{ "cancelled", POLICY_PAY_CANCELLED },
		{ "failed", POLICY_PAY_FAILED },
		{ "authentication_failed", POLICY_PAY_UNAUTHENTICATED },
	};

	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (strcmp(names[i].name, text) == 0)
			return names[i].outcome;
	return POLICY_PAY_UNKNOWN;
}

es_status policy_payment_result(const uint8_t key[32], struct es_slice jws, int64_t now_ms, struct es_arena *arena,
                                struct policy_payment *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct parts parts;
	uint8_t mac[MAC];
	const char *order, *outcome;
	int64_t expires_s;

	ES_TRY(split(jws, arena, &parts));
	mac_of(key, parts.signed_part, mac);
	if (parts.mac.len != MAC || !es_ct_equal(parts.mac.ptr, mac, MAC))
		return ES_UNAUTHENTIC;
	ES_TRY(es_json_parse(parts.claims, ES_JSON_SMALL, &json));
	ES_TRY(text_of(json, "order", arena, &order));
	ES_TRY(text_of(json, "outcome", arena, &outcome));
	ES_TRY(text_of(json, "reason", arena, &out->reason));
	if (order[0] == '\0' || outcome[0] == '\0' || !es_json_i64(json, "exp", &expires_s))
		return ES_MALFORMED;
	if (expires_s <= now_ms / 1000)
		return ES_EXPIRED;
	if (strlen(out->reason) > 256)
		return ES_MALFORMED;
	out->order = es_slice_str(order);
	out->outcome = outcome_of(outcome);
	return ES_OK;
}
