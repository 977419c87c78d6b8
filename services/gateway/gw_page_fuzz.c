/* gw_page_fuzz.c -- user data of every form, forms of people, and pages whose every text is hostile. */
#include <stdlib.h>

#include "gw_page_request.h"
#include "gw_pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

static size_t count(struct es_slice html, uint8_t c)
{
	size_t found = 0;

	for (size_t i = 0; i < html.len; i++)
		found += html.ptr[i] == c;
	return found;
}

/* A page of every kind of block, and two more. */
static void write_page(char *text, struct es_buf *out)
{
	static char language[] = "en";
	Openes__SheetReply page;
	Openes__SheetBlock blocks[15];
	Openes__SheetBlock *list[15];
	const struct gw_pages_frame frame = { "/sheet", "nonce", 65536 };

	openes__sheet_reply__init(&page);
	for (size_t i = 0; i < 15; i++) {
		openes__sheet_block__init(&blocks[i]);
		blocks[i].kind = (uint32_t)i;
		blocks[i].name = blocks[i].label = blocks[i].error = blocks[i].complete = text;
		blocks[i].value = i == 3 ? language : text; /* of terms each line makes a paragraph */
		list[i] = &blocks[i];
	}
	page.blocks = list;
	page.n_blocks = 15;
	page.language = language;
	page.brand = page.title = page.page = page.object = page.call = page.arguments = text;
	page.logo = page.colour = page.support_url = page.support_label = text;
	gw_pages_write(&page, &frame, out);
}

/* Whatever the texts are, the page has the tags and quotes that it has with an innocent one. */
static void check_page(struct es_slice input, struct es_arena *arena)
{
	static char innocent[] = "x";
	struct es_buf one, other;
	char *text = es_arena_strdup(arena, input);

	if (text == NULL || text[0] == '\0')
		return;
	es_buf_init(&one, 8u << 20);
	es_buf_init(&other, 8u << 20);
	write_page(innocent, &one);
	write_page(text, &other);
	if (es_buf_status(&other) == ES_OK && text[0] != '#') {
		CHECK(count(es_buf_slice(&one), '<') == count(es_buf_slice(&other), '<'));
		CHECK(count(es_buf_slice(&one), '"') == count(es_buf_slice(&other), '"'));
	}
	es_buf_free(&one);
	es_buf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 4u << 20);
	struct es_slice text = es_slice_of(data, size);
	struct gw_page_open open;
	struct gw_page_act act;

	if (gw_page_read_open(text, arena, &open) == GW_FAULT_NONE)
		CHECK((open.handle.len > 0 || open.page.len > 0) && open.handle.len <= GW_PAGE_TEXT_MAX &&
		      open.boost_type.len <= 8);
	if (gw_page_read_act(text, arena, &act) == GW_FAULT_NONE) {
		CHECK(act.field_count <= GW_PAGE_FIELDS_MAX && act.page.len <= GW_PAGE_TEXT_MAX && act.action.len <= 32);
		for (size_t i = 0; i < act.field_count; i++)
			CHECK(act.fields[i].value.len <= GW_PAGE_VALUE_MAX);
	}
	if (gw_page_read_multipart(ES_SLICE_LIT("multipart/form-data; boundary=\"B\""), text, &act) == GW_FAULT_NONE)
		CHECK(act.field_count <= GW_PAGE_FIELDS_MAX && act.upload.len <= size);
	if (size < 4096)
		check_page(text, arena);
	es_arena_free(arena);
	return 0;
}
