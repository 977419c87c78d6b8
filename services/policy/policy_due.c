/* policy_due.c -- a row for everything of a line that ends by itself. */
#include "policy_due.h"

#include "es_cleanup.h"
#include "policy_lifecycle.h"

/* Later than `after_ms`; 0: none. */
static int64_t next_of(int64_t at_ms, int64_t after_ms, int64_t best)
{
	if (at_ms <= after_ms)
		return best;
	return best == 0 || at_ms < best ? at_ms : best;
}

static int64_t address(const struct policy_subscriber *line, int64_t after_ms)
{
	return line->vowifi.address == POLICY_AVAILABLE ? next_of(line->vowifi.address_expiry_ms, after_ms, 0) : 0;
}

static int64_t boosts(const struct policy_subscriber *line, int64_t after_ms)
{
	const struct policy_line_boost *items = line->data.boosts.items;
	int64_t best = 0;

	for (size_t i = 0; i < line->data.boosts.count; i++)
		best = next_of(items[i].until_ms, after_ms, best);
	return best;
}

static int64_t addons(const struct policy_subscriber *line, int64_t after_ms)
{
	const struct policy_line_addon *items = line->data.addons.items;
	int64_t best = 0;

	for (size_t i = 0; i < line->data.addons.count; i++)
		best = next_of(items[i].until_ms, after_ms, best);
	return best;
}

static const struct {
	const char *apps;
	int64_t (*next)(const struct policy_subscriber *line, int64_t after_ms);
} rows[] = {
	{ POLICY_ALL_APPS, addons }, /* first: nothing is left to name then */
	{ "ap2004", address },
	{ "ap2010", boosts },
};

int64_t policy_due_after(const struct policy_subscriber *line, int64_t after_ms)
{
	int64_t best = 0;

	if (line->status == POLICY_TERMINATED)
		return 0;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		best = next_of(rows[i].next(line, after_ms), after_ms, best);
	return best;
}

void policy_due_apps(const struct policy_subscriber *line, int64_t after_ms, int64_t until_ms, struct es_buf *out)
{
	if (line->status == POLICY_TERMINATED)
		return;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const int64_t at_ms = rows[i].next(line, after_ms);
		if (at_ms == 0 || at_ms > until_ms)
			continue;
		es_put_printf(out, "%s%s", out->len > 0 ? " " : "", rows[i].apps);
		if (rows[i].next == addons)
			return;
	}
}
