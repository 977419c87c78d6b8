/* policy_qos.h -- an order for quality of service: its steps, and what each outcome makes of it. Pure; times are wall ms.
 *
 * A step is written before it is done and after it, so that whoever finds an order in the middle knows what may have
 * happened. A process takes an order that is due (policy_qos_take()), which moves its next moment to when that process
 * is given up, does what it is told to, and says what came of it (policy_qos_heard()). What may have been acted upon
 * without our knowing is asked for again with the same id until it is known, also when nobody wants it any more: only
 * what is known can be ended. */
#ifndef POLICY_QOS_H
#define POLICY_QOS_H

#include "es_buf.h"
#include "policy_types.h"

enum policy_qos_state {
	POLICY_QOS_WANTED = 1, /* nothing was sent yet */
	POLICY_QOS_ASKING,     /* a request for it was or is about to be sent */
	POLICY_QOS_ACTIVE,
	POLICY_QOS_ENDING,
	POLICY_QOS_FAILED, /* a person has to look */
	POLICY_QOS_ENDED,
};
extern const char *const policy_qos_state_names[];

enum policy_qos_flag {
	POLICY_QOS_GOAL = 1,        /* the boost is in force: it is to be active */
	POLICY_QOS_UNSURE = 2,      /* a request without an answer may have made it */
	POLICY_QOS_OUT = 4,         /* a process has it */
	POLICY_QOS_CANCELLED = 8,   /* by an operator: not asked for again for the same boost */
	POLICY_QOS_WITHDRAWING = 16 /* the boost is to be taken from the line */
};

#define POLICY_QOS_ID 32
#define POLICY_QOS_REMOTE_MAX 512

struct policy_qos_order {
	const char *id, *tenant, *imsi, *msisdn;
	int64_t boost;
	uint8_t mode; /* enum policy_qos_mode */
	const char *source, *profile, *dnn;
	int64_t until_ms; /* 0: no end */
	bool withdraws;
	uint8_t state;
	unsigned flags;
	int64_t tries, takes;
	int64_t next_ms; /* 0: never */
	const char *remote, *reason;
	int64_t created_ms, asked_ms, active_ms, ending_ms, ended_ms;
	uint64_t version;
};

/* Of a section of the file. */
struct policy_qos_pace {
	int64_t retry_first_ms, retry_max_ms; /* the pause doubles in between */
	int64_t lease_ms;                     /* longer than a request may last */
	int64_t tries_max;                    /* of a step */
};

enum policy_qos_act { POLICY_QOS_NOTHING, POLICY_QOS_CREATE, POLICY_QOS_REMOVE, POLICY_QOS_WITHDRAW };
/* Of an order that is due: what its taker is to do now. POLICY_QOS_NOTHING: nobody has it. */
enum policy_qos_act policy_qos_take(struct policy_qos_order *order, const struct policy_qos_pace *pace, int64_t now_ms);

enum policy_qos_outcome {
	POLICY_QOS_DONE,    /* of CREATE: with what the network calls it; of REMOVE: it is gone, or was not there */
	POLICY_QOS_REFUSED, /* asking again would change nothing */
	POLICY_QOS_UNHEARD, /* certainly not acted upon; later, perhaps */
	POLICY_QOS_LOST,    /* acted upon or not */
};
struct policy_qos_heard {
	enum policy_qos_outcome outcome;
	const char *remote, *reason; /* live as long as the order is used */
};
void policy_qos_hear(struct policy_qos_order *order, const struct policy_qos_heard *heard,
                     const struct policy_qos_pace *pace, int64_t now_ms);

/* The boost is in force no longer, or another order is to take its place. */
void policy_qos_unwant(struct policy_qos_order *order, int64_t now_ms);
/* By a person; false: it is not where that can be done. */
bool policy_qos_retry(struct policy_qos_order *order, int64_t now_ms);
/* Ends it; one that failed is closed as it is. */
bool policy_qos_cancel(struct policy_qos_order *order, int64_t now_ms);

/* ---- what a line wants ---- */

/* What an order for the line's boost would be; false: none is wanted. `order` has no id, times and state then. */
bool policy_qos_wanted(const struct policy_tenant *tenant, const struct policy_plan *plan,
                       const struct policy_subscriber *line, const struct policy_line_boost *boost, int64_t now_ms,
                       struct policy_qos_order *order);
/* Whether they are the same for the network. */
bool policy_qos_same(const struct policy_qos_order *a, const struct policy_qos_order *b);

#endif
