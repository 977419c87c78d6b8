/* es_bearer.h -- an access token as a token endpoint answers it. Pure. */
#ifndef ES_BEARER_H
#define ES_BEARER_H

#include "es_json.h"

#define ES_BEARER_TOKEN_MAX 4096 /* octets */

/* RFC 6749 5.1, RFC 6750: the bearer token in the answer, of what a header may hold; the tree's own. `life_s`: seconds that it is
 * good for, 1 to 86400; where that is not said sensibly, 60. NULL: there is none in it. */
const char *es_bearer_read(const cJSON *answer, int64_t *life_s);

#endif
