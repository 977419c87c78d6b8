/* ph_subscribers.h -- the phones of a load: from a list of subscribers, or numbered. */
#ifndef PH_SUBSCRIBERS_H
#define PH_SUBSCRIBERS_H

#include <stddef.h>

#include "es_buf.h"
#include "es_status.h"

#include "ph_options.h"

struct ph_phones {
	struct ph_phone *at;
	size_t count;
};

/* A phone with the keys of the command line, and without a token. */
void ph_phone_init(struct ph_phone *phone, const struct ph_run *run, const struct es_imsi *imsi);

/* CSV with or without a header line (then: imsi,k,opc); Milenage alone. Columns that are not imsi, k or opc are ignored, and so are
 * lines without keys. ES_MALFORMED with a sentence in `error`; ES_TOO_LARGE when memory is exhausted. */
es_status ph_phones_parse(struct es_slice text, uint64_t sqn, struct ph_phones *out, struct es_buf *error) ES_MUST_USE;
es_status ph_phones_load(const char *path, uint64_t sqn, struct ph_phones *out, struct es_buf *error) ES_MUST_USE;
/* `run->phones` phones from run->imsi on, all with the same keys. */
es_status ph_phones_number(const struct ph_run *run, struct ph_phones *out, struct es_buf *error) ES_MUST_USE;
void ph_phones_free(struct ph_phones *phones); /* wipes */

#endif
