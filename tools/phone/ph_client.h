/* ph_client.h -- the TS.43 client of one phone: parameters, embedded EAP-AKA (2.8.1), fast authentication (2.8.5).
 *
 * A client makes requests and reads answers; who carries them, waiting or not, is the caller's business. It is the state
 * of one exchange at a time, used by one thread; any number of phones may take turns on it. */
#ifndef PH_CLIENT_H
#define PH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_slice.h"

#include "ph_http.h"
#include "ph_usim.h"

struct ph_trace;

#define PH_APPS_MAX 16
#define PH_PARAMS_MAX 48
#define PH_TOKEN_SIZE 1024
#define PH_XML "text/vnd.wap.connectivity-xml"
#define PH_JSON "application/json"
#define PH_RELAY "application/vnd.gsma.eap-relay.v1.0+json"
#define PH_CHALLENGES_MAX 4 /* what Android answers in one exchange */

struct ph_param {
	const char *name, *value;
};

/* What all phones of one run have in common. */
struct ph_profile {
	const char *url;
	const char *accept; /* PH_XML or PH_JSON */
	bool is_post;
	unsigned methods;         /* PH_AKA, PH_AKA_PRIME; 0: PH_AKA */
	const char *network_name; /* of AKA'; NULL: "WLAN" */
	const char *mcc, *mnc;    /* of the realm; NULL: the first 3 and the next 2 digits of the IMSI */
	const char *terminal_id;  /* NULL: an IMEI made from the IMSI */
	const char *apps[PH_APPS_MAX];
	size_t app_count;
	struct ph_param params[PH_PARAMS_MAX]; /* on top of the common ones, or instead of those of the same name */
	size_t param_count;
	struct ph_http_options http;
};

struct ph_phone {
	struct ph_usim usim;
	char token[PH_TOKEN_SIZE]; /* empty: none */
};

/* How a request proves whose it is. */
enum ph_proof {
	PH_PROOF_SIM,
	PH_PROOF_TOKEN, /* or the SIM, when the phone has no token */
	PH_PROOF_NONE,  /* its parameters do, or nothing does */
};

/* One request that is not like all others of the run. */
struct ph_ask {
	enum ph_proof proof;
	bool is_server;                /* TS.43 10.1: no device of its own */
	const char *app;               /* NULL: those of the profile */
	const struct ph_param *params; /* on top of the profile's, or instead of those of the same name */
	size_t param_count;            /* PH_PARAMS_MAX at most */
	const char *cookie;            /* NULL: none */
};

enum ph_result {
	PH_DOCUMENT,  /* 200 with a configuration document */
	PH_REFUSED,   /* another HTTP status */
	PH_GAVE_UP,   /* an answer that a phone cannot go on with */
	PH_NO_ANSWER, /* no connection, or it broke */
};

struct ph_outcome {
	enum ph_result result;
	unsigned status;      /* of the last answer; 0: none */
	const char *why;      /* unless PH_DOCUMENT: a sentence */
	char retry_after[32]; /* as the server said it; empty: it did not */
	unsigned requests, challenges, resyncs;
	bool has_token;           /* the document brought one; it is the phone's now */
	int64_t token_validity_s; /* -1: not given */
	bool is_json;
	/* Of the last answer, and as long valid. */
	struct es_slice document, cookie, location;
};

struct ph_client;

/* `trace` NULL: silent. NULL when out of memory. The profile must outlive the client. */
struct ph_client *ph_client_new(const struct ph_profile *profile, struct ph_trace *trace);
void ph_client_free(struct ph_client *client);

/* Begins an exchange: with the phone's token when it has one and `use_token`, else with its SIM. The request to be sent;
 * NULL: the exchange is over already. */
const struct ph_http_request *ph_client_begin(struct ph_client *client, struct ph_phone *phone, bool use_token);
const struct ph_http_request *ph_client_ask(struct ph_client *client, struct ph_phone *phone, const struct ph_ask *ask);
/* Takes the answer to it. The next request; NULL: the exchange is over. */
const struct ph_http_request *ph_client_answer(struct ph_client *client, const struct ph_http_answer *answer);
/* How it went, once it is over; until the next one begins. */
const struct ph_outcome *ph_client_outcome(const struct ph_client *client);

#endif
