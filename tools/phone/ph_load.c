/* ph_load.c -- one thread, one connection and one share of the phones for each worker; nothing shared while it runs.
 *
 * Without a rate every worker asks again as soon as it has its answer. With one, exchange number n is due at n / rate
 * whoever is free, and its latency counts from then on: a slow server cannot hide by being asked less. */
#include "ph_load.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"

#include "ph_report.h"
#include "ph_subscribers.h"

enum { REPORT_MAX = 65536, STACK = 512 * 1024, PAUSE_MS = 50, STEP_MS = 100 };

struct load {
	const struct ph_run *run;
	struct ph_phones phones;
	struct worker *workers;
	unsigned count;
	pthread_barrier_t gate; /* once when all have warmed up, once when the clock runs */
	int64_t start_us, end_us;
	atomic_uint_fast64_t due; /* number of the next exchange, with a rate */
	atomic_uint_fast64_t ok[PH_KINDS], failed;
};

struct worker {
	struct load *load;
	pthread_t thread;
	struct ph_client *client;
	struct ph_phone *phones; /* its own share */
	size_t phone_count, next_auth, next_token;
	size_t *holders; /* phones that have a token */
	size_t holder_count;
	uint64_t turn;
	struct ph_tally tally;
};

void ph_tally_merge(struct ph_tally *into, const struct ph_tally *from)
{
	for (int k = 0; k < PH_KINDS; k++) {
		ph_histogram_merge(&into->kind[k].latency, &from->kind[k].latency);
		into->kind[k].ok += from->kind[k].ok;
		into->kind[k].failed += from->kind[k].failed;
	}
	into->requests += from->requests;
	into->resyncs += from->resyncs;
	for (unsigned i = 0; i < PH_STATUS_MAX; i++)
		into->by_status[i] += from->by_status[i];
	if (into->failure[0] == 0)
		memcpy(into->failure, from->failure, sizeof into->failure);
}

/* SIGINT or SIGTERM ends the load early, with its report; a second one ends the program. */
static atomic_bool is_interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	atomic_store(&is_interrupted, true);
}

