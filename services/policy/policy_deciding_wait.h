/* policy_deciding_wait.h -- facts from outside that a decision needs first: asked all at once, and then it is decided anew.
 *
 * A decision that lacks a fact does not wait for it where it runs: it notes a question (policy_wait_question()) and gives up.
 * Whoever serves the call then has all questions asked (policy_wait_start()), and when the last one is answered, the decision is made
 * from its beginning, on a worker and from a snapshot of then. It finds its questions answered, in `fact`, and asks no more.
 *
 * There is no clock here. Who is asked answers each question exactly once, at its deadline at the latest, as es_fetch() and
 * es_bus_call() do; a fact that nobody could tell is an answer, too. So nothing ever comes too late, and what a question
 * points to may live in the call's arena. Nobody allocates there while questions are open: they are answered on any thread, and
 * several at once. What an answer brings has its room in `fact` beforehand. */
#ifndef POLICY_DECIDING_WAIT_H
#define POLICY_DECIDING_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_status.h"
#include "es_trace.h"
#include "es_worker.h"

struct policy_wait;

struct policy_question {
	/* Who is asked, how and what: set when it is noted. `asker` and `fact` tell questions apart. */
	void (*ask)(struct policy_question *question); /* ends in policy_question_answered(), maybe before it returns */
	void *asker;
	const char *about; /* "eir", "bss": for logs, and to find it again */
	void *fact; /* what the asker and who noted it agreed on: question and room for the answer, of the call's arena */

	int64_t deadline;         /* wall ms; set by policy_wait_start() */
	struct policy_wait *wait; /* with the call's trace */
	struct policy_question *next;
};

/* Of one call, in its arena; zeroed is empty. */
struct policy_wait {
	const struct es_trace *trace; /* of the call; may be NULL */
	struct policy_question *first;
	bool is_closed;   /* all are asked and answered: there is no more asking */
	bool was_counted; /* by the tenant's limit, which a decision made anew draws from no second time */
	atomic_uint open;
	struct es_worker *worker;
	void (*go_on)(void *user);
	void (*give_up)(void *user, es_status status);
	void *user;
};

/* The question that was noted in this call about this, or NULL. Where `wait` is NULL nobody can be asked (tests). */
struct policy_question *policy_wait_find(const struct policy_wait *wait, const char *about);
/* Notes `question` (copied to the arena; ask, asker, about and fact set). ES_CONFLICT: the time for questions is over, or there
 * is no wait: whoever wanted to know has to do without. */
es_status policy_wait_question(struct policy_wait *wait, const struct policy_question *question,
                               struct es_arena *arena) ES_MUST_USE;
/* Whether there is something to ask before it can be decided. */
bool policy_wait_is_due(const struct policy_wait *wait);

struct policy_wait_options {
	struct es_worker *worker;
	int64_t deadline; /* wall ms of the questions */
	/* One of them runs, once: on the worker when all is answered; where the worker has no place, on the thread of the last answer. */
	void (*go_on)(void *user);
	void (*give_up)(void *user, es_status status);
	void *user;
};
/* Asks them all. Neither `wait` nor the call is the caller's any more. */
void policy_wait_start(struct policy_wait *wait, const struct policy_wait_options *options);
/* By whoever was asked, with `fact` filled: the last thing it does with the question. Any thread. */
void policy_question_answered(struct policy_question *question);

#endif
