/* dia_engine.h -- questions to peers: a place, a clock of our own, a second try, one end. Over dia_library.h.
 *
 * Asking never blocks: a thread of its own hands requests to the library, whose queues may be full. Every question ends once:
 * by an answer, by its deadline, or because the library threw an answer away. */
#ifndef DIA_ENGINE_H
#define DIA_ENGINE_H

#include "dia_library.h"

struct dia_engine;

/* `body` empty: none, and `why` says so; else `why` is NULL. Runs once, on a thread of the library or the clock; may not
 * block. */
typedef void dia_done(void *owner, struct es_slice body, const char *why);

struct dia_question {
	const struct dia_source *source;
	struct es_slice octets; /* copied */
	int64_t deadline;       /* wall ms of the caller; the source's timeout stands, too */
	bool may_repeat;        /* another peer may be asked the same */
	const char *destination_host;
	dia_done *done;
	void *owner;
};

/* `asked` as in dia_library_hooks, with `asked_user`. One engine in a process. */
es_status dia_engine_start(const struct dia_config *config,
                           bool (*asked)(void *user, struct dia_asked *asked, struct es_slice octets), void *asked_user,
                           struct dia_engine **out, struct es_buf *error) ES_MUST_USE;
/* Ends what is under way, takes leave of the peers. NULL is fine. */
void dia_engine_stop(struct dia_engine *engine);

/* ES_BUSY: the source has as many under way as it may; ES_UNAVAILABLE: no peer of it is connected. `done` does not run then. */
es_status dia_engine_ask(struct dia_engine *engine, const struct dia_question *question) ES_MUST_USE;
/* dia_library_answer() on the thread that may block. */
void dia_engine_answer(struct dia_engine *engine, struct dia_asked *asked, uint32_t code, bool is_experimental);

#endif
