/* ctl_api.c -- HTTPS to the operators' API with libcurl. */
#include "ctl_api.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_slice.h"
#include "es_text.h"

#define ANSWER_MAX (8u << 20)
#define TOKEN_MAX 512
#define ATTEMPTS 3
#define WAIT_MAX_S 5u
#define CONNECT_MS 5000L
#define TOTAL_MS 60000L

struct ctl_api {
	CURL *curl;
	char *url; /* without '/' at its end */
	char authorization[32 + TOKEN_MAX];
	struct curl_slist *headers, *headers_json;
	struct es_buf answer;
	uint32_t retry_after_s;
	char trace[33];
	struct es_buf problem;
};

/* ---- opening ---- */

static bool is_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < ES_COUNT(names); i++) {
		size_t len = strlen(names[i]);
		if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':' || host[len] == '/'))
			return true;
	}
	return false;
}

static bool url_is_safe(const char *url)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return true;
	return strncasecmp(url, "http://", 7) == 0 && is_loopback(url + 7);
}

static es_status token_read(const struct ctl_api_options *options, char token[TOKEN_MAX + 1], struct es_buf *error)
{
	size_t n = 0;

	if (options->token_file != NULL) {
		FILE *file = fopen(options->token_file, "re");
		if (file == NULL) {
			es_put_printf(error,
			              "the credential cannot be read from %s (--token-file): check its name and who may read it",
			              options->token_file);
			return ES_MALFORMED;
		}
		setvbuf(file, NULL, _IONBF, 0); /* no second copy in a stream's buffer */
		n = fread(token, 1, TOKEN_MAX, file);
		(void)fclose(file);
	} else if (options->token != NULL) {
		n = strlen(options->token);
		if (n <= TOKEN_MAX)
			memcpy(token, options->token, n);
	}
	token[n <= TOKEN_MAX ? n : 0] = '\0';
	struct es_slice text = es_slice_trim(es_slice_str(token));
	if (text.len == 0) {
		es_put_str(error, "there is no credential: name a file with --token-file, or set OPENES_ADMIN_TOKEN");
		return ES_MALFORMED;
	}
	memmove(token, text.ptr, text.len);
	token[text.len] = '\0';
	if (strpbrk(token, " \t\r\n") != NULL) {
		es_put_str(error, "the credential has to be one word on one line");
		return ES_MALFORMED;
	}
	return ES_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
	struct ctl_api *api = user;
	es_put_bytes(&api->answer, es_slice_of(bytes, size * count));
	return es_buf_status(&api->answer) == ES_OK ? size * count : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
	struct ctl_api *api = user;
	struct es_slice rest = es_slice_of(bytes, size * count);
	struct es_slice name = es_slice_cut(&rest, ':'), value = es_slice_trim(rest);

	if (es_slice_eq_nocase(name, ES_SLICE_LIT("Retry-After")))
		(void)!es_parse_u32(value, 0, 3600, &api->retry_after_s);
	if (es_slice_eq_nocase(name, ES_SLICE_LIT("Openes-Trace")) && value.len < sizeof api->trace) {
		memcpy(api->trace, value.ptr, value.len);
		api->trace[value.len] = '\0';
	}
	return size * count;
}

static bool curl_setup(struct ctl_api *api, const struct ctl_api_options *options)
{
	CURL *c = api->curl;
	static const char accept[] = "Accept: application/json", type[] = "Content-Type: application/json";

	api->headers = curl_slist_append(curl_slist_append(NULL, api->authorization), accept);
	api->headers_json = curl_slist_append(curl_slist_append(curl_slist_append(NULL, api->authorization), accept), type);
	if (api->headers == NULL || api->headers_json == NULL)
		return false;
	/* No waiting for "100 Continue". */
	if (curl_slist_append(api->headers_json, "Expect:") == NULL)
		return false;
	bool ok = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_WRITEDATA, api) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_HEADERDATA, api) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_MS) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_USERAGENT, "openesctl/" OPENES_VERSION) == CURLE_OK &&
	          curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
	if (ok && options->ca != NULL)
		ok = curl_easy_setopt(c, CURLOPT_CAINFO, options->ca) == CURLE_OK;
	if (ok && options->cert != NULL)
		ok = curl_easy_setopt(c, CURLOPT_SSLCERT, options->cert) == CURLE_OK;
	if (ok && options->key != NULL)
		ok = curl_easy_setopt(c, CURLOPT_SSLKEY, options->key) == CURLE_OK;
	return ok;
}

