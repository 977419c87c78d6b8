/* ph_lane.c -- one exchange after the other on one lane: a request, an authentication, or a whole flow of ODSA. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "es_clock.h"

#include "ph_load_int.h"
#include "ph_lpa.h"

enum { PAUSE_US = 50000, GRACE_US = 10000000, ARENA_MAX = 4 << 20, LPA_MAX = 16384 };

/* The weights of the mix, spread over the lanes so that they do not all authenticate at the same moment. */
enum ph_kind ph_lane_next_kind(const struct ph_load_state *l, struct ph_lane *lane)
{
	const struct ph_run *run = l->run;
	uint64_t place = lane->turn++ % (run->mix_auth + run->mix_token + run->mix_odsa);

	if (place < run->mix_odsa)
		return PH_ODSA;
	return place < run->mix_odsa + run->mix_auth || lane->holder_count == 0 ? PH_AUTH : PH_TOKEN;
}

/* Keeps the list of token holders true after an exchange. */
static void note_token(struct ph_lane *lane)
{
	bool has_token = lane->phones[lane->at].token[0] != 0;

	if (!lane->had_token && has_token) {
		lane->holders[lane->holder_count++] = lane->at;
	} else if (lane->status == 511 && lane->holder < lane->holder_count) {
		lane->phones[lane->at].token[0] = 0; /* TS.43 2.10: the token is dead, the SIM authenticates next time */
		lane->holders[lane->holder] = lane->holders[--lane->holder_count];
	}
}

static void note_failure(char text[160], const char *why)
{
	if (text[0] == 0)
		(void)snprintf(text, 160, "%s", why);
}

/* `why` NULL: it went well. */
static void record(struct ph_tally *t, const struct ph_lane *lane, const char *why, int64_t latency_us)
{
	t->requests += lane->requests;
	t->resyncs += lane->resyncs;
	t->by_status[lane->status < PH_STATUS_MAX ? lane->status : PH_STATUS_MAX - 1]++;
	if (why == NULL) {
		t->kind[lane->kind].ok++;
		ph_histogram_add(&t->kind[lane->kind].latency, latency_us);
		return;
	}
	t->kind[lane->kind].failed++;
	note_failure(t->failure, why);
}

static void set_free(struct ph_load_state *l, struct ph_lane *lane)
{
	lane->state = PH_FREE;
	l->free[l->free_count++] = (size_t)(lane - l->lanes);
}

static void end_exchange(struct ph_load_state *l, struct ph_lane *lane, const char *why)
{
	int64_t now_us = es_mono_us();

	l->busy--;
	note_token(lane);
	if (l->is_measuring)
		record(l->tally, lane, why, now_us - lane->due_us);
	else if (why == NULL)
		l->warm++;
	else
		note_failure(l->warm_failure, why);
	if (lane->status == 0 && why != NULL && l->is_measuring) {
		lane->state = PH_PAUSED; /* a server that is down would be asked in a tight loop */
		lane->resumes_us = now_us + PAUSE_US;
	} else {
		set_free(l, lane);
	}
}

/* ---- requests ---- */

static void watch(const struct ph_load_state *l, struct ph_line *line, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = line };
	int fd = ph_conn_fd(line->conn);
	bool is_new = line->watched != ph_conn_generation(line->conn);

	if (fd < 0 || (!is_new && line->events == events))
		return;
	(void)epoll_ctl(l->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
	line->watched = ph_conn_generation(line->conn);
	line->events = events;
}

static void send_on(const struct ph_load_state *l, struct ph_line *line, const struct ph_http_request *request)
{
	struct ph_lane *lane = line->lane;

	lane->active = line;
	lane->state = PH_ASKING;
	lane->deadline_us = es_mono_us() + (int64_t)l->run->profile.http.timeout_ms * 1000;
	ph_conn_send(line->conn, request);
}

/* An exchange with the server is over; what came of it. */
static const struct ph_outcome *note_outcome(struct ph_lane *lane)
{
	const struct ph_outcome *o = ph_client_outcome(lane->client);

	lane->requests += o->requests;
	lane->resyncs += o->resyncs;
	lane->status = o->status;
	return o;
}

/* ---- a flow ---- */

static void hear_server(struct ph_lane *lane)
{
	ph_walk_heard(lane->walk, note_outcome(lane), lane->arena);
	es_arena_reset(lane->arena);
}

