/* notify_wake.c -- registrations and devices in, rows to be woken out; verdicts in, what becomes of rows out. */
#include "notify_wake.h"

#include <string.h>

/* ---- whom a change calls for ---- */

static bool is_among(char *const *apps, size_t count, const char *app)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(app, apps[i]) == 0)
			return true;
	return false;
}

static const struct notify_device *device_of(const struct notify_change *change, const char *terminal_id)
{
	for (size_t i = 0; i < change->device_count; i++)
		if (strcmp(terminal_id, change->devices[i].terminal_id) == 0)
			return &change->devices[i];
	return NULL;
}

bool notify_is_touched(const struct notify_change *change, const struct notify_client *client)
{
	const struct notify_device *device = device_of(change, client->terminal_id);

	if (device != NULL && is_among(device->apps, device->app_count, client->app))
		return true;
	if (device != NULL && is_among(device->unchanged, device->unchanged_count, client->app))
		return false;
	return is_among(change->apps, change->app_count, client->app);
}

struct calling {
	const struct notify_rules *rules;
	const struct notify_change *change;
	const struct notify_client *clients;
	size_t count;
	int64_t now_ms;
	struct notify_wakes *out;
};

static bool is_same_device(const struct notify_client *a, const struct notify_client *b)
{
	return a->channel == b->channel && strcmp(a->terminal_id, b->terminal_id) == 0 &&
	       strcmp(a->app_name, b->app_name) == 0;
}

/* Whether it is Voice-over-Wi-Fi's, and what is touched is voice or SMS over IP of the same device. */
static bool is_vowifi_beside(const struct calling *c, size_t i)
{
	if (!c->rules->also_vowifi || strcmp(c->clients[i].app, "ap2004") != 0)
		return false;
	for (size_t k = 0; k < c->count; k++)
		if ((strcmp(c->clients[k].app, "ap2003") == 0 || strcmp(c->clients[k].app, "ap2005") == 0) &&
		    is_same_device(&c->clients[k], &c->clients[i]) && notify_is_touched(c->change, &c->clients[k]))
			return true;
	return false;
}

static struct notify_wake *add(const struct calling *c, const char *account)
{
	const struct notify_change *change = c->change;
	struct notify_wake *wake = &c->out->items[c->out->count++];

	*wake = (struct notify_wake){ .tenant = change->tenant,
		                          .imsi = change->imsi,
		                          .terminal_id = "",
		                          .app_name = "",
		                          .channel = NOTIFY_BY_SMS,
		                          .account = account,
		                          .changed_ms = change->changed_ms,
		                          .due_ms = change->due_ms > 0 ? change->due_ms : c->now_ms + c->rules->coalesce,
		                          .expires_ms = c->now_ms + c->rules->ttl,
		                          .mass = change->mass,
		                          .traceparent = change->traceparent };
	return wake;
}

static void add_push(const struct calling *c, const struct notify_client *client, const char *account)
{
	struct notify_wake *wake = add(c, account);
	const int64_t rested = client->told_ms > 0 ? client->told_ms + c->rules->device_interval : 0;

	wake->terminal_id = client->terminal_id;
	wake->app_name = client->app_name;
	wake->app = client->app;
	wake->channel = client->channel;
	if (wake->due_ms < rested)
		wake->due_ms = rested;
}

static void add_one_sms(const struct calling *c, const char *app)
{
	struct notify_wake *wake = add(c, c->rules->sms);

	wake->app = app;
	wake->rest_ms = c->rules->sms_interval;
}

/* One for each application of the line, however many devices ask for it. */
static void add_sms(const struct calling *c, const char *app)
{
	struct notify_wakes *out = c->out;
	size_t by_sms = 0;

	for (size_t i = 0; i < out->count; i++) {
		if (out->items[i].channel != NOTIFY_BY_SMS)
			continue;
		by_sms++;
		if (strcmp(out->items[i].app, app) == 0)
			return;
	}
	if (by_sms < NOTIFY_APPS_MAX)
		add_one_sms(c, app);
}

static bool has_sms(const struct notify_rules *rules)
{
	return rules->sms[0] != '\0' && (rules->order == NOTIFY_PUSH_THEN_SMS || rules->order == NOTIFY_SMS_ONLY);
}

static void call_client(const struct calling *c, const struct notify_client *client)
{
	const char *account = c->rules->order == NOTIFY_SMS_ONLY ? "" : notify_rules_account(c->rules, client->channel);

	if (account[0] != '\0')
		add_push(c, client, account);
	else if (has_sms(c->rules))
		add_sms(c, client->app);
	else
		c->out->no_account++;
}

/* terminal_id NULL: any device of the line. */
static bool is_covered(const struct calling *c, const char *terminal_id, const char *app)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->clients[i].app, app) == 0 &&
		    (terminal_id == NULL || strcmp(c->clients[i].terminal_id, terminal_id) == 0))
			return true;
	return false;
}

/* Devices that are known to ask and have registered for no push. */
static void call_others(const struct calling *c)
{
	const struct notify_change *change = c->change;

	for (size_t i = 0; i < change->device_count; i++)
		for (size_t k = 0; k < change->devices[i].app_count; k++)
			if (!is_covered(c, change->devices[i].terminal_id, change->devices[i].apps[k]))
				add_sms(c, change->devices[i].apps[k]);
	for (size_t i = 0; i < change->answered_count; i++)
		if (is_among(change->apps, change->app_count, change->answered[i]) && !is_covered(c, NULL, change->answered[i]))
			add_sms(c, change->answered[i]);
}

