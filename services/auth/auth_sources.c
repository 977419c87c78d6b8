/* auth_sources.c -- a table of sources, the health of each, and a search that goes from one to the next. */
#include "auth_sources.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auth_relay.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

static const char *const answer_labels[] = {
	[AUTH_SOURCE_VECTOR] = "vector",
	[AUTH_SOURCE_UNKNOWN] = "unknown",
	[AUTH_SOURCE_REFUSED] = "refused",
	[AUTH_SOURCE_AUTS_INVALID] = "auts_invalid",
	[AUTH_SOURCE_SQN_OUT_OF_REACH] = "sqn_out_of_reach",
	[AUTH_SOURCE_AWAY] = "away",
	[0] = "passed_over",
};
ES_METRIC_COUNTER(answers, "openes_auth_source_answers_total", "What sources of vectors answered", "answer",
                  answer_labels);
ES_METRIC_GAUGE(resting, "openes_auth_sources_resting", "Sources that are passed over since they do not answer");

struct entry {
	struct auth_source source;
	unsigned misses;  /* in a row */
	int64_t rests_to; /* monotonic ms; 0: it does not rest */
};

struct auth_sources {
	pthread_mutex_t lock; /* of misses and rests_to */
	int64_t (*now_ms)(void);
	struct entry items[AUTH_SOURCES_MAX];
	size_t count;
	_Atomic bool is_stopped;
};

/* One question on its way through the sources of a route. `step` is what the source at hand sees. */
struct search {
	struct auth_sources *sources;
	struct auth_ask *asked, step;
	struct entry *route[AUTH_ROUTE_MAX];
	size_t count, at;
};

void auth_sources_metrics(void)
{
	es_metric_register(&answers);
	es_metric_register(&resting);
}

struct auth_sources *auth_sources_new(int64_t (*now_ms)(void))
{
	struct auth_sources *sources = calloc(1, sizeof *sources);

	if (sources != NULL) {
		(void)pthread_mutex_init(&sources->lock, NULL);
		sources->now_ms = now_ms;
	}
	return sources;
}

void auth_sources_free(struct auth_sources *sources)
{
	if (sources == NULL)
		return;
	pthread_mutex_destroy(&sources->lock);
	free(sources);
}

void auth_sources_stop(struct auth_sources *sources)
{
	if (sources != NULL)
		atomic_store(&sources->is_stopped, true);
}

static struct entry *entry_of(const struct auth_sources *sources, struct es_slice name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (es_slice_eq_str(name, sources->items[i].source.name))
			return (struct entry *)(uintptr_t)&sources->items[i];
	return NULL;
}

const struct auth_source *auth_sources_find(const struct auth_sources *sources, struct es_slice name)
{
	const struct entry *entry = entry_of(sources, name);

	return entry != NULL ? &entry->source : NULL;
}

bool auth_sources_is_relayed(const struct auth_sources *sources, const struct auth_route *route)
{
	const struct entry *first = entry_of(sources, route->names[0]);

	return first != NULL && strcmp(first->source.kind, AUTH_RELAY_KIND) == 0;
}

es_status auth_sources_add(struct auth_sources *sources, const struct auth_source *source)
{
	if (entry_of(sources, es_slice_str(source->name)) != NULL)
		return ES_CONFLICT;
	if (sources->count == AUTH_SOURCES_MAX)
		return ES_TOO_LARGE;
	sources->items[sources->count++].source = *source;
	return ES_OK;
}

/* ---- health ---- */

/* Our own AuC is this process: there is nobody else to ask about it. */
static bool is_watched(const struct entry *entry)
{
	return strcmp(entry->source.kind, "auc") != 0;
}

/* Whether to ask it. One question is let through when its rest is over: the others rest on. */
static bool may_ask(struct auth_sources *sources, struct entry *entry)
{
	int64_t now = es_mono_ms();

	pthread_mutex_lock(&sources->lock);
	bool may = entry->rests_to == 0 || now >= entry->rests_to;
	if (may && entry->rests_to != 0)
		entry->rests_to = now + AUTH_SOURCES_REST_MS;
	pthread_mutex_unlock(&sources->lock);
	return may;
}

