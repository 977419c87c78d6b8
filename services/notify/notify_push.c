/* notify_push.c -- one message: admitted, given a credential, asked of the provider, perhaps a second time, told of. */
#include "notify_push.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"

#define REQUEST_MAX 65536
#define ANSWER_MAX 16384
#define STOPPED_MS 60000
#define ASK_AGAIN_MS 1000
#define KEEP_MS (20 * 60000)

struct trip {
	struct notify_push *push;
	struct notify_message message; /* what it points to is the sender's, until it is told */
	notify_told *told;
	void *user;
	int64_t deadline;
	unsigned host, turn;
	bool is_second, has_fetched, is_probe; /* is_probe: the one while the account is stopped */
	struct notify_reply reply;             /* of what ended before it was sent */
	char *credential;                      /* that it was sent with */
};

/* ---- room ---- */

/* Ms until something may be asked; 0: now. Under the lock. */
static int64_t rest_of(const struct notify_push *p, int64_t now)
{
	if (p->rests_until > now)
		return p->rests_until - now;
	if (p->stopped_until > now)
		return p->stopped_until - now;
	return p->stopped_until != 0 && p->is_trying ? ASK_AGAIN_MS : 0;
}

static uint32_t room(struct notify_account *account, int64_t *again_ms)
{
	struct notify_push *p = (struct notify_push *)account;
	const int64_t now = es_mono_ms();
	int64_t wait = 0;

	uint32_t count = es_peer_room_left(&p->room, again_ms);
	if (count == 0)
		return 0;
	(void)pthread_mutex_lock(&p->lock);
	const int64_t rest = rest_of(p, now);
	const uint32_t paced = notify_pace_room(&p->pace, es_mono_us(), &wait);
	if (p->stopped_until != 0 && count > 1)
		count = 1;
	(void)pthread_mutex_unlock(&p->lock);
	if (rest == 0 && paced > 0)
		return count < paced ? count : paced;
	*again_ms = rest > wait ? rest : wait;
	return 0;
}

static enum notify_account_state state(struct notify_account *account)
{
	struct notify_push *p = (struct notify_push *)account;
	(void)pthread_mutex_lock(&p->lock);
	const bool is_stopped = p->stopped_until != 0, rests = p->rests_until > es_mono_ms();
	(void)pthread_mutex_unlock(&p->lock);
	return is_stopped ? NOTIFY_STOPS : rests || es_peer_rests(&p->room) ? NOTIFY_RESTS : NOTIFY_WORKS;
}

static bool admit(struct notify_push *p, bool *is_probe)
{
	bool may = false;
	int64_t wait;

	(void)pthread_mutex_lock(&p->lock);
	may = !p->is_closing && rest_of(p, es_mono_ms()) == 0 && notify_pace_room(&p->pace, es_mono_us(), &wait) > 0;
	if (may && es_peer_enter(&p->room) != ES_PEER_ENTERED)
		may = false;
	*is_probe = may && p->stopped_until != 0;
	if (*is_probe)
		p->is_trying = true;
	if (may)
		notify_pace_take(&p->pace, es_mono_us(), 1);
	(void)pthread_mutex_unlock(&p->lock);
	return may;
}

/* ---- the end of a message ---- */

/* What it says of the account. True: it has stopped, or works again. */
static bool settle(struct notify_push *p, const struct trip *t, const struct notify_reply *reply)
{
	const bool is_stopped = reply->heard.verdict == NOTIFY_STOPPED;
	const int64_t now = es_mono_ms();

	(void)pthread_mutex_lock(&p->lock);
	const bool was_stopped = p->stopped_until != 0;
	if (t->is_probe)
		p->is_trying = false;
	if (is_stopped)
		p->stopped_until = now + STOPPED_MS;
	else if (t->has_fetched && reply->is_sound && reply->heard.verdict != NOTIFY_LATER)
		p->stopped_until = 0;
	else if (t->is_probe)
		p->stopped_until = now + STOPPED_MS; /* nobody knows yet */
	if (reply->rest_ms > 0 && p->rests_until < now + reply->rest_ms)
		p->rests_until = now + reply->rest_ms;
	const bool has_turned = was_stopped != (p->stopped_until != 0);
	(void)pthread_mutex_unlock(&p->lock);
	return has_turned;
}

