/* es_admin.h -- the operators' API in a process that owns what is asked for (esim, notify).
 *
 * policy has said who may and keeps the trail; the owner judges parameters and body and makes the JSON. Its actions are a
 * table; each is one transaction. Actions block (commits, reads on PostgreSQL): workers only. */
#ifndef ES_ADMIN_H
#define ES_ADMIN_H

#include "es_arena.h"
#include "es_bus.h"
#include "es_db.h"
#include "es_json.h"
#include "es_trace.h"
#include "es_worker.h"

struct es_admin_param {
	const char *name, *value;
};

struct es_admin_request {
	const char *action; /* "order.list" */
	const struct es_admin_param *params;
	size_t param_count;
	struct es_slice body;    /* JSON; empty: none */
	const char *traceparent; /* "": none */
};

enum es_admin_outcome {
	ES_ADMIN_NONE,
	ES_ADMIN_DONE,
	ES_ADMIN_CREATED,
	ES_ADMIN_NOT_FOUND,
	ES_ADMIN_INVALID,
	ES_ADMIN_CONFLICT,
	ES_ADMIN_OUTCOMES
};
/* For metrics and logs; ES_ADMIN_NONE is "failed". */
extern const char *const es_admin_outcome_names[ES_ADMIN_OUTCOMES];

struct es_admin_result {
	enum es_admin_outcome outcome;
	struct es_buf body; /* JSON */
};

/* ---- one action ---- */

struct es_admin_call {
	const struct es_admin_request *request;
	const cJSON *body;  /* NULL: none; else an object */
	const char *tenant; /* never "" */
	int64_t now_ms;
	void *user; /* the desk's */
	/* Of the running transaction: set anew when a job runs a second time. */
	struct es_db_conn *conn;
	struct es_arena *arena;
	struct es_admin_result *result;
};

/* ES_OK after answering by es_admin_end(); the value of es_admin_refuse() to refuse, which rolls everything back; or a
 * failure. */
typedef es_status es_admin_fn(struct es_admin_call *call);

enum { ES_ADMIN_WRITES = 1, ES_ADMIN_BULK = 2 /* a body of up to 800,000 octets */ };
struct es_admin_action {
	const char *name;
	unsigned flags;
	es_admin_fn *run;
};

struct es_admin_desk {
	struct es_db *db;
	const struct es_admin_action *actions;
	size_t action_count;
	void (*restart)(
		void *user); /* the transaction begins, perhaps again: what it noted outside is void. NULL: nothing */
	void *user;
};

/* A failure is the world's: the store is away, memory is exhausted. Everything else is an outcome. `result->body` is to be
 * freed in any case. */
es_status es_admin_run(const struct es_admin_desk *desk, const struct es_admin_request *request,
                       struct es_admin_result *result) ES_MUST_USE;

/* ---- for actions ---- */

/* Parameter by name; "" when absent. */
const char *es_admin_param(const struct es_admin_call *call, const char *name);
/* 1 to 500, 100 when absent. */
es_status es_admin_limit(struct es_admin_call *call, size_t *out) ES_MUST_USE;
/* A positive number; `name` is a parameter. Absent: 0, and so it can be told. */
es_status es_admin_number(struct es_admin_call *call, const char *name, int64_t *out) ES_MUST_USE;

/* {"error", "field"}; `field` NULL: none. */
es_status es_admin_refuse(struct es_admin_call *call, enum es_admin_outcome outcome, const char *field,
                          const char *error) ES_MUST_USE;
/* Starts the JSON answer: an open object. */
struct es_json_out es_admin_begin(struct es_admin_call *call);
es_status es_admin_end(struct es_admin_call *call, struct es_json_out *j, enum es_admin_outcome outcome) ES_MUST_USE;
/* ISO 8601; left out when it is 0. */
void es_admin_put_time(struct es_json_out *j, const char *name, int64_t at_ms);

/* ---- by the bus: AdminWorkRequest in, AdminWorkReply out ---- */

/* Carries out, and whatever comes after the commit; on a worker, before the answer. */
typedef es_status es_admin_work(const struct es_admin_request *request, const struct es_trace *trace,
                                struct es_admin_result *result, void *user);
/* Answers the call once a worker has done the work, or why it did not. `user` outlives the workers. */
void es_admin_serve(struct es_bus_call *call, const ProtobufCMessage *message, struct es_worker *workers,
                    es_admin_work *work, void *user);

#endif
