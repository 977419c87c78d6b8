/* gw_sheet_page.h -- the web sheet of a one-time code as HTML (TS.43 2.8.2.1): one page without scripts, pictures or
 * anything from elsewhere, in the reader's language. Pure. */
#ifndef GW_SHEET_PAGE_H
#define GW_SHEET_PAGE_H

#include "es_buf.h"
#include "es_slice.h"

enum gw_sheet_kind {
	GW_SHEET_ASK,     /* the form */
	GW_SHEET_WRONG,   /* the form once more, with the tries that are left */
	GW_SHEET_OVER,    /* this login is not there any more */
	GW_SHEET_LIMITED, /* too many codes were sent */
	GW_SHEET_LATER,   /* something does not answer */
};

struct gw_sheet_page {
	enum gw_sheet_kind kind;
	size_t language; /* of gw_sheet_language() */
	struct es_slice tenant, handle, number_end;
	const char *nonce, *path;
	unsigned tries_left;
};

/* The best language of Accept-Language that there are texts in (es_language_pick()); English else. */
size_t gw_sheet_language(struct es_slice accept_language);
const char *gw_sheet_language_name(size_t language);

/* Every text from outside is escaped. */
void gw_sheet_write(const struct gw_sheet_page *page, struct es_buf *out);

#endif
