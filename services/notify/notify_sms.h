/* notify_sms.h -- SMS through an operator's HTTP gateway: texts (NOTIFY_SMS), and wake-ups where it takes octets.
 *
 * One POST for each, made of a template: operators' gateways differ in little but the names of fields. Accepted means answered
 * 2xx. A text is never sent twice by us, and what became of it is said in the log without it. */
#ifndef NOTIFY_SMS_H
#define NOTIFY_SMS_H

#include "es_fetch.h"
#include "es_slice.h"
#include "es_trace.h"
#include "notify_account.h"
#include "notify_message.h"

struct notify_sms_options {
	const char *prefix;               /* of keys' names, for faults: "sms_" or "" */
	const char *url;                  /* "": no gateway, every text is ES_UNAVAILABLE */
	const char *user, *password_file; /* HTTP Basic; "": none */
	const char *bearer_file;          /* Authorization: Bearer; "": none */
	const char *sender;               /* {from} */
	const char *form;                 /* "json" or "form": how values are escaped */
	const char *body;                 /* template with {to}, {from}, {text} */
	const char *wake_body;            /* of a wake-up, with {to}, {from}, {udh}, {data}; "": it takes texts only */
	const char *ca_file;              /* "": the system's */
	int64_t timeout_ms;
	uint32_t wake_port;
	bool plain_http;
};

struct notify_sms;
es_status notify_sms_start(const struct notify_sms_options *options, struct notify_sms **out,
                           struct es_buf *error) ES_MUST_USE;
/* Ends what is under way. NULL is fine. */
void notify_sms_stop(struct notify_sms *sms);

/* `told` runs once, on the fetcher's thread, unless the return is not ES_OK. ES_UNAVAILABLE: there is no gateway. */
es_status notify_sms_send(struct notify_sms *sms, const struct notify_text *text, notify_told *told,
                          void *user) ES_MUST_USE;
bool notify_sms_wakes(const struct notify_sms *sms);
/* One SMS: ES_TOO_LARGE when its applications do not fit. */
es_status notify_sms_send_wake(struct notify_sms *sms, const struct notify_message *message, notify_told *told,
                               void *user) ES_MUST_USE;

void notify_sms_metrics(void);

#endif
