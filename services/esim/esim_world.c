/* esim_world.c -- processes of esim over one database, and what is under way between them and their peers. */
#include "esim_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "esim_testing.h"

/* ---- chance, and what happened ---- */

uint64_t world_draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t world_random(struct world *w, uint64_t n)
{
	return world_draw(&w->random) % n;
}

bool world_chance(struct world *w, unsigned percent)
{
	return world_random(w, 100) < percent;
}

void world_note(struct world *w, const char *format, ...)
{
	va_list args;

	const size_t room = sizeof w->steps - w->steps_len;
	va_start(args, format);
	const int len = vsnprintf(w->steps + w->steps_len, room, format, args);
	va_end(args);
	if (len > 0 && (size_t)len + 1 < room) {
		w->steps_len += (size_t)len;
		w->steps[w->steps_len++] = '\n';
	}
	w->steps[w->steps_len] = '\0';
}

void world_fault(struct world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (w->fault[0] == '\0')
		(void)vsnprintf(w->fault, sizeof w->fault, format, args);
	va_end(args);
}

void world_script(struct world *w, const enum world_fate *fates, size_t count)
{
	memcpy(w->script, fates, count * sizeof *fates);
	w->script_len = count;
	w->script_at = 0;
}

static enum world_fate next_fate(struct world *w)
{
	if (w->script_at < w->script_len)
		return w->script[w->script_at++];
	return world_chance(w, w->trouble) ? (enum world_fate)(1 + world_random(w, WORLD_FATES - 1)) : WORLD_ANSWERS;
}

/* ---- the peers as the runner sees them ---- */

static struct esim_pace pace(void *user, enum esim_peer peer, const char *section)
{
	(void)user;
	(void)peer;
	(void)section;
	return (
		struct esim_pace){ .retry_first_ms = 1000, .retry_max_ms = 8000, .lease_ms = WORLD_LEASE_MS, .tries_max = 5 };
}

static bool enter(void *user, enum esim_peer peer, const char *section)
{
	struct world_process *p = user;

	(void)section;
	if (peer == ESIM_PEER_NONE)
		world_fault(p->world, "room is asked for where nobody is");
	if (p->world->is_full || world_chance(p->world, p->world->trouble / 4))
		return false;
	p->room++;
	return true;
}

static void leave(void *user, enum esim_peer peer, const char *section)
{
	struct world_process *p = user;

	(void)peer;
	(void)section;
	p->room--;
}

static const char *fqdn(void *user, const char *section)
{
	(void)user;
	(void)section;
	return "smdp.example";
}

/* Who took an order may be sure of it until the lease is over. */
static void must_be_alone(struct world *w, const struct esim_ask *ask)
{
	for (size_t i = 0; i < ES_COUNT(w->flights); i++) {
		const struct world_flight *f = &w->flights[i];
		if (f->from != NULL && strcmp(f->order, ask->order->id) == 0 && f->since_ms + WORLD_LEASE_MS > w->now_ms)
			world_fault(w, "order %.6s is asked about twice at once", ask->order->id);
	}
}

static void send(void *user, enum esim_peer peer, const char *section, const struct esim_ask *ask, esim_heard_fn *heard,
                 void *heard_user)
{
	static const char *const fates[] = { "answers", "away", "lost before", "lost after", "refuses", "pends" };
	struct world_process *p = user;
	struct world *w = p->world;
	size_t i = 0;

	(void)section;
	must_be_alone(w, ask);
	while (i < ES_COUNT(w->flights) - 1 && w->flights[i].from != NULL)
		i++;
	struct world_flight *f = &w->flights[i];
	if (f->from != NULL)
		world_fault(w, "more is under way than there is room for");
	*f = (struct world_flight){ .from = p, .heard = heard, .user = heard_user, .peer = peer, .since_ms = w->now_ms };
	memcpy(f->order, ask->order->id, sizeof f->order);
	const enum world_fate fate = next_fate(w);
	if (peer == ESIM_PEER_BSS)
		world_bss(w, ask, fate, &f->answer);
	else
		world_smdp(w, ask, fate, &f->answer);
	w->requests++;
	world_note(w, "  %.6s %s %s%s %s: %s -> %d %s", ask->order->id, esim_kind_names[ask->order->kind],
	           esim_step_name((enum esim_step)ask->order->step), (ask->order->flags & ESIM_UNSURE) != 0 ? " again" : "",
	           ask->target->iccid, fates[fate], (int)f->answer.outcome, f->answer.reason);
}

