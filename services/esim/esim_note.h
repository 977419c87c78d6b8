/* esim_note.h -- the device that a request names, noted for customer care. Beside the answer: it may be left out. */
#ifndef ESIM_NOTE_H
#define ESIM_NOTE_H

#include "esim_odsa.h"
#include "esim_store.h"

void esim_note_device(const struct esim_store *store, const struct esim_request *request);
void esim_note_metrics(void);

#endif
