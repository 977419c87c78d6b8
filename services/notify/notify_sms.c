/* notify_sms.c -- asks the operator's SMS gateway over lib/fetch. */
#include "notify_sms.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_secret.h"
#include "es_text.h"
#include "notify_sms_body.h"

#define BODY_MAX 16384
#define ANSWER_MAX 16384
#define SPARE_MS 200 /* of the caller's time, for the way back */

enum { RESULT_ACCEPTED, RESULT_REFUSED, RESULT_UNREACHABLE };
static const char *const results[] = { "accepted", "refused", "unreachable" };
ES_METRIC_COUNTER(texts, "openes_notify_sms_total", "SMS handed to the operator's gateway, by its answer", "result",
                  results);

struct notify_sms {
	struct notify_sms_options options;
	struct es_fetcher *fetcher;
	struct es_fetch_target *target;
	struct es_buf authorization; /* empty: none */
	bool is_json;
};

void notify_sms_metrics(void)
{
	es_metric_register(&texts);
}

/* ---- start ---- */

static es_status make_basic(struct notify_sms *sms, struct es_buf *error)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf pair;

	es_buf_init(&pair, 2048);
	es_put_printf(&pair, "%s:", sms->options.user);
	ES_TRY(es_secret_text_load(sms->options.password_file, &pair, error));
	es_put_str(&sms->authorization, "Basic ");
	es_base64_encode(es_buf_slice(&pair), &sms->authorization);
	return ES_OK;
}

static es_status make_authorization(struct notify_sms *sms, struct es_buf *error)
{
	const struct notify_sms_options *o = &sms->options;

	es_buf_init(&sms->authorization, 8192);
	if (o->bearer_file[0] != '\0') {
		es_put_str(&sms->authorization, "Bearer ");
		ES_TRY(es_secret_text_load(o->bearer_file, &sms->authorization, error));
	} else if (o->user[0] != '\0') {
		ES_TRY(make_basic(sms, error));
	} else {
		return ES_OK;
	}
	es_put_u8(&sms->authorization, '\0');
	return es_buf_status(&sms->authorization);
}

static const char *fault_of(const struct notify_sms_options *o)
{
	if (strcmp(o->form, "json") != 0 && strcmp(o->form, "form") != 0)
		return "sms_form is json or form";
	if (!notify_sms_template_is_usable(o->body))
		return "sms_body names {to} and {text}";
	if ((o->user[0] == '\0') != (o->password_file[0] == '\0'))
		return "sms_user and sms_password_file come together";
	if (o->user[0] != '\0' && o->bearer_file[0] != '\0')
		return "sms_user or sms_bearer_file, not both";
	if (strncmp(o->url, "https://", 8) != 0 && !(o->plain_http && strncmp(o->url, "http://", 7) == 0))
		return "sms_url is an https URL; http only with sms_plain_http";
	return NULL;
}

static es_status start(struct notify_sms *sms, struct es_buf *error)
{
	const struct notify_sms_options *o = &sms->options;
	const char *fault = fault_of(o);

	if (fault != NULL) {
		es_put_str(error, fault);
		return ES_MALFORMED;
	}
	sms->is_json = strcmp(o->form, "json") == 0;
	ES_TRY(make_authorization(sms, error));
	ES_TRY(es_fetcher_start(&(struct es_fetcher_options){ .name = "notify-sms" }, &sms->fetcher, error));
	return es_fetch_target_new(sms->fetcher,
	                           &(struct es_fetch_target_options){ .name = "sms",
	                                                              .ca_file = o->ca_file[0] != '\0' ? o->ca_file : NULL,
	                                                              .plain_http = o->plain_http },
	                           &sms->target, error);
}

