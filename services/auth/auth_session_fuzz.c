/* auth_session_fuzz.c -- cookies from the internet, and what a key holder could put into one.
 *
 * The first octet chooses. Even: the rest is a cookie as it comes; nothing that we did not seal opens. Odd: the rest is sealed as
 * a session's octets; what then opens is sealed and opened again without a change. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_session.h"
#include "es_crypto.h"
#include "es_text.h"

#define KEY "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static struct es_keyring *shared_ring(void)
{
	static struct es_keyring *ring;
	struct es_buf error;

	if (ring == NULL) {
		es_crypto_init();
		es_buf_init(&error, 256);
		require(es_keyring_parse(ES_SLICE_LIT(KEY), &ring, &error) == ES_OK);
		es_buf_free(&error);
	}
	return ring;
}

static void forged(struct es_keyring *ring, struct es_slice plain, struct es_arena *arena)
{
	uint8_t sealed[2400];
	struct es_buf text;
	struct auth_session first, again;
	struct es_slice cookie;

	if (plain.len > sizeof sealed - ES_SEAL_OVERHEAD)
		return;
	es_seal(ring, "session", (struct es_slice){ 0 }, plain, sealed);
	es_buf_init(&text, 8192);
	es_base64url_encode(es_slice_of(sealed, plain.len + ES_SEAL_OVERHEAD), &text);
	es_status status = auth_session_open(ring, es_buf_slice(&text), INT64_MIN, arena, &first);
	es_buf_free(&text);
	if (status != ES_OK)
		return;
	bool stored = first.request_stored;
	require(auth_session_seal(ring, &first, arena, &cookie) == ES_OK);
	require(auth_session_open(ring, cookie, INT64_MIN, arena, &again) == ES_OK);
	require(stored || es_slice_eq(first.request, again.request) || again.request_stored);
	again.request = first.request;
	require(memcmp(&first, &again, sizeof first) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_keyring *ring = shared_ring();
	struct auth_session session;

	if (size > 0 && (data[0] & 1) == 0)
		require(auth_session_open(ring, es_slice_of(data + 1, size - 1), 0, arena, &session) != ES_OK);
	else if (size > 0)
		forged(ring, es_slice_of(data + 1, size - 1), arena);
	es_arena_free(arena);
	return 0;
}
