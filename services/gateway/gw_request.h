/* gw_request.h -- what a device asked, read out of a query string or a JSON body (TS.43 2.3, 2.4).
 *
 * Two readers fill one list of parameters; one builder checks the list and gives it meaning. Everything is bounded, and
 * every text is clean UTF-8 when the builder is done. Tolerance for clients that exist is here and nowhere else: names
 * without regard to case, the word `null`, several spellings of a list of applications, unescaped Base64. Pure. */
#ifndef GW_REQUEST_H
#define GW_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"

#define GW_PARAMS_MAX 64
#define GW_NAME_MAX 64
#define GW_VALUE_MAX 4096
#define GW_TOKEN_MAX 2048
#define GW_KNOWN_APPS 12 /* of the standard, as far as they are served */
#define GW_APPS_MAX 20   /* in one request, those of operators among them */

struct gw_param {
	struct es_slice name, value;
};

struct gw_params {
	struct gw_param items[GW_PARAMS_MAX];
	size_t count;
};

/* Why a request is refused before anybody is asked: label of metric and log, what it becomes is gw_outcome's table. */
#define GW_FAULT_LIST(X)                                                                                               \
	X(NONE, "none")                                                                                                    \
	X(SYNTAX, "syntax")                                                                                                \
	X(TOO_MANY, "too_many_parameters")                                                                                 \
	X(TOO_LONG, "parameter_too_long")                                                                                  \
	X(TEXT, "not_clean_utf8")                                                                                          \
	X(REPEATED, "parameter_repeated")                                                                                  \
	X(VERSION, "entitlement_version")                                                                                  \
	X(VERSION_UNSUPPORTED, "entitlement_version_unsupported")                                                          \
	X(APP, "app")                                                                                                      \
	X(TERMINAL, "terminal_id")                                                                                         \
	X(NOTIF, "notif_action")                                                                                           \
	X(APP_PARAM, "parameter_of_application")                                                                           \
	X(PACKET, "eap_relay_packet")                                                                                      \
	X(CODING, "content_encoding")                                                                                      \
	X(BODY_SIZE, "body_size")

enum gw_fault {
#define GW_FAULT_ENUM(name, label) GW_FAULT_##name,
	GW_FAULT_LIST(GW_FAULT_ENUM)
#undef GW_FAULT_ENUM
		GW_FAULT_COUNT
};
const char *gw_fault_label(enum gw_fault fault);

/* Whether a parameter of that name is read here; what other names mean is the business of whoever carries out the request. */
bool gw_param_is_known(struct es_slice name);

/* Adds one; an empty name is passed over. */
enum gw_fault gw_params_add(struct gw_params *params, struct es_slice name, struct es_slice value);

/* A raw query string, without '?'. */
enum gw_fault gw_query_parse(struct es_slice query, struct es_arena *arena, struct gw_params *out);

/* A JSON object (TS.43 2.4), or {"eap-relay-packet": "..."}: then *packet is the EAP packet and `out` is left alone. */
enum gw_fault gw_json_parse(struct es_slice body, struct es_arena *arena, struct gw_params *out,
                            struct es_slice *packet);

struct gw_device_request {
	uint32_t version_major, version_minor;
	struct es_slice apps[GW_APPS_MAX]; /* known ones, lower case, in the order asked, each once */
	size_t app_count;
	struct es_slice terminal_id, terminal_vendor, terminal_model, terminal_sw_version;
	struct es_slice app_name, app_version, imsi, gid1, gid2, requestor_id, operation;
	struct es_slice token, temporary_token, operator_token, access_token, eap_id;
	int64_t vers;
	bool has_notif;
	int32_t notif_action;
	struct es_slice notif_token;
	struct gw_param params[GW_PARAMS_MAX]; /* what else there was; never a credential */
	size_t param_count;
};

/* `version_major_max`: the newest major of entitlement_version that is served. */
enum gw_fault gw_request_build(const struct gw_params *params, uint32_t version_major_max,
                               struct gw_device_request *out);

/* Applications whose operations the esim service carries out. */
bool gw_app_is_odsa(struct es_slice app);
/* All application ids of the standard, for a metric; index of one of them, GW_KNOWN_APPS: none of them. */
extern const char *const gw_app_names[GW_KNOWN_APPS];
size_t gw_app_index(struct es_slice app);
/* "ap9101": what operators may call their own; whether there is one is policy's to know. */
bool gw_app_may_be_own(struct es_slice app);

#endif
