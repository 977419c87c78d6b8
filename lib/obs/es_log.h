/* es_log.h -- events, not prose: a stable dotted name, then typed fields. Any thread.
 *
 * One line per event on stderr: JSON, or a human form on a terminal. Every line carries time, level,
 * service, instance and, when the context has one, the trace id. Secrets have no path in here; identities
 * go through es_id_pseudonym(), which hides them at every level unless the process was started with
 * lab identities shown.
 *
 * Level by who must act: error = someone is paged, warn = someone looks tomorrow, info = one line per request,
 * debug = developers. Warnings and errors with the same event name are limited (20 a second, then one line says
 * how many were left out), so that a hostile peer cannot fill the disk. */
#ifndef ES_LOG_H
#define ES_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

enum es_log_level { ES_LOG_DEBUG, ES_LOG_INFO, ES_LOG_WARN, ES_LOG_ERROR };

struct es_field {
	const char *key;
	enum { ES_FIELD_STR, ES_FIELD_I64, ES_FIELD_U64, ES_FIELD_BOOL, ES_FIELD_PSEUDONYM } kind;
	struct es_slice text;
	int64_t i64;
	uint64_t u64;
};

/* Field constructors. All strings are escaped on output and cut at 512 octets. */
struct es_field es_f_str(const char *key, const char *value); /* NULL is written as "" */
struct es_field es_f_slice(const char *key, struct es_slice value);
struct es_field es_f_i64(const char *key, int64_t value);
struct es_field es_f_u64(const char *key, uint64_t value);
struct es_field es_f_bool(const char *key, bool value);
struct es_field es_f_status(es_status status); /* "status":"timeout" */
/* An identity (IMSI, MSISDN, ICCID, EID, IMEI): written as a keyed pseudonym ("p:" and 12 hex digits). */
struct es_field es_f_id(const char *key, struct es_slice identity);

struct es_log_options {
	const char *service;  /* "auth" */
	const char *instance; /* host name or replica name */
	enum es_log_level level;
	bool human;                /* one readable line instead of JSON */
	bool show_identities;      /* labs only; said in a warning at start */
	uint8_t pseudonym_key[32]; /* the same on all processes, so that lines can be joined */
};

/* Before it is called, events go to stderr with level info and pseudonyms are keyed at random. Copies what it is given.
 * Call it before other threads log. */
void es_log_init(const struct es_log_options *options);
void es_log_set_level(enum es_log_level level);
bool es_log_level_from_name(const char *name, enum es_log_level *out);

/* One write(2) of at most 4096 octets, so that lines of several processes on one pipe do not mix; fields that do not
 * fit are left out and "cut":true says so. `event` and the keys are string literals: they are kept, and written as
 * they are. `trace` may be NULL. Last argument pair: an array and its length; use the macros. */
void es_log_event(enum es_log_level level, const struct es_trace *trace, const char *event,
                  const struct es_field *fields, size_t count);

/* clang-format off */
#define ES_LOG_(level, trace, event, ...)                                                            \
	es_log_event((level), (trace), (event), (const struct es_field[]){ { .key = NULL }, ##__VA_ARGS__ } + 1, \
	             sizeof((const struct es_field[]){ { .key = NULL }, ##__VA_ARGS__ }) / sizeof(struct es_field) - 1)
#define es_debug(trace, event, ...) ES_LOG_(ES_LOG_DEBUG, trace, event, ##__VA_ARGS__)
#define es_info(trace, event, ...) ES_LOG_(ES_LOG_INFO, trace, event, ##__VA_ARGS__)
#define es_warn(trace, event, ...) ES_LOG_(ES_LOG_WARN, trace, event, ##__VA_ARGS__)
#define es_error(trace, event, ...) ES_LOG_(ES_LOG_ERROR, trace, event, ##__VA_ARGS__)
/* clang-format on */

/* Pseudonym of an identity: "p:" + 12 hex digits of HMAC-SHA256 under the pseudonym key; the identity itself when
 * show_identities is on. `out` holds 40 bytes. */
void es_id_pseudonym(struct es_slice identity, char out[40]);

#endif
