/* bench_smdp.c -- openes-bench-smdp: an SM-DP+ that costs as little as one can, so that a benchmark measures who orders from it.
 *
 *     openes-bench-smdp FOLDER [FRONT]
 *
 * ES2+ over mutual TLS (SGP.22 5.3) with ca.crt, server.crt and server.key of FOLDER, the LPA door of openes-phone and
 * GET /stats over TLS. With FRONT, https://HOST:PORT, each download is told there (client.crt, client.key), and answered when
 * it was taken. Prints "es2plus PORT" and "lpa PORT"; ends with its standard input. It has no memory for calls that are
 * repeated, and its stock never ends: tests/peers has the one for tests. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_fetch.h"
#include "es_http.h"
#include "es_json.h"
#include "es_log.h"
#include "es_text.h"

#include "bench_profiles.h"

enum {
	PATH_SIZE = 512,
	NOTICE_MS = 30000,
	NOTICES_MAX = 4096,
	NOTICE_CONNECTIONS = 16,
	INSTALLED = 4,
	ANSWER_MAX = 4096
};

static const char json_type[] = "application/json", address[] = "smdp.bench.example", service[] = "/gsma/rsp2/es2plus/";
static const struct es_json_limits limits = { 65536, 8, 256 };

static struct {
	struct bench_profiles *profiles;
	struct es_fetcher *fetcher;
	struct es_fetch_target *front; /* NULL: nobody is told */
	char front_url[PATH_SIZE];
	atomic_uint_fast64_t calls, busy_us; /* of all doors: from a request being there to what is done with it */
	atomic_uint_fast64_t notices, notices_failed;
} dp;

/* ---- answers ---- */

static void reply_json(struct es_http_request *http, unsigned status, struct es_buf *body)
{
	es_http_reply(http, es_buf_status(body) == ES_OK ? status : 500, json_type, es_buf_slice(body));
}

static void put_status(struct es_json_out *j, struct bench_refusal refusal)
{
	es_json_object(j, "header");
	es_json_object(j, "functionExecutionStatus");
	es_json_put_str(j, "status", refusal.subject == NULL ? "Executed-Success" : "Failed");
	if (refusal.subject != NULL) {
		es_json_object(j, "statusCodeData");
		es_json_put_str(j, "subjectCode", refusal.subject);
		es_json_put_str(j, "reasonCode", refusal.reason);
		es_json_end_object(j);
	}
	es_json_end_object(j);
	es_json_end_object(j);
}

/* ---- ES2+ ---- */

static struct es_slice member(const cJSON *body, const char *name)
{
	return es_slice_str(es_json_str(body, name));
}

static struct bench_refusal download_order(const cJSON *body, struct es_json_out *out)
{
	char iccid[BENCH_ICCID] = "", padded[BENCH_ICCID + 1];
	struct bench_refusal refusal = bench_profiles_order(dp.profiles, member(body, "eid"), iccid);

	(void)snprintf(padded, sizeof padded, "%sF", iccid); /* the last of 20 nibbles */
	if (refusal.subject == NULL)
		es_json_put_str(out, "iccid", padded);
	return refusal;
}

static struct bench_refusal confirm_order(const cJSON *body, struct es_json_out *out)
{
	bool release = false;

	(void)es_json_bool(body, "releaseFlag", &release);
	es_json_put(out, "matchingId", member(body, "matchingId"));
	es_json_put_str(out, "smdpAddress", address);
	return bench_profiles_confirm(dp.profiles, member(body, "iccid"), member(body, "eid"), member(body, "matchingId"),
	                              release);
}

static struct bench_refusal release_profile(const cJSON *body, struct es_json_out *out)
{
	(void)out;
	return bench_profiles_release(dp.profiles, member(body, "iccid"));
}

static struct bench_refusal cancel_order(const cJSON *body, struct es_json_out *out)
{
	(void)out;
	return bench_profiles_cancel(dp.profiles, member(body, "iccid"));
}

static const struct {
	const char *name;
	struct bench_refusal (*run)(const cJSON *body, struct es_json_out *out);
} functions[] = { { "downloadOrder", download_order },
	              { "confirmOrder", confirm_order },
	              { "releaseProfile", release_profile },
	              { "cancelOrder", cancel_order } };

static void serve_es2(struct es_http_request *http)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf text;
	struct es_slice path = es_http_path(http), name = { 0 };
	size_t i = 0;

	es_buf_init(&text, ANSWER_MAX);
	if (es_slice_starts_with(path, es_slice_str(service)))
		name = es_slice_sub(path, sizeof service - 1, path.len);
	while (i < ES_COUNT(functions) && !es_slice_eq_str(name, functions[i].name))
		i++;
	if (i == ES_COUNT(functions) || es_json_parse(es_http_body(http), limits, &tree) != ES_OK) {
		reply_json(http, i == ES_COUNT(functions) ? 404 : 400, &text);
		return;
	}
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	put_status(&j, functions[i].run(tree, &j));
	es_json_end_object(&j);
	es_http_set_header(http, "X-Admin-Protocol", "gsma/rsp/v2.5.0");
	reply_json(http, 200, &text);
}

