/* es_fetch.c -- the fetcher's thread: one epoll set over the sockets of all targets' libcurl handles, and the deadlines. */
#include "es_fetch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_fetch_int.h"
#include "es_metrics.h"

#define IN_FLIGHT_DEFAULT 256
#define WAKE_MARK UINT64_MAX
#define EVENTS_AT_ONCE 64
#define LONGEST_NAP_MS 60000
#define KICK_MS 20
#define KICK_BELOW 0x080f00 /* libcurl 8.15.0: see kick() */

enum outcome { SUCCESS, REFUSED, FAILED, TIMED_OUT, UNAVAILABLE, TOO_LARGE, MALFORMED, BUSY };
static const char *const outcomes[] = { "success",     "refused",   "failed",    "timeout",
	                                    "unavailable", "too_large", "malformed", "busy" };
ES_METRIC_COUNTER(requests, "openes_fetch_requests_total",
                  "Outgoing HTTP requests: success 2xx, refused 3xx and 4xx, failed 5xx", "outcome", outcomes);
ES_METRIC_HISTOGRAM(duration, "openes_fetch_seconds", "Outgoing HTTP requests, from being asked to the answer");

struct es_fetcher {
	pthread_t thread;
	int epoll, wake;
	uint32_t in_flight_max;
	bool forgets; /* libcurl does: kick() */

	pthread_mutex_t lock;
	uint32_t in_flight;
	bool is_stopping;
	struct fetch_job *asked; /* not taken up by the thread yet, latest first */
	struct es_fetch_target *targets[ES_FETCH_TARGETS_MAX];
	uint32_t target_count;

	struct fetch_job *under_way; /* the thread's own */
};

static void wake(struct es_fetcher *f)
{
	static const uint64_t one = 1;

	/* A counter that is full wakes, too. */
	(void)!write(f->wake, &one, sizeof one);
}

/* ---- what libcurl wants ---- */

static void watch(struct es_fetch_target *t, int fd, bool is_watched)
{
	size_t i = 0;

	while (i < t->watched_count && t->watched[i] != fd)
		i++;
	if (is_watched && i == t->watched_count && i < FETCH_WATCHED_MAX)
		t->watched[t->watched_count++] = fd;
	else if (!is_watched && i < t->watched_count)
		t->watched[i] = t->watched[--t->watched_count];
}

