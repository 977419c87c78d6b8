/* auth_bus_call.h -- one AUTH_* call in work: what the adapters of the bus begin with. */
#ifndef AUTH_BUS_CALL_H
#define AUTH_BUS_CALL_H

#include "auth_env.h"
#include "es_bus.h"

/* Comes first in what an adapter keeps of a call: an answer finds the rest by the task. */
struct auth_bus_call {
	struct auth_task task;
	struct es_bus_call *bus;
};

/* `size` octets in the call's arena, zeros behind the struct that they begin with; NULL when it is exhausted, and the call is
 * answered then. `user`: the auth_env. */
static inline void *auth_bus_begin(struct es_bus_call *bus, void *user, size_t size,
                                   void (*answer)(struct auth_task *task, es_status status, const char *detail))
{
	struct es_arena *arena = es_bus_call_arena(bus);
	struct auth_bus_call *call = es_arena_alloc(arena, size);

	if (call == NULL) {
		es_bus_fail(bus, ES_TOO_LARGE, "the call is too large");
		return NULL;
	}
	*call = (struct auth_bus_call){ .task = { .env = user,
		                                      .arena = arena,
		                                      .trace = es_bus_call_trace(bus),
		                                      .deadline = es_bus_call_deadline(bus),
		                                      .answer = answer },
		                            .bus = bus };
	return call;
}

#endif
