/* ph_play.h -- one device plays a call flow, and tells the story of it. */
#ifndef PH_PLAY_H
#define PH_PLAY_H

#include "ph_options.h"

/* The exit status. */
int ph_play(const struct ph_options *options, const struct ph_run *run, struct ph_server *server);

#endif
