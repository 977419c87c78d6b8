/* esim_notified.c -- ESIM_NOTIFIED: what an SM-DP+ tells of a profile (ES2+ HandleDownloadProgressInfo, HandleNotification).
 *
 * It is told that it was heard once that is committed. Told twice, late or in another order, it makes no difference. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim.pb-c.h"
#include "esim_bus.h"
#include "esim_case.h"
#include "esim_smdp.h"

static const char *const result_names[] = { "taken", "unreadable", "of_nobody", "not_ours", "failed" };
enum { TAKEN, UNREADABLE, OF_NOBODY, NOT_OURS, FAILED };
ES_METRIC_COUNTER(notices, "openes_esim_notices_total", "Notifications of SM-DP+s, by what became of them", "result",
                  result_names);

struct notice {
	struct esim_bus *bus;
	struct es_bus_call *call;
	const char *fingerprint;
	struct esim_es2_notice heard;
	struct esim_case c;
	size_t result;
	bool has_moved;
};

void esim_notified_metrics(void)
{
	es_metric_register(&notices);
}

static void answer(struct notice *n)
{
	static const Openes__NotifiedReply__Outcome outcomes[] = {
		[TAKEN] = OPENES__NOTIFIED_REPLY__OUTCOME__TAKEN,
		[UNREADABLE] = OPENES__NOTIFIED_REPLY__OUTCOME__UNREADABLE,
		[OF_NOBODY] = OPENES__NOTIFIED_REPLY__OUTCOME__OF_NOBODY,
		[NOT_OURS] = OPENES__NOTIFIED_REPLY__OUTCOME__NOT_OURS,
	};
	Openes__NotifiedReply reply;

	openes__notified_reply__init(&reply);
	reply.outcome = outcomes[n->result];
	es_count(&notices, n->result);
	es_bus_reply(n->call, &reply.base);
}

/* What it means for the order; false: nothing. */
static bool sign_of(const struct esim_es2_notice *heard, enum esim_es2_event event, enum esim_sign *sign)
{
	static const struct {
		enum esim_es2_event event;
		enum esim_sign sign;
	} signs[] = { { ESIM_EVENT_DOWNLOADED, ESIM_SIGN_DOWNLOADED },
		          { ESIM_EVENT_INSTALLED, ESIM_SIGN_INSTALLED },
		          { ESIM_EVENT_ENABLED, ESIM_SIGN_INSTALLED },
		          { ESIM_EVENT_DELETED, ESIM_SIGN_DELETED } };

	if (!heard->is_ok) {
		*sign = ESIM_SIGN_FAILED;
		return heard->is_final;
	}
	for (size_t i = 0; i < ES_COUNT(signs); i++) {
		*sign = signs[i].sign;
		if (signs[i].event == event)
			return true;
	}
	return false;
}

/* An ICCID is one profile, whoever's: the section that holds it says whose numbers these are. */
static es_status take(struct es_db_conn *conn, void *user)
{
	struct notice *n = user;
	struct esim_smdp *smdp = n->bus->smdp;
	struct esim_profile profile;
	enum esim_sign sign;

	n->has_moved = false;
	n->result = NOT_OURS;
	const es_status status = esim_row_profile_of_any(&n->bus->store, conn, n->heard.iccid, &profile);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_OK : status;
	if (!esim_smdp_has_certificate(smdp, profile.smdp, n->fingerprint))
		return ES_OK; /* it speaks of what another one holds */
	n->result = TAKEN;
	if (!sign_of(&n->heard, esim_smdp_event(smdp, profile.smdp, n->heard.point), &sign))
		return ES_OK;
	n->has_moved = true;
	return esim_case_sign(&n->bus->store, conn, profile.tenant, profile.iccid, sign, n->heard.reason, es_wall_ms(),
	                      &n->c);
}

static void taken(es_status status, void *user)
{
	struct notice *n = user;

	if (status != ES_OK) {
		es_count(&notices, FAILED);
		es_bus_fail(n->call, status, "the notification was not written");
		return;
	}
	struct esim_bus *bus = n->bus;
	es_info(es_bus_call_trace(n->call), "esim.notice", es_f_id("iccid", es_slice_str(n->heard.iccid)),
	        es_f_i64("point", n->heard.point), es_f_bool("ok", n->heard.is_ok), es_f_str("why", n->heard.reason),
	        es_f_str("result", result_names[n->result]));
	if (n->has_moved) {
		esim_bus_moved(bus, n->c.order.id[0] != '\0' ? &n->c.order : NULL, n->c.event);
		esim_bus_moved(bus, NULL, 0);
	}
	answer(n);
}

void esim_on_notified(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__NotifiedRequest *m = (const Openes__NotifiedRequest *)message;
	struct notice *n = es_arena_alloc(es_bus_call_arena(call), sizeof *n);

	if (n == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "out of memory");
		return;
	}
	*n = (struct notice){ .bus = user, .call = call, .fingerprint = m->fingerprint };
	if (esim_smdp_of_certificate(n->bus->smdp, m->fingerprint) == NULL)
		n->result = OF_NOBODY;
	else if (esim_es2_notice_read(es_slice_of(m->body.data, m->body.len), &n->heard) != ES_OK)
		n->result = UNREADABLE;
	else {
		const es_status status = es_db_write(n->bus->store.db, take, taken, n);
		if (status != ES_OK)
			es_bus_fail(call, status, "too many wait to be written");
		return;
	}
	answer(n);
}
