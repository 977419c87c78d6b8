/* gw_process.c -- start, readiness, drain and stop of openes-gateway. */
#include "gw_process.h"

#include <stdlib.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "gw_config.h"
#include "gw_device.h"
#include "gw_es2.h"
#include "gw_hold.h"
#include "gw_server.h"
#include "gw_sign_keys.h"

/* Calls to auth at once: more than those that may wait there for core networks, so that others still get through. */
#define AUTH_CALLS_MAX 8192u

/* Refusals that wait: long enough that a thousand phones which ask again at once are no load, and a small part of the
 * connections. */
#define HOLD_MS 1000
#define HELD_SHARE 4u /* of connections_max, one in */

struct gw_process {
	struct gw_clients clients;
	struct gw_device *device;
	struct gw_admin *admin;
	struct gw_server *server;
	struct gw_es2 *es2;
	struct gw_sign_keys *sign_keys;
};

static es_status start_clients(struct gw_process *p, const struct gw_config *c, struct es_bus_key *key,
                               struct es_buf *error)
{
	const struct {
		const char *target, *name;
		struct es_bus_client **client;
		uint32_t slots; /* 0: the bus's default */
	} links[] = {
		{ c->auth_target, "auth", &p->clients.auth, AUTH_CALLS_MAX },
		{ c->policy_target, "policy", &p->clients.policy, 0 },
		{ c->esim_target, "esim", &p->clients.esim, 0 },
		{ c->notify_target, "notify", &p->clients.notify, 0 },
	};

	for (size_t i = 0; i < ES_COUNT(links); i++) {
		const struct es_bus_client_options options = {
			.target = links[i].target, .name = links[i].name, .key = key, .slots = links[i].slots
		};

		ES_TRY(es_bus_client_start(&options, links[i].client, error));
	}
	return ES_OK;
}

static es_status start_hold(struct gw_process *p, const struct gw_config *c, struct es_buf *error)
{
	const size_t places = c->connections_max / HELD_SHARE;
	es_status status = gw_hold_start(places > 0 ? places : 1, HOLD_MS, &p->clients.hold);

	if (status != ES_OK)
		es_put_str(error, "threads cannot be had");
	return status;
}

/* Listeners first: what they still have under way gets its 503 before the calls it waits for are failed. */
static void gw_stop(void *state, int64_t wait_ms)
{
	struct gw_process *p = state;
	struct es_bus_client *clients[] = { p->clients.auth, p->clients.policy, p->clients.esim, p->clients.notify };

	int64_t until = es_mono_ms() + wait_ms, left;
	gw_device_stop(p->device, wait_ms);
	left = until - es_mono_ms();
	gw_admin_stop(p->admin, left > 0 ? left : 0);
	left = until - es_mono_ms();
	gw_server_stop(p->server, left > 0 ? left : 0);
	left = until - es_mono_ms();
	gw_es2_stop(p->es2, left > 0 ? left : 0);
	for (size_t i = 0; i < ES_COUNT(clients); i++)
		if (clients[i] != NULL)
			es_bus_client_stop(clients[i]);
	gw_sign_keys_free(p->sign_keys); /* late answers of the clients may still have used them */
	gw_hold_quit(p->clients.hold);
	gw_hold_free(p->clients.hold);
	free(p);
}

static es_status gw_start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	const struct gw_config *c = config;
	struct gw_process *p = calloc(1, sizeof(*p));
	es_status status;

	if (p == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_crypto_init();
	status = start_hold(p, c, error);
	if (status == ES_OK)
		status = start_clients(p, c, es_service_bus_key(service), error);
	if (status == ES_OK)
		status = gw_sign_keys_load(c->answer_keys_file, &p->sign_keys, error);
	if (status == ES_OK)
		status = gw_admin_start(c, &p->clients, &p->admin, error);
	if (status == ES_OK)
		status = gw_server_start(c, &p->clients, &p->server, error);
	if (status == ES_OK)
		status = gw_es2_start(c, &p->clients, &p->es2, error);
	if (status == ES_OK)
		status = gw_device_start(c, &p->clients, p->sign_keys, &p->device, error);
	if (status != ES_OK) {
		gw_stop(p, 0);
		return status;
	}
	*state = p;
	return ES_OK;
}

/* A device is served with auth and policy; without esim or notify parts of some answers are missing. */
static bool gw_is_ready(void *state)
{
	const struct gw_process *p = state;

	return es_bus_client_is_ready(p->clients.auth) && es_bus_client_is_ready(p->clients.policy);
}

static void gw_drain(void *state)
{
	struct gw_process *p = state;

	gw_device_drain(p->device);
	gw_admin_drain(p->admin);
	gw_server_drain(p->server);
	gw_es2_drain(p->es2);
}

/* For whoever checks signatures: what it prints is public. */
static es_status print_answer_keys(const void *config, const char *tenant, struct es_buf *out, struct es_buf *error)
{
	const struct gw_config *c = config;
	struct gw_sign_keys *keys = NULL;
	es_status status;

	es_crypto_init();
	ES_TRY(gw_sign_keys_load(c->answer_keys_file, &keys, error));
	status = gw_sign_keys_print(keys, tenant, out);
	if (status != ES_OK)
		es_put_printf(error, "answer_keys_file has no key of the tenant '%s'", tenant);
	gw_sign_keys_free(keys);
	return status;
}

static const struct es_service_print answer_keys = {
	.option = "print-answer-keys",
	.argument = "TENANT",
	.help = "print the public keys of this tenant's signatures as a JSON Web Key Set, and end",
	.print = print_answer_keys,
};

const struct es_service_ops gw_service = {
	.name = "gateway",
	.summary = "the front of openes: TS.43 for devices over HTTPS, the operators' API",
	.keys = gw_config_keys,
	.key_count = ES_COUNT(gw_config_keys),
	.config_size = sizeof(struct gw_config),
	.check = gw_config_check,
	.print = &answer_keys,
	.start = gw_start,
	.is_ready = gw_is_ready,
	.drain = gw_drain,
	.stop = gw_stop,
};
