/* auth_snapshot.c -- one pointer under a lock, and a count in each snapshot. */
#include "auth_snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* What readers hold is `tenants`, the first member. */
struct snapshot {
	struct auth_tenants tenants;
	struct es_arena *arena;
	_Atomic unsigned refs;
};

struct auth_snapshots {
	pthread_mutex_t lock;
	struct snapshot *current;
};

struct auth_snapshots *auth_snapshots_new(void)
{
	struct auth_snapshots *snapshots = calloc(1, sizeof *snapshots);

	if (snapshots != NULL)
		(void)pthread_mutex_init(&snapshots->lock, NULL);
	return snapshots;
}

static void unref(struct snapshot *snapshot)
{
	if (snapshot == NULL || atomic_fetch_sub(&snapshot->refs, 1) != 1)
		return;
	es_arena_free(snapshot->arena);
	free(snapshot);
}

void auth_snapshots_free(struct auth_snapshots *snapshots)
{
	if (snapshots == NULL)
		return;
	unref(snapshots->current);
	pthread_mutex_destroy(&snapshots->lock);
	free(snapshots);
}

const struct auth_tenants *auth_snapshot_get(struct auth_snapshots *snapshots)
{
	pthread_mutex_lock(&snapshots->lock);
	struct snapshot *current = snapshots->current;
	if (current != NULL)
		atomic_fetch_add(&current->refs, 1);
	pthread_mutex_unlock(&snapshots->lock);
	return current != NULL ? &current->tenants : NULL;
}

const struct auth_tenant *auth_snapshot_tenant(struct auth_snapshots *snapshots, const char *id,
                                               const struct auth_tenants **held)
{
	*held = auth_snapshot_get(snapshots);
	return *held != NULL ? auth_tenant_by_id(*held, id) : NULL;
}

void auth_snapshot_put(const struct auth_tenants *tenants)
{
	if (tenants != NULL)
		unref((struct snapshot *)((uintptr_t)tenants - offsetof(struct snapshot, tenants)));
}

es_status auth_snapshot_set(struct auth_snapshots *snapshots, struct es_arena *arena,
                            const struct auth_tenants *tenants)
{
	struct snapshot *next = malloc(sizeof *next);

	if (next == NULL) {
		es_arena_free(arena);
		return ES_TOO_LARGE;
	}
	next->tenants = *tenants;
	next->arena = arena;
	atomic_init(&next->refs, 1);
	pthread_mutex_lock(&snapshots->lock);
	struct snapshot *before = snapshots->current;
	snapshots->current = next;
	pthread_mutex_unlock(&snapshots->lock);
	unref(before);
	return ES_OK;
}
