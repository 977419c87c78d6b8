/* gw_admin_routes.h -- which method and path of the operators' API is which action, and what a request may bring.
 *
 * One table; matching a request against it, cutting the path's parameters out and reading the query are pure.
 * Everything that stands in a path is an identifier without escapes, so a decoded path can be matched as it is. */
#ifndef GW_ADMIN_ROUTES_H
#define GW_ADMIN_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"

enum gw_admin_owner {
	GW_OWNER_POLICY, /* one call: policy checks the credential, carries out and writes the audit trail */
	GW_OWNER_AUTH,   /* policy's BEGIN, auth's work, policy's END */
	GW_OWNER_ESIM,   /* the same with esim's */
	GW_OWNER_NOTIFY, /* and with notify's */
};

enum gw_admin_body { GW_BODY_NONE, GW_BODY_JSON, GW_BODY_OPTIONAL };

struct gw_admin_route {
	const char *method;
	const char *path;   /* "/v1/tenants/{tenant}": a name in braces is one parameter */
	const char *action; /* as in AdminRequest.action */
	const char *query;  /* names its query may hold, separated by blanks */
	enum gw_admin_body body;
	enum gw_admin_owner owner;
};

extern const struct gw_admin_route gw_admin_routes[];
extern const size_t gw_admin_route_count;

/* Whether a signature may stand in for a credential: policy, which has the secrets, judges it. */
bool gw_admin_route_is_signed(const struct gw_admin_route *route);

#define GW_ADMIN_PARAMS 16
#define GW_ADMIN_VALUE_MAX 256

struct gw_admin_param {
	const char *name;
	struct es_slice value;
};

struct gw_admin_match {
	const struct gw_admin_route *route;
	struct gw_admin_param params[GW_ADMIN_PARAMS];
	size_t param_count;
	char allow[48];    /* with ES_UNSUPPORTED: the methods this path has, as Allow wants them */
	const char *field; /* with ES_MALFORMED: the parameter that is wrong */
};

/* ES_NOT_FOUND: no such path. ES_UNSUPPORTED: the path exists, this method does not. ES_MALFORMED: a parameter of the
 * path is no valid identifier. Parameter values point into `path`. */
es_status gw_admin_route_find(struct es_slice method, struct es_slice path, struct gw_admin_match *out) ES_MUST_USE;

/* Adds the query's parameters to those of the path. ES_MALFORMED with `field`: unknown, repeated, too long or not clean
 * text. Values live in the arena. */
es_status gw_admin_query_read(struct es_slice query, struct es_arena *arena, struct gw_admin_match *match) ES_MUST_USE;

/* The value of a parameter; empty when absent. */
struct es_slice gw_admin_param_of(const struct gw_admin_match *match, const char *name);

#endif
