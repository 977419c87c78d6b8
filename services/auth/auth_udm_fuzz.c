/* auth_udm_fuzz.c -- what a UDM or an NRF may answer. The first octet chooses the operation and what is asked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_udm_json.h"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void read_vector(uint8_t choice, struct es_slice body)
{
	struct auth_ask ask = { .tenant = "demo",
		                    .imsi = "001010000000001",
		                    .method = (choice & 1) != 0 ? AUTH_AKA_PRIME : AUTH_AKA,
		                    .network_name = (choice & 2) != 0 ? "5G:NSWO" : "WLAN" };
	struct auth_vector vector = { .xres_len = 0 };
	const char *why = NULL;

	es_status status =
		auth_udm_read_vector((choice & 2) != 0 ? AUTH_UDM_AUSF : AUTH_UDM_HSS, &ask, body, &vector, &why);
	require((status == ES_OK) == (why == NULL) && (status == ES_OK) == (vector.xres_len >= 4));
	require(vector.xres_len <= 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char cause[AUTH_UDM_CAUSE_MAX + 1];
	struct es_buf token;
	int64_t life_s = -1;

	if (size == 0)
		return 0;
	struct es_slice body = es_slice_of(data + 1, size - 1);
	if (data[0] < '4') {
		read_vector(data[0], body);
		return 0;
	}
	auth_udm_read_cause(body, cause);
	require(strlen(cause) <= AUTH_UDM_CAUSE_MAX);
	require(auth_udm_answer_of(404, cause, (data[0] & 1) != 0, false) != AUTH_SOURCE_VECTOR);
	es_buf_init(&token, AUTH_UDM_TOKEN_MAX + 1);
	if (auth_udm_read_token(body, &token, &life_s) == ES_OK)
		require(life_s >= 0 && strlen((const char *)token.ptr) + 1 == token.len);
	es_buf_wipe(&token);
	return 0;
}
