/* gw_admin_keys.c -- a subscriber's keys and authentications: the work of auth between policy's BEGIN and END.
 *
 * K and OPc pass as a box sealed to auth's transport key: nothing here could read them. Keys are written, never read
 * back. */
#include <string.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_text.h"
#include "gw_admin_call.h"

/* What the box of an algorithm holds: K and OPc; RES length, iterations, K of one of two lengths, TOPc. */
static const struct algorithm {
	const char *name;
	size_t sizes[2];
} algorithms[] = { { "milenage", { 32, 32 } }, { "tuak", { 2 + 16 + 32, 2 + 32 + 32 } } };
#define LIMIT_MAX 1000
#define ANSWER_MAX (64u << 10)
#define SQN_MAX ((1LL << 48) - 1) /* TS 33.102 6.3: 48 bits */

static char *text_of(struct gw_admin_call *call, const char *param)
{
	return es_arena_strdup(es_http_arena(call->request), gw_admin_param_of(&call->match, param));
}

/* ---- what auth answers ---- */

/* Ends the call with JSON written by `write`, which lives on in the request's arena. */
static void finish_with_json(struct gw_admin_call *call, const ProtobufCMessage *reply,
                             void (*write)(struct es_json_out *json, const ProtobufCMessage *reply))
{
	ES_CLEANUP(es_buf_free) struct es_buf buf;

	es_buf_init(&buf, ANSWER_MAX);
	struct es_json_out json = es_json_to(&buf);
	es_json_object(&json, NULL);
	write(&json, reply);
	es_json_end_object(&json);
	struct es_slice body = es_arena_copy(es_http_arena(call->request), es_buf_slice(&buf));
	if (es_buf_status(&buf) != ES_OK || body.ptr == NULL)
		gw_admin_end_failed(call, ES_INTERNAL);
	else
		gw_admin_end_done(call, 200, body);
}

static void on_changed(const struct es_bus_reply_view *view, void *user)
{
	if (view->status == ES_OK)
		gw_admin_end_done(user, 204, (struct es_slice){ NULL, 0 });
	else
		gw_admin_end_failed(user, view->status);
}

static void write_status(struct es_json_out *json, const ProtobufCMessage *message)
{
	const Openes__KeysStatusReply *reply = (const Openes__KeysStatusReply *)message;
	char when[21];

	es_json_put_bool(json, "exists", reply->exists);
	if (!reply->exists)
		return;
	es_time_iso8601(reply->updated_unix_ms, when);
	es_json_put_str(json, "algorithm", reply->algorithm);
	es_json_put_str(json, "updated", when);
}

static void write_transport(struct es_json_out *json, const ProtobufCMessage *message)
{
	const Openes__TransportKeyReply *reply = (const Openes__TransportKeyReply *)message;
	uint8_t storage[128];
	struct es_buf text;

	es_buf_init_fixed(&text, storage, sizeof storage);
	es_base64_encode(es_slice_of(reply->public_key.data, reply->public_key.len), &text);
	es_json_put_str(json, "algorithm", "x25519-hkdf-sha256-aes256gcm");
	es_json_put(json, "public_key", es_buf_slice(&text));
}

static void write_history(struct es_json_out *json, const ProtobufCMessage *message)
{
	const Openes__HistoryReply *reply = (const Openes__HistoryReply *)message;

	es_json_array(json, "items");
	for (size_t i = 0; i < reply->n_entries; i++) {
		const Openes__HistoryEntry *entry = reply->entries[i];
		char when[21];
		es_time_iso8601(entry->at_unix_ms, when);
		es_json_object(json, NULL);
		es_json_put_str(json, "at", when);
		es_json_put_str(json, "result", entry->result);
		es_json_put_str(json, "method", entry->method);
		es_json_put_str(json, "source", entry->source);
		es_json_put_str(json, "app", entry->app);
		es_json_put_str(json, "address", entry->client_address);
		es_json_put_i64(json, "rounds", entry->rounds);
		es_json_end_object(json);
	}
	es_json_end_array(json);
}

