/* esim_follow.c -- termination, erasure and other SIMs, as policy's outbox tells of them. */
#include "esim_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "esim_line.h"

/* Nobody is asked but the SM-DP+ that still holds the profile: whoever ended the line knows that it has ended. */
static es_status terminate(const struct esim_store *store, struct es_db_conn *conn, const struct esim_profile *profile,
                           const char *traceparent, int64_t now_ms, struct esim_case *c)
{
	struct esim_draft draft = { .kind = ESIM_TERMINATE, .app = profile->app, .service = profile->service };
	const struct esim_settings settings = {
		.smdp = profile->smdp, .bss = "", .companion_profile_type = "", .primary_profile_type = ""
	};

	memcpy(draft.tenant, profile->tenant, sizeof draft.tenant);
	memcpy(draft.imsi, profile->imsi, sizeof draft.imsi);
	memcpy(draft.requester, profile->requester, sizeof draft.requester);
	return esim_line_order(store, conn, &draft, &settings, NULL, profile, traceparent, now_ms, c);
}

static es_status end_profile(const struct esim_store *store, struct es_db_conn *conn,
                             const struct esim_profile *profile, const char *traceparent, int64_t now_ms,
                             uint64_t *written)
{
	struct esim_case c;
	struct esim_order order;
	struct esim_profile now;
	es_status status = esim_row_order_of_profile(store, conn, profile->id, &order);

	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	/* A profile goes with the order that makes it, where that can go back; else it ends by itself. */
	bool is_ending = false;
	if (status == ES_OK) {
		ES_TRY(esim_case_read(store, conn, order.id, &c));
		if (esim_order_end_line(&c.order, now_ms)) {
			ES_TRY(esim_case_write(store, conn, &c, now_ms));
			is_ending = esim_order_makes_profile(&order);
		}
	}
	if (!is_ending) {
		ES_TRY(esim_row_profile(store, conn, profile->id, &now));
		ES_TRY(terminate(store, conn, &now, traceparent, now_ms, &c));
	}
	*written = c.event > 0 ? c.event : *written;
	es_wipe(&c, sizeof c);
	return ES_OK;
}

static es_status end_line(const struct esim_store *store, struct es_db_conn *conn, const Openes__Event *event,
                          int64_t now_ms, uint64_t *written)
{
	struct esim_profile *profiles = calloc(ESIM_PROFILES_MAX, sizeof *profiles);
	size_t count = 0;

	if (profiles == NULL)
		return ES_TOO_LARGE;
	es_status status = esim_row_profiles(store, conn, event->tenant, event->imsi, "", INT64_MAX, profiles, &count);
	for (size_t i = 0; status == ES_OK && i < count; i++)
		if (profiles[i].ended_ms == 0)
			status = end_profile(store, conn, &profiles[i], event->traceparent, now_ms, written);
	es_wipe(profiles, ESIM_PROFILES_MAX * sizeof *profiles);
	free(profiles);
	return status;
}

es_status esim_follow_event(const struct esim_store *store, struct es_db_conn *conn, const Openes__Event *event,
                            int64_t now_ms, uint64_t *written)
{
	static const char *const endings[] = { "subscriber.terminated", "subscriber.removed" };

	if (strcmp(event->kind, "subscriber.erased") == 0)
		return esim_store_erase(conn, es_slice_str(event->tenant), es_slice_str(event->imsi));
	if (event->moved_to[0] != '\0' && event->imsi[0] != '\0')
		return esim_store_move(conn, es_slice_str(event->tenant), es_slice_str(event->imsi),
		                       es_slice_str(event->moved_to));
	for (size_t i = 0; i < ES_COUNT(endings); i++)
		if (strcmp(event->kind, endings[i]) == 0 && event->imsi[0] != '\0')
			return end_line(store, conn, event, now_ms, written);
	return ES_OK;
}
