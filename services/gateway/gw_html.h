/* gw_html.h -- text into HTML. Pure. */
#ifndef GW_HTML_H
#define GW_HTML_H

#include "es_buf.h"
#include "es_slice.h"

/* Whatever it is: it stays text, in content and in attributes with quotes. */
void gw_html_put(struct es_buf *out, struct es_slice text);

#endif
