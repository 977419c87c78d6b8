/* ph_load.c -- one thread, epoll, and for each connection a lane with a share of the phones of its own.
 *
 * Without a rate every lane asks again as soon as it has its answer. With one, exchange number n is due at n / rate
 * whoever is free, and its latency counts from then on: a slow server cannot hide by being asked less. */
#include "ph_load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"

#include "ph_report.h"
#include "ph_subscribers.h"

enum { REPORT_MAX = 65536, EVENTS = 256, PAUSE_US = 50000, TICK_MS = 50, TICK_US = 1000 * TICK_MS };

enum lane_state { FREE, ASKING, PAUSED };

/* One connection and whoever speaks on it. */
struct lane {
	struct ph_conn *conn;
	struct ph_client *client;
	enum lane_state state;
	unsigned watched; /* generation of the descriptor epoll knows */
	uint32_t events;
	struct ph_phone *phones; /* its own share */
	size_t phone_count, next_auth, next_token;
	size_t *holders; /* phones that have a token */
	size_t holder_count;
	uint64_t turn;

	/* The exchange under way. */
	enum ph_kind kind;
	size_t at, holder;
	bool had_token;
	int64_t due_us, deadline_us; /* of the exchange; of the request */
	int64_t resumes_us;          /* when PAUSED */
};

struct load {
	const struct ph_run *run;
	struct ph_phones phones;
	struct lane *lanes;
	unsigned count, busy;
	size_t *free; /* lanes that wait for something to be due */
	size_t free_count;
	int epoll, timer;
	bool is_measuring;
	int64_t start_us, end_us, shown_us;
	uint64_t due; /* number of the next exchange, with a rate */
	struct ph_tally *tally;
	char warm_failure[160];
	unsigned warm;
};

/* SIGINT or SIGTERM ends the load early, with its report; a second one ends the program. */
static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	is_interrupted = 1;
}

static void catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* ---- what an exchange was ---- */

/* The weights of the mix, spread over the lanes so that they do not all authenticate at the same moment. */
static enum ph_kind next_kind(const struct load *l, struct lane *lane)
{
	uint64_t place = lane->turn++ % (l->run->mix_auth + l->run->mix_token);

	return place < l->run->mix_auth || lane->holder_count == 0 ? PH_AUTH : PH_TOKEN;
}

/* Keeps the list of token holders true after an exchange. */
static void note_token(struct lane *lane, const struct ph_outcome *o)
{
	if (!lane->had_token && o->has_token) {
		lane->holders[lane->holder_count++] = lane->at;
	} else if (o->status == 511 && lane->holder < lane->holder_count) {
		lane->phones[lane->at].token[0] = 0; /* TS.43 2.10: the token is dead, the SIM authenticates next time */
		lane->holders[lane->holder] = lane->holders[--lane->holder_count];
	}
}

static void record(struct ph_tally *t, enum ph_kind kind, const struct ph_outcome *o, int64_t latency_us)
{
	t->requests += o->requests;
	t->resyncs += o->resyncs;
	t->by_status[o->status < PH_STATUS_MAX ? o->status : PH_STATUS_MAX - 1]++;
	if (o->result == PH_DOCUMENT) {
		t->kind[kind].ok++;
		ph_histogram_add(&t->kind[kind].latency, latency_us);
		return;
	}
	t->kind[kind].failed++;
	if (t->failure[0] == 0)
		(void)snprintf(t->failure, sizeof t->failure, "%s", o->why);
}

/* ---- a lane ---- */

static void watch_lane(struct load *l, struct lane *lane, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = lane };
	int fd = ph_conn_fd(lane->conn);
	bool is_new = lane->watched != ph_conn_generation(lane->conn);

	if (fd < 0 || (!is_new && lane->events == events))
		return;
	(void)epoll_ctl(l->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
	lane->watched = ph_conn_generation(lane->conn);
	lane->events = events;
}

static void set_free(struct load *l, struct lane *lane)
{
	lane->state = FREE;
	l->free[l->free_count++] = (size_t)(lane - l->lanes);
}

static void end_exchange(struct load *l, struct lane *lane)
{
	const struct ph_outcome *o = ph_client_outcome(lane->client);
	int64_t now_us = es_mono_us();

	l->busy--;
	note_token(lane, o);
	if (l->is_measuring) {
		record(l->tally, lane->kind, o, now_us - lane->due_us);
	} else if (o->result == PH_DOCUMENT) {
		l->warm++;
	} else if (l->warm_failure[0] == 0) {
		(void)snprintf(l->warm_failure, sizeof l->warm_failure, "%s", o->why);
	}
	if (o->result == PH_NO_ANSWER && l->is_measuring) {
		lane->state = PAUSED; /* a server that is down would be asked in a tight loop */
		lane->resumes_us = now_us + PAUSE_US;
	} else {
		set_free(l, lane);
	}
}

