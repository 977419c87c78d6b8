/* auth_bus_equipment.c -- from policy's message to the Diameter process and back. Nothing is kept here. */
#include "auth_bus_equipment.h"

#include "auth.pb-c.h"
#include "auth_diameter.h"
#include "auth_env.h"
#include "es_bus_pb.h"

struct call {
	struct auth_equipment_ask ask; /* first: an answer finds its call by it */
	struct es_bus_call *bus;
};

static void answered(struct auth_equipment_ask *ask, enum auth_equipment_answer answer)
{
	static const Openes__EquipmentReply__State states[] = {
		[AUTH_EQUIPMENT_ALLOWED] = OPENES__EQUIPMENT_REPLY__STATE__ALLOWED,
		[AUTH_EQUIPMENT_TRACKED] = OPENES__EQUIPMENT_REPLY__STATE__TRACKED,
		[AUTH_EQUIPMENT_BLOCKED] = OPENES__EQUIPMENT_REPLY__STATE__BLOCKED,
		[AUTH_EQUIPMENT_UNKNOWN] = OPENES__EQUIPMENT_REPLY__STATE__UNKNOWN,
		[AUTH_EQUIPMENT_AWAY] = OPENES__EQUIPMENT_REPLY__STATE__AWAY,
	};
	struct call *call = (void *)ask;
	Openes__EquipmentReply reply;

	openes__equipment_reply__init(&reply);
	reply.state = states[answer];
	reply.why = es_pb_text(ask->why);
	es_bus_reply(call->bus, &reply.base);
}

void auth_on_equipment(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__EquipmentRequest *request = (const void *)message;
	const struct auth_env *env = user;
	struct call *call = es_arena_alloc(es_bus_call_arena(bus), sizeof *call);

	if (call == NULL) {
		es_bus_fail(bus, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*call = (struct call){ .ask = { .source = request->source,
		                            .imei = request->imei,
		                            .software = request->software,
		                            .arena = es_bus_call_arena(bus),
		                            .deadline = es_bus_call_deadline(bus),
		                            .trace = es_bus_call_trace(bus),
		                            .done = answered,
		                            .why = "no EIR is configured" },
		                   .bus = bus };
	if (env->diameter == NULL)
		answered(&call->ask, AUTH_EQUIPMENT_AWAY);
	else
		auth_diameter_equipment(env->diameter, &call->ask);
}
