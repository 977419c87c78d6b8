/* es_bus_resolve.c -- keeps asking which addresses a target has.
 *
 * NNG resolves a name when it dials, takes the first address, and stays with it even when that one is dead. A headless
 * service has one address per replica, and they come and go: so names are resolved here, every few seconds, and NNG sees
 * addresses only. When resolving fails, the addresses known stay: a name server that is away takes nobody offline. */
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "es_bus_internal.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"

#define RESOLVE_MS 3000
#define TARGETS_MAX 16
#define HOST_MAX 256
#define ADDRESS_MAX 128

struct target {
	char host[HOST_MAX], port[16]; /* of tcp; host "" of ipc */
	bool has_failed;               /* the last time: logged once */
	size_t count;
	char urls[ES_BUS_ADDRESSES_MAX][ADDRESS_MAX];
};

struct es_bus_watch {
	es_bus_addresses *changed;
	void *user;
	struct es_bus_watch *next;
	int64_t due; /* monotonic ms; INT64_MAX: nothing to resolve */
	bool is_busy, is_stopped;
	size_t count;
	struct target targets[TARGETS_MAX];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct es_bus_watch *watches;
	bool is_running;
} resolver = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- one target ---- */

static void add_url(struct target *t, const char *url)
{
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->urls[i], url) == 0) {
			return;
		}
	}
	if (t->count < ES_BUS_ADDRESSES_MAX) {
		(void)snprintf(t->urls[t->count++], ADDRESS_MAX, "%s", url);
	}
}

static void add_address(struct target *t, const struct addrinfo *a)
{
	char host[NI_MAXHOST], url[ADDRESS_MAX];

	if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0 ||
	    strchr(host, '%') != NULL || strlen(host) > 64) {
		return; /* a link-local address with its scope has no form as NNG's URL */
	}
	(void)snprintf(url, sizeof url, a->ai_family == AF_INET6 ? "tcp://[%s]:%s" : "tcp://%s:%s", host, t->port);
	add_url(t, url);
}

/* Replaces the addresses when there are new ones; keeps them otherwise. Blocks, unless the host is numeric. */
static bool resolve(struct target *t, int flags)
{
	struct addrinfo *list = NULL;
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags };

	if (getaddrinfo(t->host, t->port, &hints, &list) != 0) {
		return false;
	}
	t->count = 0;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		add_address(t, a);
	}
	freeaddrinfo(list);
	return true;
}

/* "tcp://name:port", "tcp://[::1]:port" */
static es_status split_tcp(const char *url, struct target *t)
{
	const char *host = url + strlen("tcp://");
	const char *colon = strrchr(host, ':');
	if (colon == NULL || colon == host || colon[1] == '\0' || strlen(colon + 1) >= sizeof t->port) {
		return ES_MALFORMED;
	}
	size_t len = (size_t)(colon - host);
	if (host[0] == '[' && colon[-1] == ']') {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof t->host || strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
		return ES_MALFORMED;
	}
	memcpy(t->host, host, len);
	t->host[len] = '\0';
	(void)snprintf(t->port, sizeof t->port, "%s", colon + 1);
	return ES_OK;
}

static es_status add_target(const char *url, void *user, struct es_buf *error)
{
	struct es_bus_watch *w = user;

	if (w->count == TARGETS_MAX) {
		es_put_str(error, "too many bus addresses");
		return ES_TOO_LARGE;
	}
	struct target *t = &w->targets[w->count++];
	if (strncmp(url, "ipc:", 4) == 0) {
		add_url(t, url);
		return ES_OK;
	}
	if (split_tcp(url, t) != ES_OK) {
		es_put_printf(error, "%s is not tcp://host:port", url);
		return ES_MALFORMED;
	}
	if (resolve(t, AI_NUMERICHOST | AI_NUMERICSERV)) {
		t->host[0] = '\0'; /* will not change */
	} else {
		w->due = 0;
	}
	return ES_OK;
}

/* ---- watches ---- */

static void tell(struct es_bus_watch *w)
{
	const char *urls[ES_BUS_ADDRESSES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++) {
		for (size_t j = 0; j < w->targets[i].count && n < ES_BUS_ADDRESSES_MAX; j++) {
			urls[n++] = w->targets[i].urls[j];
		}
	}
	w->changed(urls, n, w->user);
}

