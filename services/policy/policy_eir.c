/* policy_eir.c -- a question through the door of its EIR: over HTTP/2 or over auth, and its answer into the database. */
#include "policy_eir.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_eir_config.h"
#include "policy_n5g.h"

#define FILE_MAX (1u << 20)
#define DOORS_MAX 64
#define NAME_MAX_OCTETS 31 /* of a section */
#define S13_TIMEOUT_MS 3000
#define S13_IN_FLIGHT_MAX 128 /* of one EIR */
#define S13_WAITING_MAX 256   /* of all: more EIRs than two are not slow at once */
#define REPLY_MEMORY 8192
#define TRIES 5 /* questions in a row without an answer, after which an EIR is left alone */
#define REST_MS 5000

static const char *const answers[] = { "passed_over", "allowed", "tracked", "blocked", "unknown", "away" };
ES_METRIC_COUNTER(answered, "openes_policy_eir_answers_total", "What EIRs answered", "answer", answers);
ES_METRIC_GAUGE(resting, "openes_policy_eirs_resting", "EIRs that are left alone since they do not answer");

/* One EIR. Those of S13 are made when they are first asked: auth has their sections. */
struct door {
	char name[NAME_MAX_OCTETS + 1];
	uint8_t mode;
	struct es_peer_settings settings;
	struct es_peer peer; /* of s13 it has no target: room alone */
};

struct policy_eir {
	struct policy_store *store;
	struct es_arena *arena; /* what the file says */
	pthread_rwlock_t lock;  /* of fetcher and auth: held while they are called, taken for itself to end them */
	struct es_fetcher *fetcher;
	struct es_bus_client *auth;
	bool has_auth;              /* as configured */
	pthread_mutex_t doors_lock; /* of all below */
	struct door doors[DOORS_MAX];
	size_t door_count;
};

/* One question on its way. */
struct trip {
	struct policy_eir *eir;
	struct door *door;
	struct policy_question *question;
};

/* ---- doors ---- */

static es_status open_door(struct door *door, struct es_fetcher *fetcher, uint8_t mode, const char *name,
                           const struct es_peer_settings *settings, struct es_buf *error)
{
	*door = (struct door){ .mode = mode, .settings = *settings };
	memcpy(door->name, name, strlen(name) + 1);
	door->settings.breaker_failures = TRIES;
	door->settings.breaker_open = REST_MS;
	return es_peer_open(&door->peer, fetcher, door->name, &door->settings, error);
}

static struct door *door_of(struct policy_eir *eir, uint8_t mode, const char *name)
{
	for (size_t i = 0; i < eir->door_count; i++)
		if (eir->doors[i].mode == mode && strcmp(eir->doors[i].name, name) == 0)
			return &eir->doors[i];
	if (mode != POLICY_EQUIPMENT_S13 || !eir->has_auth || eir->door_count == DOORS_MAX ||
	    strlen(name) > NAME_MAX_OCTETS)
		return NULL;
	struct door *door = &eir->doors[eir->door_count++];
	const struct es_peer_settings settings = { .timeout = S13_TIMEOUT_MS, .in_flight_max = S13_IN_FLIGHT_MAX };
	return open_door(door, NULL, mode, name, &settings, NULL) == ES_OK ? door : NULL;
}

static struct door *enter(struct policy_eir *eir, const struct policy_eir_fact *fact, const char **why)
{
	static const char *const refusals[] = {
		[ES_PEER_ENTERED] = NULL, [ES_PEER_FULL] = "too many questions under way", [ES_PEER_RESTS] = "it rests"
	};

	(void)pthread_mutex_lock(&eir->doors_lock);
	struct door *door = door_of(eir, fact->mode, fact->source);
	(void)pthread_mutex_unlock(&eir->doors_lock);
	if (door == NULL)
		*why = "no such EIR";
	else
		*why = refusals[es_peer_enter(&door->peer.room)];
	return *why == NULL ? door : NULL;
}

