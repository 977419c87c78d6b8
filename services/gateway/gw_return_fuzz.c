/* gw_return_fuzz.c -- any query of a provider's redirect and any body of the web sheet's form. */
#include <stdlib.h>

#include "gw_return.h"
#include "gw_sheet_page.h"

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

/* Whatever came in, the page that shows it is the page and no more: as many tags as with nothing in it. */
static size_t tags(struct es_slice html)
{
	size_t count = 0;

	for (size_t i = 0; i < html.len; i++)
		count += html.ptr[i] == '<';
	return count;
}

static size_t tags_of_page(struct es_slice text, struct es_arena *arena)
{
	const struct gw_sheet_page page = { .kind = GW_SHEET_WRONG,
		                                .language = gw_sheet_language(text),
		                                .tenant = text,
		                                .handle = text,
		                                .number_end = text,
		                                .nonce = "nonce",
		                                .path = "/otp",
		                                .tries_left = 3 };
	struct es_buf out;

	(void)arena;
	es_buf_init(&out, 8u << 20);
	gw_sheet_write(&page, &out);
	size_t count = tags(es_buf_slice(&out));
	es_buf_free(&out);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 4u << 20);
	struct es_slice text = es_slice_of(data, size);
	struct gw_params params = { .count = 0 };
	struct gw_return back;

	if (gw_query_parse(text, arena, &params) == GW_FAULT_NONE && gw_return_read(&params, &back) == GW_FAULT_NONE) {
		CHECK(back.kind != GW_RETURN_OIDC || (back.state.len > 0 && back.code.len + back.error.len > 0));
		CHECK(back.kind != GW_RETURN_CODE || back.code.len > 0);
		CHECK(back.state.len <= GW_RETURN_TEXT_MAX && back.code.len <= GW_VALUE_MAX);
	}
	if (gw_return_read_form(text, arena, &back) == GW_FAULT_NONE)
		CHECK(back.handle.len <= 64 && back.code.len <= 64);
	if (size < 4096)
		CHECK(tags_of_page(text, arena) == tags_of_page(ES_SLICE_LIT(""), arena));
	es_arena_free(arena);
	return 0;
}
