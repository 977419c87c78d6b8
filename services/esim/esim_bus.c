/* esim_bus.c -- what esim answers, by method; its outbox, and who is told that it has grown. */
#include "esim_bus.h"

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "esim.pb-c.h"
#include "esim_note.h"

#define EVENTS_MAX 256

void esim_bus_init(void)
{
	esim_operate_metrics();
	esim_note_metrics();
	esim_run_metrics();
	esim_notified_metrics();
	esim_admin_metrics();
}

void esim_bus_moved(struct esim_bus *bus, const struct esim_order *order, uint64_t event)
{
	if (event > 0 && bus->publisher != NULL)
		es_bus_publish(bus->publisher, ESIM_TOPIC, event);
	if (order != NULL && (order->state != ESIM_ORDER_GOING || esim_order_is_offered(order)))
		esim_wake(bus->waits, order->id);
	/* A step that follows at once was taken by whoever moved the order; one that was made is taken by the runner. */
	if (order == NULL && bus->runner != NULL)
		esim_runner_kick(bus->runner);
}

/* ---- ESIM_EVENTS ---- */

struct page {
	struct esim_bus *bus;
	struct es_bus_call *call;
	uint64_t after, head;
	size_t max, count;
	struct esim_event events[EVENTS_MAX];
};

static es_status read_page(struct es_db_conn *conn, void *user)
{
	struct page *p = user;

	return esim_row_events(conn, p->after, p->max, es_bus_call_arena(p->call), p->events, &p->count, &p->head);
}

static es_status write_event(const struct esim_event *e, struct es_arena *arena, Openes__Event **out)
{
	Openes__Event *m = es_arena_alloc(arena, sizeof *m);
	Openes__EventDevice *device = es_arena_alloc(arena, sizeof *device);
	Openes__EventDevice **devices = es_arena_array(arena, 1, sizeof(Openes__EventDevice *));
	char **apps = es_arena_array(arena, 1, sizeof(char *));
	const char *const texts[] = { e->kind, e->tenant, e->imsi, e->traceparent, e->app, e->terminal_id };
	char *copies[ES_COUNT(texts)];

	if (m == NULL || device == NULL || devices == NULL || apps == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if ((copies[i] = es_arena_strdup(arena, es_slice_str(texts[i]))) == NULL)
			return ES_TOO_LARGE;
	openes__event__init(m);
	openes__event_device__init(device);
	m->sequence = e->sequence;
	m->at_unix_ms = e->at_ms;
	m->kind = copies[0];
	m->tenant = copies[1];
	m->imsi = copies[2];
	m->traceparent = copies[3];
	apps[0] = copies[4];
	device->terminal_id = copies[5];
	device->apps = apps;
	device->n_apps = 1;
	devices[0] = device;
	m->devices = devices;
	m->n_devices = e->terminal_id[0] != '\0' ? 1 : 0;
	m->apps = apps; /* without a device: of all that the line has */
	m->n_apps = m->n_devices == 0 && e->app[0] != '\0' ? 1 : 0;
	*out = m;
	return ES_OK;
}

static void answer_page(void *user)
{
	struct page *p = user;
	struct es_arena *arena = es_bus_call_arena(p->call);
	Openes__EventsReply reply;
	es_status status = es_db_read(p->bus->store.db, read_page, p);

	openes__events_reply__init(&reply);
	reply.head = p->head;
	reply.events = es_arena_array(arena, p->count, sizeof(Openes__Event *));
	if (reply.events == NULL)
		status = ES_TOO_LARGE;
	for (size_t i = 0; status == ES_OK && i < p->count; i++)
		status = write_event(&p->events[i], arena, &reply.events[reply.n_events++]);
	if (status == ES_OK)
		es_bus_reply(p->call, &reply.base);
	else
		es_bus_fail(p->call, status, "events cannot be read");
}

void esim_on_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EventsRequest *m = (const Openes__EventsRequest *)message;
	struct page *p = es_arena_alloc(es_bus_call_arena(call), sizeof *p);

	if (p == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "out of memory");
		return;
	}
	p->bus = user;
	p->call = call;
	p->after = m->after;
	p->max = m->limit > 0 && m->limit < EVENTS_MAX ? m->limit : EVENTS_MAX;
	p->count = 0;
	p->head = 0;
	if (es_worker_submit(p->bus->readers, answer_page, p) != ES_OK)
		es_bus_fail(call, ES_BUSY, "too many wait to be read");
}

const struct es_bus_method esim_bus_methods[] = {
	{ OPENES__BUS_METHOD__ESIM_OPERATE, &openes__operate_request__descriptor, esim_on_operate },
	{ OPENES__BUS_METHOD__ESIM_SHEET, &openes__esim_sheet_request__descriptor, esim_on_sheet },
	{ OPENES__BUS_METHOD__ESIM_NOTIFIED, &openes__notified_request__descriptor, esim_on_notified },
	{ OPENES__BUS_METHOD__ESIM_EVENTS, &openes__events_request__descriptor, esim_on_events },
	{ OPENES__BUS_METHOD__ESIM_ADMIN, &openes__esim_admin_request__descriptor, esim_on_admin },
};
const size_t esim_bus_method_count = ES_COUNT(esim_bus_methods);
