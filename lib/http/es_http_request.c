/* es_http_request.c -- the life of one request, from its target to the end of its reply.
 *
 *     http_on_target     the request line is there: an object is taken from the pool
 *     http_on_access     called with the header (guard, limits), with each piece of body, and with the whole: the handler
 *     es_http_reply      the handler's answer, from any thread, at once or later
 *     http_on_access     once more when the connection had to sleep: the reply is handed to libmicrohttpd
 *     http_on_completed  sent, or the peer is gone: back to the pool
 *
 * A reply given inside the handler costs no sleep. Otherwise the connection is suspended before the state says so, and
 * whoever moves the state away from SUSPENDED resumes it: exactly once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "es_clock.h"
#include "es_http_int.h"

/* ---- objects ---- */

void http_request_free(struct es_http_request *r)
{
	es_buf_wipe(&r->body);
	free(r->reply_heap);
	es_arena_free(r->arena);
	free(r);
}

static struct es_http_request *request_new(struct es_http_server *server)
{
	struct es_http_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->arena = es_arena_new(HTTP_ARENA_FIRST, HTTP_ARENA_LIMIT);
	if (r->arena == NULL) {
		free(r);
		return NULL;
	}
	/* Tokens, EAP packets and cookies pass through here. */
	es_arena_set_secret(r->arena);
	es_buf_init(&r->body, server->options.body_max);
	return r;
}

static struct es_http_request *request_take(struct es_http_server *server)
{
	struct es_http_request *r;

	pthread_mutex_lock(&server->lock);
	r = server->pool;
	if (r != NULL) {
		server->pool = r->next;
		server->pool_count--;
	}
	pthread_mutex_unlock(&server->lock);
	if (r == NULL && (r = request_new(server)) == NULL)
		return NULL;
	r->server = server;
	pthread_mutex_lock(&server->lock);
	r->next = server->active;
	r->link = &server->active;
	if (r->next != NULL)
		r->next->link = &r->next;
	server->active = r;
	server->active_count++;
	pthread_mutex_unlock(&server->lock);
	return r;
}

/* Everything but the memory worth keeping. */
static void request_clean(struct es_http_request *r)
{
	struct es_arena *arena = r->arena;
	struct es_buf body = r->body;

	free(r->reply_heap);
	es_arena_reset(arena);
	es_buf_wipe(&body);
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->body = body;
}

/* The connection's side of a request has ended. */
static void request_end(struct es_http_request *r)
{
	struct es_http_server *server = r->server;
	bool is_ours, is_kept = false;

	/* Out of the list first: after the exchange an abandoned request belongs to its handler, who may free it at once. */
	pthread_mutex_lock(&server->lock);
	*r->link = r->next;
	if (r->next != NULL)
		r->next->link = r->link;
	pthread_mutex_unlock(&server->lock);
	is_ours = atomic_exchange(&r->state, HTTP_GONE) != HTTP_ABANDONED;
	if (is_ours)
		request_clean(r);
	pthread_mutex_lock(&server->lock);
	if (is_ours && server->pool_count < HTTP_REQUESTS_KEPT) {
		r->next = server->pool;
		server->pool = r;
		server->pool_count++;
		is_kept = true;
	}
	if (--server->active_count == 0)
		pthread_cond_broadcast(&server->changed);
	pthread_mutex_unlock(&server->lock);
	if (is_ours && !is_kept)
		http_request_free(r);
}

/* ---- reading ---- */

static struct http_connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? (struct http_connection *)info->socket_context : NULL;
}

void *http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct es_http_server *server = cls;
	struct http_connection *connection = connection_of(mhd);
	struct es_http_request *r = connection != NULL && !connection->is_refused ? request_take(server) : NULL;

	if (r == NULL)
		return NULL;
	r->mhd = mhd;
	r->connection = connection;
	r->started_ms = es_mono_ms();
	r->last = &r->first;
	memcpy(r->peer, connection->peer, sizeof(r->peer));
	r->raw_target = uri;
	r->target = es_arena_copy(r->arena, es_slice_str(uri));
	/* The rest of the header and the body have to be here in time, however the octets trickle in. */
	int64_t deadline = r->started_ms + server->options.request_ms;

	if (atomic_load(&connection->deadline) > deadline)
		atomic_store(&connection->deadline, deadline);
	http_gauge_requests(1);
	return r;
}

