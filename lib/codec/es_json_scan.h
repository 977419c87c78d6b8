/* es_json_scan.h -- proves that a text is JSON (RFC 8259) and within its limits, without allocating. Pure.
 *
 * cJSON alone would be too kind: it takes numbers like `01` and `1.`, raw control characters, invalid UTF-8, bytes
 * after the end, and cuts a string at \u0000. */
#ifndef ES_JSON_SCAN_H
#define ES_JSON_SCAN_H

#include "es_json.h"

/* ES_TOO_LARGE past a limit, ES_MALFORMED for anything RFC 8259 does not allow. `values` counts all values. */
es_status es_json_scan(struct es_slice text, struct es_json_limits limits, size_t *values) ES_MUST_USE;

#endif
