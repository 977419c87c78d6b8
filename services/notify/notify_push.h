/* notify_push.h -- what accounts at push providers have in common: connections, bounds, credentials, second tries.
 *
 * A provider's own account begins with this struct and says by its ops what a request is and what an answer means. */
#ifndef NOTIFY_PUSH_H
#define NOTIFY_PUSH_H

#include "es_fetch.h"
#include "es_peer.h"
#include "es_worker.h"
#include "notify_credential.h"
#include "notify_kind.h"
#include "notify_pace.h"
#include "notify_provider.h"

#define NOTIFY_PUSH_HOSTS 2

/* Keys that each of their sections has. */
struct notify_push_settings {
	const char *ca_file, *cert_file,
		*cert_key_file; /* cert_*: a kind's own keys, where it has them; NULL or "": none */
	int64_t timeout;    /* ms */
	uint32_t in_flight_max, connections_max, rate;
	uint32_t breaker_failures;
	int64_t breaker_open; /* ms */
};

/* clang-format off */
#define NOTIFY_PUSH_KEYS(section, type, member, timeout_, in_flight_, connections_) \
	ES_PEER_KEY(section, type, member, ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificates; empty: the system's"), \
	ES_PEER_KEY(section, type, member, timeout, ES_CONF_DURATION, timeout_, 100, 60000, "time for one message, a credential included"), \
	ES_PEER_KEY(section, type, member, in_flight_max, ES_CONF_U32, in_flight_, 1, 4096, "messages under way at once"), \
	ES_PEER_KEY(section, type, member, connections_max, ES_CONF_U32, connections_, 1, 64, "connections that they share"), \
	ES_PEER_KEY(section, type, member, rate, ES_CONF_U32, "0", 0, 1000000, "messages a second of this account, of this process; 0: no bound"), \
	ES_PEER_KEY(section, type, member, breaker_failures, ES_CONF_U32, "10", 0, 1000, "failures in a row after which it is left alone; 0: never"), \
	ES_PEER_KEY(section, type, member, breaker_open, ES_CONF_DURATION, "10s", 50, 600000, "for how long, until one message tries again")
/* clang-format on */

struct notify_push;

struct notify_push_ops {
	/* Into the arena. False: `refusal` is told instead. `host` counts the other ones that were tried. */
	bool (*write)(struct notify_push *push, const struct notify_message *message, unsigned host, const char *credential,
	              struct es_arena *arena, struct notify_request *out, struct notify_heard *refusal);
	void (*read)(struct notify_push *push, const struct notify_answer *answer, struct notify_reply *reply);
	/* What the kind's own struct holds beside this one, then that struct; runs last. */
	void (*free)(struct notify_push *push);
};

/* A way to a host. Of two targets one is in use: "a new connection" is a turn to the other, so that messages under way end
 * where they are. */
struct notify_push_host {
	struct es_fetch_target *targets[2];
	unsigned turn;
	bool is_fresh; /* the next request opens a connection */
};

struct notify_push {
	struct notify_account account; /* first */
	const struct notify_push_ops *ops;
	const struct notify_push_settings *settings;
	const char *answer_header;            /* that the provider answers by; NULL: none */
	struct notify_credential *credential; /* NULL: none is shown */
	bool settles_credential;              /* others than this fetcher tell of it: they are waited for at the end */
	struct es_fetcher *fetcher;
	struct es_worker *worker; /* tells of what ended before it was sent */
	struct notify_push_host hosts[NOTIFY_PUSH_HOSTS];
	unsigned host_count;
	struct es_peer_room room;

	pthread_mutex_t lock;
	struct notify_pace pace;
	int64_t rests_until, stopped_until; /* mono ms; stopped_until 0: it works */
	bool is_trying;                     /* the one message of a minute, while it is stopped */
	_Atomic bool is_closing;
};

/* `push` is zeroed but for ops, answer_header and what is said of the credential; settings outlive it. What files lack is said in `error`;
 * notify_push_end() then still frees what was made. */
es_status notify_push_begin(struct notify_push *push, const char *kind, const struct notify_section *section,
                            const struct notify_push_settings *settings, unsigned host_count,
                            struct es_buf *error) ES_MUST_USE;
/* Ends all that is under way and frees; what account.ops->close is. */
void notify_push_end(struct notify_push *push);

/* A target of the same fetcher for token requests. */
es_status notify_push_target(struct notify_push *push, const char *name, bool has_identity,
                             struct es_fetch_target **out, struct es_buf *error) ES_MUST_USE;

#endif
