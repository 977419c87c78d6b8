/* notify_account.h -- an account at a provider: an Apple key with its topic, a Firebase project, a bind to an SMSC.
 *
 * Whoever sends asks how much room there is, gives that many messages, and hears of each once. An account never keeps a message
 * beyond its deadline, sends it a second time only at once and for a remedy (notify_provider.h), and is stopped before what it was
 * opened with is freed. Any thread. */
#ifndef NOTIFY_ACCOUNT_H
#define NOTIFY_ACCOUNT_H

#include "es_status.h"
#include "notify_message.h"

struct notify_account;

/* Once, on a thread of the account's; must not block. `heard` is valid during the call. */
typedef void notify_told(const struct notify_heard *heard, void *user);
/* There may be more room than before: on any thread, must not block. */
typedef void notify_roomy(void *user);

enum notify_account_state {
	NOTIFY_WORKS,
	NOTIFY_RESTS,      /* left alone for a while, after failures in a row */
	NOTIFY_STOPS,      /* the provider refuses our credential; tried again each minute with one message */
	NOTIFY_CONNECTING, /* of a bind */
};

struct notify_account_ops {
	/* How many messages it would take now: bound by what is under way, the rate, the provider's health. 0: `again_ms` says in
	 * how many ms to ask again (at the latest: notify_roomy may come before). */
	uint32_t (*room)(struct notify_account *account, int64_t *again_ms);
	/* ES_OK: `told` runs once. ES_BUSY: no room after all; anything else: not sent, `told` never runs. */
	es_status (*send)(struct notify_account *account, const struct notify_message *message, notify_told *told,
	                  void *user);
	/* A text to a number; NULL where the account is not one for SMS. Sent once and never again: told ACCEPTED or not. */
	es_status (*text)(struct notify_account *account, const struct notify_text *text, notify_told *told, void *user);
	enum notify_account_state (*state)(struct notify_account *account);
	/* Ends what is under way, each told NOTIFY_LATER, and frees. */
	void (*close)(struct notify_account *account);
};

/* The first member of each kind's own struct. */
struct notify_account {
	const struct notify_account_ops *ops;
	const char *kind;    /* "apns", "fcm", "wns", "smsc", "sms" */
	const char *name;    /* of its section */
	notify_roomy *roomy; /* set before the first message, with its user */
	void *roomy_user;
};

#endif
