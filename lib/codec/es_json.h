/* es_json.h -- JSON in (cJSON, bounded) and JSON out (a small writer).
 *
 * Input is bounded before cJSON sees it: octets, nesting depth, number of values; NUL octets and invalid UTF-8 are
 * refused, trailing bytes too, duplicate members as well. Output is escaped completely. */
#ifndef ES_JSON_H
#define ES_JSON_H

#include <cjson/cJSON.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct es_json_limits {
	size_t max_octets, max_depth, max_values;
};
#define ES_JSON_SMALL ((struct es_json_limits){ 65536, 8, 2048 })

/* On success the caller owns the tree: cJSON_Delete(), or ES_CLEANUP(es_json_done). */
es_status es_json_parse(struct es_slice text, struct es_json_limits limits, cJSON **out) ES_MUST_USE;
void es_json_done(cJSON **tree);

/* Members by exact name. Missing or of another type: NULL / false. */
const char *es_json_str(const cJSON *object, const char *name);
bool es_json_i64(const cJSON *object, const char *name, int64_t *out);
bool es_json_bool(const cJSON *object, const char *name, bool *out);

/* Writer. Commas are its business; nesting at most 16. A `name` is NULL inside arrays and at the root. */
struct es_json_out {
	struct es_buf *buf;
	unsigned depth;
	bool need_comma[17];
};
struct es_json_out es_json_to(struct es_buf *buf);
void es_json_object(struct es_json_out *j, const char *name);
void es_json_array(struct es_json_out *j, const char *name);
void es_json_end_object(struct es_json_out *j);
void es_json_end_array(struct es_json_out *j);
void es_json_put(struct es_json_out *j, const char *name, struct es_slice text);
void es_json_put_str(struct es_json_out *j, const char *name, const char *text); /* NULL: JSON null */
void es_json_put_i64(struct es_json_out *j, const char *name, int64_t value);
void es_json_put_bool(struct es_json_out *j, const char *name, bool value);
/* Bytes that are valid JSON already. */
void es_json_put_raw(struct es_json_out *j, const char *name, struct es_slice json);
/* Only the string literal with quotes, fully escaped (control characters, quotes, invalid UTF-8 as U+FFFD). */
void es_json_string(struct es_buf *buf, struct es_slice text);

#endif
