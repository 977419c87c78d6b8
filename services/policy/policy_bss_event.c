/* policy_bss_event.c -- types of events and reading them. */
#include "policy_bss_event.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "es_text.h"
#include "es_time.h"
#include "policy_resource.h"

#define ANY "*"

static const struct {
	const char *type;
	enum policy_bss_deed deed;
	const char *allowed; /* members of `change`, with blanks between; "": none */
	const char *needed;  /* one of them; "": any, NULL: may be empty */
	const char *fixed;   /* JSON: what the type says by itself */
} types[] = {
	{ "plan.changed", POLICY_BSS_PATCH, "plan boosts account", "plan", NULL },
	{ "service.changed", POLICY_BSS_PATCH, "voice sms vowifi satellite billing opt_outs boosts usage", "", NULL },
	{ "line.changed", POLICY_BSS_PATCH, ANY, "", NULL },
	{ "line.suspended", POLICY_BSS_PATCH, "", NULL, "{\"status\":\"suspended\"}" },
	{ "line.barred", POLICY_BSS_PATCH, "", NULL, "{\"status\":\"barred\"}" },
	{ "line.resumed", POLICY_BSS_PATCH, "", NULL, "{\"status\":\"active\"}" },
	{ "line.terminated", POLICY_BSS_PATCH, "", NULL, "{\"status\":\"terminated\"}" },
	{ "number.changed", POLICY_BSS_PATCH, "msisdn", "msisdn", NULL },
	{ "number.ported_in", POLICY_BSS_PATCH, "msisdn", "msisdn", NULL },
	{ "number.ported_out", POLICY_BSS_PATCH, "", NULL, "{\"status\":\"terminated\"}" },
	{ "address.validated", POLICY_BSS_PATCH, "vowifi", NULL, "{\"vowifi\":{\"address\":\"available\"}}" },
	{ "address.expired", POLICY_BSS_PATCH, "", NULL, "{\"vowifi\":{\"address\":\"not_available\"}}" },
	{ "consent.changed", POLICY_BSS_PATCH, "vowifi opt_outs billing", "", NULL },
	{ "sim.swapped", POLICY_BSS_SWAP_SIM, "", NULL, NULL },
	{ "device.blocked", POLICY_BSS_RESET_TOKENS, "", NULL, NULL },
	{ "line.erased", POLICY_BSS_ERASE, "", NULL, NULL },
	{ "line.refresh", POLICY_BSS_REFRESH, "", NULL, NULL },
};

struct faulting {
	const char **field, **error;
};

static es_status refuse(const struct faulting *f, const char *field, const char *error)
{
	*f->field = field;
	*f->error = error;
	return ES_MALFORMED;
}

static es_status leave(struct policy_bss_event *out, const char *refusal)
{
	out->deed = POLICY_BSS_NOTHING;
	out->refusal = refusal;
	return ES_OK;
}

static es_status read_id(const cJSON *json, const char *name, struct es_arena *arena, const struct faulting *f,
                         struct policy_bss_event *out)
{
	const char *id = es_json_str(json, name);
	const struct es_slice text = es_slice_str(id);

	if (text.len == 0 || text.len > POLICY_BSS_EVENT_ID_MAX || !es_text_is_clean_utf8(text))
		return refuse(f, name, "must be a text of 1 to 128 octets");
	out->id = es_arena_strdup(arena, text);
	return out->id != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- our own form ---- */

static const char *imsi_of(const char *text)
{
	struct es_imsi valid;
	return text != NULL && es_imsi_parse(es_slice_str(text), &valid) == ES_OK ? text : NULL;
}

static const char *msisdn_of(const char *text)
{
	struct es_msisdn valid;
	return text != NULL && es_msisdn_parse(es_slice_str(text), &valid) == ES_OK ? text : NULL;
}

static es_status keep(struct es_arena *arena, const char *text, const char **out)
{
	*out = text != NULL ? es_arena_strdup(arena, es_slice_str(text)) : "";
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status read_line(const cJSON *json, struct es_arena *arena, struct policy_bss_event *out)
{
	ES_TRY(keep(arena, imsi_of(es_json_str(json, "imsi")), &out->imsi));
	ES_TRY(keep(arena, msisdn_of(es_json_str(json, "msisdn")), &out->msisdn));
	return keep(arena, imsi_of(es_json_str(json, "new_imsi")), &out->new_imsi);
}

static bool has_word(const char *words, const char *word)
{
	struct es_slice rest = es_slice_str(words);

	if (strcmp(words, ANY) == 0)
		return true;
	while (rest.ptr != NULL)
		if (es_slice_eq_str(es_slice_cut(&rest, ' '), word))
			return true;
	return false;
}

static bool is_change_allowed(const cJSON *change, size_t type)
{
	const char *needed = types[type].needed;
	const cJSON *member;

	cJSON_ArrayForEach(member, change) if (!has_word(types[type].allowed, member->string)) return false;
	if (needed == NULL)
		return true;
	return change != NULL &&
	       (needed[0] == '\0' ? change->child != NULL : cJSON_GetObjectItemCaseSensitive(change, needed) != NULL);
}

/* `over` into `into`, groups member by member; what `into` has stays. */
static bool merge(cJSON *into, const cJSON *over)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, over)
	{
		cJSON *there = cJSON_GetObjectItemCaseSensitive(into, member->string);
		if (there != NULL && cJSON_IsObject(there) && cJSON_IsObject(member)) {
			if (!merge(there, member)) /* two levels, as a subscriber has */
				return false;
			continue;
		}
		cJSON *copy = there == NULL ? cJSON_Duplicate(member, true) : NULL;
		if (there == NULL && (copy == NULL || !cJSON_AddItemToObject(into, member->string, copy))) {
			cJSON_Delete(copy);
			return false;
		}
	}
	return true;
}

