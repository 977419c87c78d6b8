/* es_log.c -- formats one event on the stack and hands it to stderr with one write(2). */
#include "es_log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "es_buf.h"
#include "es_clock.h"
#include "es_log_limit.h"
#include "es_log_pseudonym.h"
#include "es_text.h"

enum { LINE_LEN = 4096 /* PIPE_BUF: atomic on a pipe */, TAIL_MAX = 16 /* "cut":true}\n */, TEXT_MAX = 512 };

static const char *const level_names[] = {
	[ES_LOG_DEBUG] = "debug", [ES_LOG_INFO] = "info", [ES_LOG_WARN] = "warn", [ES_LOG_ERROR] = "error"
};

static struct {
	_Atomic int level;
	bool human, show_identities;
	char service[64], instance[128];
} process = { .level = ES_LOG_INFO, .service = "openes" };

void es_log_init(const struct es_log_options *options)
{
	atomic_store(&process.level, options->level);
	process.human = options->human;
	process.show_identities = options->show_identities;
	(void)snprintf(process.service, sizeof process.service, "%s", options->service == NULL ? "" : options->service);
	(void)snprintf(process.instance, sizeof process.instance, "%s", options->instance == NULL ? "" : options->instance);
	log_pseudonym_set_key(options->pseudonym_key);
	if (options->show_identities)
		es_warn(NULL, "log.identities_shown");
}

void es_log_set_level(enum es_log_level level)
{
	atomic_store(&process.level, level);
}

bool es_log_level_from_name(const char *name, enum es_log_level *out)
{
	for (unsigned i = 0; name != NULL && i < sizeof level_names / sizeof *level_names; i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum es_log_level)i;
			return true;
		}
	}
	return false;
}

/* ---- fields ---- */

struct es_field es_f_str(const char *key, const char *value)
{
	return es_f_slice(key, es_slice_str(value));
}

struct es_field es_f_slice(const char *key, struct es_slice value)
{
	return (struct es_field){ .key = key, .kind = ES_FIELD_STR, .text = value };
}

struct es_field es_f_i64(const char *key, int64_t value)
{
	return (struct es_field){ .key = key, .kind = ES_FIELD_I64, .i64 = value };
}

struct es_field es_f_u64(const char *key, uint64_t value)
{
	return (struct es_field){ .key = key, .kind = ES_FIELD_U64, .u64 = value };
}

struct es_field es_f_bool(const char *key, bool value)
{
	return (struct es_field){ .key = key, .kind = ES_FIELD_BOOL, .u64 = value };
}

struct es_field es_f_status(es_status status)
{
	return es_f_str("status", es_status_name(status));
}

struct es_field es_f_id(const char *key, struct es_slice identity)
{
	return (struct es_field){ .key = key, .kind = ES_FIELD_PSEUDONYM, .text = identity };
}

void es_id_pseudonym(struct es_slice identity, char out[40])
{
	if (!process.show_identities) {
		log_pseudonym(identity, out);
		return;
	}
	size_t len = identity.len < 39 ? identity.len : 39;
	if (len > 0)
		memcpy(out, identity.ptr, len);
	out[len] = '\0';
}

/* ---- one line ---- */

/* The text between the quotes. What is no UTF-8 becomes U+FFFD; controls, those of 8 bits included, are escaped, so
 * that a device can neither forge a line nor send commands to the terminal that shows it. */
static void put_escaped(struct es_buf *b, struct es_slice text)
{
	for (size_t i = 0, n; i < text.len; i += n) {
		struct es_slice rest = es_slice_sub(text, i, text.len);
		uint8_t c = rest.ptr[0];
		n = es_utf8_length(rest);
		if (i + n > TEXT_MAX || i >= TEXT_MAX) {
			es_put_str(b, "\\u2026");
			return;
		}
		if (n == 0) {
			es_put_str(b, "\\ufffd");
			n = 1;
		} else if (c < 0x20 || c == 0x7f) {
			es_put_printf(b, "\\u%04x", c);
		} else if (c == 0xc2 && rest.ptr[1] < 0xa0) {
			es_put_printf(b, "\\u%04x", rest.ptr[1]);
		} else {
			if (c == '"' || c == '\\')
				es_put_u8(b, '\\');
			es_put_bytes(b, es_slice_sub(rest, 0, n));
		}
	}
}

