/* policy_bus_bss.h -- what a BSS answered, into the database. Internal to policy_bus*.c. */
#ifndef POLICY_BUS_BSS_H
#define POLICY_BUS_BSS_H

#include "policy_admin.h"
#include "policy_bss.h"
#include "policy_engine.h"

/* Blocks. `*sequence`: of the event it made; 0: none. Gives what those who wait are told. */
enum policy_bss_outcome policy_bus_bss_apply(struct policy_engine *engine, const struct policy_bss_result *result,
                                             uint64_t *sequence);
/* An event that carries the signature of its source is that source's, without a credential; a signature that is not good
 * leaves the request as it is. */
void policy_bus_bss_signed(const struct policy_bss *bss, struct es_slice signature, struct es_arena *arena,
                           struct policy_admin_request *request);

#endif
