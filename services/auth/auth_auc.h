/* auth_auc.h -- the authentication centre: keys and a sequence number in, an AKA vector out (TS 33.102 6.3, TS 33.402
 * 6.2). Pure. */
#ifndef AUTH_AUC_H
#define AUTH_AUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth_method.h"
#include "es_slice.h"
#include "es_status.h"

enum auth_algorithm { AUTH_MILENAGE, AUTH_TUAK, AUTH_ALGORITHM_COUNT };
extern const char *const auth_algorithm_names[AUTH_ALGORITHM_COUNT]; /* "milenage", "tuak" */

/* What the store keeps of one SIM. Secret: wiped by whoever filled it. */
struct auth_keys {
	enum auth_algorithm algorithm;
	uint8_t k[32], opc[32]; /* Milenage: K and OPc, 16 octets each. TUAK: K of k_len, TOPc of 32 */
	/* TUAK only. */
	uint8_t k_len;      /* 16 or 32 */
	uint8_t res_len;    /* 4, 8 or 16 */
	uint8_t iterations; /* of Keccak, 1 or more */

	uint8_t amf[2];
	uint64_t generation; /* random, new with every new K: names this SIM in auth_sqn's memory */
	int64_t dif;         /* TS 33.102 C.1.1.3: SEQ = tick + dif */
	int64_t hop;         /* last SEQ given out under AUTH_SQN_HOP_IND, 0: none */
};

/* One authentication vector. Secret. */
struct auth_vector {
	uint8_t rand[16], autn[16];
	uint8_t xres[16], xres_len; /* 4 to 16 octets */
	uint8_t ck[16], ik[16];     /* for AKA': CK' and IK' */
};

/* Whether lengths and the like are some that the algorithm knows; auth_auc_vector() and auth_auc_open_auts() assert it. */
bool auth_keys_are_sound(const struct auth_keys *keys);

/* The secrets as octets, as they are sealed at rest and on their way here. Milenage: K(16) OPc(16). TUAK: octets of
 * RES(1), Keccak iterations(1), K(16 or 32), TOPc(32). */
#define AUTH_KEYS_PLAIN_MAX (2 + 32 + 32)
size_t auth_keys_pack(const struct auth_keys *keys, uint8_t out[AUTH_KEYS_PLAIN_MAX]);
/* ES_MALFORMED: no keys of this algorithm. AMF and numbers are zero in `out`. */
es_status auth_keys_unpack(enum auth_algorithm algorithm, struct es_slice plain, struct auth_keys *out) ES_MUST_USE;
/* Without regard to case. */
es_status auth_algorithm_of(struct es_slice name, enum auth_algorithm *out) ES_MUST_USE;

/* `sqn`: 48 bits. For AKA' the separation bit of AMF is set (TS 33.402 6.2: AUTN is good for EAP-AKA' alone then), and CK'
 * and IK' are made with the network name; EAP-AKA does not look at it. */
void auth_auc_vector(const struct auth_keys *keys, uint64_t sqn, const uint8_t rand[16], enum auth_method method,
                     struct es_slice network_name, struct auth_vector *out);

/* Opens AUTS = (SQN_MS xor AK*) | MAC-S of a challenge with this RAND (TS 33.102 6.3.5). ES_UNAUTHENTIC when MAC-S is
 * not the one of these keys. */
es_status auth_auc_open_auts(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t auts[14],
                             uint64_t *sqn_ms) ES_MUST_USE;

/* Whether both are the same secrets: numbers given out for one are given out for the other. */
bool auth_keys_are_same(const struct auth_keys *a, const struct auth_keys *b);
void auth_keys_wipe(struct auth_keys *keys);
void auth_vector_wipe(struct auth_vector *vector);

#endif