static void catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static void sleep_us(int64_t us)
{
	if (us <= 0)
		return;
	struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

/* The weights of the mix, spread over the workers so that they do not all authenticate at the same moment. */
static enum ph_kind next_kind(struct worker *w)
{
	const struct ph_run *run = w->load->run;
	uint64_t place = w->turn++ % (run->mix_auth + run->mix_token);
	return place < run->mix_auth || w->holder_count == 0 ? PH_AUTH : PH_TOKEN;
}

/* Keeps the list of token holders true after an exchange of the phone at `at`. */
static void note_token(struct worker *w, size_t at, bool had_token, const struct ph_outcome *o, size_t holder)
{
	if (!had_token && o->has_token) {
		w->holders[w->holder_count++] = at;
	} else if (o->status == 511 && holder < w->holder_count) {
		w->phones[at].token[0] = 0; /* TS.43 2.10: the token is dead, the SIM authenticates next time */
		w->holders[holder] = w->holders[--w->holder_count];
	}
}

static void run_exchange(struct worker *w, enum ph_kind kind, struct ph_outcome *o)
{
	size_t holder = SIZE_MAX, at;

	if (kind == PH_TOKEN) {
		holder = w->next_token++ % w->holder_count;
		at = w->holders[holder];
	} else {
		at = w->next_auth++ % w->phone_count;
	}
	bool had_token = w->phones[at].token[0] != 0;
	ph_client_run(w->client, &w->phones[at], kind == PH_TOKEN, o);
	note_token(w, at, had_token, o, holder);
}

static void record(struct worker *w, enum ph_kind kind, const struct ph_outcome *o, int64_t latency_us)
{
	struct ph_tally *t = &w->tally;

	t->requests += o->requests;
	t->resyncs += o->resyncs;
	t->by_status[o->status < PH_STATUS_MAX ? o->status : PH_STATUS_MAX - 1]++;
	if (o->result == PH_DOCUMENT) {
		t->kind[kind].ok++;
		ph_histogram_add(&t->kind[kind].latency, latency_us);
		atomic_fetch_add_explicit(&w->load->ok[kind], 1, memory_order_relaxed);
		return;
	}
	t->kind[kind].failed++;
	atomic_fetch_add_explicit(&w->load->failed, 1, memory_order_relaxed);
	if (t->failure[0] == 0)
		(void)snprintf(t->failure, sizeof t->failure, "%s", o->why);
	if (o->result == PH_NO_ANSWER)
		sleep_us(PAUSE_MS * 1000); /* a server that is down would be asked in a tight loop */
}

/* When the next exchange is due; false when the time is up. */
static bool wait_for_turn(struct load *l, int64_t *due_us)
{
	int64_t now = es_mono_us();

	if (now >= l->end_us || atomic_load(&is_interrupted))
		return false;
	*due_us = now;
	if (l->run->rate == 0)
		return true;
	uint64_t n = atomic_fetch_add_explicit(&l->due, 1, memory_order_relaxed);
	*due_us = l->start_us + (int64_t)(n * 1000000 / l->run->rate);
	if (*due_us >= l->end_us)
		return false;
	sleep_us(*due_us - now);
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct ph_outcome o;
	int64_t due_us = 0;

	/* One authentication ahead of the clock: the connection stands, and there is a token to work with. */
	run_exchange(w, PH_AUTH, &o);
	if (o.result != PH_DOCUMENT)
		(void)snprintf(w->tally.failure, sizeof w->tally.failure, "%s", o.why);
	(void)pthread_barrier_wait(&w->load->gate);
	(void)pthread_barrier_wait(&w->load->gate);
	while (wait_for_turn(w->load, &due_us)) {
		enum ph_kind kind = next_kind(w);
		run_exchange(w, kind, &o);
		record(w, kind, &o, es_mono_us() - due_us);
	}
	return NULL;
}

/* ---- starting, watching, ending ---- */

static bool worker_init(struct load *l, unsigned index)
{
	struct worker *w = &l->workers[index];
	size_t from = l->phones.count * index / l->count, to = l->phones.count * (index + 1) / l->count;

	w->load = l;
	w->turn = index * 7;
	w->phones = l->phones.at + from;
	w->phone_count = to - from;
	w->holders = calloc(w->phone_count, sizeof *w->holders);
	w->client = ph_client_new(&l->run->profile, NULL);
	return w->holders != NULL && w->client != NULL;
}

static void load_done(struct load *l)
{
	for (unsigned i = 0; l->workers != NULL && i < l->count; i++) {
		ph_client_free(l->workers[i].client);
		free(l->workers[i].holders);
	}
	free(l->workers);
	ph_phones_free(&l->phones);
}

static bool start_threads(struct load *l)
{
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) != 0)
		return false;
	bool ok = pthread_attr_setstacksize(&attr, STACK) == 0 && pthread_barrier_init(&l->gate, NULL, l->count + 1) == 0;
	for (unsigned i = 0; ok && i < l->count; i++)
		if (pthread_create(&l->workers[i].thread, &attr, work, &l->workers[i]) != 0) {
			(void)fprintf(stderr, "openes-phone: cannot start %u threads\n", l->count);
			exit(EXIT_FAILURE); /* those that run wait at a gate that would never open */
		}
	(void)pthread_attr_destroy(&attr);
	return ok;
}

