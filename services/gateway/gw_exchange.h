/* gw_exchange.h -- one device request on its way through the processes: what the flow knows and has learned.
 *
 * It lives in the arena of the HTTP request and belongs to one thread at a time: the HTTP thread until the first call is
 * under way, then the callback of each call in turn. Nothing of it outlives the reply. */
#ifndef GW_EXCHANGE_H
#define GW_EXCHANGE_H

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "device.pb-c.h"
#include "es_http.h"
#include "esim.pb-c.h"
#include "gw.h"
#include "gw_cookie.h"
#include "gw_negotiate.h"
#include "gw_outcome.h"
#include "gw_request.h"
#include "notify.pb-c.h"
#include "policy.pb-c.h"

struct gw_exchange {
	struct es_http_request *http;
	const struct gw_config *config;
	const struct gw_clients *clients;
	struct es_arena *arena;
	int64_t started_us; /* monotonic */
	int64_t deadline;   /* wall ms */
	int step;           /* the call under way (gw_flow.c) */
	/* asked */
	enum gw_form form;
	bool takes_gzip;
	Openes__DeviceRequest *request; /* NULL in an EAP answer, until auth brings the original one back */
	char *token, *eap_id;           /* NULL: none */
	char *temporary_token, *operator_token, *access_token; /* NULL: none */
	struct es_slice packet;                                /* EAP answer */
	struct gw_cookies cookies;
	/* learned */
	bool is_fresh;    /* the token was made for this very request */
	bool was_renewed; /* asked for, with or without success */
	int64_t token_validity_s;
	const Openes__DecideReply *decision;
	const Openes__AppAnswer *operated[GW_APPS_MAX]; /* by index of the request's applications */
	size_t operated_count;                          /* how many of the request's applications were looked at */
	bool has_notif_status;
	uint32_t notif_status;
	bool was_spent, was_acquired;
	int64_t retry_after_s; /* of a 503; 0: as configured */
	const char *reason;    /* for the log; static text or in the arena */
};

/* gw_wire.c: the one place where requests become protobuf messages. NULL: out of memory. */
Openes__DeviceRequest *gw_wire_request(const struct gw_device_request *request, const struct es_http_request *http,
                                       const struct gw_language *language, bool wants_json, struct es_arena *arena);

/* gw_flow.c: takes the exchange to its end. */
void gw_flow_start(struct gw_exchange *x);

/* gw_answer.c: each of them replies, logs and counts; the exchange is over. */
void gw_answer(struct gw_exchange *x, enum gw_outcome outcome);
void gw_answer_challenge(struct gw_exchange *x, struct es_slice packet, const char *cookie);
void gw_answer_document(struct gw_exchange *x);
void gw_answer_metrics(void);

/* gw_document.c */
es_status gw_document_write(const struct gw_exchange *x, bool as_json, struct es_buf *out) ES_MUST_USE;

#endif
