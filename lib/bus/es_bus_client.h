/* es_bus_client.h -- inside a client: slots (calls), replicas (addresses), lanes (one call's way to one replica).
 *
 *     slot ---- lane ---- replica          es_bus_client.c: slots, retries, callbacks
 *      |          |          |             es_bus_replica.c: connections, lanes, pings, balance
 *   callback   nng ctx    nng socket
 *
 * One mutex per client guards all of it. It is held while an NNG operation is started or aborted (which never runs a
 * callback of ours on the spot), and never while a socket is closed or a caller's callback runs. Since every operation
 * starts under it and every NNG callback takes it first, an abort hits the operation it was meant for or none. */
#ifndef ES_BUS_CLIENT_H
#define ES_BUS_CLIENT_H

#include <pthread.h>
#include <stdbool.h>

#include "es_bus_internal.h"

enum es_bus_lane_state { LANE_IDLE, LANE_SENDING, LANE_RECEIVING };

struct es_bus_lane {
	struct es_bus_replica *replica;
	struct es_bus_lane *next; /* all lanes of the replica */
	struct es_bus_lane *next_idle;
	nng_ctx ctx;
	nng_aio *aio;
	enum es_bus_lane_state state;
	int abandoned; /* NNG error: do not wait for the reply */
	struct es_bus_frame_id asked;
	struct es_bus_slot *slot;
};

enum es_bus_ping_state { PING_PAUSING, PING_REDIALLING, PING_SENDING, PING_RECEIVING, PING_STOPPED };

struct es_bus_ping {
	nng_ctx ctx;
	nng_aio *aio;
	nng_aio *pause; /* one of its own: in NNG 1.5 an aio that once slept reports later timeouts as success */
	enum es_bus_ping_state state;
	unsigned misses; /* in a row */
	struct es_bus_frame_id asked;
	struct es_arena *arena;
};

struct es_bus_replica {
	struct es_bus_client *client;
	char url[128];
	nng_socket socket;
	nng_dialer dialer;
	nng_pipe pipe;
	int64_t dialled_at; /* monotonic ms: the dialer works since */
	bool is_connected;  /* a pipe exists */
	bool is_up;         /* and a ping was answered on it, not too many since were not */
	bool is_leaving;    /* its address is gone: takes no calls, closes when its last one has ended */
	bool is_closing;    /* no NNG operation begins any more: one under way while its socket closes crashes NNG 1.5 */
	unsigned misses;    /* timeouts in a row, of calls and pings */
	unsigned outstanding;
	struct es_bus_replica *next_leaving;
	struct es_bus_chore redialling; /* under way in PING_REDIALLING */
	struct es_bus_lane *lanes, *idle;
	struct es_bus_ping ping;
};

struct es_bus_slot {
	struct es_bus_client *client;
	struct es_bus_slot *next; /* all slots */
	struct es_bus_slot *next_free;
	struct es_bus_slot *next_waiting;
	struct es_arena *arena; /* request and reply */
	nng_aio *wait;          /* made when first needed: waits for a replica, to repeat the call */
	struct es_slice payload, idempotency_key;
	char traceparent[ES_TRACEPARENT_SIZE];
	uint32_t method;
	int64_t deadline, started_us;
	unsigned attempts;
	bool is_repeated; /* though the first attempt may have been run */
	bool is_waiting;
	es_bus_callback *callback;
	void *user;
};

struct es_bus_client {
	pthread_mutex_t lock;
	pthread_cond_t quiet; /* a slot or replica that somebody waits for has come to rest */
	struct es_bus_key *key;
	char name[32];
	bool is_stopping;
	uint32_t slots_max, slots_made, slots_used;
	struct es_bus_slot *slots, *free_slots, *waiting;
	struct es_bus_replica *replicas[ES_BUS_ADDRESSES_MAX];
	size_t replica_count, turn;
	struct es_bus_replica *leaving, *abandoned; /* abandoned: NNG did not close their sockets */
	struct es_bus_left left;
	uint64_t calls; /* numbers the attempts */
	struct es_bus_watch *watch;
};

/* ---- replicas; those marked (locked) want the client's lock held ---- */

void es_bus_replica_open(struct es_bus_client *client, const char *url);
/* Ends its calls with UNAVAILABLE, waits for their callbacks, frees it or leaves it to client->abandoned. It must not be in the client's list any more. */
void es_bus_replica_close(struct es_bus_replica *replica);
/* Whether closing it now ends no call and no ping: nothing is expected to arrive (locked). */
bool es_bus_replica_is_quiet(const struct es_bus_replica *replica);
/* Wakes its ping, which then ends (locked). */
void es_bus_replica_leave(struct es_bus_replica *replica);
/* The healthy replica with the fewest calls under way; NULL when there is none (locked). */
struct es_bus_replica *es_bus_replica_pick(struct es_bus_client *client);
/* Sends on a lane of the replica; takes the message when ES_OK (locked). */
es_status es_bus_lane_send(struct es_bus_replica *replica, struct es_bus_slot *slot, nng_msg *msg,
                           const struct es_bus_frame_id *id) ES_MUST_USE;
void es_bus_lane_release(struct es_bus_lane *lane); /* (locked) */
/* What a call has shown about its replica's health (locked). */
void es_bus_replica_heard(struct es_bus_replica *replica);
void es_bus_replica_missed(struct es_bus_replica *replica);
void es_bus_replica_lost(struct es_bus_replica *replica);
void es_bus_replica_refused(struct es_bus_replica *replica);

/* ---- slots ---- */

/* A lane's call has ended: with a message, or an NNG error. has_left: the request may have reached the replica. */
void es_bus_slot_ended(struct es_bus_slot *slot, struct es_bus_lane *lane, int error, bool has_left, nng_msg *reply);
/* May be repeated if its replica gets lost (locked). */
bool es_bus_slot_may_repeat(const struct es_bus_slot *slot);
/* A replica came up: calls that wait to be repeated go on (locked). */
void es_bus_slots_wake(struct es_bus_client *client);
/* What is left until the deadline, for an aio: never 0, which NNG 1.5 does not survive well. */
nng_duration es_bus_slot_left(const struct es_bus_slot *slot);

#endif
