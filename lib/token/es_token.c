/* es_token.c -- what a token says, as octets, sealed, as text. */
#include "es_token.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_reader.h"
#include "es_text.h"

enum { FORMAT = 1, PLAIN_MAX = 160, TEXT_MAX = 512 };
_Static_assert((PLAIN_MAX + ES_SEAL_OVERHEAD) * 4 / 3 + 4 <= TEXT_MAX, "the longest token has room");
static const char purpose[] = "token";

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Texts longer than one piece (no terminal has such a name, but a peer may say so) are hashed as a chain of pieces, so
 * that nothing needs to be allocated. */
void es_token_digest(struct es_slice text, uint8_t out[16])
{
	enum { PIECE = 512 };
	uint8_t piece[PIECE], hash[32];
	struct es_slice parts[2] = { { 0 }, { 0 } };

	memset(out, 0, 16);
	if (text.len == 0 || es_slice_eq_nocase(text, ES_SLICE_LIT("null")))
		return;
	for (size_t at = 0; at < text.len; at += PIECE) {
		size_t n = text.len - at < PIECE ? text.len - at : PIECE;
		for (size_t i = 0; i < n; i++)
			piece[i] = lower(text.ptr[at + i]);
		parts[1] = es_slice_of(piece, n);
		es_sha256(parts, ES_COUNT(parts), hash);
		parts[0] = es_slice_of(hash, sizeof hash);
	}
	memcpy(out, hash, 16);
}

es_status es_token_group(struct es_slice app, char out[ES_TOKEN_GROUP_SIZE])
{
	static const struct es_slice one_group[] = { { (const uint8_t *)"ap2004", 6 }, { (const uint8_t *)"ap2005", 6 } };

	for (size_t i = 0; i < ES_COUNT(one_group); i++)
		if (es_slice_eq_nocase(app, one_group[i]))
			app = ES_SLICE_LIT("ap2003");
	if (app.len >= ES_TOKEN_GROUP_SIZE)
		return ES_TOO_LARGE;
	memset(out, 0, ES_TOKEN_GROUP_SIZE);
	for (size_t i = 0; i < app.len; i++)
		out[i] = (char)lower(app.ptr[i]);
	return ES_OK;
}

static void put_text(struct es_buf *b, const char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);
	es_put_u8(b, (uint8_t)len);
	es_put_bytes(b, es_slice_of(text, len));
}

es_status es_token_seal(struct es_keyring *ring, const struct es_token *token, struct es_arena *arena,
                        struct es_slice *text)
{
	uint8_t plain_bytes[PLAIN_MAX];
	struct es_buf plain;

	es_buf_init_fixed(&plain, plain_bytes, sizeof plain_bytes);
	es_put_u8(&plain, FORMAT);
	put_text(&plain, token->tenant, sizeof token->tenant);
	put_text(&plain, token->imsi.digits, sizeof token->imsi.digits);
	es_put_u32(&plain, token->epoch);
	es_put_u8(&plain, (uint8_t)token->method);
	es_put_u64(&plain, (uint64_t)token->issued_ms);
	es_put_u64(&plain, (uint64_t)token->expires_ms);
	put_text(&plain, token->group, sizeof token->group);
	es_put_bytes(&plain, es_slice_of(token->terminal, sizeof token->terminal));
	es_put_bytes(&plain, es_slice_of(token->app_name, sizeof token->app_name));
	ES_TRY(es_buf_status(&plain));
	return es_seal_text(ring, purpose, (struct es_slice){ 0 }, es_buf_slice(&plain), arena, text);
}

static es_status parse_plain(struct es_slice plain, struct es_token *out)
{
	struct es_reader r = es_reader_of(plain);
	char imsi[sizeof out->imsi.digits];

	if (es_read_u8(&r) != FORMAT)
		return ES_MALFORMED;
	es_read_counted(&r, out->tenant, sizeof out->tenant);
	es_read_counted(&r, imsi, sizeof imsi);
	ES_TRY(es_imsi_parse(es_slice_str(imsi), &out->imsi));
	out->epoch = es_read_u32(&r);
	uint8_t method = es_read_u8(&r);
	out->issued_ms = (int64_t)es_read_u64(&r);
	out->expires_ms = (int64_t)es_read_u64(&r);
	es_read_counted(&r, out->group, sizeof out->group);
	ES_READ_ARRAY(&r, out->terminal);
	ES_READ_ARRAY(&r, out->app_name);
	if (!es_reader_is_done(&r) || method < ES_METHOD_EAP_AKA || method > ES_METHOD_AAA)
		return ES_MALFORMED;
	out->method = (enum es_token_method)method;
	return ES_OK;
}

es_status es_token_open(struct es_keyring *ring, struct es_slice text, int64_t now_ms, struct es_token *out)
{
	uint8_t plain[PLAIN_MAX];
	struct es_slice sealed;
	struct es_token token;

	if (text.len > TEXT_MAX)
		return ES_MALFORMED;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(TEXT_MAX, 4096);
	if (arena == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_base64url_decode(text, arena, &sealed));
	if (sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(es_unseal(ring, purpose, (struct es_slice){ 0 }, sealed, plain));
	ES_TRY(parse_plain(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD), &token));
	*out = token;
	return now_ms >= token.expires_ms ? ES_EXPIRED : ES_OK;
}
