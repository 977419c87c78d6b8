/* policy_admin_call.h -- one administrative request inside its transaction. Internal to policy_admin_*.c. */
#ifndef POLICY_ADMIN_CALL_H
#define POLICY_ADMIN_CALL_H

#include "es_json.h"
#include "policy_admin.h"
#include "policy_resource.h"
#include "policy_touch.h"

struct policy_admin_action;

struct policy_admin_call {
	struct policy_store *store;
	struct es_keyring *ring;
	const struct policy_admin_request *request;
	const struct policy_admin_action *action;
	const cJSON *body; /* NULL: none */
	int64_t now_ms;
	/* Of the running transaction: set anew when a job runs a second time. */
	struct es_db_conn *conn;
	struct es_arena *arena;     /* of the request */
	struct es_arena *row_arena; /* of one row in a list */
	struct policy_credential who;
	const char *tenant;                   /* of the parameters; "" for actions without */
	const char *resource;                 /* for the trail: "subscriber/001010123456789" */
	const char *noted;                    /* outcome in the trail; NULL: by the outcome itself */
	const char *detail;                   /* what changed, for the trail */
	bool is_quiet;                        /* nothing to enter in the trail */
	bool is_trial;                        /* dry_run: answered as if done, and rolled back */
	const struct policy_catalog *catalog; /* policy_call_catalog_in_write(); NULL: not asked for */
	const char *all_apps;                 /* policy_apps_of_all(); NULL: not asked for */
	struct policy_admin_result *result;
};

/* An action's function: ES_OK after answering by policy_answer_*; the value of policy_refuse() to refuse, which rolls
 * everything back; or a failure. */
typedef es_status policy_admin_fn(struct policy_admin_call *call);

enum {
	POLICY_WRITES = 1,
	POLICY_NO_TENANT = 2,
	POLICY_GLOBAL = 4,
	POLICY_BULK = 16,
	POLICY_TRIAL = 32,     /* knows dry_run */
	POLICY_DEEP = 64,      /* the body is what policy_ruleset.h reads */
	POLICY_TOLD = 128,     /* an event: a BSS's JSON is larger than a person's */
	POLICY_INTERNAL = 256, /* of this process alone: nobody asks for it over the bus */
};
struct policy_admin_action {
	const char *name;
	uint8_t role; /* least */
	unsigned flags;
	policy_admin_fn *run;
};
/* policy_admin_elsewhere.c: an action of another process, which is allowed and entered in the trail here. NULL: none of that
 * name. */
const struct policy_admin_action *policy_elsewhere(const char *name);

/* Parameter by name; "" when absent. */
const char *policy_param(const struct policy_admin_call *call, const char *name);
/* 1 to 500, 100 when absent. */
es_status policy_param_limit(struct policy_admin_call *call, uint32_t *out) ES_MUST_USE;

/* {"error", "field"}; `field` NULL or "": none. */
es_status policy_refuse(struct policy_admin_call *call, enum policy_admin_outcome outcome, const char *field,
                        const char *error) ES_MUST_USE;
/* Starts the JSON answer: an open object. */
struct es_json_out policy_answer_start(struct policy_admin_call *call);
es_status policy_answer_end(struct policy_admin_call *call, struct es_json_out *j,
                            enum policy_admin_outcome outcome) ES_MUST_USE;
es_status policy_answer_resource(struct policy_admin_call *call, enum policy_admin_outcome outcome, const void *shape,
                                 const void *resource) ES_MUST_USE;

/* An entry of its own in the trail, beside the one that every change gets. */
es_status policy_note_in_trail(struct policy_admin_call *call, const char *resource, const char *outcome,
                               const char *detail) ES_MUST_USE;
/* What differs between two resources of a shape, in words, in `arena`; NULL: it is exhausted. */
const char *policy_change_in_words(struct es_arena *arena, const struct policy_shape *shape, const void *before,
                                   const void *after);

/* Writes an event and remembers its number. */
es_status policy_tell(struct policy_admin_call *call, const char *kind, const char *tenant, const char *imsi,
                      const char *apps, uint64_t *sequence) ES_MUST_USE;

