/* esim_testing.h -- what unit tests of the domain share: facts without holes, parameters from a query, answers as a line. */
#ifndef ESIM_TESTING_H
#define ESIM_TESTING_H

#include <stdio.h>
#include <string.h>

#include "esim_odsa.h"

#define ESIM_TEST_PARAMS 24

/* "name=value&name=value" */
static inline size_t esim_test_params(const char *query, struct esim_param out[ESIM_TEST_PARAMS])
{
	struct es_slice rest = es_slice_str(query);
	size_t count = 0;

	while (rest.ptr != NULL && rest.len > 0) {
		struct es_slice pair = es_slice_cut(&rest, '&');
		out[count].name = es_slice_cut(&pair, '=');
		out[count++].value = pair;
	}
	return count;
}

/* Texts that nobody set are "". */
static inline void esim_test_facts(struct esim_facts *f)
{
	struct esim_settings *s = &f->settings;
	const char **const texts[] = { &f->plan,
		                           &f->iccid,
		                           &f->language,
		                           &f->enterprise_id,
		                           &f->sheet_url,
		                           &f->sheet_user_data,
		                           &f->sheet_nonce,
		                           &s->smdp,
		                           &s->bss,
		                           &s->text.title,
		                           &s->text.message,
		                           &s->text.accept_label,
		                           &s->text.hint,
		                           &s->text.error_text,
		                           &s->text.reject_label,
		                           &s->text.validation,
		                           &s->companion_profile_type,
		                           &s->primary_profile_type,
		                           &f->sheet_contents_type };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (*texts[i] == NULL)
			*texts[i] = "";
}

/* "Name=value List[ One{ A=1 } ]" */
static inline void esim_test_nodes(const struct es_doc_node *first, char *out, size_t size)
{
	for (const struct es_doc_node *n = first; n != NULL; n = n->next) {
		const size_t at = strlen(out);
		const char *gap = at > 0 ? " " : "";
		if (n->is_parm) {
			(void)snprintf(out + at, size - at, "%s" ES_SLICE_FMT "=" ES_SLICE_FMT, gap, ES_SLICE_ARG(n->name),
			               ES_SLICE_ARG(n->value));
			continue;
		}
		(void)snprintf(out + at, size - at, "%s" ES_SLICE_FMT "%c", gap, ES_SLICE_ARG(n->name), n->is_list ? '[' : '{');
		esim_test_nodes(n->child, out, size);
		(void)snprintf(out + strlen(out), size - strlen(out), " %c", n->is_list ? ']' : '}');
	}
}

/* The same of an answer; "405", "403", "406", "order subscribe" and the like where there are no nodes to be sent. */
static inline void esim_test_answer(const struct esim_answer *answer, char *out, size_t size)
{
	static const char *const verdicts[] = { "", "order", "follow", "sheet", "405", "403", "406" };

	out[0] = '\0';
	if (answer->verdict != ESIM_ANSWERS)
		(void)snprintf(out, size, "%s%s%s", verdicts[answer->verdict],
		               answer->verdict == ESIM_ORDERS || answer->verdict == ESIM_ASKS_SHEET ? " " : "",
		               answer->verdict == ESIM_ORDERS || answer->verdict == ESIM_ASKS_SHEET
		                   ? esim_kind_names[answer->draft.kind]
		                   : "");
	if (answer->root != NULL)
		esim_test_nodes(answer->root->child, out, size);
}

#endif
