/* es_tuak.h -- the 3GPP algorithm set TUAK (TS 35.231), all lengths of it. Pure; used by auth's AuC and by the software
 * USIM. Lengths are inputs: RES of 8 octets is no part of RES of 16. */
#ifndef ES_TUAK_H
#define ES_TUAK_H

#include <stdbool.h>
#include <stdint.h>

#include "es_status.h"

#define ES_TUAK_ITERATIONS_MAX 255

/* One SIM, and the lengths in octets that its operator chose. EAP-AKA takes mac 8, ck and ik 16, res at most 16. */
struct es_tuak {
	uint8_t k[32], k_len; /* 16 or 32 */
	uint8_t topc[32];
	uint8_t iterations;       /* of Keccak: 1 is usual */
	uint8_t mac, res, ck, ik; /* 8, 16, 32; 4, 8, 16, 32; 16, 32; 16, 32 */
};

/* Whether all lengths are some that TS 35.231 allows. The functions below assert it. */
bool es_tuak_is_sound(const struct es_tuak *sim);

/* TOPc of TOP; sim->topc is not read. */
void es_tuak_topc(const struct es_tuak *sim, const uint8_t top[32], uint8_t topc[32]);
/* f1 (MAC-A) and f1* (MAC-S; its AMF is 0000 in a resynchronisation): sim->mac octets. */
void es_tuak_f1(const struct es_tuak *sim, const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                uint8_t mac_a[32]);
void es_tuak_f1_star(const struct es_tuak *sim, const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                     uint8_t mac_s[32]);

struct es_tuak_out {
	uint8_t res[32], ck[32], ik[32], ak[6]; /* sim->res, ck, ik octets of them */
};
/* f2 to f5; the caller wipes `out`. */
void es_tuak_f2345(const struct es_tuak *sim, const uint8_t rand[16], struct es_tuak_out *out);
void es_tuak_f5_star(const struct es_tuak *sim, const uint8_t rand[16], uint8_t ak_s[6]);

#endif
