/* dia_sessions.c -- a ring of hashes under a lock. */
#include "dia_sessions.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "es_crypto.h"

enum { KEPT = 2048, HASH = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint8_t hash[HASH];
	bool used;
} ring[KEPT];
static unsigned next;

static void hash_of(struct es_slice session, uint8_t out[HASH])
{
	uint8_t all[32];

	es_sha256(&session, 1, all);
	memcpy(out, all, HASH);
}

/* Under the lock. */
static int find(const uint8_t hash[HASH])
{
	for (int i = 0; i < KEPT; i++)
		if (ring[i].used && memcmp(ring[i].hash, hash, HASH) == 0)
			return i;
	return -1;
}

void dia_sessions_add(struct es_slice session)
{
	uint8_t hash[HASH];

	hash_of(session, hash);
	(void)pthread_mutex_lock(&lock);
	if (find(hash) < 0) {
		memcpy(ring[next].hash, hash, HASH);
		ring[next].used = true;
		next = (next + 1) % KEPT;
	}
	(void)pthread_mutex_unlock(&lock);
}

bool dia_sessions_remove(struct es_slice session)
{
	uint8_t hash[HASH];

	hash_of(session, hash);
	(void)pthread_mutex_lock(&lock);
	const int at = find(hash);
	if (at >= 0)
		ring[at].used = false;
	(void)pthread_mutex_unlock(&lock);
	return at >= 0;
}

bool dia_sessions_has(struct es_slice session)
{
	uint8_t hash[HASH];

	hash_of(session, hash);
	(void)pthread_mutex_lock(&lock);
	const int at = find(hash);
	(void)pthread_mutex_unlock(&lock);
	return at >= 0;
}