/* ---- the LPA's door ---- */

static void reply_iccid(struct es_http_request *http, const char *iccid)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;

	es_buf_init(&text, ANSWER_MAX);
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "iccid", iccid);
	es_json_end_object(&j);
	reply_json(http, 200, &text);
}

static void refuse(struct es_http_request *http, unsigned status, const char *subject, const char *reason)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;
	char error[64];

	es_buf_init(&text, ANSWER_MAX);
	(void)snprintf(error, sizeof error, "%s/%s", subject, reason);
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "error", error);
	es_json_end_object(&j);
	reply_json(http, status, &text);
}

/* A download that waits for its notice to be taken. */
struct telling {
	struct es_http_request *http;
	char iccid[BENCH_ICCID];
};

static void told(const struct es_fetch_answer *answer, void *user)
{
	struct telling *t = user;

	atomic_fetch_add(&dp.notices, 1);
	if (answer->status != ES_OK || answer->code != 204)
		atomic_fetch_add(&dp.notices_failed, 1);
	reply_iccid(t->http, t->iccid);
	free(t);
}

static void write_notice(const char *iccid, struct es_slice eid, struct es_buf *out)
{
	char now[21], padded[BENCH_ICCID + 1];
	struct es_json_out j = es_json_to(out);

	es_time_iso8601(es_wall_ms(), now);
	(void)snprintf(padded, sizeof padded, "%sF", iccid);
	es_json_object(&j, NULL);
	es_json_object(&j, "header");
	es_json_put_str(&j, "functionRequesterIdentifier", address);
	es_json_put_str(&j, "functionCallIdentifier", iccid);
	es_json_end_object(&j);
	es_json_put(&j, "eid", eid);
	es_json_put_str(&j, "iccid", padded);
	es_json_put_str(&j, "timestamp", now);
	es_json_put_i64(&j, "notificationPointId", INSTALLED);
	es_json_object(&j, "notificationPointStatus");
	es_json_put_str(&j, "status", "Executed-Success");
	es_json_end_object(&j);
	es_json_end_object(&j);
}

static es_status tell_front(struct telling *t, struct es_slice eid)
{
	static const struct es_fetch_header headers[] = { { "Content-Type", "application/json" },
		                                              { "X-Admin-Protocol", "gsma/rsp/v2.5.0" } };
	ES_CLEANUP(es_buf_free) struct es_buf body;

	es_buf_init(&body, ANSWER_MAX);
	write_notice(t->iccid, eid, &body);
	ES_TRY(es_buf_status(&body));
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = dp.front_url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&body),
		                                      .deadline = es_wall_ms() + NOTICE_MS };
	return es_fetch(dp.front, &request, told, t);
}

static void finish_download(struct es_http_request *http, const char *iccid, struct es_slice eid)
{
	struct telling *t = dp.front == NULL ? NULL : calloc(1, sizeof *t);

	if (t != NULL) {
		t->http = http;
		memcpy(t->iccid, iccid, sizeof t->iccid);
		if (tell_front(t, eid) == ES_OK)
			return;
		atomic_fetch_add(&dp.notices_failed, 1);
		free(t);
	}
	reply_iccid(http, iccid);
}

/* "1$smdp.bench.example$MATCHING-ID" */
static void serve_download(struct es_http_request *http)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	char iccid[BENCH_ICCID] = "";

	if (es_json_parse(es_http_body(http), limits, &tree) != ES_OK) {
		refuse(http, 400, "no", "JSON");
		return;
	}
	struct es_slice rest = member(tree, "activation_code"), eid = member(tree, "eid");
	(void)es_slice_cut(&rest, '$');
	(void)es_slice_cut(&rest, '$');
	struct bench_refusal refusal = bench_profiles_fetch(dp.profiles, es_slice_cut(&rest, '$'), eid, iccid);
	if (refusal.subject != NULL)
		refuse(http, 409, refusal.subject, refusal.reason);
	else
		finish_download(http, iccid, eid);
}

