/* notify_process.c -- start in order, stop in reverse. */
#include "notify_process.h"

#include <stdlib.h>

#include "es_clock.h"
#include "es_crypto.h"
#include "notify_bus.h"
#include "notify_channels.h"
#include "notify_follow.h"
#include "notify_mass.h"

/* Where reads block (PostgreSQL): as many threads as reading connections. */
#define READER_THREADS 4
/* Operators' actions wait for commits, and do not hold up devices. */
#define ADMIN_THREADS 2

struct notify_process {
	struct es_keyring *ring;
	struct notify_store *store;
	struct notify_channels *channels;
	struct notify_deliver *deliver;
	struct notify_mass_run *mass;
	struct notify_follow *policy, *esim;
	struct notify_bus bus;
	struct es_bus_server *server;
};

static es_status start_readers(struct notify_process *p, uint32_t calls_max)
{
	p->bus.admins = es_worker_new("notify-admin", ADMIN_THREADS, calls_max);
	if (p->bus.admins == NULL)
		return ES_TOO_LARGE;
	if (!es_db_reads_block(notify_store_db(p->store)))
		return ES_OK;
	p->bus.readers = es_worker_new("notify-reads", READER_THREADS, calls_max);
	return p->bus.readers == NULL ? ES_TOO_LARGE : ES_OK;
}

static es_status start_sms(const struct notify_config *c, struct notify_sms **out, struct es_buf *error)
{
	const struct notify_sms_options options = { .prefix = "sms_",
		                                        .url = c->sms_url,
		                                        .user = c->sms_user,
		                                        .password_file = c->sms_password_file,
		                                        .bearer_file = c->sms_bearer_file,
		                                        .sender = c->sms_sender,
		                                        .form = c->sms_form,
		                                        .body = c->sms_body,
		                                        .wake_body = "",
		                                        .ca_file = c->sms_ca_file,
		                                        .timeout_ms = c->sms_timeout,
		                                        .plain_http = c->sms_plain_http };

	return notify_sms_start(&options, out, error);
}

static const struct notify_rules *rules_of(const void *user, const char *tenant)
{
	const struct notify_process *p = user;
	return notify_channels_rules(p->channels, tenant);
}

static struct notify_account *account_of(const void *user, const char *name)
{
	const struct notify_process *p = user;
	return notify_channels_account(p->channels, name);
}

/* Accounts before who sends by them, and he before those who make him something to send. */
static es_status start_delivery(struct notify_process *p, const struct notify_config *config, struct es_bus_key *key,
                                struct es_buf *error)
{
	const struct notify_ways ways = { rules_of, account_of, p };

	ES_TRY(notify_channels_open(config->channels_file, p->store, &p->channels, error));
	const struct notify_deliver_options deliver = { .store = p->store,
		                                            .ways = ways,
		                                            .policy_target = config->policy_target,
		                                            .key = key,
		                                            .lease_ms = config->lease,
		                                            .flights_max = config->flights_max,
		                                            .failures_kept_ms = config->failures_kept };
	ES_TRY(notify_deliver_new(&deliver, &p->deliver, error));
	notify_channels_on_room(p->channels, notify_deliver_kick, p->deliver);
	ES_TRY(notify_deliver_start(p->deliver));
	const struct notify_mass_options mass = {
		.store = p->store, .ways = ways, .policy_target = config->policy_target, .key = key, .deliver = p->deliver
	};
	ES_TRY(notify_mass_start(&mass, &p->mass, error));
	struct notify_follow_options follow = { .source = ES_FOLLOW_POLICY,
		                                    .target = config->policy_target,
		                                    .events = config->policy_events,
		                                    .key = key,
		                                    .poll_ms = config->events_poll,
		                                    .store = p->store,
		                                    .ways = ways,
		                                    .deliver = p->deliver };
	ES_TRY(notify_follow_start(&follow, &p->policy, error));
	follow.source = ES_FOLLOW_ESIM;
	follow.target = config->esim_target;
	follow.events = config->esim_events;
	return notify_follow_start(&follow, &p->esim, error);
}

static es_status start_parts(struct notify_process *p, const struct notify_config *config, struct es_bus_key *key,
                             struct es_buf *error)
{
	ES_TRY(es_keyring_load(config->push_keys_file, &p->ring, error));
	ES_TRY(notify_store_open(config->db, p->ring, &p->store, error));
	ES_TRY(start_readers(p, config->calls_max));

	ES_TRY(start_delivery(p, config, key, error));
	p->bus.store = p->store;
	p->bus.ways = (struct notify_ways){ rules_of, account_of, p };
	p->bus.deliver = p->deliver;
	p->bus.channels = p->channels;
	ES_TRY(start_sms(config, &p->bus.sms, error));
	notify_bus_init();
	const struct es_bus_server_options server = {
		.url = config->bus_listen,
		.key = key,
		.service = "notify",
		.methods = notify_bus_methods,
		.method_count = notify_bus_method_count,
		.user = &p->bus,
		.slots = config->calls_max,
	};
	return es_bus_server_start(&server, &p->server, error);
}

es_status notify_process_start(const struct notify_config *config, struct es_bus_key *key, struct notify_process **out,
                               struct es_buf *error)
{
	struct notify_process *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ES_TOO_LARGE;
	es_crypto_init();
	const es_status status = start_parts(p, config, key, error);
	if (status != ES_OK) {
		if (error->len == 0)
			es_put_str(error, es_status_meaning(status));
		notify_process_stop(p, 0);
		return status;
	}
	*out = p;
	return ES_OK;
}

/* A quarter of it stays for what then goes back to its rows. */
static int64_t left_of(int64_t until)
{
	const int64_t left = until - es_mono_ms();

	return left > 0 ? left - left / 4 : 0;
}

/* The store goes last but one: it finishes queued writes, whose calls and pages are answered and freed by it. */
void notify_process_stop(struct notify_process *p, int64_t wait_ms)
{
	if (p == NULL)
		return;
	const int64_t until = es_mono_ms() + wait_ms;
	if (p->server != NULL)
		es_bus_server_stop(p->server, wait_ms);
	if (p->bus.admins != NULL)
		es_worker_free(p->bus.admins); /* they look at accounts */
	notify_sms_stop(p->bus.sms);
	notify_follow_stop(p->policy);
	notify_follow_stop(p->esim);
	notify_mass_stop(p->mass);
	notify_deliver_stop(p->deliver, left_of(until));
	notify_channels_stop(p->channels); /* what is under way goes back to its rows */
	if (p->bus.readers != NULL)
		es_worker_free(p->bus.readers);
	notify_store_close(p->store);
	notify_channels_close(p->channels); /* jobs of the store asked for rules */
	notify_follow_free(p->policy);
	notify_follow_free(p->esim);
	notify_deliver_free(p->deliver);
	es_keyring_free(p->ring);
	free(p);
}

bool notify_process_is_ready(struct notify_process *p)
{
	return es_db_is_ready(notify_store_db(p->store));
}
