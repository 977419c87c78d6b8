/* es_id.h -- subscriber and device identifiers as types: having the value means it is valid. Pure.
 *
 * IMSI: 6..15 digits (TS 23.003 2.2); MSISDN: '+' and 5..15 digits (E.164); terminal_id is free text (IMEI or
 * UUID, TS.43 2.3) and therefore not here. All are NUL-terminated inside. */
#ifndef ES_ID_H
#define ES_ID_H

#include "es_slice.h"
#include "es_status.h"

struct es_imsi {
	char digits[16];
};

struct es_msisdn {
	char text[17];
};

es_status es_imsi_parse(struct es_slice text, struct es_imsi *out) ES_MUST_USE;
es_status es_msisdn_parse(struct es_slice text, struct es_msisdn *out) ES_MUST_USE;

/* A root NAI (TS 23.003 19.3): <lead><imsi>@[nai.epc|wlan|nai.5gc|..].mncNNN.mccNNN.3gppnetwork.org */
struct es_nai {
	char lead; /* '0' EAP-AKA permanent, '6' EAP-AKA' permanent, ... */
	struct es_imsi imsi;
	char mcc[4], mnc[4]; /* as in the realm: three digits each */
};
/* ES_MALFORMED when it is not a permanent identity with a 3GPP realm. Case of the realm does not matter. */
es_status es_nai_parse(struct es_slice text, struct es_nai *out) ES_MUST_USE;

#endif
