/* policy_bss_config.c -- the keys of `[bss NAME]`, sources made of them, and the life of the link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_secret.h"
#include "policy_bss_int.h"

#define FILE_MAX (1u << 20)
#define MAPPING_MAX 65536
#define WORKERS 8

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(bss, struct policy_bss_config, field, kind, fallback, min, max, help)
#define PEER(field, kind, fallback, min, max, help)                                                                    \
	ES_PEER_KEY(bss, struct policy_bss_config, peer, field, kind, fallback, min, max, help)

const struct es_conf_key policy_bss_keys[] = {
	PEER(url, ES_CONF_STRING, "", 0, 0,
	     "where a line is asked for, with {imsi}, {msisdn}, {number} (without the plus) and {tenant}; empty: never"),
	KEY(mapping, ES_CONF_STRING, "subscriber", 0, 0,
	    "what its answers mean: subscriber, tmf637, tmf638, or a file with a mapping"),
	ES_PEER_KEYS_TLS(bss, struct policy_bss_config, peer),
	ES_PEER_KEYS_TOKEN(bss, struct policy_bss_config, peer),
	PEER(timeout, ES_CONF_DURATION, "1500ms", 50, 20000, "time for one answer, a token included"),
	PEER(in_flight_max, ES_CONF_U32, "64", 1, 1024, "lines asked about at once; four times as many requests may wait"),
	PEER(connections_max, ES_CONF_U32, "32", 1, 256, "connections to it: questions beyond wait, within their time"),
	PEER(breaker_failures, ES_CONF_U32, "5", 1, 1000, "failures in a row after which it is left alone"),
	PEER(breaker_open, ES_CONF_DURATION, "10s", 50, 600000, "for how long, until one question tries again"),
	KEY(unknown_for, ES_CONF_DURATION, "60s", 0, 3600000,
	    "how long a line that neither it nor we know is not asked for again"),
	KEY(webhook_secret_file, ES_CONF_STRING, "", 0, 0, "file with the secret that signs its events; empty: none do"),
	KEY(webhook_old_secret_file, ES_CONF_STRING, "", 0, 0, "the one before, while it is being replaced"),
	KEY(webhook_window, ES_CONF_DURATION, "5m", 1000, 3600000, "how old a signed event may be"),
	KEY(file_mapping, ES_CONF_STRING, "subscriber", 0, 0, "what a row of its lists means"),
	KEY(product_mapping, ES_CONF_STRING, "tmf637", 0, 0, "what products in its events mean; empty: nothing"),
	KEY(service_mapping, ES_CONF_STRING, "tmf638", 0, 0, "what services in its events mean; empty: nothing"),
	KEY(customer_mapping, ES_CONF_STRING, "", 0, 0, "what customers in its events mean; empty: nothing"),
	KEY(hub_url, ES_CONF_STRING, "", 0, 0, "its hub, which is asked for events at the start; empty: none"),
	KEY(hub_callback, ES_CONF_STRING, "", 0, 0, "our URL that the hub is told, up to and without /listener"),
	KEY(hub_query, ES_CONF_STRING, "", 0, 0, "which events the hub is asked for; empty: all"),
};
const size_t policy_bss_key_count = ES_COUNT(policy_bss_keys);

static bool is_set(const char *text)
{
	return text[0] != '\0';
}

/* Braces hold names that are known, and nothing else. */
static bool is_template(const char *url)
{
	static const char *const known[] = { "{imsi}", "{msisdn}", "{number}", "{tenant}" };
	bool has_line = false;

	for (const char *c = strpbrk(url, "{}"); c != NULL; c = strpbrk(c + 1, "{")) {
		size_t i = 0;
		while (i < ES_COUNT(known) && strncmp(c, known[i], strlen(known[i])) != 0)
			i++;
		if (i == ES_COUNT(known))
			return false;
		has_line = has_line || i < 3;
	}
	return has_line;
}