static void read_trace(struct es_http_request *r)
{
	if (!es_trace_parse(es_http_header(r, "traceparent"), &r->trace))
		r->trace = es_trace_new();
}

/* The first look at a request: everything that may refuse it before its body is read. */
static enum http_refusal admit(struct es_http_request *r, const char *method, const char *version, unsigned *wait_s)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct http_head head = { .method = method, .version = version, .size = info != NULL ? info->header_size : 0 };
	struct es_http_server *server = r->server;

	if (server->wants_client_certificate && !r->connection->is_verified) {
		if (!http_tls_peer_is_trusted(r->mhd))
			return HTTP_REFUSE_CERTIFICATE;
		r->connection->is_verified = true;
	}
	*wait_s = http_limits_take(server->limits, r->connection->address, r->started_ms);
	if (*wait_s > 0)
		return HTTP_REFUSE_RATE;
	return http_guard(r, &head);
}

static enum http_refusal take_body(struct es_http_request *r, const char *data, size_t *size)
{
	struct es_slice part = es_slice_of(data, *size);

	*size = 0;
	if (part.len > r->server->options.body_max - r->body.len)
		return HTTP_REFUSE_BODY;
	es_put_bytes(&r->body, part);
	return es_buf_status(&r->body) == ES_OK ? HTTP_REFUSE_NONE : HTTP_REFUSE_MEMORY;
}

/* ---- the handler ---- */

static bool move(struct es_http_request *r, enum http_state from, enum http_state to)
{
	int expected = (int)from;

	return atomic_compare_exchange_strong(&r->state, &expected, (int)to);
}

static void enter_handler(struct es_http_request *r)
{
	r->is_in_handler = true;
	atomic_fetch_add(&r->server->in_handler, 1);
}

/* One request less between handler and reply; the last one lets a stop go on. */
static void leave_handler(struct es_http_request *r)
{
	struct es_http_server *server = r->server;

	if (!r->is_in_handler)
		return;
	r->is_in_handler = false;
	if (atomic_fetch_sub(&server->in_handler, 1) == 1 && atomic_load(&server->is_closing)) {
		pthread_mutex_lock(&server->lock);
		pthread_cond_broadcast(&server->changed);
		pthread_mutex_unlock(&server->lock);
	}
}

static enum MHD_Result run_handler(struct es_http_request *r)
{
	struct es_http_server *server = r->server;
	struct MHD_Connection *mhd = r->mhd;

	enter_handler(r);
	if (atomic_load(&server->is_closing)) {
		leave_handler(r);
		return http_refuse(r, HTTP_REFUSE_STOPPING, 0);
	}
	/* The handler's work is not the peer's slowness; what it calls has deadlines of its own. */
	atomic_store(&r->connection->deadline, HTTP_NO_DEADLINE);
	atomic_store(&r->state, HTTP_RUNNING);
	server->options.handler(r, server->options.user);
	if (atomic_load(&r->state) == HTTP_REPLIED) {
		leave_handler(r);
		return http_send_reply(r);
	}
	MHD_suspend_connection(mhd);
	if (!move(r, HTTP_RUNNING, HTTP_SUSPENDED)) {
		MHD_resume_connection(mhd); /* the reply came in between: it saw RUNNING and left the waking to us */
		return MHD_YES;
	}
	/* Should stopping have looked at the sleepers before this one lay down, it wakes itself. */
	if (atomic_load(&server->is_closing) && move(r, HTTP_SUSPENDED, HTTP_ABANDONED))
		MHD_resume_connection(mhd);
	return MHD_YES;
}

/* The connection sleeps no more. */
static enum MHD_Result wake(struct es_http_request *r)
{
	leave_handler(r);
	if (atomic_load(&r->state) == HTTP_REPLIED)
		return http_send_reply(r);
	return http_send_abandoned(r); /* all but the connection still belongs to the handler */
}

