/* notify_mass_int.h -- what the files of mass changes share. */
#ifndef NOTIFY_MASS_INT_H
#define NOTIFY_MASS_INT_H

#include <pthread.h>

#include "es_id.h"
#include "notify_mass.h"
#include "notify_store_mass.h"
#include "notify_waking.h"
#include "policy.pb-c.h"

#define NOTIFY_PASSES_MAX 8
#define NOTIFY_MASS_PAGE 500

enum notify_asking { NOTIFY_NOT_ASKED, NOTIFY_ASKED, NOTIFY_ANSWERED };

/* One mass change that this process goes through. */
struct notify_pass {
	struct notify_mass_run *run;
	int64_t id, lease;         /* id 0: nobody's place */
	struct es_imsi cursor;     /* as this process left it */
	int64_t rate, total;       /* as they were last seen; total -1: not counted */
	int tenths;                /* of the lines, that were told of */
	int64_t look_ms;           /* mono: not before */
	int64_t back_off_ms;       /* 0: nothing is wrong */
	int64_t lag_ms;            /* mono: when it is looked again whether deliveries keep up */
	bool is_late;              /* they do not, and that was said */
	char tenant[64], plan[64]; /* of the call */
	/* guarded by the run's lock while asking == NOTIFY_ASKED */
	enum notify_asking asking;
	es_status status;
	struct es_arena *arena;   /* of the page */
	Openes__LinesReply *page; /* NULL: none */
	size_t next;              /* of its lines */
};

/* What one transaction does with some lines of the page; notify_mass_step.c. */
struct notify_mass_step {
	const struct notify_pass *pass;
	const struct notify_ways *ways;
	bool looks_at_lag;
	/* Set anew in each run. */
	struct es_arena *arena;
	bool is_lost, is_late, ends;
	struct notify_mass mass; /* as it is then; texts in the arena */
	size_t taken;            /* lines */
	int64_t messages;
	struct notify_woken woken;
	int64_t wait_ms;
};
es_status notify_mass_step(struct es_db_conn *conn, void *step) ES_MUST_USE;

#endif