static void show_progress(struct load *l, bool is_terminal, int64_t now_us)
{
	double seconds = (double)(now_us - l->start_us) / 1e6;
	uint64_t auth = atomic_load(&l->ok[PH_AUTH]), token = atomic_load(&l->ok[PH_TOKEN]),
			 failed = atomic_load(&l->failed);
	(void)fprintf(stderr, "%s%5.1f s of %.1f: %llu full, %llu by token, %llu failed, %.0f/s%s", is_terminal ? "\r" : "",
	              seconds, (double)l->run->duration_ms / 1000, (unsigned long long)auth, (unsigned long long)token,
	              (unsigned long long)failed, (double)(auth + token) / seconds, is_terminal ? " " : "\n");
	(void)fflush(stderr);
}

/* A line that rewrites itself on a terminal, a line every five seconds elsewhere. */
static void watch(struct load *l)
{
	bool is_terminal = isatty(STDERR_FILENO) == 1;
	int64_t every_us = is_terminal ? 500000 : 5000000, shown_us = l->start_us;

	for (int64_t now; (now = es_mono_us()) < l->end_us && !atomic_load(&is_interrupted);) {
		if (now - shown_us >= every_us) {
			show_progress(l, is_terminal, now);
			shown_us = now;
		}
		sleep_us(l->end_us - now < STEP_MS * 1000 ? l->end_us - now : STEP_MS * 1000);
	}
	if (is_terminal)
		(void)fputs("\r\033[K", stderr);
}

static unsigned warm_workers(const struct load *l)
{
	unsigned n = 0;
	for (unsigned i = 0; i < l->count; i++)
		n += l->workers[i].holder_count > 0 || l->workers[i].tally.failure[0] == 0;
	return n;
}

/* Between the two gates nobody works: the clock is set, or the end is put before the beginning. */
static bool run_workers(struct load *l, struct ph_load_result *result)
{
	if (!start_threads(l))
		return false;
	(void)pthread_barrier_wait(&l->gate);
	bool is_warm = warm_workers(l) > 0;
	if (!is_warm)
		(void)fprintf(stderr, "openes-phone: no phone was served: %s\n", l->workers[0].tally.failure);
	l->start_us = es_mono_us();
	l->end_us = is_warm ? l->start_us + l->run->duration_ms * 1000 : l->start_us;
	(void)pthread_barrier_wait(&l->gate);
	watch(l);
	for (unsigned i = 0; i < l->count; i++)
		(void)pthread_join(l->workers[i].thread, NULL);
	result->seconds = (double)(es_mono_us() - l->start_us) / 1e6;
	(void)pthread_barrier_destroy(&l->gate);
	for (unsigned i = 0; i < l->count; i++)
		ph_tally_merge(&result->total, &l->workers[i].tally);
	return is_warm;
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

static void result_done(struct ph_load_result **result)
{
	free(*result);
}

int ph_load(const struct ph_options *options, const struct ph_run *run)
{
	ES_CLEANUP(load_done) struct load l = { .run = run };
	ES_CLEANUP(result_done) struct ph_load_result *result = calloc(1, sizeof *result);
	ES_CLEANUP(es_buf_free) struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status = options->subscribers != NULL ? ph_phones_load(options->subscribers, run->sqn, &l.phones, &error)
	                                                : ph_phones_number(run, &l.phones, &error);
	if (status != ES_OK) {
		(void)fprintf(stderr, "openes-phone: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
		return EXIT_FAILURE;
	}
	l.count = l.phones.count < run->connections ? (unsigned)l.phones.count : run->connections;
	l.workers = calloc(l.count, sizeof *l.workers);
	bool ok = result != NULL && l.workers != NULL;
	for (unsigned i = 0; ok && i < l.count; i++)
		ok = worker_init(&l, i);
	if (!ok) {
		(void)fprintf(stderr, "openes-phone: out of memory\n");
		return EXIT_FAILURE;
	}
	result->connections = l.count;
	result->phones = l.phones.count;
	result->rate = run->rate;
	catch_interrupts();
	if (!run_workers(&l, result) || !report(options, result))
		return EXIT_FAILURE;
	return result->total.kind[PH_AUTH].ok + result->total.kind[PH_TOKEN].ok > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
