/* policy_n5g.h -- what is said to an EIR over N5g-eir and what it answers, in octets (TS 29.511 6.1). Pure. */
#ifndef POLICY_N5G_H
#define POLICY_N5G_H

#include "es_buf.h"
#include "policy_equipment.h"

#define POLICY_N5G_URL_MAX 1024
#define POLICY_N5G_ANSWER_MAX 16384

/* GET of the equipment's status: the PEI is the IMEI with the check digit it has to have. ES_TOO_LARGE: no room. Ends in NUL. */
es_status policy_n5g_write_url(const char *root, const struct policy_imei *imei, struct es_buf *out) ES_MUST_USE;

/* enum policy_equipment_state; unavailable, and `why` (a literal) for logs, when the answer says nothing about the device. A 404 does
 * where it gives the cause TS 29.511 has for that, or none; one with another cause, or without JSON, is of somebody who does
 * not know the question. */
uint8_t policy_n5g_read(long code, struct es_slice body, const char **why);

#endif
