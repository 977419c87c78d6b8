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

struct gw_admin_call {
	struct gw_admin *admin;
	struct es_http_request *request;
	struct gw_admin_match match;
	char *credential;  /* "": a signature instead */
	char *signature;   /* "": none */
	char audit_id[64]; /* as policy gave it; "" until then */
	struct {
		unsigned status;
		char outcome[64]; /* of an action carried out by auth: "done", "failed: timeout" */
		const char *text, *field;
		struct es_slice body; /* in the request's arena */
	} result;                 /* what is answered once policy's END is over */
};

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

/* gw_admin_keys.c: actions that auth carries out. */
void gw_admin_keys(struct gw_admin_call *call);

/* gw_admin_front.c: the HTTP server's handler; `user` is the struct gw_admin. */
void gw_admin_handle(struct es_http_request *request, void *user);

#endif