static void on_read(const struct es_bus_reply_view *view, struct gw_admin_call *call,
                    const ProtobufCMessageDescriptor *type,
                    void (*write)(struct es_json_out *json, const ProtobufCMessage *reply))
{
	if (view->status != ES_OK) {
		gw_admin_end_failed(call, view->status);
		return;
	}
	ProtobufCMessage *reply = es_bus_unpack(type, view->payload, es_http_arena(call->request));
	if (reply == NULL)
		gw_admin_end_failed(call, ES_INTERNAL);
	else
		finish_with_json(call, reply, write);
}

static void on_status(const struct es_bus_reply_view *view, void *user)
{
	on_read(view, user, &openes__keys_status_reply__descriptor, write_status);
}

static void on_transport(const struct es_bus_reply_view *view, void *user)
{
	on_read(view, user, &openes__transport_key_reply__descriptor, write_transport);
}

static void on_history(const struct es_bus_reply_view *view, void *user)
{
	on_read(view, user, &openes__history_reply__descriptor, write_history);
}

/* Ends the call when auth could not even be asked. */
static void ask_auth(struct gw_admin_call *call, uint32_t method, const ProtobufCMessage *message,
                     es_bus_callback *callback)
{
	/* All of these may safely happen twice. */
	es_status status = gw_admin_bus(call, call->admin->clients->auth, method, true, message, callback);
	if (status != ES_OK)
		gw_admin_end_failed(call, status);
}

static void keys_request(struct gw_admin_call *call, uint32_t method, es_bus_callback *callback)
{
	Openes__KeysRequest message;

	openes__keys_request__init(&message);
	message.tenant = text_of(call, "tenant");
	message.imsi = text_of(call, "imsi");
	if (message.tenant == NULL || message.imsi == NULL)
		gw_admin_end_failed(call, ES_TOO_LARGE);
	else
		ask_auth(call, method, &message.base, callback);
}

static void keys_delete(struct gw_admin_call *call)
{
	keys_request(call, OPENES__BUS_METHOD__AUTH_KEYS_DELETE, on_changed);
}

static void keys_status(struct gw_admin_call *call)
{
	keys_request(call, OPENES__BUS_METHOD__AUTH_KEYS_STATUS, on_status);
}

static void keys_transport(struct gw_admin_call *call)
{
	Openes__Empty message;

	openes__empty__init(&message);
	ask_auth(call, OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY, &message.base, on_transport);
}

static void authentication_list(struct gw_admin_call *call)
{
	Openes__HistoryRequest message;
	int64_t limit = 0;

	openes__history_request__init(&message);
	struct es_slice text = gw_admin_param_of(&call->match, "limit");
	if (text.len > 0 && es_parse_i64(text, 1, LIMIT_MAX, &limit) != ES_OK) {
		gw_admin_end_invalid(call, "limit is a number from 1 to 1000", "limit");
		return;
	}
	message.tenant = text_of(call, "tenant");
	message.imsi = text_of(call, "imsi");
	message.limit = (uint32_t)limit;
	if (message.tenant == NULL || message.imsi == NULL)
		gw_admin_end_failed(call, ES_TOO_LARGE);
	else
		ask_auth(call, OPENES__BUS_METHOD__AUTH_HISTORY, &message.base, on_history);
}

/* ---- keys.put: its body ---- */

struct keys_body {
	struct es_slice box;
	uint8_t amf[2];
	const char *algorithm;
	bool has_sqn;
	int64_t sqn;
};

static const struct algorithm *algorithm_of(const char *name)
{
	for (size_t i = 0; i < ES_COUNT(algorithms); i++)
		if (strcmp(name, algorithms[i].name) == 0)
			return &algorithms[i];
	return NULL;
}

