/* ctl_row_fuzz.c -- a first line and a second one of an operator's list. */
#include <stdlib.h>

#include "ctl_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice rest = es_slice_of(data, size), first = es_slice_cut(&rest, '\n');
	struct ctl_rows rows;
	bool is_header = false;
	const char *why = NULL;
	cJSON *json = NULL;

	es_status status = ctl_rows_begin(first, &rows, &is_header, &why);
	if (status == ES_MALFORMED && why == NULL)
		abort();
	if (status == ES_OK && ctl_row_read(&rows, rest, &json, &why) == ES_MALFORMED && why == NULL)
		abort();
	cJSON_Delete(json);
	return 0;
}