/* Goes on until the lane has to wait for the server, or its exchange is over. */
static void go(struct load *l, struct lane *lane)
{
	enum ph_conn_wants wants;

	while ((wants = ph_conn_go(lane->conn)) == PH_WANTS_NOTHING && lane->state == ASKING) {
		const struct ph_http_request *next = ph_client_answer(lane->client, ph_conn_answer(lane->conn));
		if (next == NULL) {
			end_exchange(l, lane);
			break;
		}
		lane->deadline_us = es_mono_us() + (int64_t)l->run->profile.http.timeout_ms * 1000;
		ph_conn_send(lane->conn, next);
	}
	watch_lane(l, lane, wants == PH_WANTS_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void begin_exchange(struct load *l, struct lane *lane, enum ph_kind kind, int64_t due_us)
{
	lane->kind = kind;
	lane->holder = SIZE_MAX;
	lane->due_us = due_us;
	lane->state = ASKING;
	l->busy++;
	if (kind == PH_TOKEN) {
		lane->holder = lane->next_token++ % lane->holder_count;
		lane->at = lane->holders[lane->holder];
	} else {
		lane->at = lane->next_auth++ % lane->phone_count;
	}
	struct ph_phone *phone = &lane->phones[lane->at];
	lane->had_token = phone->token[0] != 0;
	const struct ph_http_request *first = ph_client_begin(lane->client, phone, kind == PH_TOKEN);
	if (first == NULL) {
		end_exchange(l, lane);
		return;
	}
	lane->deadline_us = es_mono_us() + (int64_t)l->run->profile.http.timeout_ms * 1000;
	ph_conn_send(lane->conn, first);
	go(l, lane);
}

static bool lane_init(struct load *l, unsigned index, struct ph_server *server)
{
	struct lane *lane = &l->lanes[index];
	size_t from = l->phones.count * index / l->count, to = l->phones.count * (index + 1) / l->count;

	lane->turn = UINT64_C(7) * index;
	lane->phones = l->phones.at + from;
	lane->phone_count = to - from;
	lane->holders = calloc(lane->phone_count, sizeof *lane->holders);
	lane->conn = ph_conn_new(server);
	lane->client = ph_client_new(&l->run->profile, NULL);
	return lane->holders != NULL && lane->conn != NULL && lane->client != NULL;
}

/* ---- time ---- */

/* Wakes epoll at this time, which its own milliseconds are too coarse for. */
static void set_timer(struct load *l, int64_t at_us)
{
	const struct itimerspec t = { .it_value = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 } };

	(void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static int64_t due_at(const struct load *l, uint64_t n)
{
	return l->start_us + (int64_t)(n * 1000000 / l->run->rate);
}

/* Gives every free lane what is due by now. */
static void begin_due(struct load *l)
{
	for (int64_t now_us; l->free_count > 0 && (now_us = es_mono_us()) < l->end_us;) {
		int64_t due_us = l->run->rate == 0 ? now_us : due_at(l, l->due);
		if (due_us >= l->end_us)
			return;
		if (due_us > now_us) {
			set_timer(l, due_us);
			return;
		}
		l->due++;
		struct lane *lane = &l->lanes[l->free[--l->free_count]];
		begin_exchange(l, lane, next_kind(l, lane), due_us);
	}
}

static void look_after_lanes(struct load *l, int64_t now_us)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct lane *lane = &l->lanes[i];
		if (lane->state == PAUSED && now_us >= lane->resumes_us)
			set_free(l, lane);
		if (lane->state == ASKING && now_us >= lane->deadline_us) {
			ph_conn_abandon(lane->conn, "no answer came in time");
			go(l, lane);
		}
	}
}

static void show_progress(struct load *l, bool is_terminal, int64_t now_us)
{
	const struct ph_tally *t = l->tally;
	double seconds = (double)(now_us - l->start_us) / 1e6;
	uint64_t auth = t->kind[PH_AUTH].ok, token = t->kind[PH_TOKEN].ok,
			 failed = t->kind[PH_AUTH].failed + t->kind[PH_TOKEN].failed;

	(void)fprintf(stderr, "%s%5.1f s of %.1f: %llu full, %llu by token, %llu failed, %.0f/s%s", is_terminal ? "\r" : "",
	              seconds, (double)l->run->duration_ms / 1000, (unsigned long long)auth, (unsigned long long)token,
	              (unsigned long long)failed, (double)(auth + token) / seconds, is_terminal ? " " : "\n");
	(void)fflush(stderr);
}

/* A line that rewrites itself on a terminal, a line every five seconds elsewhere. */
static void tick(struct load *l, bool is_terminal)
{
	int64_t now_us = es_mono_us();

	look_after_lanes(l, now_us);
	if (l->is_measuring && now_us - l->shown_us >= (is_terminal ? 500000 : 5000000)) {
		show_progress(l, is_terminal, now_us);
		l->shown_us = now_us;
	}
}

/* ---- starting, running, ending ---- */

/* Waits for events once and serves them; the tick comes now and then, however busy the descriptors are. */
static void turn(struct load *l, int64_t *ticked_us, bool is_terminal)
{
	struct epoll_event events[EVENTS];
	uint64_t expirations;
	int n = epoll_wait(l->epoll, events, EVENTS, TICK_MS);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			(void)!read(l->timer, &expirations, sizeof expirations);
		else
			go(l, events[i].data.ptr);
	}
	if (es_mono_us() - *ticked_us >= TICK_US) {
		tick(l, is_terminal);
		*ticked_us = es_mono_us();
	}
}

