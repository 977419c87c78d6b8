/* notify_deliver.c -- the thread: who has something due, how much of it now, taken under a lease. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "notify_deliver_int.h"

#define IDLE_MS 5000  /* rows that another process made, leases that ended there */
#define AGAIN_MS 1000 /* after a failure of the database */
#define PAIRS_MAX 1024
#define ROUND_MEMORY (NOTIFY_TAKE_MEMORY + (size_t)1024 * 1024)

/* ---- taking ---- */

struct taking {
	struct notify_deliver *d;
	const struct notify_rules *rules;
	struct es_arena *arena;
	struct notify_take take;
	bool has_account;
	/* Set anew in each run. `take` keeps what is to be sent. */
	struct notify_taken *dead;
	size_t dead_count;
	int64_t withdrawn[NOTIFY_CHANNELS], by_sms;
};

static es_status set_aside(struct es_db_conn *conn, struct taking *t, const struct notify_taken *row,
                           enum notify_reason reason)
{
	const struct notify_given_up why = { t->take.tenant, t->take.account, reason, "", t->take.now_ms };
	bool by_sms = false;

	ES_TRY(notify_give_up(conn, t->rules, row, &why, false, &by_sms));
	t->dead[t->dead_count++] = *row;
	t->by_sms += by_sms ? 1 : 0;
	return ES_OK;
}

/* Its account is not in the configuration any more: the tenant's of today, if there is one. */
static es_status move_over(struct es_db_conn *conn, struct taking *t, const struct notify_taken *row)
{
	const struct notify_ways *ways = &t->d->o.ways;
	const char *account = notify_rules_account(t->rules, row->channel);

	if (account[0] == '\0' || ways->account(ways->user, account) == NULL)
		return set_aside(conn, t, row, NOTIFY_WHY_NO_ACCOUNT);
	return notify_store_wake_set_account(conn, row->id, account, t->take.now_ms);
}

/* What becomes of a row that was taken; `is_sent`: a message of it. */
static es_status sort_out(struct es_db_conn *conn, struct taking *t, const struct notify_taken *row, bool *is_sent)
{
	*is_sent = false;
	if ((row->channel != NOTIFY_BY_SMS && row->token_hash.len == 0) || t->rules->order == NOTIFY_NOBODY) {
		t->withdrawn[row->channel]++;
		return notify_store_wake_delete(conn, row->id);
	}
	if (row->expires_ms <= t->take.now_ms)
		return set_aside(conn, t, row, NOTIFY_WHY_EXPIRED);
	if (!t->has_account)
		return move_over(conn, t, row);
	*is_sent = true;
	return ES_OK;
}

static es_status run_take(struct es_db_conn *conn, void *user)
{
	struct taking *t = user;
	size_t kept = 0;

	es_arena_reset(t->arena);
	memset(t->withdrawn, 0, sizeof t->withdrawn);
	t->dead_count = 0;
	t->by_sms = 0;
	ES_TRY(notify_store_wake_take(conn, &t->take, t->arena));
	t->dead = es_arena_array(t->arena, t->take.count, sizeof *t->dead);
	if (t->dead == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < t->take.count; i++) {
		bool is_sent = false;
		ES_TRY(sort_out(conn, t, &t->take.rows[i], &is_sent));
		if (is_sent)
			t->take.rows[kept++] = t->take.rows[i];
	}
	t->take.count = kept;
	return ES_OK;
}

static void say_what_was_set_aside(const struct taking *t)
{
	notify_insight_taken(t->take.ended_leases);
	notify_insight_by_sms(t->by_sms);
	for (size_t i = 0; i < ES_COUNT(t->withdrawn); i++)
		notify_insight_withdrawn((enum notify_channel)i, t->withdrawn[i]);
	for (size_t i = 0; i < t->dead_count; i++) {
		const bool is_over = t->dead[i].expires_ms <= t->take.now_ms;
		notify_say_given_up(&t->dead[i], t->take.tenant, t->take.account,
		                    is_over ? NOTIFY_WHY_EXPIRED : NOTIFY_WHY_NO_ACCOUNT);
	}
}

/* ---- how much ---- */

static struct notify_pace *pace_of(struct notify_deliver *d, const char *tenant, uint32_t rate)
{
	const size_t size = strlen(tenant) + 1;
	struct notify_tenant_pace *p = d->paces;

