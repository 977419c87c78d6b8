/* ph_keep.h -- what one phone is when it starts, and what is kept of it: the SIM's state, its token, a report. */
#ifndef PH_KEEP_H
#define PH_KEEP_H

#include "ph_options.h"

/* The phone of the command line. */
void ph_keep_init(const struct ph_options *options, const struct ph_run *run, struct ph_phone *phone);
/* False: --state holds something else, which was said. A file that is not there yet is no failure. */
bool ph_keep_load(const struct ph_options *options, struct ph_phone *phone);
/* --state, whether all went well or not: a USIM never forgets what it accepted. And --save-token. False: it was said. */
bool ph_keep_save(const struct ph_options *options, const struct ph_phone *phone, bool has_token);
/* To a file, or with "-" to the standard output. */
es_status ph_keep_text(const char *path, struct es_slice text) ES_MUST_USE;

#endif
