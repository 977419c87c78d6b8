/* dia_probe.c -- plays auth beside an openes-diameter: commands on stdin, one JSON object a line on stdout. For tests.
 *
 *   dia_probe KEY_FILE DIAMETER_URL AUTH_URL
 *
 *   TAG vector SOURCE IMSI aka|prime NETWORK|- MS [RAND AUTS]      (octets in hexadecimal)
 *   TAG profile SOURCE IMSI MS
 *   TAG eap SOURCE SESSION|- HOST|- NAI PACKET STATE|- MS
 *   TAG end SOURCE SESSION HOST NAI MS
 *   TAG equipment SOURCE IMEI SOFTWARE|- MS
 *   TAG status MS
 *   TAG events known|unknown|away        what AUTH_CORE_EVENT is answered
 *
 * Answers come in any order, each with its tag. An event is {"event":kind,"source":...,"imsi":...}. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "diameter.pb-c.h"
#include "es_bus.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_text.h"

enum { WORDS_MAX = 12, LINE_MAX_OCTETS = 32768, ARENA_MAX = 1 << 20 };
enum { EVENTS_KNOWN, EVENTS_UNKNOWN, EVENTS_AWAY };

static struct es_bus_client *client;
static _Atomic int events_answer;

/* Of a call under way. */
struct asked {
	char tag[64];
	void (*print)(struct es_buf *out, const void *reply);
	const ProtobufCMessageDescriptor *reply;
};

/* ---- output ---- */

static void say(struct es_buf *line)
{
	es_put_str(line, "}\n");
	flockfile(stdout);
	(void)fwrite(line->ptr, 1, line->len, stdout);
	(void)fflush(stdout);
	funlockfile(stdout);
	es_buf_free(line);
}

static void put_text(struct es_buf *out, const char *name, const char *value)
{
	es_put_printf(out, ",\"%s\":\"", name);
	for (const char *p = value; *p != '\0'; p++)
		if (*p != '"' && *p != '\\' && *p >= ' ')
			es_put_u8(out, (uint8_t)*p);
	es_put_str(out, "\"");
}

static void put_hex(struct es_buf *out, const char *name, ProtobufCBinaryData data)
{
	char *text = malloc(2 * data.len + 1);

	if (text == NULL)
		abort();
	es_hex_encode(es_slice_of(data.data, data.len), text);
	put_text(out, name, text);
	free(text);
}

static void put_result(struct es_buf *out, const Openes__DiameterResult *r)
{
	es_put_printf(out, ",\"code\":%u,\"experimental\":%s", r->code, r->is_experimental ? "true" : "false");
	put_text(out, "peer", r->peer);
	put_text(out, "why", r->why);
}

static void print_vector(struct es_buf *out, const void *reply)
{
	const Openes__DiameterVectorReply *r = reply;

	put_result(out, r->result);
	put_hex(out, "rand", r->rand);
	put_hex(out, "autn", r->autn);
	put_hex(out, "xres", r->xres);
	put_hex(out, "ck", r->ck);
	put_hex(out, "ik", r->ik);
}

static void print_profile(struct es_buf *out, const void *reply)
{
	const Openes__DiameterProfileReply *r = reply;

	put_result(out, r->result);
	if (r->profile == NULL)
		return;
	put_text(out, "msisdn", r->profile->msisdn);
	es_put_printf(out, ",\"has_access\":%s,\"barred\":%s", r->profile->has_access ? "true" : "false",
	              r->profile->access_barred ? "true" : "false");
}

static void print_equipment(struct es_buf *out, const void *reply)
{
	const Openes__DiameterEquipmentReply *r = reply;

	put_result(out, r->result);
	es_put_printf(out, ",\"state\":%d", (int)r->state);
}

static void print_eap(struct es_buf *out, const void *reply)
{
	const Openes__DiameterEapReply *r = reply;

	put_result(out, r->result);
	put_text(out, "session", r->session);
	put_text(out, "host", r->destination_host);
	put_hex(out, "packet", r->packet);
	put_hex(out, "state", r->state);
	es_put_printf(out, ",\"keeps\":%s", r->keeps_state ? "true" : "false");
}

static void print_end(struct es_buf *out, const void *reply)
{
	put_result(out, reply);
}

