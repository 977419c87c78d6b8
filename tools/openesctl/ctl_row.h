/* ctl_row.h -- one line of a list as a JSON object: a line of JSON, or CSV (RFC 4180) under a header that names its columns. Pure.
 *
 * Whether members are known and good is for the server to say. */
#ifndef CTL_ROW_H
#define CTL_ROW_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "es_slice.h"
#include "es_status.h"

#define CTL_ROW_LINE_MAX 65536 /* octets, line end included */
#define CTL_ROW_COLUMNS_MAX 64
#define CTL_ROW_NAME_MAX 63

enum ctl_row_names {
	/* The operator's own systems' names, whatever they are; "vowifi.terms" is a member of a group. What they mean is the server's
	 * mapping. */
	CTL_ROW_THEIRS,
	/* Members of the operators' API: a-z and _; those that are lists have their elements separated by '|'. */
	CTL_ROW_OURS,
};

struct ctl_rows {
	enum ctl_row_names whose;
	bool is_json;      /* there is no header: the first line is a row, too */
	uint8_t separator; /* ',' or, when the header has it and no comma, ';' */
	char names[CTL_ROW_COLUMNS_MAX][CTL_ROW_NAME_MAX + 1];
	size_t count;
};

/* By the first line that is not blank. ES_MALFORMED with a sentence in `why` (static storage). A byte order mark is passed over. */
es_status ctl_rows_begin(struct es_slice line, enum ctl_row_names whose, struct ctl_rows *out,
                         const char **why) ES_MUST_USE;
/* A new object, the caller's. Of CSV the empty fields are left out. */
es_status ctl_row_read(const struct ctl_rows *rows, struct es_slice line, cJSON **out, const char **why) ES_MUST_USE;

#endif
