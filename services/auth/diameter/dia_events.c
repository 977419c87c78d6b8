/* dia_events.c -- RTR, PPR, ASR, RAR. */
#include "dia_events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "dia_sessions.h"
#include "dia_swx.h"
#include "es_bus_pb.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

enum { WAITING_MAX = 128, DEADLINE_MS = 3000, IMSI_MAX = 16, ARENA_MAX = 16 * 1024 };

enum event_code {
	SUCCESS = 2001,
	UNKNOWN_SESSION = 5002,
	INVALID_VALUE = 5004,
	UNABLE_TO_COMPLY = 5012,
	EXPERIMENTAL_USER_UNKNOWN = 5001,
};

static const char *const kinds[] = { "deregistered", "profile", "abort", "reauth" };
enum { DEREGISTERED, PROFILE, ABORT, REAUTH };
ES_METRIC_COUNTER(received, "openes_diameter_events_total", "Requests of HSSs and AAAs", "kind", kinds);

struct dia_events {
	const struct dia_config *config;
	pthread_rwlock_t lock;             /* read: what came is being dealt with, and `auth` is there */
	struct dia_engine *_Atomic engine; /* NULL: not yet; peers may be heard before dia_engine_start() returns */
	struct es_bus_client *auth;
	_Atomic uint32_t waiting;
	bool is_stopping; /* under the lock */
};

/* One that auth has been told of. */
struct event {
	struct dia_events *events;
	struct dia_asked *asked;
};

es_status dia_events_new(const struct dia_config *config, const char *auth_target, struct es_bus_key *key,
                         struct dia_events **out, struct es_buf *error)
{
	const struct es_bus_client_options auth = {
		.target = auth_target, .name = "auth", .key = key, .slots = WAITING_MAX
	};
	struct dia_events *events = calloc(1, sizeof *events);

	if (events == NULL)
		return ES_TOO_LARGE;
	events->config = config;
	(void)pthread_rwlock_init(&events->lock, NULL);
	es_metric_register(&received);
	const es_status status = es_bus_client_start(&auth, &events->auth, error);
	if (status != ES_OK) {
		dia_events_free(events);
		return status;
	}
	*out = events;
	return ES_OK;
}

void dia_events_set_engine(struct dia_events *events, struct dia_engine *engine)
{
	atomic_store(&events->engine, engine);
}

void dia_events_stop(struct dia_events *events)
{
	if (events == NULL)
		return;
	(void)pthread_rwlock_wrlock(&events->lock); /* until nobody is about to call auth */
	events->is_stopping = true;
	(void)pthread_rwlock_unlock(&events->lock);
	es_bus_client_stop(events->auth);
}

void dia_events_free(struct dia_events *events)
{
	if (events == NULL)
		return;
	(void)pthread_rwlock_destroy(&events->lock);
	free(events);
}

/* ---- auth's word ---- */

static void on_told(const struct es_bus_reply_view *view, void *user)
{
	struct event *event = user;
	struct dia_events *events = event->events;
	struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	const Openes__CoreEventReply *reply =
		view->status == ES_OK && arena != NULL
			? (const void *)es_bus_unpack(&openes__core_event_reply__descriptor, view->payload, arena)
			: NULL;

	if (reply == NULL) {
		es_warn(NULL, "diameter.event_untold", es_f_status(view->status));
		dia_engine_answer(events->engine, event->asked, UNABLE_TO_COMPLY, false);
	} else if (reply->known) {
		dia_engine_answer(events->engine, event->asked, SUCCESS, false);
	} else {
		dia_engine_answer(events->engine, event->asked, EXPERIMENTAL_USER_UNKNOWN, true);
	}
	es_arena_free(arena);
	atomic_fetch_sub(&events->waiting, 1);
	free(event);
}

static es_status tell(struct dia_events *events, struct dia_asked *asked, Openes__CoreEventRequest *request)
{
	struct event *event = malloc(sizeof *event);
	const struct es_trace trace = es_trace_new();
	/* Told twice is as good as told once: what follows is the state and no difference. */
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__AUTH_CORE_EVENT,
		                                         .deadline = es_wall_ms() + DEADLINE_MS,
		                                         .trace = &trace,
		                                         .idempotency_key = ES_SLICE_LIT("core-event") };

	if (event == NULL)
		return ES_TOO_LARGE;
	*event = (struct event){ .events = events, .asked = asked };
	atomic_fetch_add(&events->waiting, 1);
	es_info(&trace, "diameter.event", es_f_str("source", request->source), es_f_id("imsi", es_slice_str(request->imsi)),
	        es_f_str("reason", request->reason));
	const es_status status = es_bus_call(events->auth, &options, &request->base, on_told, event);
	if (status != ES_OK) {
		atomic_fetch_sub(&events->waiting, 1);
		free(event);
	}
	return status;
}

