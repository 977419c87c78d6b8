/* policy_explain.c -- collecting and writing the notes of a decision. */
#include "policy_explain.h"

#include <stdarg.h>
#include <stdio.h>

void policy_note(struct policy_trace *trace, const char *rule, const char *said, const char *saw, ...)
{
	char text[256];
	va_list args;

	if (trace->count == POLICY_TRACE_MAX)
		return;
	va_start(args, saw);
	(void)vsnprintf(text, sizeof text, saw, args);
	va_end(args);
	char *copy = es_arena_strdup(trace->arena, es_slice_str(text));
	if (copy == NULL)
		return;
	trace->notes[trace->count++] = (struct policy_note){ rule, copy, said };
}

void policy_trace_write(const struct policy_trace *trace, struct es_json_out *j)
{
	es_json_array(j, "rules");
	for (size_t i = 0; i < trace->count; i++) {
		const struct policy_note *note = &trace->notes[i];
		es_json_object(j, NULL);
		es_json_put_str(j, "rule", note->rule);
		es_json_put_str(j, "saw", note->saw);
		es_json_put_str(j, "said", note->said);
		es_json_end_object(j);
	}
	es_json_end_array(j);
}
