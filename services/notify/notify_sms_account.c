/* notify_sms_account.c -- an account at an HTTP SMS gateway: its section, how much it is given, and notify_sms.c behind it. */
#include <pthread.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "notify_kind.h"
#include "notify_pace.h"
#include "notify_sms.h"

#define SECOND INT64_C(1000)

struct sms_config {
	const char *url, *user, *password_file, *bearer_file, *sender, *form, *body, *wake_body, *ca_file;
	int64_t timeout;
	uint32_t rate, in_flight_max, wake_port;
	bool plain_http;
};

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(sms, struct sms_config, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	KEY(url, ES_CONF_STRING, NULL, 0, 0, "where the gateway takes SMS, by POST"),
	KEY(user, ES_CONF_STRING, "", 0, 0, "user of HTTP Basic authentication; empty: none"),
	KEY(password_file, ES_CONF_STRING, "", 0, 0, "file with that user's password"),
	KEY(bearer_file, ES_CONF_STRING, "", 0, 0, "file with a bearer token instead of user and password"),
	KEY(sender, ES_CONF_STRING, "", 0, 0, "who the SMS is from: {from}"),
	KEY(form, ES_CONF_STRING, "json", 0, 0, "what the bodies are: json or form"),
	KEY(body, ES_CONF_STRING, "{\"to\":\"{to}\",\"from\":\"{from}\",\"text\":\"{text}\"}", 0, 0,
	    "body for a text, with {to}, {from} and {text}"),
	KEY(wake_body, ES_CONF_STRING, "", 0, 0,
	    "body for a wake-up, with {to}, {from} and, in hexadecimal, {udh} and {data}; empty: it takes texts only"),
	KEY(wake_port, ES_CONF_U32, "8095", 1, 65535, "destination port of wake-ups"),
	KEY(ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificate; empty: the system's"),
	KEY(timeout, ES_CONF_DURATION, "5s", 100, 30 * SECOND, "time it has to take an SMS"),
	KEY(rate, ES_CONF_U32, "0", 0, 100000, "wake-ups a second; 0: no bound"),
	KEY(in_flight_max, ES_CONF_U32, "16", 1, 256, "wake-ups under way at once"),
	KEY(plain_http, ES_CONF_BOOL, "no", 0, 0, "allow an http URL: for a gateway on this host"),
};

/* A wake-up under way. */
struct waking {
	struct sms_account *account;
	notify_told *told;
	void *user;
};

struct sms_account {
	struct notify_account base;
	struct notify_sms *sms;
	uint32_t in_flight_max;

	pthread_mutex_t lock; /* what follows */
	uint32_t in_flight;
	struct notify_pace pace;
	enum notify_account_state state;
	int64_t rests_until; /* mono ms */
};

static struct sms_account *of(struct notify_account *account)
{
	return (struct sms_account *)account;
}

/* ---- room ---- */

/* Locked. Why it is left alone is what its last answer was. */
static uint32_t room_of(struct sms_account *a, int64_t *again_ms)
{
	const int64_t now = es_mono_ms();

	*again_ms = SECOND;
	if (a->rests_until > now) {
		*again_ms = a->rests_until - now;
		return 0;
	}
	const uint32_t most = a->state == NOTIFY_WORKS ? a->in_flight_max : 1; /* one tries */
	if (a->in_flight >= most)
		return 0;
	const uint32_t paced = notify_pace_room(&a->pace, es_mono_us(), again_ms);
	return paced < most - a->in_flight ? paced : most - a->in_flight;
}

static uint32_t sms_room(struct notify_account *account, int64_t *again_ms)
{
	struct sms_account *a = of(account);

	(void)pthread_mutex_lock(&a->lock);
	const uint32_t room = room_of(a, again_ms);
	(void)pthread_mutex_unlock(&a->lock);
	return room;
}

static void note(struct sms_account *a, const struct notify_heard *heard)
{
	const int64_t now = es_mono_ms();

	(void)pthread_mutex_lock(&a->lock);
	a->in_flight--;
	if (heard->verdict == NOTIFY_STOPPED) {
		a->state = NOTIFY_STOPS;
		a->rests_until = now + 60 * SECOND;
	} else if (heard->verdict == NOTIFY_LATER) {
		a->state = NOTIFY_RESTS;
		a->rests_until = now + (heard->wait_ms > SECOND ? heard->wait_ms : SECOND);
	} else {
		a->state = NOTIFY_WORKS;
		a->rests_until = 0;
	}
	(void)pthread_mutex_unlock(&a->lock);
}

/* ---- notify_account_ops ---- */

static void woken(const struct notify_heard *heard, void *user)
{
	struct waking *w = user;
	struct sms_account *a = w->account;

	note(a, heard);
	w->told(heard, w->user);
	free(w);
	if (a->base.roomy != NULL)
		a->base.roomy(a->base.roomy_user);
}

static es_status sms_send(struct notify_account *account, const struct notify_message *message, notify_told *told,
                          void *user)
{
	struct sms_account *a = of(account);
	struct waking *w = malloc(sizeof *w);
	int64_t again;

	if (w == NULL)
		return ES_TOO_LARGE;
	*w = (struct waking){ a, told, user };
	(void)pthread_mutex_lock(&a->lock);
	const bool has_room = room_of(a, &again) > 0;
	if (has_room) {
		a->in_flight++;
		notify_pace_take(&a->pace, es_mono_us(), 1);
	}
	(void)pthread_mutex_unlock(&a->lock);
	const es_status status = has_room ? notify_sms_send_wake(a->sms, message, woken, w) : ES_BUSY;
	if (status == ES_OK)
		return ES_OK;
	free(w);
	if (has_room) {
		(void)pthread_mutex_lock(&a->lock);
		a->in_flight--;
		(void)pthread_mutex_unlock(&a->lock);
	}
	return status;
}

static es_status sms_text(struct notify_account *account, const struct notify_text *text, notify_told *told, void *user)
{
	return notify_sms_send(of(account)->sms, text, told, user);
}

static enum notify_account_state sms_state(struct notify_account *account)
{
	struct sms_account *a = of(account);

	(void)pthread_mutex_lock(&a->lock);
	const enum notify_account_state state = a->state;
	(void)pthread_mutex_unlock(&a->lock);
	return state;
}

static void sms_close(struct notify_account *account)
{
	struct sms_account *a = of(account);

	notify_sms_stop(a->sms);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

static const struct notify_account_ops ops = {
	.room = sms_room,
	.send = sms_send,
	.text = sms_text,
	.state = sms_state,
	.close = sms_close,
};

static es_status sms_open(const struct notify_section *section, struct notify_account **out, struct es_buf *error)
{
	const struct sms_config *c = section->config;
	const struct notify_sms_options options = { .prefix = "",
		                                        .url = c->url,
		                                        .user = c->user,
		                                        .password_file = c->password_file,
		                                        .bearer_file = c->bearer_file,
		                                        .sender = c->sender,
		                                        .form = c->form,
		                                        .body = c->body,
		                                        .wake_body = c->wake_body,
		                                        .ca_file = c->ca_file,
		                                        .timeout_ms = c->timeout,
		                                        .wake_port = c->wake_port,
		                                        .plain_http = c->plain_http };
	struct sms_account *a = calloc(1, sizeof *a);

	if (a == NULL)
		return ES_TOO_LARGE;
	a->base = (struct notify_account){ .ops = &ops, .kind = notify_kind_sms.name, .name = section->name };
	a->in_flight_max = c->in_flight_max;
	a->state = NOTIFY_WORKS;
	notify_pace_init(&a->pace, c->rate, es_mono_us());
	(void)pthread_mutex_init(&a->lock, NULL);
	const es_status status = notify_sms_start(&options, &a->sms, error);
	if (status != ES_OK) {
		sms_close(&a->base);
		return status;
	}
	*out = &a->base;
	return ES_OK;
}

const struct notify_kind notify_kind_sms = {
	.name = "sms",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.size = sizeof(struct sms_config),
	.is_sms = true,
	.open = sms_open,
};
