/* es_fetch_request.c -- one request: checked, copied, and put into a libcurl handle. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_fetch_int.h"

#define ANSWER_DEFAULT 65536
#define AHEAD_MAX_MS 3600000
#define UNACKNOWLEDGED_MS 5000
#define PASSED_OVER_MAX (1U << 20)

/* ---- checks ---- */

static void url_done(CURLU **url)
{
	curl_url_cleanup(*url);
}

static bool url_is_allowed(const struct es_fetch_target *target, const char *url)
{
	ES_CLEANUP(url_done) CURLU *parsed = curl_url();
	char *scheme = NULL;
	size_t len = strlen(url);

	if (parsed == NULL || len == 0 || len > FETCH_URL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (url[i] <= ' ' || url[i] >= 0x7f)
			return false;
	}
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return false;
	bool allowed = strcmp(scheme, "https") == 0 || (target->options.plain_http && strcmp(scheme, "http") == 0);
	curl_free(scheme);
	return allowed;
}

/* A token of RFC 9110 5.6.2, and a value without control characters. */
static bool header_is_valid(const struct es_fetch_header *header)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (header->name[0] == '\0' || header->name[strspn(header->name, token)] != '\0')
		return false;
	for (const char *c = header->value; *c != '\0'; c++) {
		if ((*c > 0 && *c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	}
	return true;
}

/* ---- what libcurl calls ---- */

/* What is too large is passed over for a while before the transfer is broken off: libcurl 7.88 may leave a connection that
 * others share in disorder when one of its streams is. */
static size_t pass_over(struct fetch_job *job, size_t len)
{
	job->is_too_large = true;
	job->passed_over += len;
	if (job->passed_over <= PASSED_OVER_MAX)
		return len;
	(void)curl_easy_setopt(job->easy, CURLOPT_FORBID_REUSE, 1L);
	return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *userp)
{
	struct fetch_job *job = userp;

	es_put_bytes(&job->body, es_slice_of(data, size * count));
	return job->body.bad ? pass_over(job, size * count) : size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *userp)
{
	struct fetch_job *job = userp;
	size_t len = size * count;

	job->header_octets += len;
	if (job->header_octets > FETCH_HEADERS_MAX)
		return pass_over(job, len);
	fetch_header_read(job, es_slice_of(data, len), es_wall_ms() / 1000);
	return len;
}

static int on_connect(void *userp, curl_socket_t fd, curlsocktype purpose)
{
	unsigned limit = UNACKNOWLEDGED_MS;

	(void)userp;
	(void)purpose;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
	return CURL_SOCKOPT_OK;
}

/* ---- the handle ---- */

/* A bare "Name:" makes libcurl leave out what it would send by itself. */
static es_status add_line(struct fetch_job *job, const char *line)
{
	struct curl_slist *longer = line == NULL ? NULL : curl_slist_append(job->headers, line);

	if (longer == NULL)
		return ES_TOO_LARGE;
	job->headers = longer;
	return ES_OK;
}

static es_status add_headers(struct fetch_job *job, const struct es_fetch_request *request)
{
	bool has_type = false;

	for (size_t i = 0; i < request->header_count; i++) {
		const struct es_fetch_header *h = &request->headers[i];
		if (!header_is_valid(h))
			return ES_MALFORMED;
		has_type = has_type || strcasecmp(h->name, "content-type") == 0;
		/* "Name;" is libcurl's way to say a header without a value. */
		ES_TRY(add_line(job, h->value[0] == '\0' ? es_arena_printf(job->arena, "%s;", h->name)
		                                         : es_arena_printf(job->arena, "%s: %s", h->name, h->value)));
	}
	if (request->trace != NULL) {
		struct es_trace child = es_trace_child(request->trace);
		char text[ES_TRACEPARENT_SIZE];
		es_trace_format(&child, text);
		ES_TRY(add_line(job, es_arena_printf(job->arena, "traceparent: %s", text)));
	}
	if (!has_type)
		ES_TRY(add_line(job, "Content-Type:"));
	return add_line(job, "Expect:"); /* a server that does not know 100-continue costs a second */
}

/* Every option once: a failure of any is lack of memory, or a libcurl without it. */
#define SET(option, value) ok = ok && curl_easy_setopt(easy, CURLOPT_##option, value) == CURLE_OK

static bool set_peer(CURL *easy, const struct es_fetch_target_options *o)
{
	bool ok = true;

	SET(PROTOCOLS_STR, o->plain_http ? "http,https" : "https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(PIPEWAIT, 1L);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CA_CACHE_TIMEOUT, 60L);
	if (o->ca_file != NULL) {
		SET(CAINFO, o->ca_file);
		SET(CAPATH, NULL); /* or the system's would be trusted beside it */
	}
	if (o->cert_file != NULL) {
		SET(SSLCERT, o->cert_file);
		SET(SSLKEY, o->key_file);
	}
	SET(PROXY, "");
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(FOLLOWLOCATION, 0L);
	SET(DISALLOW_USERNAME_IN_URL, 1L);
	SET(TCP_KEEPALIVE, 1L);
	SET(TCP_KEEPIDLE, 30L);
	SET(TCP_KEEPINTVL, 10L);
	SET(SOCKOPTFUNCTION, on_connect);
	SET(NOSIGNAL, 1L);
	SET(QUICK_EXIT, 1L); /* do not wait for a name server when a request is given up */
	return ok;
}

static bool set_request(struct fetch_job *job, const struct es_fetch_request *request, struct es_slice body)
{
	CURL *easy = job->easy;
	bool ok = true;

	SET(URL, request->url);
	if (strcmp(request->method, "GET") == 0) {
		SET(HTTPGET, 1L);
	} else {
		SET(POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		SET(POSTFIELDS, body.len == 0 ? "" : (const char *)body.ptr);
		SET(CUSTOMREQUEST, request->method);
	}
	SET(FRESH_CONNECT, request->is_once ? 1L : 0L);
	SET(HTTPHEADER, job->headers);
	SET(USERAGENT, "openes/" OPENES_VERSION);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, job);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, job);
	SET(ERRORBUFFER, job->error);
	SET(PRIVATE, job);
	return ok;
}

static es_status fill(struct fetch_job *job, const struct es_fetch_request *request)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	size_t m = 0;

	while (m < ES_COUNT(methods) && strcmp(methods[m], request->method) != 0)
		m++;
	if (m == ES_COUNT(methods) || (m == 0 && request->body.len > 0) || !url_is_allowed(job->target, request->url))
		return ES_MALFORMED;
	ES_TRY(add_headers(job, request));
	struct es_slice body = es_arena_copy(job->arena, request->body);
	job->easy = curl_easy_init();
	if (body.len != request->body.len || job->easy == NULL || !set_peer(job->easy, &job->target->options) ||
	    !set_request(job, request, body))
		return ES_TOO_LARGE;
	if (job->target->options.http2_prior_knowledge && strncasecmp(request->url, "https:", 6) != 0 &&
	    !fetch_h2c_prepare(job))
		return ES_TOO_LARGE;
	return ES_OK;
}

