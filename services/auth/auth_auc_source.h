/* auth_auc_source.h -- our own AuC as a source of vectors: keys from the database, numbers from auth_sqn_source.h. */
#ifndef AUTH_AUC_SOURCE_H
#define AUTH_AUC_SOURCE_H

#include "auth_env.h"
#include "auth_source.h"

/* `env` is borrowed: database, key ring and numbers in it are there before the first question and after the last. */
struct auth_source auth_auc_source(struct auth_env *env);

/* Reads: where that is allowed. ES_NOT_FOUND: no keys; ES_INTERNAL: they do not open. Wipe `out`. */
es_status auth_auc_keys(struct auth_env *env, const char *tenant, const char *imsi, struct auth_keys *out) ES_MUST_USE;

/* A vector of nobody's, for the challenge of a decoy: it looks like any other and has no right answer. */
void auth_auc_decoy(struct auth_ask *ask);

void auth_auc_metrics(void);

#endif
