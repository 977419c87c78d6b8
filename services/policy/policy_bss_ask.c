/* policy_bss_ask.c -- a question to a BSS: joined by whoever asks the same, sent, read, applied, told to all. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "policy_bss_int.h"

#define ANSWER_MAX 262144
#define WAITERS_EACH 4     /* as many as questions, times this, may wait for one source */
#define LEFT_FOR_US_MS 100 /* of the asker's deadline: to commit and to decide */

enum { ANSWERED, UNKNOWN, WRONG, REFUSED, SILENT, LEFT_ALONE, TOO_MANY };
static const char *const results[] = { "answered", "unknown", "wrong", "refused", "silent", "left_alone", "too_many" };
ES_METRIC_COUNTER(questions, "openes_policy_bss_questions_total", "Questions to a BSS, by what became of them",
                  "result", results);
ES_METRIC_COUNTER1(joined, "openes_policy_bss_joined_total", "Requests that waited for another one's question");
ES_METRIC_HISTOGRAM(seconds, "openes_policy_bss_seconds", "Time a BSS took to answer");

struct policy_bss_asked {
	struct policy_bss_asked *next; /* of the bucket */
	struct policy_bss_source *source;
	char tenant[32], imsi[16], msisdn[24];
	uint64_t hash;
	int64_t deadline, started_us; /* wall ms; mono us */
	struct es_trace trace;
	bool has_trace, is_new, has_reconnected, has_new_token;
	struct policy_bss_waiter *waiters;
	enum policy_bss_outcome outcome;
	cJSON *patch;
};

void policy_bss_ask_metrics(void)
{
	es_metric_register(&questions);
	es_metric_register(&joined);
	es_metric_register(&seconds);
}

