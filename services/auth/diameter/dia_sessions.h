/* dia_sessions.h -- sessions that an AAA keeps for us, so that its ASR and RAR are answered truthfully. Any thread.
 *
 * A bounded set of hashes; the oldest is forgotten first. */
#ifndef DIA_SESSIONS_H
#define DIA_SESSIONS_H

#include <stdbool.h>

#include "es_slice.h"

void dia_sessions_add(struct es_slice session);
/* False: unknown. */
bool dia_sessions_remove(struct es_slice session);
bool dia_sessions_has(struct es_slice session);

#endif
