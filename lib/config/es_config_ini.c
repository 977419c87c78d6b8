/* es_config_ini.c -- feeds inih line by line.
 *
 * inih reads with fgets() semantics into a line buffer: what is longer comes back as the next line, a NUL ends a line
 * unseen, and an indented line continues the value before it. The reader below makes errors of the first two and takes
 * the indentation off, so that nobody's typing slip changes the meaning of another line. */
#include "es_config_ini.h"

#include <ini.h>
#include <string.h>

#include "es_text.h"

enum { LINE_OCTETS = 4096 };

/* A variable in Debian's inih, a constant (200 octets) in upstream's. */
extern int ini_max_line __attribute__((weak));

struct parse {
	struct es_slice rest;
	unsigned line; /* the one inih has */
	unsigned bad_line;
	const char *reason;
	conf_ini_fn *fn;
	void *user;
};

static char *refuse(struct parse *p, const char *reason)
{
	p->bad_line = p->line;
	p->reason = reason;
	return NULL;
}

/* ini_reader: the next line in `buffer`, NULL at the end. */
static char *read_line(char *buffer, int size, void *stream)
{
	struct parse *p = stream;

	if (p->bad_line != 0 || p->rest.ptr == NULL || p->rest.len == 0)
		return NULL;
	struct es_slice line = es_slice_trim(es_slice_cut(&p->rest, '\n'));
	p->line++;
	if (!es_text_is_clean_utf8(line))
		return refuse(p, "the line is no UTF-8 text, or has control characters");
	if (line.len + 2 > (size_t)size)
		return refuse(p, "the line is too long");
	if (line.len > 0)
		memcpy(buffer, line.ptr, line.len);
	memcpy(buffer + line.len, "\n", 2);
	return buffer;
}

/* ini_handler. Debian's library passes a line number in addition, which a C caller may ignore but not rely on. */
static int handle(void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;

	if (p->bad_line == 0 && !p->fn(p->user, p->line, section, name, value))
		(void)refuse(p, NULL);
	return p->bad_line == 0;
}

es_status conf_ini_parse(struct es_slice text, conf_ini_fn *fn, void *user, unsigned *line, const char **reason)
{
	struct parse p = { .rest = text, .fn = fn, .user = user };

	if (&ini_max_line != NULL)
		ini_max_line = LINE_OCTETS;
	int result = ini_parse_stream(read_line, &p, handle, &p);
	if (result < 0)
		return ES_TOO_LARGE;
	if (result > 0 && (p.bad_line == 0 || (unsigned)result < p.bad_line)) {
		p.bad_line = (unsigned)result;
		p.reason = "neither a [section] nor a \"key = value\"";
	}
	if (p.bad_line == 0)
		return ES_OK;
	*line = p.bad_line;
	*reason = p.reason;
	return ES_MALFORMED;
}
