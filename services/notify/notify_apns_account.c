/* notify_apns_account.c -- an Apple key, or certificate, with its topic: provider tokens shared by all processes, messages. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_jose.h"
#include "es_secret.h"
#include "es_text.h"
#include "notify_apns.h"
#include "notify_payload.h"
#include "notify_push.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define TOKEN_LIFE_MS (45 * MINUTE) /* Apple takes them for an hour */
#define TOKEN_KEPT_MS (20 * MINUTE) /* and more of them than one in that time it refuses */
#define KEY_MAX 8192
#define ARENA_MAX 16384
#define NAME_SIZE 64

struct config {
	struct notify_push_settings push;
	const char *key_file, *key_id, *team_id, *environment, *production_url, *sandbox_url;
	const char *topic, *push_type, *priority, *payload;
};

#define KEY(field, kind, fallback, help) ES_CONF(apns, struct config, field, kind, fallback, 0, 0, help)
#define PUSH(field, kind, fallback, help) ES_PEER_KEY(apns, struct config, push, field, kind, fallback, 0, 0, help)

static const struct es_conf_key keys[] = {
	KEY(key_file, ES_CONF_STRING, "", "signing key of Apple's (the .p8 file) for provider tokens"),
	KEY(key_id, ES_CONF_STRING, "", "its id: ten characters"),
	KEY(team_id, ES_CONF_STRING, "", "id of the team it belongs to: ten characters"),
	PUSH(cert_file, ES_CONF_STRING, "", "certificate from Apple (PEM) instead of a signing key"),
	PUSH(cert_key_file, ES_CONF_STRING, "", "its private key, PEM"),
	KEY(environment, ES_CONF_STRING, "production",
	    "production, sandbox, or unknown: a device token that production does not know is tried in the sandbox once"),
	KEY(production_url, ES_CONF_STRING, "https://api.push.apple.com", "where production is; port 2197 is open, too"),
	KEY(sandbox_url, ES_CONF_STRING, "https://api.sandbox.push.apple.com", "where the sandbox is"),
	KEY(topic, ES_CONF_STRING, NULL, "apns-topic: what Apple assigned for carriers' entitlements, or a bundle id"),
	KEY(push_type, ES_CONF_STRING, "background", "apns-push-type"),
	KEY(priority, ES_CONF_STRING, "5", "apns-priority: 10, 5 or 1; background needs 5"),
	KEY(payload, ES_CONF_STRING, NOTIFY_PAYLOAD_APNS, "template of what is sent"),
	NOTIFY_PUSH_KEYS(apns, struct config, push, "10s", "500", "1"),
};

struct apns {
	struct notify_push push; /* first */
	const struct config *config;
	const struct notify_vault *vault;
	struct notify_apns_settings settings;
	struct notify_credential credential;
	struct es_jwt_signer *signer; /* NULL: by certificate */
	char name[NAME_SIZE];         /* of the token in the vault: one for each key */
	int64_t made_ms;              /* the token that was used last; of who asks */
};

/* ---- provider tokens ---- */

static es_status make(int64_t now_ms, struct es_buf *secret, void *user)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, ARENA_MAX);
	struct apns *a = user;
	struct es_slice token;
	struct es_buf claims;
	char room[256];

	if (arena == NULL)
		return ES_TOO_LARGE;
	es_arena_set_secret(arena);
	es_buf_init_fixed(&claims, room, sizeof room);
	notify_apns_claims(a->config->team_id, now_ms / SECOND, &claims);
	ES_TRY(es_buf_status(&claims));
	ES_TRY(es_jwt_sign(a->signer, es_buf_slice(&claims), arena, &token));
	es_put_str(secret, "bearer ");
	es_put_bytes(secret, token);
	return es_buf_status(secret);
}

static void got(es_status status, int64_t made_ms, struct es_slice token, void *user)
{
	struct apns *a = user;
	struct notify_heard why = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_CREDENTIAL };
	const int64_t age = es_wall_ms() - made_ms, left = TOKEN_LIFE_MS - age;

	if (status != ES_OK) {
		(void)snprintf(why.detail, sizeof why.detail, "no provider token: %s", es_status_name(status));
		notify_credential_failed(&a->credential, &why);
		return;
	}
	a->made_ms = made_ms;
	notify_credential_told(&a->credential, token, left > SECOND ? left : SECOND, TOKEN_KEPT_MS - age);
}

/* The one used last has ended or was refused, so another; and of others, one that will do for a while. */
static void ask(struct notify_credential *credential, int64_t deadline, void *user)
{
	struct apns *a = user;
	const int64_t now = es_wall_ms(), young = now - TOKEN_LIFE_MS + MINUTE, other = a->made_ms + 1;
	ES_CLEANUP(es_buf_wipe) struct es_buf token;
	es_status status;

	(void)credential;
	(void)deadline;
	es_buf_init(&token, NOTIFY_VAULT_MAX);
	if (a->vault != NULL) {
		status = a->vault->get(a->vault, a->name, young > other ? young : other, make, got, a);
		if (status != ES_OK)
			got(status, now, (struct es_slice){ NULL, 0 }, a);
		return;
	}
	status = make(now, &token, a);
	got(status, now, es_buf_slice(&token), a);
}

