/* ph_http.h -- one kept-alive HTTPS connection to the entitlement server, over libcurl. Blocking; one thread each. */
#ifndef PH_HTTP_H
#define PH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "es_buf.h"
#include "es_slice.h"

struct ph_http;

struct ph_http_options {
	const char *ca; /* certificates to trust; NULL: those of the system */
	const char *user_agent;
	const char *language; /* Accept-Language; NULL: none */
	bool gzip, reconnect; /* offer gzip; a new connection for every request */
	unsigned timeout_ms;
};

struct ph_http_request {
	bool is_post;
	const char *url;      /* with the query */
	struct es_slice body; /* of a POST */
	const char *accept, *content_type;
	const char *cookie; /* NULL: none */
};

/* Everything is valid until the next request on the same connection. */
struct ph_http_answer {
	unsigned status; /* 0: no answer came, `failure` says why */
	const char *failure;
	char reason[64], type[96], retry_after[32];
	struct es_slice cookie; /* name=value of the first Set-Cookie */
	struct es_slice location;
	struct es_slice body;
	int64_t elapsed_us;
};

/* Once per process, before threads. */
bool ph_http_global_init(void);
void ph_http_global_done(void);

/* NULL when out of memory. `options` is used for as long as the connection lives. */
struct ph_http *ph_http_new(const struct ph_http_options *options);
void ph_http_free(struct ph_http *http);
const struct ph_http_answer *ph_http_send(struct ph_http *http, const struct ph_http_request *request);

#endif
