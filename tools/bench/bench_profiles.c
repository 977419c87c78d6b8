/* bench_profiles.c -- profiles by number, which is in their ICCID, and by matching id. */
#include "bench_profiles.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_text.h"

enum { PROFILES_MAX = 1 << 20, SLOTS = 1 << 21, EID_SIZE = 33, MATCHING_SIZE = 65, PREFIX = 6, NUMBERED = 12 };

static const char prefix[] = "894490";

enum state { AVAILABLE, ALLOCATED, CONFIRMED, RELEASED, INSTALLED, CANCELLED };

struct profile {
	enum state state;
	char eid[EID_SIZE], matching_id[MATCHING_SIZE];
};

struct bench_profiles {
	pthread_mutex_t lock;
	struct profile *at;
	uint32_t *slots; /* by matching id: number of the profile and one more; 0: empty */
	uint32_t count;
	uint64_t installed;
};

static const struct bench_refusal done = { NULL, NULL }, unknown = { "8.2.1", "3.9" }, wrong_state = { "8.2.1", "3.3" };

struct bench_profiles *bench_profiles_new(void)
{
	struct bench_profiles *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	(void)pthread_mutex_init(&p->lock, NULL);
	p->at = calloc(PROFILES_MAX, sizeof *p->at);
	p->slots = calloc(SLOTS, sizeof *p->slots);
	if (p->at != NULL && p->slots != NULL)
		return p;
	bench_profiles_free(p);
	return NULL;
}

void bench_profiles_free(struct bench_profiles *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	free(p->at);
	free(p->slots);
	free(p);
}

/* 18 digits and the check digit of ISO/IEC 7812-1. */
static void write_iccid(uint32_t number, char out[BENCH_ICCID])
{
	unsigned sum = 0;

	(void)snprintf(out, BENCH_ICCID, "%s%012u", prefix, number);
	for (unsigned i = 0; i < PREFIX + NUMBERED; i++) {
		unsigned digit = (unsigned)(out[PREFIX + NUMBERED - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
		sum += digit / 10 + digit % 10;
	}
	out[PREFIX + NUMBERED] = (char)('0' + (10 - sum % 10) % 10);
	out[PREFIX + NUMBERED + 1] = 0;
}

static struct profile *of_iccid(struct bench_profiles *p, struct es_slice iccid)
{
	uint32_t number = 0;

	if (!es_slice_starts_with(iccid, es_slice_str(prefix)) ||
	    es_parse_u32(es_slice_sub(iccid, PREFIX, PREFIX + NUMBERED), 0, PROFILES_MAX - 1, &number) != ES_OK)
		return NULL;
	return number < p->count ? &p->at[number] : NULL;
}

/* The slot of that matching id, or the empty one where it belongs (FNV-1a, then one after the other). */
static uint32_t *slot_of(struct bench_profiles *p, struct es_slice matching_id)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < matching_id.len; i++)
		hash = (hash ^ matching_id.ptr[i]) * 16777619u;
	for (uint32_t i = hash % SLOTS;; i = (i + 1) % SLOTS)
		if (p->slots[i] == 0 || es_slice_eq_str(matching_id, p->at[p->slots[i] - 1].matching_id))
			return &p->slots[i];
}

static struct bench_refusal order(struct bench_profiles *p, struct es_slice eid, char iccid[BENCH_ICCID])
{
	struct profile *profile = &p->at[p->count];

	if (p->count == PROFILES_MAX)
		return (struct bench_refusal){ "8.2.5", "3.7" };
	if (!es_slice_to_str(eid, profile->eid, sizeof profile->eid))
		return (struct bench_refusal){ "8.1.1", "2.1" };
	profile->state = ALLOCATED;
	write_iccid(p->count++, iccid);
	return done;
}

static struct bench_refusal confirm(struct bench_profiles *p, struct es_slice iccid, struct es_slice eid,
                                    struct es_slice matching_id, bool release)
{
	struct profile *profile = of_iccid(p, iccid);