/* True: a request is under way. */
static bool ask_server(struct ph_load_state *l, struct ph_lane *lane)
{
	const struct ph_http_request *request = ph_client_ask(lane->client, &lane->phones[lane->at], &lane->walk->ask);

	if (request != NULL)
		send_on(l, &lane->server, request);
	else
		hear_server(lane);
	return request != NULL;
}

static bool ask_lpa(struct ph_load_state *l, struct ph_lane *lane)
{
	struct ph_walk *w = lane->walk;
	bool is_download = w->turn == PH_TURN_DOWNLOAD;

	if (lane->lpa.conn == NULL) {
		if (is_download)
			ph_walk_loaded(w, "", NULL);
		else
			ph_walk_erased(w, NULL);
		return false;
	}
	const char *base = ph_url_path(l->options->lpa), *eid = w->vars.at[PH_V_EID];
	const struct ph_http_request request =
		is_download ? ph_lpa_download(base, &w->download, eid, l->options->confirmation_code, &lane->path, &lane->body)
					: ph_lpa_delete(base, w->deleted, "", &lane->path, &lane->body);
	send_on(l, &lane->lpa, &request);
	return true;
}

static void hear_lpa(struct ph_load_state *l, struct ph_lane *lane)
{
	const struct ph_http_answer *answer = ph_conn_answer(lane->lpa.conn);
	struct ph_lpa_answer read;

	ph_lpa_read(answer, &read);
	if (l->is_measuring) {
		l->tally->lpa_calls++;
		l->tally->lpa_us += (uint64_t)answer->elapsed_us;
	}
	if (lane->walk->turn == PH_TURN_DOWNLOAD)
		ph_walk_loaded(lane->walk, read.iccid, read.why[0] == 0 ? NULL : read.why);
	else
		ph_walk_erased(lane->walk, read.why[0] == 0 ? NULL : read.why);
}

static void wait_in_flow(struct ph_lane *lane)
{
	lane->state = PH_WAITING;
	lane->resumes_us = es_mono_us() + lane->walk->wait_ms * 1000;
}

/* Does what the walk says until there is something to wait for, or it is over. */
static void step_flow(struct ph_load_state *l, struct ph_lane *lane)
{
	struct ph_walk *w = lane->walk;

	for (;;) {
		switch (w->turn) {
		case PH_TURN_ASK:
			if (ask_server(l, lane))
				return;
			break;
		case PH_TURN_DOWNLOAD:
		case PH_TURN_DELETE:
			if (ask_lpa(l, lane))
				return;
			break;
		case PH_TURN_WAIT: wait_in_flow(lane); return;
		case PH_TURN_OPEN: end_exchange(l, lane, "a web sheet came: load wants a tenant without them"); return;
		case PH_TURN_TYPE: end_exchange(l, lane, "the user was asked: --msg-response answers"); return;
		case PH_TURN_DONE: end_exchange(l, lane, NULL); return;
		case PH_TURN_FAILED: end_exchange(l, lane, w->why); return;
		}
	}
}

/* Each phone has devices of its own: its n-th is n times the number of phones further. */
static void begin_flow(struct ph_load_state *l, struct ph_lane *lane)
{
	static struct ph_vars vars;
	size_t turn = l->is_measuring ? lane->next_device++ : 0;
	uint64_t round = l->run->is_same_device ? 0 : turn / lane->phone_count;

	lane->at = l->is_measuring ? turn % lane->phone_count : lane->at;
	ph_options_device(l->run, lane->phones[lane->at].usim.imsi.digits,
	                  lane->phone_first + lane->at + round * l->phones.count, &vars);
	lane->had_token = lane->phones[lane->at].token[0] != 0;
	ph_walk_begin(lane->walk, l->is_measuring ? l->run->flow : &l->first_step, &vars);
	lane->walk->asks_max = l->run->polls;
	lane->walk->wait_max_ms = l->run->wait_max_ms;
	step_flow(l, lane);
}

/* ---- an exchange ---- */

/* The active line's answer is there. */
static void take_answer(struct ph_load_state *l, struct ph_lane *lane)
{
	if (lane->active == &lane->lpa) {
		hear_lpa(l, lane);
		step_flow(l, lane);
		return;
	}
	const struct ph_http_request *next = ph_client_answer(lane->client, ph_conn_answer(lane->server.conn));
	if (next != NULL) {
		send_on(l, &lane->server, next);
	} else if (lane->kind == PH_ODSA) {
		hear_server(lane);
		step_flow(l, lane);
	} else {
		const struct ph_outcome *o = note_outcome(lane);
		end_exchange(l, lane, o->result == PH_DOCUMENT ? NULL : o->why);
	}
}

