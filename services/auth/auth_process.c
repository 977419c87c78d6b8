/* auth_process.c -- start, readiness and stop of openes-auth: each part is made in the order it is needed and unmade in
 * the reverse one, whether all of them came up or not. */
#include "auth_process.h"

#include <stdlib.h>
#include <time.h>

#include "auth_auc_source.h"
#include "auth_bus.h"
#include "auth_client.h"
#include "auth_config.h"
#include "auth_core.h"
#include "auth_env.h"
#include "auth_exchange.h"
#include "auth_follow.h"
#include "auth_notify_link.h"
#include "auth_oidc.h"
#include "auth_policy_link.h"
#include "auth_reseal.h"
#include "auth_store.h"
#include "auth_timer.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_secret.h"

#define TENANTS_POLL_MS 1000 /* a lost hint keeps a new tenant away no longer; nothing new is a short answer */
#define FIRST_CONTACT_MS 3000
#define FIRST_CONTACT_STEP_MS 10
#define REFUSALS_BEFORE_WARNING 5
#define PURGE_EVERY_MS 5000
#define PURGE_ROUNDS_MAX 40
#define RESEAL_PAGES 16 /* in one tick */
#define HISTORY_QUEUE 4096
#define PENDING_SUBSCRIBERS 16384

struct auth_process {
	struct auth_env env;
	struct auth_core *core;
	struct es_bus_client *policy_client, *notify_client;
	struct auth_policy_link *link;
	struct auth_timer *timer;
	struct es_bus_subscriber *bell;
	struct es_follow *follow;
	struct es_bus_server *server;
	/* Of the timer's thread; times are monotonic ms. */
	int64_t refreshed_at, purged_at;
	unsigned refusals; /* of policy, in a row */
	struct auth_reseal reseal;
	int64_t history_ms;
};

/* ---- the timer ---- */

struct purge {
	int64_t now_ms, history_from_ms, removed;
};

static es_status purge_job(struct es_db_conn *conn, void *user)
{
	struct purge *purge = user;

	return auth_store_purge(conn, purge->now_ms, purge->history_from_ms, &purge->removed);
}

/* In small pieces, so that nobody waits long behind them. */
static void purge(struct auth_process *p)
{
	int64_t now = p->env.now_ms();
	struct purge purge = { .now_ms = now, .history_from_ms = now - p->history_ms, .removed = 1 };

	for (int i = 0; i < PURGE_ROUNDS_MAX && purge.removed > 0; i++) {
		es_status status = es_db_write_wait(p->env.db, purge_job, &purge);
		if (status != ES_OK) {
			es_warn(NULL, "auth.purge_failed", es_f_status(status));
			return;
		}
	}
}

static es_status purge_logins_job(struct es_db_conn *conn, void *user)
{
	struct purge *purge = user;

	return auth_store_login_purge(conn, purge->now_ms, &purge->removed);
}

static void purge_logins(struct auth_process *p)
{
	/* An answer that got lost may be asked for again a moment after the end. */
	struct purge purge = { .now_ms = p->env.now_ms() - AUTH_LOGIN_AGAIN_MS, .removed = 1 };

	for (int i = 0; i < PURGE_ROUNDS_MAX && purge.removed > 0; i++) {
		es_status status = es_db_write_wait(p->env.db, purge_logins_job, &purge);
		if (status != ES_OK) {
			es_warn(NULL, "auth.purge_failed", es_f_status(status));
			return;
		}
	}
}

static void refresh_tenants(struct auth_process *p, int64_t now)
{
	es_status status = auth_policy_refresh(p->link);

	if (status == ES_OK) {
		p->refreshed_at = now;
		p->refusals = 0;
	} else if (++p->refusals == REFUSALS_BEFORE_WARNING) { /* once for each time policy is away */
		es_warn(NULL, "auth.tenants_not_told", es_f_status(status), es_f_bool("known", auth_policy_is_known(p->link)));
	}
}

static void tick(void *user, bool rung)
{
	struct auth_process *p = user;
	int64_t now = es_mono_ms();

	auth_sqn_source_poll(p->env.sqn);
	auth_history_flush(p->env.history, p->env.db);
	if (rung || !auth_policy_is_known(p->link) || now - p->refreshed_at >= TENANTS_POLL_MS)
		refresh_tenants(p, now);
	if (now - p->purged_at >= PURGE_EVERY_MS) {
		p->purged_at = now;
		purge(p);
		purge_logins(p);
	}
	for (int i = 0; i < RESEAL_PAGES && !p->reseal.is_done; i++)
		auth_reseal_some(&p->env, &p->reseal);
}

static void doorbell(const char *topic, uint64_t sequence, void *user)
{
	(void)topic;
	(void)sequence;
	auth_timer_ring(((struct auth_process *)user)->timer);
}

