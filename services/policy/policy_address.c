/* policy_address.c -- TM Forum's geographic address validation (TMF673), and a plain form for whoever has another service. */
#include "policy_address.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

/* ---- asking ---- */

static void put_given(struct es_json_out *j, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		es_json_put_str(j, name, value);
}

static void ask_tmf673(const struct policy_address *a, struct es_json_out *j)
{
	es_json_put_bool(j, "provideAlternative", true);
	es_json_object(j, "submittedGeographicAddress");
	es_json_put_str(j, "@type", "GeographicAddress");
	put_given(j, "streetName", a->street);
	put_given(j, "city", a->city);
	put_given(j, "stateOrProvince", a->region);
	put_given(j, "postcode", a->postcode);
	put_given(j, "country", a->country);
	if (a->unit != NULL && a->unit[0] != '\0') {
		es_json_array(j, "geographicSubAddress");
		es_json_object(j, NULL);
		es_json_put_str(j, "subUnitNumber", a->unit);
		es_json_end_object(j);
		es_json_end_array(j);
	}
	es_json_end_object(j);
}

static void ask_simple(const struct policy_address *a, struct es_json_out *j)
{
	put_given(j, "street", a->street);
	put_given(j, "unit", a->unit);
	put_given(j, "city", a->city);
	put_given(j, "region", a->region);
	put_given(j, "postcode", a->postcode);
	put_given(j, "country", a->country);
}

void policy_address_ask(enum policy_address_form form, const struct policy_address *address, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	if (form == POLICY_ADDRESS_TMF673)
		ask_tmf673(address, &j);
	else
		ask_simple(address, &j);
	es_json_end_object(&j);
}

/* ---- reading ---- */

static bool is_usable(const char *text, size_t max)
{
	const struct es_slice slice = es_slice_str(text);
	return slice.len > 0 && slice.len <= max && es_text_is_clean_utf8(slice);
}

/* What cannot be kept or shown is left out. */
static es_status add(struct policy_addresses *out, struct es_arena *arena, const char *id, const char *label)
{
	if (out->count == POLICY_CANDIDATES_MAX || !is_usable(id, POLICY_CANDIDATE_ID_MAX) ||
	    !is_usable(label, POLICY_CANDIDATE_LABEL_MAX))
		return ES_OK;
	struct policy_candidate *one = &out->items[out->count];
	one->id = es_arena_strdup(arena, es_slice_str(id));
	one->label = es_arena_strdup(arena, es_slice_str(label));
	if (one->id == NULL || one->label == NULL)
		return ES_TOO_LARGE;
	out->count++;
	return ES_OK;
}

/* "12 High Street, Springfield, IL, 62701, US" */
static es_status add_tmf673(struct policy_addresses *out, struct es_arena *arena, const cJSON *address)
{
	static const struct {
		const char *name, *before;
	} members[] = {
		{ "streetNr", "" }, { "streetName", " " },       { "streetType", " " }, { "locality", ", " },
		{ "city", ", " },   { "stateOrProvince", ", " }, { "postcode", ", " },  { "country", ", " },
	};
	char storage[1024];
	struct es_buf label;

	es_buf_init_fixed(&label, storage, sizeof storage - 1);
	for (size_t i = 0; i < ES_COUNT(members); i++) {
		const char *text = es_json_str(address, members[i].name);
		if (text != NULL && text[0] != '\0')
			es_put_printf(&label, "%s%s", label.len > 0 ? members[i].before : "", text);
	}
	if (es_buf_status(&label) != ES_OK)
		return ES_OK;
	storage[label.len] = '\0';
	return add(out, arena, es_json_str(address, "id"), storage);
}

/* The release of 2020 calls the good one validAddress, drafts and later ones validGeographicAddress. */
static es_status read_tmf673(const cJSON *json, struct es_arena *arena, struct policy_addresses *out)
{
	const char *result = es_json_str(json, "validationResult");
	const cJSON *valid = cJSON_GetObjectItemCaseSensitive(json, "validAddress"), *one;

	if (!cJSON_IsObject(valid))
		valid = cJSON_GetObjectItemCaseSensitive(json, "validGeographicAddress");
	if (result == NULL)
		return ES_MALFORMED;
	if (strcmp(result, "success") == 0) {
		if (!cJSON_IsObject(valid))
			return ES_MALFORMED;
		ES_TRY(add_tmf673(out, arena, valid));
		out->is_exact = true;
		return out->count == 1 ? ES_OK : ES_MALFORMED; /* a place without a name cannot be kept */
	}
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "alternateGeographicAddress"))
		ES_TRY(add_tmf673(out, arena, one));
	return ES_OK;
}

static es_status read_simple(const cJSON *json, struct es_arena *arena, struct policy_addresses *out)
{
	const char *result = es_json_str(json, "result");
	const cJSON *one;

	if (result == NULL)
		return ES_MALFORMED;
	out->is_exact = strcmp(result, "valid") == 0;
	if (!out->is_exact && strcmp(result, "candidates") != 0)
		return strcmp(result, "unknown") == 0 ? ES_OK : ES_MALFORMED;
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "addresses"))
		ES_TRY(add(out, arena, es_json_str(one, "id"), es_json_str(one, "text")));
	return out->count > 0 || !out->is_exact ? ES_OK : ES_MALFORMED;
}

es_status policy_address_read(enum policy_address_form form, struct es_slice body, struct es_arena *arena,
                              struct policy_addresses *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	*out = (struct policy_addresses){ .count = 0 };
	ES_TRY(es_json_parse(body, ES_JSON_SMALL, &json));
	return form == POLICY_ADDRESS_TMF673 ? read_tmf673(json, arena, out) : read_simple(json, arena, out);
}