	while (p != NULL && strcmp(p->tenant, tenant) != 0)
		p = p->next;
	if (p == NULL) {
		p = malloc(sizeof *p + size);
		if (p == NULL)
			return NULL;
		memcpy(p->tenant, tenant, size);
		notify_pace_init(&p->pace, rate, es_mono_us());
		p->next = d->paces;
		d->paces = p;
	}
	return &p->pace;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How many messages may be under way besides. A flight that ends kicks. */
static uint32_t flights_free(struct notify_deliver *d, bool by_sms)
{
	pthread_mutex_lock(&d->lock);
	uint32_t room = d->o.flights_max > d->flights ? d->o.flights_max - d->flights : 0;
	if (by_sms)
		room = least(room, NOTIFY_NUMBERS_MAX > d->numbers ? NOTIFY_NUMBERS_MAX - d->numbers : 0);
	pthread_mutex_unlock(&d->lock);
	return (room + 1) / 2; /* the rest is for others: one whose messages take long does not take it all */
}

struct round {
	struct notify_deliver *d;
	struct es_arena *arena, *take_arena;
	struct notify_pair pairs[PAIRS_MAX];
	size_t count;
	int64_t now_ms, next_ms; /* wall: when to look again */
};

static void look_again(struct round *r, int64_t at_ms)
{
	if (at_ms < r->next_ms)
		r->next_ms = at_ms;
}

/* Tenants that wait for the same account share its room. */
static uint32_t share_of(const struct round *r, size_t i, uint32_t room)
{
	uint32_t sharing = 0;

	for (size_t k = 0; k < r->count; k++)
		if (r->pairs[k].due_ms <= r->now_ms && strcmp(r->pairs[k].account, r->pairs[i].account) == 0)
			sharing++;
	return sharing > 1 && room > 1 ? (room + sharing - 1) / sharing : room;
}

static uint32_t room_of(struct round *r, size_t i, struct notify_account *account, const struct notify_pace *pace)
{
	int64_t again_ms = IDLE_MS;
	const uint32_t room = account->ops->room(account, &again_ms);

	if (room == 0) {
		look_again(r, r->now_ms + (again_ms > 0 ? again_ms : 1));
		return 0;
	}
	const uint32_t paced = notify_pace_room(pace, es_mono_us(), &again_ms);
	if (paced == 0) {
		look_again(r, r->now_ms + (again_ms > 0 ? again_ms : 1));
		return 0;
	}
	return least(share_of(r, i, room), least(paced, flights_free(r->d, account->ops->text != NULL)));
}

/* ---- a round ---- */

static void launch(struct round *r, struct notify_account *account, const struct notify_take *take,
                   struct notify_pace *pace)
{
	for (size_t i = 0, n; i < take->count; i += n) {
		n = notify_group(&take->rows[i], take->count - i);
		notify_flight_launch(r->d, account, take, &take->rows[i], n);
		notify_pace_take(pace, es_mono_us(), 1);
	}
}

static void serve(struct round *r, size_t i)
{
	struct notify_deliver *d = r->d;
	const struct notify_pair *pair = &r->pairs[i];
	const struct notify_rules *rules = d->o.ways.rules(d->o.ways.user, pair->tenant);
	struct notify_account *account = d->o.ways.account(d->o.ways.user, pair->account);
	struct notify_pace *pace = pace_of(d, pair->tenant, rules->rate);

	if (pace == NULL)
		return;
	uint32_t limit = account == NULL ? NOTIFY_TAKE_MAX : room_of(r, i, account, pace);
	if (limit == 0)
		return;
	limit = least(limit, NOTIFY_TAKE_MAX);
	const int64_t now_ms = es_wall_ms();
	struct taking t = { .d = d,
		                .rules = rules,
		                .arena = r->take_arena,
		                .has_account = account != NULL,
		                .take = { .account = pair->account,
		                          .tenant = pair->tenant,
		                          .now_ms = now_ms,
		                          .until_ms = now_ms + d->o.lease_ms,
		                          .lease = notify_new_lease(),
		                          .limit = limit } };
	const es_status status = es_db_write_wait(notify_store_db(d->o.store), run_take, &t);
	if (status != ES_OK) {
		es_warn(NULL, "notify.not_taken", es_f_status(status), es_f_str("account", pair->account),
		        es_f_str("tenant", pair->tenant));
		look_again(r, r->now_ms + AGAIN_MS);
		return;
	}
	say_what_was_set_aside(&t);
	launch(r, account, &t.take, pace);
	look_again(r, r->now_ms); /* there may be more */
}

static es_status read_pairs(struct es_db_conn *conn, void *user)
{
	struct round *r = user;
	const char *account = "", *tenant = "";

	es_arena_reset(r->arena);
	for (r->count = 0; r->count < PAIRS_MAX; r->count++) {
		const es_status status = notify_store_wake_pair(conn, account, tenant, r->arena, &r->pairs[r->count]);
		if (status == ES_NOT_FOUND)
			break;
		ES_TRY(status);
		account = r->pairs[r->count].account;
		tenant = r->pairs[r->count].tenant;
	}
	return ES_OK;
}

/* Returns for how many ms there is nothing to do. */
static int64_t run_round(struct round *r)
{
	r->now_ms = es_wall_ms();
	r->next_ms = r->now_ms + IDLE_MS;
	notify_sweep(r->d, r->take_arena);
	if (es_db_read(notify_store_db(r->d->o.store), read_pairs, r) != ES_OK)
		return AGAIN_MS;
	for (size_t i = 0; i < r->count && !r->d->stopping; i++) {
		if (r->pairs[i].due_ms <= r->now_ms)
			serve(r, i);
		else
			look_again(r, r->pairs[i].due_ms);
	}
	return r->next_ms - es_wall_ms();
}

static void sleep_for(struct notify_deliver *d, int64_t ms)
{
	const int64_t until = es_mono_ms() + (ms < IDLE_MS ? ms : IDLE_MS); /* the wall clock may have stepped */

	pthread_mutex_lock(&d->lock);
	while (!d->is_kicked && !d->stopping && es_cond_wait_until(&d->wake, &d->lock, until))
		;
	d->is_kicked = false;
	pthread_mutex_unlock(&d->lock);
}

static void *deliver(void *user)
{
	struct notify_deliver *d = user;
	struct round *r = calloc(1, sizeof *r);

	if (r != NULL) {
		r->d = d;
		r->arena = es_arena_new(0, ROUND_MEMORY);
		r->take_arena = es_arena_new(0, ROUND_MEMORY);
	}
	if (r == NULL || r->arena == NULL || r->take_arena == NULL)
		es_error(NULL, "notify.no_memory");
	else
		while (!d->stopping) {
			const int64_t ms = run_round(r);
			if (ms > 0)
				sleep_for(d, ms);
		}
	if (r != NULL) {
		es_arena_free(r->arena);
		es_arena_free(r->take_arena);
	}
	free(r);
	return NULL;
}

/* ---- life ---- */

es_status notify_deliver_new(const struct notify_deliver_options *options, struct notify_deliver **out,
                             struct es_buf *error)
{
	struct notify_deliver *d = calloc(1, sizeof *d);
	const struct es_bus_client_options client = {
		.target = options->policy_target, .name = "policy", .key = options->key, .slots = NOTIFY_NUMBERS_MAX
	};

