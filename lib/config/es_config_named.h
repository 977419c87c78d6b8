/* es_config_named.h -- a file of sections that occur many times, each with a kind and a name: `[swx home]`.
 *
 * What a process connects to (peers, providers) is described this way; how often is the operator's business. Keys of a
 * kind are a table as in es_config.h (its `section` is the kind). There is no environment over it. An unknown kind or key,
 * a name twice, a missing key or a value out of range is an error that names file, line and key. */
#ifndef ES_CONFIG_NAMED_H
#define ES_CONFIG_NAMED_H

#include "es_config.h"

#define ES_CONFIG_NAME_MAX 31 /* a-z 0-9 '-' '_' */
#define ES_CONFIG_NAMED_MAX 256

struct es_conf_section {
	const char *kind; /* "swx" */
	const struct es_conf_key *keys;
	size_t key_count, size; /* of the struct a section fills */
	bool is_single;         /* has no name and occurs once at most: `[diameter]` */
};

struct es_conf_named {
	const struct es_conf_section *section;
	const char *name;   /* "" of a single one */
	const void *values; /* the section's struct, in the arena; NULL: not read */
	unsigned line;
};

/* In the order of the file. A kind of `kinds` with keys NULL is another program's business: its sections are listed by name,
 * unread, with values NULL. */
es_status es_config_named_load(const struct es_conf_section *kinds, size_t kind_count, const char *path,
                               struct es_arena *arena, const struct es_conf_named **out, size_t *count,
                               struct es_buf *error) ES_MUST_USE;
es_status es_config_named_parse(const struct es_conf_section *kinds, size_t kind_count, struct es_slice text,
                                struct es_arena *arena, const struct es_conf_named **out, size_t *count,
                                struct es_buf *error) ES_MUST_USE;

#endif
