/* ph_page_fuzz.c -- any text as a page: what comes out lies in the text or the arena, and the form can be sent. */
#include <assert.h>
#include <stdlib.h>

#include "ph_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_page page;
	struct es_buf body;
	struct es_arena *arena = es_arena_new(0, 1 << 20);

	if (arena == NULL)
		abort();
	es_buf_init(&body, 1 << 20);
	if (ph_page_read(es_slice_of(data, size), arena, &page) == ES_OK) {
		assert(page.field_count <= PH_FIELDS_MAX);
		const struct ph_field *pressed = ph_page_accept(&page, NULL, 0, &body);
		assert(pressed == NULL || pressed->kind == PH_BUTTON);
	}
	es_buf_free(&body);
	es_arena_free(arena);
	return 0;
}
