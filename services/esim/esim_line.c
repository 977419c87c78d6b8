/* esim_line.c -- the line as an operation sees it. */
#include "esim_line.h"

#include <stdio.h>
#include <string.h>

#include "es_crypto.h"
#include "esim_prepare.h"

es_status esim_line_read(const struct esim_store *store, struct es_db_conn *conn, struct esim_request *request,
                         struct esim_rows *rows)
{
	struct esim_line *line = &request->line;
	struct esim_draft asker;
	char iccid[ESIM_ICCID + 1];

	*line = (struct esim_line){ .profiles = rows->profiles, .orders = rows->orders };
	ES_TRY(esim_row_profiles(store, conn, request->tenant, request->imsi, request->facts.enterprise_id, request->now_ms,
	                         rows->profiles, &line->count));
	for (size_t i = 0; rows->orders != NULL && i < line->count; i++) {
		const es_status status = esim_row_order_of_profile(store, conn, rows->profiles[i].id, &rows->orders[i]);
		if (status == ES_NOT_FOUND)
			rows->orders[i].id[0] = '\0';
		else
			ES_TRY(status);
	}
	esim_draft_read(request, &asker);
	(void)esim_iccid_of(request, iccid);
	ES_TRY(esim_row_is_foreign(conn, &asker, iccid, &line->is_foreign_iccid, &line->is_foreign_device));
	bool device_is = false;
	return esim_row_is_foreign(conn, &asker, asker.old_iccid, &line->is_foreign_old, &device_is);
}

es_status esim_line_order(const struct esim_store *store, struct es_db_conn *conn, const struct esim_draft *draft,
                          const struct esim_settings *settings, const struct esim_offer *offer,
                          const struct esim_profile *subject, const char *traceparent, int64_t now_ms,
                          struct esim_case *out)
{
	struct esim_ids ids;

	memset(out, 0, sizeof *out);
	esim_make_id(ids.order);
	esim_make_id(ids.profile);
	esim_make_matching_id(ids.matching_id);
	if (!esim_draft_is_new(draft)) {
		if (subject == NULL)
			return ES_INTERNAL;
		out->profile = *subject;
	}
	esim_draft_order(draft, settings, offer, &ids, now_ms, &out->order, &out->profile);
	(void)snprintf(out->order.traceparent, sizeof out->order.traceparent, "%s", traceparent);
	es_wipe(&ids, sizeof ids);
	return esim_case_begin(store, conn, out, now_ms);
}
