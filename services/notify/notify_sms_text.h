/* notify_sms_text.h -- GSM's default alphabet (3GPP TS 23.038 6.2.1) with its extension. Pure. */
#ifndef NOTIFY_SMS_TEXT_H
#define NOTIFY_SMS_TEXT_H

#include <stdint.h>

/* Septets of a character: 1, 2 with the escape, 0: it is in neither table. */
unsigned notify_gsm_code(uint32_t character, uint8_t out[2]);

#endif
