/* es_jwks_fuzz.c -- what a provider may send as its key set. */
#include <stdint.h>
#include <stdlib.h>

#include "es_jose_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_jwks *jwks = NULL;

	if (es_jwks_parse(es_slice_of(data, size), &jwks, NULL) == ES_OK) {
		if (jwks->count == 0 || jwks->count > ES_JWKS_KEYS_MAX)
			abort();
		es_jwks_free(jwks);
	}
	return 0;
}
