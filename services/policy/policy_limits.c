/* policy_limits.c -- one theoretical arrival time for each tenant that has a limit. */
#include "policy_limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "policy_tenant.h"

#define SECOND_US INT64_C(1000000)
#define TELL_EVERY_MS 10000 /* a flood is one line in the log, not a flood of lines */
#define SLOTS 2048u         /* a power of two, twice the tenants: the way to each is short */

_Static_assert(SLOTS >= 2 * POLICY_TENANTS_MAX, "a place for every tenant");

struct slot {
	char tenant[32]; /* "": free */
	int64_t tat_us, told_ms;
	uint64_t refused;
};

struct policy_limits {
	pthread_mutex_t lock;
	struct slot slots[SLOTS];
};

struct policy_limits *policy_limits_new(void)
{
	struct policy_limits *limits = calloc(1, sizeof *limits);

	if (limits != NULL)
		(void)pthread_mutex_init(&limits->lock, NULL);
	return limits;
}

void policy_limits_free(struct policy_limits *limits)
{
	if (limits == NULL)
		return;
	pthread_mutex_destroy(&limits->lock);
	free(limits);
}

/* FNV-1a. Who may make tenants chooses their names: it need not be secret. */
static size_t place_of(const char *tenant)
{
	uint32_t hash = UINT32_C(2166136261);

	for (const char *c = tenant; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * UINT32_C(16777619);
	return hash & (SLOTS - 1);
}

/* NULL: the table is full of tenants that are gone, and nobody new is limited until the process starts again. */
static struct slot *slot_of(struct policy_limits *limits, const char *tenant)
{
	for (size_t i = 0, at = place_of(tenant); i < SLOTS; i++, at = (at + 1) & (SLOTS - 1)) {
		struct slot *slot = &limits->slots[at];
		if (slot->tenant[0] == '\0')
			memcpy(slot->tenant, tenant, strlen(tenant) + 1);
		if (strcmp(slot->tenant, tenant) == 0)
			return slot;
	}
	return NULL;
}

static int64_t refuse(struct slot *slot, int64_t over_us, int64_t now_ms, uint64_t *refused)
{
	slot->refused++;
	if (now_ms - slot->told_ms >= TELL_EVERY_MS || now_ms < slot->told_ms) {
		*refused = slot->refused;
		slot->refused = 0;
		slot->told_ms = now_ms;
	}
	return (over_us + SECOND_US - 1) / SECOND_US;
}

int64_t policy_limits_take(struct policy_limits *limits, const char *tenant, int64_t per_second, int64_t now_ms,
                           uint64_t *refused)
{
	*refused = 0;
	if (per_second <= 0 || strlen(tenant) >= sizeof((struct slot *)0)->tenant)
		return 0;
	const int64_t now_us = now_ms * 1000, step_us = SECOND_US / per_second;
	int64_t wait = 0;

	pthread_mutex_lock(&limits->lock);
	struct slot *slot = slot_of(limits, tenant);
	if (slot != NULL) {
		/* A clock that was set back, or a limit that was lower before, keeps nobody out for longer than a second. */
		if (slot->tat_us < now_us || slot->tat_us > now_us + SECOND_US)
			slot->tat_us = slot->tat_us < now_us ? now_us : now_us + SECOND_US;
		const int64_t over_us = slot->tat_us + step_us - now_us - SECOND_US;
		if (over_us <= 0)
			slot->tat_us += step_us;
		else
			wait = refuse(slot, over_us, now_ms, refused);
	}
	pthread_mutex_unlock(&limits->lock);
	return wait;
}
