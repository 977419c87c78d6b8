/* policy_touch.h -- whom a change of a line concerns: each answer that a device was given is decided again and compared.
 *
 * Inside write jobs. The list and its texts live in the arena. */
#ifndef POLICY_TOUCH_H
#define POLICY_TOUCH_H

#include "policy_store.h"

struct policy_touches {
	struct policy_touch *items;
	size_t count;
};

/* A line at a time. */
struct policy_moment {
	const struct policy_subscriber *line;
	int64_t at_ms;
};

/* An application of a device is touched when its answer before and after differ, or when the one that the device was given
 * is not the one of after. The first is for answers that are on their way to the table while the line changes; the second for
 * what changed unnoticed before. */
es_status policy_touch_compare(struct es_db_conn *conn, const struct policy_catalog *catalog,
                               const struct policy_moment *before, const struct policy_moment *after,
                               struct es_arena *arena, struct policy_touches *out) ES_MUST_USE;
/* Every device, with every application (`app` NULL) or with this one where it was asked for; the others are unchanged. */
es_status policy_touch_all(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *app,
                           struct es_arena *arena, struct policy_touches *out) ES_MUST_USE;

#endif
