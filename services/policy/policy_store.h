/* policy_store.h -- policy's database: all SQL is behind this header.
 *
 * Two kinds of functions. Those that take a `struct policy_store` may be called by any thread as their comment says. Those
 * that take a `struct es_db_conn` run inside es_db_read() or a write job and are part of its transaction; texts they give
 * out live in the arena they are given. ES_NOT_FOUND: no such row. */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "es_arena.h"
#include "es_db.h"
#include "policy_equipment.h"
#include "policy_sheet.h"
#include "policy_types.h"

struct policy_store;

es_status policy_store_open(const char *url, struct policy_store **out, struct es_buf *error) ES_MUST_USE;
void policy_store_close(struct policy_store *store); /* NULL is fine */
struct es_db *policy_store_db(struct policy_store *store);

/* ---- catalog: tenants and plans in memory, one immutable copy at a time ---- */

struct policy_catalog {
	uint64_t version;
	const struct policy_tenant *tenants; /* sorted by id */
	size_t tenant_count;
	const struct policy_plan *plans; /* sorted by tenant, then id */
	size_t plan_count;
	const struct policy_client *clients; /* sorted by tenant, then id */
	size_t client_count;
	const struct policy_enterprise *enterprises; /* the same */
	size_t enterprise_count;
	const struct policy_book *books; /* policy_effects.h; a tenant each that has any */
	size_t book_count;
};
/* The copy as of the transaction of `conn`: what the database has, also when another replica wrote it a moment ago.
 * `version` is what policy_row_subscriber() read. Free with policy_catalog_release(). Never in a write job: what is not
 * committed may not be kept. */
es_status policy_catalog_at(struct policy_store *store, struct es_db_conn *conn, uint64_t version,
                            const struct policy_catalog **out) ES_MUST_USE;
/* The same in a write job, where what is not committed may not be kept: the copy of readers as long as this transaction (and
 * those that share its commit) has not touched the catalog, else one read for this caller alone. */
es_status policy_catalog_in_write(struct policy_store *store, struct es_db_conn *conn,
                                  const struct policy_catalog **out) ES_MUST_USE;
void policy_catalog_release(struct policy_store *store, const struct policy_catalog *catalog); /* NULL is fine */
const struct policy_tenant *policy_catalog_tenant(const struct policy_catalog *catalog,
                                                  const char *id); /* NULL: none */
const struct policy_plan *policy_catalog_plan(const struct policy_catalog *catalog, const char *tenant, const char *id);
/* All plans of a tenant, by id; NULL: none. */
const struct policy_plan *policy_catalog_plans(const struct policy_catalog *catalog, const char *tenant, size_t *count);
const struct policy_enterprise *policy_catalog_enterprise(const struct policy_catalog *catalog, const char *tenant,
                                                          const char *id);
/* The only one that this requestor acts for; NULL: none, or several. */
const struct policy_enterprise *policy_catalog_enterprise_of(const struct policy_catalog *catalog, const char *tenant,
                                                             struct es_slice requestor);
bool policy_enterprise_has(const struct policy_enterprise *enterprise, struct es_slice requestor);
const struct policy_client *policy_catalog_client(const struct policy_catalog *catalog, const char *tenant,
                                                  const char *id);

/* NULL: the tenant has neither rules nor add-ons nor outages. */
const struct policy_book *policy_catalog_book(const struct policy_catalog *catalog, const char *tenant);

es_status policy_row_catalog_version(struct es_db_conn *conn, uint64_t *out) ES_MUST_USE;

/* ---- subscribers ---- */

/* One indexed read: the subscriber and the catalog's version. With ES_NOT_FOUND the version is set, too. */
es_status policy_row_subscriber(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                struct policy_subscriber *out, uint64_t *catalog_version) ES_MUST_USE;
/* ES_CONFLICT: there already is one. */
es_status policy_row_subscriber_insert(struct es_db_conn *conn, const struct policy_subscriber *line) ES_MUST_USE;
es_status policy_row_subscriber_update(struct es_db_conn *conn, const struct policy_subscriber *line) ES_MUST_USE;
/* ES_CONFLICT: `to` belongs to another subscriber. Devices go with the old SIM. */
es_status policy_row_subscriber_move(struct es_db_conn *conn, const char *tenant, const char *from,
                                     const char *to) ES_MUST_USE;
