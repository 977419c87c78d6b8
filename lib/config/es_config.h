/* es_config.h -- one table per program fills one struct: file (ini), then environment over it, then validation.
 *
 * Precedence: OPENES_<SECTION>_<KEY> in the environment, over the file, over the default. Section names and keys
 * are lower case with underscores: `[auth] session_ttl` is OPENES_AUTH_SESSION_TTL. An unknown key in one of the
 * table's sections is an error that names it; sections of other programs are passed over, since all may share one
 * file, and so are unknown variables, since Kubernetes makes OPENES_POLICY_SERVICE_HOST of a Service's name.
 * Secrets are named by file (`..._file`), never given as values on the command line. The table also prints --help, the
 * effective configuration (secrets masked) and the reference page. */
#ifndef ES_CONFIG_H
#define ES_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_status.h"

enum es_conf_kind {
	ES_CONF_STRING,   /* const char *       */
	ES_CONF_SECRET,   /* const char *, masked when printed (an URL with a password) */
	ES_CONF_U32,      /* uint32_t           */
	ES_CONF_BOOL,     /* bool: true/false/yes/no/on/off/1/0 */
	ES_CONF_DURATION, /* int64_t ms: 250ms, 30s, 5m, 12h, 7d */
	ES_CONF_SIZE,     /* uint64_t octets: 512, 16k, 1m */
};

struct es_conf_key {
	const char *section, *name;
	enum es_conf_kind kind;
	size_t offset;        /* in the program's struct */
	const char *fallback; /* as text; NULL: required */
	int64_t min, max;     /* of numbers, durations (ms), sizes; both 0: any */
	const char *help;     /* one sentence */
};

/* clang-format off */
#define ES_CONF(section_name, type, field, kind_, fallback_, min_, max_, help_) \
	{ #section_name, #field, kind_, offsetof(type, field), fallback_, min_, max_, help_ }
/* clang-format on */

/* Fills `into` (sizeof the program's struct, zeroed by the caller). Strings live in `arena`. `path` NULL: no file.
 * On failure `error` (may not be NULL) says file, line, key and reason in one sentence for people. */
es_status es_config_load(const struct es_conf_key *keys, size_t count, const char *path, void *into,
                         struct es_arena *arena, struct es_buf *error) ES_MUST_USE;

/* Same from text already in memory (tests, fuzzing). */
es_status es_config_parse(const struct es_conf_key *keys, size_t count, struct es_slice text, void *into,
                          struct es_arena *arena, struct es_buf *error) ES_MUST_USE;

/* The effective configuration as ini; secrets appear as "***". */
void es_config_print(const struct es_conf_key *keys, size_t count, const void *from, struct es_buf *out);
/* The keys with type, default and help: part of --help. */
void es_config_print_help(const struct es_conf_key *keys, size_t count, struct es_buf *out);

#endif
