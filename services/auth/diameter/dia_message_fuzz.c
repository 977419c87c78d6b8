/* dia_message_fuzz.c -- octets of an HSS or AAA: every reader of an answer, notice or DEA over the same message.
 *
 * What is read lies inside the message and has the sizes that its header promises. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <string.h>

#include "dia_eap.h"
#include "dia_s13.h"
#include "dia_swx.h"
#include "es_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct es_slice part, const uint8_t *data, size_t size)
{
	assert(part.len == 0 || (part.ptr >= data && part.ptr + part.len <= data + size));
}

static void read_swx(struct es_slice body, const uint8_t *data, size_t size)
{
	struct dia_vector v;
	struct dia_profile p;
	struct dia_notice n;

	for (int prime = 0; prime < 2; prime++)
		if (dia_swx_read_vector(body, prime == 1, &v) == ES_OK) {
			assert(v.rand.len == 16 && v.autn.len == 16 && v.ck.len == 16 && v.ik.len == 16);
			assert(v.xres.len >= 4 && v.xres.len <= 16);
			check_inside(v.rand, data, size);
			check_inside(v.xres, data, size);
		}
	if (dia_swx_read_profile(body, &p) == ES_OK) {
		struct es_msisdn number;
		assert(p.msisdn[0] == '\0' || es_msisdn_parse(es_slice_str(p.msisdn), &number) == ES_OK);
		assert(p.has_access || !p.access_barred);
	}
	if (dia_swx_read_notice(body, &n) == ES_OK) {
		check_inside(n.imsi, data, size);
		assert(memchr(n.reason, '\0', sizeof n.reason) != NULL);
	}
}

static void read_s13(struct es_slice body)
{
	enum dia_equipment_status status;

	if (dia_s13_read_status(body, &status) == ES_OK)
		assert(status == DIA_WHITELISTED || status == DIA_BLACKLISTED || status == DIA_GREYLISTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dia_message m;
	struct dia_result result;
	struct dia_eap_answer eap;

	if (dia_message_parse(es_slice_of(data, size), &m) != ES_OK)
		return 0;
	check_inside(m.body, data, size);
	read_swx(m.body, data, size);
	read_s13(m.body);
	if (dia_result_read(m.body, &result) != ES_OK)
		return 0;
	check_inside(result.peer, data, size);
	if (dia_eap_read(m.body, &result, &eap) == ES_OK) {
		check_inside(eap.packet, data, size);
		check_inside(eap.state, data, size);
		assert(result.code != DIA_MULTI_ROUND || result.is_experimental || eap.packet.len > 0);
	}
	return 0;
}
