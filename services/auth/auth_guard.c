/* auth_guard.c -- one theoretical arrival time per key, in a table of sets. */
#include "auth_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth_address.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"

#define SETS 4096u
#define WAYS 8u
#define HOUR_US (INT64_C(3600) * 1000000)

static const char *const limit_labels[] = {
#define LIMIT_LABEL(name, label) label,
	AUTH_LIMIT_LIST(LIMIT_LABEL)
#undef LIMIT_LABEL
};
ES_METRIC_COUNTER(limited, "openes_auth_limited_total", "Refused since somebody asks too often: rises in a flood",
                  "limit", limit_labels);

struct slot {
	uint64_t key; /* 0: free */
	int64_t tat_us;
};

struct auth_guard {
	pthread_mutex_t lock;
	struct auth_rate rates[AUTH_LIMIT_COUNT];
	uint8_t secret[32]; /* nobody can choose keys that meet */
	struct slot slots[SETS][WAYS];
};

void auth_guard_metrics(void)
{
	es_metric_register(&limited);
}

struct auth_guard *auth_guard_new(const struct auth_rate rates[AUTH_LIMIT_COUNT])
{
	struct auth_guard *guard = calloc(1, sizeof *guard);

	if (guard == NULL)
		return NULL;
	(void)pthread_mutex_init(&guard->lock, NULL);
	memcpy(guard->rates, rates, sizeof guard->rates);
	es_random(guard->secret, sizeof guard->secret);
	return guard;
}

void auth_guard_free(struct auth_guard *guard)
{
	if (guard == NULL)
		return;
	pthread_mutex_destroy(&guard->lock);
	free(guard);
}

static uint64_t number_of(const struct auth_guard *guard, enum auth_limit limit, struct es_slice key,
                          struct es_slice more)
{
	static const uint8_t end = 0;
	const uint8_t which = (uint8_t)limit;
	uint8_t address[8];
	if (limit == AUTH_LIMIT_CHALLENGES_ADDRESS)
		key = auth_address_network(key, address);
	if (limit == AUTH_LIMIT_FAILURES)
		more = auth_address_network(more, address);
	const struct es_slice parts[] = { es_slice_of(&which, 1), key, es_slice_of(&end, 1), more };
	uint8_t digest[32];
	uint64_t number;

	es_hmac_sha256(es_slice_of(guard->secret, sizeof guard->secret), parts, sizeof parts / sizeof *parts, digest);
	memcpy(&number, digest, sizeof number);
	return number | 1;
}

/* The key's slot, or the one whose time is longest past: to be made the key's by whoever draws. */
static struct slot *slot_of(struct auth_guard *guard, uint64_t number)
{
	struct slot *set = guard->slots[number >> 1 & (SETS - 1)], *best = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == number)
			return &set[i];
		if (set[i].tat_us < best->tat_us)
			best = &set[i];
	}
	return best;
}

static int64_t draw(struct auth_guard *guard, enum auth_limit limit, struct auth_rate rate, uint64_t number,
                    int64_t now_ms, bool takes)
{
	if (rate.per_hour == 0)
		return 0;
	int64_t now = now_ms * 1000, step = HOUR_US / (int64_t)rate.per_hour, slack = step * (int64_t)rate.burst;

	pthread_mutex_lock(&guard->lock);
	struct slot *slot = slot_of(guard, number);
	int64_t tat = slot->key == number && slot->tat_us > now ? slot->tat_us : now, over = tat + step - now - slack;
	if (over <= 0 && takes)
		*slot = (struct slot){ .key = number, .tat_us = tat + step };
	pthread_mutex_unlock(&guard->lock);
	if (over <= 0)
		return 0;
	es_count(&limited, limit);
	es_warn(NULL, "auth.limited", es_f_str("limit", limit_labels[limit]));
	return over / 1000000 + 1;
}

int64_t auth_guard_take(struct auth_guard *guard, enum auth_limit limit, struct es_slice key, struct es_slice more,
                        int64_t now_ms)
{
	return auth_guard_take_at(guard, limit, guard->rates[limit], key, more, now_ms);
}

int64_t auth_guard_take_at(struct auth_guard *guard, enum auth_limit limit, struct auth_rate rate, struct es_slice key,
                           struct es_slice more, int64_t now_ms)
{
	if (rate.per_hour == 0)
		return 0;
	return draw(guard, limit, rate, number_of(guard, limit, key, more), now_ms, true);
}

int64_t auth_guard_look(struct auth_guard *guard, enum auth_limit limit, struct es_slice key, struct es_slice more,
                        int64_t now_ms)
{
	if (guard->rates[limit].per_hour == 0)
		return 0;
	return draw(guard, limit, guard->rates[limit], number_of(guard, limit, key, more), now_ms, false);
}
