/* dia_s13.h -- S13 as an MME speaks it to an EIR (TS 29.272 6, 7.2.19): what is known of a device. Pure. */
#ifndef DIA_S13_H
#define DIA_S13_H

#include "dia_answer.h"

/* Equipment-Status, TS 29.272 7.3.51. */
enum dia_equipment_status { DIA_WHITELISTED, DIA_BLACKLISTED, DIA_GREYLISTED };

/* 14 digits, and 2 or none. */
bool dia_s13_can_ask(const char *imei, const char *software);
/* ME-Identity-Check-Request. `software` "": not told. */
es_status dia_s13_write_ecr(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const char *imei, const char *software, struct es_buf *out) ES_MUST_USE;
/* Of a success. ES_NOT_FOUND: none in it; ES_MALFORMED: not one of the three. */
es_status dia_s13_read_status(struct es_slice body, enum dia_equipment_status *out) ES_MUST_USE;

#endif
