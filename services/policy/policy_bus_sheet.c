/* policy_bus_sheet.c -- web sheets: with a question to the address service, the taker of documents or esim in between. */
#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_text.h"
#include "policy_bus_int.h"
#include "policy_engine_sheet.h"
#include "policy_sheet_peers.h"

#define SPARE_MS 1000 /* of the call's time, for what comes after the answer */

struct checking {
	struct policy_bus *bus;
	struct es_bus_call *call;
	const Openes__SheetOpenRequest *open; /* one of the two */
	const Openes__SheetActRequest *act;
	struct policy_sheet_question question;
	struct policy_sheet_answer answer;
};

/* A pass. Whether somebody is to be asked first; else the call is answered. `said` NULL: nobody was asked yet. */
static bool run(struct checking *c, const struct policy_sheet_answer *said)
{
	Openes__SheetReply reply = OPENES__SHEET_REPLY__INIT;
	struct es_arena *arena = es_bus_call_arena(c->call);
	const struct es_trace *trace = es_bus_call_trace(c->call);
	es_status status;

	if (c->open != NULL)
		status =
			policy_serve_sheet_open(c->bus->engine, c->open, said, trace, es_wall_ms(), arena, &reply, &c->question);
	else
		status = policy_serve_sheet_act(c->bus->engine, c->act, said, trace, es_wall_ms(), arena, &reply, &c->question);
	if (status == ES_OK && said == NULL && policy_sheet_asks(&c->question))
		return true;
	policy_bus_answer(c->call, status, &reply.base);
	return false;
}

static void go_on(void *user)
{
	struct checking *c = user;
	(void)run(c, &c->answer); /* with an answer nobody is asked */
}

/* On a thread of the fetcher or of the bus, which must not wait for a commit. */
static void hand_back(struct checking *c)
{
	es_status status = es_worker_submit(c->bus->answers, go_on, c);

	if (status != ES_OK)
		es_bus_fail(c->call, status, "all workers are busy");
}

/* ---- peers of the sheets ---- */

/* {"id": what the picture is called there}; it need not say. */
static es_status read_document(struct es_slice body, struct es_arena *arena, const char **out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const char *id = NULL;

	if (es_json_parse(body, ES_JSON_SMALL, &json) == ES_OK)
		id = es_json_str(json, "id");
	const struct es_slice text = es_slice_str(id);
	bool is_usable = text.len <= POLICY_CANDIDATE_ID_MAX && es_text_is_clean_utf8(text);
	*out = es_arena_strdup(arena, is_usable ? text : (struct es_slice){ NULL, 0 });
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

static void on_peer(const struct es_fetch_answer *answered, void *user)
{
	struct checking *c = user;
	struct es_arena *arena = es_bus_call_arena(c->call);

	c->answer.status = answered->status;
	if (answered->status == ES_OK && answered->code / 100 != 2)
		c->answer.status = ES_UNAVAILABLE;
	if (c->answer.status == ES_OK && c->question.is_document)
		c->answer.status = read_document(answered->body, arena, &c->answer.document);
	else if (c->answer.status == ES_OK)
		c->answer.status = policy_address_read(c->question.form, answered->body, arena, &c->answer.addresses);
	hand_back(c);
}

static es_status ask_peer(struct checking *c)
{
	const struct policy_sheet_question *q = &c->question;

	return policy_sheet_peers_ask(c->bus->engine->peers, q->is_document ? POLICY_PEER_DOCUMENTS : POLICY_PEER_ADDRESS,
	                              q->peer, q->body, es_bus_call_deadline(c->call) - SPARE_MS,
	                              es_bus_call_trace(c->call), on_peer, c);
}

/* ---- esim ---- */

static void on_esim(const struct es_bus_reply_view *view, void *user)
{
	struct checking *c = user;

	c->answer.status = view->status;
	if (view->status == ES_OK) {
		c->answer.esim = (const void *)es_bus_unpack(&openes__esim_sheet_reply__descriptor, view->payload,
		                                             es_bus_call_arena(c->call));
		c->answer.status = c->answer.esim != NULL ? ES_OK : ES_INTERNAL;
	}
	hand_back(c);
}

/* It may be repeated: what a sheet orders is ordered once, by the sheet's own number (EsimSheetRequest.nonce). */
static es_status ask_esim(struct checking *c)
{
	uint8_t key[16];
	struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__ESIM_SHEET,
		                                   .deadline = es_bus_call_deadline(c->call) - SPARE_MS,
		                                   .trace = es_bus_call_trace(c->call) };

	if (c->bus->esim == NULL)
		return ES_UNAVAILABLE;
	es_random(key, sizeof key);
	options.idempotency_key = es_slice_of(key, sizeof key);
	return es_bus_call(c->bus->esim, &options, &c->question.esim->base, on_esim, c);
}

/* ---- both ---- */

static void serve(struct policy_bus *bus, struct es_bus_call *call, const Openes__SheetOpenRequest *open,
                  const Openes__SheetActRequest *act)
{
	struct checking *c = es_arena_alloc(es_bus_call_arena(call), sizeof *c);

	if (c == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	*c = (struct checking){ .bus = bus, .call = call, .open = open, .act = act };
	if (!run(c, NULL))
		return;
	const es_status status = c->question.esim != NULL ? ask_esim(c) : ask_peer(c);
	if (status == ES_OK)
		return; /* its callback has the call now */
	c->answer.status = status;
	go_on(c);
}

void policy_bus_sheet_open(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	serve(bus, call, (const Openes__SheetOpenRequest *)request, NULL);
}

void policy_bus_sheet_act(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	serve(bus, call, NULL, (const Openes__SheetActRequest *)request);
}
