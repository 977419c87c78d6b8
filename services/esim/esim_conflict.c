/* esim_conflict.c -- the rules of esim_asked.c, for a draft that was kept: one order at a time for a device, and about a profile. */
#include "esim_conflict.h"

#include <string.h>

static bool is_on(const struct esim_draft *d, const struct esim_profile *p)
{
	return p->ended_ms == 0 && p->app == d->app &&
	       ((d->eid[0] != '\0' && strcmp(p->eid, d->eid) == 0) ||
	        (d->device[0] != '\0' && strcmp(p->device, d->device) == 0));
}

/* One that is on its way to the device. */
static bool is_coming(const struct esim_line *line, size_t i)
{
	return line->orders[i].id[0] != '\0' && esim_order_makes_profile(&line->orders[i]) &&
	       line->profiles[i].seen_ms == 0;
}

static bool is_replaced(const struct esim_line *line, const char *profile)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->orders[i].id[0] != '\0' && strcmp(line->orders[i].old_profile, profile) == 0)
			return true;
	return false;
}

static size_t index_of(const struct esim_line *line, const char *profile)
{
	size_t i = 0;

	while (i < line->count && (line->profiles[i].ended_ms != 0 || strcmp(line->profiles[i].id, profile) != 0))
		i++;
	return i;
}

static const char *of_new(const struct esim_line *line, const struct esim_draft *draft)
{
	const size_t old = index_of(line, draft->old_profile);

	for (size_t i = 0; i < line->count; i++)
		if (is_on(draft, &line->profiles[i]) && is_coming(line, i))
			return "a profile is on its way to the device";
	if (draft->old_profile[0] == '\0')
		return NULL;
	if (old == line->count)
		return "the old profile has ended";
	/* Who moves one that may have been downloaded has it. */
	const bool is_under_way = is_coming(line, old) && line->profiles[old].ready_ms == 0;
	return is_under_way || is_replaced(line, draft->old_profile) ? "an order about the old profile is under way" : NULL;
}

const char *esim_conflict(const struct esim_line *line, const struct esim_draft *draft)
{
	if (esim_draft_is_new(draft))
		return of_new(line, draft);
	const size_t i = index_of(line, draft->profile);
	if (i == line->count)
		return "the profile has ended";
	const struct esim_order *o = &line->orders[i];
	/* What somebody wants to end may be busy with something else, but not with ending. */
	const bool is_in_the_way = draft->kind == ESIM_UNSUBSCRIBE
	                               ? o->kind == ESIM_UNSUBSCRIBE || o->kind == ESIM_TERMINATE
	                               : !esim_order_makes_profile(o) || is_coming(line, i);
	return o->id[0] != '\0' && is_in_the_way ? "an order about the profile is under way" : NULL;
}
