/* notify_admin_channel.c -- a tenant's rules, its accounts as this process finds them, and what waits for them. */
#include <string.h>

#include "es_cleanup.h"
#include "notify_admin_call.h"

#define ACCOUNTS_MAX 64

static const char *const order_names[] = { [NOTIFY_PUSH_THEN_SMS] = "push sms",
	                                       [NOTIFY_PUSH_ONLY] = "push",
	                                       [NOTIFY_SMS_ONLY] = "sms",
	                                       [NOTIFY_NOBODY] = "none" };
static const char *const state_names[] = {
	[NOTIFY_WORKS] = "works", [NOTIFY_RESTS] = "rests", [NOTIFY_STOPS] = "stops", [NOTIFY_CONNECTING] = "connecting"
};

static void write_rules(const struct notify_rules *r, struct es_json_out *j)
{
	es_json_object(j, "rules");
	es_json_put_str(j, "order", order_names[r->order]);
	es_json_put_str(j, "apns", r->apns);
	es_json_put_str(j, "fcm", r->fcm);
	es_json_put_str(j, "wns", r->wns);
	es_json_put_str(j, "sms", r->sms);
	es_json_put_i64(j, "ttl_ms", r->ttl);
	es_json_put_i64(j, "coalesce_ms", r->coalesce);
	es_json_put_i64(j, "device_interval_ms", r->device_interval);
	es_json_put_i64(j, "sms_interval_ms", r->sms_interval);
	es_json_put_i64(j, "retry_first_ms", r->retry_first);
	es_json_put_i64(j, "retry_max_ms", r->retry_max);
	es_json_put_i64(j, "rate", r->rate);
	es_json_put_i64(j, "mass_rate", r->mass_rate);
	es_json_put_i64(j, "mass_delay_ms", r->mass_delay);
	es_json_put_bool(j, "mass_hold", r->mass_hold);
	es_json_put_bool(j, "also_vowifi", r->also_vowifi);
	es_json_end_object(j);
}

static void write_account(const struct es_admin_call *call, const char *name, const struct notify_waiting *waiting,
                          struct es_json_out *j)
{
	const struct notify_admin_world *world = notify_admin_world(call);
	struct notify_account *account = name[0] != '\0' ? world->ways.account(world->ways.user, name) : NULL;

	es_json_object(j, NULL);
	es_json_put_str(j, "name", name);
	es_json_put_str(j, "kind", account != NULL ? account->kind : "");
	es_json_put_str(j, "state", account != NULL ? state_names[account->ops->state(account)] : "missing");
	es_json_put_i64(j, "queued", waiting != NULL ? waiting->count : 0);
	es_admin_put_time(j, "oldest", waiting != NULL ? waiting->oldest_ms : 0);
	es_json_end_object(j);
}

struct queues {
	struct notify_waiting *items;
	size_t count;
};

static const struct notify_waiting *queue_of(const struct queues *queues, const char *account)
{
	for (size_t i = 0; i < queues->count; i++)
		if (strcmp(queues->items[i].account, account) == 0)
			return &queues->items[i];
	return NULL;
}

/* Those of the rules, each once; then those that something waits for and that the rules name no more. */
static void write_accounts(const struct es_admin_call *call, const struct queues *queues, struct es_json_out *j)
{
	const struct notify_rules *rules = notify_admin_rules(call);
	const char *const named[] = { rules->apns, rules->fcm, rules->wns, rules->sms };

	es_json_array(j, "accounts");
	for (size_t i = 0; i < ES_COUNT(named); i++) {
		bool is_new = named[i][0] != '\0';
		for (size_t k = 0; k < i; k++)
			is_new = is_new && strcmp(named[k], named[i]) != 0;
		if (is_new)
			write_account(call, named[i], queue_of(queues, named[i]), j);
	}
	for (size_t i = 0; i < queues->count; i++) {
		bool is_named = false;
		for (size_t k = 0; k < ES_COUNT(named); k++)
			is_named = is_named || (named[k][0] != '\0' && strcmp(named[k], queues->items[i].account) == 0);
		if (!is_named)
			write_account(call, queues->items[i].account, &queues->items[i], j);
	}
	es_json_end_array(j);
}

es_status notify_do_channel_list(struct es_admin_call *call)
{
	struct queues queues = { .count = 0 };

	ES_TRY(notify_view_queues(call->conn, call->tenant, ACCOUNTS_MAX, call->arena, &queues.items, &queues.count));
	struct es_json_out j = es_admin_begin(call);
	write_rules(notify_admin_rules(call), &j);
	write_accounts(call, &queues, &j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}