/* ---- processes ---- */

static es_status nothing(struct es_db_conn *conn, void *user)
{
	(void)conn;
	(void)user;
	return ES_OK;
}

/* What was queued before is written, and has been told. */
static void flush(struct world_process *p)
{
	if (es_db_write_wait(p->store.db, nothing, NULL) != ES_OK)
		world_fault(p->world, "the database does not write");
}

static void moved(void *user, const struct esim_order *order, uint64_t event)
{
	(void)user;
	(void)order;
	(void)event;
}

static int64_t clock_of(void *user)
{
	const struct world_process *p = user;

	return p->world->now_ms;
}

static struct world_process *process_new(struct world *w)
{
	struct world_process *p = calloc(1, sizeof *p);
	char text[512] = "";
	struct es_buf error;

	es_db_testing_require(p != NULL, "out of memory");
	es_buf_init_fixed(&error, text, sizeof text - 1);
	p->world = w;
	p->store.ring = w->ring;
	p->peers = (struct esim_peers){ pace, enter, leave, fqdn, send, p };
	const struct esim_runner_options options = {
		.store = &p->store, .peers = &p->peers, .moved = moved, .clock = clock_of, .user = p
	};
	es_db_testing_require(esim_store_open(w->db.url, &p->store.db, &error) == ES_OK, text);
	es_db_testing_require(esim_runner_start(&options, false, &p->runner, &error) == ES_OK, text);
	return p;
}

static void process_free(struct world_process *p)
{
	es_db_close(p->store.db);
	esim_runner_free(p->runner);
	free(p);
}

/* Whatever the dead still wait for is told to them now, so that their memory is given back; it changes nothing that
 * anybody looks at. */
static void bury(struct world *w)
{
	static const struct esim_heard lost = { .outcome = ESIM_HEARD_LOST };

	for (size_t i = 0; i < ES_COUNT(w->flights); i++) {
		struct world_flight *f = &w->flights[i];
		if (f->from == NULL)
			continue;
		f->heard(&lost, f->user);
		flush(f->from);
		f->from = NULL;
	}
	for (size_t i = 0; i < w->dead_count; i++)
		process_free(w->dead[i]);
	w->dead_count = 0;
}

