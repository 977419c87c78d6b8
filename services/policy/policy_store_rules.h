/* policy_store_rules.h -- rows of rules, add-ons and outages. Inside transactions, as in policy_store.h. */
#ifndef POLICY_STORE_RULES_H
#define POLICY_STORE_RULES_H

#include "policy_effects.h"
#include "policy_store.h"

#define POLICY_RULESETS_KEPT 100 /* of a tenant; the oldest that do not decide make room */

/* The book of a tenant, or of all ("") that have one, in `arena`, in no order. */
es_status policy_row_books(struct es_db_conn *conn, const char *tenant, struct es_arena *arena,
                           const struct policy_book **out, size_t *count) ES_MUST_USE;

/* Numbers of the rules that decide, and of those that did before; 0: none. */
struct policy_book_row {
	uint64_t active, previous;
};
es_status policy_row_book(struct es_db_conn *conn, const char *tenant, struct policy_book_row *out) ES_MUST_USE;
/* Writes it, and raises the catalog's version: whoever has a copy reads it anew. */
es_status policy_row_book_put(struct es_db_conn *conn, const char *tenant, struct policy_book_row row,
                              uint64_t version) ES_MUST_USE;

struct policy_ruleset_row {
	uint64_t number;
	struct es_slice document;
	const char *author;
	int64_t created_ms;
};
/* Gives the next number. */
es_status policy_row_ruleset_add(struct es_db_conn *conn, const char *tenant, struct es_slice document,
                                 const char *author, int64_t now_ms, uint64_t *number) ES_MUST_USE;
es_status policy_row_ruleset(struct es_db_conn *conn, const char *tenant, uint64_t number, struct es_arena *arena,
                             struct policy_ruleset_row *out) ES_MUST_USE;
typedef es_status policy_ruleset_each(const struct policy_ruleset_row *row, void *user);
/* Newest first, below `before` (0: from the newest); without documents. */
es_status policy_row_rulesets(struct es_db_conn *conn, const char *tenant, uint64_t before, uint32_t limit,
                              struct es_arena *arena, policy_ruleset_each *each, void *user) ES_MUST_USE;

enum policy_offer_kind { POLICY_ADDON, POLICY_OUTAGE };

es_status policy_row_offer(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *id,
                           struct es_arena *arena, struct es_slice *out) ES_MUST_USE;
es_status policy_row_offer_put(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *id,
                               struct es_slice document) ES_MUST_USE;
es_status policy_row_offer_delete(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant,
                                  const char *id) ES_MUST_USE;
typedef es_status policy_offer_each(const char *id, struct es_slice document, void *user);
es_status policy_row_offers(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *after,
                            uint32_t limit, struct es_arena *arena, policy_offer_each *each, void *user) ES_MUST_USE;

#endif
