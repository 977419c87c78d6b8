/* ph_device.c -- IMEIs (TS 23.003 annex B) and EIDs (SGP.29, check digits of ISO 7064 MOD 97-10). */
#include "ph_device.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "es_slice.h"
#include "es_text.h"

enum {
	SERIAL_MAX = 1000000,
	SERIAL = 6,
	BODY = 14,
	EID_FIXED = 18,
	EID_COUNTED = 12,
	EID_BODY = EID_FIXED + EID_COUNTED
};

static void complete_imei(char out[PH_IMEI_SIZE])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < BODY; i++) {
		unsigned digit = (unsigned)(out[i] - '0');
		sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
	}
	out[BODY] = (char)('0' + (10 - sum % 10) % 10);
	out[BODY + 1] = 0;
}

void ph_device_numbered_imei(const char tac[8], uint64_t number, char out[PH_IMEI_SIZE])
{
	(void)snprintf(out, PH_IMEI_SIZE, "%.8s%06u", tac, (unsigned)(number % SERIAL_MAX));
	complete_imei(out);
}

void ph_device_imei(const char *imsi, char out[PH_IMEI_SIZE])
{
	size_t len = strlen(imsi);

	(void)snprintf(out, PH_IMEI_SIZE, "00101000%s", len < SERIAL ? "000000" : imsi + len - SERIAL);
	complete_imei(out);
}

bool ph_device_eid_after(const char *first, uint64_t above, char out[PH_EID_SIZE])
{
	uint64_t counted = 0, limit = UINT64_C(1000000000000);
	unsigned rest = 0;

	if (strlen(first) != PH_EID_SIZE - 1 || !es_text_is_digits(es_slice_str(first)) ||
	    es_parse_u64(es_slice_of(first + EID_FIXED, EID_COUNTED), 0, limit, &counted) != ES_OK)
		return false;
	if (above == 0) { /* as it was given, right or wrong */
		memcpy(out, first, PH_EID_SIZE);
		return true;
	}
	(void)snprintf(out, PH_EID_SIZE, "%.18s%012" PRIu64, first, (counted + above) % limit);
	for (unsigned i = 0; i < EID_BODY; i++)
		rest = (rest * 10 + (unsigned)(out[i] - '0')) % 97;
	(void)snprintf(out + EID_BODY, 3, "%02u", 98 - rest * 100 % 97);
	return true;
}
