/* es_keyring_fuzz.c -- no bytes open that were not sealed, and every sealed text comes back.
 *
 * The first octet says what the rest is: 0 a key file, 1 a sealed text, else a plain text to seal and damage. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_keyring.h"

#define KEYS                                                                                                           \
	"7 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"                                             \
	"9 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"
enum { MAX = 4096 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static es_status parse(struct es_slice text, struct es_keyring **ring)
{
	char storage[256];
	struct es_buf error;
	es_buf_init_fixed(&error, storage, sizeof storage);
	return es_keyring_parse(text, ring, &error);
}

static void round_trip(struct es_keyring *ring, struct es_slice plain)
{
	static uint8_t sealed[MAX + ES_SEAL_OVERHEAD], opened[MAX];
	struct es_slice box = es_slice_of(sealed, plain.len + ES_SEAL_OVERHEAD), aad = es_slice_sub(plain, 0, 3);

	es_seal(ring, "fuzz", aad, plain, sealed);
	must(es_unseal(ring, "fuzz", aad, box, opened) == ES_OK);
	must(plain.len == 0 || memcmp(opened, plain.ptr, plain.len) == 0);
	sealed[plain.len % box.len] ^= 1;
	must(es_unseal(ring, "fuzz", aad, box, opened) != ES_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t opened[MAX + ES_SEAL_OVERHEAD];
	static struct es_keyring *ring;

	if (ring == NULL)
		must(parse(ES_SLICE_LIT(KEYS), &ring) == ES_OK);
	if (size == 0 || size > MAX)
		return 0;
	struct es_slice rest = es_slice_of(data + 1, size - 1);
	struct es_keyring *parsed = NULL;
	if (data[0] == 0 && parse(rest, &parsed) == ES_OK)
		round_trip(parsed, ES_SLICE_LIT("any ring that parses seals and opens"));
	else if (data[0] == 1)
		must(es_unseal(ring, "fuzz", (struct es_slice){ 0 }, rest, opened) != ES_OK);
	else if (data[0] > 1)
		round_trip(ring, rest);
	es_keyring_free(parsed);
	return 0;
}
