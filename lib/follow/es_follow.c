/* es_follow.c -- bell, fetch, apply, and again until nothing is new. */
#include "es_follow.h"

#include <pthread.h>
#include <stdlib.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define PAGE_EVENTS 200
#define FETCH_TIMEOUT_MS 5000
#define PAGE_MEMORY ((size_t)1024 * 1024)

static const char *const names[] = { [ES_FOLLOW_POLICY] = "policy", [ES_FOLLOW_ESIM] = "esim" };
static const uint32_t methods[] = {
	[ES_FOLLOW_POLICY] = OPENES__BUS_METHOD__POLICY_EVENTS,
	[ES_FOLLOW_ESIM] = OPENES__BUS_METHOD__ESIM_EVENTS,
};

ES_METRIC_COUNTER(events_seen, "openes_follow_events_total", "Events that were followed", "source", names);
ES_METRIC_GAUGES(lag, "openes_follow_events_behind", "Events not yet followed", "source", names);
ES_METRIC_COUNTER(events_missed, "openes_follow_events_missed_total",
                  "Events that were trimmed before they could be followed", "source", names);
ES_METRIC_COUNTER(rewound, "openes_follow_rewound_total",
                  "Times that a source was found behind what was followed of it", "source", names);

struct page {
	struct es_follow *follow;
	struct es_arena *arena;
	const Openes__EventsReply *reply;
	uint64_t asked;   /* the place it was asked for */
	uint64_t reached; /* the place after it */
	uint64_t missed;  /* before it, and there no more */
	bool is_rewound;
};

struct es_follow {
	struct es_follow_options options;
	struct es_bus_client *client;
	struct es_bus_subscriber *subscriber;

	pthread_mutex_t lock; /* guards what follows */
	uint64_t position;
	bool is_busy;  /* a page is under way */
	bool rang;     /* meanwhile */
	bool stopping; /* no new call: the client may be gone */
};

static void on_events(const struct es_bus_reply_view *view, void *user);

/* Asks for the next page, unless that cannot be done now: the next ring or poll tries again. Called with the lock. */
static void fetch(struct es_follow *f)
{
	Openes__EventsRequest request;
	const struct es_bus_call_options options = {
		.method = methods[f->options.source],
		.deadline = es_wall_ms() + FETCH_TIMEOUT_MS,
	};

	openes__events_request__init(&request);
	request.after = f->position;
	request.limit = PAGE_EVENTS;
	f->rang = false;
	f->is_busy = !f->stopping && es_bus_call(f->client, &options, &request.base, on_events, f) == ES_OK;
}

/* A page is done with. `more`: there may be another one. */
static void settle(struct es_follow *f, bool more)
{
	pthread_mutex_lock(&f->lock);
	f->is_busy = false;
	if (more || f->rang)
		fetch(f);
	pthread_mutex_unlock(&f->lock);
}

static void on_bell(const char *topic, uint64_t sequence, void *user)
{
	struct es_follow *f = user;

	(void)topic;
	pthread_mutex_lock(&f->lock);
	const bool is_old_news = sequence != 0 && sequence <= f->position;
	if (f->is_busy)
		f->rang = f->rang || !is_old_news;
	else if (!is_old_news)
		fetch(f);
	pthread_mutex_unlock(&f->lock);
}

/* ---- one page ---- */

static void page_free(struct page *page)
{
	es_arena_free(page->arena);
	free(page);
}

/* Sequences rise. */
static bool is_sound(const Openes__EventsReply *reply, uint64_t after)
{
	for (size_t i = 0; i < reply->n_events; i++) {
		if (reply->events[i]->sequence <= after)
			return false;
		after = reply->events[i]->sequence;
	}
	return true;
}

/* The source has an older database than the one we followed: what it numbers from now on begins after its head. Unless another
 * replica has seen that before. */
static bool is_behind(const struct page *page, uint64_t position)
{
	return page->reply->n_events == 0 && page->reply->head < page->asked && position == page->asked;
}

/* Numbers have no gaps, so that what is missing before the first was trimmed; all was, where a head comes without events. */
static uint64_t missed_by(const struct page *page, uint64_t position)
{
	const Openes__EventsReply *reply = page->reply;
	const uint64_t next = reply->n_events > 0 ? reply->events[0]->sequence : reply->head + 1;

	return position == page->asked && next > position + 1 ? next - position - 1 : 0;
}

/* Another replica on the same database may have been here before: then the page is old, and its place is taken over. */
static es_status apply(struct es_db_conn *conn, void *user)
{
	struct page *page = user;
	const struct es_follow_options *o = &page->follow->options;
	const Openes__EventsReply *reply = page->reply;
	uint64_t position = 0;

	if (o->begin != NULL)
		o->begin(o->user);
	ES_TRY(o->position(conn, names[o->source], &position));
	page->is_rewound = is_behind(page, position);
	page->missed = missed_by(page, position);
	page->reached = page->is_rewound || (reply->n_events == 0 && page->missed > 0) ? reply->head : position;
	for (size_t i = 0; i < reply->n_events; i++) {
		const Openes__Event *event = reply->events[i];
		if (event->sequence <= position)
			continue;
		ES_TRY(o->apply(conn, event, o->user));
		page->reached = event->sequence;
	}
	return page->reached == position ? ES_OK : o->set_position(conn, names[o->source], page->reached);
}