static void heard(struct auth_sources *sources, struct entry *entry, bool is_away)
{
	if (!is_watched(entry))
		return;
	pthread_mutex_lock(&sources->lock);
	bool rested = entry->rests_to != 0;
	entry->misses = is_away ? entry->misses + 1 : 0;
	if (entry->misses >= AUTH_SOURCES_TRIES)
		entry->rests_to = es_mono_ms() + AUTH_SOURCES_REST_MS;
	else if (!is_away)
		entry->rests_to = 0;
	bool rests = entry->rests_to != 0;
	pthread_mutex_unlock(&sources->lock);
	if (rests == rested)
		return;
	es_gauge_add(&resting, rests ? 1 : -1);
	if (rests)
		es_warn(NULL, "auth.source_rests", es_f_str("source", entry->source.name));
	else
		es_info(NULL, "auth.source_is_back", es_f_str("source", entry->source.name));
}

/* ---- the search ---- */

static void next(struct search *s);

static void end(struct search *s, enum auth_source_answer answer)
{
	struct auth_ask *asked = s->asked;

	if (answer == AUTH_SOURCE_VECTOR)
		asked->vector = s->step.vector;
	auth_vector_wipe(&s->step.vector);
	asked->why = s->step.why != NULL ? s->step.why : "";
	asked->source = s->step.source;
	asked->done(asked, answer);
}

static void answered(struct auth_ask *step, enum auth_source_answer answer)
{
	struct search *s = step->carrier;
	struct entry *entry = s->route[s->at];

	es_count(&answers, answer);
	if (!step->turned_away)
		heard(s->sources, entry, answer == AUTH_SOURCE_AWAY);
	if (answer != AUTH_SOURCE_AWAY) {
		end(s, answer);
		return;
	}
	es_warn(s->asked->trace, "auth.source_away", es_f_str("source", entry->source.name),
	        es_f_str("tenant", s->asked->tenant), es_f_str("why", step->why));
	s->at++;
	next(s);
}

static void ask(struct search *s, struct entry *entry)
{
	int64_t now = s->sources->now_ms(), left = s->asked->deadline - now;
	const struct auth_source *source = &entry->source;

	s->step = *s->asked;
	s->step.carrier = s;
	s->step.done = answered;
	s->step.source = source->name;
	s->step.why = NULL;
	s->step.turned_away = false;
	s->step.deadline = now + left / (int64_t)(s->count - s->at);
	source->ask(source->self, &s->step);
}

static void next(struct search *s)
{
	for (; s->at < s->count; s->at++) {
		if (atomic_load(&s->sources->is_stopped)) {
			s->step.why = "stopping";
			break;
		}
		if (s->sources->now_ms() >= s->asked->deadline) {
			s->step.why = "out of time";
			break;
		}
		if (may_ask(s->sources, s->route[s->at])) {
			ask(s, s->route[s->at]);
			return;
		}
		es_count(&answers, 0);
	}
	end(s, AUTH_SOURCE_AWAY);
}

void auth_sources_ask(struct auth_sources *sources, const struct auth_route *route, struct auth_ask *asked)
{
	struct search *s = es_arena_alloc(asked->arena, sizeof *s);

	if (s == NULL) {
		asked->why = "out of memory";
		asked->done(asked, AUTH_SOURCE_AWAY);
		return;
	}
	*s = (struct search){ .sources = sources, .asked = asked };
	for (size_t i = 0; i < route->count; i++) {
		struct entry *entry = entry_of(sources, route->names[i]);
		if (entry != NULL && entry->source.ask != NULL)
			s->route[s->count++] = entry;
		else
			es_warn(asked->trace, "auth.source_unknown", es_f_slice("source", route->names[i]),
			        es_f_str("tenant", asked->tenant));
	}
	s->step.why = s->count == 0 ? "no such source" : "all sources rest";
	next(s);
}
