/* ph_walk.h -- one device on its way through a flow: what it does next, and what it makes of what it hears. Pure.
 *
 * The walk says what is to be done (ph_walk_turn); whoever can talk to servers does it and tells the walk, until it is
 * over. One thread. */
#ifndef PH_WALK_H
#define PH_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"

#include "ph_client.h"
#include "ph_flow.h"
#include "ph_odsa.h"

enum ph_turn {
	PH_TURN_ASK,      /* send `walk->ask`, then ph_walk_heard() */
	PH_TURN_OPEN,     /* open the sheet of `walk->answer`, then ph_walk_called() for each call, then ph_walk_closed() */
	PH_TURN_DOWNLOAD, /* have the eUICC load `walk->download`, then ph_walk_loaded() */
	PH_TURN_DELETE,   /* have `walk->deleted` erased from the old device, then ph_walk_erased() */
	PH_TURN_TYPE,     /* ask the user for `walk->typed`, then ph_walk_typed() */
	PH_TURN_WAIT,     /* let `walk->wait_ms` pass, then ph_walk_waited() */
	PH_TURN_DONE,     /* the flow came to its end */
	PH_TURN_FAILED,   /* it did not; `walk->why` */
};

struct ph_walk {
	const struct ph_flow *flow;
	unsigned at, asked; /* the step; how often it has been asked */
	enum ph_turn turn;
	struct ph_vars vars;
	char why[256];

	/* How patient the device is; may be changed after ph_walk_begin(). */
	unsigned asks_max;        /* of one step that is asked again */
	int64_t unpolled_wait_ms; /* between them where the server names no interval: the device would wait to be woken */
	int64_t wait_max_ms;      /* 0: as long as the server says */

	struct ph_ask ask;
	struct ph_param params[PH_PARAMS_MAX];
	char storage[8192];         /* of their names and values */
	char cookie[1024];          /* that the code which the user types belongs to */
	char response[PH_VAR_SIZE]; /* what the user will type when asked; empty: they are asked */
	bool is_full;               /* the next request authenticates in full, whatever tokens there are */

	struct ph_odsa answer;
	const struct ph_configuration *configuration; /* of `answer`: the one the flow is about; NULL: none */
	struct ph_download download;
	bool was_downloaded;
	char deleted[24], confirmation_code[24]; /* shown on a sheet; "": none was */
	enum ph_var typed;
	int64_t wait_ms;
	struct {
		bool has_download, has_selection, was_dismissed;
	} sheet; /* what was called */
};

/* `vars` is copied. */
void ph_walk_begin(struct ph_walk *walk, const struct ph_flow *flow, const struct ph_vars *vars);
const struct ph_step *ph_walk_step(const struct ph_walk *walk);

/* The outcome of the exchange; `arena` for as long as the call takes. */
void ph_walk_heard(struct ph_walk *walk, const struct ph_outcome *outcome, struct es_arena *arena);
/* The eUICC has the profile `iccid` ("": it does not say); `why` NULL unless it failed. */
void ph_walk_loaded(struct ph_walk *walk, const char *iccid, const char *why);
void ph_walk_erased(struct ph_walk *walk, const char *why);
void ph_walk_typed(struct ph_walk *walk, const char *text);
void ph_walk_waited(struct ph_walk *walk);
/* A call of ODSAServiceFlow (6.7) with its arguments, those left out being "". */
void ph_walk_called(struct ph_walk *walk, const char *method, const char *first, const char *second);
/* The sheet is closed; `why` NULL unless that came to nothing. */
void ph_walk_closed(struct ph_walk *walk, const char *why);

#endif
