/* esim_bus.h -- what esim answers over the bus, and the doorbell of its outbox. */
#ifndef ESIM_BUS_H
#define ESIM_BUS_H

#include "es_bus.h"
#include "es_worker.h"
#include "esim_run.h"
#include "esim_store.h"
#include "esim_wait.h"

#define ESIM_TOPIC "esim"

struct esim_smdp;

struct esim_bus {
	struct esim_store store;
	struct esim_runner *runner;
	struct esim_waits *waits;
	struct es_worker *readers;          /* where reads block, and for the operators' API */
	struct es_bus_publisher *publisher; /* NULL: nobody is told */
	struct esim_smdp *smdp;             /* whose notifications are taken */
};

extern const struct es_bus_method esim_bus_methods[];
extern const size_t esim_bus_method_count;

/* Shows the metrics before the first request. */
void esim_bus_init(void);

/* After a commit: rings, wakes who waits for the order, has the runner look. Any thread. `order` NULL: none moved. */
void esim_bus_moved(struct esim_bus *bus, const struct esim_order *order, uint64_t event);

/* The methods, a file each. */
void esim_on_operate(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void esim_on_sheet(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void esim_on_notified(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void esim_on_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void esim_on_admin(struct es_bus_call *call, const ProtobufCMessage *message, void *user);
void esim_operate_metrics(void);
void esim_notified_metrics(void);
void esim_admin_metrics(void);

#endif