es_status policy_row_subscriber_delete(struct es_db_conn *conn, const char *tenant, const char *imsi) ES_MUST_USE;

struct policy_filter {
	const char *after;         /* IMSI of the last one seen, "" at the start */
	const char *msisdn, *plan; /* "": any */
	int status;                /* -1: any */
	uint32_t limit;
	/* Without msisdn and plan: lines about which no BSS said anything since; 0: any. Without the terminated. */
	int64_t unanswered_since_ms;
};
typedef es_status policy_subscriber_each(const struct policy_subscriber *line, void *user);
/* In the order of IMSI; `arena` is reset before each row. Ends early with what `each` returns. */
es_status policy_row_subscribers(struct es_db_conn *conn, const char *tenant, const struct policy_filter *filter,
                                 struct es_arena *arena, policy_subscriber_each *each, void *user) ES_MUST_USE;

/* A line, and one application that a device of it has been answered ("": none); a line with several comes several times. */
struct policy_woken {
	const char *imsi, *msisdn;
	const char *app;
	uint8_t status; /* enum policy_status */
};
typedef es_status policy_woken_each(const struct policy_woken *row, void *user);
/* `limit` lines (at most 500) beyond the IMSI `after`, in the order of IMSI, then application; plan "": of the tenant. `arena` is
 * reset before each row. */
es_status policy_row_woken(struct es_db_conn *conn, const char *tenant, const char *plan, const char *after,
                           uint32_t limit, struct es_arena *arena, policy_woken_each *each, void *user) ES_MUST_USE;
es_status policy_row_woken_line(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                policy_woken_each *each, void *user) ES_MUST_USE;
/* How many lines there are that are not terminated. Reads all of them: not on a thread that others wait for. */
es_status policy_row_woken_count(struct es_db_conn *conn, const char *tenant, const char *plan,
                                 int64_t *out) ES_MUST_USE;
es_status policy_row_plan_in_use(struct es_db_conn *conn, const char *tenant, const char *plan, bool *out) ES_MUST_USE;

/* ---- tenants and plans as written; every change raises the catalog's version ---- */

struct policy_document {
	struct es_slice json;
	uint64_t version;
};
es_status policy_row_tenant_document(struct es_db_conn *conn, const char *id, struct es_arena *arena,
                                     struct policy_document *out) ES_MUST_USE;
es_status policy_row_plan_document(struct es_db_conn *conn, const char *tenant, const char *id, struct es_arena *arena,
                                   struct policy_document *out) ES_MUST_USE;
typedef es_status policy_tenant_each(const struct policy_tenant *tenant, size_t document_len, void *user);
/* All tenants, as of this transaction; `arena` is reset before each. */
es_status policy_row_tenants(struct es_db_conn *conn, struct es_arena *arena, policy_tenant_each *each,
                             void *user) ES_MUST_USE;
/* `created` says whether there was none before. `version`: outbox sequence of the change. */
es_status policy_row_tenant_put(struct es_db_conn *conn, const char *id, struct es_slice document, uint64_t version,
                                bool *created) ES_MUST_USE;
es_status policy_row_plan_put(struct es_db_conn *conn, const char *tenant, const char *id, struct es_slice document,
                              uint64_t version, bool *created) ES_MUST_USE;
es_status policy_row_client_document(struct es_db_conn *conn, const char *tenant, const char *id,
                                     struct es_arena *arena, struct policy_document *out) ES_MUST_USE;
es_status policy_row_client_put(struct es_db_conn *conn, const char *tenant, const char *id, struct es_slice document,
                                uint64_t version) ES_MUST_USE;
es_status policy_row_client_delete(struct es_db_conn *conn, const char *tenant, const char *id) ES_MUST_USE;
es_status policy_row_enterprise_document(struct es_db_conn *conn, const char *tenant, const char *id,
                                         struct es_arena *arena, struct policy_document *out) ES_MUST_USE;