static void put_quoted(struct es_buf *b, struct es_slice text)
{
	es_put_u8(b, '"');
	put_escaped(b, text);
	es_put_u8(b, '"');
}

static void put_value(struct es_buf *b, const struct es_field *field)
{
	char pseudonym[40];

	switch (field->kind) {
	case ES_FIELD_STR: put_quoted(b, field->text); break;
	case ES_FIELD_I64: es_put_printf(b, "%" PRId64, field->i64); break;
	case ES_FIELD_U64: es_put_printf(b, "%" PRIu64, field->u64); break;
	case ES_FIELD_BOOL: es_put_str(b, field->u64 ? "true" : "false"); break;
	case ES_FIELD_PSEUDONYM:
		es_id_pseudonym(field->text, pseudonym);
		put_quoted(b, es_slice_str(pseudonym));
		break;
	}
}

static void put_pair(struct es_buf *b, const struct es_field *field)
{
	es_put_printf(b, process.human ? " %s=" : ",\"%s\":", field->key);
	put_value(b, field);
}

static void put_head(struct es_buf *b, enum es_log_level level, const char *event)
{
	int64_t now = es_wall_ms();
	unsigned ms = (unsigned)(now % 1000);
	char iso[21];

	es_time_iso8601(now, iso);
	if (process.human) {
		es_put_printf(b, "%.8s.%03u %-5s %s %s", iso + 11, ms, level_names[level], process.service, event);
		return;
	}
	es_put_printf(b, "{\"time\":\"%.19s.%03uZ\",\"level\":\"%s\",\"service\":", iso, ms, level_names[level]);
	put_quoted(b, es_slice_str(process.service));
	es_put_str(b, ",\"instance\":");
	put_quoted(b, es_slice_str(process.instance));
	es_put_printf(b, ",\"event\":\"%s\"", event);
}

static void put_trace(struct es_buf *b, const struct es_trace *trace)
{
	static const uint8_t none[16];
	char hex[33];

	if (trace == NULL || memcmp(trace->trace_id, none, sizeof none) == 0)
		return;
	es_hex_encode(es_slice_of(trace->trace_id, sizeof trace->trace_id), hex);
	put_pair(b, &(struct es_field){ .key = "trace_id", .kind = ES_FIELD_STR, .text = es_slice_str(hex) });
}

static void write_line(enum es_log_level level, const struct es_trace *trace, const char *event,
                       const struct es_field *fields, size_t count)
{
	char storage[LINE_LEN];
	struct es_buf line;
	bool cut = false;

	es_buf_init_fixed(&line, storage, sizeof storage - TAIL_MAX);
	put_head(&line, level, event);
	put_trace(&line, trace);
	cut = line.bad; /* only an event name of kilobytes: a bug, and still one well-formed line */
	if (cut) {
		es_buf_reset(&line);
		put_head(&line, level, "log.event_too_long");
	}
	for (size_t i = 0; i < count; i++) {
		size_t before = line.len;
		put_pair(&line, &fields[i]);
		if (line.bad) {
			line.bad = false;
			line.len = before;
			cut = true;
		}
	}
	line.cap = line.max = sizeof storage;
	if (cut)
		put_pair(&line, &(struct es_field){ .key = "cut", .kind = ES_FIELD_BOOL, .u64 = 1 });
	es_put_str(&line, process.human ? "\n" : "}\n");
	/* Whoever reads is gone or full: there is nobody to tell. */
	ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
	(void)written;
}

static void report_suppressed(const char *event, uint32_t left_out)
{
	const struct es_field fields[] = { es_f_str("of", event), es_f_u64("left_out", left_out) };

	write_line(ES_LOG_WARN, NULL, "log.suppressed", fields, 2);
}

void es_log_event(enum es_log_level level, const struct es_trace *trace, const char *event,
                  const struct es_field *fields, size_t count)
{
	if ((int)level < atomic_load_explicit(&process.level, memory_order_relaxed))
		return;
	uint32_t second = (uint32_t)(es_mono_ms() / 1000) + 1;
	log_limit_report(second, report_suppressed);
	if (level >= ES_LOG_WARN && !log_limit_admits(event, second))
		return;
	write_line(level, trace, event, fields, count);
}
