/* notify_fcm.h -- Firebase Cloud Messaging, HTTP v1: its request and its answers. Pure. */
#ifndef NOTIFY_FCM_H
#define NOTIFY_FCM_H

#include "notify_provider.h"

#define NOTIFY_FCM_PAYLOAD_MAX 4096

struct notify_fcm_settings {
	const char *url;      /* with the project in it, ".../v1/projects/P/messages:send" */
	const char *priority; /* "high", "normal" */
	const char *package;  /* restricted_package_name; "": none */
	const char *data;     /* template */
	bool collapses, direct_boot;
};

/* `bearer` as the header's value. */
es_status notify_fcm_request(const struct notify_fcm_settings *settings, const struct notify_message *message,
                             const char *bearer, struct es_arena *arena, struct notify_request *out) ES_MUST_USE;
void notify_fcm_heard(const struct notify_answer *answer, struct notify_reply *reply);

#endif
