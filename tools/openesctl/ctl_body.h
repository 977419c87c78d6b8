/* ctl_body.h -- options become members of a JSON body: --vowifi-url U sets {"vowifi":{"url":"U"}}. Pure. */
#ifndef CTL_BODY_H
#define CTL_BODY_H

#include <cjson/cJSON.h>

#include "ctl_args.h"
#include "es_slice.h"

/* Sets what the line gave into `body`, over what it holds already. ES_MALFORMED with a sentence in `error`. */
es_status ctl_body_fill(const struct ctl_args *args, cJSON *body, struct es_buf *error) ES_MUST_USE;
/* "90", "90s", "5m", "12h", "7d" to seconds. */
es_status ctl_seconds_parse(struct es_slice text, int64_t *out) ES_MUST_USE;

#endif