/* One that follows for the first time has lost nothing that it knew of. */
static void say_what_is_lost(const struct page *page)
{
	const enum es_follow_source source = page->follow->options.source;

	if (page->is_rewound) {
		es_count(&rewound, source);
		es_warn(NULL, "follow.rewound", es_f_str("source", names[source]), es_f_u64("from", page->asked),
		        es_f_u64("to", page->reached));
	} else if (page->missed > 0 && page->asked > 0) {
		es_count_by(&events_missed, source, (int64_t)page->missed);
		es_warn(NULL, "follow.missed", es_f_str("source", names[source]), es_f_u64("after", page->asked),
		        es_f_u64("events", page->missed));
	}
}

static void on_applied(es_status status, void *user)
{
	struct page *page = user;
	struct es_follow *f = page->follow;
	const uint64_t head = page->reply->head;
	const enum es_follow_source source = f->options.source;

	if (status == ES_OK) {
		say_what_is_lost(page);
		es_count_by(&events_seen, source, (int64_t)page->reply->n_events);
		if (f->options.done != NULL)
			f->options.done(f->options.user);
		es_gauge_set_at(&lag, source, head > page->reached ? (int64_t)(head - page->reached) : 0);
		pthread_mutex_lock(&f->lock);
		f->position = page->reached;
		pthread_mutex_unlock(&f->lock);
	} else {
		es_warn(NULL, "follow.not_applied", es_f_str("source", names[source]), es_f_status(status));
	}
	const bool more = status == ES_OK && head > page->reached; /* a failure waits for the next poll */
	page_free(page);
	settle(f, more);
}

static es_status read_page(struct es_follow *f, struct es_slice payload, struct page *page)
{
	page->follow = f;
	page->arena = es_arena_new(0, PAGE_MEMORY);
	if (page->arena == NULL)
		return ES_TOO_LARGE;
	page->reply = (const Openes__EventsReply *)es_bus_unpack(&openes__events_reply__descriptor, payload, page->arena);
	if (page->reply == NULL)
		return ES_MALFORMED;
	pthread_mutex_lock(&f->lock);
	page->asked = f->position;
	pthread_mutex_unlock(&f->lock);
	if (!is_sound(page->reply, page->asked))
		return ES_MALFORMED;
	return page->reply->n_events == 0 && page->reply->head == page->asked ? ES_NOT_FOUND : ES_OK;
}

static void on_events(const struct es_bus_reply_view *view, void *user)
{
	struct es_follow *f = user;
	struct page *page = calloc(1, sizeof *page);
	es_status status = page == NULL ? ES_TOO_LARGE : view->status;

	if (status == ES_OK)
		status = read_page(f, view->payload, page);
	if (status == ES_OK)
		status = es_db_write(f->options.db, apply, on_applied, page);
	if (status == ES_OK)
		return; /* the page belongs to the writer */
	if (status != ES_NOT_FOUND)
		es_warn(NULL, "follow.not_read", es_f_str("source", names[f->options.source]), es_f_status(status),
		        es_f_str("detail", view->detail));
	else
		es_gauge_set_at(&lag, f->options.source, 0);
	if (page != NULL)
		page_free(page);
	settle(f, false);
}

/* ---- life ---- */

static es_status read_position(struct es_db_conn *conn, void *user)
{
	struct es_follow *f = user;
	return f->options.position(conn, names[f->options.source], &f->position);
}

static es_status connect_to_source(struct es_follow *f, const struct es_follow_options *options, struct es_buf *error)
{
	const struct es_bus_client_options client = {
		.target = options->target, .name = names[options->source], .key = options->key, .slots = 4
	};

	ES_TRY(es_bus_client_start(&client, &f->client, error));
	return es_bus_subscriber_start(options->events, options->key, options->poll_ms, on_bell, f, &f->subscriber, error);
}

es_status es_follow_start(const struct es_follow_options *options, struct es_follow **out, struct es_buf *error)
{
	struct es_follow *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&events_seen);
	es_metric_register(&lag);
	es_metric_register(&events_missed);
	es_metric_register(&rewound);
	pthread_mutex_init(&f->lock, NULL);
	f->options = *options;
	es_status status = es_db_read(options->db, read_position, f);
	if (status != ES_OK)
		es_put_str(error, es_status_meaning(status));
	else
		status = connect_to_source(f, options, error);
	if (status != ES_OK) {
		es_follow_stop(f);
		es_follow_free(f);
		return status;
	}
	*out = f;
	return ES_OK;
}

void es_follow_stop(struct es_follow *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_mutex_unlock(&f->lock);
	if (f->subscriber != NULL)
		es_bus_subscriber_stop(f->subscriber);
	if (f->client != NULL)
		es_bus_client_stop(f->client);
	f->subscriber = NULL;
	f->client = NULL;
}

void es_follow_free(struct es_follow *f)
{
	if (f == NULL)
		return;
	pthread_mutex_destroy(&f->lock);
	free(f);
}
