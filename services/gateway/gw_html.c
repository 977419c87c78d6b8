/* gw_html.c -- escaping. */
#include "gw_html.h"

void gw_html_put(struct es_buf *out, struct es_slice text)
{
	static const struct {
		uint8_t c;
		const char *as;
	} table[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };

	for (size_t i = 0; i < text.len; i++) {
		size_t k = 0;

		while (k < sizeof(table) / sizeof(*table) && table[k].c != text.ptr[i])
			k++;
		if (k < sizeof(table) / sizeof(*table))
			es_put_str(out, table[k].as);
		else
			es_put_u8(out, text.ptr[i]);
	}
}