static void token_wipe(char (*token)[TOKEN_MAX + 1])
{
	es_wipe(*token, sizeof *token);
}

es_status ctl_api_open(const struct ctl_api_options *options, struct ctl_api **out, struct es_buf *error)
{
	ES_CLEANUP(token_wipe) char token[TOKEN_MAX + 1] = "";

	if (options->url == NULL) {
		es_put_str(error, "where is the server? Set OPENES_ADMIN_URL or give --url https://host:port");
		return ES_MALFORMED;
	}
	if (!url_is_safe(options->url)) {
		es_put_str(error, "the URL has to start with https:// (http:// is taken for this machine only), "
		                  "since the credential goes there");
		return ES_MALFORMED;
	}
	ES_TRY(token_read(options, token, error));
	struct ctl_api *api = calloc(1, sizeof *api);
	if (api == NULL)
		return ES_TOO_LARGE;
	es_buf_init(&api->answer, ANSWER_MAX);
	es_buf_init(&api->problem, 4096);
	(void)snprintf(api->authorization, sizeof api->authorization, "Authorization: Bearer %s", token);
	api->url = strdup(options->url);
	api->curl = curl_easy_init();
	if (api->url == NULL || api->curl == NULL || !curl_setup(api, options)) {
		ctl_api_close(api);
		es_put_str(error, "the HTTPS client cannot be set up; is there enough memory?");
		return ES_TOO_LARGE;
	}
	for (size_t n = strlen(api->url); n > 0 && api->url[n - 1] == '/'; n--)
		api->url[n - 1] = '\0';
	*out = api;
	return ES_OK;
}

static void headers_free(struct curl_slist *list)
{
	/* The first one is the credential. */
	if (list != NULL)
		es_wipe(list->data, strlen(list->data));
	curl_slist_free_all(list);
}

void ctl_api_close(struct ctl_api *api)
{
	if (api == NULL)
		return;
	curl_easy_cleanup(api->curl);
	headers_free(api->headers);
	headers_free(api->headers_json);
	es_buf_wipe(&api->answer);
	es_buf_free(&api->problem);
	free(api->url);
	es_wipe(api, sizeof *api);
	free(api);
}

/* ---- a call ---- */

void ctl_answer_done(struct ctl_answer *answer)
{
	cJSON_Delete(answer->json);
	*answer = (struct ctl_answer){ .status = 0 };
}

const char *ctl_api_problem(const struct ctl_api *api)
{
	return api->problem.len > 0 ? (const char *)api->problem.ptr : "no reason was given";
}

static const struct {
	long status;
	const char *next;
} advice[] = {
	{ 401, "the credential is not valid (any more): check --token-file or OPENES_ADMIN_TOKEN" },
	{ 403, "ask somebody with a credential of a higher role; openesctl credential list shows them" },
	{ 503, "a part of the server is away or busy; its /readyz says which, try again in a moment" },
};

static void problem_of_answer(struct ctl_api *api, const struct ctl_answer *answer)
{
	const char *error = answer->json != NULL ? es_json_str(answer->json, "error") : NULL;
	const char *field = answer->json != NULL ? es_json_str(answer->json, "field") : NULL;

	es_put_printf(&api->problem, "%s", error != NULL ? error : "the server refused");
	if (field != NULL)
		es_put_printf(&api->problem, " (field: %s)", field);
	es_put_printf(&api->problem, " [HTTP %ld]", answer->status);
	for (size_t i = 0; i < ES_COUNT(advice); i++) {
		if (advice[i].status == answer->status)
			es_put_printf(&api->problem, "\n  %s", advice[i].next);
	}
	if (answer->status >= 500 && api->trace[0] != '\0')
		es_put_printf(&api->problem, "\n  the server's logs have it under trace %s", api->trace);
}

