/* esim_prepare.h -- what a step needs before it can be asked for: an ICCID, a code; in the transaction that takes it. */
#ifndef ESIM_PREPARE_H
#define ESIM_PREPARE_H

#include "esim_case.h"

/* Of an order that was taken. `can_ask` false: nobody is asked; `heard` says what that comes to. */
es_status esim_prepare(struct es_db_conn *conn, struct esim_case *c, int64_t now_ms, bool *can_ask,
                       struct esim_heard *heard) ES_MUST_USE;
/* Before esim_order_hear(): an ICCID that is somebody else's is not used again, a MatchingID that is taken is made anew, and
 * a profile that is named to us as new while it is another's here leaves us unsure of what was done. */
es_status esim_prepare_heard(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c,
                             struct esim_heard *heard, int64_t now_ms) ES_MUST_USE;
/* The profile that the order's step is about. */
struct esim_profile *esim_step_target(struct esim_case *c);
/* MatchingID: upper-case letters and digits (SGP.22 4.1.1). */
void esim_make_matching_id(char out[ESIM_MATCHING_ID + 1]);
void esim_make_id(char out[ESIM_ID + 1]);

#endif