es_status policy_row_enterprise_put(struct es_db_conn *conn, const char *tenant, const char *id,
                                    struct es_slice document, uint64_t version) ES_MUST_USE;
es_status policy_row_enterprise_delete(struct es_db_conn *conn, const char *tenant, const char *id) ES_MUST_USE;
/* How many clients the tenant has beside this one, and the octets of all documents of all tenants beside it. */
es_status policy_row_clients_beside(struct es_db_conn *conn, const char *tenant, const char *id, size_t *count,
                                    size_t *octets) ES_MUST_USE;
es_status policy_row_plan_delete(struct es_db_conn *conn, const char *tenant, const char *id) ES_MUST_USE;
es_status policy_row_plan_exists(struct es_db_conn *conn, const char *tenant, const char *id, bool *out) ES_MUST_USE;
es_status policy_row_tenant_exists(struct es_db_conn *conn, const char *id, bool *out) ES_MUST_USE;

/* ---- devices ---- */

#define POLICY_DEVICES_MAX 64 /* per subscriber; the one not seen for longest makes room */

/* ES_CONFLICT: there is no such subscriber (any more). */
es_status policy_row_device_seen(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                 const struct policy_device *device) ES_MUST_USE;
typedef es_status policy_device_each(const struct policy_device *device, void *user);
es_status policy_row_devices(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                             policy_device_each *each, void *user) ES_MUST_USE;

/* ---- what each device was answered (policy_store_devices.c) ---- */

#define POLICY_ANSWER_DIGEST 16 /* POLICY_DIGEST_SIZE */
#define POLICY_DEVICE_APPS_MAX (POLICY_DEVICES_MAX * 16)

struct policy_device_app {
	const char *terminal_id, *app;
	uint32_t version_major, version_minor, language;
	uint8_t digest[POLICY_ANSWER_DIGEST];
	int64_t answered_ms;
	const char *vendor, *model, *sw_version; /* of the device; read only */
};
/* Keeps the newest; writes nothing where it is the same and of the same day. ES_CONFLICT: there is no such device. */
es_status policy_row_device_answered(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                     const struct policy_device_app *answered) ES_MUST_USE;
typedef es_status policy_device_app_each(const struct policy_device_app *one, void *user);
/* By device, then application; all texts stay in the arena. */
es_status policy_row_device_apps(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 policy_device_app_each *each, void *user) ES_MUST_USE;

/* ---- the past of a line, and what time does to it (policy_store_history.c) ---- */

/* With the event's number as the line's version; `previous`: its IMSI before. */
es_status policy_row_sim_change_add(struct es_db_conn *conn, const struct policy_subscriber *line, const char *previous,
                                    int64_t at_ms) ES_MUST_USE;
typedef es_status policy_sim_change_each(int64_t at_ms, const char *previous, void *user);
es_status policy_row_sim_changes(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 policy_sim_change_each *each, void *user) ES_MUST_USE;
/* ES_CONFLICT: there is no such subscriber (any more). */
es_status policy_row_attempts_add(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t at_ms,
                                  uint32_t count) ES_MUST_USE;
/* One statement, three ranges of indexes: for whoever has a rule that asks. */
es_status policy_row_history(struct es_db_conn *conn, const struct policy_tenant *tenant, const char *imsi,
                             int64_t now_ms, struct policy_history *out) ES_MUST_USE;
/* The same where the tenant's rules look at it; else *out is NULL. */
es_status policy_row_history_for(struct es_db_conn *conn, const struct policy_catalog *catalog,
                                 const struct policy_tenant *tenant, const char *imsi, int64_t now_ms,
                                 struct policy_history *room, const struct policy_history **out) ES_MUST_USE;
es_status policy_row_history_prune(struct es_db_conn *conn, int64_t now_ms) ES_MUST_USE;
/* Forgets devices of the tenant last seen before; `limit` at most. */
es_status policy_row_devices_age_out(struct es_db_conn *conn, const char *tenant, int64_t before_ms, uint32_t limit,
                                     int64_t *count) ES_MUST_USE;

