/* policy_explain.h -- why a decision is what it is: the rules that were looked at, what each saw and said.
 *
 * Decisions take a `struct policy_trace *` that is NULL unless somebody asked; then POLICY_NOTE does not even evaluate
 * its arguments. Notes hold settings and states, never identities. Pure. */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "es_arena.h"
#include "es_json.h"

#define POLICY_TRACE_MAX 320

struct policy_note {
	const char *rule, *saw, *said;
};

struct policy_trace {
	struct es_arena *arena;
	struct policy_note notes[POLICY_TRACE_MAX];
	size_t count;
};

/* `rule` and `said` are literals; `saw` is formatted. Past the maximum a note is left out. */
void policy_note(struct policy_trace *trace, const char *rule, const char *said, const char *saw, ...)
	__attribute__((format(printf, 4, 5)));
#define POLICY_NOTE(trace, ...)                                                                                        \
	do {                                                                                                               \
		if ((trace) != NULL)                                                                                           \
			policy_note((trace), __VA_ARGS__);                                                                         \
	} while (0)

/* "rules": [{"rule", "saw", "said"}, ...] in the order they were looked at. */
void policy_trace_write(const struct policy_trace *trace, struct es_json_out *j);

#endif
