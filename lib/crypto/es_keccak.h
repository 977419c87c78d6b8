/* es_keccak.h -- the permutation Keccak-f[1600] alone (FIPS 202 3.3), which TUAK is made of. OpenSSL offers it only inside
 * SHA-3. Pure. */
#ifndef ES_KECCAK_H
#define ES_KECCAK_H

#include <stdint.h>

#define ES_KECCAK_STATE 200

void es_keccak_f1600(uint8_t state[ES_KECCAK_STATE]);

#endif
