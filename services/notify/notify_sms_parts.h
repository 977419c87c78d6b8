/* notify_sms_parts.h -- what one or several SMS are made of: wake-ups to a port (TS.43 2.6.1) and texts for people. Pure. */
#ifndef NOTIFY_SMS_PARTS_H
#define NOTIFY_SMS_PARTS_H

#include <stdbool.h>

#include "es_slice.h"
#include "es_status.h"

#define NOTIFY_SMS_PART_MAX 160 /* octets: septets are one each where the SMSC packs them */
#define NOTIFY_SMS_PARTS_MAX 10
#define NOTIFY_SMS_PORT 8095 /* TS.43 2.6.1 */

struct notify_sms_part {
	size_t udh_len, len; /* octets; those of the header come first */
	uint8_t octets[NOTIFY_SMS_PART_MAX];
};

/* Holds a secret where it is a text: to be wiped. */
struct notify_sms_parts {
	uint8_t data_coding;
	bool has_udh;      /* each begins with one: esm_class 0x40 */
	bool has_ports;    /* in the PDU's TLVs instead, with sar_* where there are several */
	uint16_t port;     /* of has_ports: destination; the source is 0 */
	uint8_t reference; /* the same in all parts */
	size_t count;
	struct notify_sms_part part[NOTIFY_SMS_PARTS_MAX];
};

/* ---- wake-ups ---- */

enum notify_wake_coding {
	WAKE_BINARY,  /* data_coding 0x04 */
	WAKE_CLASS_1, /* 0xF5: 8-bit data for the device */
	WAKE_SEPTETS, /* 0, GSM 7-bit, a septet to an octet: the SMSC packs them */
	WAKE_PACKED,  /* 0, GSM 7-bit, packed here behind the header with its fill bits */
};

struct notify_wake_form {
	enum notify_wake_coding coding;
	bool in_tlvs; /* ports as TLVs, not in a UDH; never both */
	uint16_t port;
};

/* "<imsi>-aescfg,<AppID>,<AppID>". ES_TOO_LARGE: more than fits the parts; ES_MALFORMED: not all of it is ASCII that GSM's
 * alphabet has at the same place. */
es_status notify_sms_wake(const struct notify_wake_form *form, const char *imsi, const char *const *apps,
                          size_t app_count, uint8_t reference, struct notify_sms_parts *out) ES_MUST_USE;

/* ---- texts ---- */

enum notify_text_coding {
	TEXT_GSM = 0,    /* the SMSC's default alphabet is GSM's (3GPP TS 23.038 6.2.1), a septet to an octet */
	TEXT_ASCII = 1,  /* IA5: what ASCII and GSM's alphabet both have */
	TEXT_LATIN1 = 3, /* the same of ISO 8859-1 */
};

/* UTF-8 in the coding where all of it can be written so, else UCS-2 (data_coding 8). Characters are never cut in two.
 * ES_MALFORMED: not UTF-8; ES_TOO_LARGE: more parts than there may be. */
es_status notify_sms_text(enum notify_text_coding coding, struct es_slice text, uint8_t reference,
                          struct notify_sms_parts *out) ES_MUST_USE;

#endif
