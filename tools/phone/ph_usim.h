/* ph_usim.h -- a software USIM: Milenage or TUAK, and the array of sequence numbers of TS 33.102 annex C.2. Pure but for the
 * state file.
 *
 * SQN = SEQ (43 bits) | IND (5 bits). For each IND the highest SEQ accepted so far is kept; a vector is fresh when its
 * SEQ is above that one, and not further than Delta ahead of the highest of all (C.2.1). */
#ifndef PH_USIM_H
#define PH_USIM_H

#include <stdbool.h>
#include <stdint.h>

#include "es_buf.h"
#include "es_id.h"
#include "es_status.h"
#include "es_tuak.h"

#define PH_IND_BITS 5
#define PH_IND_COUNT (1u << PH_IND_BITS)
#define PH_DELTA (UINT64_C(1) << 28) /* TS 33.102 C.3, all three profiles */

struct ph_usim {
	struct es_imsi imsi;
	uint8_t k[16], opc[16]; /* of Milenage */
	bool is_tuak;
	struct es_tuak tuak; /* where it is */
	uint64_t seq[PH_IND_COUNT];
	bool is_impostor; /* has another K, and answers whatever the network's AUTN says */
};

enum ph_usim_result { PH_USIM_OK, PH_USIM_MAC_FAILURE, PH_USIM_SYNC_FAILURE };

struct ph_usim_answer {
	uint8_t res[16], ck[16], ik[16]; /* of PH_USIM_OK */
	uint8_t res_len;                 /* 4 to 16 */
	uint8_t auts[14];                /* of PH_USIM_SYNC_FAILURE */
	uint64_t sqn, sqn_ms;            /* what the network used; the highest this SIM had accepted before */
};

/* `sqn` is the highest SQN this SIM has accepted: 0 for a new one. */
void ph_usim_init(struct ph_usim *usim, const struct es_imsi *imsi, const uint8_t k[16], const uint8_t opc[16],
                  uint64_t sqn);
/* `tuak` is sound, and its lengths are those of EAP: MAC 8, CK and IK 16, RES at most 16. */
void ph_usim_init_tuak(struct ph_usim *usim, const struct es_imsi *imsi, const struct es_tuak *tuak, uint64_t sqn);
void ph_usim_wipe(struct ph_usim *usim);

/* AUTHENTICATE of TS 31.102 7.1.2.1. The caller wipes `out`. */
enum ph_usim_result ph_usim_authenticate(struct ph_usim *usim, const uint8_t rand[16], const uint8_t autn[16],
                                         struct ph_usim_answer *out);

/* The sequence numbers in a file, no key among them. ES_NOT_FOUND: there is none yet; ES_MALFORMED: not such a file;
 * ES_CONFLICT: it belongs to another IMSI. */
es_status ph_usim_load(struct ph_usim *usim, const char *path) ES_MUST_USE;
es_status ph_usim_save(const struct ph_usim *usim, const char *path) ES_MUST_USE;

#endif
