/* es_config_value.h -- the kinds of values: reading, storing, writing. Inside lib/config only. Pure. */
#ifndef ES_CONFIG_VALUE_H
#define ES_CONFIG_VALUE_H

#include "es_config.h"

struct conf_value {
	const char *text; /* of ES_CONF_STRING, ES_CONF_SECRET; lives in the arena */
	int64_t number;   /* of the others */
};

const char *conf_kind_name(enum es_conf_kind kind);

/* Reads and checks against the key's bounds. On failure the reason ("must be ...") is written to `reason`. */
es_status conf_value_parse(const struct es_conf_key *key, struct es_slice text, struct es_arena *arena,
                           struct conf_value *out, struct es_buf *reason) ES_MUST_USE;
/* Into and out of the key's member of the program's struct. */
void conf_value_store(const struct es_conf_key *key, const struct conf_value *value, void *into);
struct conf_value conf_value_load(const struct es_conf_key *key, const void *from);

/* As conf_value_parse() reads it, but for a secret, which is "***". */
void conf_value_print(const struct es_conf_key *key, const struct conf_value *value, struct es_buf *out);
/* "1s to 10m"; nothing when the key has no bounds. */
void conf_bounds_print(const struct es_conf_key *key, struct es_buf *out);

#endif
