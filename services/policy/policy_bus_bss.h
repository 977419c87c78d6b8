/* policy_bus_bss.h -- what a BSS answered, into the database. Internal to policy_bus*.c. */
#ifndef POLICY_BUS_BSS_H
#define POLICY_BUS_BSS_H

#include "policy_bss.h"
#include "policy_engine.h"

/* Blocks. `*sequence`: of the event it made; 0: none. Gives what those who wait are told. */
enum policy_bss_outcome policy_bus_bss_apply(struct policy_engine *engine, const struct policy_bss_result *result,
                                             uint64_t *sequence);

#endif