static uint64_t hash_of(const char *source, const char *tenant, const char *imsi)
{
	const char *const parts[] = { source, tenant, imsi };
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		for (const char *c = parts[i]; *c != '\0'; c++)
			hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
		hash = (hash ^ 0xff) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* ---- who is not there is not asked for again at once ---- */

static void absent_note(struct policy_bss *bss, uint64_t hash, int64_t until)
{
	(void)pthread_mutex_lock(&bss->absent_lock);
	bss->absent[hash % POLICY_BSS_ABSENT] = (struct policy_bss_absent){ hash, until };
	(void)pthread_mutex_unlock(&bss->absent_lock);
}

static bool is_absent(struct policy_bss *bss, uint64_t hash)
{
	(void)pthread_mutex_lock(&bss->absent_lock);
	const struct policy_bss_absent one = bss->absent[hash % POLICY_BSS_ABSENT];
	(void)pthread_mutex_unlock(&bss->absent_lock);
	return one.hash == hash && es_mono_ms() < one.until;
}

/* ---- the end of a question ---- */

static struct policy_bss_waiter *close_question(struct policy_bss_asked *asked)
{
	struct policy_bss_source *s = asked->source;

	(void)pthread_mutex_lock(&s->lock);
	struct policy_bss_asked **at = &s->open[asked->hash % POLICY_BSS_BUCKETS];
	while (*at != asked)
		at = &(*at)->next;
	*at = asked->next;
	s->ended[asked->hash % POLICY_BSS_ENDED] = (struct policy_bss_ended){ asked->hash, es_mono_ms(), asked->outcome };
	for (const struct policy_bss_waiter *w = asked->waiters; w != NULL; w = w->next)
		s->waiting--;
	es_peer_leave(&s->peer.room);
	(void)pthread_mutex_unlock(&s->lock);
	return asked->waiters;
}

/* On a worker. Who comes while it is applied still joins: what he waits for is the truth by then. */
static void conclude(void *user)
{
	struct policy_bss_asked *asked = user;
	struct policy_bss_source *s = asked->source;
	const struct policy_bss_result result = {
		.source = s,
		.name = s->name,
		.tenant = asked->tenant,
		.imsi = asked->imsi,
		.outcome = asked->outcome,
		.patch = asked->patch,
		.is_new = asked->is_new,
		.trace = asked->has_trace ? &asked->trace : NULL,
	};

	if (asked->outcome == POLICY_BSS_UNKNOWN && asked->is_new)
		absent_note(s->bss, asked->hash, es_mono_ms() + s->config->unknown_for);
	else if (asked->outcome == POLICY_BSS_ANSWERED || asked->outcome == POLICY_BSS_UNKNOWN)
		asked->outcome = s->bss->options.apply(s->bss->options.user, &result);
	struct policy_bss_waiter *next, *waiters = close_question(asked);
	for (struct policy_bss_waiter *w = waiters; w != NULL; w = next) {
		next = w->next;
		w->resume(w, asked->outcome);
	}
	cJSON_Delete(asked->patch);
	free(asked);
}

static void note_health(struct policy_bss_asked *asked, bool is_good)
{
	struct policy_bss_source *s = asked->source;
	const enum es_peer_turn turn = es_peer_note(&s->peer.room, is_good ? ES_PEER_GOOD : ES_PEER_BAD);

	if (turn == ES_PEER_IS_BACK)
		es_info(NULL, "bss.back", es_f_str("source", s->name));
	else if (turn == ES_PEER_IS_LEFT_ALONE)
		es_error(NULL, "bss.left_alone", es_f_str("source", s->name), es_f_i64("for_ms", s->config->peer.breaker_open));
}

static void finish(struct policy_bss_asked *asked, enum policy_bss_outcome outcome, size_t result)
{
	asked->outcome = outcome;
	es_count(&questions, result);
	note_health(asked, outcome != POLICY_BSS_AWAY);
	/* The queue holds all who may be under way; it only refuses when the process ends. */
	if (es_worker_submit(asked->source->bss->worker, conclude, asked) != ES_OK)
		conclude(asked);
}

static void finish_away(struct policy_bss_asked *asked, size_t result, const char *why, long code)
{
	es_warn(asked->has_trace ? &asked->trace : NULL, "bss.no_answer", es_f_str("source", asked->source->name),
	        es_f_str("why", why), es_f_i64("code", code));
	finish(asked, POLICY_BSS_AWAY, result);
}

/* ---- the answer ---- */

static void finish_wrong(struct policy_bss_asked *asked, struct es_slice why)
{
	es_warn(asked->has_trace ? &asked->trace : NULL, "bss.wrong_answer", es_f_str("source", asked->source->name),
	        es_f_slice("why", why));
	finish(asked, POLICY_BSS_WRONG, WRONG);
}

static void read_answer(struct policy_bss_asked *asked, struct es_slice body)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	enum policy_bss_found found = POLICY_BSS_NOBODY;
	char room[256];
	struct es_buf why;

	if (es_json_parse(body, POLICY_BSS_JSON, &json) != ES_OK) {
		finish_away(asked, REFUSED, "the answer is no JSON, or too large", 200);
		return;
	}
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status = policy_bss_map_apply(asked->source->map, json, false, &found, &asked->patch, &why);
	if (status != ES_OK)
		finish_wrong(asked, status == ES_MALFORMED ? es_buf_slice(&why) : ES_SLICE_LIT("out of memory"));
	else if (found == POLICY_BSS_NOBODY)
		finish(asked, POLICY_BSS_UNKNOWN, UNKNOWN);
	else
		finish(asked, POLICY_BSS_ANSWERED, ANSWERED);
}

static void carry(struct policy_bss_asked *asked);

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct policy_bss_asked *asked = user;
	struct policy_bss_source *s = asked->source;

	es_observe_us(&seconds, (uint64_t)(es_mono_us() - asked->started_us));
	if (answer->status == ES_UNAVAILABLE && !asked->has_reconnected && es_wall_ms() < asked->deadline) {
		asked->has_reconnected = true; /* no connection: nobody heard the question */
		carry(asked);
	} else if (answer->status != ES_OK) {
		finish_away(asked, SILENT, answer->why, 0);
	} else if (answer->code == 401 && !asked->has_new_token && es_peer_refused(&s->peer)) {
		asked->has_new_token = true;
		carry(asked);
	} else if (answer->code == 404 || answer->code == 204) {
		finish(asked, POLICY_BSS_UNKNOWN, UNKNOWN);
	} else if (answer->code == 200 || answer->code == 206) {
		read_answer(asked, answer->body);
	} else {
		finish_away(asked, REFUSED, "an HTTP status that is no answer", answer->code);
	}
}

/* ---- the question ---- */

