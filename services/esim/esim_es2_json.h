/* esim_es2_json.h -- what the bodies of both directions of ES2+ have in common. Pure. */
#ifndef ESIM_ES2_JSON_H
#define ESIM_ES2_JSON_H

#include "es_json.h"
#include "esim_es2.h"

#define ESIM_ES2_LIMITS ((struct es_json_limits){ 65536, 8, 512 })

/* ES_MALFORMED: no object, or no status that there is. */
es_status esim_es2_status_read(const cJSON *status, struct esim_es2_status *out) ES_MUST_USE;
/* Exactly 32 digits; anything else: "". */
void esim_es2_eid(const cJSON *object, char out[ESIM_EID + 1]);

#endif
