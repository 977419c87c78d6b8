/* gw_return.c -- reads what a provider's redirect, an OTP and the web sheet's form hold. */
#include "gw_return.h"

#include "es_text.h"

struct field {
	const char *name;
	struct es_slice *slot;
	bool any_case;
	size_t max;
};

/* As if the parameter were absent (settled 27). */
static bool is_null_word(struct es_slice value)
{
	return es_slice_eq_nocase(value, ES_SLICE_LIT("null"));
}

/* Names of OAuth are exact, those of RCC.14 are not (settled 15). */
static enum gw_fault take(const struct gw_params *params, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < params->count; i++) {
		const struct gw_param *param = &params->items[i];

		for (size_t k = 0; k < count; k++) {
			const struct field *f = &fields[k];
			bool is_it = f->any_case ? es_slice_eq_nocase(param->name, es_slice_str(f->name))
			                         : es_slice_eq_str(param->name, f->name);

			if (!is_it)
				continue;
			if (param->value.len > f->max)
				return GW_FAULT_TOO_LONG;
			if (f->slot->ptr != NULL && !es_slice_eq(*f->slot, param->value))
				return GW_FAULT_REPEATED;
			*f->slot = is_null_word(param->value) ? (struct es_slice){ NULL, 0 } : param->value;
		}
	}
	return GW_FAULT_NONE;
}

enum gw_fault gw_return_read(const struct gw_params *params, struct gw_return *out)
{
	struct gw_return back = { .kind = GW_RETURN_NONE };
	struct es_slice otp = { NULL, 0 }, token = { NULL, 0 };
	const struct field fields[] = {
		{ "state", &back.state, false, GW_RETURN_TEXT_MAX },
		{ "code", &back.code, false, GW_RETURN_TEXT_MAX },
		{ "error", &back.error, false, GW_RETURN_TEXT_MAX },
		{ "error_description", &back.error_description, false, GW_RETURN_TEXT_MAX },
		{ "OTP", &otp, true, GW_VALUE_MAX },
		{ "token", &token, true, GW_VALUE_MAX },
	};
	enum gw_fault fault = take(params, fields, sizeof(fields) / sizeof(*fields));

	if (fault != GW_FAULT_NONE)
		return fault;
	if (back.state.len > 0 && (back.code.len > 0 || back.error.len > 0)) {
		back.kind = GW_RETURN_OIDC;
	} else if (otp.len > 0 && token.len == 0) {
		back.kind = GW_RETURN_CODE;
		back.code = otp;
	}
	*out = back;
	return GW_FAULT_NONE;
}

enum gw_fault gw_return_read_form(struct es_slice text, struct es_arena *arena, struct gw_return *out)
{
	struct gw_params *params = es_arena_alloc(arena, sizeof(*params));
	struct gw_return back = { .kind = GW_RETURN_FORM };
	struct es_slice again = { NULL, 0 };
	const struct field fields[] = {
		{ "h", &back.handle, false, 64 },
		{ "code", &back.code, false, 64 },
		{ "again", &again, false, 8 },
	};
	enum gw_fault fault;

	if (params == NULL)
		return GW_FAULT_TOO_LONG;
	fault = gw_query_parse(text, arena, params);
	if (fault == GW_FAULT_NONE)
		fault = take(params, fields, sizeof(fields) / sizeof(*fields));
	if (fault != GW_FAULT_NONE)
		return fault;
	back.code = es_slice_trim(back.code);
	back.again = again.len > 0;
	*out = back;
	return GW_FAULT_NONE;
}