/* ---- RTR, PPR ---- */

static const struct dia_source *sender(const struct dia_events *events, struct es_slice body)
{
	struct es_slice host = { 0 }, realm = { 0 };

	if (dia_find(body, DIA_ORIGIN_HOST, &host) != ES_OK || dia_find(body, DIA_ORIGIN_REALM, &realm) != ES_OK)
		return NULL;
	return dia_config_source_of(events->config, host, realm);
}

/* 0: it has been told, and auth's word is the answer. */
static uint32_t notify(struct dia_events *events, struct dia_asked *asked, const struct dia_message *message)
{
	const struct dia_source *source = sender(events, message->body);
	Openes__CoreEventRequest request;
	Openes__CoreProfile profile;
	struct dia_notice notice;
	struct dia_profile told;
	char imsi[IMSI_MAX] = "";

	if (dia_swx_read_notice(message->body, &notice) != ES_OK || notice.imsi.len >= sizeof imsi)
		return INVALID_VALUE;
	if (source == NULL)
		return UNABLE_TO_COMPLY;
	memcpy(imsi, notice.imsi.ptr, notice.imsi.len);
	openes__core_event_request__init(&request);
	openes__core_profile__init(&profile);
	request.source = es_pb_text(source->name);
	request.imsi = imsi;
	request.reason = notice.reason;
	request.kind = OPENES__CORE_EVENT_REQUEST__KIND__DEREGISTERED;
	if (message->command == DIA_PUSH_PROFILE) {
		request.kind = OPENES__CORE_EVENT_REQUEST__KIND__PROFILE_CHANGED;
		const es_status status = dia_swx_read_profile(message->body, &told);
		if (status != ES_OK && status != ES_NOT_FOUND)
			return INVALID_VALUE;
		request.profile = &profile; /* empty where nothing was said that concerns us */
		if (status == ES_OK) {
			profile.msisdn = told.msisdn;
			profile.has_access = told.has_access;
			profile.access_barred = told.access_barred;
		}
	}
	return tell(events, asked, &request) == ES_OK ? 0 : UNABLE_TO_COMPLY;
}

/* ---- ASR, RAR ---- */

/* Auth ends a session as soon as it has its success, so the end asked for is on its way where we know the session. */
static uint32_t judge_session(const struct dia_message *message)
{
	struct es_slice session;

	if (dia_find(message->body, DIA_SESSION_ID, &session) != ES_OK)
		return UNKNOWN_SESSION;
	const bool is_known =
		message->command == DIA_ABORT_SESSION ? dia_sessions_remove(session) : dia_sessions_has(session);
	return is_known ? SUCCESS : UNKNOWN_SESSION;
}

/* Under the lock. */
static bool deal_with(struct dia_events *events, struct dia_asked *asked, struct es_slice octets)
{
	struct dia_engine *engine = atomic_load(&events->engine);
	struct dia_message message;
	uint32_t code = INVALID_VALUE;

	if (engine == NULL || events->is_stopping || atomic_load(&events->waiting) >= WAITING_MAX)
		return false;
	if (dia_message_parse(octets, &message) == ES_OK) {
		static const uint32_t commands[] = { DIA_REGISTRATION_TERMINATION, DIA_PUSH_PROFILE, DIA_ABORT_SESSION,
			                                 DIA_RE_AUTH };
		size_t kind = 0;
		while (kind < REAUTH && commands[kind] != message.command)
			kind++;
		es_count(&received, kind);
		code = kind <= PROFILE ? notify(events, asked, &message) : judge_session(&message);
	}
	if (code != 0)
		dia_engine_answer(engine, asked, code, false);
	return true;
}

bool dia_events_asked(void *user, struct dia_asked *asked, struct es_slice octets)
{
	struct dia_events *events = user;

	(void)pthread_rwlock_rdlock(&events->lock);
	const bool is_taken = deal_with(events, asked, octets);
	(void)pthread_rwlock_unlock(&events->lock);
	return is_taken;
}
