/* es_milenage.h -- the 3GPP algorithm set Milenage (TS 35.206). Pure; used by auth's AuC and by the software USIM. */
#ifndef ES_MILENAGE_H
#define ES_MILENAGE_H

#include <stdint.h>

#include "es_status.h"

struct es_milenage_out {
	uint8_t mac_a[8], mac_s[8]; /* f1, f1* */
	uint8_t res[8];             /* f2 */
	uint8_t ck[16], ik[16];     /* f3, f4 */
	uint8_t ak[6], ak_s[6];     /* f5, f5* */
};

void es_milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16]);
/* All functions at once. The caller wipes `out`. For MAC-S and AK* of a resynchronisation amf is 0000 and sqn SQN_MS. */
void es_milenage(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16], const uint8_t sqn[6],
                 const uint8_t amf[2], struct es_milenage_out *out);

#endif
