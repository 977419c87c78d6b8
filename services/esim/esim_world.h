/* esim_world.h -- a world for tests of orders: an SM-DP+ and a BSS that act, refuse, fall silent and answer late; processes
 * of esim that are killed; devices that ask, download and delete; and a clock that stands until it is moved.
 *
 * The store and the runner are real, without the runner's thread. One thread plays: each act comes back when all that it
 * led to is written, so the same seed plays the same. What must never be is noted as `fault` where it is seen, and told by
 * world_check(). */
#ifndef ESIM_WORLD_H
#define ESIM_WORLD_H

#include "es_db_testing.h"
#include "esim_carry.h"
#include "esim_run.h"

#define WORLD_LEASE_MS 5000
#define WORLD_INSTALL_MS 600000
#define WORLD_DEVICES 4
#define WORLD_PROCESSES 2
#define WORLD_IMSI "001010000000001"

/* What becomes of a request to SM-DP+ or BSS. */
enum world_fate {
	WORLD_ANSWERS,
	WORLD_AWAY,        /* certainly not acted upon */
	WORLD_LOST_BEFORE, /* nobody knows; it was not acted upon */
	WORLD_LOST_AFTER,  /* nobody knows; it was */
	WORLD_REFUSES,
	WORLD_PENDS, /* the BSS: later */
	WORLD_FATES
};

/* A profile at the SM-DP+. */
enum world_at { WORLD_AVAILABLE, WORLD_ALLOCATED, WORLD_CONFIRMED, WORLD_RELEASED, WORLD_INSTALLED };
extern const char *const world_at_names[];
struct world_held {
	char iccid[ESIM_ICCID + 1], eid[ESIM_EID + 1], matching_id[ESIM_MATCHING_ID + 1];
	char profile[ESIM_ID + 1]; /* of ours, that it was reserved for */
	bool by_name;              /* not handed out for its type */
	bool of_type;              /* was handed out for its type */
	enum world_at at;
};

/* What the BSS has of an order. */
struct world_sale {
	char order[ESIM_ID + 1], iccid[ESIM_ICCID + 1];
	char matching_id[ESIM_MATCHING_ID + 1]; /* of a profile that it ordered itself */
	bool is_ordered, is_provisioned, is_cancelled, has_retired;
};

/* A request that is under way. */
struct world_flight {
	struct world_process *from; /* NULL: the entry is free */
	esim_heard_fn *heard;
	void *user;
	struct esim_heard answer;
	char order[ESIM_ID + 1];
	enum esim_peer peer;
	int64_t since_ms;
};

struct world_device {
	const char *id, *eid;
	uint16_t app;
	char iccid[ESIM_ICCID + 1];             /* on it */
	char matching_id[ESIM_MATCHING_ID + 1]; /* that it was told to download */
	bool is_told;
};

/* A notification of the SM-DP+ that is on its way. */
struct world_notice {
	char iccid[ESIM_ICCID + 1];
	enum esim_sign sign;
};

struct world_process {
	struct world *world;
	struct esim_store store;
	struct esim_peers peers;
	struct esim_runner *runner;
	bool is_dead;
	int room; /* requests that it has under way, as enter() and leave() count them */
};

struct world {
	struct es_db_testing db;
	struct es_keyring *ring;
	struct world_process *processes[WORLD_PROCESSES];
	struct world_process *dead[16];
	size_t dead_count;

	uint64_t seed, random;
	unsigned trouble; /* of 100 requests so many have another fate than an answer */
	enum world_fate script[8];
	size_t script_len, script_at; /* the fates of the next requests, before chance */
	int64_t now_ms;
	bool is_full; /* nobody has room for another request */
	char tenant[32];
	struct esim_facts facts;

	struct world_held held[96];
	size_t held_count;
	struct world_sale sales[96];
	size_t sale_count;
	struct world_flight flights[64];
	struct world_device devices[WORLD_DEVICES];
	struct world_notice notices[32];
	size_t notice_count;

	unsigned lives;
	size_t requests, leaks;
	char fault[256]; /* the first */
	char steps[65536];
	size_t steps_len;
};

/* `engine`, `name`: as of es_db_testing_begin(). One world lasts for many lives: each begins with a tenant of its own, so that nothing is left over. */
void world_open(struct world *w, unsigned engine, const char *name);
void world_close(struct world *w);
void world_begin(struct world *w, uint64_t seed);

uint64_t world_draw(uint64_t *state); /* splitmix64 */
/* 0 to n - 1 */
uint64_t world_random(struct world *w, uint64_t n);
bool world_chance(struct world *w, unsigned percent);
void world_note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_fault(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_script(struct world *w, const enum world_fate *fates, size_t count);

/* ---- acts ---- */

void world_round(struct world *w, size_t process);
/* The answer of one that is under way arrives. False: there is none. */
bool world_hear(struct world *w, size_t which);
size_t world_under_way(const struct world *w);
/* kill -9: what was asked is never heard of; another process takes its place. */
void world_kill(struct world *w, size_t process);

/* What a device is told. */
struct world_told {
	int result, subscription, status; /* OperationResult, SubscriptionResult, the first ServiceStatus; -1: none */
	bool has_download;
	enum esim_verdict verdict;
	char order[ESIM_ID + 1];
};
struct world_told world_ask(struct world *w, size_t process, size_t device, const char *operation, const char *query);
/* What it was told to download, if the SM-DP+ gives it. */
bool world_download(struct world *w, size_t device);
void world_delete(struct world *w, size_t device);
void world_notify(struct world *w, const char *iccid, enum esim_sign sign);
bool world_notice(struct world *w, size_t process); /* the oldest one arrives; false: there is none */

void world_cancel(struct world *w, const char *order);
void world_retry(struct world *w, const char *order);
/* The BSS says of its own accord what it has done, as with the operators' API. */
void world_advance(struct world *w, const char *order);
void world_terminate(struct world *w); /* the line */

/* One more ICCID of our own; the thirty that the SM-DP+ has are in the stock already. */
void world_stock(struct world *w, const char *iccid, const char *profile_type);

/* All orders of this life. */
size_t world_orders(struct world *w, struct esim_order *out, size_t max);
size_t world_profiles(struct world *w, struct esim_profile *out, size_t max);
/* Requests are answered, and rounds made, until nothing moves without the clock. */
void world_settle(struct world *w);

/* ---- the peers' machines: on the writer's thread ---- */

void world_smdp(struct world *w, const struct esim_ask *ask, enum world_fate fate, struct esim_heard *out);
void world_bss(struct world *w, const struct esim_ask *ask, enum world_fate fate, struct esim_heard *out);
struct world_held *world_held_of(struct world *w, const char *iccid);
struct world_sale *world_sale_of(struct world *w, const char *order);

/* All that must hold once every order is over; "" or the first that does not. */
const char *world_check(struct world *w);

#endif
