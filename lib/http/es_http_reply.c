/* es_http_reply.c -- how a reply leaves: what the handler said, a refusal of our own, last words before the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "es_clock.h"
#include "es_http_int.h"
#include "es_log.h"

#define REPLY_IN_ARENA 32768 /* a bigger reply goes to the heap */
#define STOPPING_WAIT_S 5u   /* Retry-After of a server that is going */

/* ---- the reply ---- */

static bool is_header_text(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

void es_http_set_header(struct es_http_request *r, const char *name, const char *value)
{
	struct http_header_out *header;

	/* Values may hold what a peer sent (a token in a Location): a line break would split the answer. */
	if (!is_header_text(name) || !is_header_text(value))
		return;
	header = es_arena_alloc(r->arena, sizeof(*header));
	if (header == NULL)
		return;
	header->name = es_arena_strdup(r->arena, es_slice_str(name));
	header->value = es_arena_strdup(r->arena, es_slice_str(value));
	if (header->name == NULL || header->value == NULL)
		return;
	*r->last = header;
	r->last = &header->next;
}

void es_http_set_reason(struct es_http_request *r, const char *reason)
{
	if (is_header_text(reason))
		r->reason = es_arena_strdup(r->arena, es_slice_str(reason));
}

/* The copy that is sent; false when there is no memory for it. */
static bool keep_body(struct es_http_request *r, struct es_slice body)
{
	if (body.len <= REPLY_IN_ARENA)
		r->reply = es_arena_copy(r->arena, body);
	if (r->reply.ptr == NULL && body.len > 0) {
		r->reply_heap = malloc(body.len);
		if (r->reply_heap == NULL)
			return false;
		memcpy(r->reply_heap, body.ptr, body.len);
		r->reply = es_slice_of(r->reply_heap, body.len);
	}
	return true;
}

void http_reply_keep(struct es_http_request *r, unsigned status, const char *content_type, struct es_slice body)
{
	r->status = status;
	if (content_type != NULL)
		r->content_type = es_arena_strdup(r->arena, es_slice_str(content_type));
	if (keep_body(r, body) && (content_type == NULL || r->content_type != NULL))
		return;
	r->status = 500;
	r->content_type = r->reason = NULL;
	r->first = NULL;
	r->reply = (struct es_slice){ NULL, 0 };
}

/* ---- sending ---- */

static void expect_sending(struct es_http_request *r)
{
	atomic_store(&r->connection->deadline, es_mono_ms() + r->server->options.request_ms);
}

static enum MHD_Result queue(struct es_http_request *r, unsigned status, struct MHD_Response *response, bool is_last)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	if (is_last || atomic_load(&r->server->is_draining))
		MHD_add_response_header(response, "Connection", "close");
	expect_sending(r);
	http_count_reply(r->server, status);
	result = MHD_queue_response(r->mhd, status, response);
	MHD_destroy_response(response);
	return result;
}

/* libmicrohttpd only counts the reference to persistent memory and never writes there, whatever its type says. */
static struct MHD_Response *response_around(struct es_slice body)
{
	union {
		const uint8_t *in;
		void *out;
	} bytes = { .in = body.len > 0 ? body.ptr : (const uint8_t *)"" };

	return MHD_create_response_from_buffer(body.len, bytes.out, MHD_RESPMEM_PERSISTENT);
}

static void note_refusal(const struct es_http_request *r, enum http_refusal why)
{
	http_count_refusal(why);
	es_debug(&r->trace, "http.refused", es_f_str("server", r->server->options.name),
	         es_f_str("why", http_refusal_label(why)), es_f_str("peer", r->peer));
}

enum MHD_Result http_refuse(struct es_http_request *r, enum http_refusal why, unsigned wait_s)
{
	struct MHD_Response *response = response_around(es_slice_str(http_refusal_text(why)));
	unsigned status = http_refusal_status(why);
	char seconds[16];