static void leave(struct door *door, enum es_peer_health health)
{
	const enum es_peer_turn turn = es_peer_note(&door->peer.room, health);

	es_peer_leave(&door->peer.room);
	if (turn == ES_PEER_IS_LEFT_ALONE) {
		es_gauge_add(&resting, 1);
		es_warn(NULL, "policy.eir_rests", es_f_str("source", door->name));
	} else if (turn == ES_PEER_IS_BACK) {
		es_gauge_add(&resting, -1);
		es_info(NULL, "policy.eir_is_back", es_f_str("source", door->name));
	}
}

/* ---- the answer is kept ---- */

struct keeping {
	char tenant[32], imei[POLICY_IMEI_DIGITS + 1], source[NAME_MAX_OCTETS + 1];
	uint8_t state;
	int64_t as_of_ms;
};

static es_status keep_in_transaction(struct es_db_conn *conn, void *user)
{
	const struct keeping *k = user;
	return policy_row_equipment_answer_put(conn, k->tenant, k->imei, k->source, k->state, k->as_of_ms);
}

static void kept(es_status status, void *user)
{
	if (status != ES_OK && status != ES_CONFLICT) /* the tenant is gone */
		es_warn(NULL, "policy.eir_answer_not_kept", es_f_status(status));
	free(user);
}

/* What cannot be kept is asked again. */
static void keep(struct policy_eir *eir, const struct policy_eir_fact *fact)
{
	struct keeping *k = calloc(1, sizeof *k);

	if (k == NULL || strlen(fact->tenant) >= sizeof k->tenant || strlen(fact->source) >= sizeof k->source) {
		free(k);
		return;
	}
	memcpy(k->tenant, fact->tenant, strlen(fact->tenant));
	memcpy(k->source, fact->source, strlen(fact->source));
	memcpy(k->imei, fact->imei.digits, sizeof k->imei);
	k->state = fact->told;
	k->as_of_ms = es_wall_ms();
	es_status status = es_db_write(policy_store_db(eir->store), keep_in_transaction, kept, k);
	if (status != ES_OK)
		kept(status, k);
}

/* ---- the end of a question ---- */

static void away(struct policy_question *q, const char *why, bool is_asked)
{
	struct policy_eir_fact *fact = q->fact;

	fact->told = POLICY_EQUIPMENT_UNAVAILABLE;
	es_count(&answered, is_asked ? POLICY_EQUIPMENT_UNAVAILABLE : 0);
	es_warn(q->wait->trace, "policy.eir_away", es_f_str("source", fact->source), es_f_str("tenant", fact->tenant),
	        es_f_str("why", why));
}

static void finish(struct trip *trip, enum es_peer_health health, uint8_t told, const char *why)
{
	struct policy_question *q = trip->question;
	struct policy_eir_fact *fact = q->fact;

	leave(trip->door, health);
	if (health == ES_PEER_GOOD) {
		fact->told = told;
		es_count(&answered, told);
		keep(trip->eir, fact);
	} else {
		away(q, why, health != ES_PEER_NOT_ASKED);
	}
	free(trip);
	policy_question_answered(q);
}

static void finish_asked(struct trip *trip, uint8_t told, const char *why)
{
	finish(trip, told != POLICY_EQUIPMENT_UNAVAILABLE ? ES_PEER_GOOD : ES_PEER_BAD, told, why);
}

/* ---- N5g-eir ---- */

static void n5g_answered(const struct es_fetch_answer *answer, void *user)
{
	const char *why = answer->status == ES_TIMEOUT ? "timeout" : answer->why;
	uint8_t told = POLICY_EQUIPMENT_UNAVAILABLE;

	if (answer->status == ES_OK)
		told = policy_n5g_read(answer->code, answer->body, &why);
	finish_asked(user, told, why);
}

static es_status ask_n5g(struct trip *trip, const struct policy_imei *imei, int64_t deadline)
{
	static const struct es_fetch_header headers[] = { { "Accept", "application/json, application/problem+json" } };
	char room[POLICY_N5G_URL_MAX];
	struct es_buf url;

	es_buf_init_fixed(&url, room, sizeof room);
	ES_TRY(policy_n5g_write_url(trip->door->settings.url, imei, &url));
	const struct es_fetch_request request = { .method = "GET",
		                                      .url = room,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .answer_max = POLICY_N5G_ANSWER_MAX,
		                                      .deadline = deadline,
		                                      .trace = trip->question->wait->trace };
	return trip->eir->fetcher == NULL ? ES_UNAVAILABLE
	                                  : es_peer_send(&trip->door->peer, "", &request, n5g_answered, trip);
}

