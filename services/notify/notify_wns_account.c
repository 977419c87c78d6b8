/* notify_wns_account.c -- an application of the Windows store, or of Entra: access tokens for it, messages. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_secret.h"
#include "notify_payload.h"
#include "notify_push.h"
#include "notify_token.h"
#include "notify_wns.h"

struct config {
	struct notify_push_settings push;
	const char *client_id, *client_secret_file, *token_url, *scope, *host_suffix, *payload;
	uint32_t port;
	bool cache;
};

#define KEY(field, kind, fallback, min, max, help) ES_CONF(wns, struct config, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	KEY(client_id, ES_CONF_STRING, NULL, 0, 0,
	    "package security identifier (ms-app://...), or id of Entra's application"),
	KEY(client_secret_file, ES_CONF_STRING, NULL, 0, 0, "file with its secret"),
	KEY(token_url, ES_CONF_STRING, "https://login.live.com/accesstoken.srf", 0, 0,
	    "where access tokens are given out; of Entra: "
	    "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"),
	KEY(scope, ES_CONF_STRING, "notify.windows.com", 0, 0,
	    "that is asked for; of Entra: https://wns.windows.com/.default"),
	KEY(host_suffix, ES_CONF_STRING, "notify.windows.com", 0, 0,
	    "hosts of that name and below it are asked and no others: a channel URI comes from a device"),
	KEY(port, ES_CONF_U32, "0", 0, 65535, "port that a channel URI may name beside 443; 0: none"),
	KEY(cache, ES_CONF_BOOL, "yes", 0, 0, "one message is kept for a device that is away"),
	KEY(payload, ES_CONF_STRING, NOTIFY_PAYLOAD, 0, 0, "template of what is sent, as a raw notification"),
	NOTIFY_PUSH_KEYS(wns, struct config, push, "10s", "100", "4"),
};

struct wns {
	struct notify_push push; /* first */
	const struct config *config;
	struct notify_wns_settings settings;
	struct notify_token token;
	struct es_buf secret;
};

static es_status write_form(struct es_buf *form, void *user)
{
	struct wns *w = user;

	notify_oauth_client_form(w->config->client_id, es_buf_slice(&w->secret), w->config->scope, form);
	return es_buf_status(form);
}

static bool write(struct notify_push *push, const struct notify_message *message, unsigned host, const char *credential,
                  struct es_arena *arena, struct notify_request *out, struct notify_heard *refusal)
{
	static const struct notify_heard not_asked = { .verdict = NOTIFY_GONE,
		                                           .reason = NOTIFY_WHY_TOKEN,
		                                           .detail = "the channel URI is none of this service's" };
	struct wns *w = (struct wns *)push;

	(void)host;
	const es_status status = notify_wns_request(&w->settings, message, credential, arena, out);
	if (status == ES_DENIED)
		*refusal = not_asked;
	return status == ES_OK;
}

static void read(struct notify_push *push, const struct notify_answer *answer, struct notify_reply *reply)
{
	(void)push;
	notify_wns_heard(answer, reply);
}

static void release(struct notify_push *push)
{
	struct wns *w = (struct wns *)push;

	notify_token_destroy(&w->token);
	es_buf_wipe(&w->secret);
	free(w);
}

static const char *fault_of(const struct config *c)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	if (strncmp(c->token_url, "https://", 8) != 0)
		return "token_url begins with https://";
	if (c->host_suffix[0] == '\0' || c->host_suffix[0] == '.' || c->host_suffix[strspn(c->host_suffix, name)] != '\0')
		return "host_suffix is the name of a host";
	return NULL;
}

static es_status begin(struct wns *w, const struct notify_section *section, struct es_buf *error)
{
	const struct config *c = w->config;

	ES_TRY(notify_push_begin(&w->push, "wns", section, &c->push, 1, error));
	ES_TRY(es_secret_text_load(c->client_secret_file, &w->secret, error));
	return notify_token_open(&w->token, &w->push, section->name, c->token_url, error);
}

static es_status open(const struct notify_section *section, struct notify_account **out, struct es_buf *error)
{
	static const struct notify_push_ops ops = { .write = write, .read = read, .free = release };
	const struct config *c = section->config;
	const char *fault = fault_of(c), *payload = notify_payload_fault(c->payload, NOTIFY_WNS_PAYLOAD_MAX, false);
	struct wns *w;

	if (fault != NULL || payload != NULL) {
		es_put_printf(error, "%s%s", fault != NULL ? fault : "payload ", fault != NULL ? "" : payload);
		return ES_MALFORMED;
	}
	if ((w = calloc(1, sizeof *w)) == NULL)
		return ES_TOO_LARGE;
	w->config = c;
	w->settings = (struct notify_wns_settings){
		.host_suffix = c->host_suffix, .port = c->port, .payload = c->payload, .caches = c->cache
	};
	es_buf_init(&w->secret, ES_SECRET_TEXT_MAX);
	notify_token_init(&w->token, write_form, w);
	w->push.ops = &ops;
	w->push.answer_header = NOTIFY_WNS_HEADER;
	w->push.credential = &w->token.credential;
	const es_status status = begin(w, section, error);
	if (status == ES_OK)
		*out = &w->push.account;
	else
		notify_push_end(&w->push);
	return status;
}

const struct notify_kind notify_kind_wns = {
	.name = "wns", .keys = keys, .key_count = ES_COUNT(keys), .size = sizeof(struct config), .open = open
};