static es_status write_url(const struct policy_bss_asked *asked, struct es_buf *out)
{
	const struct {
		const char *name, *value;
	} known[] = { { "{imsi}", asked->imsi },
		          { "{msisdn}", asked->msisdn },
		          { "{number}", asked->msisdn[0] == '+' ? asked->msisdn + 1 : asked->msisdn },
		          { "{tenant}", asked->tenant } };

	for (const char *c = asked->source->config->peer.url; *c != '\0'; c++) {
		size_t i = 0;
		while (i < ES_COUNT(known) && strncmp(c, known[i].name, strlen(known[i].name)) != 0)
			i++;
		if (i == ES_COUNT(known)) {
			es_put_u8(out, (uint8_t)*c);
		} else {
			es_percent_encode(es_slice_str(known[i].value), out);
			c += strlen(known[i].name) - 1;
		}
	}
	es_put_u8(out, '\0');
	return es_buf_status(out);
}

static void send_question(struct policy_bss_asked *asked, const char *bearer)
{
	const struct es_fetch_header accept = { "Accept", "application/json" };
	char room[2 * ES_PEER_URL_MAX];
	struct es_buf url;

	es_buf_init_fixed(&url, room, sizeof room);
	es_status status = write_url(asked, &url);
	if (status == ES_OK) {
		const struct es_fetch_request request = { .method = "GET",
			                                      .url = room,
			                                      .headers = &accept,
			                                      .header_count = 1,
			                                      .answer_max = ANSWER_MAX,
			                                      .deadline = asked->deadline,
			                                      .trace = asked->has_trace ? &asked->trace : NULL };
		asked->started_us = es_mono_us();
		status = es_peer_send(&asked->source->peer, bearer, &request, on_answer, asked);
	}
	if (status != ES_OK)
		finish_away(asked, SILENT, es_status_meaning(status), 0);
}

static void on_token(const char *bearer, const char *why, void *user)
{
	struct policy_bss_asked *asked = user;

	if (bearer == NULL)
		finish_away(asked, REFUSED, why, 0);
	else
		send_question(asked, bearer);
}

static void carry(struct policy_bss_asked *asked)
{
	es_peer_prepare(&asked->source->peer, asked->deadline, on_token, asked);
}

static struct policy_bss_asked *make(struct policy_bss_source *s, const struct policy_bss_question *q, uint64_t hash)
{
	struct policy_bss_asked *asked = calloc(1, sizeof *asked);
	const int64_t now = es_wall_ms(), latest = q->deadline - LEFT_FOR_US_MS;

	if (asked == NULL)
		return NULL;
	asked->source = s;
	asked->hash = hash;
	asked->is_new = q->is_new;
	asked->deadline = now + s->config->peer.timeout < latest ? now + s->config->peer.timeout : latest;
	asked->has_trace = q->trace != NULL;
	if (q->trace != NULL)
		asked->trace = *q->trace;
	/* Bounds of what is valid: policy_id_is_valid(), es_imsi_parse(), es_msisdn_parse(). */
	memcpy(asked->tenant, q->tenant, strlen(q->tenant) + 1);
	memcpy(asked->imsi, q->imsi, strlen(q->imsi) + 1);
	memcpy(asked->msisdn, q->msisdn, strlen(q->msisdn) + 1);
	return asked;
}

static struct policy_bss_asked *find_open(const struct policy_bss_source *s, const struct policy_bss_question *q,
                                          uint64_t hash)
{
	struct policy_bss_asked *asked = s->open[hash % POLICY_BSS_BUCKETS];

	while (asked != NULL &&
	       (asked->hash != hash || strcmp(asked->imsi, q->imsi) != 0 || strcmp(asked->tenant, q->tenant) != 0))
		asked = asked->next;
	return asked;
}

/* Under the lock. Whoever read the row before an answer came, and comes here after it, need not ask again. */
static bool has_ended(const struct policy_bss_source *s, const struct policy_bss_question *q, uint64_t hash,
                      enum policy_bss_outcome *outcome)
{
	const struct policy_bss_ended *ended = &s->ended[hash % POLICY_BSS_ENDED];

	if (ended->hash != hash || ended->at < q->began_ms)
		return false;
	*outcome = ended->outcome;
	return true;
}

