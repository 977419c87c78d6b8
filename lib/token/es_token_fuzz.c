/* es_token_fuzz.c -- no text opens as a token, and every token that can be sealed opens as itself.
 *
 * An even first octet: the rest is a text to open. An odd one: the rest fills a token. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_reader.h"
#include "es_token.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_text(struct es_reader *r, char *out, size_t size)
{
	struct es_slice text = es_read_bytes(r, es_read_u8(r) % size);
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.ptr[i] == 0 ? 'x' : (char)text.ptr[i];
}

static void round_trip(struct es_keyring *ring, struct es_slice input)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 4096);
	struct es_reader r = es_reader_of(input);
	struct es_token token, back;
	struct es_slice text;

	must(arena != NULL);
	memset(&token, 0, sizeof token); /* padding too: compared as bytes below */
	read_text(&r, token.tenant, sizeof token.tenant);
	read_text(&r, token.group, sizeof token.group);
	memcpy(token.imsi.digits, "001010000000001", 15);
	token.epoch = es_read_u32(&r);
	token.method = ES_METHOD_EAP_AKA + es_read_u8(&r) % ES_METHOD_AAA;
	token.issued_ms = (int64_t)es_read_u64(&r);
	token.expires_ms = (int64_t)es_read_u64(&r);
	es_token_digest(es_read_rest(&r), token.terminal);
	must(es_token_seal(ring, &token, arena, &text) == ES_OK);

	memset(&back, 0, sizeof back);
	must(es_token_open(ring, text, INT64_MIN, &back) == (token.expires_ms == INT64_MIN ? ES_EXPIRED : ES_OK));
	must(memcmp(&token.tenant, &back.tenant, sizeof token.tenant) == 0);
	must(memcmp(&token.group, &back.group, sizeof token.group) == 0);
	must(memcmp(&token.terminal, &back.terminal, sizeof token.terminal) == 0);
	must(token.epoch == back.epoch && token.method == back.method && token.expires_ms == back.expires_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct es_keyring *ring;
	struct es_token token;

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
	if ((data[0] & 1) != 0)
		round_trip(ring, rest);
	else
		must(es_token_open(ring, rest, 0, &token) != ES_OK);
	return 0;
}