static const char *fault_of(const struct policy_bss_config *c)
{
	const char *fault = es_peer_fault(&c->peer, false);

	if (is_set(c->peer.url) && (!es_peer_is_url(c->peer.url) || !is_template(c->peer.url)))
		return "url begins with https:// or http:// and names the line: {imsi}, {msisdn} or {number}";
	if (fault != NULL)
		return fault;
	if (is_set(c->webhook_old_secret_file) && !is_set(c->webhook_secret_file))
		return "webhook_old_secret_file needs webhook_secret_file";
	if (is_set(c->hub_url) && (!es_peer_is_url(c->hub_url) || !es_peer_is_url(c->hub_callback)))
		return "hub_url and hub_callback are https:// or http:// URLs, and come together";
	return NULL;
}

/* ---- what a section names ---- */

static es_status read_text(const char *path, struct es_buf *out)
{
	uint8_t room[4096];
	FILE *file = fopen(path, "re");
	size_t got;

	if (file == NULL)
		return ES_NOT_FOUND;
	while ((got = fread(room, 1, sizeof room, file)) > 0)
		es_put_bytes(out, es_slice_of(room, got));
	const bool is_bad = ferror(file) != 0;
	(void)fclose(file);
	return is_bad ? ES_NOT_FOUND : es_buf_status(out);
}

static es_status read_mapping(const char *key, const char *name, struct policy_bss_map **out, struct es_buf *error)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;
	const char *builtin = policy_bss_map_document(name);

	es_buf_init(&text, MAPPING_MAX);
	if (!is_set(name))
		return ES_OK;
	if (builtin != NULL)
		return policy_bss_map_parse(es_slice_str(builtin), out, error);
	if (read_text(name, &text) != ES_OK) {
		es_put_printf(error, "%s: the file %s cannot be read, or is larger than 64 KiB", key, name);
		return ES_NOT_FOUND;
	}
	es_put_printf(error, "%s, ", name);
	const size_t before = error->len;
	es_status status = policy_bss_map_parse(es_buf_slice(&text), out, error);
	if (status == ES_OK)
		error->len = before - strlen(name) - 2;
	return status;
}

static es_status read_mappings(struct policy_bss_source *s, struct es_buf *error)
{
	const struct policy_bss_config *c = s->config;

	ES_TRY(read_mapping("mapping", c->mapping, &s->map, error));
	ES_TRY(read_mapping("file_mapping", c->file_mapping, &s->file_map, error));
	ES_TRY(read_mapping("product_mapping", c->product_mapping, &s->events[POLICY_BSS_PRODUCT], error));
	ES_TRY(read_mapping("service_mapping", c->service_mapping, &s->events[POLICY_BSS_SERVICE], error));
	return read_mapping("customer_mapping", c->customer_mapping, &s->events[POLICY_BSS_CUSTOMER], error);
}

static es_status read_secrets(struct policy_bss_source *s, struct es_buf *error)
{
	const char *const files[POLICY_BSS_SECRETS] = { s->config->webhook_secret_file,
		                                            s->config->webhook_old_secret_file };

	for (size_t i = 0; i < POLICY_BSS_SECRETS; i++) {
		if (!is_set(files[i]))
			continue;
		ES_TRY(es_secret_text_load(files[i], &s->secrets[i], error));
		if (s->secrets[i].len < POLICY_BSS_SECRET_MIN) {
			es_put_printf(error, "%s: a secret that signs has 16 octets at least", files[i]);
			return ES_MALFORMED;
		}
	}
	return ES_OK;
}

static es_status fill(struct policy_bss_source *s, struct es_buf *error)
{
	const struct policy_bss_config *c = s->config;
	const char *fault = fault_of(c);

	if (fault != NULL) {
		es_put_str(error, fault);
		return ES_MALFORMED;
	}
	ES_TRY(read_mappings(s, error));
	ES_TRY(read_secrets(s, error));
	if (is_set(c->peer.url) && s->map == NULL) {
		es_put_str(error, "url needs a mapping");
		return ES_MALFORMED;
	}
	ES_TRY(es_peer_open(&s->peer, s->bss->fetcher, s->name, &c->peer, error));
	if (!is_set(c->hub_url))
		return ES_OK;
	return es_peer_target(s->bss->fetcher, s->name, &c->peer, c->hub_url, &s->hub, error);
}

