/* esim_line.h -- everything an operation looks at, read in one transaction; and what it asked for, written in it. */
#ifndef ESIM_LINE_H
#define ESIM_LINE_H

#include "esim_case.h"
#include "esim_odsa.h"

/* Room for the rows of a line: ESIM_PROFILES_MAX of each. */
struct esim_rows {
	struct esim_profile *profiles;
	struct esim_order *orders; /* may be NULL: they are not read */
};

/* Fills in `request->line`. */
es_status esim_line_read(const struct esim_store *store, struct es_db_conn *conn, struct esim_request *request,
                         struct esim_rows *rows) ES_MUST_USE;
/* Makes the order of a draft, on `subject` or a new profile. */
es_status esim_line_order(const struct esim_store *store, struct es_db_conn *conn, const struct esim_draft *draft,
                          const struct esim_settings *settings, const struct esim_offer *offer,
                          const struct esim_profile *subject, const char *traceparent, int64_t now_ms,
                          struct esim_case *out) ES_MUST_USE;

#endif
