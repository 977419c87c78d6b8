/* policy_eir.h -- EIRs, asked what they know of a device: over N5g-eir from here (TS 29.511), over S13 through auth's
 * openes-diameter (TS 29.272 7.2.19). Any thread; nothing here blocks.
 *
 * One section of the EIR file is one N5g-eir; for S13 auth has the sections. Each has a bound on what is under way and a breaker:
 * one that has not answered a few times in a row is left alone for a while, and then tried with one question. What was answered is
 * written to the database, beside the decision and not before it. */
#ifndef POLICY_EIR_H
#define POLICY_EIR_H

#include "es_bus.h"
#include "policy_deciding_wait.h"
#include "policy_store.h"

struct policy_eir;

struct policy_eir_options {
	const char *file;           /* with sections [n5g NAME]; "": none */
	const char *auth_target;    /* where auth listens; "": S13 is not asked */
	struct es_bus_key *bus_key; /* borrowed */
	struct policy_store *store; /* outlives it */
};
/* `error`: what is wrong with the file. */
es_status policy_eir_start(const struct policy_eir_options *options, struct policy_eir **out,
                           struct es_buf *error) ES_MUST_USE;
/* How many calls may wait for answers at once, at most. NULL: 0. */
uint32_t policy_eir_waiting_max(const struct policy_eir *eir);
/* Answers all that is under way before it returns, and what comes later at once. NULL is fine. */
void policy_eir_stop(struct policy_eir *eir);
/* When nobody asks any more. NULL is fine. */
void policy_eir_free(struct policy_eir *eir);

/* `fact` of a question: what is asked, and room for the answer. Texts outlive the question. */
struct policy_eir_fact {
	struct policy_imei imei;
	uint8_t mode; /* enum policy_equipment_mode: s13 or n5g */
	const char *tenant, *source;
	uint8_t told; /* enum policy_equipment_state; unavailable: nobody answered */
};
#define POLICY_EIR_QUESTION "eir"
/* policy_question.ask; `asker` is the struct policy_eir. */
void policy_eir_ask(struct policy_question *question);

#endif