es_status notify_sms_start(const struct notify_sms_options *options, struct notify_sms **out, struct es_buf *error)
{
	struct notify_sms *sms = calloc(1, sizeof *sms);

	if (sms == NULL)
		return ES_TOO_LARGE;
	sms->options = *options;
	es_status status = options->url[0] != '\0' ? start(sms, error) : ES_OK;
	if (status != ES_OK) {
		notify_sms_stop(sms);
		return status;
	}
	*out = sms;
	return ES_OK;
}

void notify_sms_stop(struct notify_sms *sms)
{
	if (sms == NULL)
		return;
	es_fetcher_stop(sms->fetcher);
	es_buf_wipe(&sms->authorization);
	free(sms);
}

/* ---- one text ---- */

struct sending {
	notify_sms_done *done;
	void *user;
	struct es_trace trace;
	bool has_trace;
	char tenant[33], msisdn[17];
};

static void answered(const struct es_fetch_answer *answer, void *user)
{
	struct sending *s = user;
	bool accepted = answer->status == ES_OK && answer->code >= 200 && answer->code < 300;
	int result = accepted ? RESULT_ACCEPTED : answer->status == ES_OK ? RESULT_REFUSED : RESULT_UNREACHABLE;
	const struct es_field fields[] = { es_f_str("result", results[result]), es_f_str("tenant", s->tenant),
		                               es_f_id("msisdn", es_slice_str(s->msisdn)), es_f_i64("code", answer->code),
		                               es_f_str("why", accepted ? "" : answer->why) };

	es_count(&texts, (size_t)result);
	es_log_event(accepted ? ES_LOG_INFO : ES_LOG_WARN, s->has_trace ? &s->trace : NULL, "notify.sms", fields,
	             ES_COUNT(fields));
	s->done(accepted ? ES_OK : ES_UNAVAILABLE, accepted ? NULL : "the SMS gateway did not accept the text", s->user);
	free(s);
}

static struct sending *begin(const struct notify_sms_text *text, notify_sms_done *done, void *user)
{
	struct sending *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->done = done;
	s->user = user;
	if (text->trace != NULL) {
		s->trace = *text->trace;
		s->has_trace = true;
	}
	/* Both are bounded by whoever parsed them; what is longer is cut in the log alone. */
	if (text->tenant.len > 0)
		memcpy(s->tenant, text->tenant.ptr, text->tenant.len < 32 ? text->tenant.len : 32);
	memcpy(s->msisdn, text->msisdn.ptr, text->msisdn.len < 16 ? text->msisdn.len : 16);
	return s;
}

es_status notify_sms_send(struct notify_sms *sms, const struct notify_sms_text *text, notify_sms_done *done, void *user)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;
	int64_t own = es_wall_ms() + sms->options.timeout_ms, call = text->deadline - SPARE_MS;
	const struct es_fetch_header headers[] = {
		{ "Content-Type", sms->is_json ? "application/json" : "application/x-www-form-urlencoded" },
		{ "Authorization", (const char *)sms->authorization.ptr },
	};

	if (sms->target == NULL)
		return ES_UNAVAILABLE;
	es_buf_init(&body, BODY_MAX);
	notify_sms_body(sms->options.body, sms->is_json,
	                &(struct notify_sms_values){
						.to = text->msisdn, .from = es_slice_str(sms->options.sender), .text = text->text },
	                &body);
	ES_TRY(es_buf_status(&body));
	struct sending *s = begin(text, done, user);
	if (s == NULL)
		return ES_TOO_LARGE;
	es_status status = es_fetch(sms->target,
	                            &(struct es_fetch_request){ .method = "POST",
	                                                        .url = sms->options.url,
	                                                        .headers = headers,
	                                                        .header_count = sms->authorization.len > 0 ? 2 : 1,
	                                                        .body = es_buf_slice(&body),
	                                                        .answer_max = ANSWER_MAX,
	                                                        .deadline = own < call ? own : call,
	                                                        .trace = text->trace,
	                                                        .is_once = true,
	                                                        .is_secret = true },
	                            answered, s);
	if (status != ES_OK)
		free(s);
	return status;
}
