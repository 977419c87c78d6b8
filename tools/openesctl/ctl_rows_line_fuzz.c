/* ctl_rows_line_fuzz.c -- any file: each line is an object or has a reason why not. */
#include <assert.h>

#include "ctl_csv.h"
#include "ctl_rows_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice rest = es_slice_of(data, size);
	const struct es_slice first = es_slice_sub(rest, 0, es_slice_find(rest, '\n'));
	struct ctl_list rows;
	const char *why = NULL;

	if (ctl_list_begin(first, &rows, &why) != ES_OK) {
		assert(why != NULL);
		return 0;
	}
	if (!rows.is_json)
		(void)es_slice_cut(&rest, '\n');
	while (rest.ptr != NULL) {
		const struct es_slice line = es_slice_cut(&rest, '\n');
		cJSON *object = NULL;
		why = NULL;
		if (ctl_list_line(&rows, line, &object, &why) == ES_OK)
			assert(cJSON_IsObject(object));
		else
			assert(why != NULL && object == NULL);
		cJSON_Delete(object);
	}
	return 0;
}
