/* gw_pages.h -- web sheets over HTTPS: assets here, everything else asked of policy (docs/sheets.md).
 *
 *     GET, POST  PATH       opened by a phone, with ServiceFlow_UserData
 *     POST       PATH/act   a form of one of our pages
 *     GET, POST  PATH/paid  back from the operator's payment page
 *     GET        PATH/look.css, PATH/flow.js */
#ifndef GW_PAGES_H
#define GW_PAGES_H

#include "es_http.h"
#include "gw.h"
#include "policy.pb-c.h"

bool gw_pages_serves(const struct gw_config *config, struct es_slice path);
void gw_pages_handle(struct es_http_request *http, const struct gw_config *config, const struct gw_clients *clients);
void gw_pages_metrics(void);

/* gw_pages_html.c: a page as HTML. `nonce` is of its style. */
struct gw_pages_frame {
	const char *path, *nonce;
	unsigned upload_max; /* octets of a form with a file */
};
void gw_pages_write(const Openes__SheetReply *page, const struct gw_pages_frame *frame, struct es_buf *out);

#endif
