/* esim_world_device.c -- devices, notifications, operators: what moves orders from outside. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_activation_code.h"
#include "esim_answer.h"
#include "esim_follow.h"
#include "esim_line.h"
#include "esim_prepare.h"
#include "esim_settle.h"
#include "esim_testing.h"
#include "esim_world.h"

#define COPY(to, from) (void)snprintf((to), sizeof(to), "%s", (from))

/* ---- a request, as esim_operate.c has it carried out ---- */

struct asking {
	struct world_process *process;
	struct esim_request request;
	struct esim_answer answer;
	struct esim_rows rows;
	struct esim_carried carried;
	uint64_t event;
};

static es_status manage(struct es_db_conn *conn, void *user)
{
	struct asking *a = user;

	ES_TRY(esim_line_read(&a->process->store, conn, &a->request, &a->rows));
	esim_operate(&a->request, &a->answer);
	return esim_carry_out(&a->process->store, conn, &a->request, &a->answer, "", &a->carried);
}

static es_status look(struct es_db_conn *conn, void *user)
{
	struct asking *a = user;

	ES_TRY(esim_line_read(&a->process->store, conn, &a->request, &a->rows));
	esim_operate(&a->request, &a->answer);
	return ES_OK;
}

static es_status note(struct es_db_conn *conn, void *user)
{
	struct asking *a = user;

	return esim_carry_told(&a->process->store, conn, &a->request, &a->answer, &a->event);
}

static es_status carry(struct asking *a)
{
	struct es_db *db = a->process->store.db;

	if (esim_operation_needs(a->request.app, a->request.operation) == ESIM_NEEDS_ORDERS) {
		ES_TRY(es_db_write_wait(db, manage, a));
		if (a->carried.has_order)
			esim_answer_order(&a->request, &a->carried.c.order, &a->carried.c.profile, &a->answer);
		return ES_OK;
	}
	ES_TRY(es_db_read(db, look, a));
	return es_db_write_wait(db, note, a);
}

static const struct es_doc_node *find(const struct es_doc_node *first, const char *name)
{
	for (const struct es_doc_node *n = first; n != NULL; n = n->next) {
		const struct es_doc_node *inside = es_slice_eq_str(n->name, name) ? n : find(n->child, name);
		if (inside != NULL)
			return inside;
	}
	return NULL;
}

static int number(const struct asking *a, const char *name)
{
	const struct es_doc_node *n = a->answer.root != NULL ? find(a->answer.root->child, name) : NULL;
	int64_t value = -1;

	return n != NULL && es_parse_i64(n->value, 0, 1000, &value) == ES_OK ? (int)value : -1;
}

/* V12-ODSA-MS-06, MS-07: a code, or address and ICCID. */
static bool take_download(struct asking *a, struct world_device *d)
{
	const struct es_doc_node *first = a->answer.root != NULL ? a->answer.root->child : NULL;
	const struct es_doc_node *n = find(first, "ProfileActivationCode");
	struct esim_activation_code code;
	struct es_slice plain;

	if (n == NULL && find(first, "ProfileSmdpAddress") == NULL)
		return false;
	d->is_told = true;
	d->matching_id[0] = '\0';
	if (n == NULL)
		return true;
	if (es_base64_decode(n->value, a->answer.arena, &plain) != ES_OK ||
	    esim_activation_code_parse(plain, &code) != ES_OK)
		world_fault(a->process->world, "%s is told no activation code", d->id);
	else
		es_slice_to_str_cut(code.matching_id, d->matching_id, sizeof d->matching_id);
	return true;
}

static void identify(const struct world_device *d, const char *query, char *out, size_t size)
{
	(void)snprintf(out, size,
	               d->app == ESIM_COMPANION ? "companion_terminal_id=%s&companion_terminal_eid=%s%s%s"
	                                        : "target_terminal_id=%s&target_terminal_eid=%s%s%s",
	               d->id, d->eid, query[0] != '\0' ? "&" : "", query);
}

struct world_told world_ask(struct world *w, size_t process, size_t device, const char *operation, const char *query)
{
	struct world_device *d = &w->devices[device];
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_profile *profiles = calloc(ESIM_PROFILES_MAX, sizeof *profiles);
	struct esim_order *orders = calloc(ESIM_PROFILES_MAX, sizeof *orders);
	struct asking *a = calloc(1, sizeof *a);
	char text[1024];