/* Goes on until the lane has to wait for somebody, or its exchange is over. */
static void go(struct ph_load_state *l, struct ph_lane *lane)
{
	while (lane->state == PH_ASKING) {
		struct ph_line *line = lane->active;
		enum ph_conn_wants wants = ph_conn_go(line->conn);
		if (wants == PH_WANTS_NOTHING)
			take_answer(l, lane);
		watch(l, line, wants == PH_WANTS_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN);
		if (wants != PH_WANTS_NOTHING)
			return;
	}
}

void ph_lane_serve(struct ph_load_state *l, struct ph_line *line)
{
	if (line->lane->state == PH_ASKING && line->lane->active == line) {
		go(l, line->lane);
		return;
	}
	(void)ph_conn_go(line->conn); /* idle: a ticket, or the server hangs up */
	watch(l, line, EPOLLIN);
}

void ph_lane_begin(struct ph_load_state *l, struct ph_lane *lane, enum ph_kind kind, int64_t due_us)
{
	lane->kind = kind;
	lane->holder = SIZE_MAX;
	lane->due_us = due_us;
	lane->requests = lane->resyncs = lane->status = 0;
	l->busy++;
	if (kind == PH_ODSA) {
		begin_flow(l, lane);
	} else {
		if (kind == PH_TOKEN) {
			lane->holder = lane->next_token++ % lane->holder_count;
			lane->at = lane->holders[lane->holder];
		} else {
			lane->at = lane->next_auth++ % lane->phone_count;
		}
		struct ph_phone *phone = &lane->phones[lane->at];
		lane->had_token = phone->token[0] != 0;
		const struct ph_http_request *first = ph_client_begin(lane->client, phone, kind == PH_TOKEN);
		if (first == NULL)
			end_exchange(l, lane, note_outcome(lane)->why);
		else
			send_on(l, &lane->server, first);
	}
	go(l, lane);
}

void ph_lane_look_after(struct ph_load_state *l, struct ph_lane *lane, int64_t now_us)
{
	if (lane->state == PH_PAUSED && now_us >= lane->resumes_us)
		set_free(l, lane);
	if (lane->state == PH_WAITING && l->is_measuring && now_us > l->end_us + GRACE_US)
		end_exchange(l, lane, "the flow had not come to its end when the load did");
	if (lane->state == PH_WAITING && now_us >= lane->resumes_us) {
		ph_walk_waited(lane->walk);
		step_flow(l, lane);
		go(l, lane);
	}
	if (lane->state == PH_ASKING && now_us >= lane->deadline_us) {
		ph_conn_abandon(lane->active->conn, "no answer came in time");
		go(l, lane);
	}
}

/* ---- from beginning to end ---- */

bool ph_lane_init(struct ph_load_state *l, unsigned index, struct ph_server *server, struct ph_server *lpa)
{
	struct ph_lane *lane = &l->lanes[index];
	size_t from = l->phones.count * index / l->count, to = l->phones.count * (index + 1) / l->count;

	lane->turn = UINT64_C(7) * index;
	lane->phones = l->phones.at + from;
	lane->phone_first = from;
	lane->phone_count = to - from;
	lane->holders = calloc(lane->phone_count, sizeof *lane->holders);
	lane->server = (struct ph_line){ .lane = lane, .conn = ph_conn_new(server) };
	lane->lpa = (struct ph_line){ .lane = lane, .conn = lpa == NULL ? NULL : ph_conn_new(lpa) };
	lane->client = ph_client_new(&l->run->profile, NULL);
	lane->walk = calloc(1, sizeof *lane->walk);
	lane->arena = es_arena_new(0, ARENA_MAX);
	es_buf_init(&lane->path, LPA_MAX);
	es_buf_init(&lane->body, LPA_MAX);
	return lane->holders != NULL && lane->server.conn != NULL && (lpa == NULL || lane->lpa.conn != NULL) &&
	       lane->client != NULL && lane->walk != NULL && lane->arena != NULL;
}

void ph_lane_done(struct ph_lane *lane)
{
	ph_client_free(lane->client);
	ph_conn_free(lane->server.conn);
	ph_conn_free(lane->lpa.conn);
	free(lane->holders);
	free(lane->walk);
	es_arena_free(lane->arena);
	es_buf_free(&lane->path);
	es_buf_free(&lane->body);
}