static int64_t cpu_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void serve_stats(struct es_http_request *http)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;

	es_buf_init(&text, ANSWER_MAX);
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	es_json_put_i64(&j, "calls", (int64_t)atomic_load(&dp.calls));
	es_json_put_i64(&j, "busy_us", (int64_t)atomic_load(&dp.busy_us));
	es_json_put_i64(&j, "cpu_us", cpu_us());
	es_json_put_i64(&j, "ordered", (int64_t)bench_profiles_ordered(dp.profiles));
	es_json_put_i64(&j, "installed", (int64_t)bench_profiles_installed(dp.profiles));
	es_json_put_i64(&j, "notices", (int64_t)atomic_load(&dp.notices));
	es_json_put_i64(&j, "notices_failed", (int64_t)atomic_load(&dp.notices_failed));
	es_json_end_object(&j);
	reply_json(http, 200, &text);
}

static void serve_lpa(struct es_http_request *http)
{
	struct es_slice path = es_http_path(http);

	if (es_slice_eq_str(path, "/lpa/download"))
		serve_download(http);
	else if (es_slice_eq_str(path, "/stats"))
		serve_stats(http);
	else
		refuse(http, 404, "no", "door");
}

/* ---- starting and ending ---- */

static void handle(struct es_http_request *http, void *user)
{
	void (*serve)(struct es_http_request * http) = user == NULL ? serve_lpa : serve_es2;
	int64_t start_us = es_mono_us();

	serve(http);
	atomic_fetch_add(&dp.calls, 1);
	atomic_fetch_add(&dp.busy_us, (uint64_t)(es_mono_us() - start_us));
}

static struct es_http_server *open_door(const char *folder, bool is_es2, struct es_buf *error)
{
	static char files[2][3][PATH_SIZE];
	struct es_http_server *out = NULL;
	static const char *const names[] = { "server.crt", "server.key", "ca.crt" };

	for (size_t i = 0; i < ES_COUNT(names); i++)
		(void)snprintf(files[is_es2][i], PATH_SIZE, "%s/%s", folder, names[i]);
	const struct es_http_options options = { .name = is_es2 ? "es2plus" : "lpa",
		                                     .listen = "127.0.0.1:0",
		                                     .cert_file = files[is_es2][0],
		                                     .key_file = files[is_es2][1],
		                                     .client_ca_file = is_es2 ? files[is_es2][2] : NULL,
		                                     .handler = handle,
		                                     .user = is_es2 ? &dp : NULL };
	return es_http_start(&options, &out, error) == ES_OK ? out : NULL;
}

static es_status open_front(const char *folder, const char *url, struct es_buf *error)
{
	static char ca[PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE];
	const struct es_fetcher_options fetcher = { .name = "notices", .in_flight_max = NOTICES_MAX };
	const struct es_fetch_target_options target = {
		.name = "front", .ca_file = ca, .cert_file = cert, .key_file = key, .connections_max = NOTICE_CONNECTIONS
	};

	(void)snprintf(ca, sizeof ca, "%s/ca.crt", folder);
	(void)snprintf(cert, sizeof cert, "%s/client.crt", folder);
	(void)snprintf(key, sizeof key, "%s/client.key", folder);
	(void)snprintf(dp.front_url, sizeof dp.front_url, "%s%shandleDownloadProgressInfo", url, service);
	ES_TRY(es_fetcher_start(&fetcher, &dp.fetcher, error));
	return es_fetch_target_new(dp.fetcher, &target, &dp.front, error);
}

static void wait_for_end(void)
{
	char bytes[256];

	while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
		;
}

int main(int argc, char **argv)
{
	ES_CLEANUP(es_buf_free) struct es_buf error;
	const struct es_log_options quiet = { .service = "bench", .instance = "smdp", .level = ES_LOG_WARN };

	if (argc < 2) {
		(void)fputs("openes-bench-smdp FOLDER [FRONT]\n", stderr);
		return EXIT_FAILURE;
	}
	es_buf_init(&error, 1024);
	es_crypto_init();
	es_log_init(&quiet);
	dp.profiles = bench_profiles_new();
	bool is_told = argc < 3 || open_front(argv[1], argv[2], &error) == ES_OK;
	struct es_http_server *es2 = is_told ? open_door(argv[1], true, &error) : NULL,
						  *lpa = es2 != NULL ? open_door(argv[1], false, &error) : NULL;
	bool is_open = dp.profiles != NULL && lpa != NULL;
	if (is_open) {
		(void)printf("es2plus %u\nlpa %u\n", es_http_port(es2), es_http_port(lpa));
		(void)fflush(stdout);
		wait_for_end();
	} else {
		(void)fprintf(stderr, "openes-bench-smdp: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
	}
	es_fetcher_stop(dp.fetcher); /* answers what waits */
	es_http_stop(lpa, 1000);
	es_http_stop(es2, 1000);
	bench_profiles_free(dp.profiles);
	return is_open ? EXIT_SUCCESS : EXIT_FAILURE;
}
