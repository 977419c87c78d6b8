/* auth_pending.c -- a table of sets: a digest picks the set, its least used entry makes room. */
#include "auth_pending.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_crypto.h"

#define WAYS 4

struct challenge {
	uint8_t request[16];
	int64_t expires_ms; /* 0: free */
	struct auth_pending_challenge sent;
};

/* Of one subscriber. */
struct entry {
	uint8_t subscriber[16];
	int64_t expires_ms; /* of the last of its challenges; 0: free */
	struct challenge challenges[AUTH_PENDING_EACH];
};

struct auth_pending {
	pthread_mutex_t lock;
	size_t sets;
	struct entry *entries; /* sets * WAYS */
};

struct auth_pending *auth_pending_new(size_t subscribers_max)
{
	struct auth_pending *pending = calloc(1, sizeof *pending);

	if (pending == NULL)
		return NULL;
	pending->sets = subscribers_max < WAYS ? 1 : subscribers_max / WAYS;
	pending->entries = calloc(pending->sets * WAYS, sizeof *pending->entries);
	if (pending->entries == NULL) {
		free(pending);
		return NULL;
	}
	(void)pthread_mutex_init(&pending->lock, NULL);
	return pending;
}

void auth_pending_free(struct auth_pending *pending)
{
	if (pending == NULL)
		return;
	es_wipe(pending->entries, pending->sets * WAYS * sizeof *pending->entries);
	free(pending->entries);
	pthread_mutex_destroy(&pending->lock);
	free(pending);
}

static void digest(const struct es_slice *parts, size_t count, uint8_t out[16])
{
	uint8_t full[32];

	es_sha256(parts, count, full);
	memcpy(out, full, 16);
}

struct auth_pending_key auth_pending_key_of(const char *tenant, const char *imsi, enum auth_method method,
                                            const char *network_name, const uint8_t terminal[16],
                                            const uint8_t app_name[16], const char *group)
{
	static const char end = '\0';
	const uint8_t which = (uint8_t)method;
	const struct es_slice nul = es_slice_of(&end, 1);
	const struct es_slice subscriber[] = { es_slice_str(tenant),   nul,
		                                   es_slice_str(imsi),     nul,
		                                   es_slice_of(&which, 1), es_slice_str(network_name) };
	const struct es_slice request[] = { es_slice_of(terminal, 16), es_slice_of(app_name, 16), es_slice_str(group) };
	struct auth_pending_key key;

	digest(subscriber, sizeof subscriber / sizeof *subscriber, key.subscriber);
	digest(request, sizeof request / sizeof *request, key.request);
	return key;
}

/* ---- with the lock held ---- */

static struct entry *set_of(struct auth_pending *pending, const uint8_t subscriber[16])
{
	uint64_t number;

	memcpy(&number, subscriber, sizeof number);
	return pending->entries + number % pending->sets * WAYS;
}

static struct entry *entry_of(struct auth_pending *pending, const uint8_t subscriber[16], int64_t now_ms)
{
	struct entry *set = set_of(pending, subscriber);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].expires_ms > now_ms && memcmp(set[i].subscriber, subscriber, 16) == 0)
			return &set[i];
	return NULL;
}

static struct challenge *oldest_of(struct entry *entry)
{
	struct challenge *oldest = &entry->challenges[0];

	for (size_t i = 1; i < AUTH_PENDING_EACH; i++)
		if (entry->challenges[i].expires_ms < oldest->expires_ms)
			oldest = &entry->challenges[i];
	return oldest;
}

static struct challenge *challenge_of(struct entry *entry, const uint8_t request[16])
{
	for (size_t i = 0; i < AUTH_PENDING_EACH; i++)
		if (memcmp(entry->challenges[i].request, request, 16) == 0)
			return &entry->challenges[i];
	return NULL;
}

/* ---- what the flows ask ---- */

bool auth_pending_find(struct auth_pending *pending, const struct auth_pending_key *key, int64_t now_ms,
                       struct auth_pending_challenge *out)
{
	const struct challenge *found = NULL;

	pthread_mutex_lock(&pending->lock);
	struct entry *entry = entry_of(pending, key->subscriber, now_ms);
	if (entry != NULL) {
		found = challenge_of(entry, key->request);
		if (found == NULL || found->expires_ms <= now_ms)
			found = oldest_of(entry); /* free or past its life: there is room for one more */
		if (found->expires_ms <= now_ms)
			found = NULL;
	}
	if (found != NULL)
		*out = found->sent;
	pthread_mutex_unlock(&pending->lock);
	return found != NULL;
}

void auth_pending_keep(struct auth_pending *pending, const struct auth_pending_key *key, int64_t expires_ms,
                       const struct auth_pending_challenge *challenge)
{
	pthread_mutex_lock(&pending->lock);
	struct entry *set = set_of(pending, key->subscriber), *entry = entry_of(pending, key->subscriber, 0);
	if (entry == NULL) {
		entry = set;
		for (size_t i = 1; i < WAYS; i++)
			if (set[i].expires_ms < entry->expires_ms)
				entry = &set[i];
		es_wipe(entry, sizeof *entry);
		memcpy(entry->subscriber, key->subscriber, 16);
	}
	struct challenge *place = challenge_of(entry, key->request);
	if (place == NULL)
		place = oldest_of(entry);
	memcpy(place->request, key->request, 16);
	place->sent = *challenge;
	place->expires_ms = expires_ms;
	if (entry->expires_ms < expires_ms)
		entry->expires_ms = expires_ms;
	pthread_mutex_unlock(&pending->lock);
}

/* That of this RAND, wherever among the subscriber's; NULL: none. With the lock held. */
static struct challenge *challenge_with(struct auth_pending *pending, const struct auth_pending_key *key,
                                        const uint8_t rand[16])
{
	struct entry *entry = entry_of(pending, key->subscriber, 0);

	for (size_t i = 0; entry != NULL && i < AUTH_PENDING_EACH; i++)
		if (memcmp(entry->challenges[i].sent.vector.rand, rand, 16) == 0)
			return &entry->challenges[i];
	return NULL;
}

void auth_pending_resent(struct auth_pending *pending, const struct auth_pending_key *key, const uint8_t rand[16],
                         const uint8_t session[16])
{
	pthread_mutex_lock(&pending->lock);
	struct challenge *found = challenge_with(pending, key, rand);
	if (found != NULL)
		memcpy(found->sent.session, session, sizeof found->sent.session);
	pthread_mutex_unlock(&pending->lock);
}

void auth_pending_forget(struct auth_pending *pending, const struct auth_pending_key *key, const uint8_t rand[16])
{
	pthread_mutex_lock(&pending->lock);
	struct challenge *found = challenge_with(pending, key, rand);
	if (found != NULL)
		es_wipe(found, sizeof *found);
	pthread_mutex_unlock(&pending->lock);
}
