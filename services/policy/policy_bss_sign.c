/* policy_bss_sign.c -- what a BSS sends unasked: whether it was this source that signed it, and what a TM Forum event says. */
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "policy_bss_int.h"

#define SIGNATURES_MAX 4

/* ---- signatures ---- */

static bool is_signed_by(const struct es_buf *secret, struct es_slice seconds, struct es_slice body,
                         const uint8_t signature[32])
{
	const struct es_slice parts[] = { seconds, ES_SLICE_LIT("."), body };
	uint8_t made[32];

	if (secret->len == 0)
		return false;
	es_hmac_sha256(es_buf_slice(secret), parts, ES_COUNT(parts), made);
	return es_ct_equal(made, signature, sizeof made);
}

static bool is_signed(const struct policy_bss_source *s, struct es_slice seconds, struct es_slice body,
                      struct es_slice hex)
{
	uint8_t signature[32];
	bool is_good = false;

	if (es_hex_decode(hex, signature, sizeof signature) != ES_OK)
		return false;
	for (size_t i = 0; i < POLICY_BSS_SECRETS; i++)
		is_good = is_signed_by(&s->secrets[i], seconds, body, signature) || is_good;
	return is_good;
}

es_status policy_bss_verify(const struct policy_bss_source *s, struct es_slice header, struct es_slice body,
                            int64_t now_ms)
{
	struct es_slice rest = header, seconds = { NULL, 0 }, signatures[SIGNATURES_MAX];
	int64_t at = 0;
	size_t count = 0;
	bool is_good = false;

	if (s->secrets[0].len == 0)
		return ES_UNSUPPORTED;
	while (rest.ptr != NULL) {
		struct es_slice value = es_slice_trim(es_slice_cut(&rest, ',')), name = es_slice_cut(&value, '=');
		if (es_slice_eq_str(name, "t"))
			seconds = value;
		else if (es_slice_eq_str(name, "v1") && count < SIGNATURES_MAX)
			signatures[count++] = value;
	}
	if (es_parse_i64(seconds, 0, INT64_C(253402300799), &at) != ES_OK)
		return ES_UNAUTHENTIC;
	for (size_t i = 0; i < count; i++)
		is_good = is_signed(s, seconds, body, signatures[i]) || is_good;
	const int64_t age = now_ms - at * 1000, window = s->config->webhook_window;
	return is_good && age <= window && age >= -window ? ES_OK : ES_UNAUTHENTIC;
}

/* ---- events of TM Forum ---- */

static const struct {
	const char *prefix, *state; /* where its resource says what became of it */
} kinds[POLICY_BSS_KINDS] = {
	[POLICY_BSS_PRODUCT] = { "product", "status" },
	[POLICY_BSS_SERVICE] = { "service", "state" },
	[POLICY_BSS_CUSTOMER] = { "customer", "status" },
};

static const char *const changes[] = { "CreateEvent", "AttributeValueChangeEvent", "StateChangeEvent",
	                                   "OperatingStatusChangeEvent", "DeleteEvent" };

static bool is_kind(const char *name, size_t kind, bool *is_end)
{
	const size_t len = strlen(kinds[kind].prefix);

	if (strncmp(name, kinds[kind].prefix, len) != 0)
		return false;
	*is_end = strcmp(name + len, "DeleteEvent") == 0;
	for (size_t i = 0; i < ES_COUNT(changes); i++)
		if (strcmp(name + len, changes[i]) == 0)
			return true;
	return false;
}

/* A resource that is deleted is one that has ended. */
static cJSON *resource_of(const cJSON *envelope, size_t kind, bool is_end)
{
	const cJSON *event = cJSON_GetObjectItemCaseSensitive(envelope, "event");
	const cJSON *resource = cJSON_GetObjectItemCaseSensitive(event, kinds[kind].prefix);
	cJSON *copy = cJSON_IsObject(resource) ? cJSON_Duplicate(resource, true) : NULL;

	if (copy == NULL || !is_end)
		return copy;
	cJSON_DeleteItemFromObjectCaseSensitive(copy, kinds[kind].state);
	if (cJSON_AddStringToObject(copy, kinds[kind].state, "terminated") != NULL)
		return copy;
	cJSON_Delete(copy);
	return NULL;
}

es_status policy_bss_event_patch(const struct policy_bss_source *s, const char *name, const cJSON *envelope,
                                 cJSON **patch, struct es_buf *error)
{
	enum policy_bss_found found = POLICY_BSS_NOBODY;
	bool is_end = false;
	size_t kind = 0;

	*patch = NULL;
	while (kind < POLICY_BSS_KINDS && !is_kind(name, kind, &is_end))
		kind++;
	if (kind == POLICY_BSS_KINDS || s->events[kind] == NULL)
		return ES_UNSUPPORTED;
	ES_CLEANUP(es_json_done) cJSON *resource = resource_of(envelope, kind, is_end);
	if (resource == NULL) {
		es_put_printf(error, "event.%s is no object", kinds[kind].prefix);
		return ES_MALFORMED;
	}
	ES_TRY(policy_bss_map_apply(s->events[kind], resource, true, &found, patch, error));
	if (found == POLICY_BSS_FOUND)
		return ES_OK;
	es_put_printf(error, "event.%s: the mapping finds nothing at its root", kinds[kind].prefix);
	return ES_MALFORMED;
}

es_status policy_bss_row_patch(const struct policy_bss_source *s, const cJSON *row, cJSON **patch, struct es_buf *error)
{
	enum policy_bss_found found = POLICY_BSS_NOBODY;

	*patch = NULL;
	if (s->file_map == NULL) {
		es_put_str(error, "the source has no mapping for rows of lists");
		return ES_MALFORMED;
	}
	ES_TRY(policy_bss_map_apply(s->file_map, row, false, &found, patch, error));
	if (found == POLICY_BSS_FOUND)
		return ES_OK;
	es_put_str(error, "the mapping finds nothing at its root");
	return ES_MALFORMED;
}