/* Under the lock. */
static struct policy_bss_asked *begin(struct policy_bss_source *s, const struct policy_bss_question *q, uint64_t hash,
                                      size_t *refusal)
{
	struct policy_bss_asked *asked = make(s, q, hash);
	const enum es_peer_entry entry = asked != NULL ? es_peer_enter(&s->peer.room) : ES_PEER_RESTS;

	if (entry != ES_PEER_ENTERED) {
		*refusal = entry == ES_PEER_FULL ? TOO_MANY : LEFT_ALONE;
		free(asked);
		return NULL;
	}
	asked->next = s->open[hash % POLICY_BSS_BUCKETS];
	s->open[hash % POLICY_BSS_BUCKETS] = asked;
	return asked;
}

/* Under the lock. `begun`: a question that is to be sent; NULL: one under way was joined. */
static bool join(struct policy_bss_source *s, const struct policy_bss_question *q, uint64_t hash,
                 struct policy_bss_waiter *waiter, struct policy_bss_asked **begun, size_t *refusal)
{
	struct policy_bss_asked *asked = find_open(s, q, hash);

	*begun = NULL;
	*refusal = TOO_MANY;
	if (s->waiting >= s->config->peer.in_flight_max * WAITERS_EACH)
		return false;
	if (asked == NULL) {
		asked = begin(s, q, hash, refusal);
		if (asked == NULL)
			return false;
		*begun = asked;
	}
	waiter->next = asked->waiters;
	asked->waiters = waiter;
	s->waiting++;
	return true;
}

static bool ask_source(struct policy_bss_source *s, const struct policy_bss_question *q, uint64_t hash,
                       struct policy_bss_waiter *waiter, enum policy_bss_outcome *outcome)
{
	struct policy_bss_asked *begun = NULL;
	size_t refusal = TOO_MANY;

	(void)pthread_mutex_lock(&s->lock);
	const bool is_over = has_ended(s, q, hash, outcome);
	const bool is_taken = !is_over && join(s, q, hash, waiter, &begun, &refusal);
	(void)pthread_mutex_unlock(&s->lock);
	if (is_over)
		es_count(&joined, 0);
	else if (!is_taken)
		es_count(&questions, refusal);
	else if (begun == NULL)
		es_count(&joined, 0);
	else
		carry(begun);
	return is_taken;
}

bool policy_bss_ask(struct policy_bss *bss, const struct policy_bss_question *q, struct policy_bss_waiter *waiter,
                    enum policy_bss_outcome *outcome)
{
	struct policy_bss_source *s = NULL;
	const uint64_t hash = hash_of(q->source, q->tenant, q->imsi);

	for (size_t i = 0; i < bss->source_count; i++)
		if (strcmp(bss->sources[i].name, q->source) == 0)
			s = &bss->sources[i];
	*outcome = s == NULL ? POLICY_BSS_AWAY : POLICY_BSS_NOT_ASKED;
	if (s == NULL) {
		es_error(q->trace, "bss.no_section", es_f_str("source", q->source), es_f_str("tenant", q->tenant));
		return false;
	}
	const bool needs_number =
		strstr(s->config->peer.url, "{msisdn}") != NULL || strstr(s->config->peer.url, "{number}") != NULL;
	if (s->peer.target == NULL || (needs_number && q->msisdn[0] == '\0'))
		return false;
	*outcome = POLICY_BSS_UNKNOWN;
	if (q->is_new && is_absent(bss, hash))
		return false;
	*outcome = POLICY_BSS_AWAY;
	if (q->deadline - LEFT_FOR_US_MS <= es_wall_ms()) { /* our own delay, and no failure of the source's */
		es_count(&questions, TOO_MANY);
		return false;
	}
	(void)pthread_rwlock_rdlock(&bss->asking); /* what is asked with lives until it ends */
	const bool is_taken = !bss->has_ended && ask_source(s, q, hash, waiter, outcome);
	(void)pthread_rwlock_unlock(&bss->asking);
	return is_taken;
}

uint32_t policy_bss_waiting_max(const struct policy_bss *bss)
{
	uint32_t most = 0;

	for (size_t i = 0; i < bss->source_count; i++)
		if (bss->sources[i].peer.target != NULL)
			most += bss->sources[i].config->peer.in_flight_max * WAITERS_EACH;
	return most;
}