enum MHD_Result http_on_access(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                               const char *version, const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	struct es_http_request *r = *con_cls;
	enum http_refusal why;
	unsigned wait_s = 0;

	(void)cls;
	(void)mhd;
	(void)url;
	if (r == NULL)
		return MHD_NO;
	if (!r->is_checked) {
		r->is_checked = true;
		why = admit(r, method, version, &wait_s);
		read_trace(r);
		return why == HTTP_REFUSE_NONE ? MHD_YES : http_refuse(r, why, wait_s);
	}
	if (*upload_data_size > 0) {
		why = take_body(r, upload_data, upload_data_size);
		return why == HTTP_REFUSE_NONE ? MHD_YES : http_refuse_in_body(r, why);
	}
	if (atomic_load(&r->state) != HTTP_READING)
		return wake(r);
	return run_handler(r);
}

void http_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode how)
{
	struct es_http_request *r = *con_cls;

	(void)cls;
	(void)mhd;
	(void)how;
	*con_cls = NULL;
	if (r == NULL)
		return;
	/* A connection that broke while it slept ends here without having been asked for its reply. */
	leave_handler(r);
	http_wire_forget(r->connection);
	http_gauge_requests(-1);
	atomic_store(&r->connection->deadline, es_mono_ms() + r->server->options.idle_ms + r->server->options.request_ms);
	request_end(r);
}

void http_abandon_sleepers(struct es_http_server *server)
{
	/* A sleeper's connection lives while it sleeps, and whoever wakes it first needs this lock to end the request. */
	pthread_mutex_lock(&server->lock);
	for (struct es_http_request *r = server->active; r != NULL; r = r->next) {
		struct MHD_Connection *mhd = r->mhd;

		if (move(r, HTTP_SUSPENDED, HTTP_ABANDONED))
			MHD_resume_connection(mhd);
	}
	pthread_mutex_unlock(&server->lock);
}

/* ---- what the handler sees ---- */

struct es_slice es_http_method(const struct es_http_request *r)
{
	return r->method;
}

struct es_slice es_http_path(const struct es_http_request *r)
{
	return r->path;
}

struct es_slice es_http_query(const struct es_http_request *r)
{
	return r->query;
}

struct es_slice es_http_body(const struct es_http_request *r)
{
	return es_buf_slice(&r->body);
}

struct es_slice es_http_host(const struct es_http_request *r)
{
	return r->host;
}

const char *es_http_peer(const struct es_http_request *r)
{
	return r->peer;
}

struct es_arena *es_http_arena(struct es_http_request *r)
{
	return r->arena;
}

const struct es_trace *es_http_trace(const struct es_http_request *r)
{
	return &r->trace;
}

int64_t es_http_started_ms(const struct es_http_request *r)
{
	return r->started_ms;
}

void es_http_headers(const struct es_http_request *r, const char *name, void (*each)(struct es_slice value, void *user),
                     void *user)
{
	struct es_slice wanted = es_slice_str(name);

	for (size_t i = 0; i < r->field_count; i++)
		if (es_slice_eq_nocase(r->fields[i].name, wanted))
			each(r->fields[i].value, user);
}

struct es_slice es_http_header(const struct es_http_request *r, const char *name)
{
	struct es_slice wanted = es_slice_str(name);

	for (size_t i = 0; i < r->field_count; i++)
		if (es_slice_eq_nocase(r->fields[i].name, wanted))
			return r->fields[i].value;
	return (struct es_slice){ NULL, 0 };
}

/* ---- the reply ---- */

void es_http_reply(struct es_http_request *r, unsigned status, const char *content_type, struct es_slice body)
{
	struct MHD_Connection *mhd = r->mhd;

	assert(status >= 200 && status <= 999);
	http_reply_keep(r, status, content_type, body);
	switch ((enum http_state)atomic_exchange(&r->state, HTTP_REPLIED)) {
	case HTTP_RUNNING: /* the handler has not returned: its thread sends */
	case HTTP_ABANDONED: /* the peer is being told 503; the end of the connection clears up */ break;
	case HTTP_SUSPENDED: MHD_resume_connection(mhd); break;
	case HTTP_GONE: http_request_free(r); break;
	case HTTP_READING:
	case HTTP_REPLIED: assert(false && "a request is replied to exactly once, by its handler"); break;
	}
}
