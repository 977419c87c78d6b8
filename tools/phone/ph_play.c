/* ph_play.c -- does what the walk says, waiting for each answer: requests, sheets, downloads, and what the user types. */
#include "ph_play.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_json.h"

#include "ph_keep.h"
#include "ph_lpa.h"
#include "ph_sheet.h"
#include "ph_trace.h"
#include "ph_walk.h"

enum { ARENA_MAX = 4 << 20, LPA_MAX = 16384, LINE_SIZE = 1024, REPORT_MAX = 65536 };

struct play {
	const struct ph_options *options;
	const struct ph_run *run;
	struct ph_trace story, *trace; /* NULL: silent */
	struct ph_phone phone;
	struct ph_conn *conn;
	struct ph_client *client;
	struct ph_server *lpa;
	struct ph_conn *lpa_conn;
	struct es_arena *arena;
	struct es_buf path, body; /* of what the LPA is asked */
	struct ph_walk walk;
	unsigned told, requests;
};

/* A line from the standard input without its end. False: there is none. */
static bool read_line(char line[LINE_SIZE])
{
	(void)fflush(stdout);
	if (fgets(line, LINE_SIZE, stdin) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = 0;
	return true;
}

/* ---- turns ---- */

static void take_ask(struct play *p)
{
	struct ph_walk *w = &p->walk;
	bool has_token = w->ask.proof == PH_PROOF_TOKEN && p->phone.token[0] != 0;

	if (w->ask.proof != PH_PROOF_NONE && !has_token && !p->run->has_keys) {
		const struct ph_outcome none = { .result = PH_GAVE_UP,
			                             .why = "this step wants a token, or a SIM: --imsi, --k, --opc" };
		ph_walk_heard(w, &none, p->arena);
		return;
	}
	const struct ph_http_request *request = ph_client_ask(p->client, &p->phone, &w->ask);
	while (request != NULL)
		request = ph_client_answer(p->client, ph_conn_ask(p->conn, request));
	const struct ph_outcome *o = ph_client_outcome(p->client);
	p->requests += o->requests;
	if (o->result == PH_DOCUMENT)
		ph_trace_document(p->trace, o->document, o->is_json, p->arena);
	ph_walk_heard(w, o, p->arena);
	es_arena_reset(p->arena);
}

/* Somebody else has the sheet in a browser, and types what it called. */
static void ask_for_call(struct play *p)
{
	char line[LINE_SIZE], method[64] = "", first[512] = "", second[256] = "";

	ph_trace_line(p->trace, "  What did the sheet call? An empty line is finishFlow(); --sheet auto walks through it.");
	if (!read_line(line)) {
		ph_walk_closed(&p->walk, "the sheet was not opened (--sheet auto walks through it)");
		return;
	}
	(void)sscanf(line, "%63[^(](%511[^,)],%255[^)])", method, first, second);
	ph_walk_called(&p->walk, method[0] == 0 ? "finishFlow" : method, first, second);
	ph_walk_closed(&p->walk, NULL);
}

static void take_sheet(struct play *p)
{
	ph_trace_line(p->trace, "\nA web sheet:");
	ph_sheet_tell(&p->walk.answer, p->trace);
	if (p->run->walks_sheets)
		ph_sheet_open(p->options, p->run, &p->walk, p->trace);
	else
		ask_for_call(p);
}

static struct ph_lpa_answer ask_lpa(struct play *p, const struct ph_http_request *request)
{
	struct ph_lpa_answer answer = { 0 };

	if (p->path.bad || p->body.bad)
		(void)snprintf(answer.why, sizeof answer.why, "the request does not fit in its buffer");
	else
		ph_lpa_read(ph_conn_ask(p->lpa_conn, request), &answer);
	ph_trace_line(p->trace, "  %s%s", answer.why[0] == 0 ? "Done" : answer.why,
	              answer.why[0] == 0 ? ", says the eUICC." : "");
	return answer;
}

static void take_download(struct play *p)
{
	const struct ph_download *d = &p->walk.download;
	const char *eid = p->walk.vars.at[PH_V_EID], *shown = p->walk.confirmation_code;
	const char *code = p->options->confirmation_code != NULL ? p->options->confirmation_code : shown;
	struct ph_lpa_answer answer = { 0 };

	ph_trace_line(p->trace, "\nThe eUICC %s downloads %s%s%s%s%s", eid, d->activation_code[0] != 0 ? "LPA:" : "",
	              d->activation_code, d->smdp_address[0] != 0 ? "from " : "", d->smdp_address,
	              d->iccid[0] != 0 ? ", ICCID " : "");
	if (d->iccid[0] != 0)
		ph_trace_line(p->trace, "  %s", d->iccid);
	if (p->lpa_conn == NULL) {
		ph_trace_line(p->trace, "  (not really: --lpa names a test SM-DP+)");
	} else {
		const struct ph_http_request request =
			ph_lpa_download(ph_url_path(p->options->lpa), d, eid, code, &p->path, &p->body);
		answer = ask_lpa(p, &request);
	}
	ph_walk_loaded(&p->walk, answer.iccid, answer.why[0] == 0 ? NULL : answer.why);
}

static void take_delete(struct play *p)
{
	struct ph_lpa_answer answer = { 0 };

	ph_trace_line(p->trace, "\nThe old device deletes the profile %s", p->walk.deleted);
	if (p->lpa_conn != NULL) {
		const struct ph_http_request request =
			ph_lpa_delete(ph_url_path(p->options->lpa), p->walk.deleted, "", &p->path, &p->body);
		answer = ask_lpa(p, &request);
	}
	ph_walk_erased(&p->walk, answer.why[0] == 0 ? NULL : answer.why);
}

static void take_typing(struct play *p)
{
	const struct ph_message *m = &p->walk.answer.message;
	char line[LINE_SIZE] = "";

	if (p->walk.typed == PH_V_OTP)
		ph_trace_line(p->trace, "\nThe code that came by SMS:");
	else
		ph_trace_line(p->trace, "\n%s%s%s (%s; an empty line declines)", m->title, m->title[0] == 0 ? "" : ": ",
		              m->text, m->hint);
	(void)read_line(line);
	ph_walk_typed(&p->walk, line);
}

static void take_wait(struct play *p)
{
	struct timespec left = { p->walk.wait_ms / 1000, p->walk.wait_ms % 1000 * 1000000 };

	ph_trace_line(p->trace, "\nWaits %.1f s", (double)p->walk.wait_ms / 1000);
	while (nanosleep(&left, &left) != 0)
		;
	ph_walk_waited(&p->walk);
}

/* ---- the story ---- */

static void tell_step(struct play *p)
{
	const struct ph_walk *w = &p->walk;
	const struct ph_step *step = ph_walk_step(w);

	if (p->told == w->at + 1)
		return;
	p->told = w->at + 1;
	ph_trace_line(p->trace, "\n== Step %u of %u: %s (%s)", w->at + 1, ph_flow_length(w->flow), step->does,
	              step->operation == NULL ? w->flow->app : step->operation);
}

static void (*const turns[])(struct play *p) = {
	[PH_TURN_ASK] = take_ask,       [PH_TURN_OPEN] = take_sheet,  [PH_TURN_DOWNLOAD] = take_download,
	[PH_TURN_DELETE] = take_delete, [PH_TURN_TYPE] = take_typing, [PH_TURN_WAIT] = take_wait,
};

static void play(struct play *p)
{
	struct ph_walk *w = &p->walk;

	while (w->turn != PH_TURN_DONE && w->turn != PH_TURN_FAILED) {
		tell_step(p);
		turns[w->turn](p);
	}
}

static void tell_end(struct play *p, int64_t elapsed_us)
{
	const struct ph_walk *w = &p->walk;
	const char *iccid = w->vars.at[PH_V_ICCID];

	if (w->turn == PH_TURN_DONE)
		ph_trace_line(p->trace, "\nThe flow %s came to its end after %u requests, %.1f ms in all.%s%s", w->flow->name,
		              p->requests, (double)elapsed_us / 1000, iccid[0] == 0 ? "" : " ICCID ", iccid);
	else
		ph_trace_line(p->trace, "\nThe flow %s ended in step %u of %u: %s.", w->flow->name, w->at + 1,
		              ph_flow_length(w->flow), w->why);
}

static es_status write_report(const struct play *p, int64_t elapsed_us)
{
	const struct ph_walk *w = &p->walk;
	bool is_done = w->turn == PH_TURN_DONE;
	ES_CLEANUP(es_buf_wipe) struct es_buf text;

	es_buf_init(&text, REPORT_MAX);
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "flow", w->flow->name);
	es_json_put_str(&j, "result", is_done ? "done" : "failed");
	es_json_put_str(&j, "why", is_done ? NULL : w->why);
	es_json_put_i64(&j, "step", is_done ? ph_flow_length(w->flow) : w->at + 1);
	es_json_put_i64(&j, "requests", p->requests);
	es_json_put_i64(&j, "elapsed_us", elapsed_us);
	es_json_put_bool(&j, "downloaded", w->was_downloaded);
	es_json_put_str(&j, "token", p->phone.token[0] == 0 ? NULL : p->phone.token);
	es_json_object(&j, "known");
	for (enum ph_var var = 0; var < PH_VARS; var++)
		if (w->vars.at[var][0] != 0)
			es_json_put_str(&j, ph_var_name(var), w->vars.at[var]);
	es_json_end_object(&j);
	es_json_put_str(&j, "activation_code", w->download.activation_code[0] == 0 ? NULL : w->download.activation_code);
	es_json_end_object(&j);
	es_put_u8(&text, '\n');
	ES_TRY(es_buf_status(&text));
	return ph_keep_text(p->options->json, es_buf_slice(&text));
}