/* The same, with the devices that the change concerns; NULL: policy knows of none. */
es_status policy_tell_devices(struct policy_admin_call *call, const char *kind, const char *tenant, const char *imsi,
                              const char *apps, const struct policy_touches *devices, uint64_t *sequence) ES_MUST_USE;
/* Of a line that is nobody's any more; `moved_to`: the IMSI that it has from now on, or "". */
es_status policy_tell_removed(struct policy_admin_call *call, const char *imsi, const char *moved_to,
                              const struct policy_touches *devices, uint64_t *sequence) ES_MUST_USE;
/* About every line of a plan: one event, however many they are. */
es_status policy_tell_plan(struct policy_admin_call *call, const char *kind, const char *plan, const char *apps,
                           uint64_t *sequence) ES_MUST_USE;
/* Tenants, plans and the rest as this transaction sees them; for lines, released with the transaction. */
es_status policy_call_catalog_in_write(struct policy_admin_call *call, const struct policy_catalog **out) ES_MUST_USE;

/* ---- what is kept as documents in the catalog (policy_admin_catalog.c) ---- */

/* As of this transaction; policy_catalog_release(). */
es_status policy_call_catalog(struct policy_admin_call *call, const struct policy_catalog **out) ES_MUST_USE;
/* Ends a list: "next" when there may be more after `last`. */
es_status policy_list_end(struct policy_admin_call *call, struct es_json_out *j, const char *last) ES_MUST_USE;
es_status policy_read_body(struct policy_admin_call *call, const struct policy_shape *shape, void *into) ES_MUST_USE;
es_status policy_document_of(struct policy_admin_call *call, const struct policy_shape *shape, const void *resource,
                             struct es_slice *out) ES_MUST_USE;
es_status policy_read_before(struct policy_admin_call *call, const struct policy_shape *shape, es_status found,
                             struct es_slice document, void *into, bool *exists) ES_MUST_USE;
es_status policy_describe(struct policy_admin_call *call, const struct policy_shape *shape, const void *before,
                          const void *after) ES_MUST_USE;

/* The body as it is kept: what was given, without blanks. Refused beyond POLICY_RULESET_OCTETS. */
es_status policy_body_as_given(struct policy_admin_call *call, struct es_slice *out) ES_MUST_USE;
/* An event of the tenant's rules, add-ons or outages, and the book raised by it. */
es_status policy_book_changed(struct policy_admin_call *call, const char *kind, uint64_t *version) ES_MUST_USE;
/* Every AppID whose answer a change for all of the tenant's lines may alter: TS.43's, and those of the operator's own that the
 * rules which decide have. They are read once in a transaction. */
es_status policy_apps_of_all(struct policy_admin_call *call, const char **out) ES_MUST_USE;

/* Runs the cases of `document` and writes "cases": {"run", "failed": [...]} into the open answer. Refused where one of them is
 * no case. */
struct policy_trial;
es_status policy_answer_cases(struct policy_admin_call *call, const struct policy_trial *trial, const cJSON *document,
                              struct es_arena *arena, struct es_json_out *j, size_t *failed) ES_MUST_USE;

/* ---- lines, for the actions on one and for the import of many (policy_admin_subscriber.c) ---- */

es_status policy_line_find(struct policy_admin_call *call, const char *imsi, struct es_arena *arena,
                           struct policy_subscriber *out, bool *exists) ES_MUST_USE;
/* Makes the line, or puts it in the place of `before` (NULL: there is none), with its event and epoch. ES_MALFORMED with
 * `fault`: not from the state the line is in. */
es_status policy_line_store(struct policy_admin_call *call, const struct policy_subscriber *before,
                            struct policy_subscriber *line, bool *changed, struct policy_fault *fault) ES_MUST_USE;

/* To another SIM: `line` is the same as `before`, and has IMSI and epoch after. ES_MALFORMED with `fault`. */
es_status policy_line_swap(struct policy_admin_call *call, const struct policy_subscriber *before,
                           struct policy_subscriber *line, const char *to, struct policy_fault *fault) ES_MUST_USE;
es_status policy_line_reset(struct policy_admin_call *call, const struct policy_subscriber *before,
                            struct policy_subscriber *line) ES_MUST_USE;
