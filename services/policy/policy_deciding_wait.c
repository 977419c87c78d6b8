/* policy_deciding_wait.c -- a list of questions and a count of those that are open. */
#include "policy_deciding_wait.h"

#include <string.h>

struct policy_question *policy_wait_find(const struct policy_wait *wait, const char *about)
{
	struct policy_question *q = wait != NULL ? wait->first : NULL;

	while (q != NULL && strcmp(q->about, about) != 0)
		q = q->next;
	return q;
}

es_status policy_wait_question(struct policy_wait *wait, const struct policy_question *question, struct es_arena *arena)
{
	if (wait == NULL || wait->is_closed)
		return ES_CONFLICT;
	struct policy_question *q = es_arena_alloc(arena, sizeof *q);
	if (q == NULL)
		return ES_TOO_LARGE;
	*q = *question;
	q->wait = wait;
	q->next = wait->first;
	wait->first = q;
	return ES_OK;
}

bool policy_wait_is_due(const struct policy_wait *wait)
{
	return wait != NULL && wait->first != NULL && !wait->is_closed;
}

static void answered(struct policy_wait *wait)
{
	if (atomic_fetch_sub(&wait->open, 1) != 1)
		return;
	wait->is_closed = true;
	es_status status = es_worker_submit(wait->worker, wait->go_on, wait->user);
	if (status != ES_OK)
		wait->give_up(wait->user, status);
}

void policy_question_answered(struct policy_question *question)
{
	answered(question->wait);
}

void policy_wait_start(struct policy_wait *wait, const struct policy_wait_options *options)
{
	wait->worker = options->worker;
	wait->go_on = options->go_on;
	wait->give_up = options->give_up;
	wait->user = options->user;
	atomic_init(&wait->open, 1); /* ours, so that it does not end while questions are still to be asked */
	for (struct policy_question *q = wait->first; q != NULL; q = q->next) {
		q->deadline = options->deadline;
		(void)atomic_fetch_add(&wait->open, 1);
		q->ask(q);
	}
	answered(wait);
}