/* A line whose time has come. */
struct policy_due {
	const char *tenant, *imsi;
	int64_t at_ms; /* 1: never worked out */
};
typedef es_status policy_due_each(const struct policy_due *due, void *user);
/* The longest waiting first; texts stay in the arena. */
es_status policy_row_due(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                         policy_due_each *each, void *user) ES_MUST_USE;
/* Of several that see the same line due one takes it. ES_NOT_FOUND: not this one. */
es_status policy_row_due_take(struct es_db_conn *conn, const struct policy_due *due) ES_MUST_USE;
/* Version and next moment of a line that was taken. */
es_status policy_row_due_done(struct es_db_conn *conn, const struct policy_subscriber *line,
                              int64_t next_ms) ES_MUST_USE;
/* As of line->updated_ms. Inserting and updating a line do it. */
es_status policy_row_due_set(struct es_db_conn *conn, const struct policy_subscriber *line) ES_MUST_USE;
/* The lines that used a device last, by the first 14 digits of its IMEI. */
typedef es_status policy_imsi_each(const char *imsi, void *user);
es_status policy_row_device_lines(struct es_db_conn *conn, const char *tenant, const char *imei, uint32_t limit,
                                  struct es_arena *arena, policy_imsi_each *each, void *user) ES_MUST_USE;

/* ---- devices by IMEI and by TAC (policy_store_equipment.c) ---- */

/* The operator's list, by IMEI; the table of models, by TAC. */
enum policy_entry_kind { POLICY_LISTED, POLICY_MODEL };

/* ES_NOT_FOUND. Texts are of the arena. */
es_status policy_row_entry(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant, const char *key,
                           struct es_arena *arena, union policy_entry *out) ES_MUST_USE;
es_status policy_row_entry_put(struct es_db_conn *conn, enum policy_entry_kind kind,
                               const union policy_entry *entry) ES_MUST_USE;
es_status policy_row_entry_delete(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant,
                                  const char *key) ES_MUST_USE;
typedef es_status policy_entry_each(const union policy_entry *entry, void *user);
/* By their keys, after `after`; `arena` is reset before each row. */
es_status policy_row_entries(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant,
                             const char *after, uint32_t limit, struct es_arena *arena, policy_entry_each *each,
                             void *user) ES_MUST_USE;

/* All that is known of the device out->imei, in one read; nothing is known of what has no IMEI. */
es_status policy_row_equipment_facts(struct es_db_conn *conn, const char *tenant, const char *source,
                                     struct es_arena *arena, struct policy_equipment_facts *out) ES_MUST_USE;
/* What a decision would know of a device with nobody outside asked. */
es_status policy_row_equipment(struct es_db_conn *conn, const struct policy_tenant *tenant, const char *terminal_id,
                               const char *sw_version, int64_t now_ms, struct es_arena *arena,
                               struct policy_equipment *out) ES_MUST_USE;
/* ES_CONFLICT: no such tenant (any more). */
es_status policy_row_equipment_answer_put(struct es_db_conn *conn, const char *tenant, const char *imei,
                                          const char *source, uint8_t state, int64_t as_of_ms) ES_MUST_USE;
es_status policy_row_equipment_answers_prune(struct es_db_conn *conn, int64_t before_ms) ES_MUST_USE;

/* ---- what users of stores have agreed to (policy_store_billing.c) ---- */

#define POLICY_STORE_USERS_MAX 64 /* per subscriber; the one whose answer is oldest makes room */

/* ES_NOT_FOUND: no answer known. `vendor` and `user` of `out` are of the arena. */
es_status policy_row_store_user(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *vendor,
                                const char *user, struct es_arena *arena, struct policy_store_user *out) ES_MUST_USE;
/* ES_CONFLICT: there is no such subscriber (any more). */
es_status policy_row_store_user_put(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                    const struct policy_store_user *user) ES_MUST_USE;
typedef es_status policy_store_user_each(const struct policy_store_user *one, void *user);
/* By store, then user; `arena` is reset before each row. */
es_status policy_row_store_users(struct es_db_conn *conn, const char *tenant, const char *imsi, uint32_t limit,
                                 struct es_arena *arena, policy_store_user_each *each, void *user) ES_MUST_USE;

