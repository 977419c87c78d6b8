/* auth_diameter.h -- HSSs and AAAs as auth asks them, through openes-diameter: proto/diameter.proto from this side.
 *
 * Nothing here blocks; every question is answered once, at its deadline at the latest. While openes-diameter is away, being
 * started again, its sources are away. Any thread. */
#ifndef AUTH_DIAMETER_H
#define AUTH_DIAMETER_H

#include "auth_relay.h"
#include "auth_source.h"
#include "es_buf.h"
#include "es_bus.h"

struct auth_diameter;

/* Questions under way at once. dia_config.h allows as many for all sections together. */
#define AUTH_DIAMETER_IN_FLIGHT_MAX 4096u

/* `target`: auth_diameter_child_target(). `key` is borrowed. */
es_status auth_diameter_new(const char *target, struct es_bus_key *key, struct auth_diameter **out,
                            struct es_buf *error) ES_MUST_USE;
/* Ends what is under way: every question is answered before it returns, and those that come later at once. NULL is fine. */
void auth_diameter_stop(struct auth_diameter *diameter);
/* When nobody asks any more; sources and relay are gone with it. NULL is fine. */
void auth_diameter_free(struct auth_diameter *diameter);

/* Section [swx NAME]; `name` outlives it. At start only. ES_TOO_LARGE: out of memory. */
es_status auth_diameter_source(struct auth_diameter *diameter, const char *name, struct auth_source *out) ES_MUST_USE;
/* Of section [aaa NAME]: what auth_sources_find() gives, so that a route may name it. Its `ask` is not for vectors: away. */
es_status auth_diameter_relay_source(struct auth_diameter *diameter, const char *name,
                                     struct auth_source *out) ES_MUST_USE;
/* All [aaa] sections. */
struct auth_relay auth_diameter_relay(struct auth_diameter *diameter);

/* What an HSS says of a subscriber (SAR, nobody is registered). */
enum auth_profile_answer { AUTH_PROFILE_KNOWN = 1, AUTH_PROFILE_UNKNOWN, AUTH_PROFILE_AWAY };
struct auth_profile_ask {
	/* The question; its texts outlive it. */
	const char *source, *imsi;
	struct es_arena *arena;
	int64_t deadline; /* wall ms */
	const struct es_trace *trace;
	void (*done)(struct auth_profile_ask *ask, enum auth_profile_answer answer); /* once */

	/* The answer, in the arena. */
	const char *msisdn; /* with '+'; "": not told */
	bool has_access, access_barred;
	const char *why; /* for logs; never NULL with AUTH_PROFILE_AWAY */
	void *carrier;
};
void auth_diameter_profile(struct auth_diameter *diameter, struct auth_profile_ask *ask);

/* What an EIR says of a device (S13). */
enum auth_equipment_answer {
	AUTH_EQUIPMENT_ALLOWED = 1,
	AUTH_EQUIPMENT_TRACKED,
	AUTH_EQUIPMENT_BLOCKED,
	AUTH_EQUIPMENT_UNKNOWN,
	AUTH_EQUIPMENT_AWAY,
};
struct auth_equipment_ask {
	/* The question; its texts outlive it. */
	const char *source, *imei, *software; /* section [eir NAME]; 14 digits; 2 or "" */
	struct es_arena *arena;
	int64_t deadline; /* wall ms */
	const struct es_trace *trace;
	void (*done)(struct auth_equipment_ask *ask, enum auth_equipment_answer answer); /* once */

	const char *why; /* for logs; never NULL */
};
void auth_diameter_equipment(struct auth_diameter *diameter, struct auth_equipment_ask *ask);

#endif
