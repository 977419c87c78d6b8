/* gw_cookie.c -- a tolerant reader of Cookie lines. */
#include "gw_cookie.h"

#include <stdbool.h>

/* RFC 6265 cookie-octet; ours are Base64url, and anything else was not made by us. */
static bool is_cookie_value(struct es_slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
			return false;
	}
	return value.len > 0 && value.len <= GW_COOKIE_MAX;
}

static struct es_slice unquote(struct es_slice value)
{
	if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
		return es_slice_sub(value, 1, value.len - 1);
	return value;
}

static void add(struct gw_cookies *cookies, struct es_slice value)
{
	if (!is_cookie_value(value) || cookies->count == GW_COOKIES_MAX)
		return;
	for (size_t i = 0; i < cookies->count; i++)
		if (es_slice_eq(cookies->values[i], value))
			return;
	cookies->values[cookies->count++] = value;
}

/* A value never holds a comma, so RFC 2965's comma between cookies is one more separator. */
void gw_cookies_add(struct gw_cookies *cookies, struct es_slice line)
{
	while (line.ptr != NULL) {
		struct es_slice part = es_slice_cut(&line, ';');

		while (part.ptr != NULL) {
			struct es_slice value = es_slice_cut(&part, ','), name = es_slice_trim(es_slice_cut(&value, '='));

			if (es_slice_eq_str(name, GW_COOKIE_NAME))
				add(cookies, unquote(es_slice_trim(value)));
		}
	}
}
