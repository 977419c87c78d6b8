/* gw_return.h -- a client that comes back to a request it made before: from an OpenID provider, with a one-time code, or a
 * person with the web sheet's form (TS.43 2.8.2, 8.3). Pure. */
#ifndef GW_RETURN_H
#define GW_RETURN_H

#include "gw_request.h"

#define GW_RETURN_TEXT_MAX 2048 /* of what a provider sends along */

enum gw_return_kind {
	GW_RETURN_NONE,
	GW_RETURN_OIDC, /* `state` with `code` or `error` */
	GW_RETURN_CODE, /* `OTP`; the cookie says for what */
	GW_RETURN_FORM, /* the web sheet */
};

struct gw_return {
	enum gw_return_kind kind;
	struct es_slice state, code, error, error_description;
	struct es_slice handle; /* of the form */
	bool again;             /* of the form: another SMS */
};

/* What the parameters of a request say of a return; `kind` NONE is an ordinary request. The same parameter twice with two
 * values is GW_FAULT_REPEATED. */
enum gw_fault gw_return_read(const struct gw_params *params, struct gw_return *out);
/* The web sheet: query of its GET or body of its form, application/x-www-form-urlencoded. */
enum gw_fault gw_return_read_form(struct es_slice text, struct es_arena *arena, struct gw_return *out);

#endif