/* ---- messages ---- */

static bool write(struct notify_push *push, const struct notify_message *message, unsigned host, const char *credential,
                  struct es_arena *arena, struct notify_request *out, struct notify_heard *refusal)
{
	struct apns *a = (struct apns *)push;

	(void)refusal;
	return notify_apns_request(&a->settings, message, host, credential, arena, out) == ES_OK;
}

static void read(struct notify_push *push, const struct notify_answer *answer, struct notify_reply *reply)
{
	(void)push;
	notify_apns_heard(answer, reply);
}

static void release(struct notify_push *push)
{
	struct apns *a = (struct apns *)push;

	notify_credential_destroy(&a->credential);
	es_jwt_signer_free(a->signer);
	free(a);
}

/* ---- a section opened ---- */

static bool is_id(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]))
		len++;
	return len == 10 && text[len] == '\0';
}

static const char *fault_of(const struct config *c)
{
	static const char *const environments[] = { "production", "sandbox", "unknown" };
	const bool has_key = c->key_file[0] != '\0';
	size_t i = 0;

	if (has_key == (c->push.cert_file[0] != '\0'))
		return "key_file or cert_file, one of them";
	if ((c->push.cert_file[0] != '\0') != (c->push.cert_key_file[0] != '\0'))
		return "cert_file and cert_key_file belong together";
	if (has_key && (!is_id(c->key_id) || !is_id(c->team_id)))
		return "key_id and team_id are ten letters and digits each";
	while (i < ES_COUNT(environments) && strcmp(environments[i], c->environment) != 0)
		i++;
	if (i == ES_COUNT(environments))
		return "environment is production, sandbox or unknown";
	if (strncmp(c->production_url, "https://", 8) != 0 || strncmp(c->sandbox_url, "https://", 8) != 0)
		return "production_url and sandbox_url begin with https://";
	return NULL;
}

/* Another key under the same ids is another name: what it signed is not used. */
static es_status name_token(struct apns *a, struct es_buf *error)
{
	const struct config *c = a->config;
	uint8_t text[KEY_MAX], digest[32];
	char hex[17];
	size_t len = 0;

	es_status status = es_secret_file(c->key_file, text, sizeof text, &len, error);
	if (status == ES_OK) {
		const struct es_slice key = es_slice_of(text, len);
		es_sha256(&key, 1, digest);
		es_hex_encode(es_slice_of(digest, 8), hex);
		(void)snprintf(a->name, sizeof a->name, "apns:%s:%s:%s", c->team_id, c->key_id, hex);
	}
	es_wipe(text, sizeof text);
	return status;
}

static es_status begin(struct apns *a, const struct notify_section *section, struct es_buf *error)
{
	const struct config *c = a->config;

	ES_TRY(notify_push_begin(&a->push, "apns", section, &c->push, a->settings.urls[1] != NULL ? 2 : 1, error));
	if (c->key_file[0] == '\0')
		return ES_OK;
	ES_TRY(name_token(a, error));
	return es_jwt_signer_load(c->key_file, c->key_id, &a->signer, error);
}

static struct notify_apns_settings settings_of(const struct config *c)
{
	struct notify_apns_settings s = {
		.topic = c->topic, .push_type = c->push_type, .priority = c->priority, .payload = c->payload
	};

	s.urls[0] = strcmp(c->environment, "sandbox") == 0 ? c->sandbox_url : c->production_url;
	s.urls[1] = strcmp(c->environment, "unknown") == 0 ? c->sandbox_url : NULL;
	return s;
}

static es_status open(const struct notify_section *section, struct notify_account **out, struct es_buf *error)
{
	static const struct notify_push_ops ops = { .write = write, .read = read, .free = release };
	const struct config *c = section->config;
	const struct notify_apns_settings settings = settings_of(c);
	const char *fault = fault_of(c) != NULL ? fault_of(c) : notify_apns_fault(&settings);
	struct apns *a;

	if (fault != NULL) {
		es_put_str(error, fault);
		return ES_MALFORMED;
	}
	if ((a = calloc(1, sizeof *a)) == NULL)
		return ES_TOO_LARGE;
	a->config = c;
	a->settings = settings;
	a->vault = section->vault;
	notify_credential_init(&a->credential, ask, a);
	a->push.ops = &ops;
	a->push.credential = c->key_file[0] != '\0' ? &a->credential : NULL;
	a->push.settles_credential = true;
	const es_status status = begin(a, section, error);
	if (status == ES_OK)
		*out = &a->push.account;
	else
		notify_push_end(&a->push);
	return status;
}

const struct notify_kind notify_kind_apns = {
	.name = "apns", .keys = keys, .key_count = ES_COUNT(keys), .size = sizeof(struct config), .open = open
};