/* ---- the operator's own systems (policy_store_bss.c) ---- */

/* When the source answered about the line; 0: it is to be asked at the next request. ES_NOT_FOUND: no such line. */
es_status policy_row_bss_answered(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                                  int64_t at_ms) ES_MUST_USE;
/* The time of the source's last event about the line; 0: none. */
es_status policy_row_bss_last(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                              int64_t *out) ES_MUST_USE;
es_status policy_row_bss_last_put(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                                  int64_t at_ms) ES_MUST_USE;
/* ES_CONFLICT: the source has sent an event of this id before. */
es_status policy_row_bss_event_add(struct es_db_conn *conn, const char *tenant, const char *source, const char *id,
                                   int64_t at_ms) ES_MUST_USE;

/* An event that could not be applied. */
struct policy_bss_dead {
	int64_t id, at_ms, tries;
	const char *source, *event_id, *reason;
	const char *name; /* of a TM Forum event; "": our own form */
	const char *body;
};
es_status policy_row_bss_dead_add(struct es_db_conn *conn, const char *tenant,
                                  const struct policy_bss_dead *dead) ES_MUST_USE;
typedef es_status policy_bss_dead_each(const struct policy_bss_dead *dead, void *user);
/* By number, after `after`; `arena` is reset before each. */
es_status policy_row_bss_deads(struct es_db_conn *conn, const char *tenant, int64_t after, uint32_t limit,
                               struct es_arena *arena, policy_bss_dead_each *each, void *user) ES_MUST_USE;
es_status policy_row_bss_dead(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                              struct policy_bss_dead *out) ES_MUST_USE;
/* It was tried again, in vain. */
es_status policy_row_bss_dead_try(struct es_db_conn *conn, const char *tenant, int64_t id,
                                  const char *reason) ES_MUST_USE;
es_status policy_row_bss_dead_delete(struct es_db_conn *conn, const char *tenant, int64_t id) ES_MUST_USE;
/* Those that name the IMSI or number anywhere: who is erased is in none any more. */
es_status policy_row_bss_dead_forget(struct es_db_conn *conn, const char *tenant, const char *named) ES_MUST_USE;
/* Forgets events that came before `events_ms`, and what could not be applied before `dead_ms`. */
es_status policy_row_bss_prune(struct es_db_conn *conn, int64_t events_ms, int64_t dead_ms) ES_MUST_USE;
/* ---- web sheets (policy_store_sheet.c) ---- */

/* What the handle with this nonce was used up for; ES_NOT_FOUND: nothing yet. */
es_status policy_row_sheet_act(struct es_db_conn *conn, const char *tenant, const char *nonce, struct es_arena *arena,
                               const char **act) ES_MUST_USE;
/* Uses it up, unless it was before. */
es_status policy_row_sheet_act_add(struct es_db_conn *conn, const char *tenant, const char *nonce, const char *act,
                                   int64_t now_ms, bool *is_first) ES_MUST_USE;
es_status policy_row_consent_add(struct es_db_conn *conn, const struct policy_consent *consent) ES_MUST_USE;
typedef es_status policy_consent_each(const struct policy_consent *consent, void *user);
/* Newest first, with ids below `before`; `arena` is reset before each row. */
es_status policy_row_consents(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t before,
                              uint32_t limit, struct es_arena *arena, policy_consent_each *each,
                              void *user) ES_MUST_USE;
/* Whether the line that is there has given one of that kind. */
es_status policy_row_consent_of(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *what,
                                bool *out) ES_MUST_USE;
/* The line has another IMSI; the line is gone. */
es_status policy_row_consents_move(struct es_db_conn *conn, const char *tenant, const char *from,
                                   const char *to) ES_MUST_USE;
es_status policy_row_consents_keep(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                   int64_t until_ms) ES_MUST_USE;
/* Forgets used handles that nobody can open any more, and consents whose time is over. */
es_status policy_row_sheets_prune(struct es_db_conn *conn, int64_t now_ms) ES_MUST_USE;

