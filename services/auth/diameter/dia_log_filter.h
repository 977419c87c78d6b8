/* dia_log_filter.h -- what freeDiameter says, without subscribers in it. Pure. */
#ifndef DIA_LOG_FILTER_H
#define DIA_LOG_FILTER_H

#include "es_buf.h"
#include "es_slice.h"

/* The library dumps whole messages where it has trouble with one. Written to `out`: the first line up to where such a dump
 * begins, with every run of six or more digits or of twelve or more hexadecimal digits replaced by "#". */
void dia_log_filter(struct es_slice text, struct es_buf *out);

#endif