/* ---- S13, by auth ---- */

static uint8_t s13_read(struct es_slice payload, char *why, size_t why_size)
{
	static const uint8_t states[] = {
		[OPENES__EQUIPMENT_REPLY__STATE__ALLOWED] = POLICY_EQUIPMENT_ALLOWED,
		[OPENES__EQUIPMENT_REPLY__STATE__TRACKED] = POLICY_EQUIPMENT_TRACKED,
		[OPENES__EQUIPMENT_REPLY__STATE__BLOCKED] = POLICY_EQUIPMENT_BLOCKED,
		[OPENES__EQUIPMENT_REPLY__STATE__UNKNOWN] = POLICY_EQUIPMENT_UNKNOWN,
		[OPENES__EQUIPMENT_REPLY__STATE__AWAY] = POLICY_EQUIPMENT_UNAVAILABLE,
	};
	struct es_arena *arena = es_arena_new(0, REPLY_MEMORY);
	const Openes__EquipmentReply *reply =
		arena != NULL ? (const void *)es_bus_unpack(&openes__equipment_reply__descriptor, payload, arena) : NULL;
	uint8_t told = POLICY_EQUIPMENT_UNAVAILABLE;

	(void)snprintf(why, why_size, "%s", reply != NULL ? reply->why : "a reply that does not parse");
	if (reply != NULL && (size_t)reply->state < ES_COUNT(states) && states[reply->state] != 0)
		told = states[reply->state];
	es_arena_free(arena);
	return told;
}

static void s13_replied(const struct es_bus_reply_view *view, void *user)
{
	uint8_t told = POLICY_EQUIPMENT_UNAVAILABLE;
	char why[128];

	if (view->status == ES_OK)
		told = s13_read(view->payload, why, sizeof why);
	else
		(void)snprintf(why, sizeof why, "%s: %s", es_status_name(view->status), view->detail);
	finish_asked(user, told, why);
}

static es_status ask_s13(struct trip *trip, const struct policy_imei *imei, int64_t deadline)
{
	Openes__EquipmentRequest request;
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__AUTH_EQUIPMENT,
		                                         .deadline = deadline,
		                                         .trace = trip->question->wait->trace };

	openes__equipment_request__init(&request);
	request.source = es_pb_text(trip->door->name);
	request.imei = es_pb_text(imei->digits);
	request.software = es_pb_text(imei->software);
	return trip->eir->auth == NULL ? ES_UNAVAILABLE
	                               : es_bus_call(trip->eir->auth, &options, &request.base, s13_replied, trip);
}

/* ---- a question ---- */

static void not_sent(struct trip *trip, es_status status)
{
	const bool is_ours = status == ES_BUSY; /* and says nothing about the EIR */

	finish(trip, is_ours ? ES_PEER_NOT_ASKED : ES_PEER_BAD, POLICY_EQUIPMENT_UNAVAILABLE,
	       is_ours ? "too many requests under way" : "it cannot be asked");
}

void policy_eir_ask(struct policy_question *q)
{
	struct policy_eir *eir = q->asker;
	const struct policy_eir_fact *fact = q->fact;
	const char *why = "no memory";
	struct trip *trip = malloc(sizeof *trip);
	struct door *door = trip != NULL ? enter(eir, fact, &why) : NULL;

	if (door == NULL) {
		free(trip);
		away(q, why, false);
		policy_question_answered(q);
		return;
	}
	*trip = (struct trip){ eir, door, q };
	const int64_t latest = es_wall_ms() + door->settings.timeout;
	const int64_t deadline = q->deadline < latest ? q->deadline : latest;
	(void)pthread_rwlock_rdlock(&eir->lock);
	es_status status = fact->mode == POLICY_EQUIPMENT_N5G ? ask_n5g(trip, &fact->imei, deadline)
	                                                      : ask_s13(trip, &fact->imei, deadline);
	(void)pthread_rwlock_unlock(&eir->lock);
	if (status != ES_OK)
		not_sent(trip, status);
}

