/* esim_bss.c -- sections of the peers file, requests to their order management, and who is told what came of them. */
#include "esim_bss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_arena.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_config_named.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_peer.h"

#define FILE_MAX (1u << 20)
#define SECTIONS_MAX 64
#define IN_FLIGHT_MAX 4096
#define URL_MAX 2048
#define KEY_MAX 128
#define BODY_MAX 8192
#define ANSWER_MAX 65536

struct config {
	struct es_peer_settings peer;
	int64_t lease, retry_first, retry_max;
	uint32_t tries_max;
};

#define KEY(field, kind, fallback, min, max, help) ES_CONF(bss, struct config, field, kind, fallback, min, max, help)
static const struct es_conf_key keys[] = {
	ES_PEER_KEYS(bss, struct config, peer, "what comes before /esim-orders"),
	ES_PEER_KEYS_BREAKER(bss, struct config, peer),
	KEY(lease, ES_CONF_DURATION, "30s", 100, 3600000,
	    "how much longer than that an order is left to the process that asked: to write what came of it"),
	KEY(retry_first, ES_CONF_DURATION, "2s", 10, 3600000,
	    "pause before the second try, which doubles from then on; between questions about a pending one"),
	KEY(retry_max, ES_CONF_DURATION, "5m", 10, 86400000, "longest pause between tries"),
	KEY(tries_max, ES_CONF_U32, "10", 1, 1000, "tries of one step before an order is stuck"),
};

struct section {
	const struct config *config;
	struct es_peer peer;
};

struct esim_bss {
	struct es_arena *arena; /* what the file says */
	struct es_fetcher *fetcher;
	struct section sections[SECTIONS_MAX];
	size_t count;
};

/* In the order of enum esim_heard_outcome; a BSS does not know the last two. */
static const char *const outcomes[] = { "done", "pending", "refused", "unheard", "lost", "gone", "taken" };
ES_METRIC_COUNTER(requests, "openes_esim_bss_requests_total",
                  "Requests to the order management, by what became of them", "outcome", outcomes);
ES_METRIC_GAUGE(resting, "openes_esim_bss_resting", "Order managements that are left alone after failures");

struct trip {
	struct section *section;
	char step[16], key[KEY_MAX], url[URL_MAX];
	struct es_buf body; /* secret */
	int64_t deadline;
	esim_bss_sent *done;
	void *user;
};

static struct section *find(struct esim_bss *bss, const char *name)
{
	for (size_t i = 0; i < bss->count; i++)
		if (strcmp(bss->sections[i].peer.name, name) == 0)
			return &bss->sections[i];
	return NULL;
}

/* ---- bounds ---- */

struct esim_pace esim_bss_pace(struct esim_bss *bss, const char *name)
{
	const struct section *s = find(bss, name);

	if (s == NULL)
		return (struct esim_pace){ 60000, 600000, 30000, 5 };
	return (struct esim_pace){ s->config->retry_first, s->config->retry_max, s->config->peer.timeout + s->config->lease,
		                       s->config->tries_max };
}

bool esim_bss_enter(struct esim_bss *bss, const char *name)
{
	struct section *s = find(bss, name);

	return s == NULL || es_peer_enter(&s->peer.room) == ES_PEER_ENTERED;
}

static void leave(struct section *s, enum es_peer_health health)
{
	const enum es_peer_turn turn = es_peer_note(&s->peer.room, health);

	es_peer_leave(&s->peer.room);
	if (turn == ES_PEER_IS_LEFT_ALONE) {
		es_gauge_add(&resting, 1);
		es_warn(NULL, "esim.bss_rests", es_f_str("bss", s->peer.name));
	} else if (turn == ES_PEER_IS_BACK) {
		es_gauge_add(&resting, -1);
		es_info(NULL, "esim.bss_is_back", es_f_str("bss", s->peer.name));
	}
}

void esim_bss_leave(struct esim_bss *bss, const char *name)
{
	struct section *s = find(bss, name);

	if (s != NULL)
		leave(s, ES_PEER_NOT_ASKED);
}

/* ---- the answer ---- */

static void tell(struct esim_heard *heard, esim_bss_sent *done, void *user)
{
	es_count(&requests, (size_t)heard->outcome);
	done(heard, user);
	es_wipe(heard, sizeof *heard);
}

static void finish(struct trip *t, struct esim_heard *heard, enum es_peer_health health)
{
	esim_bss_sent *done = t->done;
	void *user = t->user;

	leave(t->section, health);
	es_buf_wipe(&t->body);
	free(t);
	tell(heard, done, user);
}

static void fail(struct trip *t, enum esim_heard_outcome outcome, const char *reason, enum es_peer_health health)
{
	struct esim_heard heard = { .outcome = outcome };

	(void)snprintf(heard.reason, sizeof heard.reason, "%s", reason);
	finish(t, &heard, health);
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct trip *t = user;
	struct esim_heard heard;

	if (answer->status != ES_OK) {
		fail(t, answer->is_unsent ? ESIM_HEARD_UNHEARD : ESIM_HEARD_LOST,
		     answer->status == ES_TIMEOUT ? "no answer in time" : answer->why, ES_PEER_BAD);
		return;
	}
	if (answer->code == 401)
		(void)es_peer_refused(&t->section->peer);
	const bool is_sound = esim_bss_read(t->step, answer->code, answer->body, answer->retry_after_s, &heard);
	finish(t, &heard, is_sound ? ES_PEER_GOOD : ES_PEER_BAD);
}

