/* gw_request.c -- a list of parameters becomes a device request: names, bounds, meaning (TS.43 2.3, 2.5). */
#include "gw_request.h"

#include <string.h>

#include "es_text.h"

static const char *const fault_labels[] = {
#define GW_FAULT_LABEL(name, label) label,
	GW_FAULT_LIST(GW_FAULT_LABEL)
#undef GW_FAULT_LABEL
};

const char *gw_fault_label(enum gw_fault fault)
{
	return fault_labels[fault];
}

enum gw_fault gw_params_add(struct gw_params *params, struct es_slice name, struct es_slice value)
{
	if (name.len == 0)
		return GW_FAULT_NONE;
	if (params->count == GW_PARAMS_MAX)
		return GW_FAULT_TOO_MANY;
	if (name.len > GW_NAME_MAX || value.len > GW_VALUE_MAX)
		return GW_FAULT_TOO_LONG;
	if (!es_text_is_clean_utf8(name) || !es_text_is_clean_utf8(value))
		return GW_FAULT_TEXT;
	params->items[params->count++] = (struct gw_param){ name, value };
	return GW_FAULT_NONE;
}

/* ---- applications (TS.43 2.3, table of application identifiers) ---- */

const char *const gw_app_names[GW_KNOWN_APPS] = { "ap2003", "ap2004", "ap2005", "ap2006", "ap2009", "ap2010",
	                                              "ap2011", "ap2012", "ap2013", "ap2014", "ap2015", "ap2016" };

size_t gw_app_index(struct es_slice app)
{
	size_t i = 0;

	while (i < GW_KNOWN_APPS && !es_slice_eq_nocase(app, es_slice_str(gw_app_names[i])))
		i++;
	return i;
}

bool gw_app_is_odsa(struct es_slice app)
{
	return es_slice_eq_str(app, "ap2006") || es_slice_eq_str(app, "ap2009") || es_slice_eq_str(app, "ap2011");
}

bool gw_app_may_be_own(struct es_slice app)
{
	return app.len == 6 && es_slice_starts_with(app, ES_SLICE_LIT("ap")) && app.ptr[2] != '2' &&
	       es_text_is_digits(es_slice_sub(app, 2, app.len));
}

static void add_app(struct gw_device_request *out, struct es_slice text)
{
	const size_t index = gw_app_index(text);
	const struct es_slice app = index < GW_KNOWN_APPS ? es_slice_str(gw_app_names[index]) : text;

	if ((index == GW_KNOWN_APPS && !gw_app_may_be_own(text)) || out->app_count == GW_APPS_MAX)
		return;
	for (size_t i = 0; i < out->app_count; i++)
		if (es_slice_eq(out->apps[i], app))
			return;
	out->apps[out->app_count++] = app;
}

static bool is_list_noise(uint8_t c)
{
	return c == '[' || c == ']' || c == '"' || c == ' ' || c == '\t';
}

/* `ap2004`, `ap2004,ap2003`, `[ap2004, ap2003]` (Android's POST form), `["ap2004"]`. */
static void add_apps(struct gw_device_request *out, struct es_slice value)
{
	while (value.ptr != NULL) {
		struct es_slice item = es_slice_cut(&value, ',');

		while (item.len > 0 && is_list_noise(item.ptr[0]))
			item = es_slice_sub(item, 1, item.len);
		while (item.len > 0 && is_list_noise(item.ptr[item.len - 1]))
			item = es_slice_sub(item, 0, item.len - 1);
		add_app(out, item);
	}
}

/* ---- the parameters we read ourselves ---- */

struct reading {
	struct gw_device_request *out;
	struct es_slice version, vers, notif_action;
	bool has_terminal_id, has_notif_action;
};

enum where { IN_REQUEST, IN_READING, NOWHERE };

