/* gw_query.c -- the query string of a GET (TS.43 2.3). */
#include "es_text.h"
#include "gw_request.h"

/* Values in which a '+' is a plus and never a space: clients send Base64 and telephone numbers unescaped. */
static bool keeps_plus(struct es_slice name)
{
	static const char *const names[] = { "token",       "temporary_token", "operator_token", "access_token",
		                                 "notif_token", "EAP_ID",          "msisdn",         "OTP" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (es_slice_eq_nocase(name, es_slice_str(names[i])))
			return true;
	return false;
}

static bool has_escapes(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '%' || text.ptr[i] == '+')
			return true;
	return false;
}

static enum gw_fault decode(struct es_slice text, bool plus_is_space, struct es_arena *arena, struct es_slice *out)
{
	if (text.len > 3 * GW_VALUE_MAX)
		return GW_FAULT_TOO_LONG;
	if (!has_escapes(text)) {
		*out = text;
		return GW_FAULT_NONE;
	}
	es_status status = es_percent_decode(text, plus_is_space, arena, out);

	if (status == ES_OK)
		return GW_FAULT_NONE;
	return status == ES_TOO_LARGE ? GW_FAULT_TOO_LONG : GW_FAULT_SYNTAX;
}

enum gw_fault gw_query_parse(struct es_slice query, struct es_arena *arena, struct gw_params *out)
{
	struct es_slice rest = query;

	while (rest.ptr != NULL) {
		struct es_slice value = es_slice_cut(&rest, '&');
		struct es_slice name = es_slice_cut(&value, '=');
		enum gw_fault fault = decode(name, true, arena, &name);

		if (fault == GW_FAULT_NONE)
			fault = decode(value, !keeps_plus(name), arena, &value);
		if (fault == GW_FAULT_NONE)
			fault = gw_params_add(out, name, value);
		if (fault != GW_FAULT_NONE)
			return fault;
	}
	return GW_FAULT_NONE;
}
