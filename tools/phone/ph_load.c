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

#include "ph_load_int.h"
#include "ph_report.h"

enum { REPORT_MAX = 65536, EVENTS = 256, TICK_MS = 50, TICK_US = 1000 * TICK_MS };

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

/* ---- time ---- */

/* Wakes epoll at this time, which its own milliseconds are too coarse for. */
static void set_timer(struct ph_load_state *l, int64_t at_us)
{
	const struct itimerspec t = { .it_value = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 } };

	(void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static int64_t due_at(const struct ph_load_state *l, uint64_t n)
{
	return l->start_us + (int64_t)(n * 1000000 / l->run->rate);
}

/* Gives every free lane what is due by now. */
static void begin_due(struct ph_load_state *l)
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
		struct ph_lane *lane = &l->lanes[l->free[--l->free_count]];
		ph_lane_begin(l, lane, ph_lane_next_kind(l, lane), due_us);
	}
}

static void show_progress(struct ph_load_state *l, bool is_terminal, int64_t now_us)
{
	const struct ph_tally *t = l->tally;
	double seconds = (double)(now_us - l->start_us) / 1e6;
	uint64_t ok = 0, failed = 0;

	for (int k = 0; k < PH_KINDS; k++) {
		ok += t->kind[k].ok;
		failed += t->kind[k].failed;
	}
	(void)fprintf(stderr, "%s%5.1f s of %.1f: %llu full, %llu by token, %llu flows, %llu failed, %.0f/s%s",
	              is_terminal ? "\r" : "", seconds, (double)l->run->duration_ms / 1000,
	              (unsigned long long)t->kind[PH_AUTH].ok, (unsigned long long)t->kind[PH_TOKEN].ok,
	              (unsigned long long)t->kind[PH_ODSA].ok, (unsigned long long)failed, (double)ok / seconds,
	              is_terminal ? " " : "\n");
	(void)fflush(stderr);
}

/* A line that rewrites itself on a terminal, a line every five seconds elsewhere. */
static void tick(struct ph_load_state *l, bool is_terminal)
{
	int64_t now_us = es_mono_us();

	for (unsigned i = 0; i < l->count; i++)
		ph_lane_look_after(l, &l->lanes[i], now_us);
	if (l->is_measuring && now_us - l->shown_us >= (is_terminal ? 500000 : 5000000)) {
		show_progress(l, is_terminal, now_us);
		l->shown_us = now_us;
	}
}

/* ---- starting, running, ending ---- */

/* Waits for events once and serves them; the tick comes now and then, however busy the descriptors are. */
static void turn(struct ph_load_state *l, int64_t *ticked_us, bool is_terminal)
{
	struct epoll_event events[EVENTS];
	uint64_t expirations;
	int n = epoll_wait(l->epoll, events, EVENTS, TICK_MS);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			(void)!read(l->timer, &expirations, sizeof expirations);
		else
			ph_lane_serve(l, events[i].data.ptr);
	}
	if (es_mono_us() - *ticked_us >= TICK_US) {
		tick(l, is_terminal);
		*ticked_us = es_mono_us();
	}
}

/* Begins what is left to do ahead of the clock on lanes that are free. */
static void begin_warming(struct ph_load_state *l)
{
	bool is_odsa = l->run->flow != NULL;

	for (size_t i = 0; i < l->free_count;) {
		struct ph_lane *lane = &l->lanes[l->free[i]];
		if (lane->warmed == (is_odsa ? lane->phone_count : 1)) {
			i++;
			continue;
		}
		l->free[i] = l->free[--l->free_count];
		lane->at = lane->warmed++;
		ph_lane_begin(l, lane, is_odsa ? PH_ODSA : PH_AUTH, es_mono_us());
	}
}

/* One authentication on every lane ahead of the clock, or with a flow one of every phone, by its first step: the
 * connections stand, and there are tokens to work with. */