/* NULL when the body is good, else the field that is not. Strings point into the JSON tree, the box into the arena. */
static const char *keys_body_read(const cJSON *json, struct es_arena *arena, struct keys_body *out)
{
	static const char *const known[] = { "box", "amf", "algorithm", "sqn" };

	for (const cJSON *member = json->child; member != NULL; member = member->next) {
		size_t i = 0;
		while (i < ES_COUNT(known) && strcmp(member->string, known[i]) != 0)
			i++;
		if (i == ES_COUNT(known)) {
			const char *name = es_arena_strdup(arena, es_slice_sub(es_slice_str(member->string), 0, 64));
			return name != NULL ? name : "";
		}
	}
	const char *amf = es_json_str(json, "amf"), *algorithm = es_json_str(json, "algorithm");
	const struct algorithm *as = algorithm_of(algorithm == NULL ? "milenage" : algorithm);
	if (as == NULL || (algorithm == NULL && cJSON_GetObjectItemCaseSensitive(json, "algorithm") != NULL))
		return "algorithm";
	if (es_base64_decode(es_slice_str(es_json_str(json, "box")), arena, &out->box) != ES_OK ||
	    (out->box.len != ES_BOX_OVERHEAD + as->sizes[0] && out->box.len != ES_BOX_OVERHEAD + as->sizes[1]))
		return "box";
	if (amf == NULL || es_hex_decode(es_slice_str(amf), out->amf, sizeof out->amf) != ES_OK)
		return "amf";
	out->algorithm = as->name;
	out->has_sqn = cJSON_GetObjectItemCaseSensitive(json, "sqn") != NULL;
	if (out->has_sqn && (!es_json_i64(json, "sqn", &out->sqn) || out->sqn < 0 || out->sqn > SQN_MAX))
		return "sqn";
	return NULL;
}

static void keys_put(struct gw_admin_call *call)
{
	struct es_arena *arena = es_http_arena(call->request);
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct keys_body body = { .algorithm = NULL };
	Openes__KeysPutRequest message;

	openes__keys_put_request__init(&message);
	if (es_json_parse(es_http_body(call->request), ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json)) {
		gw_admin_end_invalid(call, "the body is not a JSON object", NULL);
		return;
	}
	const char *wrong = keys_body_read(json, arena, &body);
	if (wrong != NULL) {
		gw_admin_end_invalid(call, "keys are {box, amf, algorithm, sqn}; see the API's description", wrong);
		return;
	}
	message.tenant = text_of(call, "tenant");
	message.imsi = text_of(call, "imsi");
	message.algorithm = es_arena_strdup(arena, es_slice_str(body.algorithm));
	if (message.tenant == NULL || message.imsi == NULL || message.algorithm == NULL) {
		gw_admin_end_failed(call, ES_TOO_LARGE);
		return;
	}
	message.box = (ProtobufCBinaryData){ .len = body.box.len, .data = (uint8_t *)(uintptr_t)body.box.ptr };
	message.amf = (ProtobufCBinaryData){ .len = sizeof body.amf, .data = body.amf };
	message.has_sqn = body.has_sqn;
	message.sqn = (uint64_t)body.sqn;
	ask_auth(call, OPENES__BUS_METHOD__AUTH_KEYS_PUT, &message.base, on_changed);
}

/* ---- the table ---- */

static const struct {
	const char *action;
	gw_admin_work *run;
} works[] = {
	{ "keys.status", keys_status },
	{ "keys.put", keys_put },
	{ "keys.delete", keys_delete },
	{ "keys.transport", keys_transport },
	{ "authentication.list", authentication_list },
};

void gw_admin_keys(struct gw_admin_call *call)
{
	for (size_t i = 0; i < ES_COUNT(works); i++) {
		if (strcmp(works[i].action, call->match.route->action) == 0) {
			works[i].run(call);
			return;
		}
	}
	gw_admin_end_failed(call, ES_UNSUPPORTED);
}
