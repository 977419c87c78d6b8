/* auth_provision.h -- what operators put and ask: keys of SIMs, and how a SIM's authentications went. All of it may be
 * repeated. */
#ifndef AUTH_PROVISION_H
#define AUTH_PROVISION_H

#include "auth_auc.h"
#include "auth_env.h"
#include "es_id.h"

struct auth_keys_put {
	const char *tenant, *imsi;
	/* es_box to our transport key, bound to "tenant NUL imsi", of what auth_keys_pack() writes: Milenage K(16) OPc(16); TUAK
	 * octets of RES(1), Keccak iterations(1), K(16 or 32), TOPc(32). */
	struct es_slice box;
	struct es_slice amf;
	const char *algorithm; /* "milenage", "tuak" */
	bool has_sqn;
	uint64_t sqn; /* last used elsewhere */
};

struct auth_keys_status {
	bool exists;
	const char *algorithm;
	int64_t updated_ms;
};

struct auth_history_list {
	struct auth_history_entry *entries; /* in the arena, the newest first */
	size_t count;
};

/* ES_MALFORMED: a value makes no sense. ES_UNAUTHENTIC: the box is not for us, or not for this subscriber. */
void auth_keys_put(struct auth_task *task, const struct auth_keys_put *in);
void auth_keys_delete(struct auth_task *task, const char *tenant, const char *imsi);
void auth_keys_status(struct auth_task *task, const char *tenant, const char *imsi, struct auth_keys_status *out);
/* `limit` 0: 20; AUTH_HISTORY_MAX at most. */
void auth_history_list(struct auth_task *task, const char *tenant, const char *imsi, uint32_t limit,
                       struct auth_history_list *out);

#endif
