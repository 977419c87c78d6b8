/* notify_sms.h -- texts to numbers through the operator's HTTP SMS gateway (NOTIFY_SMS).
 *
 * One POST for each text, made of a template: operators' gateways differ in little but the names of three fields. Accepted
 * means answered 2xx; whatever else happens is ES_UNAVAILABLE to the caller, said in the log without the text. A text is
 * never sent twice by us. */
#ifndef NOTIFY_SMS_H
#define NOTIFY_SMS_H

#include "es_fetch.h"
#include "es_slice.h"
#include "es_trace.h"

struct notify_sms_options {
	const char *url;                  /* "": no gateway, every text is ES_UNAVAILABLE */
	const char *user, *password_file; /* HTTP Basic; "": none */
	const char *bearer_file;          /* Authorization: Bearer; "": none */
	const char *sender;               /* {from} */
	const char *form;                 /* "json" or "form": how values are escaped */
	const char *body;                 /* template with {to}, {from}, {text} */
	const char *ca_file;              /* "": the system's */
	int64_t timeout_ms;
	bool plain_http;
};

struct notify_sms;
es_status notify_sms_start(const struct notify_sms_options *options, struct notify_sms **out,
                           struct es_buf *error) ES_MUST_USE;
/* Ends what is under way. NULL is fine. */
void notify_sms_stop(struct notify_sms *sms);

typedef void notify_sms_done(es_status status, const char *detail, void *user);
struct notify_sms_text {
	struct es_slice tenant, msisdn, text; /* copied */
	int64_t deadline;                     /* wall ms */
	const struct es_trace *trace;
};
/* `done` runs once, on the fetcher's thread, unless the return is not ES_OK. */
es_status notify_sms_send(struct notify_sms *sms, const struct notify_sms_text *text, notify_sms_done *done,
                          void *user) ES_MUST_USE;

void notify_sms_metrics(void);

#endif