/* ---- start ---- */

static es_status load_secrets(struct auth_process *p, const struct auth_config *c, struct es_buf *error)
{
	ES_TRY(es_keyring_load(c->session_keys_file, &p->env.session_keys, error));
	ES_TRY(es_keyring_load(c->token_keys_file, &p->env.token_keys, error));
	ES_TRY(es_keyring_load(c->auc_keys_file, &p->env.auc_keys, error));
	ES_TRY(es_secret_load(c->transport_key_file, p->env.transport_private, error));
	es_box_public(p->env.transport_private, p->env.transport_public);
	return ES_OK;
}

static es_status out_of_memory(struct es_buf *error)
{
	es_put_str(error, "out of memory");
	return ES_TOO_LARGE;
}

static es_status start_store(struct auth_process *p, const struct auth_config *c, const char *instance,
                             struct es_buf *error)
{
	ES_TRY(auth_store_open(c->db, &p->env.db, error));
	if (es_db_reads_block(p->env.db)) {
		p->env.readers = es_worker_new("auth-read", 4, c->calls_max);
		if (p->env.readers == NULL)
			return out_of_memory(error);
	}
	p->env.sqn = auth_sqn_source_new(p->env.db, instance, p->env.now_ms);
	p->env.tenants = auth_snapshots_new();
	p->env.history = auth_history_new(HISTORY_QUEUE);
	p->history_ms = c->history;
	return p->env.sqn != NULL && p->env.tenants != NULL && p->env.history != NULL ? ES_OK : out_of_memory(error);
}

/* How often is enough; the tenant's own rate comes with the tenant. */
static es_status start_guard(struct auth_process *p, const struct auth_config *c, struct es_buf *error)
{
	const struct auth_rate rates[AUTH_LIMIT_COUNT] = {
		[AUTH_LIMIT_CHALLENGES_IMSI] = { (uint64_t)c->imsi_challenges_per_minute * 60, c->imsi_challenges_per_minute },
		[AUTH_LIMIT_CHALLENGES_ADDRESS] = { (uint64_t)c->address_challenges_per_minute * 60,
		                                    c->address_challenges_per_minute },
		[AUTH_LIMIT_RESYNCS_IMSI] = { c->imsi_resyncs_per_hour, c->imsi_resyncs_per_hour },
		[AUTH_LIMIT_FAILURES] = { c->failures_per_hour, c->failures_per_hour },
	};

	p->env.guard = auth_guard_new(rates);
	p->env.pending = auth_pending_new(PENDING_SUBSCRIBERS);
	return p->env.guard != NULL && p->env.pending != NULL ? ES_OK : out_of_memory(error);
}

/* A replica that listens before it has an index and tenants answers 503 to calls that another one would have served. Where
 * policy is not there either, as when all start at once, there is nothing to wait for long. */
static void get_ready(struct auth_process *p)
{
	const struct timespec step = { .tv_nsec = FIRST_CONTACT_STEP_MS * 1000000L };
	int64_t until = es_mono_ms() + FIRST_CONTACT_MS;

	auth_sqn_source_poll(p->env.sqn);
	while (!es_bus_client_is_ready(p->policy_client) && es_mono_ms() < until)
		(void)nanosleep(&step, NULL);
	refresh_tenants(p, es_mono_ms());
}

static es_status start_core(struct auth_process *p, const struct auth_config *c, struct es_service *service,
                            struct es_buf *error)
{
	const struct auth_core_options options = { .file = c->core_file,
		                                       .key = es_service_bus_key(service),
		                                       .child = { .auth_target = c->bus_listen,
		                                                  .bus_key_file = c->base.bus_key_file,
		                                                  .instance = es_service_instance(service),
		                                                  .log_level = c->base.log_level,
		                                                  .log_format = c->base.log_format,
		                                                  .pseudonym_key_file = c->base.pseudonym_key_file,
		                                                  .ops_listen = "",
		                                                  .log_identities = c->base.log_identities } };

	return auth_core_start(&p->env, &options, &p->core, error);
}

static es_status start_links(struct auth_process *p, const struct auth_config *c, struct es_bus_key *key,
                             struct es_buf *error)
{
	const struct es_bus_client_options policy = { .target = c->policy_target, .name = "policy", .key = key };

