/* es_peer.c -- settings judged, a target made of them, requests with the peer's token. */
#include "es_peer.h"

#include <assert.h>
#include <string.h>

static bool is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool is_plain(const char *url)
{
	return strncmp(url, "http://", 7) == 0;
}

bool es_peer_is_url(const char *url)
{
	return (is_plain(url) || strncmp(url, "https://", 8) == 0) && strlen(url) <= ES_PEER_URL_MAX;
}

const char *es_peer_fault(const struct es_peer_settings *s, bool needs_url)
{
	const bool has_url = is_set(s->url);

	if ((has_url || needs_url) && (!has_url || !es_peer_is_url(s->url)))
		return has_url && strlen(s->url) > ES_PEER_URL_MAX ? "url is too long" : "url begins with https:// or http://";
	if (is_set(s->cert_file) != is_set(s->key_file))
		return "cert_file and key_file belong together";
	if (is_set(s->token_url) &&
	    (!es_peer_is_url(s->token_url) || !is_set(s->client_id) || !is_set(s->client_secret_file)))
		return "token_url is an https:// or http:// URL, and needs client_id and client_secret_file";
	if (s->http2 && !(has_url && is_plain(s->url)))
		return "http2 is for http:// alone: https:// agrees on it by itself";
	return NULL;
}

/* ---- life ---- */

static const char *or_null(const char *text)
{
	return is_set(text) ? text : NULL;
}

es_status es_peer_target(struct es_fetcher *fetcher, const char *name, const struct es_peer_settings *s,
                         const char *url, struct es_fetch_target **out, struct es_buf *error)
{
	const struct es_fetch_target_options options = {
		.name = name,
		.ca_file = or_null(s->ca_file),
		.cert_file = or_null(s->cert_file),
		.key_file = or_null(s->key_file),
		.http2_prior_knowledge = s->http2 && url == s->url,
		.connections_max = s->connections_max,
		.plain_http = is_plain(url),
	};

	return es_fetch_target_new(fetcher, &options, out, error);
}

es_status es_peer_open(struct es_peer *peer, struct es_fetcher *fetcher, const char *name,
                       const struct es_peer_settings *s, struct es_buf *error)
{
	assert(es_peer_fault(s, false) == NULL);
	peer->name = name;
	peer->settings = s;
	es_peer_room_init(&peer->room, s->in_flight_max, s->breaker_failures, s->breaker_open);
	if (is_set(s->url))
		ES_TRY(es_peer_target(fetcher, name, s, s->url, &peer->target, error));
	return is_set(s->token_url) ? es_peer_token_new(fetcher, s, name, &peer->token, error) : ES_OK;
}

void es_peer_close(struct es_peer *peer)
{
	if (peer->name == NULL)
		return;
	es_peer_token_free(peer->token);
	es_peer_room_destroy(&peer->room);
	*peer = (struct es_peer){ .name = NULL };
}

/* ---- a question ---- */

void es_peer_prepare(struct es_peer *peer, int64_t deadline, es_peer_ready *ready, void *user)
{
	if (peer->token != NULL)
		es_peer_token_get(peer->token, deadline, ready, user);
	else
		ready("", "", user);
}

es_status es_peer_send(struct es_peer *peer, const char *bearer, const struct es_fetch_request *request,
                       es_fetch_done *done, void *user)
{
	struct es_fetch_header headers[ES_PEER_HEADERS_MAX + 1];
	struct es_fetch_request carried = *request;

	assert(request->header_count <= ES_PEER_HEADERS_MAX);
	if (peer->target == NULL)
		return ES_UNAVAILABLE;
	if (request->header_count > 0)
		memcpy(headers, request->headers, request->header_count * sizeof headers[0]);
	if (bearer[0] != '\0')
		headers[carried.header_count++] = (struct es_fetch_header){ "Authorization", bearer };
	carried.headers = headers;
	return es_fetch(peer->target, &carried, done, user);
}

bool es_peer_refused(struct es_peer *peer)
{
	if (peer->token != NULL)
		es_peer_token_drop(peer->token);
	return peer->token != NULL;
}
