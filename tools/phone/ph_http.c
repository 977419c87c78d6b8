/* ph_http.c -- libcurl with everything a phone does not have switched off: cookies jars, proxies, redirects. */
#include "ph_http.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "es_clock.h"

enum { BODY_MAX = 1 << 20, HEADER_MAX = 16384 };

struct ph_http {
	const struct ph_http_options *options;
	CURL *curl;
	struct es_buf body, cookie, location;
	struct ph_http_answer answer;
	char error[CURL_ERROR_SIZE];
};

bool ph_http_global_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void ph_http_global_done(void)
{
	curl_global_cleanup();
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct ph_http *http = user;
	es_put_bytes(&http->body, es_slice_of(data, size * count));
	return http->body.bad ? 0 : size * count;
}

static void copy_text(char *out, size_t size, struct es_slice text)
{
	size_t n = text.len < size ? text.len : size - 1;
	memcpy(out, text.ptr, n);
	out[n] = 0;
}

static void copy_first(struct es_buf *out, struct es_slice text)
{
	if (out->len == 0)
		es_put_bytes(out, text);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct ph_http *http = user;
	struct es_slice rest = es_slice_trim(es_slice_of(data, size * count));

	if (es_slice_starts_with(rest, ES_SLICE_LIT("HTTP/"))) {
		(void)es_slice_cut(&rest, ' ');
		(void)es_slice_cut(&rest, ' ');
		copy_text(http->answer.reason, sizeof http->answer.reason, rest);
		return size * count;
	}
	struct es_slice name = es_slice_cut(&rest, ':'), value = es_slice_trim(rest);
	if (value.ptr == NULL)
		return size * count;
	if (es_slice_eq_nocase(name, ES_SLICE_LIT("Content-Type")))
		copy_text(http->answer.type, sizeof http->answer.type, value);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("Retry-After")))
		copy_text(http->answer.retry_after, sizeof http->answer.retry_after, value);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("Set-Cookie")))
		copy_first(&http->cookie, es_slice_trim(es_slice_cut(&value, ';')));
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("Location")))
		copy_first(&http->location, value);
	return size * count;
}

static bool set_up(struct ph_http *http)
{
	const struct ph_http_options *o = http->options;
	CURL *c = http->curl;
	bool ok = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;

	ok = ok && curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_USERAGENT, o->user_agent) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_ERRORBUFFER, http->error) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_WRITEDATA, http) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_HEADERDATA, http) == CURLE_OK;
	ok = ok && (o->ca == NULL || curl_easy_setopt(c, CURLOPT_CAINFO, o->ca) == CURLE_OK);
	ok = ok && (!o->gzip || curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK);
	return ok && curl_easy_setopt(c, CURLOPT_FORBID_REUSE, o->reconnect ? 1L : 0L) == CURLE_OK;
}

struct ph_http *ph_http_new(const struct ph_http_options *options)
{
	struct ph_http *http = calloc(1, sizeof *http);
	if (http == NULL)
		return NULL;
	http->options = options;
	http->curl = curl_easy_init();
	es_buf_init(&http->body, BODY_MAX);
	es_buf_init(&http->cookie, HEADER_MAX);
	es_buf_init(&http->location, HEADER_MAX);
	if (http->curl != NULL && set_up(http))
		return http;
	ph_http_free(http);
	return NULL;
}

void ph_http_free(struct ph_http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	es_buf_free(&http->body);
	es_buf_free(&http->cookie);
	es_buf_free(&http->location);
	free(http);
}

/* Adds "name: value" to the list; false when out of memory, with the list as it was. */
static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[512];
	struct es_buf b;

	if (value == NULL)
		return true;
	es_buf_init_fixed(&b, line, sizeof line);
	es_put_printf(&b, "%s: %s", name, value);
	es_put_u8(&b, 0);
	struct curl_slist *longer = b.bad ? NULL : curl_slist_append(*list, line);
	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static bool prepare(struct ph_http *http, const struct ph_http_request *r, struct curl_slist **headers)
{
	CURL *c = http->curl;
	bool ok = add_header(headers, "Accept", r->accept);

	ok = ok && add_header(headers, "Accept-Language", http->options->language);
	ok = ok && (!r->is_post || add_header(headers, "Content-Type", r->content_type));
	ok = ok && curl_easy_setopt(c, CURLOPT_HTTPHEADER, *headers) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_URL, r->url) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_COOKIE, r->cookie) == CURLE_OK;
	if (!r->is_post)
		return ok && curl_easy_setopt(c, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)r->body.len) == CURLE_OK;
	return ok && curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)r->body.ptr) == CURLE_OK;
}

const struct ph_http_answer *ph_http_send(struct ph_http *http, const struct ph_http_request *request)
{
	struct curl_slist *headers = NULL;
	struct ph_http_answer *answer = &http->answer;
	int64_t start = es_mono_us();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;

	*answer = (struct ph_http_answer){ 0 };
	http->error[0] = 0;
	es_buf_reset(&http->body);
	es_buf_reset(&http->cookie);
	es_buf_reset(&http->location);
	if (prepare(http, request, &headers))
		code = curl_easy_perform(http->curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		answer->failure = http->error[0] != 0 ? http->error : curl_easy_strerror(code);
	else
		answer->status = (unsigned)status;
	answer->elapsed_us = es_mono_us() - start;
	answer->body = es_buf_slice(&http->body);
	answer->cookie = es_buf_slice(&http->cookie);
	answer->location = es_buf_slice(&http->location);
	(void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return answer;
}
