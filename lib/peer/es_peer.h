/* es_peer.h -- an operator's system that we ask over HTTP: its settings, and what a question to it needs.
 *
 * A section of a peers file embeds the settings in its struct and names their keys in its table:
 *
 *   struct config { struct es_peer_settings peer; const char *colour; };
 *   static const struct es_conf_key keys[] = {
 *       ES_PEER_KEYS(smdp, struct config, peer, "what comes before /gsma"),
 *       ES_CONF(smdp, struct config, colour, ES_CONF_STRING, "", 0, 0, "..."),
 *   };
 *
 * es_peer_fault() judges them, es_peer_open() makes a peer. A question then goes: es_peer_enter(&peer->room), es_peer_prepare(),
 * in its callback es_peer_send(), in that one's es_peer_refused() where it was answered 401, es_peer_leave(&peer->room).
 * Any thread, but for opening and closing; nothing blocks. */
#ifndef ES_PEER_H
#define ES_PEER_H

#include "es_config.h"
#include "es_fetch.h"
#include "es_peer_room.h"
#include "es_peer_token.h"

#define ES_PEER_URL_MAX 1023 /* octets */

/* What a section has no key for is zero. Texts that are NULL or "" are not set. */
struct es_peer_settings {
	const char *url;
	const char *ca_file, *cert_file, *key_file;
	const char *token_url, *client_id, *client_secret_file, *scope;
	int64_t timeout;                         /* ms */
	uint32_t in_flight_max, connections_max; /* connections_max 0: as lib/fetch has it */
	uint32_t breaker_failures;               /* 0: no breaker */
	int64_t breaker_open;                    /* ms */
	bool http2;
};

/* ---- keys: one with words and bounds of the section's own, or the usual ones ---- */

/* clang-format off */
#define ES_PEER_KEY(section_name, type, member, field, kind_, fallback_, min_, max_, help_) \
	{ #section_name, #field, kind_, offsetof(type, member.field), fallback_, min_, max_, help_ }
#define ES_PEER_KEYS_TLS(section, type, member) \
	ES_PEER_KEY(section, type, member, ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificate; empty: the system's"), \
	ES_PEER_KEY(section, type, member, cert_file, ES_CONF_STRING, "", 0, 0, "our certificate for mutual TLS, PEM"), \
	ES_PEER_KEY(section, type, member, key_file, ES_CONF_STRING, "", 0, 0, "its private key, PEM")
#define ES_PEER_KEYS_TOKEN(section, type, member) \
	ES_PEER_KEY(section, type, member, token_url, ES_CONF_STRING, "", 0, 0, "token endpoint (OAuth 2.0 client credentials); empty: no token"), \
	ES_PEER_KEY(section, type, member, client_id, ES_CONF_STRING, "", 0, 0, "what that endpoint calls us"), \
	ES_PEER_KEY(section, type, member, client_secret_file, ES_CONF_STRING, "", 0, 0, "file with our secret there"), \
	ES_PEER_KEY(section, type, member, scope, ES_CONF_STRING, "", 0, 0, "scopes to ask for")
#define ES_PEER_KEYS_BREAKER(section, type, member) \
	ES_PEER_KEY(section, type, member, breaker_failures, ES_CONF_U32, "5", 0, 1000, "failures in a row after which it is left alone; 0: never"), \
	ES_PEER_KEY(section, type, member, breaker_open, ES_CONF_DURATION, "10s", 50, 600000, "for how long, until one request tries again")
/* All but a breaker's and http2. */
#define ES_PEER_KEYS(section, type, member, url_help) \
	ES_PEER_KEY(section, type, member, url, ES_CONF_STRING, NULL, 0, 0, url_help), \
	ES_PEER_KEYS_TLS(section, type, member), \
	ES_PEER_KEYS_TOKEN(section, type, member), \
	ES_PEER_KEY(section, type, member, timeout, ES_CONF_DURATION, "5s", 50, 60000, "time for one answer, a token included"), \
	ES_PEER_KEY(section, type, member, in_flight_max, ES_CONF_U32, "32", 1, 1024, "requests under way at once; more wait"), \
	ES_PEER_KEY(section, type, member, connections_max, ES_CONF_U32, "8", 1, 256, "connections to it")
/* clang-format on */

/* What does not go together; NULL: nothing. `needs_url`: it is always asked. */
const char *es_peer_fault(const struct es_peer_settings *settings, bool needs_url);
bool es_peer_is_url(const char *url); /* https:// or http://, at most ES_PEER_URL_MAX */

/* ---- a peer ---- */

/* To be read. */
struct es_peer {
	const char *name;
	const struct es_peer_settings *settings;
	struct es_fetch_target *target; /* NULL: the settings have no url */
	struct es_peer_token *token;    /* NULL: none is needed */
	struct es_peer_room room;
};

/* `peer` is zeroed; name and settings, which es_peer_fault() has seen, outlive it. What files lack is said in `error`, and
 * es_peer_close() still frees what was made. */
es_status es_peer_open(struct es_peer *peer, struct es_fetcher *fetcher, const char *name,
                       const struct es_peer_settings *settings, struct es_buf *error) ES_MUST_USE;
void es_peer_close(struct es_peer *peer); /* when the fetcher has ended; one that was not opened is fine */
/* Another URL of the same system, with the same identity. */
es_status es_peer_target(struct es_fetcher *fetcher, const char *name, const struct es_peer_settings *settings,
                         const char *url, struct es_fetch_target **out, struct es_buf *error) ES_MUST_USE;

/* What es_peer_send() is to be given, valid during the call: `bearer` NULL with `why` when none can be had, "" where none is
 * needed. Once, here or on the fetcher's thread; `deadline` is wall ms. */
typedef void es_peer_ready(const char *bearer, const char *why, void *user);
void es_peer_prepare(struct es_peer *peer, int64_t deadline, es_peer_ready *ready, void *user);

#define ES_PEER_HEADERS_MAX 12
/* es_fetch() with the bearer: as that in everything, `done` never runs when it fails. */
es_status es_peer_send(struct es_peer *peer, const char *bearer, const struct es_fetch_request *request,
                       es_fetch_done *done, void *user) ES_MUST_USE;
/* It answered 401: the next question is asked with a new token. False: there is none to renew. */
bool es_peer_refused(struct es_peer *peer);

#endif
