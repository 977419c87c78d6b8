/* esim_smdp_config.c -- the keys of [smdp NAME], sections made of them, and what they say. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_config_named.h"
#include "es_text.h"
#include "esim_smdp_int.h"

#define FILE_MAX (1u << 20)
#define URL_ROOM 512

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(smdp, struct esim_smdp_config, field, kind, fallback, min, max, help)
#define PEER(field, kind, fallback, min, max, help)                                                                    \
	ES_PEER_KEY(smdp, struct esim_smdp_config, peer, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	PEER(url, ES_CONF_STRING, NULL, 0, 0, "what comes before /gsma/rsp2/es2plus"),
	ES_PEER_KEYS_TLS(smdp, struct esim_smdp_config, peer),
	ES_PEER_KEYS_TOKEN(smdp, struct esim_smdp_config, peer),
	PEER(timeout, ES_CONF_DURATION, "5s", 50, 60000, "time for one answer, a token included"),
	PEER(in_flight_max, ES_CONF_U32, "32", 1, 1024, "requests under way at once; more wait"),
	PEER(connections_max, ES_CONF_U32, "8", 1, 256, "connections to it"),
	PEER(breaker_failures, ES_CONF_U32, "5", 0, 1000, "failures in a row after which it is left alone; 0: never"),
	PEER(breaker_open, ES_CONF_DURATION, "10s", 50, 600000, "for how long, until one request tries again"),
	KEY(requester_id, ES_CONF_STRING, NULL, 0, 0, "functionRequesterIdentifier: what it calls us"),
	KEY(protocol, ES_CONF_STRING, "gsma/rsp/v2.5.0", 0, 0, "X-Admin-Protocol of our requests"),
	KEY(smdp_address, ES_CONF_STRING, NULL, 0, 0,
	    "its FQDN for phones, unless it tells another when an order is confirmed"),
	KEY(smds_address, ES_CONF_STRING, "", 0, 0, "FQDN of the SM-DS that it registers events at; empty: none"),
	KEY(notify_certificates, ES_CONF_STRING, "", 0, 0,
	    "SHA-256 fingerprints of the certificates that its notifications come with, comma-separated; empty: none come"),
	KEY(deleted_points, ES_CONF_STRING, "5", 0, 0, "its numbers of the notification that a profile was deleted"),
	KEY(enabled_points, ES_CONF_STRING, "101", 0, 0, "... enabled"),
	KEY(disabled_points, ES_CONF_STRING, "102", 0, 0, "... disabled"),
	KEY(lease, ES_CONF_DURATION, "30s", 100, 3600000,
	    "how much longer than a request an order is left to the process that sent it: to write what came of it"),
	KEY(retry_first, ES_CONF_DURATION, "2s", 10, 3600000, "pause before the second try; it doubles from then on"),
	KEY(retry_max, ES_CONF_DURATION, "5m", 10, 86400000, "longest pause between tries"),
	KEY(tries_max, ES_CONF_U32, "10", 1, 1000, "tries of one step before a person has to look"),
};

struct esim_smdp_section *esim_smdp_find(struct esim_smdp *smdp, const char *name)
{
	for (size_t i = 0; i < smdp->count; i++)
		if (strcmp(smdp->sections[i].name, name) == 0)
			return &smdp->sections[i];
	return NULL;
}

/* ---- what a section says ---- */

struct esim_pace esim_smdp_pace(struct esim_smdp *smdp, const char *name)
{
	const struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	if (s == NULL) /* the file may be mended, and the process started anew */
		return (struct esim_pace){ 60000, 600000, 30000, 5 };
	return (struct esim_pace){ s->config->retry_first, s->config->retry_max, s->config->peer.timeout + s->config->lease,
		                       s->config->tries_max };
}

const char *esim_smdp_fqdn(struct esim_smdp *smdp, const char *name)
{
	const struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	return s != NULL ? s->config->smdp_address : "";
}

const char *esim_smdp_smds(struct esim_smdp *smdp, const char *name)
{
	const struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	return s != NULL ? s->config->smds_address : "";
}

static bool has(const struct esim_smdp_section *s, const char *fingerprint)
{
	for (size_t i = 0; i < ESIM_SMDP_CERTIFICATES && s->certificates[i][0] != '\0'; i++)
		if (strcmp(s->certificates[i], fingerprint) == 0)
			return true;
	return false;
}

const char *esim_smdp_of_certificate(struct esim_smdp *smdp, const char *fingerprint)
{
	for (size_t i = 0; i < smdp->count; i++)
		if (has(&smdp->sections[i], fingerprint))
			return smdp->sections[i].name;
	return NULL;
}

bool esim_smdp_has_certificate(struct esim_smdp *smdp, const char *name, const char *fingerprint)
{
	const struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	return s != NULL && has(s, fingerprint);
}

enum esim_es2_event esim_smdp_event(struct esim_smdp *smdp, const char *name, uint32_t point)
{
	static const struct esim_es2_points none = { { 0 }, { 0 }, { 0 } };
	const struct esim_smdp_section *s = esim_smdp_find(smdp, name);

	return esim_es2_event(s != NULL ? &s->points : &none, point);
}

/* ---- sections made of a file ---- */

static bool is_fqdn(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")] == '\0' &&
	       strlen(text) < ESIM_CODE;
}