	ES_TRY(es_bus_client_start(&policy, &p->policy_client, error));
	p->link = auth_policy_link_new(p->policy_client, p->env.tenants);
	if (p->link == NULL)
		return out_of_memory(error);
	p->env.policy = p->link;
	p->env.admit = auth_policy_admit;
	p->env.find = auth_policy_find;
	p->env.core_change = auth_policy_core_change;
	ES_TRY(
		es_bus_client_start(&(struct es_bus_client_options){ .target = c->notify_target, .name = "notify", .key = key },
	                        &p->notify_client, error));
	p->env.notify = p->notify_client;
	p->env.sms = auth_notify_sms;
	get_ready(p);
	if (auth_timer_start(tick, p, &p->timer) != ES_OK)
		return out_of_memory(error);
	ES_TRY(es_bus_subscriber_start(c->policy_events, key, TENANTS_POLL_MS, doorbell, p, &p->bell, error));
	ES_TRY(auth_follow_start(p->env.db, c->policy_target, c->policy_events, key, &p->follow, error));
	return es_bus_server_start(
		&(struct es_bus_server_options){ .url = c->bus_listen,
	                                     .key = key,
	                                     .service = "auth",
	                                     .methods = auth_bus_methods,
	                                     .method_count = auth_bus_method_count,
	                                     .user = &p->env,
	                                     .slots = c->calls_max + auth_core_waiting_max(p->core) },
		&p->server, error);
}

static es_status nothing_job(struct es_db_conn *conn, void *user)
{
	(void)conn;
	(void)user;
	return ES_OK;
}

static void auth_stop(void *state, int64_t wait_ms)
{
	struct auth_process *p = state;

	if (p->server != NULL)
		es_bus_server_stop(p->server, wait_ms);
	if (p->bell != NULL)
		es_bus_subscriber_stop(p->bell);
	es_follow_stop(p->follow);
	auth_timer_stop(p->timer);
	/* Calls that are still in work now come to their end, each stage before the one it hands over to: reading asks
	 * policy, policy's answer is committed. */
	es_worker_stop(p->env.readers);
	p->env.is_stopping = true;
	auth_sources_stop(p->env.sources); /* a source that is ended now would pass its askers on to the next */
	if (p->env.db != NULL)             /* behind it no callback of a commit starts anything */
		(void)!es_db_write_wait(p->env.db, nothing_job, NULL);
	auth_core_stop(p->core);
	if (p->policy_client != NULL)
		es_bus_client_stop(p->policy_client);
	if (p->notify_client != NULL)
		es_bus_client_stop(p->notify_client);
	auth_policy_link_free(p->link);
	auth_sqn_source_free(p->env.sqn);
	if (p->env.history != NULL && p->env.db != NULL)
		auth_history_flush(p->env.history, p->env.db);
	auth_history_free(p->env.history);
	auth_pending_free(p->env.pending);
	auth_guard_free(p->env.guard);
	es_db_close(p->env.db); /* finishes a page that is queued */
	es_follow_free(p->follow);
	auth_core_free(p->core);
	es_worker_free(p->env.readers);
	auth_snapshots_free(p->env.tenants);
	es_keyring_free(p->env.session_keys);
	es_keyring_free(p->env.token_keys);
	es_keyring_free(p->env.auc_keys);
	es_wipe(&p->env, sizeof p->env);
	free(p);
}

static es_status auth_start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	const struct auth_config *c = config;
	struct auth_process *p = calloc(1, sizeof *p);

	if (p == NULL)
		return out_of_memory(error);
	es_crypto_init();
	auth_exchange_metrics();
	auth_auc_metrics();
	auth_sources_metrics();
	auth_guard_metrics();
	auth_history_metrics();
	auth_client_metrics();
	auth_login_metrics();
	p->env.now_ms = es_wall_ms;
	p->env.session_ttl_ms = c->session_ttl;
	p->env.token_ttl_ms = c->token_ttl;
	p->env.codes_per_number = c->codes_per_number;
	p->env.codes_per_address = c->codes_per_address;
	p->env.logins_per_address = c->logins_per_address;
	es_status status = load_secrets(p, c, error);
	if (status == ES_OK)
		status = start_store(p, c, es_service_instance(service), error);
	if (status == ES_OK)
		status = start_guard(p, c, error);
	if (status == ES_OK)
		status = start_core(p, c, service, error);
	if (status == ES_OK)
		status = start_links(p, c, es_service_bus_key(service), error);
	if (status != ES_OK) {
		auth_stop(p, 0);
		return status;
	}
	*state = p;
	return ES_OK;
}

static bool auth_is_ready(void *state)
{
	struct auth_process *p = state;

	return auth_policy_is_known(p->link) && auth_sqn_source_is_ready(p->env.sqn) && es_db_is_ready(p->env.db);
}

const struct es_service_ops auth_service = {
	.name = "auth",
	.summary = "Authenticates SIMs (EAP-AKA) and people (OpenID Connect, one-time codes), and makes their tokens.",
	.keys = auth_config_keys,
	.key_count = AUTH_CONFIG_KEYS,
	.config_size = sizeof(struct auth_config),
	.start = auth_start,
	.is_ready = auth_is_ready,
	.stop = auth_stop,
};
