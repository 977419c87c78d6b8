/* auth_diameter_result.h -- what the codes of HSSs and AAAs mean for a subscriber: two tables (docs/core-network.md). Pure. */
#ifndef AUTH_DIAMETER_RESULT_H
#define AUTH_DIAMETER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_relay.h"
#include "auth_source.h"

/* Of an MAA (TS 29.273 8.2.2.1). `code` 0: no answer. AUTH_SOURCE_VECTOR promises a success, and no vector. */
enum auth_source_answer auth_diameter_vector_answer(uint32_t code, bool is_experimental, bool is_resync);

/* Of a DEA: TS.43 2.8.1, from Result-Code or Experimental-Result. What is not listed there is never a success. */
enum auth_relay_verdict auth_diameter_eap_verdict(uint32_t code, bool is_experimental);

/* Of an ME-Identity-Check-Answer: the EIR does not know the device (TS 29.272 7.4.3.5). */
bool auth_diameter_is_unknown_equipment(uint32_t code, bool is_experimental);

#endif
