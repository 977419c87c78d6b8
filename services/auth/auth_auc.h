/* auth_auc.h -- the authentication centre: keys and a sequence number in, an AKA vector out (TS 33.102 6.3). Pure. */
#ifndef AUTH_AUC_H
#define AUTH_AUC_H

#include <stdint.h>

#include "es_status.h"

/* What the store keeps of one SIM. Secret: wiped by whoever filled it. */
struct auth_keys {
	uint8_t k[16], opc[16];
	uint8_t amf[2];
	uint64_t generation; /* random, new with every new K: names this SIM in auth_sqn's memory */
	int64_t dif;         /* TS 33.102 C.1.1.3: SEQ = tick + dif */
	int64_t hop;         /* last SEQ given out under AUTH_SQN_HOP_IND, 0: none */
};

/* One authentication vector. Secret. */
struct auth_vector {
	uint8_t rand[16], autn[16];
	uint8_t xres[16], xres_len; /* 4 to 16 octets */
	uint8_t ck[16], ik[16];
};

/* `sqn`: 48 bits. */
void auth_auc_vector(const struct auth_keys *keys, uint64_t sqn, const uint8_t rand[16], struct auth_vector *out);

/* Opens AUTS = (SQN_MS xor AK*) | MAC-S of a challenge with this RAND (TS 33.102 6.3.5). ES_UNAUTHENTIC when MAC-S is
 * not the one of these keys. */
es_status auth_auc_open_auts(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t auts[14],
                             uint64_t *sqn_ms) ES_MUST_USE;

void auth_keys_wipe(struct auth_keys *keys);
void auth_vector_wipe(struct auth_vector *vector);

#endif
