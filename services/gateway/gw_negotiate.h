/* gw_negotiate.h -- what the device can read: form, coding and language of the answer. Pure. */
#ifndef GW_NEGOTIATE_H
#define GW_NEGOTIATE_H

#include <stdbool.h>

#include "es_slice.h"

#define GW_LANGUAGE_MAX 256

enum gw_form {
	GW_FORM_UNSAID, /* Accept names the EAP relay type alone */
	GW_FORM_XML,
	GW_FORM_JSON,
};

/* Several header lines are fed one after the other. */
struct gw_accept {
	bool has_any, has_xml, has_json;
};
void gw_accept_add(struct gw_accept *accept, struct es_slice value);
/* Settled 24: XML, unless JSON is asked for and XML is not. */
enum gw_form gw_accept_form(const struct gw_accept *accept);

/* Whether a line of Accept-Encoding names gzip, and not with q=0. */
bool gw_accepts_gzip(struct es_slice value);

/* Accept-Language, all lines joined by ", " (Android sends two); what would not fit is left out. */
struct gw_language {
	char text[GW_LANGUAGE_MAX];
	size_t len;
};
void gw_language_add(struct gw_language *language, struct es_slice value);

#endif