/* ---- life ---- */

static es_status add_door(struct policy_eir *eir, const struct es_conf_named *section, struct es_buf *error)
{
	const struct policy_n5g_config *c = section->values;
	const char *fault = policy_n5g_fault(c);
	struct es_peer_settings settings = c->peer;

	if (fault != NULL || eir->door_count == DOORS_MAX) {
		es_put_printf(error, "[n5g %s]: %s", section->name, fault != NULL ? fault : "is one too many");
		return ES_MALFORMED;
	}
	settings.http2 = strncmp(settings.url, "http:", 5) == 0;
	struct door *door = &eir->doors[eir->door_count++];
	return open_door(door, eir->fetcher, POLICY_EQUIPMENT_N5G, section->name, &settings, error);
}

static es_status read_file(struct policy_eir *eir, const char *path, struct es_buf *error)
{
	static const struct es_conf_section kinds[] = {
		{ "n5g", policy_n5g_keys, POLICY_N5G_KEYS, sizeof(struct policy_n5g_config), false },
	};
	const struct es_fetcher_options fetcher = { .name = "policy-eir", .in_flight_max = 1024 };
	const struct es_conf_named *sections = NULL;
	size_t count = 0;

	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), path, eir->arena, &sections, &count, error));
	ES_TRY(es_fetcher_start(&fetcher, &eir->fetcher, error));
	for (size_t i = 0; i < count; i++)
		ES_TRY(add_door(eir, &sections[i], error));
	return ES_OK;
}

static es_status start(struct policy_eir *eir, const struct policy_eir_options *options, struct es_buf *error)
{
	const struct es_bus_client_options auth = { .target = options->auth_target,
		                                        .name = "auth",
		                                        .key = options->bus_key };

	if (options->auth_target[0] != '\0')
		ES_TRY(es_bus_client_start(&auth, &eir->auth, error));
	if (options->file[0] == '\0')
		return ES_OK;
	if ((eir->arena = es_arena_new(0, FILE_MAX)) == NULL)
		return ES_TOO_LARGE;
	return read_file(eir, options->file, error);
}

es_status policy_eir_start(const struct policy_eir_options *options, struct policy_eir **out, struct es_buf *error)
{
	struct policy_eir *eir = calloc(1, sizeof *eir);

	if (eir == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_metric_register(&answered);
	es_metric_register(&resting);
	(void)pthread_rwlock_init(&eir->lock, NULL);
	(void)pthread_mutex_init(&eir->doors_lock, NULL);
	eir->store = options->store;
	eir->has_auth = options->auth_target[0] != '\0';
	es_status status = start(eir, options, error);
	if (status != ES_OK) {
		policy_eir_free(eir);
		return status;
	}
	*out = eir;
	return ES_OK;
}

uint32_t policy_eir_waiting_max(const struct policy_eir *eir)
{
	uint32_t most = eir != NULL && eir->has_auth ? S13_WAITING_MAX : 0;

	for (size_t i = 0; eir != NULL && i < eir->door_count; i++)
		most += eir->doors[i].mode == POLICY_EQUIPMENT_N5G ? eir->doors[i].settings.in_flight_max : 0;
	return most;
}

void policy_eir_stop(struct policy_eir *eir)
{
	if (eir == NULL)
		return;
	(void)pthread_rwlock_wrlock(&eir->lock);
	struct es_fetcher *fetcher = ES_TAKE(eir->fetcher);
	struct es_bus_client *auth = ES_TAKE(eir->auth);
	(void)pthread_rwlock_unlock(&eir->lock);
	es_fetcher_stop(fetcher); /* what is answered now may ask again, in vain */
	if (auth != NULL)
		es_bus_client_stop(auth);
}

void policy_eir_free(struct policy_eir *eir)
{
	if (eir == NULL)
		return;
	policy_eir_stop(eir);
	for (size_t i = 0; i < eir->door_count; i++)
		es_peer_close(&eir->doors[i].peer);
	es_arena_free(eir->arena);
	(void)pthread_rwlock_destroy(&eir->lock);
	(void)pthread_mutex_destroy(&eir->doors_lock);
	free(eir);
}