void notify_wakes_of(const struct notify_rules *rules, const struct notify_change *change,
                     const struct notify_client *clients, size_t count, int64_t now_ms, struct notify_wakes *out)
{
	const struct calling c = { .rules = rules,
		                       .change = change,
		                       .clients = clients,
		                       .count = count < NOTIFY_CLIENTS_MAX ? count : NOTIFY_CLIENTS_MAX,
		                       .now_ms = now_ms,
		                       .out = out };

	out->count = out->no_account = 0;
	if (rules->order == NOTIFY_NOBODY)
		return;
	for (size_t i = 0; i < c.count; i++)
		if (notify_is_touched(change, &clients[i]) || is_vowifi_beside(&c, i))
			call_client(&c, &clients[i]);
	if (has_sms(rules))
		call_others(&c);
}

bool notify_wake_by_sms(const struct notify_rules *rules, const struct notify_wake *push, int64_t now_ms,
                        struct notify_wake *out)
{
	if (rules->order != NOTIFY_PUSH_THEN_SMS || rules->sms[0] == '\0' || push->channel == NOTIFY_BY_SMS)
		return false;
	*out = *push;
	out->terminal_id = out->app_name = "";
	out->channel = NOTIFY_BY_SMS;
	out->account = rules->sms;
	out->due_ms = now_ms;
	out->rest_ms = rules->sms_interval;
	out->expires_ms = now_ms + rules->ttl;
	return true;
}

/* ---- messages ---- */

static bool is_one_message(const struct notify_taken *a, const struct notify_taken *b)
{
	return a->channel == b->channel && strcmp(a->imsi, b->imsi) == 0 && strcmp(a->terminal_id, b->terminal_id) == 0 &&
	       es_slice_eq(a->token_hash, b->token_hash);
}

/* Where it stands, or is to stand. */
static bool find_app(const char *const *apps, size_t count, const char *app, size_t *at)
{
	size_t i = 0;

	while (i < count && strcmp(apps[i], app) < 0)
		i++;
	*at = i;
	return i < count && strcmp(apps[i], app) == 0;
}

/* Rows until the next belongs to another, or brings an application too many. */
static size_t gather(const struct notify_taken *rows, size_t count, const char *apps[NOTIFY_APPS_MAX], size_t *named)
{
	size_t i, at;

	*named = 0;
	for (i = 0; i < count && is_one_message(&rows[0], &rows[i]); i++) {
		if (find_app(apps, *named, rows[i].app, &at))
			continue;
		if (*named == NOTIFY_APPS_MAX)
			break;
		memmove(&apps[at + 1], &apps[at], (*named - at) * sizeof *apps);
		apps[at] = rows[i].app;
		++*named;
	}
	return i;
}

size_t notify_group(const struct notify_taken *rows, size_t count)
{
	const char *apps[NOTIFY_APPS_MAX];
	size_t named;

	return gather(rows, count, apps, &named);
}

size_t notify_group_apps(const struct notify_taken *rows, size_t count, const char *apps[NOTIFY_APPS_MAX])
{
	size_t named;

	(void)gather(rows, count, apps, &named);
	return named;
}

/* ---- what becomes of a row ---- */

int64_t notify_back_off(const struct notify_rules *rules, int64_t attempts, uint64_t random)
{
	int64_t wait = rules->retry_first;

	for (int64_t i = 1; i < attempts && wait < rules->retry_max; i++)
		wait *= 2;
	if (wait > rules->retry_max)
		wait = rules->retry_max;
	return wait - (int64_t)(random % (uint64_t)(wait / 2 + 1));
}

static struct notify_ruling later(const struct notify_rules *rules, const struct notify_taken *row,
                                  const struct notify_heard *heard, int64_t now_ms, uint64_t random)
{
	int64_t wait = notify_back_off(rules, row->attempts, random);

	if (row->expires_ms <= now_ms)
		return (struct notify_ruling){ .fate = NOTIFY_DIES };
	if (heard->wait_ms > 0) /* a little more, so that not all come in the same moment */
		wait = heard->wait_ms + (int64_t)(random % (uint64_t)(heard->wait_ms / 10 + 1));
	/* At its end it is looked at once more, and given up. */
	return (struct notify_ruling){ NOTIFY_STAYS, wait < row->expires_ms - now_ms ? now_ms + wait : row->expires_ms };
}

struct notify_ruling notify_rule_on(const struct notify_rules *rules, const struct notify_taken *row,
                                    const struct notify_heard *heard, bool has_grown, int64_t now_ms, uint64_t random)
{
	switch (heard->verdict) {
	case NOTIFY_ACCEPTED:
		if (has_grown)
			return (struct notify_ruling){
				NOTIFY_STAYS, now_ms + (row->channel == NOTIFY_BY_SMS ? rules->sms_interval : rules->device_interval)
			};
		return (struct notify_ruling){ .fate = NOTIFY_ENDS };
	case NOTIFY_GONE: return (struct notify_ruling){ .fate = NOTIFY_WITHDRAW };
	case NOTIFY_REFUSED: return (struct notify_ruling){ .fate = NOTIFY_DIES };
	case NOTIFY_LATER:
	case NOTIFY_STOPPED: break;
	}
	return later(rules, row, heard, now_ms, random);
}
