/* esim_conflict.h -- whether a draft may still become an order: the line may have moved while a person thought about it. Pure. */
#ifndef ESIM_CONFLICT_H
#define ESIM_CONFLICT_H

#include "esim_odsa.h"

/* Why not, for people; NULL: it may. `line` with its orders. */
const char *esim_conflict(const struct esim_line *line, const struct esim_draft *draft);

#endif
