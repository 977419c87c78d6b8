/* gw_outcome.h -- how a device request can end, and what that is on HTTP (TS.43 2.10, T7, T8, T13). */
#ifndef GW_OUTCOME_H
#define GW_OUTCOME_H

#include "es_status.h"
#include "gw_request.h"

/* name, label, status, the line of text for whoever looks at the wire (devices never read bodies of errors) */
#define GW_OUTCOME_LIST(X)                                                                                             \
	X(DOCUMENT, "document", 200, "")                                                                                   \
	X(CHALLENGE, "challenge", 200, "")                                                                                 \
	X(CODE_SENT, "code_sent", 200, "")                                                                                 \
	X(ERROR_PAGE, "error_page", 200, "")                                                                               \
	X(SHEET, "sheet", 200, "")                                                                                         \
	X(REDIRECT, "redirect", 302, "")                                                                                   \
	X(BAD_REQUEST, "bad_request", 400, "a parameter is missing or malformed\n")                                        \
	X(NO_TOKEN, "token_refused", 401, "the temporary, operator or access token is not valid\n")                        \
	X(FORBIDDEN, "forbidden", 403, "not for this subscriber\n")                                                        \
	X(NOT_FOUND, "not_found", 404, "nothing is served here\n")                                                         \
	X(NO_RESOURCE, "no_resource", 404, "there is nothing of that kind\n")                                              \
	X(GONE, "gone", 410, "this login is over\n")                                                                       \
	X(METHOD, "method", 405, "GET and POST are served here\n")                                                         \
	X(NOT_OFFERED, "not_offered", 405, "the operation is not offered\n")                                               \
	X(UNACCEPTABLE, "unacceptable", 406, "nothing here could do that\n")                                               \
	X(VERSION, "version", 406, "entitlement_version is not supported\n")                                               \
	X(TOO_LARGE, "too_large", 413, "the body is too large\n")                                                          \
	X(INTERNAL, "internal", 500, "internal error\n")                                                                   \
	X(UNAVAILABLE, "unavailable", 503, "try again later\n")                                                            \
	X(AUTHENTICATE, "authenticate", 511, "authentication is required\n")

enum gw_outcome {
#define GW_OUTCOME_ENUM(name, label, status, text) GW_OUTCOME_##name,
	GW_OUTCOME_LIST(GW_OUTCOME_ENUM)
#undef GW_OUTCOME_ENUM
		GW_OUTCOME_COUNT
};

unsigned gw_outcome_status(enum gw_outcome outcome);
const char *gw_outcome_label(enum gw_outcome outcome);
const char *gw_outcome_text(enum gw_outcome outcome);

/* What a fault in the request, and what a failed call to another process, ends in. */
enum gw_outcome gw_outcome_of_fault(enum gw_fault fault);
enum gw_outcome gw_outcome_of_status(es_status status);

#endif