/* ---- credentials and the audit trail ---- */

struct policy_credential {
	const char *name, *tenant; /* tenant "": all */
	uint8_t role;              /* enum policy_role */
	int64_t created_ms;
};
es_status policy_row_credential(struct es_db_conn *conn, const uint8_t digest[32], struct es_arena *arena,
                                struct policy_credential *out) ES_MUST_USE;
/* Creates or replaces by name; a replaced one's token is dead with the commit. */
es_status policy_row_credential_put(struct es_db_conn *conn, const struct policy_credential *credential,
                                    const uint8_t digest[32]) ES_MUST_USE;
es_status policy_row_credential_delete(struct es_db_conn *conn, const char *name) ES_MUST_USE;
typedef es_status policy_credential_each(const struct policy_credential *credential, void *user);
es_status policy_row_credentials(struct es_db_conn *conn, const char *after, uint32_t limit, struct es_arena *arena,
                                 policy_credential_each *each, void *user) ES_MUST_USE;

struct policy_audit {
	int64_t id, at_ms;
	const char *who, *client, *action, *tenant, *resource, *outcome;
	const char *detail; /* what changed; "" where the outcome says it all */
};
es_status policy_row_audit_add(struct es_db_conn *conn, const struct policy_audit *entry, int64_t *id) ES_MUST_USE;
/* Only of an entry whose outcome is still "begun": ES_NOT_FOUND otherwise. */
es_status policy_row_audit_end(struct es_db_conn *conn, int64_t id, const char *outcome) ES_MUST_USE;
/* Entries about this line up to `until_ms` are about `pseudonym` then, and what changed is left out of them. */
es_status policy_row_audit_erase(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *pseudonym,
                                 int64_t until_ms, int64_t *count) ES_MUST_USE;
typedef es_status policy_audit_each(const struct policy_audit *entry, void *user);
/* Newest first, older than `before`; tenant "": all. */
es_status policy_row_audits(struct es_db_conn *conn, const char *tenant, int64_t before, uint32_t limit,
                            struct es_arena *arena, policy_audit_each *each, void *user) ES_MUST_USE;

/* ---- outbox ---- */

/* A device of an event. Applications separated by blanks. */
struct policy_touch {
	const char *terminal_id;
	const char *apps;      /* whose answers change; "": the device need not be woken */
	const char *unchanged; /* whose answers stay as they were given */
};

struct policy_event {
	uint64_t sequence;
	int64_t at_ms;
	const char *kind, *tenant, *imsi;
	const char *plan;     /* without an IMSI: of the lines of this plan; "" (NULL when it is added): of the tenant */
	const char *moved_to; /* of a line that is removed: the IMSI that it has from now on; "" or NULL as above */
	const char *apps; /* for devices that policy does not know, and applications that it does not know of a device */
	const char *traceparent;
	const struct policy_touch *devices; /* when it is added; read by policy_row_event_devices() */
	size_t device_count;
};
/* Takes the next number; holds the head until the transaction ends. */
es_status policy_row_event_add(struct es_db_conn *conn, const struct policy_event *event,
                               uint64_t *sequence) ES_MUST_USE;
es_status policy_row_event_head(struct es_db_conn *conn, uint64_t *out) ES_MUST_USE;
typedef es_status policy_event_each(const struct policy_event *event, void *user);
es_status policy_row_events(struct es_db_conn *conn, uint64_t after, uint32_t limit, struct es_arena *arena,
                            policy_event_each *each, void *user) ES_MUST_USE;
typedef es_status policy_event_device_each(uint64_t sequence, const struct policy_touch *device, void *user);
/* The devices of the events from `first` to `last`, in the order of these. */
es_status policy_row_event_devices(struct es_db_conn *conn, uint64_t first, uint64_t last, uint32_t limit,
                                   struct es_arena *arena, policy_event_device_each *each, void *user) ES_MUST_USE;
/* Forgets what is older than `before_ms`. */
es_status policy_row_events_prune(struct es_db_conn *conn, int64_t before_ms) ES_MUST_USE;

#endif
