/* auth_env.h -- what the flows of auth share, and one call in work.
 *
 * The flows (auth_exchange.h, auth_login.h, auth_provision.h) know neither NNG nor protobuf: a call is a task with an arena and an answer
 * to be given once. They start on any thread, hop to the database's writer or to policy's callback, and never block. */
#ifndef AUTH_ENV_H
#define AUTH_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_guard.h"
#include "auth_history.h"
#include "auth_pending.h"
#include "auth_relay.h"
#include "auth_snapshot.h"
#include "auth_sources.h"
#include "auth_sqn_source.h"
#include "es_arena.h"
#include "es_db.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_status.h"
#include "es_trace.h"
#include "es_worker.h"

enum auth_admission { AUTH_ADMITTED = 1, AUTH_ADMIT_UNKNOWN, AUTH_ADMIT_TERMINATED };

/* One question to policy: may this subscriber have a token, and of which epoch? In the asker's memory until `done`. */
struct auth_admit {
	const char *tenant, *imsi;
	struct es_arena *arena; /* for what it takes to understand the answer */
	int64_t deadline;       /* wall ms */
	const struct es_trace *trace;
	struct es_slice key; /* names the question, so that it may be asked again elsewhere */
	void (*done)(struct auth_admit *admit, es_status status);
	enum auth_admission admission; /* valid with ES_OK */
	uint32_t epoch;
};
/* Must not block; `done` runs once, later or at once, unless the return is not ES_OK. */
typedef es_status auth_admit_fn(void *policy, struct auth_admit *admit);

enum auth_found { AUTH_FOUND = 1, AUTH_FIND_UNKNOWN, AUTH_FIND_TERMINATED };

/* One question to policy: whose number, or whose IMSI, is this? In the asker's memory until `done`. */
struct auth_find {
	const char *tenant, *msisdn, *imsi; /* one of the two, the other "" */
	struct es_arena *arena;
	int64_t deadline; /* wall ms */
	const struct es_trace *trace;
	struct es_slice key; /* names the question, so that it may be asked again elsewhere */
	void (*done)(struct auth_find *find, es_status status);
	enum auth_found found; /* valid with ES_OK; the rest with AUTH_FOUND */
	struct es_imsi line_imsi;
	struct es_msisdn line_msisdn; /* "": none that an SMS reaches */
	uint32_t epoch;
};
/* As auth_admit_fn. */
typedef es_status auth_find_fn(void *policy, struct auth_find *find);

/* One text to a number, by notify. `done` NULL: nobody waits for it. Otherwise in the asker's memory until `done`. */
struct auth_sms {
	const char *tenant, *msisdn, *text; /* secret; copied before the call returns */
	int64_t deadline;
	const struct es_trace *trace;
	void (*done)(struct auth_sms *sms, es_status status);
};
typedef es_status auth_sms_fn(void *notify, struct auth_sms *sms);

struct auth_core_change;
typedef es_status auth_core_change_fn(void *policy, struct auth_core_change *change);

struct auth_oidc;
struct auth_diameter;
struct auth_profile_ask;
typedef void auth_profile_fn(struct auth_diameter *diameter, struct auth_profile_ask *ask);

struct auth_env {
	struct es_db *db;
	struct es_worker *readers; /* set where reading blocks (es_db_reads_block()) */
	struct es_keyring *session_keys, *token_keys, *auc_keys;
	uint8_t transport_private[32], transport_public[32];
	struct auth_sqn_source *sqn;
	struct auth_sources *sources;
	struct auth_guard *guard;
	struct auth_pending *pending;
	struct auth_history *history;
	struct auth_relay relay;
	struct auth_diameter *diameter; /* NULL: no HSS is configured */
	auth_profile_fn *profile;
	struct auth_snapshots *tenants;
	auth_admit_fn *admit;
	auth_find_fn *find;
	auth_core_change_fn *core_change;
	void *policy;
	auth_sms_fn *sms;
	void *notify;
	struct auth_oidc *oidc;                                           /* of no provider, where none is configured */
	uint32_t codes_per_number, codes_per_address, logins_per_address; /* in an hour; 0: no limit */
	_Atomic bool is_stopping; /* a commit's callback starts nothing any more: whom it would call is going */
	int64_t session_ttl_ms, token_ttl_ms;
	int64_t (*now_ms)(void); /* wall clock */
};

/* Embedded in what the adapter keeps of the call. */
struct auth_task {
	struct auth_env *env;
	struct es_arena *arena; /* secret; lives until the answer */
	const struct es_trace *trace;
	int64_t deadline; /* wall ms */
	/* Once. `detail` is for logs and may be NULL. The task's memory is gone after it. */
	void (*answer)(struct auth_task *task, es_status status, const char *detail);
};

#endif
