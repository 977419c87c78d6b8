/* notify_service.c -- openes-notify as a process: its configuration and its life (es_service.h). */
#include "notify_process.h"

#include "es_cleanup.h"

#define SECOND INT64_C(1000)

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(notify, struct notify_config, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	ES_SERVICE_CONF_KEYS(notify, struct notify_config, "127.0.0.1:9104"),
	KEY(bus_listen, ES_CONF_STRING, "ipc:///run/openes/notify.sock", 0, 0, "where the other processes reach this one"),
	KEY(db, ES_CONF_SECRET, "sqlite:/var/lib/openes/notify.db", 0, 0, "sqlite:PATH or postgresql://..."),
	KEY(push_keys_file, ES_CONF_STRING, NULL, 0, 0, "key ring that seals push tokens in the database"),
	KEY(policy_target, ES_CONF_STRING, "ipc:///run/openes/policy.sock", 0, 0, "where policy listens"),
	KEY(policy_events, ES_CONF_STRING, "ipc:///run/openes/policy-events.sock", 0, 0, "where policy rings for changes"),
	KEY(esim_target, ES_CONF_STRING, "ipc:///run/openes/esim.sock", 0, 0, "where esim listens"),
	KEY(esim_events, ES_CONF_STRING, "ipc:///run/openes/esim-events.sock", 0, 0, "where esim rings for changes"),
	KEY(channels_file, ES_CONF_STRING, "", 0, 0,
	    "accounts at push providers and SMS centres, and how tenants use them; empty: nobody is woken"),
	KEY(lease, ES_CONF_DURATION, "1m", 2 * SECOND, 3600 * SECOND,
	    "after that another process may send what this one took; a message has half of it to be accepted in"),
	KEY(flights_max, ES_CONF_U32, "1024", 1, 4096, "messages under way at once"),
	KEY(failures_kept, ES_CONF_DURATION, "30d", 3600 * SECOND, 3650 * 86400 * SECOND,
	    "how long wake-ups that were given up stay to be looked at"),
	KEY(events_poll, ES_CONF_DURATION, "10s", SECOND, 3600 * SECOND, "how long a lost ring may go unnoticed"),
	KEY(calls_max, ES_CONF_U32, "256", 1, 65536, "calls in work at once; more are answered busy"),
	KEY(sms_url, ES_CONF_STRING, "", 0, 0,
	    "where the operator's SMS gateway takes texts, by POST; empty: none, and no one-time code is ever sent"),
	KEY(sms_user, ES_CONF_STRING, "", 0, 0, "user of HTTP Basic authentication at that gateway; empty: none"),
	KEY(sms_password_file, ES_CONF_STRING, "", 0, 0, "file with that user's password"),
	KEY(sms_bearer_file, ES_CONF_STRING, "", 0, 0, "file with a bearer token instead of user and password"),
	KEY(sms_sender, ES_CONF_STRING, "", 0, 0, "who the SMS is from: {from} in sms_body"),
	KEY(sms_form, ES_CONF_STRING, "json", 0, 0, "what sms_body is: json or form"),
	KEY(sms_body, ES_CONF_STRING, "{\"to\":\"{to}\",\"from\":\"{from}\",\"text\":\"{text}\"}", 0, 0,
	    "body of the request, with {to}, {from} and {text} where the values go, escaped for that form"),
	KEY(sms_ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of that gateway's certificate; empty: the system's"),
	KEY(sms_timeout, ES_CONF_DURATION, "5s", 100, 30 * SECOND, "time that gateway has to take a text"),
	KEY(sms_plain_http, ES_CONF_BOOL, "no", 0, 0, "allow an http URL: for a gateway on this host"),
};

static es_status start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	struct notify_process *process = NULL;

	ES_TRY(notify_process_start(config, es_service_bus_key(service), &process, error));
	*state = process;
	return ES_OK;
}

static bool is_ready(void *state)
{
	return notify_process_is_ready(state);
}

static void stop(void *state, int64_t wait_ms)
{
	notify_process_stop(state, wait_ms);
}

const struct es_service_ops notify_service = {
	.name = "notify",
	.summary = "keeps the push registrations of devices (TS.43 2.6), follows policy's and esim's events and wakes whom "
			   "they concern, sends SMS with one-time codes",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.config_size = sizeof(struct notify_config),
	.start = start,
	.is_ready = is_ready,
	.stop = stop,
};
