/* esim_answer_order.c -- what a device is told of its order, as it stands (TS.43 6.5.3). Pure. */
#include "esim_answer.h"
#include "esim_settle.h"

static bool may_download(const struct esim_order *order, const struct esim_profile *p)
{
	return esim_order_is_offered(order) && (order->flags & ESIM_SEEN) == 0 && p->ended_ms == 0 &&
	       (p->by_address ? p->smdp_address : p->activation_code)[0] != '\0';
}

static enum esim_subscription result_of(const struct esim_order *order, const struct esim_profile *p)
{
	const bool brings_profile = esim_order_makes_profile(order) || order->kind == ESIM_RELEASE;

	if (order->state == ESIM_ORDER_UNDONE || (order->flags & ESIM_BACK) != 0)
		return ESIM_DISMISS;
	if (!brings_profile)
		return ESIM_ALL_DONE;
	if (may_download(order, p))
		return ESIM_DOWNLOAD;
	if (order->state == ESIM_ORDER_DONE || esim_order_is_offered(order))
		return ESIM_ALL_DONE;
	return order->state == ESIM_ORDER_WAITING && order->step == ESIM_STEP_DELETED ? ESIM_DELETE_FIRST : ESIM_DELAYED;
}

void esim_answer_order(const struct esim_request *request, const struct esim_order *order,
                       const struct esim_profile *profile, struct esim_answer *answer)
{
	if (answer->is_service) {
		esim_answer_begin(answer);
		esim_answer_put_number(answer, NULL, "ServiceStatus", profile->status);
		return;
	}
	if ((order->flags & ESIM_BAD_INPUT) != 0) { /* TS.43 8.12.2, step 11 */
		esim_answer_result(answer, ESIM_INVALID_MSG_RESPONSE, order->reason);
		return;
	}
	const enum esim_subscription result = result_of(order, profile);
	esim_answer_subscription(answer, result);
	if (result == ESIM_DISMISS)
		answer->reason = order->reason;
	if (result != ESIM_DOWNLOAD)
		return;
	esim_answer_download(answer, NULL, profile);
	if (order->kind == ESIM_RECOVER && request->app == ESIM_PRIMARY)
		esim_answer_primary(request, answer, profile); /* TS.43 8.13.2, step 17 */
}
