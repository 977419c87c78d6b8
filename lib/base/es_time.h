/* es_time.h -- reading times in ISO 8601, with a zone. Pure. Writing them: es_time_iso8601() in es_text.h. */
#ifndef ES_TIME_H
#define ES_TIME_H

#include "es_slice.h"
#include "es_status.h"

/* "YYYY-MM-DDThh:mm:ssZ" or with "+hh:mm" for the Z, and perhaps with parts of a second (cut to ms), as ms since 1970;
 * ES_MALFORMED, also before 1970. */
es_status es_time_parse(struct es_slice text, int64_t *out) ES_MUST_USE;

#endif
