/* ctl_row_fuzz.c -- any list, read as one of the operator's own systems and as one of the API: each line is an object or has a
 * reason why not. */
#include <assert.h>

#include "ctl_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_list(struct es_slice rest, enum ctl_row_names whose)
{
	const struct es_slice first = es_slice_sub(rest, 0, es_slice_find(rest, '\n'));
	struct ctl_rows rows;
	const char *why = NULL;

	if (ctl_rows_begin(first, whose, &rows, &why) != ES_OK) {
		assert(why != NULL);
		return;
	}
	if (!rows.is_json)
		(void)es_slice_cut(&rest, '\n');
	while (rest.ptr != NULL) {
		const struct es_slice line = es_slice_cut(&rest, '\n');
		cJSON *object = NULL;
		why = NULL;
		if (ctl_row_read(&rows, line, &object, &why) == ES_OK)
			assert(cJSON_IsObject(object));
		else
			assert(why != NULL && object == NULL);
		cJSON_Delete(object);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_list(es_slice_of(data, size), CTL_ROW_THEIRS);
	read_list(es_slice_of(data, size), CTL_ROW_OURS);
	return 0;
}
