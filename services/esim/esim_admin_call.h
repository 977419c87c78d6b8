/* esim_admin_call.h -- one action inside its transaction. Internal to esim_admin*.c. */
#ifndef ESIM_ADMIN_CALL_H
#define ESIM_ADMIN_CALL_H

#include "esim_admin.h"
#include "esim_case.h"

const struct esim_store *esim_admin_store(const struct es_admin_call *call);
struct esim_admin_effect *esim_admin_effect(const struct es_admin_call *call);

/* Of the path, without its padding. Refused where it is none. */
es_status esim_admin_iccid(struct es_admin_call *call, char out[ESIM_ICCID + 1]) ES_MUST_USE;

/* The case was written: who waits for its order, and who follows events, is to be told after the commit. */
void esim_admin_moved(struct es_admin_call *call, const struct esim_case *c);

/* esim_admin_order.c */
es_admin_fn esim_do_order_list, esim_do_order_get, esim_do_order_retry, esim_do_order_cancel, esim_do_order_advance;
/* esim_admin_profile.c */
es_admin_fn esim_do_profile_list, esim_do_profile_get, esim_do_profile_put, esim_do_profile_delete,
	esim_do_profile_deleted;
/* esim_admin_stock.c */
es_admin_fn esim_do_stock_list, esim_do_stock_import, esim_do_stock_delete, esim_do_event_list;

#endif
