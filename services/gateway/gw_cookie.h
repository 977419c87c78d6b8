/* gw_cookie.h -- the session cookie of an EAP exchange as real clients echo it (TS.43 2.8.1). Pure. */
#ifndef GW_COOKIE_H
#define GW_COOKIE_H

#include "es_slice.h"

#define GW_COOKIE_NAME "ecs"
#define GW_COOKIES_MAX 4
#define GW_COOKIE_MAX 8192 /* octets of one value */

struct gw_cookies {
	struct es_slice values[GW_COOKIES_MAX]; /* in the order sent, each once */
	size_t count;
};

/* Adds the values of `ecs` in one line of Cookie: any number of lines and pairs, values bare or quoted, attributes of
 * Set-Cookie glued on, unknown pairs and bare words. */
void gw_cookies_add(struct gw_cookies *cookies, struct es_slice line);

#endif