void world_open(struct world *w, unsigned engine, const char *name)
{
	const struct es_slice key = ES_SLICE_LIT("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	char text[256];
	struct es_buf error;

	memset(w, 0, sizeof *w);
	es_crypto_init();
	es_buf_init_fixed(&error, text, sizeof text);
	es_db_testing_begin(&w->db, engine, name);
	es_db_testing_require(es_keyring_parse(key, &w->ring, &error) == ES_OK, "the key ring");
	for (size_t i = 0; i < WORLD_PROCESSES; i++)
		w->processes[i] = process_new(w);
}

void world_close(struct world *w)
{
	bury(w);
	for (size_t i = 0; i < WORLD_PROCESSES; i++)
		process_free(w->processes[i]);
	es_keyring_free(w->ring);
	es_db_testing_end(&w->db);
}

void world_kill(struct world *w, size_t process)
{
	if (w->dead_count == ES_COUNT(w->dead))
		return;
	world_note(w, "process %zu is killed", process);
	w->processes[process]->is_dead = true;
	w->dead[w->dead_count++] = w->processes[process];
	w->processes[process] = process_new(w);
}

/* ---- acts ---- */

void world_round(struct world *w, size_t process)
{
	struct world_process *p = w->processes[process];
	bool more = false;

	do {
		if (esim_runner_round(p->runner, w->now_ms, &more) != ES_OK)
			world_fault(w, "a round failed");
		flush(p);
	} while (more);
}

/* The n-th that somebody still waits for. */
static struct world_flight *flight(struct world *w, size_t n)
{
	for (size_t i = 0; i < ES_COUNT(w->flights); i++)
		if (w->flights[i].from != NULL && !w->flights[i].from->is_dead && n-- == 0)
			return &w->flights[i];
	return NULL;
}

size_t world_under_way(const struct world *w)
{
	size_t count = 0;

	for (size_t i = 0; i < ES_COUNT(w->flights); i++)
		count += w->flights[i].from != NULL && !w->flights[i].from->is_dead;
	return count;
}

bool world_hear(struct world *w, size_t which)
{
	struct world_flight *f = flight(w, which);

	if (f == NULL)
		return false;
	struct world_flight copy = *f;
	f->from = NULL; /* what it leads to may need the room */
	copy.from->room--;
	world_note(w, "answer for %.6s: %d %s", copy.order, (int)copy.answer.outcome, copy.answer.reason);
	copy.heard(&copy.answer, copy.user);
	flush(copy.from);
	return true;
}

void world_settle(struct world *w)
{
	size_t before = SIZE_MAX;

	while (before != w->requests || world_under_way(w) > 0 || w->notice_count > 0) {
		before = w->requests;
		while (world_hear(w, 0)) {
		}
		while (world_notice(w, 0)) {
		}
		for (size_t i = 0; i < WORLD_PROCESSES; i++)
			world_round(w, i);
	}
}

/* ---- a life ---- */

static const struct es_slice services[] = { ES_SLICE_LIT("SharedNumber") };

static void begin_facts(struct world *w)
{
	struct esim_facts *f = &w->facts;

	*f = (struct esim_facts){ .companion_allowed = true,
		                      .primary_allowed = true,
		                      .line_active = true,
		                      .companion_services = services,
		                      .companion_service_count = ES_COUNT(services),
		                      .companion_max = 10 };
	f->settings = (struct esim_settings){ .smdp = "home",
		                                  .bss = "crm",
		                                  .manage_service = true,
		                                  .install_within_s = WORLD_INSTALL_MS / 1000,
		                                  .download_repeat_s = WORLD_INSTALL_MS / 1000,
		                                  .companion_profile_type = "gold",
		                                  .primary_profile_type = "gold" };
	esim_test_facts(f);
}

static struct world_held *hold(struct world *w, const char *digits, size_t number, bool by_name)
{
	struct world_held *h = &w->held[w->held_count++];

	memset(h, 0, sizeof *h);
	(void)snprintf(h->iccid, sizeof h->iccid, "8901%s%011zu", digits, number);
	h->by_name = by_name;
	return h;
}

struct stocking {
	struct world *w;
	const char *iccid, *profile_type;
};

static es_status add_stock(struct es_db_conn *conn, void *user)
{
	const struct stocking *s = user;
	bool is_new = false;

	return esim_row_stock_add(conn, s->w->tenant, s->iccid, s->profile_type, s->w->now_ms, &is_new);
}

void world_stock(struct world *w, const char *iccid, const char *profile_type)
{
	struct stocking s = { w, iccid, profile_type };

	if (es_db_write_wait(w->processes[0]->store.db, add_stock, &s) != ES_OK)
		world_fault(w, "the stock cannot be filled");
}

void world_begin(struct world *w, uint64_t seed)
{
	static const struct world_device devices[WORLD_DEVICES] = {
		{ .id = "watch-1", .eid = "89049032000000000000000000000001", .app = ESIM_COMPANION },
		{ .id = "watch-2", .eid = "89049032000000000000000000000002", .app = ESIM_COMPANION },
		{ .id = "phone-1", .eid = "89049032000000000000000000000003", .app = ESIM_PRIMARY },
		{ .id = "phone-2", .eid = "89049032000000000000000000000004", .app = ESIM_PRIMARY },
	};

	bury(w);
	w->seed = seed;
	w->random = seed;
	w->trouble = 0;
	w->is_full = false;
	w->script_len = w->script_at = w->sale_count = w->held_count = w->notice_count = 0;
	w->requests = w->leaks = w->steps_len = 0;
	w->now_ms = 1000000;
	w->fault[0] = w->steps[0] = '\0';
	(void)snprintf(w->tenant, sizeof w->tenant, "life-%u", ++w->lives);
	memcpy(w->devices, devices, sizeof w->devices);
	for (size_t i = 0; i < WORLD_PROCESSES; i++)
		w->processes[i]->room = 0;
	begin_facts(w);
	for (size_t i = 0; i < 60; i++)
		(void)hold(w, "0100", i, false);
	for (size_t i = 0; i < 30; i++)
		world_stock(w, hold(w, "0200", i, true)->iccid, "gold");
}
