/* policy_trial.h -- rules tried before they decide: the cases that stand in their own document, and answers compared. Pure.
 *
 *   "cases": [{"name": "gold has a hotspot", "line": {"plan": "gold"}, "device": {"terminal_vendor": "Acme"},
 *              "now": "2026-06-01T12:00:00Z", "app": "ap9101", "expect": {"EntitlementStatus": "1", "Note": null}}]
 *
 * `line` is a subscriber as the operators' API has it; what it does not say has its default. `expect` names parameters of the
 * answer, wherever in it they stand first: a text, or null where there must be none; "refused": true where the request is
 * to be refused. */
#ifndef POLICY_TRIAL_H
#define POLICY_TRIAL_H

#include "policy_effects.h"

#define POLICY_CASES_MAX 200

/* Plans that cases may name. */
typedef const struct policy_plan *policy_plan_of(const void *user, const char *id);

struct policy_trial {
	const struct policy_tenant *tenant;
	const struct policy_book *book; /* with the rules on trial */
	policy_plan_of *plan_of;
	const void *user;
	int64_t now_ms;
};

/* Runs the cases of `document` (as policy_ruleset_read() took it) and writes what failed as elements of an open array:
 * {"case", "parameter", "is", "expected"}. ES_MALFORMED with `fault`: a case is not one. Memory of each case is taken from an
 * arena of its own. */
es_status policy_cases_run(const struct policy_trial *trial, const cJSON *document, struct es_json_out *j, size_t *run,
                           size_t *failed, struct es_arena *arena, struct policy_fault *fault) ES_MUST_USE;

/* The answer as text, for comparing: what a phone would be told, "refused" where a rule refuses; `book` may be NULL. */
es_status policy_trial_answer(const struct policy_context *context, const struct policy_book *book, const char *app,
                              struct es_arena *arena, struct es_buf *out, struct policy_effects *effects) ES_MUST_USE;

#endif
