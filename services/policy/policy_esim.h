/* policy_esim.h -- what esim is told of a line with a request for an ODSA application (ap2006, ap2009): what may be had, by whom,
 * and in whose words. Pure. The message that carries it is made by policy_engine_esim.c. */
#ifndef POLICY_ESIM_H
#define POLICY_ESIM_H

#include "policy_decide.h"

struct policy_esim_facts {
	bool companion_allowed, primary_allowed;
	bool companion_incompatible, primary_incompatible; /* the table of models says so of the requesting device */
	uint32_t companion_services;                       /* enum policy_companion */
	uint32_t companion_max;
	bool line_active, no_web_view;
};
struct policy_esim_facts policy_decide_esim(const struct policy_context *context);

/* A text of MSG in the language of the request. */
const char *policy_esim_says(const struct policy_context *context, const struct policy_list *list);
/* Whether a text is to be accepted on a sheet. */
bool policy_esim_has_terms(const struct policy_context *context);

/* POLICY_FOR_COMPANION, POLICY_FOR_PRIMARY; 0: neither. */
uint32_t policy_esim_device(struct es_slice app);

/* What goes into the digest of answers: all that ODSA answers depend on here. */
void policy_esim_digest(const struct policy_context *context, struct es_buf *out);

#endif
