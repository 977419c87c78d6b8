/* policy_bss_hub.c -- asks a TM Forum hub for its events, once, when the process starts. Ending that is the operator's. */
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "policy_bss_int.h"

#define DEADLINE_MS 15000
#define BODY_MAX 4096

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	const struct policy_bss_source *s = user;

	/* A hub that keeps what it was told answers 409 to the same again. */
	if (answer->status == ES_OK && (answer->code / 100 == 2 || answer->code == 409))
		es_info(NULL, "bss.hub_registered", es_f_str("source", s->name), es_f_i64("code", answer->code));
	else
		es_error(NULL, "bss.hub_not_registered", es_f_str("source", s->name), es_f_str("why", answer->why),
		         es_f_i64("code", answer->code));
}

static es_status write_body(const struct policy_bss_config *config, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	es_json_put_str(&j, "callback", config->hub_callback);
	if (config->hub_query[0] != '\0')
		es_json_put_str(&j, "query", config->hub_query);
	es_json_end_object(&j);
	return es_buf_status(out);
}

static void send_request(struct policy_bss_source *s, const char *bearer)
{
	ES_CLEANUP(es_buf_free) struct es_buf body;
	const struct es_fetch_header headers[] = { { "Content-Type", "application/json" },
		                                       { "Accept", "application/json" },
		                                       { "Authorization", bearer } };

	es_buf_init(&body, BODY_MAX);
	es_status status = write_body(s->config, &body);
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = s->config->hub_url,
		                                      .headers = headers,
		                                      .header_count = bearer[0] != '\0' ? 3 : 2,
		                                      .body = es_buf_slice(&body),
		                                      .deadline = es_wall_ms() + DEADLINE_MS,
		                                      .is_once = true };
	if (status == ES_OK)
		status = es_fetch(s->hub, &request, on_answer, s);
	if (status != ES_OK)
		es_error(NULL, "bss.hub_not_registered", es_f_str("source", s->name), es_f_status(status));
}

static void on_token(const char *bearer, const char *why, void *user)
{
	struct policy_bss_source *s = user;

	if (bearer != NULL)
		send_request(s, bearer);
	else
		es_error(NULL, "bss.hub_not_registered", es_f_str("source", s->name), es_f_str("why", why));
}

void policy_bss_register(struct policy_bss *bss)
{
	for (size_t i = 0; i < bss->source_count; i++) {
		struct policy_bss_source *s = &bss->sources[i];
		if (s->hub == NULL)
			continue;
		es_peer_prepare(&s->peer, es_wall_ms() + DEADLINE_MS, on_token, s);
	}
}