static void watch_resolve(struct es_bus_watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct target *t = &w->targets[i];
		if (t->host[0] == '\0') {
			continue;
		}
		bool has_failed = !resolve(t, AI_NUMERICSERV);
		if (has_failed && !t->has_failed) {
			es_warn(NULL, "bus.unresolved", es_f_str("host", t->host), es_f_u64("kept", t->count));
		}
		t->has_failed = has_failed;
	}
}

static struct es_bus_watch *watch_next(void)
{
	struct es_bus_watch *first = NULL;
	for (struct es_bus_watch *w = resolver.watches; w != NULL; w = w->next) {
		if (w->due != INT64_MAX && (first == NULL || w->due < first->due)) {
			first = w;
		}
	}
	return first;
}

static void watch_unlink(struct es_bus_watch *watch)
{
	for (struct es_bus_watch **at = &resolver.watches; *at != NULL; at = &(*at)->next) {
		if (*at == watch) {
			*at = watch->next;
			return;
		}
	}
}

/* One round for one watch, with the lock held in between only. The watch is busy meanwhile; whoever stops it then leaves
 * it to us, so that stopping never waits for a name server. */
static void watch_serve(struct es_bus_watch *w)
{
	w->is_busy = true;
	(void)pthread_mutex_unlock(&resolver.lock);
	watch_resolve(w);
	(void)pthread_mutex_lock(&resolver.lock);
	if (!w->is_stopped) {
		tell(w); /* with the lock: once es_bus_watch_stop() is back, `changed` does not run */
	}
	w->due = es_mono_ms() + RESOLVE_MS;
	w->is_busy = false;
	if (w->is_stopped) {
		free(w);
	}
}

static void *run(void *unused)
{
	(void)pthread_mutex_lock(&resolver.lock);
	for (;;) {
		struct es_bus_watch *w = watch_next();
		if (w == NULL) {
			(void)pthread_cond_wait(&resolver.changed, &resolver.lock);
		} else if (w->due > es_mono_ms()) {
			(void)es_cond_wait_until(&resolver.changed, &resolver.lock, w->due);
		} else {
			watch_serve(w);
		}
	}
	return unused;
}

/* With the lock held. The thread stays for good, like NNG's: it idles when there is nothing to watch. */
static es_status start_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (resolver.is_running) {
		return ES_OK;
	}
	es_cond_init(&resolver.changed);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	resolver.is_running = pthread_create(&thread, &attr, run, NULL) == 0;
	(void)pthread_attr_destroy(&attr);
	return resolver.is_running ? ES_OK : ES_UNAVAILABLE;
}

static void watch_done(struct es_bus_watch **w)
{
	free(*w);
}

es_status es_bus_watch_start(const char *target, es_bus_addresses *changed, void *user, struct es_bus_watch **out,
                             struct es_buf *error)
{
	ES_CLEANUP(watch_done) struct es_bus_watch *w = calloc(1, sizeof *w);
	if (w == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	w->changed = changed;
	w->user = user;
	w->due = INT64_MAX;
	ES_TRY(es_bus_each_url(target, add_target, w, error));
	tell(w);

	(void)pthread_mutex_lock(&resolver.lock);
	es_status status = w->due == INT64_MAX ? ES_OK : start_thread();
	if (status == ES_OK) {
		w->next = resolver.watches;
		resolver.watches = w;
		*out = ES_TAKE(w);
		if (resolver.is_running) {
			(void)pthread_cond_signal(&resolver.changed);
		}
	} else {
		es_put_str(error, "cannot start the resolver's thread");
	}
	(void)pthread_mutex_unlock(&resolver.lock);
	return status;
}

void es_bus_watch_stop(struct es_bus_watch *watch)
{
	if (watch == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&resolver.lock);
	watch_unlink(watch);
	watch->is_stopped = true;
	bool is_ours = !watch->is_busy;
	(void)pthread_mutex_unlock(&resolver.lock);
	if (is_ours) {
		free(watch);
	}
}
