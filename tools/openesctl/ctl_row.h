/* ctl_row.h -- one line of an operator's list as a JSON object: a line of JSON, or CSV (RFC 4180) under a header that names
 * its columns as it likes. What the members mean is the server's mapping. Pure. */
#ifndef CTL_ROW_H
#define CTL_ROW_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "es_slice.h"
#include "es_status.h"

#define CTL_ROW_LINE_MAX 65536 /* octets, line end included */
#define CTL_ROW_COLUMNS_MAX 64
#define CTL_ROW_NAME_MAX 63

struct ctl_rows {
	bool is_json;
	uint8_t separator; /* ',' or, when the header has it and no comma, ';' */
	char names[CTL_ROW_COLUMNS_MAX][CTL_ROW_NAME_MAX + 1];
	size_t count;
};

/* By the first line that is not blank: `is_header` says whether it is one. ES_MALFORMED with a sentence in `why`. */
es_status ctl_rows_begin(struct es_slice line, struct ctl_rows *out, bool *is_header, const char **why) ES_MUST_USE;
/* The caller's to delete. Of CSV the empty fields are left out, and "vowifi.terms" is a member of a group. */
es_status ctl_row_read(const struct ctl_rows *rows, struct es_slice line, cJSON **out, const char **why) ES_MUST_USE;

#endif
