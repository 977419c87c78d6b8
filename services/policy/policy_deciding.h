/* policy_deciding.h -- one POLICY_DECIDE in work. Internal to policy_engine_decide.c, _grant.c, _billing.c and
 * _equipment.c. */
#ifndef POLICY_DECIDING_H
#define POLICY_DECIDING_H

#include "es_token.h"
#include "policy_decide.h"
#include "policy_eir.h"
#include "policy_engine.h"

/* Of ap2012 (policy_engine_billing.c). */
struct policy_billing_request {
	bool is_asked;
	bool is_malformed;         /* 400 */
	const char *vendor, *user; /* store_vendor, store_user_id */
	bool has_button, is_accepted;
	bool is_known; /* `known`: what that user has agreed to */
	struct policy_store_user known;
};

/* Of the device that asks (policy_engine_equipment.c). */
struct policy_equipment_request {
	bool is_wanted, is_read;
	struct policy_equipment_facts facts;
	struct policy_equipment known; /* when it is served */
};

struct policy_deciding {
	struct policy_engine *engine;
	const Openes__DecideRequest *request;
	const Openes__DeviceRequest *device;
	int64_t now_ms;
	struct es_arena *arena;
	struct policy_wait *wait; /* NULL: nobody outside can be asked */
	struct policy_bss_need *need;
	Openes__DecideReply *reply;
	struct es_token token; /* of another token than TOKEN: whose it is, and no more */
	bool has_line;
	struct policy_subscriber line;
	const struct policy_catalog *catalog;
	struct policy_caller caller;
	struct policy_billing_request billing;
	struct policy_equipment_request equipment;
	struct policy_history history_read;
	const struct policy_history *history; /* where a rule looks at it */
	struct policy_identity identity;      /* of ap2013 */
	bool is_noted;                        /* the device is known: what it is answered is noted, too */
	bool has_access;                      /* an access token came, and opened as */
	es_status access_opened;
	struct es_grant grant, access; /* what `caller` points to */
};

/* The line of d->token and the catalog of the same moment; without a line the catalog, too. */
es_status policy_deciding_read(struct policy_deciding *d) ES_MUST_USE;
es_status policy_deciding_subject(const struct policy_deciding *d) ES_MUST_USE;
/* Judges the operation and fills in the whole answer; or the outcome that the judgement is. */
es_status policy_deciding_answer(struct policy_deciding *d, const struct policy_tenant *tenant) ES_MUST_USE;

/* Whether the tenant of d->token has had its requests of this second: then the reply says so, and nothing is decided. After
 * policy_deciding_read(). */
bool policy_deciding_is_limited(struct policy_deciding *d);
void policy_deciding_metrics(void);

/* policy_engine_billing.c */

/* Reads T90 out of the request; what is wrong with it is for the caller to tell. */
es_status policy_billing_begin(struct policy_deciding *d) ES_MUST_USE;
/* In the snapshot of the line. */
es_status policy_billing_read(struct policy_deciding *d, struct es_db_conn *conn) ES_MUST_USE;
/* Carries out MSG_btn, and fills in what the decision needs. */
es_status policy_billing_prepare(struct policy_deciding *d, struct policy_context *context) ES_MUST_USE;

/* policy_engine_equipment.c */

/* In the snapshot of the line, after the catalog: where the tenant looks at devices, and `is_wanted`. */
es_status policy_equipment_read(struct policy_deciding *d, struct es_db_conn *conn) ES_MUST_USE;
enum policy_equipment_next {
	POLICY_EQUIPMENT_GO_ON,
	POLICY_EQUIPMENT_ASKED,   /* nothing is decided yet: d->wait */
	POLICY_EQUIPMENT_REFUSED, /* the reply says so */
};
/* ES_UNAVAILABLE: nobody answered, and the tenant does not serve such devices. */
es_status policy_equipment_settle(struct policy_deciding *d, const struct policy_tenant *tenant,
                                  enum policy_equipment_next *next) ES_MUST_USE;
void policy_equipment_metrics(void);

/* policy_engine_grant.c */

/* The first parameter of that name; empty: none. auth reads the same one. */
struct es_slice policy_deciding_param(const Openes__DeviceRequest *device, const char *name);

/* Whether it is a token of somebody else that decides (TS.43 2.8.6, 14, 2.8.3). */
bool policy_grant_decides(const Openes__DecideRequest *request);
es_status policy_grant_decide(struct policy_deciding *d) ES_MUST_USE;
/* Opens the access token, once for all that look at it. */
void policy_access_open(struct policy_deciding *d);
/* One that expired still says whose it was. */
bool policy_access_is_known(const struct policy_deciding *d);
/* Reads what the request says of operation and caller. Needs the catalog. */
es_status policy_caller_read(struct policy_deciding *d, enum policy_bearer bearer) ES_MUST_USE;
/* boost_type, which TS.43 figure 51 spells boostType. Empty: none. */
struct es_slice policy_boost_type(const Openes__DeviceRequest *device);
/* Sets outcome and reason, and counts. */
es_status policy_verdict_outcome(const struct policy_deciding *d, enum policy_verdict verdict) ES_MUST_USE;
void policy_grant_metrics(void);

/* policy_engine_server.c */

/* Whether a server asks for itself (TS.43 10): by an access token alone, or by the TOKEN of an enterprise. */
bool policy_server_decides(const Openes__DecideRequest *request);
es_status policy_server_decide(struct policy_deciding *d) ES_MUST_USE;

#endif
