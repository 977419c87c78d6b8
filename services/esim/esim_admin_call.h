/* esim_admin_call.h -- one action inside its transaction. Internal to esim_admin*.c. */
#ifndef ESIM_ADMIN_CALL_H
#define ESIM_ADMIN_CALL_H

#include "es_json.h"
#include "esim_admin.h"
#include "esim_case.h"

struct esim_admin_call {
	const struct esim_store *store;
	const struct esim_admin_request *request;
	const cJSON *body; /* NULL: none */
	const char *tenant;
	int64_t now_ms;
	/* Of the running transaction: set anew when a job runs a second time. */
	struct es_db_conn *conn;
	struct es_arena *arena;
	struct esim_admin_result *result;
};

/* ES_OK after answering by esim_admin_end(); the value of esim_admin_refuse() to refuse, which rolls everything back; or a
 * failure. */
typedef es_status esim_admin_fn(struct esim_admin_call *call);

/* Parameter by name; "" when absent. */
const char *esim_admin_param(const struct esim_admin_call *call, const char *name);
/* 1 to 500, 100 when absent. */
es_status esim_admin_limit(struct esim_admin_call *call, size_t *out) ES_MUST_USE;
/* Of the path, without its padding. Refused where it is none. */
es_status esim_admin_iccid(struct esim_admin_call *call, char out[ESIM_ICCID + 1]) ES_MUST_USE;

/* {"error", "field"}; `field` NULL: none. */
es_status esim_admin_refuse(struct esim_admin_call *call, enum esim_admin_outcome outcome, const char *field,
                            const char *error) ES_MUST_USE;
/* Starts the JSON answer: an open object. */
struct es_json_out esim_admin_begin(struct esim_admin_call *call);
es_status esim_admin_end(struct esim_admin_call *call, struct es_json_out *j,
                         enum esim_admin_outcome outcome) ES_MUST_USE;
/* Left out when it is 0. */
void esim_admin_put_time(struct es_json_out *j, const char *name, int64_t at_ms);

/* The case was written: who waits for its order, and who follows events, is to be told after the commit. */
void esim_admin_moved(struct esim_admin_call *call, const struct esim_case *c);

/* esim_admin_order.c */
esim_admin_fn esim_do_order_list, esim_do_order_get, esim_do_order_retry, esim_do_order_cancel, esim_do_order_advance;
/* esim_admin_profile.c */
esim_admin_fn esim_do_profile_list, esim_do_profile_get, esim_do_profile_put, esim_do_profile_delete,
	esim_do_profile_deleted;
/* esim_admin_stock.c */
esim_admin_fn esim_do_stock_list, esim_do_stock_import, esim_do_stock_delete, esim_do_event_list;

#endif