static void print_status(struct es_buf *out, const void *reply)
{
	const Openes__DiameterStatusReply *r = reply;

	es_put_str(out, ",\"peers\":{");
	for (size_t i = 0; i < r->n_peers; i++)
		es_put_printf(out, "%s\"%s\":%s", i > 0 ? "," : "", r->peers[i]->name, r->peers[i]->is_open ? "true" : "false");
	es_put_str(out, "}");
}

/* ---- calls ---- */

static void begin_line(struct es_buf *line, const char *tag, es_status status)
{
	es_buf_init(line, ARENA_MAX);
	es_put_printf(line, "{\"tag\":\"%s\",\"status\":\"%s\"", tag, es_status_name(status));
}

static void on_reply(const struct es_bus_reply_view *view, void *user)
{
	struct asked *asked = user;
	struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	const void *reply = view->status == ES_OK ? es_bus_unpack(asked->reply, view->payload, arena) : NULL;
	struct es_buf line;

	begin_line(&line, asked->tag, view->status);
	if (reply != NULL)
		asked->print(&line, reply);
	say(&line);
	es_arena_free(arena);
	free(asked);
}

static void call(const char *tag, uint32_t method, const ProtobufCMessage *request,
                 const ProtobufCMessageDescriptor *reply, void (*print)(struct es_buf *, const void *), const char *ms)
{
	struct asked *asked = calloc(1, sizeof *asked);
	const struct es_bus_call_options options = { .method = method, .deadline = es_wall_ms() + strtol(ms, NULL, 10) };

	if (asked == NULL)
		abort();
	(void)snprintf(asked->tag, sizeof asked->tag, "%s", tag);
	asked->reply = reply;
	asked->print = print;
	const es_status status = es_bus_call(client, &options, request, on_reply, asked);
	if (status != ES_OK) {
		struct es_buf line;
		begin_line(&line, tag, status);
		say(&line);
		free(asked);
	}
}

static char empty[] = "";

static char *text_of(char *word)
{
	return strcmp(word, "-") == 0 ? empty : word;
}

static ProtobufCBinaryData octets_of(struct es_arena *arena, const char *word)
{
	const size_t len = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
	ProtobufCBinaryData data = { .len = len, .data = es_arena_alloc(arena, len) };

	if (data.data == NULL || (len > 0 && es_hex_decode(es_slice_of(word, 2 * len), data.data, len) != ES_OK))
		abort();
	return data;
}

static void do_vector(char **w, size_t count, struct es_arena *arena)
{
	Openes__DiameterVectorRequest r;

	openes__diameter_vector_request__init(&r);
	r.source = w[2];
	r.imsi = w[3];
	r.is_aka_prime = strcmp(w[4], "prime") == 0;
	r.network_name = text_of(w[5]);
	if (count > 8) {
		r.rand = octets_of(arena, w[7]);
		r.auts = octets_of(arena, w[8]);
	}
	call(w[0], OPENES__BUS_METHOD__DIAMETER_VECTOR, &r.base, &openes__diameter_vector_reply__descriptor, print_vector,
	     w[6]);
}

static void do_profile(char **w, size_t count, struct es_arena *arena)
{
	Openes__DiameterProfileRequest r;

	(void)count;
	(void)arena;
	openes__diameter_profile_request__init(&r);
	r.source = w[2];
	r.imsi = w[3];
	call(w[0], OPENES__BUS_METHOD__DIAMETER_PROFILE, &r.base, &openes__diameter_profile_reply__descriptor,
	     print_profile, w[4]);
}

static void do_equipment(char **w, size_t count, struct es_arena *arena)
{
	Openes__EquipmentRequest r;

	(void)count;
	(void)arena;
	openes__equipment_request__init(&r);
	r.source = w[2];
	r.imei = w[3];
	r.software = text_of(w[4]);
	call(w[0], OPENES__BUS_METHOD__DIAMETER_EQUIPMENT, &r.base, &openes__diameter_equipment_reply__descriptor,
	     print_equipment, w[5]);
}

static void do_eap(char **w, size_t count, struct es_arena *arena)
{
	Openes__DiameterEapRequest r;

	(void)count;
	openes__diameter_eap_request__init(&r);
	r.source = w[2];
	r.session = text_of(w[3]);
	r.destination_host = text_of(w[4]);
	r.nai = w[5];
	r.packet = octets_of(arena, w[6]);
	r.state = octets_of(arena, w[7]);
	call(w[0], OPENES__BUS_METHOD__DIAMETER_EAP, &r.base, &openes__diameter_eap_reply__descriptor, print_eap, w[8]);
}

