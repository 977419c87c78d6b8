/* policy_flow.c -- sealing and opening of the handle: both halves of one format. */
#include "policy_flow.h"

#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define PURPOSE "flow"
#define PREFIX "sid="
#define FORMAT 2
#define PLAIN_MAX 640

void policy_flow_begin(struct policy_flow *flow, const char *tenant, const struct es_imsi *imsi, const char *app,
                       const char *terminal, int64_t now_ms)
{
	struct es_buf text;

	*flow = (struct policy_flow){ .issued_ms = now_ms, .expires_ms = now_ms + POLICY_FLOW_LIFE_MS, .imsi = *imsi };
	es_random(flow->nonce, sizeof flow->nonce);
	es_buf_init_fixed(&text, flow->tenant, sizeof flow->tenant - 1);
	es_put_str(&text, tenant);
	es_buf_init_fixed(&text, flow->app, sizeof flow->app - 1);
	es_put_str(&text, app);
	es_buf_init_fixed(&text, flow->terminal, sizeof flow->terminal - 1);
	es_put_bytes(&text, es_slice_sub(es_slice_str(terminal), 0, POLICY_FLOW_TERMINAL_MAX));
}

/* ---- the plain form ---- */

static void put_text(struct es_buf *out, const char *text)
{
	const struct es_slice slice = es_slice_str(text);

	es_put_u16(out, (uint16_t)slice.len);
	es_put_bytes(out, slice);
}

static bool read_text(struct es_reader *r, char *out, size_t size)
{
	const struct es_slice text = es_read_bytes(r, es_read_u16(r));

	if (text.len >= size || es_slice_find(text, '\0') < text.len)
		return false;
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

void policy_flow_write(const struct policy_flow *flow, struct es_buf *out)
{
	es_put_u8(out, FORMAT);
	es_put_u64(out, (uint64_t)flow->issued_ms);
	es_put_u64(out, (uint64_t)flow->expires_ms);
	es_put_bytes(out, es_slice_of(flow->nonce, sizeof flow->nonce));
	put_text(out, flow->tenant);
	put_text(out, flow->imsi.digits);
	put_text(out, flow->app);
	put_text(out, flow->terminal);
	put_text(out, flow->store_vendor);
	put_text(out, flow->store_user);
}

es_status policy_flow_read(struct es_reader *r, struct policy_flow *out)
{
	struct policy_flow flow = { .issued_ms = 0 };
	char imsi[16];

	if (es_read_u8(r) != FORMAT)
		return ES_MALFORMED;
	flow.issued_ms = (int64_t)es_read_u64(r);
	flow.expires_ms = (int64_t)es_read_u64(r);
	const struct es_slice nonce = es_read_bytes(r, sizeof flow.nonce);
	if (nonce.len != sizeof flow.nonce)
		return ES_MALFORMED;
	memcpy(flow.nonce, nonce.ptr, sizeof flow.nonce);
	if (!read_text(r, flow.tenant, sizeof flow.tenant) || !read_text(r, imsi, sizeof imsi) ||
	    !read_text(r, flow.app, sizeof flow.app) || !read_text(r, flow.terminal, sizeof flow.terminal) ||
	    !read_text(r, flow.store_vendor, sizeof flow.store_vendor) ||
	    !read_text(r, flow.store_user, sizeof flow.store_user))
		return ES_MALFORMED;
	ES_TRY(es_imsi_parse(es_slice_str(imsi), &flow.imsi));
	*out = flow;
	return ES_OK;
}

/* ---- sealed ---- */

es_status policy_flow_seal(struct es_keyring *ring, const struct policy_flow *flow, struct es_arena *arena,
                           struct es_slice *out)
{
	uint8_t plain[PLAIN_MAX], sealed[PLAIN_MAX + ES_SEAL_OVERHEAD], text[POLICY_FLOW_TEXT_MAX];
	struct es_buf p, t;

	es_buf_init_fixed(&p, plain, sizeof plain);
	policy_flow_write(flow, &p);
	ES_TRY(es_buf_status(&p));
	es_seal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, es_buf_slice(&p), sealed);
	es_buf_init_fixed(&t, text, sizeof text);
	es_base64url_encode(es_slice_of(sealed, p.len + ES_SEAL_OVERHEAD), &t);
	ES_TRY(es_buf_status(&t));
	*out = es_arena_copy(arena, es_buf_slice(&t));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

struct es_slice policy_flow_handle(struct es_slice user_data)
{
	const struct es_slice prefix = ES_SLICE_LIT(PREFIX);
	struct es_slice rest = es_slice_sub(user_data, prefix.len, user_data.len);

	if (!es_slice_starts_with(user_data, prefix))
		return (struct es_slice){ NULL, 0 };
	return es_slice_cut(&rest, '&');
}

es_status policy_flow_open(struct es_keyring *ring, struct es_slice handle, int64_t now_ms, struct es_arena *arena,
                           struct policy_flow *out)
{
	uint8_t plain[PLAIN_MAX];
	struct policy_flow flow;
	struct es_slice sealed;

	if (handle.len == 0 || handle.len > POLICY_FLOW_TEXT_MAX)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(handle, arena, &sealed));
	if (sealed.len < ES_SEAL_OVERHEAD || sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(es_unseal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, sealed, plain));
	struct es_reader r = es_reader_of(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD));
	ES_TRY(policy_flow_read(&r, &flow));
	if (!es_reader_is_done(&r))
		return ES_MALFORMED;
	*out = flow;
	return now_ms < flow.expires_ms ? ES_OK : ES_EXPIRED;
}
