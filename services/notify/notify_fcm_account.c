/* notify_fcm_account.c -- a Firebase project: its service account, access tokens for it, messages (HTTP v1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_jose.h"
#include "es_secret.h"
#include "notify_fcm.h"
#include "notify_payload.h"
#include "notify_token.h"

#define FILE_MAX 16384
#define SCOPE "https://www.googleapis.com/auth/firebase.messaging"
#define SECOND INT64_C(1000)
#define ARENA_MAX 16384

struct config {
	struct notify_push_settings push;
	const char *service_account_file, *project, *url, *token_url, *priority, *package, *data;
	bool collapse, direct_boot;
};

#define KEY(field, kind, fallback, help) ES_CONF(fcm, struct config, field, kind, fallback, 0, 0, help)

static const struct es_conf_key keys[] = {
	KEY(service_account_file, ES_CONF_STRING, NULL,
	    "service account of the Firebase project (JSON, as Google gives it)"),
	KEY(project, ES_CONF_STRING, "", "id of the project; empty: that of the service account"),
	KEY(url, ES_CONF_STRING, "https://fcm.googleapis.com", "where FCM is"),
	KEY(token_url, ES_CONF_STRING, "", "where access tokens are given out; empty: token_uri of the service account"),
	KEY(priority, ES_CONF_STRING, "high", "high or normal: a phone that sleeps is woken by high alone"),
	KEY(package, ES_CONF_STRING, "", "the one application that may get the messages; empty: any"),
	KEY(collapse, ES_CONF_BOOL, "yes", "a message takes the place of an older one that its phone has not got yet"),
	KEY(direct_boot, ES_CONF_BOOL, "no", "also before the phone was unlocked for the first time"),
	KEY(data, ES_CONF_STRING, NOTIFY_PAYLOAD_FCM,
	    "template of the message's data: a JSON object with texts for values"),
	NOTIFY_PUSH_KEYS(fcm, struct config, push, "15s", "100", "1"),
};

struct fcm {
	struct notify_push push; /* first */
	const struct config *config;
	struct notify_fcm_settings settings;
	struct notify_token token;
	struct es_jwt_signer *signer;
	char *url, *token_url, *client_email;
};

/* ---- access tokens ---- */

static es_status write_form(struct es_buf *form, void *user)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	ES_CLEANUP(es_buf_free) struct es_buf claims;
	struct fcm *f = user;
	struct es_slice assertion;

	es_buf_init(&claims, 4096);
	if (arena == NULL)
		return ES_TOO_LARGE;
	es_arena_set_secret(arena);
	notify_oauth_claims(f->client_email, SCOPE, f->token_url, es_wall_ms() / SECOND, &claims);
	ES_TRY(es_buf_status(&claims));
	ES_TRY(es_jwt_sign(f->signer, es_buf_slice(&claims), arena, &assertion));
	notify_oauth_assertion_form(assertion, form);
	return es_buf_status(form);
}

/* ---- messages ---- */

static bool write(struct notify_push *push, const struct notify_message *message, unsigned host, const char *credential,
                  struct es_arena *arena, struct notify_request *out, struct notify_heard *refusal)
{
	struct fcm *f = (struct fcm *)push;

	(void)host;
	(void)refusal;
	return notify_fcm_request(&f->settings, message, credential, arena, out) == ES_OK;
}

static void read(struct notify_push *push, const struct notify_answer *answer, struct notify_reply *reply)
{
	(void)push;
	notify_fcm_heard(answer, reply);
}

static void release(struct notify_push *push)
{
	struct fcm *f = (struct fcm *)push;

	notify_token_destroy(&f->token);
	es_jwt_signer_free(f->signer);
	free(f->url);
	free(f->token_url);
	free(f->client_email);
	free(f);
}

/* ---- a section opened ---- */

