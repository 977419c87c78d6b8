/* es_db_writer.c -- the writer thread: takes what waits, runs it in one transaction, reports after the commit. */
#include "es_db_writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define GROUP_MAX 128
#define ALONE_ATTEMPTS_MAX 10 /* of one job whose transaction the engine takes back */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000

ES_METRIC_COUNTER(db_jobs, "openes_db_write_jobs_total", "Write jobs by their result", "status",
                  es_status_label_values);
ES_METRIC_COUNTER1(db_commits, "openes_db_commits_total", "Transactions committed by the writer");
ES_METRIC_HISTOGRAM(db_group, "openes_db_write_group_seconds", "Time of one group of write jobs, commit included");

struct job {
	es_db_fn *fn;
	es_db_done *done;
	void *user;
	es_status status;
};

struct es_db_writer {
	const struct es_db_plan *plan;
	struct es_db_conn *conn; /* the writer thread's; NULL while the engine is away */
	struct es_db_backoff backoff;
	pthread_t thread;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct job *queue;
	size_t max, head, count;
	bool stopping;
};

bool es_db_backoff_is_over(const struct es_db_backoff *backoff, int64_t now_ms)
{
	return backoff->delay_ms == 0 || now_ms >= backoff->next_ms;
}

void es_db_backoff_failed(struct es_db_backoff *backoff, int64_t now_ms)
{
	backoff->delay_ms = backoff->delay_ms == 0 ? BACKOFF_MIN_MS : backoff->delay_ms * 2;
	if (backoff->delay_ms > BACKOFF_MAX_MS)
		backoff->delay_ms = BACKOFF_MAX_MS;
	backoff->next_ms = now_ms + backoff->delay_ms;
}

void es_db_backoff_clear(struct es_db_backoff *backoff)
{
	*backoff = (struct es_db_backoff){ 0 };
}

/* ---- the connection ---- */

static bool is_lost(const struct es_db_writer *w)
{
	return w->conn != NULL && w->conn->fault == ES_DB_LOST;
}

static void drop_if_lost(struct es_db_writer *w)
{
	if (!is_lost(w))
		return;
	w->plan->engine->close(w->conn);
	w->conn = NULL;
}

static es_status connect_again(struct es_db_writer *w)
{
	const int64_t now = es_mono_ms();
	uint8_t text[256];
	struct es_buf error;

	drop_if_lost(w);
	if (w->conn != NULL)
		return ES_OK;
	if (!es_db_backoff_is_over(&w->backoff, now))
		return ES_UNAVAILABLE;
	es_buf_init_fixed(&error, text, sizeof text);
	if (w->plan->engine->open(w->plan, true, &w->conn, &error) == ES_OK) {
		es_db_backoff_clear(&w->backoff);
		es_info(NULL, "db.writer_connected");
		return ES_OK;
	}
	es_db_backoff_failed(&w->backoff, es_mono_ms());
	es_warn(NULL, "db.writer_disconnected", es_f_slice("error", es_buf_slice(&error)));
	return ES_UNAVAILABLE;
}

/* ---- one group, one transaction ---- */

static void set_all(struct job *jobs, size_t count, es_status status)
{
	for (size_t i = 0; i < count; i++)
		jobs[i].status = status;
}

/* One job; alone in its transaction it needs no savepoint: what fails is rolled back as a whole. Returns the failure of
 * the group, not of the job. */
static es_status run_job(struct es_db_conn *conn, struct job *job, bool in_group)
{
	const struct es_db_engine *engine = conn->plan->engine;

	if (in_group)
		ES_TRY(engine->savepoint(conn));
	job->status = job->fn(conn, job->user);
	assert(conn->open_rows == 0);
	if (conn->fault != ES_DB_SOUND)
		return ES_UNAVAILABLE;
	if (!in_group)
		return ES_OK;
	return job->status == ES_OK ? engine->release(conn) : engine->rollback_to(conn);
}

static bool any_ok(const struct job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (jobs[i].status == ES_OK)
			return true;
	return false;
}

/* Commits; when the connection dies at it, asks a new one what became of the transaction. */
static es_status commit(struct es_db_writer *w)
{
	const struct es_db_engine *engine = w->plan->engine;
	char ticket[ES_DB_TICKET_SIZE] = "";

	if (engine->ticket != NULL)
		engine->ticket(w->conn, ticket);
	const es_status status = engine->commit(w->conn);
	if (status == ES_OK)
		es_count(&db_commits, 0);
	if (status == ES_OK || !is_lost(w) || engine->verdict == NULL)
		return status;

	ES_TRY(connect_again(w));
	const enum es_db_verdict verdict = engine->verdict(w->conn, ticket);
	if (verdict == ES_DB_COMMITTED)
		return ES_OK;
	/* Where it is unknown the caller is told so: running the jobs again might do them twice. */
	if (verdict == ES_DB_NOT_COMMITTED)
		w->conn->fault = ES_DB_AGAIN;
	return ES_UNAVAILABLE;
}

