/* auth_login_state.c -- a login as octets; handles; one-time codes. */
#include "auth_login_state.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_reader.h"
#include "es_text.h"

#define TIME_OCTETS 6
#define FORMAT 1

/* ---- handles ---- */

static void make_id(const uint8_t raw[TIME_OCTETS + 16], uint8_t id[AUTH_LOGIN_ID])
{
	struct es_slice whole = es_slice_of(raw, TIME_OCTETS + 16);
	uint8_t hash[32];

	es_sha256(&whole, 1, hash);
	memcpy(id, raw, TIME_OCTETS);
	memcpy(id + TIME_OCTETS, hash, AUTH_LOGIN_ID - TIME_OCTETS);
}

void auth_login_name(struct auth_login *login, int64_t expires_ms, const uint8_t random[16])
{
	uint8_t raw[TIME_OCTETS + 16];
	struct es_buf text;

	login->expires_ms = expires_ms;
	for (unsigned i = 0; i < TIME_OCTETS; i++)
		raw[i] = (uint8_t)((uint64_t)expires_ms >> (8 * (TIME_OCTETS - 1 - i)));
	memcpy(raw + TIME_OCTETS, random, 16);
	make_id(raw, login->id);
	es_buf_init_fixed(&text, login->handle, AUTH_LOGIN_HANDLE);
	es_base64url_encode(es_slice_of(raw, sizeof raw), &text);
	login->handle[AUTH_LOGIN_HANDLE] = '\0';
	es_wipe(raw, sizeof raw);
}

es_status auth_login_id_of(struct es_slice handle, uint8_t id[AUTH_LOGIN_ID])
{
	uint8_t raw[TIME_OCTETS + 16];
	es_status status = es_base64url_decode_into(handle, raw, sizeof raw);

	if (status == ES_OK)
		make_id(raw, id);
	es_wipe(raw, sizeof raw);
	return status;
}

/* ---- octets ---- */

static void put_octets(struct es_buf *out, const uint8_t *bytes, size_t len)
{
	es_put_bytes(out, es_slice_of(bytes, len));
}

void auth_login_pack(const struct auth_login *login, struct es_buf *out)
{
	es_put_u8(out, FORMAT);
	es_put_u8(out, (uint8_t)login->kind);
	es_put_u64(out, (uint64_t)login->expires_ms);
	es_put_counted(out, login->tenant);
	es_put_counted(out, login->group);
	es_put_counted(out, login->provider);
	es_put_counted(out, login->imsi.digits);
	es_put_counted(out, login->msisdn.text);
	es_put_counted(out, login->language);
	put_octets(out, login->terminal, sizeof login->terminal);
	put_octets(out, login->app_name, sizeof login->app_name);
	put_octets(out, login->nonce, sizeof login->nonce);
	put_octets(out, login->verifier, sizeof login->verifier);
	put_octets(out, login->secret, sizeof login->secret);
	es_put_bytes(out, login->request);
}

es_status auth_login_unpack(struct es_slice bytes, struct auth_login *out)
{
	struct es_reader in = es_reader_of(bytes);
	struct auth_login login = { 0 };
	unsigned format = es_read_u8(&in), kind = es_read_u8(&in);

	login.kind = (enum auth_login_kind)kind;
	login.expires_ms = (int64_t)es_read_u64(&in);
	es_read_counted(&in, login.tenant, sizeof login.tenant);
	es_read_counted(&in, login.group, sizeof login.group);
	es_read_counted(&in, login.provider, sizeof login.provider);
	es_read_counted(&in, login.imsi.digits, sizeof login.imsi.digits);
	es_read_counted(&in, login.msisdn.text, sizeof login.msisdn.text);
	es_read_counted(&in, login.language, sizeof login.language);
	ES_READ_ARRAY(&in, login.terminal);
	ES_READ_ARRAY(&in, login.app_name);
	ES_READ_ARRAY(&in, login.nonce);
	ES_READ_ARRAY(&in, login.verifier);
	ES_READ_ARRAY(&in, login.secret);
	login.request = es_read_rest(&in);
	if (!es_reader_is_done(&in) || format != FORMAT || kind < AUTH_LOGIN_OIDC || kind > AUTH_LOGIN_SMS)
		return ES_MALFORMED;
	*out = login;
	return ES_OK;
}

/* ---- codes ---- */

void auth_code_make(char code[AUTH_CODE_DIGITS + 1])
{
	const uint32_t million = 1000000, limit = UINT32_MAX - UINT32_MAX % million;
	uint32_t number;

	do
		es_random(&number, sizeof number);
	while (number >= limit); /* the last, incomplete million would favour small numbers */
	number %= million;
	for (unsigned i = AUTH_CODE_DIGITS; i > 0; i--, number /= 10)
		code[i - 1] = (char)('0' + number % 10);
	code[AUTH_CODE_DIGITS] = '\0';
}

void auth_code_hash(const struct auth_login *login, struct es_slice code, uint8_t hash[32])
{
	const struct es_slice parts[] = { es_slice_of(login->id, sizeof login->id), code };

	es_hmac_sha256(es_slice_of(login->secret, sizeof login->secret), parts, ES_COUNT(parts), hash);
}
