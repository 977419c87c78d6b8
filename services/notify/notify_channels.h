/* notify_channels.h -- channels_file: accounts at providers, and which of them a tenant uses, by what rules.
 *
 *     [default]            rules of all tenants
 *     fcm = firebase
 *     sms = smsc-1
 *     [tenant demo]        rules of one; what it does not say is as [default] has it
 *     apns = apple
 *     [fcm firebase] ...   [apns apple] ...   [wns windows] ...   [smsc smsc-1] ...   [sms gateway] ...
 *
 * Read once, at start. Without a file, or for a channel without account, nobody is woken that way. Immutable; any thread. */
#ifndef NOTIFY_CHANNELS_H
#define NOTIFY_CHANNELS_H

#include "es_buf.h"
#include "es_keyring.h"
#include "notify_account.h"

struct notify_store;

enum notify_order { NOTIFY_PUSH_THEN_SMS, NOTIFY_PUSH_ONLY, NOTIFY_SMS_ONLY, NOTIFY_NOBODY };

/* How a tenant's clients are woken. */
struct notify_rules {
	const char *apns, *fcm, *wns, *sms; /* names of accounts; "": none. GCM is fcm's */
	enum notify_order order;            /* `order`: "push sms", "push", "sms", "none" */
	int64_t ttl;                        /* ms: how long a wake-up is worth sending */
	int64_t coalesce;                   /* ms: how long more events are waited for before the first message */
	int64_t device_interval;            /* ms: between two messages to one client */
	int64_t retry_first, retry_max;     /* ms: the back-off, doubling, with jitter */
	uint32_t rate;                      /* messages a second of this tenant, of this process; 0: no bound */
	uint32_t mass_rate;                 /* wake-ups a second of a mass change */
	int64_t mass_delay;                 /* ms: how long a mass change waits for another edit of the same */
	bool mass_hold;                     /* a mass change waits for a person to resume it */
	bool also_vowifi; /* name ap2004 beside ap2003 and ap2005 to who is registered for it: a client of Android's acts on
	                     that alone */
};

struct notify_channels;
/* `path` "": nothing is configured. `store` (borrowed) keeps credentials that processes share. What is wrong in the file is said
 * with file, line and key. */
es_status notify_channels_open(const char *path, struct notify_store *store, struct notify_channels **out,
                               struct es_buf *error) ES_MUST_USE;
/* Stops and frees all accounts, whose messages are told of meanwhile; NULL is fine. */
void notify_channels_close(struct notify_channels *channels);
/* Before the first message. */
void notify_channels_on_room(struct notify_channels *channels, notify_roomy *roomy, void *user);

const struct notify_rules *notify_channels_rules(const struct notify_channels *channels, const char *tenant);
/* "": none. */
const char *notify_rules_account(const struct notify_rules *rules, enum notify_channel channel);
/* NULL: no such section. */
struct notify_account *notify_channels_account(struct notify_channels *channels, const char *name);
size_t notify_channels_count(const struct notify_channels *channels);
struct notify_account *notify_channels_at(struct notify_channels *channels, size_t i);

#endif