	if (d == NULL)
		return ES_TOO_LARGE;
	d->o = *options;
	pthread_mutex_init(&d->lock, NULL);
	es_cond_init(&d->wake);
	notify_insight_init();
	const es_status status = es_bus_client_start(&client, &d->policy, error);
	if (status != ES_OK) {
		notify_deliver_free(d);
		return status;
	}
	*out = d;
	return ES_OK;
}

es_status notify_deliver_start(struct notify_deliver *d)
{
	d->has_thread = pthread_create(&d->thread, NULL, deliver, d) == 0;
	return d->has_thread ? ES_OK : ES_TOO_LARGE;
}

void notify_deliver_kick(void *user)
{
	struct notify_deliver *d = user;

	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->is_kicked = true;
	pthread_cond_broadcast(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

static void wait_for_flights(struct notify_deliver *d, int64_t wait_ms)
{
	const int64_t until = es_mono_ms() + wait_ms;

	pthread_mutex_lock(&d->lock);
	while (d->flights > 0 && es_cond_wait_until(&d->wake, &d->lock, until))
		;
	pthread_mutex_unlock(&d->lock);
}

void notify_deliver_stop(struct notify_deliver *d, int64_t wait_ms)
{
	if (d == NULL)
		return;
	d->stopping = true;
	notify_deliver_kick(d);
	if (d->has_thread)
		pthread_join(d->thread, NULL);
	d->has_thread = false;
	wait_for_flights(d, wait_ms);
	if (d->policy != NULL)
		es_bus_client_stop(d->policy);
	d->policy = NULL;
}

void notify_deliver_free(struct notify_deliver *d)
{
	if (d == NULL)
		return;
	while (d->paces != NULL) {
		struct notify_tenant_pace *p = d->paces;
		d->paces = p->next;
		free(p);
	}
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