static es_status add_source(struct policy_bss *bss, const struct es_conf_named *section, struct es_buf *error)
{
	char room[768];
	struct es_buf why;

	if (bss->source_count == POLICY_BSS_SOURCES_MAX) {
		es_put_printf(error, "more than %d sections", POLICY_BSS_SOURCES_MAX);
		return ES_TOO_LARGE;
	}
	struct policy_bss_source *s = &bss->sources[bss->source_count++];
	s->bss = bss;
	s->name = section->name;
	s->config = section->values;
	(void)pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < POLICY_BSS_SECRETS; i++)
		es_buf_init(&s->secrets[i], ES_SECRET_TEXT_MAX);
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status = fill(s, &why);
	if (status != ES_OK)
		es_put_printf(error, "%s, [bss %s], line %u: " ES_SLICE_FMT, bss->options.file, s->name, section->line,
		              ES_SLICE_ARG(es_buf_slice(&why)));
	return status;
}

/* ---- life ---- */

static es_status start(struct policy_bss *bss, struct es_buf *error)
{
	const struct es_conf_section kind = { "bss", policy_bss_keys, policy_bss_key_count,
		                                  sizeof(struct policy_bss_config), false };
	const struct es_conf_named *sections = NULL;
	size_t count = 0;
	struct es_conf_section *kept =
		(bss->arena = es_arena_new(0, FILE_MAX)) != NULL ? es_arena_alloc(bss->arena, sizeof *kept) : NULL;

	if (kept == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	*kept = kind; /* the sections point to it */
	ES_TRY(es_config_named_load(kept, 1, bss->options.file, bss->arena, &sections, &count, error));
	const struct es_fetcher_options fetcher = { .name = "policy-fetch", .in_flight_max = 4096 };
	ES_TRY(es_fetcher_start(&fetcher, &bss->fetcher, error));
	for (size_t i = 0; i < count; i++)
		ES_TRY(add_source(bss, &sections[i], error));
	bss->worker = es_worker_new("bss", WORKERS, policy_bss_waiting_max(bss) + 1);
	if (bss->worker == NULL) {
		es_put_str(error, "threads cannot be had");
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

es_status policy_bss_start(const struct policy_bss_options *options, struct policy_bss **out, struct es_buf *error)
{
	struct policy_bss *bss = calloc(1, sizeof *bss);

	if (bss == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	policy_bss_ask_metrics();
	bss->options = *options;
	(void)pthread_mutex_init(&bss->absent_lock, NULL);
	(void)pthread_rwlock_init(&bss->asking, NULL);
	es_status status = start(bss, error);
	if (status != ES_OK) {
		policy_bss_stop(bss);
		policy_bss_free(bss);
		return status;
	}
	*out = bss;
	return ES_OK;
}

void policy_bss_stop(struct policy_bss *bss)
{
	if (bss == NULL)
		return;
	(void)pthread_rwlock_wrlock(&bss->asking);
	bss->has_ended = true; /* whoever comes now is told that the source is away */
	(void)pthread_rwlock_unlock(&bss->asking);
	es_fetcher_stop(bss->fetcher);
	bss->fetcher = NULL;
	es_worker_stop(bss->worker);
}

void policy_bss_free(struct policy_bss *bss)
{
	if (bss == NULL)
		return;
	for (size_t i = 0; i < bss->source_count; i++) {
		struct policy_bss_source *s = &bss->sources[i];
		es_peer_close(&s->peer);
		policy_bss_map_free(s->map);
		policy_bss_map_free(s->file_map);
		for (size_t k = 0; k < POLICY_BSS_KINDS; k++)
			policy_bss_map_free(s->events[k]);
		for (size_t k = 0; k < POLICY_BSS_SECRETS; k++)
			es_buf_wipe(&s->secrets[k]);
		(void)pthread_mutex_destroy(&s->lock);
	}
	es_worker_free(bss->worker);
	es_arena_free(bss->arena);
	(void)pthread_mutex_destroy(&bss->absent_lock);
	(void)pthread_rwlock_destroy(&bss->asking);
	free(bss);
}

const struct policy_bss_source *policy_bss_find(const struct policy_bss *bss, const char *name)
{
	for (size_t i = 0; bss != NULL && i < bss->source_count; i++)
		if (strcmp(bss->sources[i].name, name) == 0)
			return &bss->sources[i];
	return NULL;
}
