/* policy_sheet_peers.c -- the file of peers, and asking one of them. */
#include "policy_sheet_peers.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_config_named.h"
#include "es_crypto.h"
#include "es_secret.h"

#define FILE_ARENA (1u << 20)
#define PEERS_MAX 128

struct address_config {
	const char *url, *form, *ca_file, *cert_file, *key_file, *bearer_file;
	bool plain_http;
	int64_t deadline;
};
struct payment_config {
	const char *url, *key_file;
};

struct peer {
	const char *name;
	enum policy_peer_kind kind;
	const struct address_config *address; /* of all but payments */
	const struct payment_config *payment;
	enum policy_address_form form;
	struct es_fetch_target *target;
	struct es_buf authorization; /* "Bearer ..." and NUL; empty: none */
	uint8_t key[32];
};

struct policy_sheet_peers {
	struct es_arena *arena;
	struct es_fetcher *fetcher;
	struct peer peers[PEERS_MAX];
	size_t count;
};

#define ADDRESS(field, type, fallback, min, max, help)                                                                 \
	ES_CONF(address, struct address_config, field, type, fallback, min, max, help)
#define PAYMENT(field, type, fallback, min, max, help)                                                                 \
	ES_CONF(payment, struct payment_config, field, type, fallback, min, max, help)

static const struct es_conf_key address_keys[] = {
	ADDRESS(url, ES_CONF_STRING, NULL, 0, 0, "what is POSTed to"),
	ADDRESS(form, ES_CONF_STRING, "tmf673", 0, 0, "tmf673 or simple"),
	ADDRESS(ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificate; empty: the system's"),
	ADDRESS(cert_file, ES_CONF_STRING, "", 0, 0, "client certificate (PEM); empty: none"),
	ADDRESS(key_file, ES_CONF_STRING, "", 0, 0, "private key (PEM) of that certificate"),
	ADDRESS(bearer_file, ES_CONF_STRING, "", 0, 0, "file with a bearer token; empty: none"),
	ADDRESS(plain_http, ES_CONF_BOOL, "false", 0, 0, "http:// is allowed"),
	ADDRESS(deadline, ES_CONF_DURATION, "5s", 100, 20000, "time it has to answer"),
};
#define DOCUMENTS(field, type, fallback, min, max, help)                                                               \
	ES_CONF(documents, struct address_config, field, type, fallback, min, max, help)
static const struct es_conf_key documents_keys[] = {
	DOCUMENTS(url, ES_CONF_STRING, NULL, 0, 0, "what pictures are POSTed to"),
	DOCUMENTS(ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificate; empty: the system's"),
	DOCUMENTS(cert_file, ES_CONF_STRING, "", 0, 0, "client certificate (PEM); empty: none"),
	DOCUMENTS(key_file, ES_CONF_STRING, "", 0, 0, "private key (PEM) of that certificate"),
	DOCUMENTS(bearer_file, ES_CONF_STRING, "", 0, 0, "file with a bearer token; empty: none"),
	DOCUMENTS(plain_http, ES_CONF_BOOL, "false", 0, 0, "http:// is allowed"),
	DOCUMENTS(deadline, ES_CONF_DURATION, "5s", 100, 20000, "time it has to answer"),
};
static const struct es_conf_key payment_keys[] = {
	PAYMENT(url, ES_CONF_STRING, NULL, 0, 0, "where the person is sent with the order"),
	PAYMENT(key_file, ES_CONF_STRING, NULL, 0, 0, "64 hex digits: key of orders and results"),
};

/* ---- start ---- */

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static bool is_url(const char *url, bool plain)
{
	return strncmp(url, "https://", 8) == 0 || (plain && strncmp(url, "http://", 7) == 0);
}

static es_status start_address(struct policy_sheet_peers *peers, struct peer *peer, struct es_buf *error)
{
	const struct address_config *c = peer->address;
	bool is_address = peer->kind == POLICY_PEER_ADDRESS;
	bool is_simple = is_address && strcmp(c->form, "simple") == 0;

	if (is_address && !is_simple && strcmp(c->form, "tmf673") != 0) {
		es_put_printf(error, "[address %s]: form is tmf673 or simple", peer->name);
		return ES_MALFORMED;
	}
	if (!is_url(c->url, c->plain_http)) {
		es_put_printf(error, "[%s %s]: url is an https URL; http only with plain_http",
		              is_address ? "address" : "documents", peer->name);
		return ES_MALFORMED;
	}
	peer->form = is_simple ? POLICY_ADDRESS_SIMPLE : POLICY_ADDRESS_TMF673;
	if (c->bearer_file[0] != '\0') {
		es_put_str(&peer->authorization, "Bearer ");
		ES_TRY(es_secret_text_load(c->bearer_file, &peer->authorization, error));
		es_put_u8(&peer->authorization, '\0');
		ES_TRY(es_buf_status(&peer->authorization));
	}
	if (peers->fetcher == NULL)
		ES_TRY(es_fetcher_start(&(struct es_fetcher_options){ .name = "policy-sheets" }, &peers->fetcher, error));
	const struct es_fetch_target_options options = { .name = peer->name,
		                                             .ca_file = or_null(c->ca_file),
		                                             .cert_file = or_null(c->cert_file),
		                                             .key_file = or_null(c->key_file),
		                                             .plain_http = c->plain_http };
	return es_fetch_target_new(peers->fetcher, &options, &peer->target, error);
}

static es_status start_payment(struct peer *peer, struct es_buf *error)
{
	if (!is_url(peer->payment->url, true) || strpbrk(peer->payment->url, " \"'<>;,#") != NULL) {
		es_put_printf(error, "[payment %s]: url is an http or https URL without a fragment", peer->name);
		return ES_MALFORMED;
	}
	return es_secret_load(peer->payment->key_file, peer->key, error);
}

static enum policy_peer_kind kind_of(const char *name)
{
	if (strcmp(name, "address") == 0)
		return POLICY_PEER_ADDRESS;
	return strcmp(name, "documents") == 0 ? POLICY_PEER_DOCUMENTS : POLICY_PEER_PAYMENT;
}

static es_status read_peers(const char *path, struct policy_sheet_peers *peers, struct es_buf *error)
{
	const struct es_conf_section kinds[] = {
		{ "address", address_keys, ES_COUNT(address_keys), sizeof(struct address_config), false },
		{ "documents", documents_keys, ES_COUNT(documents_keys), sizeof(struct address_config), false },
		{ "payment", payment_keys, ES_COUNT(payment_keys), sizeof(struct payment_config), false },
	};
	const struct es_conf_named *sections;
	size_t count;

	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), path, peers->arena, &sections, &count, error));
	if (count > PEERS_MAX) {
		es_put_printf(error, "%s: more than %d peers", path, PEERS_MAX);
		return ES_MALFORMED;
	}
	for (size_t i = 0; i < count; i++) {
		struct peer *peer = &peers->peers[peers->count++];
		peer->name = sections[i].name;
		es_buf_init(&peer->authorization, ES_SECRET_TEXT_MAX + 16);
		peer->kind = kind_of(sections[i].section->kind);
		if (peer->kind != POLICY_PEER_PAYMENT) {
			peer->address = sections[i].values;
			ES_TRY(start_address(peers, peer, error));
		} else {
			peer->payment = sections[i].values;
			ES_TRY(start_payment(peer, error));
		}
	}
	return ES_OK;
}

