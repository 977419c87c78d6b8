/* notify_rules.h -- how a tenant's clients are woken (channels_file says it, notify_channels.h). Pure. */
#ifndef NOTIFY_RULES_H
#define NOTIFY_RULES_H

#include "notify_message.h"

enum notify_order { NOTIFY_PUSH_THEN_SMS, NOTIFY_PUSH_ONLY, NOTIFY_SMS_ONLY, NOTIFY_NOBODY };

struct notify_rules {
	const char *apns, *fcm, *wns, *sms; /* names of accounts; "": none. GCM is fcm's */
	enum notify_order order;            /* `order`: "push sms", "push", "sms", "none" */
	int64_t ttl;                        /* ms: how long a wake-up is worth sending */
	int64_t coalesce;                   /* ms: how long more events are waited for before the first message */
	int64_t device_interval;            /* ms: between two messages to one client */
	int64_t sms_interval;               /* ms: between two SMS to one line */
	int64_t retry_first, retry_max;     /* ms: the back-off, doubling, with jitter */
	uint32_t rate;                      /* messages a second of this tenant, of this process; 0: no bound */
	uint32_t mass_rate;                 /* wake-ups a second of a mass change */
	int64_t mass_delay;                 /* ms: how long a mass change waits for another edit of the same */
	bool mass_hold;                     /* a mass change waits for a person to resume it */
	bool also_vowifi; /* name ap2004 beside ap2003 and ap2005 to who is registered for it: a client of Android's acts on
	                     that alone */
};

/* "": none. */
const char *notify_rules_account(const struct notify_rules *rules, enum notify_channel channel);

#endif
