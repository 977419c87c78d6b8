/* auth_udm.c -- carries an ask to a UDM: token, request, answer. */
#include "auth_udm.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth_udm_json.h"
#include "auth_udm_token.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"

#define QUIET_MAX_S 30

struct source {
	char *name, *root, *instance;
	enum auth_udm_api api;
	int64_t timeout_ms;
	uint32_t in_flight_max;
	struct es_fetch_target *target;
	struct auth_udm_token *token; /* NULL: none is needed */

	pthread_mutex_t lock;
	uint32_t in_flight;
	int64_t quiet_until; /* mono ms: the UDM asked to be left alone until then */
};

/* One ask on its way. */
struct trip {
	struct source *source;
	struct auth_ask *ask;
	int64_t deadline;
	uint64_t token_number;
	bool is_second; /* with a new token */
};

/* ---- the end ---- */

static void finish(struct trip *trip, enum auth_source_answer answer)
{
	struct source *s = trip->source;
	struct auth_ask *ask = trip->ask;

	(void)pthread_mutex_lock(&s->lock);
	s->in_flight--;
	(void)pthread_mutex_unlock(&s->lock);
	free(trip);
	ask->done(ask, answer);
}

static void finish_away(struct trip *trip, const char *why)
{
	trip->ask->why = why;
	finish(trip, AUTH_SOURCE_AWAY);
}

/* A text of ours for the log; `why` may be libcurl's, which goes with its callback. */
static const char *kept(struct auth_ask *ask, const char *why)
{
	const char *copy = es_arena_strdup(ask->arena, es_slice_str(why));

	return copy == NULL ? "no answer" : copy;
}

/* ---- the answer ---- */

static void note_quiet(struct source *s, const struct es_fetch_answer *answer)
{
	if (answer->retry_after_s <= 0 || (answer->code != 429 && answer->code != 503))
		return;
	int64_t seconds = answer->retry_after_s < QUIET_MAX_S ? answer->retry_after_s : QUIET_MAX_S;
	(void)pthread_mutex_lock(&s->lock);
	s->quiet_until = es_mono_ms() + seconds * 1000;
	(void)pthread_mutex_unlock(&s->lock);
}

static void read_refusal(struct trip *trip, const struct es_fetch_answer *answer)
{
	char cause[AUTH_UDM_CAUSE_MAX + 1];

	auth_udm_read_cause(answer->body, cause);
	const char *why = es_arena_printf(trip->ask->arena, "%ld %s", answer->code, cause);
	trip->ask->why = why == NULL ? "an answer other than 200" : why;
	note_quiet(trip->source, answer);
	finish(trip, auth_udm_answer_of(answer->code, cause, trip->ask->is_resync, trip->source->token != NULL));
}

static void carry(struct trip *trip);

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct trip *trip = user;
	struct source *s = trip->source;
	const char *why = NULL;

	if (answer->status != ES_OK) {
		finish_away(trip, answer->status == ES_TIMEOUT ? "timeout" : kept(trip->ask, answer->why));
	} else if (answer->code == 200) {
		if (auth_udm_read_vector(s->api, trip->ask, answer->body, &trip->ask->vector, &why) == ES_OK)
			finish(trip, AUTH_SOURCE_VECTOR);
		else
			finish_away(trip, why);
	} else if (answer->code == 401 && s->token != NULL && !trip->is_second) {
		trip->is_second = true;
		auth_udm_token_drop(s->token, trip->token_number);
		carry(trip);
	} else {
		read_refusal(trip, answer);
	}
}

/* ---- the question ---- */

static void not_sent(struct trip *trip, es_status status)
{
	trip->ask->turned_away = status == ES_BUSY;
	finish_away(trip, status == ES_BUSY ? "too many requests under way" : "the request could not be made");
}

static void send_request(struct trip *trip, const char *bearer)
{
	const struct source *s = trip->source;
	uint8_t url_room[AUTH_UDM_URL_MAX], body_room[AUTH_UDM_BODY_MAX];
	const struct es_fetch_header headers[] = { { "Content-Type", "application/json" },
		                                       { "Accept", "application/json, application/problem+json" },
		                                       { "Authorization", bearer } };
	struct es_buf url, body;

	es_buf_init_fixed(&url, url_room, sizeof url_room);
	es_buf_init_fixed(&body, body_room, sizeof body_room);
	es_status status = auth_udm_write_url(s->api, s->root, trip->ask, &url);
	if (status == ES_OK)
		status = auth_udm_write_body(s->api, s->instance, trip->ask, &body);
	if (status == ES_OK) {
		const struct es_fetch_request request = { .method = "POST",
			                                      .url = (const char *)url.ptr,
			                                      .headers = headers,
			                                      .header_count = bearer == NULL ? 2 : 3,
			                                      .body = es_buf_slice(&body),
			                                      .answer_max = AUTH_UDM_ANSWER_MAX,
			                                      .deadline = trip->deadline,
			                                      .trace = trip->ask->trace,
			                                      .is_secret = true };
		status = es_fetch(s->target, &request, on_answer, trip);
	}
	es_wipe(body_room, sizeof body_room);
	if (status != ES_OK)
		not_sent(trip, status);
}

