/* esim_carry.h -- what an answer to a device comes to in the database. Inside the write job that judged the request. */
#ifndef ESIM_CARRY_H
#define ESIM_CARRY_H

#include "esim_case.h"
#include "esim_odsa.h"

struct esim_carried {
	struct esim_case c; /* the order that was made, or that is followed */
	bool has_order;     /* and it answers: esim_answer_order() */
	uint64_t event;     /* the last that was written; 0: none */
};

/* Does what the verdict of `answer` says; may come to another answer. All of `out` is set. */
es_status esim_carry_out(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                         struct esim_answer *answer, const char *traceparent, struct esim_carried *out) ES_MUST_USE;
/* Notes what AcquireConfiguration told, and learned, in another transaction than it was read in. */
es_status esim_carry_told(const struct esim_store *store, struct es_db_conn *conn, const struct esim_request *request,
                          const struct esim_answer *answer, uint64_t *event) ES_MUST_USE;

#endif