static bool warm_up(struct ph_load_state *l)
{
	int64_t ticked_us = es_mono_us();

	for (unsigned i = 0; i < l->count; i++)
		l->free[l->free_count++] = i;
	for (begin_warming(l); l->busy > 0 && !is_interrupted; begin_warming(l))
		turn(l, &ticked_us, false);
	if (l->warm_failure[0] != 0)
		(void)fprintf(stderr, "openes-phone: %s ahead of the clock: %s\n",
		              l->warm == 0 ? "no phone was served" : "not every phone was served", l->warm_failure);
	return l->warm > 0;
}

static void measure(struct ph_load_state *l, struct ph_load_result *result)
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

static void load_done(struct ph_load_state *l)
{
	for (unsigned i = 0; l->lanes != NULL && i < l->count; i++)
		ph_lane_done(&l->lanes[i]);
	free(l->lanes);
	free(l->free);
	if (l->epoll >= 0)
		(void)close(l->epoll);
	if (l->timer >= 0)
		(void)close(l->timer);
	ph_phones_free(&l->phones);
}

/* Of a flow what its first request is; whatever the answer is will do. */
static void set_first_step(struct ph_load_state *l)
{
	if (l->run->flow == NULL)
		return;
	l->first_step = *l->run->flow;
	l->first_step.steps[0].expects = NULL;
	memset(&l->first_step.steps[1], 0, sizeof l->first_step.steps[1]);
}

static bool set_up(struct ph_load_state *l, struct ph_server *server, struct ph_server *lpa)
{
	struct epoll_event event = { .events = EPOLLIN };

	set_first_step(l);
	l->count = l->phones.count < l->run->connections ? (unsigned)l->phones.count : l->run->connections;
	l->lanes = calloc(l->count, sizeof *l->lanes);
	l->free = calloc(l->count, sizeof *l->free);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	bool ok = l->lanes != NULL && l->free != NULL && l->epoll >= 0 && l->timer >= 0 &&
	          epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &event) == 0;
	for (unsigned i = 0; ok && i < l->count; i++)
		ok = ph_lane_init(l, i, server, lpa);
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

static bool has_succeeded(const struct ph_tally *t)
{
	for (int k = 0; k < PH_KINDS; k++)
		if (t->kind[k].ok > 0)
			return true;
	return false;
}

static int complain(const struct es_buf *error)
{
	(void)fprintf(stderr, "openes-phone: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(error)));
	return EXIT_FAILURE;
}

static void server_done(struct ph_server **server)
{
	ph_server_close(*server);
}

static int run_load(struct ph_load_state *l, struct ph_server *server, struct ph_server *lpa)
{
	static struct ph_load_result result;
	const struct ph_run *run = l->run;
	const char *list = l->options->subscribers;
	ES_CLEANUP(es_buf_free) struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status =
		list != NULL ? ph_phones_load(list, run->sqn, &l->phones, &error) : ph_phones_number(run, &l->phones, &error);
	if (status != ES_OK)
		return complain(&error);
	if (!set_up(l, server, lpa))
		return EXIT_FAILURE;
	l->tally = &result.total;
	result.connections = l->count;
	result.phones = l->phones.count;
	result.rate = run->rate;
	catch_interrupts();
	if (!warm_up(l))
		return EXIT_FAILURE;
	measure(l, &result);
	return report(l->options, &result) && has_succeeded(&result.total) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int ph_load(const struct ph_options *options, const struct ph_run *run, struct ph_server *server)
{
	struct ph_load_state l = { .run = run, .options = options, .epoll = -1, .timer = -1 };
	ES_CLEANUP(server_done) struct ph_server *lpa = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf error;

	es_buf_init(&error, 1024);
	if (options->lpa != NULL && ph_server_open(options->lpa, &run->lpa_http, &lpa, &error) != ES_OK)
		return complain(&error);
	int result = run_load(&l, server, lpa);
	load_done(&l);
	return result;
}
