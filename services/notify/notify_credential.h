/* notify_credential.h -- what an account shows its provider: asked for once by many, kept while it is good. Any thread. */
#ifndef NOTIFY_CREDENTIAL_H
#define NOTIFY_CREDENTIAL_H

#include <pthread.h>

#include "es_slice.h"
#include "notify_message.h"

#define NOTIFY_CREDENTIAL_MAX 4200

struct notify_credential;
/* Asks for a new one; must tell of it once, now or later, on any thread. `deadline`: wall ms. */
typedef void notify_credential_ask(struct notify_credential *credential, int64_t deadline, void *user);
/* `value` is that of an Authorization header; NULL: `why` says what becomes of the message. */
typedef void notify_credential_ready(const char *value, const struct notify_heard *why, void *user);

struct notify_credential_waiter;

struct notify_credential {
	pthread_mutex_t lock;
	pthread_cond_t told;
	notify_credential_ask *ask;
	void *user;
	char value[NOTIFY_CREDENTIAL_MAX];
	int64_t good_until, kept_until; /* mono ms */
	struct notify_credential_waiter *waiters;
	unsigned telling;
	bool is_asking, is_stopping;
};

void notify_credential_init(struct notify_credential *credential, notify_credential_ask *ask, void *user);
/* `ready` runs once: here when there is one, otherwise by whoever tells of it. */
void notify_credential_get(struct notify_credential *credential, int64_t deadline, notify_credential_ready *ready,
                           void *user);
/* Good for `life_ms`; for `kept_ms` of it whatever is said of it: no other one could be had. */
void notify_credential_told(struct notify_credential *credential, struct es_slice value, int64_t life_ms,
                            int64_t kept_ms);
void notify_credential_failed(struct notify_credential *credential, const struct notify_heard *why);
/* That one was refused: the next is asked for anew, unless it is another already, or is to be kept. */
void notify_credential_drop(struct notify_credential *credential, const char *value);
/* It stays as it is, whatever is said of it, for so long. */
void notify_credential_keep(struct notify_credential *credential, int64_t ms);
/* Whoever asks from now on gets none. */
void notify_credential_stop(struct notify_credential *credential);
/* Waits until one that is being asked for is told of; where nobody else ends that. */
void notify_credential_settle(struct notify_credential *credential);
void notify_credential_destroy(struct notify_credential *credential);

#endif
