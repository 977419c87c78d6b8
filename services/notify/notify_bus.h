/* notify_bus.h -- NOTIFY_REGISTER, NOTIFY_SMS and NOTIFY_ADMIN: from protobuf to the domain and the store, and back. */
#ifndef NOTIFY_BUS_H
#define NOTIFY_BUS_H

#include "es_bus.h"
#include "es_worker.h"
#include "notify_channels.h"
#include "notify_deliver.h"
#include "notify_sms.h"
#include "notify_store.h"

struct notify_bus {
	struct notify_store *store;
	struct es_worker *readers; /* where reads of this database block; else NULL */
	struct es_worker *admins;  /* for the operators' API */
	struct notify_ways ways;
	struct notify_deliver *deliver; /* NULL: nobody sends */
	struct notify_channels *channels;
	struct notify_sms *sms; /* of tenants whose rules name no account for SMS */
};

extern const struct es_bus_method notify_bus_methods[];
extern const size_t notify_bus_method_count;

/* notify_bus_admin.c */
void notify_on_admin(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void notify_admin_metrics(void);

/* Shows the metrics before the first request. */
void notify_bus_init(void);

#endif