static const struct known {
	const char *name;
	enum where where;
	size_t offset, max;
} known_params[] = {
#define REQUEST(name, field, max)                                                                                      \
	{                                                                                                                  \
		name, IN_REQUEST, offsetof(struct gw_device_request, field), max                                               \
	}
#define READING(name, field)                                                                                           \
	{                                                                                                                  \
		name, IN_READING, offsetof(struct reading, field), GW_VALUE_MAX                                                \
	}
	REQUEST("terminal_id", terminal_id, GW_VALUE_MAX),
	REQUEST("terminal_vendor", terminal_vendor, GW_VALUE_MAX),
	REQUEST("terminal_model", terminal_model, GW_VALUE_MAX),
	REQUEST("terminal_sw_version", terminal_sw_version, GW_VALUE_MAX),
	REQUEST("app_name", app_name, GW_VALUE_MAX),
	REQUEST("app_version", app_version, GW_VALUE_MAX),
	REQUEST("IMSI", imsi, GW_VALUE_MAX),
	REQUEST("GID1", gid1, GW_VALUE_MAX),
	REQUEST("GID2", gid2, GW_VALUE_MAX),
	REQUEST("requestor_id", requestor_id, GW_VALUE_MAX),
	REQUEST("operation", operation, GW_VALUE_MAX),
	REQUEST("notif_token", notif_token, GW_VALUE_MAX),
	REQUEST("token", token, GW_TOKEN_MAX),
	REQUEST("temporary_token", temporary_token, GW_TOKEN_MAX),
	REQUEST("operator_token", operator_token, GW_TOKEN_MAX),
	REQUEST("access_token", access_token, GW_TOKEN_MAX),
	REQUEST("EAP_ID", eap_id, GW_VALUE_MAX),
	READING("entitlement_version", version),
	READING("vers", vers),
	READING("notif_action", notif_action),
	/* Read elsewhere: not passed on. */
	{ "app", NOWHERE, 0, GW_VALUE_MAX },
#undef REQUEST
#undef READING
};
#define KNOWN_COUNT (sizeof(known_params) / sizeof(*known_params))
_Static_assert(KNOWN_COUNT <= 32, "one bit each in `seen`");

static size_t find_known(struct es_slice name)
{
	size_t i = 0;

	while (i < KNOWN_COUNT && !es_slice_eq_nocase(name, es_slice_str(known_params[i].name)))
		i++;
	return i;
}

bool gw_param_is_known(struct es_slice name)
{
	return find_known(name) < KNOWN_COUNT;
}

/* A phone without a value sends the word (Android, GET form): as if the parameter were absent (settled 27). */
static bool is_null_word(struct es_slice value)
{
	return es_slice_eq_nocase(value, ES_SLICE_LIT("null"));
}

static enum gw_fault store_known(struct reading *in, size_t index, struct es_slice value, uint32_t *seen)
{
	const struct known *known = &known_params[index];
	char *base = known->where == IN_REQUEST ? (char *)in->out : (char *)in;
	struct es_slice *slot = (void *)(base + known->offset);
	bool is_again = (*seen & 1u << index) != 0;

	if (value.len > known->max)
		return GW_FAULT_TOO_LONG;
	if (known->where == NOWHERE)
		return GW_FAULT_NONE;
	if (is_null_word(value))
		value = (struct es_slice){ NULL, 0 };
	/* Twice with two meanings: whoever reads the other one would see another request. */
	if (is_again && !es_slice_eq(*slot, value))
		return GW_FAULT_REPEATED;
	*seen |= 1u << index;
	*slot = value;
	return GW_FAULT_NONE;
}

static enum gw_fault sort_params(const struct gw_params *params, struct reading *in)
{
	size_t app = find_known(ES_SLICE_LIT("app")), terminal = find_known(ES_SLICE_LIT("terminal_id"));
	uint32_t seen = 0;

	for (size_t i = 0; i < params->count; i++) {
		const struct gw_param *param = &params->items[i];
		size_t index = find_known(param->name);
		enum gw_fault fault;

		if (index == KNOWN_COUNT) {
			if (!is_null_word(param->value))
				in->out->params[in->out->param_count++] = *param;
			continue;
		}
		fault = store_known(in, index, param->value, &seen);
		if (fault != GW_FAULT_NONE)
			return fault;
		if (index == app)
			add_apps(in->out, param->value);
	}
	in->has_terminal_id = (seen & 1u << terminal) != 0;
	return GW_FAULT_NONE;
}

/* ---- meaning ---- */

/* 1*DIGIT; a number too big for 32 bits is as big as can be. */
static bool read_component(struct es_slice text, uint32_t *out)
{
	if (!es_text_is_digits(text))
		return false;
	if (es_parse_u32(text, 0, UINT32_MAX, out) != ES_OK)
		*out = UINT32_MAX;
	return true;
}

/* TS.43 2.3: 1*DIGIT "." 1*DIGIT; settled 1 and 2. */
static enum gw_fault read_version(struct es_slice text, uint32_t major_max, struct gw_device_request *out)
{
	struct es_slice minor = text, major = es_slice_cut(&minor, '.');