/* ---- the request ---- */

static void on_ready(const char *bearer, const char *why, void *user)
{
	struct trip *t = user;

	if (bearer == NULL) {
		fail(t, ESIM_HEARD_UNHEARD, why, ES_PEER_BAD);
		return;
	}
	const struct es_fetch_header headers[] = { { "Accept", "application/json" },
		                                       { "Content-Type", "application/json" },
		                                       { "Idempotency-Key", t->key },
		                                       { "x-correlator", t->key } };
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&t->body),
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = t->deadline,
		                                      .is_once = true,
		                                      .is_secret = true };
	es_status status = es_peer_send(&t->section->peer, bearer, &request, on_answer, t);
	if (status != ES_OK)
		fail(t, ESIM_HEARD_UNHEARD, es_status_meaning(status), ES_PEER_NOT_ASKED);
}

static es_status write_request(struct trip *t, const struct esim_bss_request *r)
{
	const int key = snprintf(t->key, sizeof t->key, "%s.%s", r->order, r->step);
	const int step = snprintf(t->step, sizeof t->step, "%s", r->step);
	const int url = snprintf(t->url, sizeof t->url, "%s/esim-orders/%s", t->section->config->peer.url, r->step);

	ES_TRY(esim_bss_write(r, &t->body));
	return (size_t)key < sizeof t->key && (size_t)step < sizeof t->step && (size_t)url < sizeof t->url ? ES_OK
	                                                                                                   : ES_TOO_LARGE;
}

void esim_bss_send(struct esim_bss *bss, const char *name, const struct esim_bss_request *request, esim_bss_sent *done,
                   void *user)
{
	struct esim_heard nobody = { .outcome = ESIM_HEARD_UNHEARD, .reason = "no section of that name in the peers file" };
	struct esim_heard no_memory = { .outcome = ESIM_HEARD_UNHEARD, .reason = "out of memory" };
	struct section *section = find(bss, name);
	struct trip *t = section != NULL ? calloc(1, sizeof *t) : NULL;

	if (t == NULL) {
		esim_bss_leave(bss, name);
		tell(section == NULL ? &nobody : &no_memory, done, user);
		return;
	}
	t->section = section;
	t->deadline = es_wall_ms() + section->config->peer.timeout;
	t->done = done;
	t->user = user;
	es_buf_init(&t->body, BODY_MAX);
	if (write_request(t, request) != ES_OK)
		fail(t, ESIM_HEARD_REFUSED, "the request would be too large", ES_PEER_NOT_ASKED);
	else
		es_peer_prepare(&section->peer, t->deadline, on_ready, t);
}

/* ---- life ---- */

static const char *fault_of(const struct config *c)
{
	const char *fault = es_peer_fault(&c->peer, true);

	return fault == NULL && c->retry_first > c->retry_max ? "retry_first is above retry_max" : fault;
}

static es_status add(struct esim_bss *bss, const char *file, const struct es_conf_named *named, struct es_buf *error)
{
	const char *fault = fault_of(named->values);
	char room[768] = "";
	struct es_buf why;

	es_buf_init_fixed(&why, room, sizeof room);
	if (fault == NULL && bss->count == SECTIONS_MAX)
		fault = "is one too many";
	es_status status = ES_MALFORMED;
	if (fault == NULL) {
		struct section *s = &bss->sections[bss->count++];
		s->config = named->values;
		status = es_peer_open(&s->peer, bss->fetcher, named->name, &s->config->peer, &why);
	} else {
		es_put_str(&why, fault);
	}
	if (status != ES_OK)
		es_put_printf(error, "%s, [bss %s], line %u: " ES_SLICE_FMT, file, named->name, named->line,
		              ES_SLICE_ARG(es_buf_slice(&why)));
	return status;
}

static es_status start(struct esim_bss *bss, const char *file, struct es_buf *error)
{
	static const struct es_conf_section kinds[] = {
		{ "bss", keys, ES_COUNT(keys), sizeof(struct config), false },
		{ "smdp", NULL, 0, 0, false },
	};
	const struct es_fetcher_options fetcher = { .name = "esim-bss", .in_flight_max = IN_FLIGHT_MAX };
	const struct es_conf_named *named = NULL;
	size_t count = 0;

	if (file[0] == '\0')
		return ES_OK;
	if ((bss->arena = es_arena_new(0, FILE_MAX)) == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), file, bss->arena, &named, &count, error));
	ES_TRY(es_fetcher_start(&fetcher, &bss->fetcher, error));
	for (size_t i = 0; i < count; i++)
		if (named[i].values != NULL)
			ES_TRY(add(bss, file, &named[i], error));
	return ES_OK;
}

es_status esim_bss_start(const char *file, struct esim_bss **out, struct es_buf *error)
{
	struct esim_bss *bss = calloc(1, sizeof *bss);

	if (bss == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&requests);
	es_metric_register(&resting);
	es_status status = start(bss, file, error);
	if (status != ES_OK) {
		esim_bss_stop(bss);
		esim_bss_free(bss);
		return status;
	}
	*out = bss;
	return ES_OK;
}

void esim_bss_stop(struct esim_bss *bss)
{
	if (bss != NULL)
		es_fetcher_stop(ES_TAKE(bss->fetcher));
}

void esim_bss_free(struct esim_bss *bss)
{
	if (bss == NULL)
		return;
	for (size_t i = 0; i < bss->count; i++)
		es_peer_close(&bss->sections[i].peer);
	es_arena_free(bss->arena);
	free(bss);
}
