/* dia_config.h -- the Diameter sections of the core file: who we are, who is there, and what for. Pure but for reading.
 *
 * `[diameter]` once, then any number of `[peer NAME]`, `[swx NAME]` (an HSS, or several that hold the same subscribers),
 * `[aaa NAME]` and `[eir NAME]`. docs/core-network.md explains the keys. Everything is immutable and lives in the arena. */
#ifndef DIA_CONFIG_H
#define DIA_CONFIG_H

#include "dia_attr.h"
#include "es_arena.h"
#include "es_buf.h"
#include "es_config_named.h"

enum { DIA_PEERS_MAX = 32, DIA_SOURCES_MAX = 64, DIA_IN_FLIGHT_MAX = 4096 };

struct dia_node {
	const char *identity, *realm;
	const char *listen_address;
	uint32_t port; /* 0: no HSS connects to us */
	const char *tls_cert_file, *tls_key_file, *tls_ca_file;
	int64_t watchdog, reconnect; /* ms */
};

struct dia_peer {
	const char *name; /* of the section */
	const char *host, *realm, *address;
	uint32_t port; /* 0: 3868, or 5868 with TLS */
	const char *transport;
	bool tls;
};

enum dia_rat { DIA_RAT_NO, DIA_RAT_OPTIONAL, DIA_RAT_MANDATORY };

enum dia_role { DIA_HSS, DIA_AAA, DIA_EIR };

/* A section [swx NAME], [aaa NAME] or [eir NAME]. */
struct dia_source {
	const char *name, *realm, *destination_host;
	const char *peer_names, *rat_type, *application, *visited_network, *anid;
	bool share;
	int64_t timeout, attempt; /* ms */
	uint32_t in_flight_max;
	/* Made of the texts above. */
	enum dia_role role;
	enum dia_app app;
	enum dia_rat rat;
	uint32_t peers; /* set of indices into dia_config.peers */
	size_t peer_order[DIA_PEERS_MAX], peer_count;
	size_t index; /* in dia_config.sources */
};

struct dia_config {
	struct dia_node node;
	struct dia_peer *peers;
	size_t peer_count;
	struct dia_source *sources;
	size_t source_count;
	uint32_t in_flight_max; /* of all sources together */
	bool uses_swx, uses_swm, uses_sta, uses_s13, uses_sctp, uses_tls;
};

/* `instance` takes the place of "%i" in the identity: a Diameter identity belongs to one process. A file without any of
 * these sections gives a node without identity and no source. `error` gets one sentence. */
es_status dia_config_load(const char *path, const char *instance, struct es_arena *arena, struct dia_config *out,
                          struct es_buf *error) ES_MUST_USE;
es_status dia_config_parse(struct es_slice text, const char *instance, struct es_arena *arena, struct dia_config *out,
                           struct es_buf *error) ES_MUST_USE;
const struct dia_source *dia_config_source(const struct dia_config *config, const char *name, enum dia_role role);
/* The [swx] section that a peer's own request belongs to: one that has the peer, else one of its realm. NULL: none. */
const struct dia_source *dia_config_source_of(const struct dia_config *config, struct es_slice host,
                                              struct es_slice realm);
/* SIZE_MAX: none. */
size_t dia_config_peer_of_host(const struct dia_config *config, struct es_slice host);

/* What freeDiameter reads. */
void dia_config_write(const struct dia_config *config, struct es_buf *out);

#endif
