/* gw_page_request.h -- what opens a web sheet, and what its form says (TS.43 3.1.2, T50). Pure. */
#ifndef GW_PAGE_REQUEST_H
#define GW_PAGE_REQUEST_H

#include "gw_request.h"

#define GW_PAGE_TEXT_MAX 8192 /* octets of a handle, a page's state or a payment's result */
#define GW_PAGE_RESULT_MAX 16384
#define GW_PAGE_FIELDS_MAX 16
#define GW_PAGE_VALUE_MAX 1024

struct gw_page_open {
	struct es_slice handle, boost_type; /* of the arena, or of `text` */
	struct es_slice page,
		tenant; /* without a handle: a page of nobody's line (NotEnabledURL, GeneralErrorURL), and whose */
};
/* ServiceFlow_UserData in any of its forms: "sid=...&boost_type=...", the JSON or XML of ServiceFlow_ContentsType, and
 * encodedValue with one of them in Base64. The phone may name any Content-Type: what it is shows. */
enum gw_fault gw_page_read_open(struct es_slice text, struct es_arena *arena, struct gw_page_open *out);

struct gw_page_act {
	struct es_slice page, action, result;
	struct es_slice upload; /* of "document", a file */
	struct {
		struct es_slice name, value;
	} fields[GW_PAGE_FIELDS_MAX];
	size_t field_count;
};
/* application/x-www-form-urlencoded: of a form, or of a payment page that sends somebody back. */
enum gw_fault gw_page_read_act(struct es_slice text, struct es_arena *arena, struct gw_page_act *out);

/* The same as multipart/form-data (RFC 7578), which a form with a file in it is sent as. `type`: Content-Type. */
enum gw_fault gw_page_read_multipart(struct es_slice type, struct es_slice body, struct gw_page_act *out);

/* Whether a form came from a page of this host: Origin names it, or there is none (RFC 6454 7.3). */
bool gw_page_origin_is_ours(struct es_slice origin, struct es_slice host);

#endif
