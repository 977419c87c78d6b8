/* notify_wns.h -- Windows' push service: where it may be asked, its request and its answers. Pure. */
#ifndef NOTIFY_WNS_H
#define NOTIFY_WNS_H

#include "notify_provider.h"

#define NOTIFY_WNS_HEADER "X-WNS-Status"
#define NOTIFY_WNS_URI_MAX 1024
#define NOTIFY_WNS_PAYLOAD_MAX 5000

struct notify_wns_settings {
	const char *host_suffix; /* "notify.windows.com" */
	uint32_t port;           /* that a channel URI may name; 0: none */
	const char *payload;     /* template */
	bool caches;             /* one is kept for a device that is away */
};

/* A channel URI comes from a device, and what is posted to it carries our access token: only https, only hosts of that name or
 * below it, no user in it, no other port; and only characters that no two readers of URIs take for different things. */
bool notify_wns_uri_is_allowed(struct es_slice uri, const char *host_suffix, uint32_t port);

/* ES_DENIED: the message's address is not one to be asked. */
es_status notify_wns_request(const struct notify_wns_settings *settings, const struct notify_message *message,
                             const char *bearer, struct es_arena *arena, struct notify_request *out) ES_MUST_USE;
/* answer.said is X-WNS-Status. */
void notify_wns_heard(const struct notify_answer *answer, struct notify_reply *reply);

#endif
