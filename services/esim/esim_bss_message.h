/* esim_bss_message.h -- what the BSS of eSIM orders is asked, step by step, and what its answers mean (docs/esim-bss.md). Pure. */
#ifndef ESIM_BSS_MESSAGE_H
#define ESIM_BSS_MESSAGE_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"
#include "esim_heard.h"

/* Texts that are NULL or "" are left out, but for order, tenant and kind. They outlive the request alone. */
struct esim_bss_request {
	const char *step; /* verify, order, provision, service, retire; cancel undoes order, deprovision undoes provision */
	const char *order, *tenant, *kind;
	const char *app, *imsi, *msisdn, *service, *plan, *enterprise_id;
	struct {
		const char *id, *eid, *vendor, *model, *name;
	} device; /* that the profile is on, or is for */
	const char *requesting_device;
	const char *iccid; /* of the profile that the order is about, where there is one already */
	const char *old_iccid, *old_device;
	const char *response; /* of verify: what the user typed; secret */
	struct {
		const char *iccid, *imsi, *msisdn;
	} profile; /* the new one, as far as it is known */
};

/* The body. ES_TOO_LARGE. */
es_status esim_bss_write(const struct esim_bss_request *request, struct es_buf *out) ES_MUST_USE;

/* Never fails: what cannot be read is ESIM_HEARD_LOST or ESIM_HEARD_UNHEARD with its reason. `retry_after_s` of the header; -1:
 * none. `out` may hold secrets. A body as of a 200 is also what an operator's late answer is. Whether it is an answer as an
 * order management in health gives it. */
bool esim_bss_read(const char *step, long code, struct es_slice body, int64_t retry_after_s, struct esim_heard *out);

#endif
