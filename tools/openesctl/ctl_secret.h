/* ctl_secret.h -- K and OPc, or K and TOPc of TUAK, on their way to auth: read from the command line, a file or standard input, sealed to auth's
 * transport key, and wiped. */
#ifndef CTL_SECRET_H
#define CTL_SECRET_H

#include "ctl.h"
#include "es_tuak.h"

struct ctl_secret {
	bool is_tuak;
	uint8_t k[16], opc[16], amf[2]; /* of Milenage */
	struct es_tuak tuak;            /* where it is */
	bool has_sqn;
	int64_t sqn;
};
void ctl_secret_wipe(struct ctl_secret *secret);

/* Whether the command line says anything of keys. Half of it is not nothing: ctl_secret_read() then says what is missing. */
bool ctl_secret_is_given(const struct ctl *ctl);
/* From --k and --opc or --op, or --topc or --top with --algorithm tuak; --amf, --sqn. Says what is wrong and gives CTL_USAGE. The values in argv are wiped. */
int ctl_secret_read(struct ctl *ctl, struct ctl_secret *out);

/* auth's transport key, fetched once for many seals. */
struct ctl_sealer {
	uint8_t public_key[32];
};
int ctl_sealer_open(struct ctl *ctl, struct ctl_sealer *out);
/* Seals and sends: PUT .../keys of --tenant and `imsi`. The failure is not said yet. */
int ctl_keys_put(struct ctl *ctl, const struct ctl_sealer *sealer, const char *imsi, const struct ctl_secret *secret,
                 struct ctl_answer *out);

#endif
