/* ph_sheet.h -- a web sheet as a phone opens it (TS.43 6.5.9), and somebody willing who goes through it. Waits for answers. */
#ifndef PH_SHEET_H
#define PH_SHEET_H

#include "ph_options.h"
#include "ph_trace.h"
#include "ph_walk.h"

/* Opens the sheet of `walk->answer`, walks to where it calls the phone, and tells the walk what was called; the sheet is
 * closed then. `trace` NULL: silent. */
void ph_sheet_open(const struct ph_options *options, const struct ph_run *run, struct ph_walk *walk,
                   struct ph_trace *trace);
/* What a phone would send, for somebody who opens the sheet in a browser. */
void ph_sheet_tell(const struct ph_odsa *answer, struct ph_trace *trace);

#endif
