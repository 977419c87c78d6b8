/* policy_store_catalog.h -- the copy of tenants and plans that a process keeps. Internal to the store. */
#ifndef POLICY_STORE_CATALOG_H
#define POLICY_STORE_CATALOG_H

#include "policy_store.h"

struct policy_catalog_cache;
struct policy_catalog_cache *policy_catalog_cache_new(void);
void policy_catalog_cache_free(struct policy_catalog_cache *cache); /* NULL is fine */
/* The kept copy when it is of `version`; else reads it anew on `conn` and keeps that. */
es_status policy_catalog_cache_get(struct policy_catalog_cache *cache, struct es_db_conn *conn, uint64_t version,
                                   const struct policy_catalog **out) ES_MUST_USE;
/* In a write job: the kept copy where this transaction has touched nothing of it, else one that is read anew and not kept. */
es_status policy_catalog_cache_peek(struct policy_catalog_cache *cache, struct es_db_conn *conn, uint64_t version,
                                    const struct policy_catalog **out) ES_MUST_USE;
void policy_catalog_cache_put(struct policy_catalog_cache *cache, const struct policy_catalog *catalog);

#endif
