/* auth_exchange.h -- the life of an EAP exchange and of a token, from a call to its answer. */
#ifndef AUTH_EXCHANGE_H
#define AUTH_EXCHANGE_H

#include "auth_env.h"
#include "auth_reason.h"
#include "auth_session.h"

enum auth_outcome {
	AUTH_CHALLENGE = 1,
	AUTH_ADMIT,
	AUTH_REJECT,
	AUTH_BAD_PACKET,
	AUTH_LOST_SESSION,
	AUTH_AWAY,      /* no source or AAA answered (TS.43 T7) */
	AUTH_TOO_OFTEN, /* retry_after_s */
};

/* Slices live in the task's arena. */
struct auth_reply {
	enum auth_outcome outcome;
	enum auth_reason reason; /* of AUTH_CHALLENGE: of the refusal it notifies; AUTH_SUCCESS: of none */
	struct es_slice packet;  /* of AUTH_CHALLENGE */
	struct es_slice cookie;
	struct es_slice token; /* of AUTH_ADMIT */
	int64_t token_validity_s;
	struct es_slice request; /* of AUTH_ADMIT: the packed request of the start */
	bool other_method;       /* of AUTH_AWAY: the phone may authenticate otherwise, and came without a token */
	int64_t retry_after_s;   /* 0: not said */
};

struct auth_start {
	struct es_slice eap_id;
	bool had_token;
	struct es_slice host, gid1, address;
	char group[ES_TOKEN_GROUP_SIZE];
	uint8_t terminal[16], app_name[16];
	struct es_slice request; /* packed, opaque */
};

/* Inputs live in the task's arena. ES_OK: `out` is filled. Otherwise nothing happened and the same call may be repeated. */
void auth_exchange_start(struct auth_task *task, const struct auth_start *in, struct auth_reply *out);
/* `cookies`: candidates; of those that open, the one of the exchange that began last counts. */
void auth_exchange_continue(struct auth_task *task, const struct es_slice *cookies, size_t cookie_count,
                            struct es_slice packet, struct es_slice address, struct auth_reply *out);

struct auth_renewed {
	struct es_slice token; /* empty: the old one cannot be renewed */
	int64_t validity_s;
};
void auth_token_renew(struct auth_task *task, struct es_slice token, struct auth_renewed *out);

/* Shows all series at /metrics from the start. */
void auth_exchange_metrics(void);

#endif