static void say_turns(struct notify_push *p, const struct trip *t, const struct notify_reply *reply,
                      enum es_peer_turn turn, bool has_turned)
{
	const struct es_field fields[] = { es_f_str("account", p->account.name),
		                               es_f_str("reason", notify_reason_names[reply->heard.reason]),
		                               es_f_str("detail", reply->heard.detail) };
	const bool is_stopped = reply->heard.verdict == NOTIFY_STOPPED;

	if (turn != ES_PEER_AS_BEFORE)
		es_log_event(ES_LOG_WARN, &t->message.trace,
		             turn == ES_PEER_IS_BACK ? "notify.account_is_back" : "notify.account_rests", fields,
		             ES_COUNT(fields));
	if (has_turned)
		es_log_event(is_stopped ? ES_LOG_ERROR : ES_LOG_WARN, &t->message.trace,
		             is_stopped ? "notify.account_stopped" : "notify.account_works", fields, ES_COUNT(fields));
}

static void free_trip(struct trip *t)
{
	if (t->credential != NULL)
		es_wipe(t->credential, strlen(t->credential));
	free(t->credential);
	free(t);
}

static void finish(struct trip *t, const struct notify_reply *reply, enum es_peer_health health)
{
	struct notify_push *p = t->push;
	const struct notify_account *account = &p->account;
	const enum es_peer_turn turn = es_peer_note(&p->room, health);

	say_turns(p, t, reply, turn, settle(p, t, reply));
	es_peer_leave(&p->room);
	t->told(&reply->heard, t->user);
	if (account->roomy != NULL)
		account->roomy(account->roomy_user);
	free_trip(t);
}

static void fail(struct trip *t, enum notify_verdict verdict, enum notify_reason reason, const char *detail,
                 enum es_peer_health health)
{
	struct notify_reply reply = { .heard = { .verdict = verdict, .reason = reason } };

	(void)snprintf(reply.heard.detail, sizeof reply.heard.detail, "%s", detail);
	finish(t, &reply, health);
}

/* ---- before it is sent: told on another thread than the sender's ---- */

static void tell_unsent(void *user)
{
	struct trip *t = user;
	const bool is_away = t->reply.heard.reason == NOTIFY_WHY_UNREACHABLE ||
	                     t->reply.heard.reason == NOTIFY_WHY_PROVIDER ||
	                     t->reply.heard.reason == NOTIFY_WHY_NOT_READABLE;

	/* What could not be had is the credential: a part of the provider's health. */
	finish(t, &t->reply, is_away && !t->push->is_closing ? ES_PEER_BAD : ES_PEER_NOT_ASKED);
}

static void end_unsent(struct trip *t, const struct notify_heard *heard)
{
	t->reply = (struct notify_reply){ .heard = *heard };
	/* Its queue holds as many as may be under way. */
	if (es_worker_submit(t->push->worker, tell_unsent, t) != ES_OK)
		tell_unsent(t);
}

static void end_unsent_by(struct trip *t, es_status status)
{
	struct notify_heard heard = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_RATE };

	if (status == ES_MALFORMED || status == ES_TOO_LARGE)
		heard = (struct notify_heard){ .verdict = NOTIFY_REFUSED, .reason = NOTIFY_WHY_MESSAGE };
	(void)snprintf(heard.detail, sizeof heard.detail, "not sent: %s", es_status_name(status));
	end_unsent(t, &heard);
}

/* ---- the answer ---- */

static void set_out(struct trip *t);