	if (minor.ptr == NULL || !read_component(major, &out->version_major) || !read_component(minor, &out->version_minor))
		return GW_FAULT_VERSION;
	if (out->version_major > major_max)
		return GW_FAULT_VERSION_UNSUPPORTED;
	if (out->version_major == major_max)
		out->version_minor = 0;
	return GW_FAULT_NONE;
}

/* The leading integer; some clients send `1 HTTP/1.1`. Nothing usable is 0: the phone holds no configuration. */
static int64_t read_vers(struct es_slice text)
{
	size_t end = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
	int64_t vers = 0;

	while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
		end++;
	if (es_parse_i64(es_slice_sub(text, 0, end), INT32_MIN, INT32_MAX, &vers) != ES_OK)
		vers = 0;
	return vers;
}

/* Settled 11: any number is an answerable registration, what is no number is a malformed request. */
static enum gw_fault read_notif(const struct reading *in, struct gw_device_request *out)
{
	struct es_slice action = in->notif_action, digits = action;
	int64_t number = 0;

	if (action.len == 0)
		return out->notif_token.len > 0 ? GW_FAULT_NOTIF : GW_FAULT_NONE;
	if (action.ptr[0] == '-')
		digits = es_slice_sub(action, 1, action.len);
	if (!es_text_is_digits(digits))
		return GW_FAULT_NOTIF;
	if (es_parse_i64(action, INT32_MIN, INT32_MAX, &number) != ES_OK)
		number = INT32_MAX;
	out->has_notif = true;
	out->notif_action = (int32_t)number;
	return GW_FAULT_NONE;
}

/* ---- what an application wants beside the parameters of TS.43 2.3 ---- */

static const struct app_param {
	const char *app, *name;
	size_t max;
	const char *values; /* one of these characters; NULL: any text */
	bool may_be_absent;
} app_params[] = {
	{ "ap2012", "store_vendor", 128, NULL, false }, /* TS.43 11.1 */
	{ "ap2012", "store_user_id", 256, NULL, false },
	{ "ap2012", "MSG_btn", 1, "01", true },
};

static bool is_asked(const struct gw_device_request *request, const char *app)
{
	for (size_t i = 0; i < request->app_count; i++)
		if (es_slice_eq_str(request->apps[i], app))
			return true;
	return false;
}

static bool is_good(const struct app_param *row, struct es_slice value)
{
	return value.len > 0 && value.len <= row->max &&
	       (row->values == NULL || memchr(row->values, value.ptr[0], strlen(row->values)) != NULL);
}

static enum gw_fault check_app_param(const struct app_param *row, const struct gw_device_request *request)
{
	const struct es_slice *found = NULL;

	for (size_t i = 0; i < request->param_count; i++) {
		const struct gw_param *param = &request->params[i];
		if (!es_slice_eq_nocase(param->name, es_slice_str(row->name)) || (param->value.len == 0 && row->may_be_absent))
			continue;
		if (found != NULL && !es_slice_eq(*found, param->value))
			return GW_FAULT_REPEATED;
		if (!is_good(row, param->value))
			return GW_FAULT_APP_PARAM;
		found = &param->value;
	}
	return found != NULL || row->may_be_absent ? GW_FAULT_NONE : GW_FAULT_APP_PARAM;
}

/* Before anybody authenticates: a request that can have no answer costs no challenge. */
static enum gw_fault check_app_params(const struct gw_device_request *request)
{
	for (size_t i = 0; i < sizeof(app_params) / sizeof(*app_params); i++) {
		enum gw_fault fault = GW_FAULT_NONE;
		if (is_asked(request, app_params[i].app))
			fault = check_app_param(&app_params[i], request);
		if (fault != GW_FAULT_NONE)
			return fault;
	}
	return GW_FAULT_NONE;
}

enum gw_fault gw_request_build(const struct gw_params *params, uint32_t version_major_max,
                               struct gw_device_request *out)
{
	struct reading in = { .out = out };
	enum gw_fault fault;

	memset(out, 0, sizeof(*out));
	if ((fault = sort_params(params, &in)) != GW_FAULT_NONE)
		return fault;
	if ((fault = read_version(in.version, version_major_max, out)) != GW_FAULT_NONE)
		return fault;
	if (out->app_count == 0)
		return GW_FAULT_APP;
	/* Settled 9: it must be there, but it may be empty; the SIM tells who asks. */
	if (!in.has_terminal_id && out->requestor_id.len == 0)
		return GW_FAULT_TERMINAL;
	if ((fault = check_app_params(out)) != GW_FAULT_NONE)
		return fault;
	out->vers = read_vers(in.vers);
	return read_notif(&in, out);
}
