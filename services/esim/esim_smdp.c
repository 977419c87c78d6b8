/* esim_smdp.c -- ES2+ functions asked of SM-DP+s over HTTPS, and what became of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim_smdp_int.h"

#define URL_MAX 1024
#define BODY_MAX 4096
#define ANSWER_MAX 65536
#define OUTCOMES (ESIM_HEARD_TAKEN + 1)

/* One label is what a metric has: the second is written into its value. */
#define ROW(function)                                                                                                  \
	function "\",outcome=\"done", function "\",outcome=\"pending", function "\",outcome=\"refused",                    \
		function "\",outcome=\"unheard", function "\",outcome=\"lost", function "\",outcome=\"gone",                   \
		function "\",outcome=\"taken"
static const char *const rows[] = { ROW("downloadOrder"), ROW("confirmOrder"), ROW("cancelOrder"),
	                                ROW("releaseProfile") };
_Static_assert(ES_COUNT(rows) == ESIM_ES2_FUNCTIONS * OUTCOMES, "a row for each function and outcome");
ES_METRIC_COUNTER(requests, "openes_esim_smdp_requests_total", "ES2+ functions asked, by what became of them",
                  "function", rows);

static const char *const shortages[] = { "no_stock", "no_sm_ds" };
ES_METRIC_COUNTER(short_of, "openes_esim_smdp_shortages_total",
                  "Orders that an SM-DP+ could not take: no profile of the type is left, its SM-DS is not to be had",
                  "reason", shortages);
ES_METRIC_GAUGE(resting, "openes_esim_smdp_resting", "SM-DP+s that are left alone after failures");

void esim_smdp_register(void)
{
	es_metric_register(&requests);
	es_metric_register(&short_of);
	es_metric_register(&resting);
}

/* A request, and what of it its answer is judged by. */
struct trip {
	struct esim_smdp_section *section;
	struct esim_es2_request request; /* its texts below */
	char iccid[ESIM_ICCID + 1], matching_id[ESIM_MATCHING_ID + 1], profile_type[ESIM_NAME + 1];
	char url[URL_MAX];
	struct es_buf body; /* secret */
	int64_t deadline;
	esim_smdp_sent *done;
	void *user;
};

/* ---- bounds ---- */

bool esim_smdp_enter(struct esim_smdp *smdp, const char *name)
{
	struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	return s == NULL || es_peer_enter(&s->peer.room) == ES_PEER_ENTERED;
}

static void leave(struct esim_smdp_section *s, enum es_peer_health health)
{
	const enum es_peer_turn turn = es_peer_note(&s->peer.room, health);

	es_peer_leave(&s->peer.room);
	if (turn == ES_PEER_IS_LEFT_ALONE) {
		es_gauge_add(&resting, 1);
		es_warn(NULL, "esim.smdp_rests", es_f_str("smdp", s->name));
	} else if (turn == ES_PEER_IS_BACK) {
		es_gauge_add(&resting, -1);
		es_info(NULL, "esim.smdp_is_back", es_f_str("smdp", s->name));
	}
}

void esim_smdp_leave(struct esim_smdp *smdp, const char *name)
{
	struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	if (s != NULL)
		leave(s, ES_PEER_NOT_ASKED);
}

/* ---- the answer ---- */

/* What somebody has to see to at the SM-DP+; the order itself is tried again. */
static void note_shortage(const struct trip *t, const struct esim_heard *heard)
{
	const bool is_stock =
		t->request.function == ESIM_ES2_DOWNLOAD_ORDER && strncmp(heard->reason, "8.2.5/3.7 ", 10) == 0;
	const bool is_smds = t->request.function == ESIM_ES2_CONFIRM_ORDER && strncmp(heard->reason, "8.9", 3) == 0;

	if (!is_stock && !is_smds)
		return;
	es_count(&short_of, is_stock ? 0 : 1);
	es_warn(NULL, is_stock ? "esim.smdp_no_stock" : "esim.smdp_no_sm_ds", es_f_str("smdp", t->section->name),
	        es_f_str("profile_type", t->profile_type), es_f_str("reason", heard->reason));
}

static void finish(struct trip *t, const struct esim_heard *heard, enum es_peer_health health)
{
	es_count(&requests, (size_t)t->request.function * OUTCOMES + (size_t)heard->outcome);
	note_shortage(t, heard);
	leave(t->section, health);
	t->done(heard, t->user);
	es_buf_wipe(&t->body);
	free(t);
}

static void fail(struct trip *t, enum esim_heard_outcome outcome, const char *reason, enum es_peer_health health)
{
	struct esim_heard heard = { .outcome = outcome };

	(void)snprintf(heard.reason, sizeof heard.reason, "%s", reason);
	finish(t, &heard, health);
}