static void turn_away(struct notify_push *p, const struct trip *t)
{
	struct notify_push_host *host = &p->hosts[t->host];

	(void)pthread_mutex_lock(&p->lock);
	if (host->turn == t->turn) { /* the first that says so of this connection */
		host->turn++;
		host->is_fresh = true;
	}
	(void)pthread_mutex_unlock(&p->lock);
}

/* True: it is under way once more. */
static bool try_remedy(struct trip *t, const struct notify_reply *reply)
{
	struct notify_push *p = t->push;

	if (reply->keeps_credential && p->credential != NULL)
		notify_credential_keep(p->credential, KEEP_MS);
	if (reply->remedy == NOTIFY_NEW_CREDENTIAL && p->credential != NULL)
		notify_credential_drop(p->credential, t->credential);
	if (reply->leaves || reply->remedy == NOTIFY_NEW_CONNECTION)
		turn_away(p, t);
	if (reply->remedy == NOTIFY_NO_REMEDY || t->is_second || p->is_closing ||
	    (reply->remedy == NOTIFY_OTHER_HOST && t->host + 1 >= p->host_count))
		return false;
	if (reply->remedy == NOTIFY_OTHER_HOST)
		t->host++;
	t->is_second = true;
	set_out(t);
	return true;
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct trip *t = user;
	struct notify_reply reply;
	const struct notify_answer heard = { .code = answer->code,
		                                 .body = answer->body,
		                                 .said = answer->noted,
		                                 .retry_after_ms =
		                                     answer->retry_after_s < 0 ? -1 : answer->retry_after_s * 1000,
		                                 .now_ms = es_wall_ms() };

	t->has_fetched = true;
	if (answer->status == ES_MALFORMED || answer->status == ES_TOO_LARGE) {
		fail(t, NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE, answer->why, ES_PEER_BAD);
		return;
	}
	if (answer->status != ES_OK) {
		fail(t, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, answer->why,
		     t->push->is_closing ? ES_PEER_NOT_ASKED : ES_PEER_BAD);
		return;
	}
	t->push->ops->read(t->push, &heard, &reply);
	if (!try_remedy(t, &reply))
		finish(t, &reply, reply.is_sound ? ES_PEER_GOOD : ES_PEER_BAD);
}

/* ---- the request ---- */

static es_status fetch(struct trip *t, const struct notify_request *request)
{
	struct notify_push *p = t->push;
	struct notify_push_host *host = &p->hosts[t->host];
	struct es_fetch_header headers[NOTIFY_HEADERS_MAX];

	for (size_t i = 0; i < request->header_count; i++)
		headers[i] = (struct es_fetch_header){ request->headers[i].name, request->headers[i].value };
	(void)pthread_mutex_lock(&p->lock);
	t->turn = host->turn;
	const bool is_fresh = host->is_fresh;
	host->is_fresh = false;
	(void)pthread_mutex_unlock(&p->lock);
	const struct es_fetch_request fetched = { .method = "POST",
		                                      .url = request->url,
		                                      .headers = headers,
		                                      .header_count = request->header_count,
		                                      .body = request->body,
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = t->deadline,
		                                      .note = p->answer_header,
		                                      .is_once = is_fresh,
		                                      .is_secret = true };
	return es_fetch(host->targets[t->turn % 2], &fetched, on_answer, t);
}

static void on_credential(const char *credential, const struct notify_heard *why, void *user)
{
	struct trip *t = user;
	struct notify_heard refusal = { .verdict = NOTIFY_REFUSED, .reason = NOTIFY_WHY_MESSAGE };
	struct notify_request request;
	struct es_arena *arena;

	if (credential == NULL) {
		end_unsent(t, why);
		return;
	}
	if (t->credential != NULL)
		es_wipe(t->credential, strlen(t->credential));
	free(t->credential);
	t->credential = strdup(credential);
	arena = es_arena_new(0, REQUEST_MAX);
	if (t->credential == NULL || arena == NULL) {
		es_arena_free(arena);
		end_unsent_by(t, ES_BUSY);
		return;
	}
	es_arena_set_secret(arena);
	const bool is_written =
		t->push->ops->write(t->push, &t->message, t->host, t->credential, arena, &request, &refusal);
	const es_status status = is_written ? fetch(t, &request) : ES_OK;
	es_arena_free(arena);
	if (!is_written)
		end_unsent(t, &refusal);
	else if (status != ES_OK)
		end_unsent_by(t, status);
}

