/* es_grant_fuzz.c -- no text opens as a token of any kind, every grant that can be sealed opens as itself, and lists of
 * operations and scopes are read without harm.
 *
 * The first octet by three: the rest is a text to open, fills a grant, or is a list. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_grant.h"
#include "es_reader.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_text(struct es_reader *r, char *out, size_t size)
{
	struct es_slice text = es_read_bytes(r, es_read_u16(r) % size);
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.ptr[i] == 0 ? 'x' : (char)text.ptr[i];
}

static void round_trip(struct es_keyring *ring, struct es_slice input)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct es_reader r = es_reader_of(input);
	struct es_grant grant = es_grant_new(ES_GRANT_TEMPORARY + es_read_u8(&r) % ES_GRANT_SERVER, "demo", 1000), back;
	struct es_slice text;

	must(arena != NULL);
	memset(&back, 0, sizeof back);
	grant.epoch = es_read_u32(&r);
	grant.operations = es_read_u32(&r);
	read_text(&r, grant.app, sizeof grant.app);
	read_text(&r, grant.client_id, sizeof grant.client_id);
	read_text(&r, grant.scope, sizeof grant.scope);
	read_text(&r, grant.name, sizeof grant.name);
	read_text(&r, grant.resource, sizeof grant.resource);
	must(es_grant_seal(ring, &grant, arena, &text) == ES_OK);
	must(es_grant_open(ring, grant.kind, text, 999, &back) == ES_OK);
	must(memcmp(&grant, &back, sizeof grant) == 0);
}

static void lists(struct es_slice input)
{
	uint32_t bits = 0;
	char storage[512];
	struct es_buf text;

	es_buf_init_fixed(&text, storage, sizeof storage);
	if (es_operations_parse(input, &bits)) {
		uint32_t again = 0;
		es_operations_write(bits, &text);
		must(es_operations_parse(es_buf_slice(&text), &again) && again == bits);
	}
	if (es_scope_is_valid(input))
		must(es_scope_covers(input, input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct es_keyring *ring;
	struct es_grant grant;

	if (ring == NULL) {
		char storage[256];
		struct es_buf error;
		es_buf_init_fixed(&error, storage, sizeof storage);
		must(es_keyring_parse(ES_SLICE_LIT("1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), &ring,
		                      &error) == ES_OK);
	}
	if (size == 0)
		return 0;
	struct es_slice rest = es_slice_of(data + 1, size - 1);
	if (data[0] % 3 == 0)
		for (unsigned kind = ES_GRANT_TEMPORARY; kind <= ES_GRANT_SERVER; kind++)
			must(es_grant_open(ring, (enum es_grant_kind)kind, rest, 0, &grant) != ES_OK);
	else if (data[0] % 3 == 1)
		round_trip(ring, rest);
	else
		lists(rest);
	return 0;
}
