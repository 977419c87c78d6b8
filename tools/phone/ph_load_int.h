/* ph_load_int.h -- between ph_load.c, which knows what is due when, and ph_lane.c, which does it on one lane. */
#ifndef PH_LOAD_INT_H
#define PH_LOAD_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "ph_load.h"
#include "ph_subscribers.h"
#include "ph_walk.h"

enum ph_lane_state { PH_FREE, PH_ASKING, PH_WAITING /* between two requests of a flow */, PH_PAUSED };

struct ph_lane;

/* A connection of a lane, as epoll knows it. */
struct ph_line {
	struct ph_lane *lane;
	struct ph_conn *conn;
	unsigned watched; /* generation of the descriptor */
	uint32_t events;
};

/* One connection to the server, another to the LPA where there is one, and whoever speaks on them. */
struct ph_lane {
	struct ph_line server, lpa, *active; /* `active`: the one that is to answer */
	struct ph_client *client;
	enum ph_lane_state state;
	struct ph_phone *phones; /* its own share */
	size_t phone_first, phone_count, next_auth, next_token, next_device;
	size_t *holders; /* phones that have a token */
	size_t holder_count, warmed;
	uint64_t turn;

	/* The exchange under way. */
	enum ph_kind kind;
	size_t at, holder;
	bool had_token;
	int64_t due_us, deadline_us; /* of the exchange; of the request */
	int64_t resumes_us;          /* when PH_WAITING or PH_PAUSED */
	struct ph_walk *walk;        /* of PH_ODSA */
	struct es_arena *arena;
	struct es_buf path, body; /* of what the LPA is asked */
	unsigned requests, resyncs, status;
};

struct ph_load_state {
	const struct ph_run *run;
	const struct ph_options *options;
	struct ph_phones phones;
	struct ph_flow first_step; /* of the flow: what warms a phone up */
	struct ph_lane *lanes;
	unsigned count, busy;
	size_t *free; /* lanes that wait for something to be due */
	size_t free_count;
	int epoll, timer;
	bool is_measuring;
	int64_t start_us, end_us, shown_us;
	uint64_t due; /* number of the next exchange, with a rate */
	struct ph_tally *tally;
	char warm_failure[160];
	unsigned warm;
};

/* `lpa` NULL: there is none. False: out of memory. */
bool ph_lane_init(struct ph_load_state *l, unsigned index, struct ph_server *server, struct ph_server *lpa);
void ph_lane_done(struct ph_lane *lane);
/* What the weights of the mix have next for this lane. */
enum ph_kind ph_lane_next_kind(const struct ph_load_state *l, struct ph_lane *lane);
void ph_lane_begin(struct ph_load_state *l, struct ph_lane *lane, enum ph_kind kind, int64_t due_us);
/* Its descriptor is ready. */
void ph_lane_serve(struct ph_load_state *l, struct ph_line *line);
/* Ends what takes too long, and goes on with what has waited. */
void ph_lane_look_after(struct ph_load_state *l, struct ph_lane *lane, int64_t now_us);

#endif
