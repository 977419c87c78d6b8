/* notify_apns.h -- Apple's push service: its request and its answers. Pure. */
#ifndef NOTIFY_APNS_H
#define NOTIFY_APNS_H

#include "es_buf.h"
#include "notify_provider.h"

struct notify_apns_settings {
	const char *urls[2]; /* by host: "https://api.push.apple.com" */
	const char *topic, *push_type, *priority;
	const char *payload; /* template */
};

/* NULL, or which rule of Apple's is broken: background needs priority 5, some types a topic of their form; or the payload is
 * none, or too long for the type. */
const char *notify_apns_fault(const struct notify_apns_settings *settings);

/* `credential` as the header's value; "": the connection's certificate says who we are. */
es_status notify_apns_request(const struct notify_apns_settings *settings, const struct notify_message *message,
                              unsigned host, const char *credential, struct es_arena *arena,
                              struct notify_request *out) ES_MUST_USE;
void notify_apns_heard(const struct notify_answer *answer, struct notify_reply *reply);

/* The claims of a provider token. */
void notify_apns_claims(const char *team, int64_t now_s, struct es_buf *out);

#endif
