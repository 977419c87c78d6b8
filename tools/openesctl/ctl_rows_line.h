/* ctl_rows_line.h -- one line of a list of devices or models as the object of the operators' API: CSV with a header, or JSON. Pure.
 *
 * In CSV the columns are members; an empty field is left out, and members that are lists have their elements separated by '|'.
 * Whether they are known and good is for the server to say. */
#ifndef CTL_ROWS_LINE_H
#define CTL_ROWS_LINE_H

#include "es_json.h"

#define CTL_ROWS_LINE_MAX 4096 /* octets, line end included */
#define CTL_ROWS_COLUMNS_MAX 16

struct ctl_list {
	bool is_json;
	uint8_t separator;
	size_t count;
	char columns[CTL_ROWS_COLUMNS_MAX][32];
};

/* From the first line that is not blank. JSON lines have no header: then it is a row, too. ES_MALFORMED with a sentence in `why`
 * (static storage). A byte order mark is passed over. */
es_status ctl_list_begin(struct es_slice line, struct ctl_list *out, const char **why) ES_MUST_USE;
/* A new object, the caller's. */
es_status ctl_list_line(const struct ctl_list *rows, struct es_slice line, cJSON **out, const char **why) ES_MUST_USE;

#endif