	es_db_testing_require(profiles != NULL && orders != NULL && a != NULL, "out of memory");
	identify(d, query, text, sizeof text);
	a->process = w->processes[process];
	a->rows = (struct esim_rows){ profiles, orders };
	a->answer.arena = es_arena_new(0, 1 << 20);
	a->request = (struct esim_request){ .app = (enum esim_app)d->app,
		                                .operation = es_slice_str(operation),
		                                .params = params,
		                                .param_count = esim_test_params(text, params),
		                                .facts = w->facts,
		                                .tenant = w->tenant,
		                                .imsi = WORLD_IMSI,
		                                .msisdn = "+15550100",
		                                .terminal_id = d->app == ESIM_COMPANION ? "phone" : d->id,
		                                .now_ms = w->now_ms };
	const es_status status = carry(a);
	if (status != ES_OK)
		world_fault(w, "%s %s %s: %s", d->id, operation, query, es_status_meaning(status));
	struct world_told told = { .result = number(a, "OperationResult"),
		                       .subscription = number(a, "SubscriptionResult"),
		                       .status = number(a, "ServiceStatus"),
		                       .has_download = take_download(a, d),
		                       .verdict = a->answer.verdict };
	if (a->carried.has_order)
		memcpy(told.order, a->carried.c.order.id, sizeof told.order);
	world_note(w, "%s %s %s -> verdict %d result %d subscription %d status %d%s %.6s %s", d->id, operation, query,
	           (int)told.verdict, told.result, told.subscription, told.status, told.has_download ? " download" : "",
	           told.order, a->answer.reason);
	es_arena_free(a->answer.arena);
	free(profiles);
	free(orders);
	free(a);
	return told;
}

/* ---- on the device ---- */

bool world_download(struct world *w, size_t device)
{
	struct world_device *d = &w->devices[device];

	if (!d->is_told)
		return false;
	for (size_t i = 0; i < w->held_count; i++) {
		struct world_held *h = &w->held[i];
		if (h->at != WORLD_RELEASED || strcmp(h->matching_id, d->matching_id) != 0 ||
		    (h->eid[0] != '\0' && strcmp(h->eid, d->eid) != 0) || (h->eid[0] == '\0' && d->matching_id[0] == '\0'))
			continue;
		h->at = WORLD_INSTALLED;
		memcpy(d->iccid, h->iccid, sizeof d->iccid);
		d->is_told = false;
		world_note(w, "%s installs %s", d->id, h->iccid);
		world_notify(w, h->iccid, ESIM_SIGN_DOWNLOADED);
		world_notify(w, h->iccid, ESIM_SIGN_INSTALLED);
		return true;
	}
	world_note(w, "%s finds nothing to download", d->id);
	return false;
}

/* From then on it may be downloaded again, by whoever names it (TS.43 8.11). */
void world_delete(struct world *w, size_t device)
{
	struct world_device *d = &w->devices[device];
	struct world_held *h = world_held_of(w, d->iccid);

	if (h == NULL)
		return;
	world_note(w, "%s deletes %s", d->id, d->iccid);
	h->at = WORLD_AVAILABLE;
	h->by_name = true;
	h->of_type = false;
	h->eid[0] = h->matching_id[0] = '\0';
	world_notify(w, d->iccid, ESIM_SIGN_DELETED);
	d->iccid[0] = '\0';
}

/* ---- notifications ---- */

void world_notify(struct world *w, const char *iccid, enum esim_sign sign)
{
	struct world_notice n = { .sign = sign };

	if (w->notice_count == ES_COUNT(w->notices))
		return;
	COPY(n.iccid, iccid);
	w->notices[w->notice_count++] = n;
}

struct job {
	struct world_process *process;
	const char *text;
	enum esim_sign sign;
	bool is_retry;
	struct esim_case c;
};

static es_status sign(struct es_db_conn *conn, void *user)
{
	struct job *j = user;
	const struct world *w = j->process->world;
	const es_status status = esim_case_sign(&j->process->store, conn, w->tenant, j->text, j->sign,
	                                        "8.8.5/6.4 download order", w->now_ms, &j->c);

	return status == ES_NOT_FOUND ? ES_OK : status;
}

static void run(struct world *w, size_t process, es_db_fn *fn, struct job *job)
{
	job->process = w->processes[process];
	const es_status status = es_db_write_wait(job->process->store.db, fn, job);
	if (status != ES_OK)
		world_fault(w, "a write from outside: %s", es_status_meaning(status));
}