static const char *fault_of(const struct config *c)
{
	if (strcmp(c->priority, "high") != 0 && strcmp(c->priority, "normal") != 0)
		return "priority is high or normal";
	if (strncmp(c->url, "https://", 8) != 0 || (c->token_url[0] != '\0' && strncmp(c->token_url, "https://", 8) != 0))
		return "url and token_url begin with https://";
	return NULL;
}

/* What it has to hold, and the project for which it is. */
static es_status read_account(struct fcm *f, struct es_slice text, struct es_buf *error)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const struct config *c = f->config;

	if (es_json_parse(text, ES_JSON_SMALL, &json) != ES_OK)
		json = NULL;
	const char *email = es_json_str(json, "client_email"), *key = es_json_str(json, "private_key"),
			   *kid = es_json_str(json, "private_key_id"), *token_uri = es_json_str(json, "token_uri"),
			   *project = c->project[0] != '\0' ? c->project : es_json_str(json, "project_id");
	if (c->token_url[0] != '\0')
		token_uri = c->token_url;
	if (email == NULL || key == NULL || kid == NULL || project == NULL || token_uri == NULL ||
	    strncmp(token_uri, "https://", 8) != 0 ||
	    project[strspn(project, "abcdefghijklmnopqrstuvwxyz0123456789-.:")] != '\0') {
		es_put_printf(error,
		              "service_account_file: %s is no service account: client_email, private_key, "
		              "private_key_id, project_id, token_uri (https)",
		              c->service_account_file);
		return ES_MALFORMED;
	}
	const size_t room = strlen(c->url) + strlen(project) + 40;
	f->url = malloc(room);
	f->client_email = strdup(email);
	f->token_url = strdup(token_uri);
	if (f->url == NULL || f->client_email == NULL || f->token_url == NULL)
		return ES_TOO_LARGE;
	(void)snprintf(f->url, room, "%s/v1/projects/%s/messages:send", c->url, project);
	return es_jwt_signer_parse(es_slice_str(key), c->service_account_file, kid, &f->signer, error);
}

static es_status load_account(struct fcm *f, struct es_buf *error)
{
	char text[FILE_MAX];
	size_t len = 0;

	es_status status = es_secret_file(f->config->service_account_file, text, sizeof text, &len, error);
	if (status == ES_OK)
		status = read_account(f, es_slice_of(text, len), error);
	es_wipe(text, sizeof text);
	return status;
}

static es_status begin(struct fcm *f, const struct notify_section *section, struct es_buf *error)
{
	const struct config *c = f->config;

	ES_TRY(notify_push_begin(&f->push, "fcm", section, &c->push, 1, error));
	ES_TRY(load_account(f, error));
	f->settings = (struct notify_fcm_settings){ .url = f->url,
		                                        .priority = c->priority,
		                                        .package = c->package,
		                                        .data = c->data,
		                                        .collapses = c->collapse,
		                                        .direct_boot = c->direct_boot };
	return notify_token_open(&f->token, &f->push, section->name, f->token_url, error);
}

static es_status open(const struct notify_section *section, struct notify_account **out, struct es_buf *error)
{
	static const struct notify_push_ops ops = { .write = write, .read = read, .free = release };
	const struct config *c = section->config;
	const char *fault = fault_of(c), *data = notify_payload_fault(c->data, NOTIFY_FCM_PAYLOAD_MAX, true);
	struct fcm *f;

	if (fault != NULL || data != NULL) {
		es_put_printf(error, "%s%s", fault != NULL ? fault : "data ", fault != NULL ? "" : data);
		return ES_MALFORMED;
	}
	if ((f = calloc(1, sizeof *f)) == NULL)
		return ES_TOO_LARGE;
	f->config = c;
	notify_token_init(&f->token, write_form, f);
	f->push.ops = &ops;
	f->push.credential = &f->token.credential;
	const es_status status = begin(f, section, error);
	if (status == ES_OK)
		*out = &f->push.account;
	else
		notify_push_end(&f->push);
	return status;
}

const struct notify_kind notify_kind_fcm = {
	.name = "fcm", .keys = keys, .key_count = ES_COUNT(keys), .size = sizeof(struct config), .open = open
};
