/* policy_engine.h -- policy's answers as messages, without the bus they travel on. The one place where protobuf meets the
 * domain. Functions fill `reply` (initialised by the caller) with memory of `arena`; a failure is the world's. */
#ifndef POLICY_ENGINE_H
#define POLICY_ENGINE_H

#include "es_keyring.h"
#include "policy.pb-c.h"
#include "policy_deciding_wait.h"
#include "policy_eir.h"
#include "policy_engine_bss.h"
#include "policy_limits.h"
#include "policy_seen.h"
#include "policy_store.h"

struct policy_sheet_peers;

struct policy_engine {
	struct policy_store *store;
	struct es_keyring *ring;
	uint8_t sim_id_key[32]; /* of hashes of IMSIs (TS.43 T53) */
	bool has_sim_id_key;
	uint8_t private_id_key[32]; /* of private user identities (TS.43 12) */
	bool has_private_id_key;
	void (*tell)(void *user, uint64_t sequence); /* a decision wrote an event; NULL: nobody listens (tests) */
	void *tell_user;
	struct policy_eir *eir;           /* NULL: no EIR is asked */
	struct policy_seen *seen;         /* NULL: devices are not noted (tests) */
	struct policy_sheet_peers *peers; /* of web sheets; NULL: none */
	struct policy_limits *limits;     /* NULL: nobody is limited (tests) */
};

/* One indexed read, and one more for ap2012. Waits for a commit where policy_decide_commits(): then never in a bus callback. */
es_status policy_serve_decide(struct policy_engine *engine, const Openes__DecideRequest *request, int64_t now_ms,
                              struct es_arena *arena, Openes__DecideReply *reply) ES_MUST_USE;
/* The same where facts from outside can be asked for. With need->is_wanted after ES_OK the operator's own system is to be asked
 * first; with policy_wait_is_due(wait) others are: nothing is decided yet, and it is to be called again, with the same `wait`, the
 * `need` that says what became of it, and a new `reply`. */
es_status policy_serve_decide_asking(struct policy_engine *engine, const Openes__DecideRequest *request, int64_t now_ms,
                                     struct es_arena *arena, struct policy_wait *wait, struct policy_bss_need *need,
                                     Openes__DecideReply *reply) ES_MUST_USE;
es_status policy_serve_admit_with(struct policy_engine *engine, const Openes__AdmitRequest *request, int64_t now_ms,
                                  struct es_arena *arena, struct policy_bss_need *need,
                                  Openes__AdmitReply *reply) ES_MUST_USE;
bool policy_decide_commits(const Openes__DecideRequest *request);
es_status policy_serve_admit(struct policy_engine *engine, const Openes__AdmitRequest *request, struct es_arena *arena,
                             Openes__AdmitReply *reply) ES_MUST_USE;
es_status policy_serve_tenants(struct policy_engine *engine, const Openes__TenantsRequest *request,
                               struct es_arena *arena, Openes__TenantsReply *reply) ES_MUST_USE;
es_status policy_serve_events(struct policy_engine *engine, const Openes__EventsRequest *request,
                              struct es_arena *arena, Openes__EventsReply *reply) ES_MUST_USE;
/* By IMSI or by number. A number that two lines of the tenant have is nobody's. */
es_status policy_serve_find(struct policy_engine *engine, const Openes__FindRequest *request, struct es_arena *arena,
                            Openes__FindReply *reply) ES_MUST_USE;
/* One line, or a page. With request->count the whole table is read: not on a thread of the bus. */
es_status policy_serve_lines(struct policy_engine *engine, const Openes__LinesRequest *request, struct es_arena *arena,
                             Openes__LinesReply *reply) ES_MUST_USE;

#endif
