/* gw_admin_call.h -- one request to the operators' API on its way through the gateway.
 *
 * A call lives in its HTTP request's arena and has one owner at a time: the HTTP thread until the first bus call is
 * started, then the callback that runs. Whoever answers it never touches it again. */
#ifndef GW_ADMIN_CALL_H
#define GW_ADMIN_CALL_H

#include "es_http.h"
#include "gw.h"
#include "gw_admin_routes.h"
#include "policy.pb-c.h"

struct gw_admin {
	const struct gw_config *config;
	const struct gw_clients *clients;
	struct es_http_server *server;
};

struct gw_admin_call;
/* What another process than policy does about a call; ends it with one of gw_admin_end_*. */
typedef void gw_admin_work(struct gw_admin_call *call);

struct gw_admin_call {
	struct gw_admin *admin;
	struct es_http_request *request;
	struct gw_admin_match match;
	char *credential;  /* "": a signature instead */
	char *signature;   /* "": none */
	char audit_id[64]; /* as policy gave it; "" until then */
	gw_admin_work *work;
	struct {
		unsigned status;
		char outcome[64]; /* of an action carried out elsewhere: "done", "failed: timeout" */
		const char *text, *field;
		struct es_slice body; /* in the request's arena */
	} result;                 /* what is answered once policy's END is over */
};

/* The call's parameters for a message. ES_TOO_LARGE when the arena is full. */
es_status gw_admin_params(const struct gw_admin_call *call, Openes__Param ***out, size_t *count) ES_MUST_USE;
/* Fills `message` from the call; `body` is borrowed. ES_TOO_LARGE when the arena is full. */
es_status gw_admin_message(const struct gw_admin_call *call, struct es_slice body,
                           Openes__AdminRequest *message) ES_MUST_USE;
/* Starts a bus call. The callback gets `call`; when it cannot be started, the status is returned and nothing else happens.
 * `repeatable` calls may reach a second replica. */
es_status gw_admin_bus(struct gw_admin_call *call, struct es_bus_client *client, uint32_t method, bool repeatable,
                       const ProtobufCMessage *message, es_bus_callback *callback) ES_MUST_USE;
/* Remembers the audit id of policy's answer. */
void gw_admin_note_audit(struct gw_admin_call *call, const Openes__AdminReply *reply);

/* The answers. Each ends the call. */
void gw_admin_answer(struct gw_admin_call *call, unsigned status, struct es_slice json);
void gw_admin_answer_error(struct gw_admin_call *call, unsigned status, const char *error, const char *field);
void gw_admin_answer_status(struct gw_admin_call *call, es_status status);
void gw_admin_answer_reply(struct gw_admin_call *call, const Openes__AdminReply *reply);

/* What a failure becomes on this front, and what is said about it. */
struct gw_admin_http {
	unsigned status;
	const char *text;
};
struct gw_admin_http gw_admin_http_of(es_status status);

/* ---- what another process than policy carries out (gw_admin_elsewhere.c) ---- */

/* Runs `work` once policy has allowed and recorded the action, or answers why it did not. */
void gw_admin_begin(struct gw_admin_call *call, gw_admin_work *work);
/* Each marks the record, if there is one, and answers; text, field and body outlive the call. Refused: by rule, `why` is for
 * the trail. */
void gw_admin_end_done(struct gw_admin_call *call, unsigned http_status, struct es_slice body);
void gw_admin_end_refused(struct gw_admin_call *call, unsigned http_status, const char *why, struct es_slice body);
void gw_admin_end_failed(struct gw_admin_call *call, es_status status);
void gw_admin_end_invalid(struct gw_admin_call *call, const char *text, const char *field);

gw_admin_work gw_admin_keys;                  /* gw_admin_keys.c: by auth */
gw_admin_work gw_admin_esim, gw_admin_notify; /* gw_admin_owned.c */

/* gw_admin_front.c: the HTTP server's handler; `user` is the struct gw_admin. */
void gw_admin_handle(struct es_http_request *request, void *user);

#endif