static void on_token(const char *token, uint64_t number, const char *why, void *user)
{
	struct trip *trip = user;
	char bearer[sizeof "Bearer " + AUTH_UDM_TOKEN_MAX];
	struct es_buf text;

	if (token == NULL) {
		finish_away(trip, kept(trip->ask, why));
		return;
	}
	trip->token_number = number;
	es_buf_init_fixed(&text, bearer, sizeof bearer);
	es_put_printf(&text, "Bearer %s", token);
	es_put_u8(&text, 0);
	send_request(trip, bearer);
	es_wipe(bearer, sizeof bearer);
}

static void carry(struct trip *trip)
{
	if (trip->source->token == NULL)
		send_request(trip, NULL);
	else
		auth_udm_token_get(trip->source->token, trip->deadline, trip->ask->trace, on_token, trip);
}

static const char *admit(struct source *s, struct auth_ask *ask)
{
	const char *why = NULL;

	(void)pthread_mutex_lock(&s->lock);
	if (es_mono_ms() < s->quiet_until)
		why = "it asked to be left alone for now";
	else if (s->in_flight >= s->in_flight_max)
		why = "too many asks under way", ask->turned_away = true;
	else
		s->in_flight++;
	(void)pthread_mutex_unlock(&s->lock);
	return why;
}

static void ask_udm(void *self, struct auth_ask *ask)
{
	struct source *s = self;
	int64_t latest = es_wall_ms() + s->timeout_ms;
	struct trip *trip = NULL;
	const char *why = auth_udm_unaskable(s->api, ask);

	if (why == NULL && (trip = malloc(sizeof *trip)) == NULL)
		why = "no memory";
	if (why == NULL)
		why = admit(s, ask);
	if (why != NULL) {
		free(trip);
		ask->why = why;
		ask->done(ask, AUTH_SOURCE_AWAY);
		return;
	}
	*trip = (struct trip){ .source = s, .ask = ask, .deadline = ask->deadline < latest ? ask->deadline : latest };
	carry(trip);
}

/* ---- the section ---- */

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(udm, struct auth_udm_config, field, kind, fallback, min, max, help)

const struct es_conf_key auth_udm_keys[] = {
	KEY(url, ES_CONF_STRING, NULL, 0, 0, "the UDM's apiRoot; http:// is HTTP/2 by prior knowledge"),
	KEY(api, ES_CONF_STRING, "hss", 0, 0, "hss: generate-av, AKA and AKA'; ausf: generate-auth-data, AKA' alone"),
	KEY(ca_file, ES_CONF_STRING, "", 0, 0, "CA of the UDM's and the NRF's certificates; empty: the system's"),
	KEY(cert_file, ES_CONF_STRING, "", 0, 0, "our certificate for mutual TLS, PEM"),
	KEY(key_file, ES_CONF_STRING, "", 0, 0, "its private key, PEM"),
	KEY(timeout, ES_CONF_DURATION, "3s", 100, 30000, "for one vector, the NRF's token included"),
	KEY(in_flight_max, ES_CONF_U32, "64", 1, 4096, "asks under way at once; more go to the next source"),
	KEY(connections_max, ES_CONF_U32, "8", 1, 256, "connections to the UDM"),
	KEY(nrf_token_url, ES_CONF_STRING, "", 0, 0, "the NRF's token endpoint, ending in /oauth2/token; empty: no token"),
	KEY(nf_instance_id, ES_CONF_STRING, "", 0, 0, "our NF instance id, a UUID: for the NRF, and for api = ausf"),
	KEY(nf_type, ES_CONF_STRING, "AUSF", 0, 0, "our NF type towards the NRF"),
	KEY(scope, ES_CONF_STRING, "nudm-ueau", 0, 0, "scope asked of the NRF"),
};
_Static_assert(ES_COUNT(auth_udm_keys) == AUTH_UDM_KEYS, "every key is counted");

