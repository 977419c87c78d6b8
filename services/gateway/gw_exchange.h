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
#include "gw_return.h"
#include "notify.pb-c.h"
#include "policy.pb-c.h"

struct gw_sign_keys;

struct gw_exchange {
	struct es_http_request *http;
	const struct gw_config *config;
	const struct gw_clients *clients;
	const struct gw_sign_keys *sign_keys; /* NULL: none */
	struct es_arena *arena;
	int64_t started_us; /* monotonic */
	int64_t deadline;   /* wall ms */
	int step;           /* the call under way (gw_flow.c) */
	/* asked */
	enum gw_form form;
	bool takes_gzip;
	Openes__DeviceRequest *request; /* NULL in an EAP answer or a return, until auth brings the original one back */
	char *token, *eap_id;           /* NULL: none */
	char *temporary_token, *operator_token, *access_token; /* NULL: none */
	struct es_slice packet;                                /* EAP answer */
	struct gw_cookies cookies;
	struct gw_return back;       /* from a provider, with a one-time code, or the web sheet's form */
	struct gw_language language; /* of the web sheet */
	/* learned */
	bool is_fresh;    /* the token was made for this very request */
	bool was_renewed; /* asked for, with or without success */
	int64_t token_validity_s;
	const Openes__DecideReply *decision;
	const Openes__AppAnswer *operated[GW_APPS_MAX]; /* by index of the request's applications */
	size_t operated_count;                          /* how many of the request's applications were looked at */
	bool has_notif_status;
	uint32_t notif_status;
	bool was_spent, was_acquired, was_bound;
	int64_t retry_after_s; /* of a 503; 0: as configured */
	const char *reason;    /* for the log; static text or in the arena */
};

/* gw_wire.c: the one place where requests become protobuf messages. NULL: out of memory. */
Openes__DeviceRequest *gw_wire_request(const struct gw_device_request *request, const struct es_http_request *http,
                                       const struct gw_language *language, bool wants_json, struct es_arena *arena);

/* gw_flow.c: takes the exchange to its end. */
void gw_flow_start(struct gw_exchange *x);
/* What gw_login.c asks auth, and how it goes on when the person is known. */
enum gw_login_call { GW_LOGIN_OIDC_START, GW_LOGIN_OIDC_FINISH, GW_LOGIN_CODE_START, GW_LOGIN_CODE_CHECK };
void gw_flow_login(struct gw_exchange *x, enum gw_login_call which, const ProtobufCMessage *request);
void gw_flow_logged_in(struct gw_exchange *x, Openes__DeviceRequest *request, char *token, int64_t validity_s);

/* gw_login.c: a request without a credential; one that comes back; what auth says to it. */
void gw_login_start(struct gw_exchange *x);
void gw_login_return(struct gw_exchange *x);
void gw_login_answered(struct gw_exchange *x, const Openes__LoginReply *reply);

/* gw_sheet.c: the web sheet of a one-time code, for people. */
void gw_sheet_handle(struct gw_exchange *x);
void gw_sheet_answered(struct gw_exchange *x, const Openes__LoginReply *reply);
/* Every end but the ones above. */
void gw_sheet_fault(struct gw_exchange *x, enum gw_outcome outcome);

/* What gw_grant.c asks auth, and how the flow goes on after it. */
enum gw_grant_call { GW_GRANT_SPEND, GW_GRANT_ACQUIRE, GW_GRANT_SERVER, GW_GRANT_CALLS };
void gw_flow_grant(struct gw_exchange *x, enum gw_grant_call which, const ProtobufCMessage *request);
void gw_flow_go_on(struct gw_exchange *x);

/* gw_grant.c: after policy decided, a token that is good once is spent, and a token that was asked for is made. */
bool gw_grant_is_due(const struct gw_exchange *x);
void gw_grant_next(struct gw_exchange *x);
void gw_grant_spent(struct gw_exchange *x, const Openes__SpendReply *reply);
void gw_grant_bound(struct gw_exchange *x, const Openes__ServerTokenReply *reply);
void gw_grant_acquired(struct gw_exchange *x, const Openes__AcquireReply *reply);

/* gw_answer.c: each of them replies, logs and counts; the exchange is over. */
void gw_answer(struct gw_exchange *x, enum gw_outcome outcome);
/* The same, and never as a page for people: where there is none to be made. */
void gw_answer_plain(struct gw_exchange *x, enum gw_outcome outcome);
/* 503, after a moment: to those who ask too often (gw_hold.h). */
void gw_answer_later(struct gw_exchange *x);
void gw_answer_challenge(struct gw_exchange *x, struct es_slice packet, const char *cookie);
void gw_answer_document(struct gw_exchange *x);
/* TS.43 2.8.4: a document without TOKEN. x->decision has what stands in it. */
void gw_answer_error_page(struct gw_exchange *x);
void gw_answer_code_sent(struct gw_exchange *x, const char *cookie);
void gw_answer_redirect(struct gw_exchange *x, const char *location);
void gw_answer_html(struct gw_exchange *x, enum gw_outcome outcome, const char *policy, struct es_slice page);
void gw_answer_metrics(void);

/* gw_sign_answer.c: sets the headers of a signature, where the decision names a key. */
struct gw_content {
	unsigned status;
	const char *type, *coding; /* coding NULL: none */
	struct es_slice octets;    /* as they are sent */
};
void gw_sign_answer(struct gw_exchange *x, const struct gw_content *content);
void gw_sign_metrics(void);

/* gw_document.c */
es_status gw_document_write(const struct gw_exchange *x, bool as_json, struct es_buf *out) ES_MUST_USE;

#endif