/* ---- setting up ---- */

static bool open_lpa(struct play *p)
{
	ES_CLEANUP(es_buf_free) struct es_buf error;

	if (p->options->lpa == NULL)
		return true;
	es_buf_init(&error, 1024);
	if (ph_server_open(p->options->lpa, &p->run->lpa_http, &p->lpa, &error) == ES_OK)
		p->lpa_conn = ph_conn_new(p->lpa);
	if (p->lpa_conn == NULL)
		(void)fprintf(stderr, "openes-phone: --lpa: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
	return p->lpa_conn != NULL;
}

static bool set_up(struct play *p, struct ph_server *server)
{
	bool is_quiet = p->options->json != NULL && strcmp(p->options->json, "-") == 0;
	struct ph_vars vars;

	p->story = ph_trace_to(stdout);
	p->trace = is_quiet ? NULL : &p->story;
	p->story.amf = p->run->has_amf ? p->run->amf : NULL;
	p->conn = ph_conn_new(server);
	p->client = ph_client_new(&p->run->profile, p->trace);
	p->arena = es_arena_new(0, ARENA_MAX);
	es_buf_init(&p->path, LPA_MAX);
	es_buf_init(&p->body, LPA_MAX);
	ph_keep_init(p->options, p->run, &p->phone);
	ph_options_device(p->run, p->run->imsi.digits, 0, &vars);
	ph_walk_begin(&p->walk, p->run->flow, &vars);
	es_wipe(&vars, sizeof vars);
	p->walk.asks_max = p->run->polls;
	p->walk.wait_max_ms = p->run->wait_max_ms;
	if (p->conn != NULL && p->client != NULL && p->arena != NULL)
		return open_lpa(p) && ph_keep_load(p->options, &p->phone);
	(void)fputs("openes-phone: out of memory\n", stderr);
	return false;
}

static void play_done(struct play *p)
{
	ph_client_free(p->client);
	ph_conn_free(p->conn);
	ph_conn_free(p->lpa_conn);
	ph_server_close(p->lpa);
	es_arena_free(p->arena);
	es_buf_wipe(&p->path);
	es_buf_wipe(&p->body);
	es_wipe(p, sizeof *p);
}

static bool keep(const struct play *p, int64_t elapsed_us)
{
	if (!ph_keep_save(p->options, &p->phone, p->phone.token[0] != 0))
		return false;
	if (p->options->json == NULL || write_report(p, elapsed_us) == ES_OK)
		return true;
	(void)fprintf(stderr, "openes-phone: the report cannot be written to %s\n", p->options->json);
	return false;
}

int ph_play(const struct ph_options *options, const struct ph_run *run, struct ph_server *server)
{
	static struct play p;
	bool is_done = false;

	p = (struct play){ .options = options, .run = run };
	if (set_up(&p, server)) {
		int64_t start = es_mono_us();
		ph_trace_line(p.trace, "%s, TS.43 section %s: %s", run->flow->name, run->flow->section, run->flow->what);
		play(&p);
		int64_t elapsed_us = es_mono_us() - start;
		tell_end(&p, elapsed_us);
		is_done = keep(&p, elapsed_us) && p.walk.turn == PH_TURN_DONE;
	}
	play_done(&p);
	return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