static const char *fault_of(const struct esim_smdp_config *c)
{
	const char *fault = es_peer_fault(&c->peer, true);

	if (fault != NULL)
		return fault;
	if (strlen(c->peer.url) > URL_ROOM || c->peer.url[strlen(c->peer.url) - 1] == '/')
		return "url is too long, or ends with '/'";
	if (c->requester_id[0] == '\0')
		return "requester_id is empty";
	if (strncmp(c->protocol, "gsma/rsp/v", 10) != 0)
		return "protocol begins with gsma/rsp/v";
	if (c->smdp_address[0] == '\0' || !is_fqdn(c->smdp_address) || !is_fqdn(c->smds_address))
		return "smdp_address and smds_address are host names, without scheme and port";
	return c->retry_first <= c->retry_max ? NULL : "retry_first is above retry_max";
}

/* As openssl and browsers print it, with or without colons, in either case. */
static es_status read_fingerprint(struct es_slice text, char out[ESIM_SMDP_FINGERPRINT + 1])
{
	uint8_t digits[ESIM_SMDP_FINGERPRINT], digest[ESIM_SMDP_FINGERPRINT / 2];
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == ':')
			continue;
		if (len == sizeof digits)
			return ES_MALFORMED;
		digits[len++] = text.ptr[i];
	}
	ES_TRY(es_hex_decode(es_slice_of(digits, len), digest, sizeof digest));
	es_hex_encode(es_slice_of(digest, sizeof digest), out);
	return ES_OK;
}

static es_status read_certificates(struct esim_smdp_section *s)
{
	struct es_slice rest = es_slice_str(s->config->notify_certificates);
	size_t count = 0;

	while (rest.len > 0) {
		if (count == ESIM_SMDP_CERTIFICATES)
			return ES_MALFORMED;
		ES_TRY(read_fingerprint(es_slice_trim(es_slice_cut(&rest, ',')), s->certificates[count++]));
	}
	return ES_OK;
}

static es_status fill(struct esim_smdp *smdp, struct esim_smdp_section *s, struct es_buf *error)
{
	const struct esim_smdp_config *c = s->config;
	const char *fault = fault_of(c);

	if (fault == NULL && read_certificates(s) != ES_OK)
		fault = "notify_certificates is at most 4 SHA-256 fingerprints: 64 hexadecimal digits, colons allowed";
	if (fault == NULL && (esim_es2_points_read(c->deleted_points, s->points.deleted) != ES_OK ||
	                      esim_es2_points_read(c->enabled_points, s->points.enabled) != ES_OK ||
	                      esim_es2_points_read(c->disabled_points, s->points.disabled) != ES_OK))
		fault = "deleted_points, enabled_points and disabled_points are at most 4 numbers from 5 on, comma-separated";
	if (fault != NULL) {
		es_put_str(error, fault);
		return ES_MALFORMED;
	}
	return es_peer_open(&s->peer, smdp->fetcher, s->name, &c->peer, error);
}

static es_status add(struct esim_smdp *smdp, const char *file, const struct es_conf_named *named, struct es_buf *error)
{
	char room[768];
	struct es_buf why;

	if (smdp->count == ESIM_SMDP_SECTIONS) {
		es_put_printf(error, "%s: more than %d sections", file, ESIM_SMDP_SECTIONS);
		return ES_TOO_LARGE;
	}
	struct esim_smdp_section *s = &smdp->sections[smdp->count++];
	s->name = named->name;
	s->config = named->values;
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status = fill(smdp, s, &why);
	if (status != ES_OK)
		es_put_printf(error, "%s, [smdp %s], line %u: " ES_SLICE_FMT, file, s->name, named->line,
		              ES_SLICE_ARG(es_buf_slice(&why)));
	return status;
}

static es_status start(struct esim_smdp *smdp, const char *file, struct es_buf *error)
{
	static const struct es_conf_section kinds[] = {
		{ "smdp", keys, ES_COUNT(keys), sizeof(struct esim_smdp_config), false },
		{ "bss", NULL, 0, 0, false },
	};
	const struct es_fetcher_options fetcher = { .name = "esim-smdp", .in_flight_max = 4096 };
	const struct es_conf_named *named = NULL;
	size_t count = 0;

	if (file[0] == '\0')
		return ES_OK;
	if ((smdp->arena = es_arena_new(0, FILE_MAX)) == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), file, smdp->arena, &named, &count, error));
	ES_TRY(es_fetcher_start(&fetcher, &smdp->fetcher, error));
	for (size_t i = 0; i < count; i++)
		if (named[i].values != NULL)
			ES_TRY(add(smdp, file, &named[i], error));
	return ES_OK;
}

es_status esim_smdp_start(const char *file, struct esim_smdp **out, struct es_buf *error)
{
	struct esim_smdp *smdp = calloc(1, sizeof *smdp);

	if (smdp == NULL)
		return ES_TOO_LARGE;
	esim_smdp_register();
	es_status status = start(smdp, file, error);
	if (status != ES_OK) {
		esim_smdp_stop(smdp);
		esim_smdp_free(smdp);
		return status;
	}
	*out = smdp;
	return ES_OK;
}

void esim_smdp_stop(struct esim_smdp *smdp)
{
	if (smdp != NULL)
		es_fetcher_stop(ES_TAKE(smdp->fetcher));
}

void esim_smdp_free(struct esim_smdp *smdp)
{
	if (smdp == NULL)
		return;
	for (size_t i = 0; i < smdp->count; i++)
		es_peer_close(&smdp->sections[i].peer);
	es_arena_free(smdp->arena);
	free(smdp);
}
