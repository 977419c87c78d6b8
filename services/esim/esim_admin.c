/* esim_admin.c -- the table of actions, and what they share beside es_admin.h. */
#include "esim_admin.h"

#include <stdio.h>

#include "es_cleanup.h"
#include "esim_admin_call.h"
#include "esim_es2.h"

struct desk {
	const struct esim_store *store;
	struct esim_admin_effect *effect;
};

static const struct es_admin_action actions[] = {
	{ "order.list", 0, esim_do_order_list },
	{ "order.get", 0, esim_do_order_get },
	{ "order.retry", ES_ADMIN_WRITES, esim_do_order_retry },
	{ "order.cancel", ES_ADMIN_WRITES, esim_do_order_cancel },
	{ "order.advance", ES_ADMIN_WRITES, esim_do_order_advance },
	{ "profile.list", 0, esim_do_profile_list },
	{ "profile.get", 0, esim_do_profile_get },
	{ "profile.put", ES_ADMIN_WRITES, esim_do_profile_put },
	{ "profile.delete", ES_ADMIN_WRITES, esim_do_profile_delete },
	{ "profile.deleted", ES_ADMIN_WRITES, esim_do_profile_deleted },
	{ "stock.list", 0, esim_do_stock_list },
	{ "stock.import", ES_ADMIN_WRITES | ES_ADMIN_BULK, esim_do_stock_import },
	{ "stock.delete", ES_ADMIN_WRITES, esim_do_stock_delete },
	{ "event.list", 0, esim_do_event_list },
};

const struct esim_store *esim_admin_store(const struct es_admin_call *call)
{
	const struct desk *desk = call->user;

	return desk->store;
}

struct esim_admin_effect *esim_admin_effect(const struct es_admin_call *call)
{
	const struct desk *desk = call->user;

	return desk->effect;
}

es_status esim_admin_iccid(struct es_admin_call *call, char out[ESIM_ICCID + 1])
{
	if (!esim_es2_iccid(es_slice_str(es_admin_param(call, "iccid")), out))
		return es_admin_refuse(call, ES_ADMIN_INVALID, "iccid", "must have 18 to 20 digits");
	return ES_OK;
}

void esim_admin_moved(struct es_admin_call *call, const struct esim_case *c)
{
	struct esim_admin_effect *effect = esim_admin_effect(call);

	(void)snprintf(effect->order, sizeof effect->order, "%s", c->order.id);
	effect->sequence = c->event;
	effect->wakes = c->order.state != ESIM_ORDER_GOING || esim_order_is_offered(&c->order);
}

static void restart(void *user)
{
	const struct desk *desk = user;

	*desk->effect = (struct esim_admin_effect){ .sequence = 0 };
}

es_status esim_admin_run(const struct esim_store *store, const struct es_admin_request *request,
                         struct es_admin_result *result, struct esim_admin_effect *effect)
{
	struct desk desk = { store, effect };
	const struct es_admin_desk own = {
		.db = store->db, .actions = actions, .action_count = ES_COUNT(actions), .restart = restart, .user = &desk
	};

	restart(&desk);
	return es_admin_run(&own, request, result);
}
