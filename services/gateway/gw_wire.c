/* gw_wire.c -- a device request as the protobuf message that the other processes get. */
#include <string.h>

#include "gw_exchange.h"

/* Copies a text; on exhaustion the flag sticks, and the caller looks once at the end. */
static char *text_of(struct es_arena *arena, struct es_slice value, bool *is_bad)
{
	static char empty[] = "";
	char *copy = value.len == 0 ? empty : es_arena_strdup(arena, value);

	*is_bad |= copy == NULL;
	return copy;
}

static const struct {
	size_t from, to;
} texts[] = {
#define TEXT(field)                                                                                                    \
	{                                                                                                                  \
		offsetof(struct gw_device_request, field), offsetof(Openes__DeviceRequest, field)                              \
	}
	TEXT(terminal_id), TEXT(terminal_vendor), TEXT(terminal_model), TEXT(terminal_sw_version),
	TEXT(app_name),    TEXT(app_version),     TEXT(imsi),           TEXT(gid1),
	TEXT(gid2),        TEXT(notif_token),     TEXT(requestor_id),   TEXT(operation),
#undef TEXT
};

static void copy_texts(const struct gw_device_request *from, Openes__DeviceRequest *to, struct es_arena *arena,
                       bool *is_bad)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct es_slice value;
		char *copy;

		memcpy(&value, (const char *)from + texts[i].from, sizeof(value));
		copy = text_of(arena, value, is_bad);
		memcpy((char *)to + texts[i].to, &copy, sizeof(copy));
	}
}

static void copy_apps(const struct gw_device_request *from, Openes__DeviceRequest *to, struct es_arena *arena,
                      bool *is_bad)
{
	to->apps = es_arena_array(arena, from->app_count, sizeof(*to->apps));
	*is_bad |= to->apps == NULL;
	for (; !*is_bad && to->n_apps < from->app_count; to->n_apps++)
		to->apps[to->n_apps] = text_of(arena, from->apps[to->n_apps], is_bad);
}

static void copy_params(const struct gw_device_request *from, Openes__DeviceRequest *to, struct es_arena *arena,
                        bool *is_bad)
{
	Openes__Param *params = es_arena_array(arena, from->param_count, sizeof(*params));

	to->params = es_arena_array(arena, from->param_count, sizeof(*to->params));
	*is_bad |= to->params == NULL || params == NULL;
	for (size_t i = 0; !*is_bad && i < from->param_count; i++) {
		openes__param__init(&params[i]);
		params[i].name = text_of(arena, from->params[i].name, is_bad);
		params[i].value = text_of(arena, from->params[i].value, is_bad);
		to->params[to->n_params++] = &params[i];
	}
}

Openes__DeviceRequest *gw_wire_request(const struct gw_device_request *request, const struct es_http_request *http,
                                       const struct gw_language *language, bool wants_json, struct es_arena *arena)
{
	Openes__DeviceRequest *to = es_arena_alloc(arena, sizeof(*to));
	bool is_bad = false;

	if (to == NULL)
		return NULL;
	openes__device_request__init(to);
	to->host = text_of(arena, es_http_host(http), &is_bad);
	to->accept_language = text_of(arena, es_slice_of(language->text, language->len), &is_bad);
	to->version_major = request->version_major;
	to->version_minor = request->version_minor;
	to->vers = request->vers;
	to->has_notif = request->has_notif;
	to->notif_action = request->notif_action;
	to->wants_json = wants_json;
	copy_texts(request, to, arena, &is_bad);
	copy_apps(request, to, arena, &is_bad);
	copy_params(request, to, arena, &is_bad);
	return is_bad ? NULL : to;
}