	note_refusal(r, why);
	if (response != NULL) {
		MHD_add_response_header(response, "Content-Type", "text/plain");
		if (status == 429 || status == 503) {
			snprintf(seconds, sizeof(seconds), "%u", wait_s > 0 ? wait_s : STOPPING_WAIT_S);
			MHD_add_response_header(response, "Retry-After", seconds);
		}
	}
	return queue(r, status, response, true);
}

/* Writes the reply past libmicrohttpd, octet by octet as it stands, and ends the connection: for what libmicrohttpd has
 * no way to say. Such replies are short, rare, and the last word anyway. */
static enum MHD_Result write_last(struct es_http_request *r, const char *reason)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct es_buf out;
	struct tm now;
	char date[40];
	time_t seconds = time(NULL);

	gmtime_r(&seconds, &now);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &now);
	es_buf_init(&out, HTTP_ARENA_LIMIT);
	es_put_printf(&out, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n", r->status, reason,
	              date, r->reply.len);
	if (r->content_type != NULL)
		es_put_printf(&out, "Content-Type: %s\r\n", r->content_type);
	for (const struct http_header_out *h = r->first; h != NULL; h = h->next)
		es_put_printf(&out, "%s: %s\r\n", h->name, h->value);
	es_put_str(&out, "\r\n");
	if (!es_slice_eq_str(r->method, "HEAD"))
		es_put_bytes(&out, r->reply);
	if (es_buf_status(&out) == ES_OK) {
		http_count_reply(r->server, r->status);
		/* A peer that has no room for this in its socket is not waiting for it. */
		if (info != NULL && info->tls_session != NULL)
			(void)gnutls_record_send((gnutls_session_t)info->tls_session, out.ptr, out.len);
		else
			(void)!send(r->connection->fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	es_buf_free(&out);
	return MHD_NO;
}

/* libmicrohttpd takes no response while a body is coming in. */
enum MHD_Result http_refuse_in_body(struct es_http_request *r, enum http_refusal why)
{
	note_refusal(r, why);
	http_reply_keep(r, http_refusal_status(why), "text/plain", es_slice_str(http_refusal_text(why)));
	if (r->status == 503)
		es_http_set_header(r, "Retry-After", "5");
	return write_last(r, r->status == 413 ? "Content Too Large" : "Service Unavailable");
}

/* Whether a plain connection was half closed together with the request's last octets. libmicrohttpd takes a short read
 * for "nothing left" and misses an end that came with it (over TLS it reads on): it would keep the connection until
 * its idle time is over. */
static bool is_half_closed(const struct es_http_request *r)
{
	char octet;

	return !r->server->has_tls && recv(r->connection->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

enum MHD_Result http_send_reply(struct es_http_request *r)
{
	struct MHD_Response *response;

	es_debug(&r->trace, "http.request", es_f_str("server", r->server->options.name), es_f_slice("method", r->method),
	         es_f_i64("code", r->status), es_f_i64("ms", es_mono_ms() - r->started_ms));
	if (r->reason != NULL)
		return write_last(r, r->reason);
	response = response_around(r->reply);
	if (response != NULL) {
		if (r->content_type != NULL)
			MHD_add_response_header(response, "Content-Type", r->content_type);
		for (const struct http_header_out *h = r->first; h != NULL; h = h->next)
			MHD_add_response_header(response, h->name, h->value);
	}
	if (r->reply.len > 0 && !es_slice_eq_str(r->method, "HEAD") && r->status != 204 && r->status != 304)
		http_wire_expect_two(r->connection, r->arena);
	return queue(r, r->status, response, is_half_closed(r));
}

enum MHD_Result http_send_abandoned(struct es_http_request *r)
{
	struct MHD_Response *response = response_around(es_slice_str(http_refusal_text(HTTP_REFUSE_STOPPING)));

	http_count_refusal(HTTP_REFUSE_STOPPING);
	if (response != NULL)
		MHD_add_response_header(response, "Retry-After", "5");
	return queue(r, http_refusal_status(HTTP_REFUSE_STOPPING), response, true);
}
