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

ES_METRIC_COUNTER1(events_seen, "openes_follow_events_total", "Events of policy that were followed");
ES_METRIC_GAUGE(lag, "openes_follow_events_behind", "Events of policy not yet followed");

struct page {
	struct es_follow *follow;
	struct es_arena *arena;
	const Openes__EventsReply *reply;
	uint64_t reached; /* the place after it */
};

struct es_follow {
	struct es_follow_options options;
	struct es_bus_client *policy;
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
		.method = OPENES__BUS_METHOD__POLICY_EVENTS,
		.deadline = es_wall_ms() + FETCH_TIMEOUT_MS,
	};

	openes__events_request__init(&request);
	request.after = f->position;
	request.limit = PAGE_EVENTS;
	f->rang = false;
	f->is_busy = !f->stopping && es_bus_call(f->policy, &options, &request.base, on_events, f) == ES_OK;
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

/* Another replica on the same database may have been here before: then the page is old, and its place is taken over. */
static es_status apply(struct es_db_conn *conn, void *user)
{
	struct page *page = user;
	const struct es_follow_options *o = &page->follow->options;
	const Openes__EventsReply *reply = page->reply;
	uint64_t position = 0;

	if (o->begin != NULL)
		o->begin(o->user);
	ES_TRY(o->position(conn, &position));
	page->reached = position;
	for (size_t i = 0; i < reply->n_events; i++) {
		const Openes__Event *event = reply->events[i];
		if (event->sequence <= position)
			continue;
		ES_TRY(o->apply(conn, event, o->user));
		page->reached = event->sequence;
	}
	return page->reached == position ? ES_OK : o->set_position(conn, page->reached);
}

static void on_applied(es_status status, void *user)
{
	struct page *page = user;
	struct es_follow *f = page->follow;
	const uint64_t head = page->reply->head;

	if (status == ES_OK) {
		es_count_by(&events_seen, 0, (int64_t)page->reply->n_events);
		if (f->options.done != NULL)
			f->options.done(f->options.user);
		es_gauge_set(&lag, head > page->reached ? (int64_t)(head - page->reached) : 0);
		pthread_mutex_lock(&f->lock);
		f->position = page->reached;
		pthread_mutex_unlock(&f->lock);
	} else {
		es_warn(NULL, "follow.not_applied", es_f_status(status));
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
	const uint64_t position = f->position;
	pthread_mutex_unlock(&f->lock);
	if (!is_sound(page->reply, position))
		return ES_MALFORMED;
	if (page->reply->n_events == 0 && page->reply->head < position)
		return ES_CONFLICT; /* policy's database is older than what we saw of it */
	return page->reply->n_events == 0 ? ES_NOT_FOUND : ES_OK;
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
		es_warn(NULL, "follow.not_read", es_f_status(status), es_f_str("detail", view->detail));
	else
		es_gauge_set(&lag, 0);
	if (page != NULL)
		page_free(page);
	settle(f, false);
}

/* ---- life ---- */

static es_status read_position(struct es_db_conn *conn, void *user)
{
	struct es_follow *f = user;
	return f->options.position(conn, &f->position);
}

static es_status connect_to_policy(struct es_follow *f, const struct es_follow_options *options, struct es_buf *error)
{
	const struct es_bus_client_options client = {
		.target = options->policy_target, .name = "policy", .key = options->key, .slots = 4
	};

	ES_TRY(es_bus_client_start(&client, &f->policy, error));
	return es_bus_subscriber_start(options->policy_events, options->key, options->poll_ms, on_bell, f, &f->subscriber,
	                               error);
}

es_status es_follow_start(const struct es_follow_options *options, struct es_follow **out, struct es_buf *error)
{
	struct es_follow *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&events_seen);
	es_metric_register(&lag);
	pthread_mutex_init(&f->lock, NULL);
	f->options = *options;
	es_status status = es_db_read(options->db, read_position, f);
	if (status != ES_OK)
		es_put_str(error, es_status_meaning(status));
	else
		status = connect_to_policy(f, options, error);
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
	if (f->policy != NULL)
		es_bus_client_stop(f->policy);
	f->subscriber = NULL;
	f->policy = NULL;
}

void es_follow_free(struct es_follow *f)
{
	if (f == NULL)
		return;
	pthread_mutex_destroy(&f->lock);
	free(f);
}