static bool is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool is_http_url(const char *url)
{
	return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

/* RFC 4122 3: 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i = 0;

	for (; i < sizeof form - 1; i++) {
		bool fits =
			form[i] == '-' ? text[i] == '-' : text[i] != '\0' && strchr("0123456789abcdefABCDEF", text[i]) != NULL;
		if (!fits)
			return false;
	}
	return text[i] == '\0';
}

/* What is wrong with the section; NULL: nothing. */
static const char *fault_of(const struct auth_udm_config *c)
{
	bool is_ausf = strcmp(c->api, "ausf") == 0, needs_instance = is_ausf || is_set(c->nrf_token_url);

	if (!is_http_url(c->url))
		return "url must begin with https:// or http://";
	if (strlen(c->url) > AUTH_UDM_URL_MAX / 2)
		return "url is too long";
	if (!is_ausf && strcmp(c->api, "hss") != 0)
		return "api must be hss or ausf";
	if (is_set(c->cert_file) != is_set(c->key_file))
		return "cert_file and key_file belong together";
	if (is_set(c->nrf_token_url) && !is_http_url(c->nrf_token_url))
		return "nrf_token_url must begin with https:// or http://";
	if (needs_instance && !is_uuid(c->nf_instance_id))
		return "nf_instance_id must be a UUID";
	return NULL;
}

static es_status make_target(struct es_fetcher *fetcher, const struct auth_udm_config *c, const char *name,
                             const char *url, struct es_fetch_target **out, struct es_buf *error)
{
	bool is_plain = strncmp(url, "http:", 5) == 0;
	const struct es_fetch_target_options options = {
		.name = name,
		.ca_file = is_set(c->ca_file) ? c->ca_file : NULL,
		.cert_file = is_set(c->cert_file) ? c->cert_file : NULL,
		.key_file = is_set(c->key_file) ? c->key_file : NULL,
		.http2_prior_knowledge = is_plain,
		.plain_http = is_plain,
		.connections_max = c->connections_max,
	};

	return es_fetch_target_new(fetcher, &options, out, error);
}

static es_status make_token(struct es_fetcher *fetcher, const struct auth_udm_config *c, const char *name,
                            struct auth_udm_token **out, struct es_buf *error)
{
	const struct auth_udm_client client = { .instance = c->nf_instance_id, .nf_type = c->nf_type, .scope = c->scope };
	struct es_fetch_target *nrf = NULL;

	ES_TRY(make_target(fetcher, c, name, c->nrf_token_url, &nrf, error));
	return auth_udm_token_new(nrf, c->nrf_token_url, &client, out);
}

static void release(struct source *s)
{
	auth_udm_token_free(s->token);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->name);
	free(s->root);
	free(s->instance);
	free(s);
}

static es_status fill(struct source *s, struct es_fetcher *fetcher, const struct auth_udm_config *c, const char *name,
                      struct es_buf *error)
{
	s->api = strcmp(c->api, "ausf") == 0 ? AUTH_UDM_AUSF : AUTH_UDM_HSS;
	s->timeout_ms = c->timeout;
	s->in_flight_max = c->in_flight_max;
	s->name = strdup(name);
	s->root = strdup(c->url);
	s->instance = strdup(c->nf_instance_id);
	if (s->name == NULL || s->root == NULL || s->instance == NULL)
		return ES_TOO_LARGE;
	ES_TRY(make_target(fetcher, c, name, c->url, &s->target, error));
	return is_set(c->nrf_token_url) ? make_token(fetcher, c, name, &s->token, error) : ES_OK;
}

es_status auth_udm_new(struct es_fetcher *fetcher, const struct auth_udm_config *config, const char *name,
                       struct auth_source *out, struct es_buf *error)
{
	const char *fault = fault_of(config);
	struct source *s;

	if (fault != NULL) {
		es_put_printf(error, "[udm %s]: %s", name, fault);
		return ES_MALFORMED;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return ES_TOO_LARGE;
	(void)pthread_mutex_init(&s->lock, NULL);
	es_status status = fill(s, fetcher, config, name, error);
	if (status != ES_OK) {
		release(s);
		return status;
	}
	*out = (struct auth_source){ .name = s->name, .kind = "udm", .ask = ask_udm, .self = s };
	return ES_OK;
}

void auth_udm_free(struct auth_source *source)
{
	struct source *s = source->self;

	if (s == NULL)
		return;
	assert(s->in_flight == 0);
	*source = (struct auth_source){ .name = NULL };
	release(s);
}
