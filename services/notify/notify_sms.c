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
#include "notify_sms_parts.h"

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
		return "form is json or form";
	if (!notify_sms_template_is_usable(o->body))
		return "body names {to} and {text}";
	if (o->wake_body[0] != '\0' && !notify_sms_template_wakes(o->wake_body))
		return "wake_body names {to}, {udh} and {data}";
	if ((o->user[0] == '\0') != (o->password_file[0] == '\0'))
		return "user and password_file come together";
	if (o->user[0] != '\0' && o->bearer_file[0] != '\0')
		return "user or bearer_file, not both";
	if (strncmp(o->url, "https://", 8) != 0 && !(o->plain_http && strncmp(o->url, "http://", 7) == 0))
		return "url is an https URL; http only with plain_http";
	return NULL;
}

static es_status start(struct notify_sms *sms, struct es_buf *error)
{
	const struct notify_sms_options *o = &sms->options;
	const char *fault = fault_of(o);

	if (fault != NULL) {
		es_put_printf(error, "%s%s", o->prefix, fault);
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

/* ---- one SMS ---- */

struct sending {
	notify_told *told;
	void *user;
	struct es_trace trace;
	bool has_trace, is_text;
	char tenant[33], msisdn[17];
};

static struct notify_heard heard_of(const struct es_fetch_answer *answer)
{
	struct notify_heard heard = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_UNREACHABLE };

	if (answer->status == ES_OK)
		notify_sms_heard(answer->code, answer->retry_after_s, &heard);
	else
		es_slice_to_str_cut(es_slice_str(answer->why), heard.detail, sizeof heard.detail);
	return heard;
}

static void answered(const struct es_fetch_answer *answer, void *user)
{
	struct sending *s = user;
	const struct notify_heard heard = heard_of(answer);
	const bool accepted = heard.verdict == NOTIFY_ACCEPTED;
	const int result = accepted ? RESULT_ACCEPTED : answer->status == ES_OK ? RESULT_REFUSED : RESULT_UNREACHABLE;
	const struct es_field fields[] = { es_f_str("result", results[result]), es_f_str("tenant", s->tenant),
		                               es_f_id("msisdn", es_slice_str(s->msisdn)), es_f_i64("code", answer->code),
		                               es_f_str("why", accepted ? "" : answer->why) };

	es_count(&texts, (size_t)result);
	if (s->is_text)
		es_log_event(accepted ? ES_LOG_INFO : ES_LOG_WARN, s->has_trace ? &s->trace : NULL, "notify.sms", fields,
		             ES_COUNT(fields));
	s->told(&heard, s->user);
	free(s);
}

static struct sending *begin(struct es_slice tenant, struct es_slice msisdn, const struct es_trace *trace, bool is_text)
{
	struct sending *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->is_text = is_text;
	if (trace != NULL) {
		s->trace = *trace;
		s->has_trace = true;
	}
	/* Both are bounded by whoever parsed them; what is longer is cut in the log alone. */
	es_slice_to_str_cut(tenant, s->tenant, sizeof s->tenant);
	es_slice_to_str_cut(msisdn, s->msisdn, sizeof s->msisdn);
	return s;
}

static es_status post(struct notify_sms *sms, struct es_slice body, int64_t deadline, struct sending *s)
{
	const int64_t own = es_wall_ms() + sms->options.timeout_ms, call = deadline - SPARE_MS;
	const struct es_fetch_header headers[] = {
		{ "Content-Type", sms->is_json ? "application/json" : "application/x-www-form-urlencoded" },
		{ "Authorization", (const char *)sms->authorization.ptr },
	};
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = sms->options.url,
		                                      .headers = headers,
		                                      .header_count = sms->authorization.len > 0 ? 2 : 1,
		                                      .body = body,
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = own < call ? own : call,
		                                      .trace = s->has_trace ? &s->trace : NULL,
		                                      .is_once = s->is_text,
		                                      .is_secret = true };

	return es_fetch(sms->target, &request, answered, s);
}

static es_status send_body(struct notify_sms *sms, const char *template, const struct notify_sms_values *values,
                           int64_t deadline, struct sending *s)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;

	if (s == NULL)
		return ES_TOO_LARGE;
	es_buf_init(&body, BODY_MAX);
	notify_sms_body(template, sms->is_json, values, &body);
	es_status status = es_buf_status(&body);
	if (status == ES_OK)
		status = post(sms, es_buf_slice(&body), deadline, s);
	if (status != ES_OK)
		free(s);
	return status;
}

es_status notify_sms_send(struct notify_sms *sms, const struct notify_text *text, notify_told *told, void *user)
{
	const struct notify_sms_values values = { .to = text->msisdn,
		                                      .from = es_slice_str(sms->options.sender),
		                                      .text = text->text };

	if (sms->target == NULL)
		return ES_UNAVAILABLE;
	struct sending *s = begin(text->tenant, text->msisdn, text->trace, true);
	if (s != NULL) {
		s->told = told;
		s->user = user;
	}
	return send_body(sms, sms->options.body, &values, text->deadline, s);
}

/* ---- wake-ups ---- */

bool notify_sms_wakes(const struct notify_sms *sms)
{
	return sms->target != NULL && sms->options.wake_body[0] != '\0';
}

es_status notify_sms_send_wake(struct notify_sms *sms, const struct notify_message *message, notify_told *told,
                               void *user)
{
	const struct notify_wake_form form = { .coding = WAKE_BINARY, .port = (uint16_t)sms->options.wake_port };
	struct notify_sms_parts parts;
	char udh[NOTIFY_SMS_PART_MAX * 2 + 1], data[NOTIFY_SMS_PART_MAX * 2 + 1];

	if (!notify_sms_wakes(sms))
		return ES_UNSUPPORTED;
	ES_TRY(notify_sms_wake(&form, message->imsi, message->apps, message->app_count, 0, &parts));
	if (parts.count > 1)
		return ES_TOO_LARGE;
	const struct notify_sms_part *part = &parts.part[0];
	es_hex_encode(es_slice_of(part->octets, part->udh_len), udh);
	es_hex_encode(es_slice_of(part->octets + part->udh_len, part->len - part->udh_len), data);
	const struct notify_sms_values values = { .to = message->address,
		                                      .from = es_slice_str(sms->options.sender),
		                                      .udh = es_slice_str(udh),
		                                      .data = es_slice_str(data) };
	struct sending *s = begin(es_slice_str(message->tenant), message->address, &message->trace, false);
	if (s != NULL) {
		s->told = told;
		s->user = user;
	}
	return send_body(sms, sms->options.wake_body, &values, message->deadline, s);
}