/* An idle connection may have died long ago and shows it only now. */
static es_status begin(struct es_db_writer *w)
{
	es_status status = connect_again(w);

	if (status == ES_OK)
		status = w->plan->engine->begin(w->conn);
	if (!is_lost(w))
		return status;
	ES_TRY(connect_again(w));
	return w->plan->engine->begin(w->conn);
}

/* Runs all jobs in one transaction and fills in their results. False: nothing was committed, and the group is worth
 * running again, the connection's fault says how. */
static bool try_group(struct es_db_writer *w, struct job *jobs, size_t count)
{
	const struct es_db_engine *engine = w->plan->engine;
	es_status status = begin(w);

	if (status != ES_OK) {
		set_all(jobs, count, status);
		return true;
	}
	for (size_t i = 0; status == ES_OK && i < count; i++)
		status = run_job(w->conn, &jobs[i], count > 1);
	if (status == ES_OK && any_ok(jobs, count)) {
		status = commit(w);
	} else if (w->conn->fault != ES_DB_LOST) {
		engine->rollback(w->conn);
	}

	if (status == ES_OK)
		return true;
	set_all(jobs, count, status);
	return w->conn == NULL || w->conn->fault == ES_DB_SOUND;
}

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = 0, .tv_nsec = ms * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* A job whose transaction another one's keeps cancelling gets its turn, or is told to come again. */
static void run_alone(struct es_db_writer *w, struct job *job)
{
	for (int attempt = 1; attempt <= ALONE_ATTEMPTS_MAX; attempt++) {
		if (try_group(w, job, 1) || w->conn->fault != ES_DB_AGAIN)
			return;
		pause_ms(attempt);
	}
}

static void run_group(struct es_db_writer *w, struct job *jobs, size_t count)
{
	const int64_t started = es_mono_us();

	/* When the connection dies under it the group gets a second chance on a new one. What was taken back as a whole
	 * (a conflict with another replica, a full disk) is run job by job, so that it harms one and not all. */
	if (!try_group(w, jobs, count) && !(is_lost(w) && try_group(w, jobs, count)))
		if (count > 1 || w->conn->fault == ES_DB_AGAIN)
			for (size_t i = 0; i < count; i++)
				run_alone(w, &jobs[i]);
	es_observe_us(&db_group, (uint64_t)(es_mono_us() - started));

	for (size_t i = 0; i < count; i++) {
		es_count(&db_jobs, (size_t)jobs[i].status);
		if (jobs[i].done != NULL)
			jobs[i].done(jobs[i].status, jobs[i].user);
	}
}

/* ---- the queue ---- */

/* Waits for work, takes what is there and no longer waits for more. 0: stop. */
static size_t take_jobs(struct es_db_writer *w, struct job out[GROUP_MAX])
{
	size_t taken = 0;

	pthread_mutex_lock(&w->lock);
	while (w->count == 0 && !w->stopping)
		pthread_cond_wait(&w->wake, &w->lock);
	for (; taken < GROUP_MAX && w->count > 0; taken++) {
		out[taken] = w->queue[w->head];
		w->head = (w->head + 1) % w->max;
		w->count--;
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

static void *writer_main(void *arg)
{
	struct es_db_writer *w = arg;
	struct job jobs[GROUP_MAX];

	for (size_t count; (count = take_jobs(w, jobs)) > 0;)
		run_group(w, jobs, count);
	return NULL;
}

es_status es_db_writer_submit(struct es_db_writer *w, es_db_fn *fn, es_db_done *done, void *user)
{
	es_status status = ES_OK;

	pthread_mutex_lock(&w->lock);
	if (w->stopping) {
		status = ES_UNAVAILABLE;
	} else if (w->count == w->max) {
		status = ES_BUSY;
	} else {
		w->queue[(w->head + w->count) % w->max] = (struct job){ .fn = fn, .done = done, .user = user };
		w->count++;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return status;
}

bool es_db_writer_is_self(const struct es_db_writer *w)
{
	return pthread_equal(pthread_self(), w->thread);
}

static void writer_free(struct es_db_writer *w)
{
	if (w->conn != NULL)
		w->plan->engine->close(w->conn);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w->queue);
	free(w);
}

es_status es_db_writer_start(const struct es_db_plan *plan, struct es_db_conn *conn, uint32_t queue_max,
                             struct es_db_writer **out)
{
	struct es_db_writer *w = calloc(1, sizeof *w);

	if (w == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&db_jobs);
	es_metric_register(&db_commits);
	es_metric_register(&db_group);
	w->plan = plan;
	w->max = queue_max;
	w->queue = calloc(queue_max, sizeof *w->queue);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (w->queue == NULL || pthread_create(&w->thread, NULL, writer_main, w) != 0) {
		writer_free(w);
		return ES_TOO_LARGE;
	}
	w->conn = conn;
	*out = w;
	return ES_OK;
}

void es_db_writer_stop(struct es_db_writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	writer_free(w);
}