static void problem_of_curl(struct ctl_api *api, CURLcode code)
{
	const char *next = "is the server running, and is the URL right (--url, OPENES_ADMIN_URL)?";

	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		next = "name the certificate authority that signed the server's certificate: --ca FILE or OPENES_CA";
	if (code == CURLE_SSL_CERTPROBLEM)
		next = "check the client certificate: --cert and --key";
	es_put_printf(&api->problem, "%s cannot be reached: %s\n  %s", api->url, curl_easy_strerror(code), next);
}

static bool prepare(struct ctl_api *api, const char *method, const char *url, const char *body)
{
	CURL *c = api->curl;

	es_buf_wipe(&api->answer);
	es_buf_init(&api->answer, ANSWER_MAX);
	api->retry_after_s = 1;
	api->trace[0] = '\0';
	if (curl_easy_setopt(c, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, body != NULL ? api->headers_json : api->headers) != CURLE_OK)
		return false;
	/* POST without a body still says how long it is: 0. */
	if (body == NULL && strcmp(method, "POST") == 0)
		body = "";
	if (body != NULL) {
		return curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
		       curl_easy_setopt(c, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
		       curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(body)) == CURLE_OK &&
		       curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
	}
	return curl_easy_setopt(c, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

static CURLcode attempt(struct ctl_api *api, const char *method, const char *url, const char *body,
                        struct ctl_answer *out)
{
	const struct es_json_limits limits = { ANSWER_MAX, 16, 1u << 20 };

	if (!prepare(api, method, url, body))
		return CURLE_OUT_OF_MEMORY;
	CURLcode code = curl_easy_perform(api->curl);
	if (code != CURLE_OK)
		return code;
	(void)curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &out->status);
	if (api->answer.len > 0 && es_json_parse(es_buf_slice(&api->answer), limits, &out->json) != ES_OK)
		return CURLE_WEIRD_SERVER_REPLY;
	return CURLE_OK;
}

static void pause_as_told(const struct ctl_api *api)
{
	struct timespec pause = { .tv_sec =
		                          api->retry_after_s < WAIT_MAX_S ? (time_t)api->retry_after_s : (time_t)WAIT_MAX_S };
	while (nanosleep(&pause, &pause) != 0) {
	}
}

static es_status call_text(struct ctl_api *api, const char *method, const char *path, const char *body,
                           struct ctl_answer *out)
{
	char url[2048];
	struct ctl_answer answer = { .status = 0 };

	es_buf_reset(&api->problem);
	if (snprintf(url, sizeof url, "%s%s", api->url, path) >= (int)sizeof url) {
		es_put_str(&api->problem, "the URL is too long");
		return ES_DENIED;
	}
	for (int n = 1; n <= ATTEMPTS; n++) {
		ctl_answer_done(&answer);
		CURLcode code = attempt(api, method, url, body, &answer);
		if (code != CURLE_OK) {
			ctl_answer_done(&answer);
			problem_of_curl(api, code);
			return ES_UNAVAILABLE;
		}
		if (answer.status != 503 || n == ATTEMPTS)
			break;
		pause_as_told(api);
	}
	*out = answer;
	if (answer.status < 400)
		return ES_OK;
	problem_of_answer(api, &answer);
	return answer.status == 503 ? ES_UNAVAILABLE : ES_DENIED;
}

es_status ctl_api_call(struct ctl_api *api, const char *method, const char *path, const cJSON *body,
                       struct ctl_answer *out)
{
	char *text = NULL;

	*out = (struct ctl_answer){ .status = 0 };
	if (body != NULL && (text = cJSON_PrintUnformatted(body)) == NULL)
		return ES_TOO_LARGE;
	es_status status = call_text(api, method, path, text, out);
	if (api->problem.len > 0)
		es_put_u8(&api->problem, '\0'); /* read as a C string from here on */
	cJSON_free(text);
	return status;
}
