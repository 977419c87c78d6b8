/* notify_process.h -- the parts of openes-notify put together, for main.c and for tests. */
#ifndef NOTIFY_PROCESS_H
#define NOTIFY_PROCESS_H

#include "es_bus.h"
#include "es_service.h"

/* The [notify] section. */
struct notify_config {
	struct es_service_config base;
	const char *bus_listen;
	const char *db;
	const char *push_keys_file; /* es_keyring.h */
	const char *policy_target, *policy_events, *esim_target, *esim_events;
	const char *channels_file; /* notify_channels.h; "": nobody is woken */
	int64_t lease;             /* ms */
	uint32_t flights_max;
	int64_t failures_kept; /* ms */
	int64_t events_poll;   /* ms */
	uint32_t calls_max;
	const char *sms_url, *sms_user, *sms_password_file, *sms_bearer_file, *sms_sender, *sms_form, *sms_body;
	const char *sms_ca_file;
	int64_t sms_timeout; /* ms */
	bool sms_plain_http;
};

extern const struct es_service_ops notify_service;

struct notify_process;
es_status notify_process_start(const struct notify_config *config, struct es_bus_key *key, struct notify_process **out,
                               struct es_buf *error) ES_MUST_USE;
void notify_process_stop(struct notify_process *process, int64_t wait_ms);
bool notify_process_is_ready(struct notify_process *process);

#endif
