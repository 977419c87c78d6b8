/* ph_odsa_fuzz.c -- any document in either form; every text that comes out ends where it should. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ph_odsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_odsa answer;
	struct es_arena *arena = es_arena_new(0, 1 << 20);

	if (arena == NULL)
		abort();
	if (ph_odsa_read(es_slice_of(data, size), size > 0 && data[0] == '{', "ap2006", arena, &answer) == ES_OK) {
		assert(answer.configuration_count <= PH_CONFIGURATIONS_MAX);
		assert(strlen(answer.sheet_data) < sizeof answer.sheet_data);
		for (size_t i = 0; i < answer.configuration_count; i++)
			assert(strlen(answer.configurations[i].download.activation_code) <
			       sizeof answer.configurations[i].download.activation_code);
	}
	es_arena_free(arena);
	return 0;
}