/* RFC 9110: what it certainly did not act upon, and what may do so when it is asked again. */
static void fail_by_code(struct trip *t, long code)
{
	const bool is_later = code == 401 || code == 408 || code == 425 || code == 429 || code == 503;
	const bool is_refused = code >= 300 && code < 500;
	char reason[32];

	(void)snprintf(reason, sizeof reason, "HTTP status %ld", code);
	fail(t,
	     is_later     ? ESIM_HEARD_UNHEARD
	     : is_refused ? ESIM_HEARD_REFUSED
	                  : ESIM_HEARD_LOST,
	     reason, is_refused && !is_later ? ES_PEER_GOOD : ES_PEER_BAD);
}

/* Nothing is told by these but that they are done, which some say without a body. */
static bool is_done_without_body(const struct trip *t, const struct es_fetch_answer *answer)
{
	return answer->body.len == 0 &&
	       (t->request.function == ESIM_ES2_CANCEL_ORDER || t->request.function == ESIM_ES2_RELEASE_PROFILE);
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	const struct esim_heard done = { .outcome = ESIM_HEARD_DONE };
	struct trip *t = user;
	struct esim_heard heard;

	if (answer->status != ES_OK) {
		fail(t, answer->is_unsent ? ESIM_HEARD_UNHEARD : ESIM_HEARD_LOST,
		     answer->status == ES_TIMEOUT ? "no answer in time" : answer->why, ES_PEER_BAD);
		return;
	}
	if (answer->code == 401)
		(void)es_peer_refused(&t->section->peer);
	const bool is_read = esim_es2_read(&t->request, answer->body, &heard);
	if (answer->code >= 200 && answer->code < 300 && is_done_without_body(t, answer))
		finish(t, &done, ES_PEER_GOOD);
	else if (answer->code >= 200 && answer->code < 300)
		finish(t, &heard, is_read ? ES_PEER_GOOD : ES_PEER_BAD);
	else if (answer->code >= 400 && answer->code < 500 && is_read && heard.reason[0] != '\0')
		finish(t, &heard, ES_PEER_GOOD); /* a refusal is one with any status */
	else
		fail_by_code(t, answer->code);
}

/* ---- the request ---- */

static void on_ready(const char *bearer, const char *why, void *user)
{
	struct trip *t = user;
	const struct es_fetch_header headers[] = { { "Content-Type", "application/json" },
		                                       { "Accept", "application/json" },
		                                       { "X-Admin-Protocol", t->section->config->protocol } };
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&t->body),
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = t->deadline,
		                                      .is_once = true,
		                                      .is_secret = true };

	if (bearer == NULL) {
		fail(t, ESIM_HEARD_UNHEARD, why, ES_PEER_BAD);
		return;
	}
	es_status status = es_peer_send(&t->section->peer, bearer, &request, on_answer, t);
	if (status != ES_OK)
		fail(t, ESIM_HEARD_UNHEARD, es_status_meaning(status), ES_PEER_NOT_ASKED);
}

static void keep(const char **text, char *room, size_t size)
{
	if (*text == NULL)
		return;
	es_slice_to_str_cut(es_slice_str(*text), room, size);
	*text = room;
}

/* The caller's texts end with its call. */
static void keep_request(struct trip *t, const struct esim_es2_request *request)
{
	t->request = *request;
	keep(&t->request.iccid, t->iccid, sizeof t->iccid);
	keep(&t->request.matching_id, t->matching_id, sizeof t->matching_id);
	keep(&t->request.profile_type, t->profile_type, sizeof t->profile_type);
	t->request.call_id = t->request.eid = t->request.confirmation_code = t->request.smds_address = NULL;
}

static es_status write_request(struct trip *t, const struct esim_es2_request *request)
{
	const struct esim_smdp_config *c = t->section->config;
	const int len =
		snprintf(t->url, sizeof t->url, "%s/gsma/rsp2/es2plus/%s", c->peer.url, esim_es2_names[request->function]);

	ES_TRY(esim_es2_write(request, c->requester_id, &t->body));
	return len > 0 && (size_t)len < sizeof t->url ? ES_OK : ES_TOO_LARGE;
}

void esim_smdp_send(struct esim_smdp *smdp, const char *name, const struct esim_es2_request *request,
                    esim_smdp_sent *done, void *user)
{
	static const struct esim_heard nobody = { .outcome = ESIM_HEARD_UNHEARD,
		                                      .reason = "no [smdp] section of that name in the peers file" };
	static const struct esim_heard no_memory = { .outcome = ESIM_HEARD_UNHEARD, .reason = "out of memory" };
	struct esim_smdp_section *section = esim_smdp_find(smdp, name);
	struct trip *t = section != NULL ? calloc(1, sizeof *t) : NULL;

	if (t == NULL) {
		esim_smdp_leave(smdp, name);
		done(section == NULL ? &nobody : &no_memory, user);
		return;
	}
	t->section = section;
	t->deadline = es_wall_ms() + section->config->peer.timeout;
	t->done = done;
	t->user = user;
	keep_request(t, request);
	es_buf_init(&t->body, BODY_MAX);
	if (write_request(t, request) != ES_OK)
		fail(t, ESIM_HEARD_REFUSED, "the request cannot be written: no ICCID, or too long", ES_PEER_NOT_ASKED);
	else
		es_peer_prepare(&section->peer, t->deadline, on_ready, t);
}
