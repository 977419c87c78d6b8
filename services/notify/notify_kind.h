/* notify_kind.h -- a kind of accounts: the keys of its sections in channels_file, and how one of them is opened.
 *
 * notify_channels.c has the table of all kinds. It reads the file, fills `size` octets by `keys` for each section, and opens
 * an account of it; whoever implements a kind needs no other part of notify. */
#ifndef NOTIFY_KIND_H
#define NOTIFY_KIND_H

#include "es_buf.h"
#include "es_config.h"
#include "notify_account.h"

/* ---- credentials that all processes share ---- */

#define NOTIFY_VAULT_MAX 4096 /* octets of a secret */

/* Makes a new one. Runs inside a write transaction, perhaps twice: it may touch nothing else. */
typedef es_status notify_vault_make(int64_t now_ms, struct es_buf *secret, void *user);
/* Once, on a thread of the vault's; must not block. `secret` (ES_OK alone) is valid during the call. */
typedef void notify_vault_got(es_status status, int64_t made_ms, struct es_slice secret, void *user);

/* Where they are kept, so that of all processes one makes a new one and the others use it. */
struct notify_vault {
	/* Gives the one of that name if it was made at `since_ms` (wall) or later, makes it otherwise. Not ES_OK: `got` never
	 * runs. Does not block. */
	es_status (*get)(const struct notify_vault *vault, const char *name, int64_t since_ms, notify_vault_make *make,
	                 notify_vault_got *got, void *user);
	void *store;
};

/* ---- kinds ---- */

/* What a section is opened with. All of it outlives the account. */
struct notify_section {
	const char *name;
	const void *config;               /* the kind's struct, filled by its keys */
	const struct notify_vault *vault; /* NULL: nothing is shared with other processes */
};

struct notify_kind {
	const char *name; /* "smsc": the first word of its sections' headers, and notify_account.kind */
	const struct es_conf_key *keys;
	size_t key_count, size; /* of the struct a section fills */
	bool is_sms;            /* a tenant's key `sms` may name it; otherwise its key of the kind's name does */
	/* What is wrong, or cannot be read, is one sentence in `error` that names the key; file, section and line come in front
	 * of it. Sets kind, name and ops of the account. A provider that does not answer is no error here. */
	es_status (*open)(const struct notify_section *section, struct notify_account **out, struct es_buf *error);
};

extern const struct notify_kind notify_kind_apns, notify_kind_fcm, notify_kind_wns;
extern const struct notify_kind notify_kind_smsc, notify_kind_sms;

#endif
