/* policy_sheet_peers.h -- whom web sheets talk to: services that validate addresses, takers of documents, payment pages. One file names them
 * (`sheet_peers_file`), tenants name its sections. */
#ifndef POLICY_SHEET_PEERS_H
#define POLICY_SHEET_PEERS_H

#include "es_fetch.h"
#include "policy_address.h"

struct policy_sheet_peers;
enum policy_peer_kind { POLICY_PEER_ADDRESS, POLICY_PEER_DOCUMENTS, POLICY_PEER_PAYMENT };

/* `path` "": there are none, and `*out` is NULL. */
es_status policy_sheet_peers_start(const char *path, struct policy_sheet_peers **out, struct es_buf *error) ES_MUST_USE;
/* Ends what is under way: every `done` has run when it returns, and none runs later. NULL is fine. */
void policy_sheet_peers_quit(struct policy_sheet_peers *peers);
void policy_sheet_peers_stop(struct policy_sheet_peers *peers); /* NULL is fine */

/* ES_NOT_FOUND: no such section. Any thread. */
es_status policy_sheet_peers_form(const struct policy_sheet_peers *peers, const char *name,
                                  enum policy_address_form *out) ES_MUST_USE;
/* Asks; `done` runs on the fetcher's thread, at the section's deadline or at `until` (wall ms) at the latest, whichever is
 * first. Failures as es_fetch(). */
es_status policy_sheet_peers_ask(const struct policy_sheet_peers *peers, enum policy_peer_kind kind, const char *name,
                                 struct es_slice body, int64_t until, const struct es_trace *trace, es_fetch_done *done,
                                 void *user) ES_MUST_USE;
struct policy_payment_page {
	const char *url;
	const uint8_t *key; /* 32 octets */
};
es_status policy_sheet_peers_payment(const struct policy_sheet_peers *peers, const char *name,
                                     struct policy_payment_page *out) ES_MUST_USE;

#endif
