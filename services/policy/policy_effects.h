/* policy_effects.h -- what add-ons, outages and the operator's rules make of a plan for one request.
 *
 * A plan says what is offered; add-ons that the line has and rules that apply overlay it, in this order: add-ons, outages,
 * rules as they stand in the document. What comes later wins. docs/rules.md explains it to those who write rules. Pure. */
#ifndef POLICY_EFFECTS_H
#define POLICY_EFFECTS_H

#include "policy_condition.h"
#include "policy_overlay.h"

#define POLICY_FEATURES_MAX 64 /* of one line: its plan's, its add-ons', granted by rules */
#define POLICY_SETTINGS_MAX 64 /* extra parameters of one request */
#define POLICY_RULES_MAX 200   /* of a document */
#define POLICY_SERVICES 11     /* bits of enum policy_service */

/* A value with facts in it: "{usage.tethering.remaining} octets". */
struct policy_template {
	const struct policy_template_part {
		const char *text; /* NULL: the fact */
		struct policy_fact_ref fact;
	} * parts;
	size_t count;
};

/* A parameter of an application's answer. */
struct policy_setting {
	const char *app; /* "ap2004" */
	const char *name;
	struct policy_template value;
	const struct policy_condition *when; /* NULL: always */
};

/* A rule, or an outage, which is a rule with an end. */
struct policy_rule {
	const char *id, *note;
	bool is_outage;
	const struct policy_condition *when;
	int64_t from_ms, until_ms;                  /* 0: no bound */
	uint32_t grant, withhold;                   /* enum policy_service */
	struct policy_list grant_own, withhold_own; /* features */
	uint8_t as;                                 /* POLICY_INCOMPATIBLE or POLICY_DISABLED */
	struct policy_list texts;                   /* "en: ..." */
	const struct policy_overlay *offer;         /* NULL: none */
	const struct policy_setting *settings;
	size_t setting_count;
	bool refuses, is_last;
	uint32_t needs; /* of an outage: POLICY_NEEDS_* */
};

/* An application of the operator's own. */
struct policy_own_app {
	const char *id, *name;
	const char *feature;      /* "": every line has it */
	struct policy_list texts; /* shown with status 2 */
	struct policy_page page;
	const struct policy_condition *page_when; /* NULL: where it is not enabled */
	const struct policy_setting *parameters;
	size_t parameter_count;
};

struct policy_ruleset {
	uint64_t number;    /* of its version */
	int64_t utc_offset; /* minutes */
	uint32_t needs;     /* POLICY_NEEDS_* of all its facts */
	const struct policy_rule *rules;
	size_t rule_count;
	const struct policy_own_app *apps;
	size_t app_count;
};

struct policy_addon {
	const char *tenant, *id, *name;
	struct policy_list features;
	const struct policy_overlay *offer; /* NULL: none */
	uint64_t version;
};

/* All of one tenant's. */
struct policy_book {
	const char *tenant;
	const struct policy_ruleset *rules; /* NULL: none are active */
	const struct policy_addon *addons;
	size_t addon_count;
	const struct policy_rule *outages;
	size_t outage_count;
	uint64_t version; /* outbox sequence of the last change of any of them */
};

struct policy_effects {
	struct policy_plan plan;
	const struct policy_rule *withheld[POLICY_SERVICES]; /* by bit; NULL: not withheld */
	const char *features[POLICY_FEATURES_MAX];
	size_t feature_count;
	struct {
		const char *feature;
		const struct policy_rule *rule;
	} lost[POLICY_FEATURES_MAX]; /* features that were withheld */
	size_t lost_count;
	const struct policy_setting *settings[POLICY_SETTINGS_MAX];
	size_t setting_count;
	const struct policy_rule *refused_by;           /* NULL: not refused */
	uint32_t applied[(POLICY_RULES_MAX + 31) / 32]; /* bits: rules of the document that applied */
	int64_t changes_ms; /* when the first of outages, rules and add-ons begins or ends; 0: none does */
};

/* From context->plan, ->book and the line's add-ons; then the context sees the plan as it is made here. Nothing is done
 * where there is neither book nor add-on. */
void policy_effects_apply(struct policy_context *context, struct policy_effects *out);

/* The rule that withholds a service; NULL: none. */
const struct policy_rule *policy_withheld_by(const struct policy_context *context, enum policy_service service);
/* The same of a feature. */
const struct policy_rule *policy_feature_withheld_by(const struct policy_context *context, const char *feature);
bool policy_has_feature(const struct policy_context *context, const char *feature);

/* Whether anything of the book looks at that: POLICY_NEEDS_*. NULL needs nothing. */
bool policy_book_needs(const struct policy_book *book, uint32_t what);

const struct policy_own_app *policy_own_app_find(const struct policy_book *book, struct es_slice app);

/* ES_TOO_LARGE when `out` is full. */
es_status policy_template_print(const struct policy_template *value, const struct policy_context *context,
                                struct es_buf *out) ES_MUST_USE;

#endif