es_status policy_line_delete(struct policy_admin_call *call, const struct policy_subscriber *line) ES_MUST_USE;
/* policy_admin_erase.c: the line and all that was noted of it; its name in the trail becomes a pseudonym, which is then the
 * resource of this call. */
struct policy_erased {
	const char *pseudonym;
	int64_t entries; /* of the trail */
	bool was_there;
};
es_status policy_line_erase(struct policy_admin_call *call, const char *imsi, struct policy_erased *out) ES_MUST_USE;
/* A patch over `line` (the present one, or the defaults). ES_MALFORMED with `fault`: also for another line, or a plan that
 * does not exist. */
es_status policy_line_read(struct policy_admin_call *call, const cJSON *patch, const char *imsi,
                           struct policy_subscriber *line, struct policy_fault *fault) ES_MUST_USE;
/* Resource, outcome and detail for the trail. */
es_status policy_line_note(struct policy_admin_call *call, const struct policy_subscriber *before,
                           const struct policy_subscriber *line) ES_MUST_USE;
/* policy_admin_explain_device.c: of the terminal, or with "" of the one that the line used last. Where the tenant looks at devices. */
struct policy_trace;
es_status policy_explain_device(struct policy_admin_call *call, const struct policy_tenant *tenant,
                                const char *terminal_id, const char *sw_version, struct policy_trace *trace,
                                struct policy_equipment *out, enum policy_equipment_verdict *verdict) ES_MUST_USE;
/* The line is gone: its consents are kept as long as the tenant says (policy_admin_consent.c). */
es_status policy_consents_outlive(struct policy_admin_call *call, const char *imsi) ES_MUST_USE;

policy_admin_fn policy_do_tenant_list, policy_do_tenant_get, policy_do_tenant_put;
policy_admin_fn policy_do_plan_list, policy_do_plan_get, policy_do_plan_put, policy_do_plan_delete;
policy_admin_fn policy_do_enterprise_list, policy_do_enterprise_get, policy_do_enterprise_put,
	policy_do_enterprise_delete;
policy_admin_fn policy_do_client_list, policy_do_client_get, policy_do_client_put, policy_do_client_delete;
policy_admin_fn policy_do_rules_list, policy_do_rules_get, policy_do_rules_add, policy_do_rules_activate,
	policy_do_rules_test;
policy_admin_fn policy_do_addon_list, policy_do_addon_get, policy_do_addon_put, policy_do_addon_delete;
policy_admin_fn policy_do_outage_list, policy_do_outage_get, policy_do_outage_put, policy_do_outage_delete;
policy_admin_fn policy_do_subscriber_list, policy_do_subscriber_get, policy_do_subscriber_put,
	policy_do_subscriber_patch;
policy_admin_fn policy_do_subscriber_delete, policy_do_subscriber_suspend, policy_do_subscriber_resume,
	policy_do_subscriber_terminate;
policy_admin_fn policy_do_subscriber_swap_sim, policy_do_subscriber_reset_tokens, policy_do_subscriber_import;
policy_admin_fn policy_do_subscriber_erase;
policy_admin_fn policy_do_store_user_list, policy_do_store_user_patch;
policy_admin_fn policy_do_equipment_list, policy_do_equipment_get, policy_do_equipment_put, policy_do_equipment_delete,
	policy_do_equipment_import;
policy_admin_fn policy_do_model_list, policy_do_model_get, policy_do_model_put, policy_do_model_delete,
	policy_do_model_import;
policy_admin_fn policy_do_sheet_act, policy_do_consent_list;
policy_admin_fn policy_do_qos_list, policy_do_qos_retry, policy_do_qos_cancel, policy_do_qos_withdraw;
policy_admin_fn policy_do_explain, policy_do_flow_resolve;
policy_admin_fn policy_do_bss_apply, policy_do_bss_event, policy_do_bss_listener;
policy_admin_fn policy_do_bss_dead_list, policy_do_bss_dead_replay, policy_do_bss_dead_delete;
policy_admin_fn policy_do_audit_list, policy_do_credential_list, policy_do_credential_put, policy_do_credential_delete;

#endif