	if (profile == NULL)
		return unknown;
	if (profile->state != ALLOCATED)
		return wrong_state;
	uint32_t *slot = matching_id.len == 0 ? NULL : slot_of(p, matching_id);
	bool fits = es_slice_to_str(matching_id, profile->matching_id, sizeof profile->matching_id) &&
	            (eid.len == 0 || es_slice_to_str(eid, profile->eid, sizeof profile->eid));
	if (slot == NULL || *slot != 0 || !fits)
		return (struct bench_refusal){ "8.2.6", slot != NULL && *slot != 0 ? "3.3" : "2.1" };
	*slot = (uint32_t)(profile - p->at) + 1;
	profile->state = release ? RELEASED : CONFIRMED;
	return done;
}

static struct bench_refusal move(struct bench_profiles *p, struct es_slice iccid, bool is_release)
{
	struct profile *profile = of_iccid(p, iccid);

	if (profile == NULL)
		return unknown;
	if (is_release ? profile->state != CONFIRMED : profile->state < ALLOCATED || profile->state > RELEASED)
		return is_release ? (struct bench_refusal){ "8.2.1", "3.5" } : wrong_state;
	profile->state = is_release ? RELEASED : CANCELLED;
	return done;
}

static struct bench_refusal fetch(struct bench_profiles *p, struct es_slice matching_id, struct es_slice eid,
                                  char iccid[BENCH_ICCID])
{
	uint32_t slot = matching_id.len == 0 ? 0 : *slot_of(p, matching_id);
	struct profile *profile = slot == 0 ? NULL : &p->at[slot - 1];

	if (profile == NULL || profile->state != RELEASED)
		return (struct bench_refusal){ "8.2.6", "3.8" };
	if (profile->eid[0] != 0 && !es_slice_eq_str(eid, profile->eid))
		return (struct bench_refusal){ "8.1.1", "3.10" };
	profile->state = INSTALLED;
	p->installed++;
	write_iccid(slot - 1, iccid);
	return done;
}

/* ---- the same, one at a time ---- */

struct bench_refusal bench_profiles_order(struct bench_profiles *p, struct es_slice eid, char iccid[BENCH_ICCID])
{
	(void)pthread_mutex_lock(&p->lock);
	struct bench_refusal out = order(p, eid, iccid);
	(void)pthread_mutex_unlock(&p->lock);
	return out;
}

struct bench_refusal bench_profiles_confirm(struct bench_profiles *p, struct es_slice iccid, struct es_slice eid,
                                            struct es_slice matching_id, bool release)
{
	(void)pthread_mutex_lock(&p->lock);
	struct bench_refusal out = confirm(p, iccid, eid, matching_id, release);
	(void)pthread_mutex_unlock(&p->lock);
	return out;
}

static struct bench_refusal move_locked(struct bench_profiles *p, struct es_slice iccid, bool is_release)
{
	(void)pthread_mutex_lock(&p->lock);
	struct bench_refusal out = move(p, iccid, is_release);
	(void)pthread_mutex_unlock(&p->lock);
	return out;
}

struct bench_refusal bench_profiles_release(struct bench_profiles *p, struct es_slice iccid)
{
	return move_locked(p, iccid, true);
}

struct bench_refusal bench_profiles_cancel(struct bench_profiles *p, struct es_slice iccid)
{
	return move_locked(p, iccid, false);
}

struct bench_refusal bench_profiles_fetch(struct bench_profiles *p, struct es_slice matching_id, struct es_slice eid,
                                          char iccid[BENCH_ICCID])
{
	(void)pthread_mutex_lock(&p->lock);
	struct bench_refusal out = fetch(p, matching_id, eid, iccid);
	(void)pthread_mutex_unlock(&p->lock);
	return out;
}

static uint64_t read_locked(struct bench_profiles *p, bool installed)
{
	(void)pthread_mutex_lock(&p->lock);
	uint64_t out = installed ? p->installed : p->count;
	(void)pthread_mutex_unlock(&p->lock);
	return out;
}

uint64_t bench_profiles_ordered(struct bench_profiles *p)
{
	return read_locked(p, false);
}

uint64_t bench_profiles_installed(struct bench_profiles *p)
{
	return read_locked(p, true);
}