/* One authentication on every lane ahead of the clock: the connections stand, and there are tokens to work with. */
static bool warm_up(struct load *l)
{
	int64_t ticked_us = es_mono_us();

	for (unsigned i = 0; i < l->count; i++)
		begin_exchange(l, &l->lanes[i], PH_AUTH, ticked_us);
	while (l->busy > 0 && !is_interrupted)
		turn(l, &ticked_us, false);
	if (l->warm == 0)
		(void)fprintf(stderr, "openes-phone: no phone was served: %s\n", l->warm_failure);
	return l->warm > 0;
}

static void measure(struct load *l, struct ph_load_result *result)
{
	bool is_terminal = isatty(STDERR_FILENO) == 1;
	int64_t ticked_us = es_mono_us();

	l->is_measuring = true;
	l->start_us = l->shown_us = ticked_us;
	l->end_us = l->start_us + l->run->duration_ms * 1000;
	while (es_mono_us() < l->end_us || l->busy > 0) {
		if (is_interrupted)
			l->end_us = l->start_us;
		begin_due(l);
		turn(l, &ticked_us, is_terminal);
	}
	if (is_terminal)
		(void)fputs("\r\033[K", stderr);
	result->seconds = (double)(es_mono_us() - l->start_us) / 1e6;
}

static void load_done(struct load *l)
{
	for (unsigned i = 0; l->lanes != NULL && i < l->count; i++) {
		ph_client_free(l->lanes[i].client);
		ph_conn_free(l->lanes[i].conn);
		free(l->lanes[i].holders);
	}
	free(l->lanes);
	free(l->free);
	if (l->epoll >= 0)
		(void)close(l->epoll);
	if (l->timer >= 0)
		(void)close(l->timer);
	ph_phones_free(&l->phones);
}

static bool set_up(struct load *l, struct ph_server *server)
{
	struct epoll_event event = { .events = EPOLLIN };

	l->count = l->phones.count < l->run->connections ? (unsigned)l->phones.count : l->run->connections;
	l->lanes = calloc(l->count, sizeof *l->lanes);
	l->free = calloc(l->count, sizeof *l->free);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	bool ok = l->lanes != NULL && l->free != NULL && l->epoll >= 0 && l->timer >= 0 &&
	          epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &event) == 0;
	for (unsigned i = 0; ok && i < l->count; i++)
		ok = lane_init(l, i, server);
	if (!ok)
		(void)fprintf(stderr, "openes-phone: cannot make %u connections: %s\n", l->count, strerror(errno));
	return ok;
}

static bool report(const struct ph_options *options, const struct ph_load_result *result)
{
	ES_CLEANUP(es_buf_free) struct es_buf text = { 0 };
	bool to_stdout = options->json != NULL && strcmp(options->json, "-") == 0;

	if (!to_stdout)
		ph_report_table(result, stdout);
	if (options->json == NULL)
		return true;
	es_buf_init(&text, REPORT_MAX);
	ph_report_json(result, &text);
	FILE *f = to_stdout ? stdout : fopen(options->json, "we");
	if (f == NULL || text.bad) {
		(void)fprintf(stderr, "openes-phone: %s: %s\n", options->json, strerror(errno));
		return false;
	}
	bool ok = fwrite(text.ptr, 1, text.len, f) == text.len;
	return (to_stdout ? fflush(f) : fclose(f)) == 0 && ok;
}

static int run_load(struct load *l, const struct ph_options *options, struct ph_server *server)
{
	static struct ph_load_result result;
	const struct ph_run *run = l->run;
	ES_CLEANUP(es_buf_free) struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status = options->subscribers != NULL ? ph_phones_load(options->subscribers, run->sqn, &l->phones, &error)
	                                                : ph_phones_number(run, &l->phones, &error);
	if (status != ES_OK) {
		(void)fprintf(stderr, "openes-phone: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
		return EXIT_FAILURE;
	}
	if (!set_up(l, server))
		return EXIT_FAILURE;
	l->tally = &result.total;
	result.connections = l->count;
	result.phones = l->phones.count;
	result.rate = run->rate;
	catch_interrupts();
	if (!warm_up(l))
		return EXIT_FAILURE;
	measure(l, &result);
	if (!report(options, &result))
		return EXIT_FAILURE;
	return result.total.kind[PH_AUTH].ok + result.total.kind[PH_TOKEN].ok > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int ph_load(const struct ph_options *options, const struct ph_run *run, struct ph_server *server)
{
	struct load l = { .run = run, .epoll = -1, .timer = -1 };
	int result = run_load(&l, options, server);

	load_done(&l);
	return result;
}
