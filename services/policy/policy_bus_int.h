/* policy_bus_int.h -- policy's end of the bus, as its files share it. Internal to policy_bus*.c. */
#ifndef POLICY_BUS_INT_H
#define POLICY_BUS_INT_H

#include "es_worker.h"
#include "policy_bss.h"
#include "policy_bus.h"

struct policy_bus {
	struct policy_engine *engine;
	struct es_bus_server *server;
	struct es_bus_publisher *publisher;
	struct es_bus_client *esim; /* NULL: sheets of eSIMs are not answered */
	struct policy_bss *bss;     /* NULL: the operator's own systems are not asked */
	struct es_worker *readers;  /* NULL: reads do not block */
	struct es_worker *operators;
	struct es_worker *answers; /* of phones, that are kept: apart, so that no phone stands in an operator's way */
};

/* The reply, or what the failure means. */
void policy_bus_answer(struct es_bus_call *call, es_status status, const ProtobufCMessage *reply);

/* POLICY_DECIDE and POLICY_ADMIT, which may have to ask outside first (policy_bus_ask.c). */
void policy_bus_decide(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request);
void policy_bus_admit(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request);

/* POLICY_SHEET_OPEN and POLICY_SHEET_ACT, with somebody to be asked in between (policy_bus_sheet.c). The second commits: on a worker. */
void policy_bus_sheet_open(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request);
void policy_bus_sheet_act(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request);

#endif
