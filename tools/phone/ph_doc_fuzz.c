/* ph_doc_fuzz.c -- whatever a server answers, the events are balanced and bounded. */
#include <stdint.h>
#include <stdlib.h>

#include "es_cleanup.h"

#include "ph_doc.h"

struct counts {
	unsigned open, events;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void count(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name, struct es_slice value)
{
	struct counts *c = user;

	(void)name;
	(void)value;
	c->events++;
	if (event == PH_DOC_CLOSE)
		c->open--;
	must(depth == c->open && depth <= 20);
	if (event == PH_DOC_OPEN)
		c->open++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(4096, 1 << 20);
	struct es_slice token;
	int64_t validity_s;

	must(arena != NULL);
	for (int is_json = 0; is_json <= 1; is_json++) {
		struct counts c = { 0, 0 };
		es_status status = ph_doc_walk(es_slice_of(data, size), is_json != 0, arena, count, &c);
		must(status != ES_OK || c.open == 0);
		must(c.events <= 2 * size + 1);
		if (ph_doc_token(es_slice_of(data, size), is_json != 0, arena, &token, &validity_s) == ES_OK)
			must(token.len > 0 && token.len <= size);
	}
	return 0;
}
