/* auth_history.c -- a bounded queue under a lock, written in batches. */
#include "auth_history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth_store.h"
#include "es_log.h"
#include "es_metrics.h"

#define BATCH 256

ES_METRIC_COUNTER1(dropped, "openes_auth_history_dropped_total", "Refusals not recorded since too many came at once");

struct auth_history {
	pthread_mutex_t lock;
	struct auth_history_entry *ring;
	size_t max, first, count;
};

struct batch {
	struct auth_history_entry entries[BATCH];
	size_t count;
};

void auth_history_metrics(void)
{
	es_metric_register(&dropped);
}

struct auth_history *auth_history_new(size_t queue_max)
{
	struct auth_history *history = calloc(1, sizeof *history);

	if (history == NULL)
		return NULL;
	history->ring = calloc(queue_max, sizeof *history->ring);
	history->max = queue_max;
	if (history->ring == NULL) {
		free(history);
		return NULL;
	}
	(void)pthread_mutex_init(&history->lock, NULL);
	return history;
}

void auth_history_free(struct auth_history *history)
{
	if (history == NULL)
		return;
	pthread_mutex_destroy(&history->lock);
	free(history->ring);
	free(history);
}

void auth_history_note(struct auth_history *history, const struct auth_history_entry *entry)
{
	pthread_mutex_lock(&history->lock);
	bool fits = history->count < history->max;
	if (fits)
		history->ring[(history->first + history->count++) % history->max] = *entry;
	pthread_mutex_unlock(&history->lock);
	if (!fits)
		es_count(&dropped, 0);
}

static void take(struct auth_history *history, struct batch *batch)
{
	pthread_mutex_lock(&history->lock);
	for (batch->count = 0; batch->count < BATCH && history->count > 0; history->count--) {
		batch->entries[batch->count++] = history->ring[history->first];
		history->first = (history->first + 1) % history->max;
	}
	pthread_mutex_unlock(&history->lock);
}

static es_status write_job(struct es_db_conn *conn, void *user)
{
	const struct batch *batch = user;

	for (size_t i = 0; i < batch->count; i++)
		ES_TRY(auth_store_history_add(conn, &batch->entries[i]));
	return ES_OK;
}

void auth_history_flush(struct auth_history *history, struct es_db *db)
{
	struct batch batch;

	for (take(history, &batch); batch.count > 0; take(history, &batch)) {
		es_status status = es_db_write_wait(db, write_job, &batch);
		if (status != ES_OK) {
			es_count_by(&dropped, 0, (int64_t)batch.count);
			es_warn(NULL, "auth.history_not_written", es_f_status(status), es_f_u64("count", batch.count));
			return;
		}
	}
}
