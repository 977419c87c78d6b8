/* policy_bss_int.h -- a source of the BSS link, and what its files share. Internal to policy_bss_*.c. */
#ifndef POLICY_BSS_INT_H
#define POLICY_BSS_INT_H

#include <pthread.h>

#include "es_config_named.h"
#include "es_fetch.h"
#include "es_peer.h"
#include "es_worker.h"
#include "policy_bss.h"
#include "policy_bss_map.h"

#define POLICY_BSS_SECRETS 2
#define POLICY_BSS_SECRET_MIN 16
#define POLICY_BSS_BUCKETS 64
#define POLICY_BSS_SOURCES_MAX 32

struct policy_bss_config {
	struct es_peer_settings peer;
	const char *mapping;
	int64_t unknown_for, webhook_window;
	const char *webhook_secret_file, *webhook_old_secret_file;
	const char *file_mapping, *product_mapping, *service_mapping, *customer_mapping;
	const char *hub_url, *hub_callback, *hub_query;
};
extern const struct es_conf_key policy_bss_keys[];
extern const size_t policy_bss_key_count;

enum policy_bss_kind { POLICY_BSS_PRODUCT, POLICY_BSS_SERVICE, POLICY_BSS_CUSTOMER, POLICY_BSS_KINDS };

struct policy_bss_asked; /* one question under way */

/* Questions that ended a moment ago. */
struct policy_bss_ended {
	uint64_t hash;
	int64_t at; /* mono ms */
	enum policy_bss_outcome outcome;
};
#define POLICY_BSS_ENDED 1024

struct policy_bss_source {
	struct policy_bss *bss;
	const char *name;
	const struct policy_bss_config *config;
	struct policy_bss_map *map, *file_map, *events[POLICY_BSS_KINDS]; /* NULL: none */
	struct es_buf secrets[POLICY_BSS_SECRETS];                        /* of webhooks */
	struct es_peer peer;                                              /* without target nothing is asked */
	struct es_fetch_target *hub;                                      /* NULL: none */

	pthread_mutex_t lock;
	struct policy_bss_asked *open[POLICY_BSS_BUCKETS];
	struct policy_bss_ended ended[POLICY_BSS_ENDED];
	uint32_t waiting;
};

/* Lines that a source did not know when it was asked, and that we do not have. */
struct policy_bss_absent {
	uint64_t hash;
	int64_t until; /* mono ms */
};
#define POLICY_BSS_ABSENT 4096

struct policy_bss {
	struct policy_bss_options options;
	struct es_arena *arena;  /* what the file says */
	pthread_rwlock_t asking; /* held to ask; for writing when it ends */
	bool has_ended;
	struct es_fetcher *fetcher;
	struct es_worker *worker;
	struct policy_bss_source sources[POLICY_BSS_SOURCES_MAX];
	size_t source_count;
	pthread_mutex_t absent_lock;
	struct policy_bss_absent absent[POLICY_BSS_ABSENT];
};

void policy_bss_ask_metrics(void);

#endif