static void set_out(struct trip *t)
{
	if (t->push->credential != NULL)
		notify_credential_get(t->push->credential, t->deadline, on_credential, t);
	else
		on_credential("", NULL, t);
}

static es_status send(struct notify_account *account, const struct notify_message *message, notify_told *told,
                      void *user)
{
	struct notify_push *p = (struct notify_push *)account;
	const int64_t own = es_wall_ms() + p->settings->timeout;
	struct trip *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ES_TOO_LARGE;
	if (!admit(p, &t->is_probe)) {
		free(t);
		return ES_BUSY;
	}
	t->push = p;
	t->message = *message;
	t->told = told;
	t->user = user;
	t->deadline = message->deadline < own ? message->deadline : own;
	set_out(t);
	return ES_OK;
}

/* ---- life ---- */

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

es_status notify_push_target(struct notify_push *p, const char *name, bool has_identity, struct es_fetch_target **out,
                             struct es_buf *error)
{
	const struct notify_push_settings *s = p->settings;
	const struct es_fetch_target_options options = { .name = name,
		                                             .ca_file = or_null(s->ca_file),
		                                             .cert_file = has_identity ? or_null(s->cert_file) : NULL,
		                                             .key_file = has_identity ? or_null(s->cert_key_file) : NULL,
		                                             .connections_max = s->connections_max,
		                                             .streams_max = s->in_flight_max };

	return es_fetch_target_new(p->fetcher, &options, out, error);
}

/* First nobody gets a credential any more, then requests end, last what ended before its request. */
void notify_push_end(struct notify_push *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->is_closing = true;
	(void)pthread_mutex_unlock(&p->lock);
	if (p->credential != NULL)
		notify_credential_stop(p->credential);
	if (p->credential != NULL && p->settles_credential)
		notify_credential_settle(p->credential);
	es_fetcher_stop(p->fetcher);
	es_worker_free(p->worker);
	assert(p->room.in_flight == 0);
	es_peer_room_destroy(&p->room);
	(void)pthread_mutex_destroy(&p->lock);
	p->ops->free(p);
}

static void close_account(struct notify_account *account)
{
	notify_push_end((struct notify_push *)account);
}

es_status notify_push_begin(struct notify_push *p, const char *kind, const struct notify_section *section,
                            const struct notify_push_settings *settings, unsigned host_count, struct es_buf *error)
{
	static const struct notify_account_ops ops = { .room = room, .send = send, .state = state, .close = close_account };
	/* Of those under way, each asks once at a time; and a token request. */
	const struct es_fetcher_options fetcher = { .name = section->name, .in_flight_max = settings->in_flight_max + 8 };

	p->account = (struct notify_account){ .ops = &ops, .kind = kind, .name = section->name };
	p->settings = settings;
	p->host_count = host_count;
	es_peer_room_init(&p->room, settings->in_flight_max, settings->breaker_failures, settings->breaker_open);
	(void)pthread_mutex_init(&p->lock, NULL);
	notify_pace_init(&p->pace, settings->rate, es_mono_us());
	if ((p->worker = es_worker_new(section->name, 1, settings->in_flight_max)) == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_fetcher_start(&fetcher, &p->fetcher, error));
	for (unsigned h = 0; h < host_count; h++)
		for (unsigned i = 0; i < 2; i++)
			ES_TRY(notify_push_target(p, section->name, true, &p->hosts[h].targets[i], error));
	return ES_OK;
}
