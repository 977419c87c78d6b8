/* ph_one.h -- one phone, its story, and its result. */
#ifndef PH_ONE_H
#define PH_ONE_H

#include "ph_options.h"

/* The exit status: 0 when what was asked for came. */
int ph_one(const struct ph_options *options, const struct ph_run *run, struct ph_server *server);

#endif
