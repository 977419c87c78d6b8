/* ph_device.h -- identities of made-up devices: each number has its own, with the check digits that belong to it. Pure. */
#ifndef PH_DEVICE_H
#define PH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define PH_IMEI_SIZE 16 /* TS 23.003 6.2.1: 15 digits */
#define PH_EID_SIZE 33  /* SGP.29: 32 digits */

/* The device of a SIM: the test TAC 00101000 and the last six digits of the IMSI. */
void ph_device_imei(const char *imsi, char out[PH_IMEI_SIZE]);
/* One of a million: a TAC of the test range, and the number modulo 1 000 000. */
void ph_device_numbered_imei(const char tac[8], uint64_t number, char out[PH_IMEI_SIZE]);
/* The EID `above` places after another one that counts up in the twelve digits before the check digits. False: `first`
 * is not 32 digits. */
bool ph_device_eid_after(const char *first, uint64_t above, char out[PH_EID_SIZE]);

#endif
