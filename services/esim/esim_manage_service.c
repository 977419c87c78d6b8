/* esim_manage_service.c -- ManageService: a service on or off (TS.43 6.5.4). Pure. */
#include <string.h>

#include "es_text.h"
#include "esim_answer.h"
#include "esim_operations.h"

enum { ACTIVATE_SERVICE = 10, DEACTIVATE_SERVICE = 11 };

static void put_status(struct esim_answer *answer, uint8_t status)
{
	esim_answer_begin(answer);
	esim_answer_put_number(answer, NULL, "ServiceStatus", status);
}

static const struct esim_profile *find(const struct esim_request *request, const struct esim_draft *draft,
                                       const char *iccid)
{
	for (size_t i = 0; i < request->line.count; i++) {
		const struct esim_profile *p = &request->line.profiles[i];
		const bool is_it = iccid[0] != '\0' ? strcmp(p->iccid, iccid) == 0
		                                    : strcmp(p->device, draft->device) == 0 && draft->device[0] != '\0';
		if (p->ended_ms == 0 && p->app == request->app && is_it)
			return p;
	}
	return NULL;
}

/* One that is on already, or that an order is busy with, is not ordered again; that the device knows its ICCID shows that it
 * has the profile (TS.43 7.2). */
static void switch_service(const struct esim_request *request, struct esim_answer *answer, const struct esim_profile *p,
                           bool is_named, bool on)
{
	const struct esim_order *under_way = &request->line.orders[p - request->line.profiles];

	answer->subject = p;
	answer->shown = is_named && p->ready_ms > 0 && p->seen_ms == 0 ? p : NULL;
	const bool is_there = answer->shown != NULL || p->seen_ms > 0;
	if (p->status == (on ? ESIM_ACTIVATED : ESIM_DEACTIVATED) || p->status == ESIM_ACTIVATING ||
	    (under_way->id[0] != '\0' && (!is_there || !esim_order_makes_profile(under_way)))) {
		put_status(answer, p->status);
		return;
	}
	(void)es_slice_to_str(es_slice_str(p->id), answer->draft.profile, sizeof answer->draft.profile);
	answer->draft.kind = on ? ESIM_SERVICE_ON : ESIM_SERVICE_OFF;
	answer->verdict = ESIM_ORDERS;
	answer->is_service = true;
}

void esim_manage_service(const struct esim_request *request, struct esim_answer *answer)
{
	char iccid[ESIM_ICCID + 1];
	int64_t type = 0;

	if (es_parse_i64(esim_param(request, "operation_type"), ACTIVATE_SERVICE, DEACTIVATE_SERVICE, &type) != ES_OK) {
		esim_answer_result(answer, ESIM_INVALID_PARAMETER, "operation_type is neither 10 nor 11");
		return;
	}
	esim_draft_read(request, &answer->draft);
	(void)esim_iccid_of(request, iccid);
	const struct esim_profile *p = find(request, &answer->draft, iccid);
	if (p != NULL) {
		switch_service(request, answer, p, iccid[0] != '\0', type == ACTIVATE_SERVICE);
	} else if (request->line.is_foreign_iccid || request->line.is_foreign_device) {
		answer->verdict = ESIM_FORBIDDEN;
		answer->reason = "somebody else's";
	} else {
		esim_answer_result(answer, ESIM_INVALID_PARAMETER, "no profile of this line");
	}
}
