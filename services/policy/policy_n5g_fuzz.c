/* policy_n5g_fuzz.c -- what an EIR may answer: the first octet chooses the code. And what a phone may call its device. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy_n5g.h"

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long codes[] = { 200, 404, 500, 0 };
	struct policy_imei imei;
	const char *why = NULL;

	if (size == 0)
		return 0;
	const struct es_slice text = es_slice_of(data + 1, size - 1);
	const uint8_t told = policy_n5g_read(codes[data[0] & 3], text, &why);
	require(told >= POLICY_EQUIPMENT_ALLOWED && told <= POLICY_EQUIPMENT_UNAVAILABLE && why != NULL);
	require((told == POLICY_EQUIPMENT_UNAVAILABLE) == (why[0] != '\0'));
	if (policy_imei_parse(text, &imei) == ES_OK)
		require(strlen(imei.digits) == POLICY_IMEI_DIGITS && policy_imei_check_digit(imei.digits) >= '0' &&
		        policy_imei_check_digit(imei.digits) <= '9');
	const size_t middle = text.len / 2;
	const struct es_slice a = es_slice_sub(text, 0, middle), b = es_slice_sub(text, middle, text.len);
	const int ab = policy_sw_compare(a, b), ba = policy_sw_compare(b, a);
	require((ab < 0) == (ba > 0) && (ab == 0) == (ba == 0));
	return 0;
}