static void do_end(char **w, size_t count, struct es_arena *arena)
{
	Openes__DiameterEndRequest r;

	(void)count;
	(void)arena;
	openes__diameter_end_request__init(&r);
	r.source = w[2];
	r.session = w[3];
	r.destination_host = text_of(w[4]);
	r.nai = w[5];
	call(w[0], OPENES__BUS_METHOD__DIAMETER_END, &r.base, &openes__diameter_result__descriptor, print_end, w[6]);
}

static void do_status(char **w, size_t count, struct es_arena *arena)
{
	Openes__Empty r;

	(void)count;
	(void)arena;
	openes__empty__init(&r);
	call(w[0], OPENES__BUS_METHOD__DIAMETER_STATUS, &r.base, &openes__diameter_status_reply__descriptor, print_status,
	     w[2]);
}

static void do_events(char **w, size_t count, struct es_arena *arena)
{
	struct es_buf line;

	(void)count;
	(void)arena;
	events_answer = strcmp(w[2], "known") == 0     ? EVENTS_KNOWN
	                : strcmp(w[2], "unknown") == 0 ? EVENTS_UNKNOWN
	                                               : EVENTS_AWAY;
	begin_line(&line, w[0], ES_OK);
	say(&line);
}

static const struct command {
	const char *name;
	size_t words;
	void (*run)(char **words, size_t count, struct es_arena *arena);
} commands[] = {
	{ "vector", 7, do_vector },       { "profile", 5, do_profile }, { "eap", 9, do_eap },
	{ "equipment", 6, do_equipment }, { "end", 7, do_end },         { "status", 3, do_status },
	{ "events", 3, do_events },
};

static void run_line(char *line)
{
	struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	char *words[WORDS_MAX], *rest = line;
	size_t count = 0;

	while (count < WORDS_MAX && (words[count] = strsep(&rest, " \n")) != NULL)
		if (words[count][0] != '\0')
			count++;
	for (size_t i = 0; i < ES_COUNT(commands) && count >= 2; i++)
		if (strcmp(words[1], commands[i].name) == 0 && count >= commands[i].words)
			commands[i].run(words, count, arena);
	es_arena_free(arena);
}

/* ---- auth's side ---- */

static void on_event(struct es_bus_call *bus_call, const ProtobufCMessage *message, void *user)
{
	const Openes__CoreEventRequest *r = (const void *)message;
	Openes__CoreEventReply reply;
	struct es_buf line;

	(void)user;
	es_buf_init(&line, ARENA_MAX);
	es_put_printf(&line, "{\"event\":%d", (int)r->kind);
	put_text(&line, "source", r->source);
	put_text(&line, "imsi", r->imsi);
	put_text(&line, "reason", r->reason);
	if (r->profile != NULL) {
		put_text(&line, "msisdn", r->profile->msisdn);
		es_put_printf(&line, ",\"barred\":%s", r->profile->access_barred ? "true" : "false");
	}
	say(&line);
	openes__core_event_reply__init(&reply);
	reply.known = events_answer == EVENTS_KNOWN;
	if (events_answer == EVENTS_AWAY)
		es_bus_fail(bus_call, ES_UNAVAILABLE, "as told");
	else
		es_bus_reply(bus_call, &reply.base);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__AUTH_CORE_EVENT, &openes__core_event_request__descriptor, on_event },
};

static void must(es_status status, const struct es_buf *error)
{
	if (status == ES_OK)
		return;
	(void)fprintf(stderr, "dia_probe: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(error)));
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	static char line[LINE_MAX_OCTETS];
	struct es_bus_server *server = NULL;
	struct es_bus_key *key = NULL;
	struct es_buf error;

	if (argc != 4)
		return 2;
	es_crypto_init();
	es_bus_init();
	es_buf_init(&error, 1024);
	must(es_bus_key_load(argv[1], &key, &error), &error);
	const struct es_bus_server_options listen = {
		.url = argv[3], .key = key, .service = "auth", .methods = methods, .method_count = ES_COUNT(methods)
	};
	const struct es_bus_client_options target = { .target = argv[2], .name = "diameter", .key = key, .slots = 4096 };
	must(es_bus_server_start(&listen, &server, &error), &error);
	must(es_bus_client_start(&target, &client, &error), &error);
	while (fgets(line, sizeof line, stdin) != NULL)
		run_line(line);
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
	es_bus_key_free(key);
	es_buf_free(&error);
	return EXIT_SUCCESS;
}