int fetch_on_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
	struct es_fetch_target *t = userp;
	struct epoll_event event = { .data.u64 = (uint64_t)t->index << 32 | (uint32_t)fd };

	(void)easy;
	(void)socketp;
	watch(t, fd, what != CURL_POLL_REMOVE);
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(t->fetcher->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
	if (epoll_ctl(t->fetcher->epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
		return epoll_ctl(t->fetcher->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

int fetch_on_timer(CURLM *multi, long timeout_ms, void *userp)
{
	struct es_fetch_target *t = userp;

	(void)multi;
	t->timer_at = timeout_ms < 0 ? -1 : es_mono_ms() + timeout_ms;
	return 0;
}

static void let_work(struct es_fetch_target *t, curl_socket_t fd, int what)
{
	t->is_touched = true;
	t->worked_at = es_mono_ms();
	(void)curl_multi_socket_action(t->multi, fd, what, &t->running);
}

/* libcurl 7.88 now and then forgets octets of an HTTP/2 answer that it has read already: no event comes for them any more.
 * Looking at the connections as if they had one lets it go on; mostly that is one read(2) in vain. From 8.15.0 on libcurl
 * itself looks for input that waits inside it (curl pull request 17636). */
static void kick(struct es_fetch_target *t)
{
	int fds[FETCH_WATCHED_MAX];
	size_t count = t->watched_count;

	memcpy(fds, t->watched, count * sizeof *fds);
	t->worked_at = es_mono_ms();
	for (size_t i = 0; i < count; i++) {
		bool is_there = false;
		for (size_t k = 0; k < t->watched_count; k++)
			is_there = is_there || t->watched[k] == fds[i];
		if (is_there)
			let_work(t, fds[i], CURL_CSELECT_IN);
	}
}

/* ---- the end of a request ---- */

static enum outcome outcome_of(const struct es_fetch_answer *answer)
{
	static const enum outcome of_status[ES_STATUS_COUNT] = {
		[ES_TIMEOUT] = TIMED_OUT, [ES_UNAVAILABLE] = UNAVAILABLE, [ES_TOO_LARGE] = TOO_LARGE, [ES_MALFORMED] = MALFORMED
	};

	if (answer->status != ES_OK)
		return of_status[answer->status];
	return answer->code >= 500 ? FAILED : answer->code >= 300 ? REFUSED : SUCCESS;
}

/* Its place is free before the callback runs, so that it may ask again. */
static void finish(struct fetch_job *job, const struct es_fetch_answer *answer)
{
	struct es_fetcher *f = job->target->fetcher;

	fetch_h2c_leave(job);
	(void)curl_multi_remove_handle(job->target->multi, job->easy);
	if (job->previous != NULL)
		job->previous->next = job->next;
	else
		f->under_way = job->next;
	if (job->next != NULL)
		job->next->previous = job->previous;
	(void)pthread_mutex_lock(&f->lock);
	f->in_flight--;
	(void)pthread_mutex_unlock(&f->lock);
	es_count(&requests, outcome_of(answer));
	es_observe_us(&duration, (uint64_t)(es_mono_us() - job->started_us));
	job->done(answer, job->user);
	fetch_job_free(job);
}

static void finish_empty(struct fetch_job *job, es_status status, const char *why)
{
	finish(job, &(struct es_fetch_answer){ .status = status, .retry_after_s = -1, .max_age_s = -1, .why = why });
}

static es_status status_of(CURLcode code, const struct fetch_job *job)
{
	static const struct {
		CURLcode code;
		es_status status;
	} others[] = {
		{ CURLE_OPERATION_TIMEDOUT, ES_TIMEOUT },      { CURLE_WEIRD_SERVER_REPLY, ES_MALFORMED },
		{ CURLE_UNSUPPORTED_PROTOCOL, ES_MALFORMED },  { CURLE_BAD_CONTENT_ENCODING, ES_MALFORMED },
		{ CURLE_BAD_FUNCTION_ARGUMENT, ES_TOO_LARGE }, /* a header line beyond libcurl's own bound */
		{ CURLE_OUT_OF_MEMORY, ES_TOO_LARGE },
	};

	if (code == CURLE_OK || job->is_too_large)
		return job->is_too_large ? ES_TOO_LARGE : ES_OK;
	for (size_t i = 0; i < ES_COUNT(others); i++) {
		if (others[i].code == code)
			return others[i].status;
	}
	return ES_UNAVAILABLE;
}

static bool is_unsent(CURLcode result)
{
	return result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
	       result == CURLE_SSL_CONNECT_ERROR || result == CURLE_PEER_FAILED_VERIFICATION;
}

static void finish_by_curl(struct fetch_job *job, CURLcode result)
{
	struct es_fetch_answer answer = { .status = status_of(result, job),
		                              .content_type = job->content_type,
		                              .location = job->location,
		                              .noted = job->noted,
		                              .retry_after_s = job->retry_after_s,
		                              .max_age_s = job->max_age_s,
		                              .why = "answered" };

	if (answer.status != ES_OK) {
		const char *why = job->is_too_large       ? "answer larger than allowed"
		                  : job->error[0] != '\0' ? job->error
		                                          : curl_easy_strerror(result);
		answer = (struct es_fetch_answer){
			.status = answer.status, .is_unsent = is_unsent(result), .retry_after_s = -1, .max_age_s = -1, .why = why
		};
		finish(job, &answer);
		return;
	}
	(void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &answer.code);
	answer.body = es_buf_slice(&job->body);
	finish(job, &answer);
}

static void collect(struct es_fetch_target *t)
{
	CURLMsg *message;
	int left;

	t->is_touched = false;
	while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
		struct fetch_job *job = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result; /* the message goes with its handle */
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
		if (result == CURLE_OK || !fetch_h2c_goes_on(job))
			finish_by_curl(job, result);
	}
}

static void unpark(struct es_fetch_target *t)
{
	struct fetch_job *failed;

	while ((failed = fetch_h2c_unpark(t)) != NULL)
		finish_empty(failed, ES_UNAVAILABLE, "libcurl did not take the request");
}

/* ---- the thread ---- */

/* Takes up what was asked; false when it is time to stop. */
static bool take_up(struct es_fetcher *f, uint32_t *target_count)
{
	struct fetch_job *asked, *in_order = NULL;

	(void)pthread_mutex_lock(&f->lock);
	asked = ES_TAKE(f->asked);
	bool go_on = !f->is_stopping;
	*target_count = f->target_count;
	(void)pthread_mutex_unlock(&f->lock);
	while (asked != NULL) {
		struct fetch_job *next = asked->next;
		asked->next = in_order;
		in_order = asked;
		asked = next;
	}
	while (in_order != NULL) {
		struct fetch_job *job = in_order;
		in_order = job->next;
		job->next = f->under_way;
		if (f->under_way != NULL)
			f->under_way->previous = job;
		f->under_way = job;
		job->target->is_touched = true;
		if (curl_multi_add_handle(job->target->multi, job->easy) != CURLM_OK)
			finish_empty(job, ES_UNAVAILABLE, "libcurl did not take the request");
	}
	return go_on;
}

/* Ends what is over its time. A callback may ask again, but new requests wait in `asked`: the list only gets shorter. */
static void expire(struct es_fetcher *f)
{
	int64_t now = es_mono_ms();

	for (struct fetch_job *job = f->under_way, *next; job != NULL; job = next) {
		next = job->next;
		if (now < job->deadline)
			continue;
		/* The last to leave a connection that did not answer closes it. */
		(void)curl_easy_setopt(job->easy, CURLOPT_FORBID_REUSE, 1L);
		finish_empty(job, ES_TIMEOUT, "no whole answer in time");
	}
}

static int nap_ms(const struct es_fetcher *f, uint32_t target_count)
{
	int64_t now = es_mono_ms(), until = now + LONGEST_NAP_MS;

	for (uint32_t i = 0; i < target_count; i++) {
		int64_t at = f->targets[i]->timer_at;
		if (at >= 0 && at < until)
			until = at;
		if (f->forgets && f->targets[i]->running > 0 && f->targets[i]->worked_at + KICK_MS < until)
			until = f->targets[i]->worked_at + KICK_MS;
	}
	for (const struct fetch_job *job = f->under_way; job != NULL; job = job->next)
		until = job->deadline < until ? job->deadline : until;
	return until <= now ? 0 : (int)(until - now);
}

static void wait_and_work(struct es_fetcher *f, uint32_t target_count)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	uint64_t count;

	int n = epoll_wait(f->epoll, events, EVENTS_AT_ONCE, nap_ms(f, target_count));
	for (int i = 0; i < n; i++) {
		uint32_t mask = events[i].events;
		if (events[i].data.u64 == WAKE_MARK) {
			(void)!read(f->wake, &count, sizeof count);
			continue;
		}
		int what = ((mask & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) | ((mask & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
		           ((mask & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
		let_work(f->targets[events[i].data.u64 >> 32], (curl_socket_t)(events[i].data.u64 & UINT32_MAX), what);
	}
	int64_t now = es_mono_ms();
	for (uint32_t i = 0; i < target_count; i++) {
		struct es_fetch_target *t = f->targets[i];
		if (t->timer_at >= 0 && t->timer_at <= now) {
			t->timer_at = -1;
			let_work(t, CURL_SOCKET_TIMEOUT, 0);
		}
		if (f->forgets && t->running > 0 && now - t->worked_at >= KICK_MS)
			kick(t);
	}
}

static void *run(void *arg)
{
	struct es_fetcher *f = arg;
	uint32_t target_count;

	while (take_up(f, &target_count)) {
		wait_and_work(f, target_count);
		for (uint32_t i = 0; i < target_count; i++) {
			if (f->targets[i]->is_touched)
				collect(f->targets[i]);
		}
		expire(f);
		for (uint32_t i = 0; i < target_count; i++)
			unpark(f->targets[i]);
	}
	while (f->under_way != NULL)
		finish_empty(f->under_way, ES_UNAVAILABLE, "stopping");
	return NULL;
}

/* ---- callers ---- */

es_status es_fetch(struct es_fetch_target *target, const struct es_fetch_request *request, es_fetch_done *done,
                   void *user)
{
	struct es_fetcher *f = target->fetcher;
	struct fetch_job *job;

	ES_TRY(fetch_job_new(target, request, done, user, &job));
	(void)pthread_mutex_lock(&f->lock);
	es_status status = f->is_stopping ? ES_UNAVAILABLE : f->in_flight >= f->in_flight_max ? ES_BUSY : ES_OK;
	if (status == ES_OK) {
		f->in_flight++;
		job->next = f->asked;
		f->asked = job;
	}
	(void)pthread_mutex_unlock(&f->lock);
	if (status == ES_OK) {
		wake(f);
		return ES_OK;
	}
	if (status == ES_BUSY)
		es_count(&requests, BUSY);
	fetch_job_free(job);
	return status;
}

es_status es_fetch_target_new(struct es_fetcher *fetcher, const struct es_fetch_target_options *options,
                              struct es_fetch_target **out, struct es_buf *error)
{
	struct es_fetch_target *target = calloc(1, sizeof *target);

	if (target == NULL)
		return ES_TOO_LARGE;
	target->fetcher = fetcher;
	es_status status = fetch_target_init(target, options, error);
	(void)pthread_mutex_lock(&fetcher->lock);
	if (status == ES_OK && fetcher->target_count == ES_FETCH_TARGETS_MAX) {
		es_put_printf(error, "%s: more than %d peers", options->name, ES_FETCH_TARGETS_MAX);
		status = ES_TOO_LARGE;
	}
	if (status == ES_OK) {
		target->index = fetcher->target_count;
		fetcher->targets[fetcher->target_count++] = target;
		*out = target;
	}
	(void)pthread_mutex_unlock(&fetcher->lock);
	if (status != ES_OK)
		fetch_target_free(target);
	return status;
}

static void init_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* 0, or an errno: pthread_create() returns it and sets none. */
static int start_thread(struct es_fetcher *f, const char *name)
{
	char short_name[16]; /* the kernel's limit */
	sigset_t all, before;

	(void)snprintf(short_name, sizeof short_name, "%.15s", name);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* the thread inherits it, and libcurl's resolvers from it */
	int fault = pthread_create(&f->thread, NULL, run, f);
	if (fault == 0)
		(void)pthread_setname_np(f->thread, short_name);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fault;
}

static void release(struct es_fetcher *f)
{
	for (uint32_t i = 0; i < f->target_count; i++)
		fetch_target_free(f->targets[i]);
	if (f->epoll >= 0)
		(void)close(f->epoll);
	if (f->wake >= 0)
		(void)close(f->wake);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

es_status es_fetcher_start(const struct es_fetcher_options *options, struct es_fetcher **out, struct es_buf *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_MARK };
	struct es_fetcher *f = calloc(1, sizeof *f);

	(void)pthread_once(&once, init_curl);
	es_metric_register(&requests);
	es_metric_register(&duration);
	if (f == NULL)
		return ES_TOO_LARGE;
	(void)pthread_mutex_init(&f->lock, NULL);
	f->in_flight_max = options->in_flight_max == 0 ? IN_FLIGHT_DEFAULT : options->in_flight_max;
	f->forgets = curl_version_info(CURLVERSION_NOW)->version_num < KICK_BELOW;
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool is_ready = f->epoll >= 0 && f->wake >= 0 && epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->wake, &event) == 0;
	int fault = is_ready ? start_thread(f, options->name) : errno;
	if (fault != 0) {
		es_put_printf(error, "cannot start the thread for outgoing HTTP: %s", strerror(fault));
		release(f);
		return ES_UNAVAILABLE;
	}
	*out = f;
	return ES_OK;
}

void es_fetcher_stop(struct es_fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	(void)pthread_mutex_lock(&fetcher->lock);
	fetcher->is_stopping = true;
	(void)pthread_mutex_unlock(&fetcher->lock);
	wake(fetcher);
	(void)pthread_join(fetcher->thread, NULL);
	release(fetcher);
}
