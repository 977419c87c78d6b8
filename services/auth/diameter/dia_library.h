/* dia_library.h -- freeDiameter behind a door: octets in, octets out, ids and no pointers. One in a process, started once.
 *
 * Calls that may block (its queues are bounded) say so; its threads call the hooks, which may not. What it logs goes through
 * dia_log_filter.h. */
#ifndef DIA_LIBRARY_H
#define DIA_LIBRARY_H

#include "dia_config.h"

/* A request of a peer that waits for its answer. */
struct dia_asked;

struct dia_library_hooks {
	void *user;
	/* The answer to `id`; also one made here (Origin-Host is ours) when there is nobody to send it to. */
	void (*answered)(void *user, uint32_t id, struct es_slice octets);
	/* An answer came, and the library threw it away. */
	void (*discarded)(void *user, uint32_t id);
	/* dia_slot_score(); -1 when the id is gone. */
	int (*score)(void *user, uint32_t id, size_t peer);
	void (*sending)(void *user, uint32_t id, size_t peer);
	/* RTR, PPR, ASR, RAR. The callee answers `asked`, later, from another thread; false: too many wait. */
	bool (*asked)(void *asked_user, struct dia_asked *asked, struct es_slice octets);
	void *asked_user;
};

/* `config` and `hooks` outlive it. Peers connect later. */
es_status dia_library_start(const struct dia_config *config, const struct dia_library_hooks *hooks,
                            struct es_buf *error) ES_MUST_USE;
/* Takes leave of the peers. After it no hook is called. */
void dia_library_stop(void);

/* May block. Takes a copy of a whole request whose end-to-end identifier is `id`; forgets it after `ms`. */
es_status dia_library_send(struct es_slice octets, uint32_t id, int64_t ms) ES_MUST_USE;
/* May block. Frees `asked`. */
void dia_library_answer(struct dia_asked *asked, uint32_t code, bool is_experimental);
/* Frees it without an answer. */
void dia_library_drop(struct dia_asked *asked);

/* A set of indices into config's peers. */
uint32_t dia_library_open_peers(void);
/* Requests sent to it and not answered. */
uint32_t dia_library_outstanding(size_t peer);

#endif
