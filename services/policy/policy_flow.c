/* policy_flow.c -- sealing and opening of the handle: both halves of one format. */
#include "policy_flow.h"

#include <string.h>

#include "es_buf.h"
#include "es_reader.h"
#include "es_text.h"

#define PURPOSE "flow"
#define PREFIX "sid="
#define PLAIN_MAX 512
#define TEXT_MAX 768

es_status policy_flow_seal(struct es_keyring *ring, const struct policy_flow *flow, struct es_arena *arena,
                           struct es_slice *out)
{
	uint8_t plain[PLAIN_MAX], sealed[PLAIN_MAX + ES_SEAL_OVERHEAD], text[TEXT_MAX];
	struct es_buf p, t;

	es_buf_init_fixed(&p, plain, sizeof plain);
	es_put_u64(&p, (uint64_t)flow->expires_ms);
	es_put_u8(&p, (uint8_t)strlen(flow->tenant));
	es_put_str(&p, flow->tenant);
	es_put_str(&p, flow->imsi.digits);
	if (flow->store_vendor[0] != '\0') {
		es_put_u8(&p, '\0');
		es_put_str(&p, flow->store_vendor);
		es_put_u8(&p, '\0');
		es_put_str(&p, flow->store_user);
	}
	ES_TRY(es_buf_status(&p));
	es_seal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, es_buf_slice(&p), sealed);
	es_buf_init_fixed(&t, text, sizeof text);
	es_put_str(&t, PREFIX);
	es_base64url_encode(es_slice_of(sealed, p.len + ES_SEAL_OVERHEAD), &t);
	ES_TRY(es_buf_status(&t));
	struct es_slice copy = es_arena_copy(arena, es_buf_slice(&t));
	if (copy.ptr == NULL)
		return ES_TOO_LARGE;
	*out = copy;
	return ES_OK;
}

es_status policy_flow_open(struct es_keyring *ring, struct es_slice user_data, int64_t now_ms, struct es_arena *arena,
                           struct policy_flow *out)
{
	uint8_t plain[PLAIN_MAX];
	struct es_slice sealed, prefix = ES_SLICE_LIT(PREFIX);
	struct policy_flow flow = { .expires_ms = 0 };

	if (!es_slice_starts_with(user_data, prefix) || user_data.len > TEXT_MAX)
		return ES_MALFORMED;
	struct es_slice rest = es_slice_sub(user_data, prefix.len, user_data.len);
	ES_TRY(es_base64url_decode(es_slice_cut(&rest, '&'), arena, &sealed));
	if (sealed.len < ES_SEAL_OVERHEAD || sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(es_unseal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, sealed, plain));

	struct es_reader r = es_reader_of(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD));
	flow.expires_ms = (int64_t)es_read_u64(&r);
	struct es_slice tenant = es_read_bytes(&r, es_read_u8(&r)), user = es_read_rest(&r);
	struct es_slice imsi = es_slice_cut(&user, '\0'), vendor = es_slice_cut(&user, '\0');
	if (!es_reader_is_done(&r) || tenant.len >= sizeof flow.tenant || vendor.len >= sizeof flow.store_vendor ||
	    user.len >= sizeof flow.store_user)
		return ES_MALFORMED;
	ES_TRY(es_imsi_parse(imsi, &flow.imsi));
	if (tenant.len > 0)
		memcpy(flow.tenant, tenant.ptr, tenant.len);
	if (vendor.len > 0)
		memcpy(flow.store_vendor, vendor.ptr, vendor.len);
	if (user.len > 0)
		memcpy(flow.store_user, user.ptr, user.len);
	if (now_ms >= flow.expires_ms)
		return ES_EXPIRED;
	*out = flow;
	return ES_OK;
}