static es_status make_patch(const cJSON *change, size_t type, struct policy_bss_event *out)
{
	ES_CLEANUP(es_json_done) cJSON *patch = NULL;
	const char *fixed = types[type].fixed != NULL ? types[type].fixed : "{}";

	ES_TRY(es_json_parse(es_slice_str(fixed), ES_JSON_SMALL, &patch));
	if (!merge(patch, change))
		return ES_TOO_LARGE;
	out->patch = ES_TAKE(patch);
	return ES_OK;
}

static es_status read_deed(const cJSON *json, struct policy_bss_event *out)
{
	const cJSON *change = cJSON_GetObjectItemCaseSensitive(json, "change");
	const char *name = es_json_str(json, "type");
	size_t type = 0;

	while (type < ES_COUNT(types) && (name == NULL || strcmp(types[type].type, name) != 0))
		type++;
	if (type == ES_COUNT(types))
		return leave(out, "type: is not known");
	if (out->imsi[0] == '\0' && out->msisdn[0] == '\0')
		return leave(out, "neither imsi nor msisdn says whose line it is");
	if ((change != NULL && !cJSON_IsObject(change)) || !is_change_allowed(change, type))
		return leave(out, "change: is not what this type may change, or lacks what it needs");
	out->deed = types[type].deed;
	if (out->deed == POLICY_BSS_SWAP_SIM && out->new_imsi[0] == '\0')
		return leave(out, "new_imsi: 6 to 15 digits");
	return out->deed == POLICY_BSS_PATCH ? make_patch(change, type, out) : ES_OK;
}

es_status policy_bss_event_read(const cJSON *json, struct es_arena *arena, struct policy_bss_event *out,
                                const char **field, const char **error)
{
	static const char known[] = "id time type imsi msisdn new_imsi change";
	const struct faulting f = { field, error };
	const cJSON *member;

	*out = (struct policy_bss_event){ .imsi = "", .msisdn = "", .new_imsi = "", .refusal = "" };
	if (!cJSON_IsObject(json))
		return refuse(&f, "", "the body must be a JSON object");
	ES_TRY(read_id(json, "id", arena, &f, out));
	if (es_time_parse(es_slice_str(es_json_str(json, "time")), &out->at_ms) != ES_OK)
		return refuse(&f, "time", "must be a time: YYYY-MM-DDThh:mm:ss and Z or an offset");
	cJSON_ArrayForEach(member, json) if (!has_word(known, member->string)) return leave(out, "has an unknown member");
	ES_TRY(read_line(json, arena, out));
	return read_deed(json, out);
}

/* ---- TM Forum ---- */

es_status policy_bss_envelope_read(const cJSON *json, struct es_arena *arena, struct policy_bss_event *out,
                                   const char **field, const char **error)
{
	/* When it happened, before when it was told; the first spelling is the published one. */
	static const char *const times[] = { "timeOcurred", "timeOccurred", "eventTime" };
	const struct faulting f = { field, error };

	*out = (struct policy_bss_event){ .imsi = "", .msisdn = "", .new_imsi = "", .refusal = "" };
	if (!cJSON_IsObject(json))
		return refuse(&f, "", "the body must be a JSON object");
	ES_TRY(read_id(json, "eventId", arena, &f, out));
	for (size_t i = 0; i < ES_COUNT(times); i++)
		if (es_time_parse(es_slice_str(es_json_str(json, times[i])), &out->at_ms) == ES_OK)
			return ES_OK;
	return refuse(&f, "eventTime", "must be a time: YYYY-MM-DDThh:mm:ss and Z or an offset");
}

es_status policy_bss_envelope_fill(struct policy_bss_event *event, cJSON *patch, struct es_arena *arena)
{
	event->patch = patch;
	event->deed = POLICY_BSS_PATCH;
	ES_TRY(read_line(patch, arena, event));
	if (event->imsi[0] == '\0' && event->msisdn[0] == '\0')
		return leave(event, "the mapping finds neither imsi nor msisdn: it does not say whose line it is");
	cJSON_DeleteItemFromObjectCaseSensitive(patch, "imsi");
	if (event->imsi[0] == '\0')
		cJSON_DeleteItemFromObjectCaseSensitive(patch, "msisdn"); /* it named the line */
	if (patch->child == NULL)
		event->deed = POLICY_BSS_REFRESH;
	return ES_OK;
}