es_status fetch_job_new(struct es_fetch_target *target, const struct es_fetch_request *request, es_fetch_done *done,
                        void *user, struct fetch_job **out)
{
	struct fetch_job *job = calloc(1, sizeof *job);
	int64_t ahead = request->deadline - es_wall_ms();

	if (job == NULL)
		return ES_TOO_LARGE;
	*job = (struct fetch_job){ .target = target, .done = done, .user = user, .is_secret = request->is_secret };
	job->note = request->note;
	job->retry_after_s = job->max_age_s = -1;
	job->started_us = es_mono_us();
	job->deadline = es_mono_ms() + (ahead < 0 ? 0 : ahead > AHEAD_MAX_MS ? AHEAD_MAX_MS : ahead);
	es_buf_init(&job->body, request->answer_max == 0 ? ANSWER_DEFAULT : request->answer_max);
	job->arena = es_arena_new(4096, request->body.len + 4 * (size_t)FETCH_HEADERS_MAX);
	if (job->arena != NULL && request->is_secret)
		es_arena_set_secret(job->arena);
	es_status status = job->arena == NULL ? ES_TOO_LARGE : fill(job, request);
	if (status != ES_OK)
		fetch_job_free(job);
	else
		*out = job;
	return status;
}

void fetch_job_free(struct fetch_job *job)
{
	curl_easy_cleanup(job->easy);
	for (struct curl_slist *line = job->headers; job->is_secret && line != NULL; line = line->next)
		es_wipe(line->data, strlen(line->data));
	curl_slist_free_all(job->headers);
	if (job->is_secret)
		es_buf_wipe(&job->body);
	else
		es_buf_free(&job->body);
	es_arena_free(job->arena);
	free(job);
}