bool world_notice(struct world *w, size_t process)
{
	static const char *const names[] = { "downloaded", "installed", "deleted", "failed" };
	struct job job = { .text = NULL };

	if (w->notice_count == 0)
		return false;
	const size_t i = w->trouble > 0 ? (size_t)world_random(w, w->notice_count) : 0;
	const struct world_notice n = w->notices[i];
	if (!world_chance(w, w->trouble / 4)) { /* or told twice */
		w->notice_count--;
		memmove(&w->notices[i], &w->notices[i + 1], (w->notice_count - i) * sizeof n);
	}
	if (w->trouble > 0 && world_chance(w, 5)) {
		world_note(w, "notice lost: %s %s", n.iccid, names[n.sign]);
		return true;
	}
	world_note(w, "notice: %s %s", n.iccid, names[n.sign]);
	job.text = n.iccid;
	job.sign = n.sign;
	run(w, process, sign, &job);
	return true;
}

/* ---- operators, and the line's end ---- */

static es_status change(struct es_db_conn *conn, void *user)
{
	struct job *j = user;
	const int64_t now = j->process->world->now_ms;

	ES_TRY(esim_case_read(&j->process->store, conn, j->text, &j->c));
	const bool is = j->is_retry ? esim_order_retry(&j->c.order, now)
	                            : esim_order_cancel(&j->c.order, "an operator took it back", now);
	return is ? esim_case_write(&j->process->store, conn, &j->c, now) : ES_OK;
}

void world_cancel(struct world *w, const char *order)
{
	struct job job = { .text = order };

	world_note(w, "an operator cancels %.6s", order);
	run(w, 0, change, &job);
}

void world_retry(struct world *w, const char *order)
{
	struct job job = { .text = order, .is_retry = true };

	world_note(w, "an operator retries %.6s", order);
	run(w, 0, change, &job);
}

/* As esim_admin_order.c takes it. */
static es_status advance(struct es_db_conn *conn, void *user)
{
	const struct esim_pace pace = { .lease_ms = 0 };
	struct job *j = user;
	struct world *w = j->process->world;
	struct esim_order *o = &j->c.order;
	struct esim_heard heard;

	ES_TRY(esim_case_read(&j->process->store, conn, j->text, &j->c));
	const uint8_t step = o->step;
	if (esim_order_peer(o) != ESIM_PEER_BSS || (o->begun & UINT32_C(1) << step) == 0 || (o->flags & ESIM_OUT) != 0)
		return ES_OK;
	if (o->state == ESIM_ORDER_STUCK)
		(void)esim_order_retry(o, w->now_ms);
	if (!esim_order_take(o, &pace, w->now_ms) || o->step != step)
		return ES_OK;
	const struct esim_ask ask = { o, &j->c.profile, &j->c.profile, o->old_iccid };
	world_bss(w, &ask, WORLD_ANSWERS, &heard);
	ES_TRY(esim_prepare_heard(&j->process->store, conn, &j->c, &heard, w->now_ms));
	esim_profile_learn(&j->c.profile, o, &heard, "");
	esim_order_hear(o, &heard, &pace, w->now_ms);
	world_note(w, "the BSS says of %.6s %s: %d", o->id, esim_step_name((enum esim_step)step), (int)heard.outcome);
	return esim_case_write(&j->process->store, conn, &j->c, w->now_ms);
}

void world_advance(struct world *w, const char *order)
{
	struct job job = { .text = order };

	run(w, 0, advance, &job);
}

static es_status terminate(struct es_db_conn *conn, void *user)
{
	struct job *j = user;
	struct world *w = j->process->world;
	Openes__Event event;
	uint64_t written = 0;
	char kind[] = "subscriber.terminated", imsi[] = WORLD_IMSI, none[] = "";

	openes__event__init(&event);
	event.kind = kind;
	event.tenant = w->tenant;
	event.imsi = imsi;
	event.traceparent = none;
	return esim_follow_event(&j->process->store, conn, &event, w->now_ms, &written);
}

void world_terminate(struct world *w)
{
	struct job job = { .text = NULL };

	world_note(w, "the line ends");
	w->facts.line_active = w->facts.companion_allowed = w->facts.primary_allowed = false;
	run(w, 0, terminate, &job);
}
