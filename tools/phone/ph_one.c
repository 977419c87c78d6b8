/* ph_one.c -- the one-phone mode: state in, exchange, state and token out, a last line that says how it went. */
#include "ph_one.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_json.h"

#include "ph_keep.h"
#include "ph_trace.h"

enum { REPORT_MAX = 4 << 20 };

static int complain(const char *what, const char *path, es_status status)
{
	(void)fprintf(stderr, "openes-phone: %s %s: %s\n", what, path, es_status_meaning(status));
	return EXIT_FAILURE;
}

static const char *result_name(enum ph_result result)
{
	static const char *const names[] = {
		[PH_DOCUMENT] = "document", [PH_REFUSED] = "refused", [PH_GAVE_UP] = "gave_up", [PH_NO_ANSWER] = "no_answer"
	};
	return names[result];
}

/* What a phone would do next, by status (TS.43 2.10). */
static const char *advice(unsigned status)
{
	switch (status) {
	case 302: return "the server wants OpenID Connect: a phone would open the location in a browser";
	case 403: return "a phone would not ask again until its SIM or its settings change";
	case 503: return "a phone would ask again after Retry-After";
	case 511: return "the token is not taken: a phone would authenticate with its SIM now";
	default: return NULL;
	}
}

static void tell(struct ph_trace *trace, const struct ph_outcome *o, int64_t elapsed_us)
{
	if (trace == NULL)
		return;
	if (o->result == PH_DOCUMENT)
		ph_trace_line(trace, "\nA document %s after %u request%s and %u challenge%s%s, %.1f ms in all.",
		              o->has_token ? "with a token" : "without a token", o->requests, o->requests == 1 ? "" : "s",
		              o->challenges, o->challenges == 1 ? "" : "s", o->resyncs > 0 ? " (with a resynchronisation)" : "",
		              (double)elapsed_us / 1000);
	else
		ph_trace_line(trace, "\nNo document: %s%s%s.", o->result == PH_REFUSED ? "the server answered " : "", o->why,
		              o->retry_after[0] != 0 ? ", with a Retry-After" : "");
	if (o->result == PH_REFUSED && advice(o->status) != NULL)
		ph_trace_line(trace, "%u: %s.", o->status, advice(o->status));
}

static es_status write_report(const char *path, const struct ph_outcome *o, const struct ph_phone *phone,
                              int64_t elapsed_us)
{
	ES_CLEANUP(es_buf_free) struct es_buf text = { 0 };

	es_buf_init(&text, REPORT_MAX);
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "result", result_name(o->result));
	es_json_put_str(&j, "why", o->result == PH_DOCUMENT ? NULL : o->why);
	es_json_put_i64(&j, "status", o->status);
	es_json_put_str(&j, "retry_after", o->retry_after[0] == 0 ? NULL : o->retry_after);
	es_json_put_i64(&j, "requests", o->requests);
	es_json_put_i64(&j, "challenges", o->challenges);
	es_json_put_i64(&j, "resynchronisations", o->resyncs);
	es_json_put_i64(&j, "elapsed_us", elapsed_us);
	es_json_put_str(&j, "token", o->has_token ? phone->token : NULL);
	if (o->result == PH_DOCUMENT) {
		es_json_put_i64(&j, "token_validity_s", o->token_validity_s);
		es_json_put_str(&j, "type", o->is_json ? PH_JSON : PH_XML);
		es_json_put(&j, "document", o->document);
	}
	es_json_end_object(&j);
	es_put_u8(&text, '\n');
	ES_TRY(es_buf_status(&text));
	return ph_keep_text(path, es_buf_slice(&text));
}

static void conn_done(struct ph_conn **conn)
{
	ph_conn_free(*conn);
}

static void client_done(struct ph_client **client)
{
	ph_client_free(*client);
}

static void phone_done(struct ph_phone *phone)
{
	es_wipe(phone, sizeof *phone);
}

/* The whole exchange, waiting for each answer. */
static const struct ph_outcome *exchange(struct ph_client *client, struct ph_conn *conn, struct ph_phone *phone,
                                         bool use_token)
{
	const struct ph_http_request *request = ph_client_begin(client, phone, use_token);

	while (request != NULL)
		request = ph_client_answer(client, ph_conn_ask(conn, request));
	return ph_client_outcome(client);
}

int ph_one(const struct ph_options *options, const struct ph_run *run, struct ph_server *server)
{
	bool is_quiet = options->json != NULL && strcmp(options->json, "-") == 0;
	struct ph_trace story = ph_trace_to(stdout), *trace = is_quiet ? NULL : &story;
	ES_CLEANUP(phone_done) struct ph_phone phone;
	ES_CLEANUP(conn_done) struct ph_conn *conn = ph_conn_new(server);
	ES_CLEANUP(client_done) struct ph_client *client = ph_client_new(&run->profile, trace);
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 4 << 20);

	ph_keep_init(options, run, &phone);
	if (conn == NULL || client == NULL || arena == NULL)
		return complain("cannot start", "the HTTP client", ES_TOO_LARGE);
	if (!ph_keep_load(options, &phone))
		return EXIT_FAILURE;

	int64_t start = es_mono_us();
	if (trace != NULL)
		trace->amf = run->has_amf ? run->amf : NULL;
	const struct ph_outcome *outcome = exchange(client, conn, &phone, options->token != NULL);
	int64_t elapsed_us = es_mono_us() - start;
	if (outcome->result == PH_DOCUMENT)
		ph_trace_document(trace, outcome->document, outcome->is_json, arena);
	tell(trace, outcome, elapsed_us);
	if (!ph_keep_save(options, &phone, outcome->has_token))
		return EXIT_FAILURE;
	es_status status = options->json == NULL ? ES_OK : write_report(options->json, outcome, &phone, elapsed_us);
	if (status != ES_OK)
		return complain("the report cannot be written to", options->json, status);
	bool came = outcome->result == PH_DOCUMENT && (outcome->has_token || options->token != NULL);
	return came ? EXIT_SUCCESS : EXIT_FAILURE;
}