es_status policy_sheet_peers_start(const char *path, struct policy_sheet_peers **out, struct es_buf *error)
{
	*out = NULL;
	if (path[0] == '\0')
		return ES_OK;
	struct policy_sheet_peers *peers = calloc(1, sizeof *peers);
	if (peers == NULL || (peers->arena = es_arena_new(0, FILE_ARENA)) == NULL) {
		free(peers);
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_status status = read_peers(path, peers, error);
	if (status != ES_OK)
		policy_sheet_peers_stop(peers);
	else
		*out = peers;
	return status;
}

void policy_sheet_peers_quit(struct policy_sheet_peers *peers)
{
	if (peers == NULL)
		return;
	es_fetcher_stop(peers->fetcher);
	peers->fetcher = NULL;
}

void policy_sheet_peers_stop(struct policy_sheet_peers *peers)
{
	if (peers == NULL)
		return;
	policy_sheet_peers_quit(peers);
	for (size_t i = 0; i < peers->count; i++) {
		es_buf_wipe(&peers->peers[i].authorization);
		es_wipe(peers->peers[i].key, sizeof peers->peers[i].key);
	}
	es_arena_free(peers->arena);
	free(peers);
}

/* ---- use ---- */

static const struct peer *find(const struct policy_sheet_peers *peers, const char *name, enum policy_peer_kind kind)
{
	for (size_t i = 0; peers != NULL && i < peers->count; i++)
		if (strcmp(peers->peers[i].name, name) == 0 && peers->peers[i].kind == kind)
			return &peers->peers[i];
	return NULL;
}

es_status policy_sheet_peers_form(const struct policy_sheet_peers *peers, const char *name,
                                  enum policy_address_form *out)
{
	const struct peer *peer = find(peers, name, POLICY_PEER_ADDRESS);

	if (peer == NULL)
		return ES_NOT_FOUND;
	*out = peer->form;
	return ES_OK;
}

es_status policy_sheet_peers_ask(const struct policy_sheet_peers *peers, enum policy_peer_kind kind, const char *name,
                                 struct es_slice body, int64_t until, const struct es_trace *trace, es_fetch_done *done,
                                 void *user)
{
	const struct peer *peer = find(peers, name, kind);

	if (peer == NULL)
		return ES_NOT_FOUND;
	const struct es_fetch_header headers[] = {
		{ "Content-Type", "application/json" },
		{ "Accept", "application/json" },
		{ "Authorization", (const char *)peer->authorization.ptr },
	};
	const int64_t own = es_wall_ms() + peer->address->deadline;
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = peer->address->url,
		                                      .headers = headers,
		                                      .header_count = peer->authorization.len > 0 ? 3 : 2,
		                                      .body = body,
		                                      .is_once = kind == POLICY_PEER_DOCUMENTS,
		                                      .is_secret = true,
		                                      .deadline = own < until ? own : until,
		                                      .trace = trace };
	return es_fetch(peer->target, &request, done, user);
}

es_status policy_sheet_peers_payment(const struct policy_sheet_peers *peers, const char *name,
                                     struct policy_payment_page *out)
{
	const struct peer *peer = find(peers, name, POLICY_PEER_PAYMENT);

	if (peer == NULL)
		return ES_NOT_FOUND;
	*out = (struct policy_payment_page){ peer->payment->url, peer->key };
	return ES_OK;
}
