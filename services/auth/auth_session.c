/* auth_session.c -- the octets of the cookie and of a row's sealed parts. */
#include "auth_session.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define LAYOUT 2       /* first octet: an older or newer layout is not read as this one */
#define PLAIN_MAX 2262 /* sealed and in base64url, this is AUTH_COOKIE_MAX */

_Static_assert((PLAIN_MAX + ES_SEAL_OVERHEAD) * 4 / 3 <= AUTH_COOKIE_MAX, "a full cookie keeps its bound");

enum { ROUND_DECOY = 1, ROUND_REAUTH = 2, ROUND_RELAY = 4, ROUND_ALL = 7 };
enum { FLAG_HAD_TOKEN = 1, FLAG_REQUEST_STORED = 2, FLAGS_ALL = 3 };

/* Of the method nothing but the identity and the count of requests: the rest is the AAA's. */
static void relay_pack(const struct auth_round *round, struct es_buf *out)
{
	const struct auth_relay_state *relay = &round->relay;

	es_put_counted(out, relay->source);
	es_put_counted(out, relay->session);
	es_put_counted(out, relay->destination_host);
	es_put_u8(out, relay->identifier);
	es_put_u8(out, relay->avp_state_len);
	es_put_bytes(out, es_slice_of(relay->avp_state, relay->avp_state_len));
	es_put_u8(out, round->eap.requests);
	es_put_u8(out, round->eap.identity_len);
	es_put_bytes(out, es_slice_of(round->eap.identity, round->eap.identity_len));
}

static es_status relay_unpack(struct es_reader *in, struct auth_round *out)
{
	struct auth_relay_state *relay = &out->relay;

	es_read_counted(in, relay->source, sizeof relay->source);
	es_read_counted(in, relay->session, sizeof relay->session);
	es_read_counted(in, relay->destination_host, sizeof relay->destination_host);
	relay->identifier = es_read_u8(in);
	relay->avp_state_len = es_read_u8(in);
	es_read_into(in, relay->avp_state, relay->avp_state_len, sizeof relay->avp_state);
	out->eap.requests = es_read_u8(in);
	out->eap.identity_len = es_read_u8(in);
	es_read_into(in, out->eap.identity, out->eap.identity_len, sizeof out->eap.identity);
	return in->bad || relay->source[0] == '\0' ? ES_MALFORMED : ES_OK;
}

static bool is_set(const uint8_t id[16])
{
	static const uint8_t none[16];

	return memcmp(id, none, sizeof none) != 0;
}

void auth_round_pack(const struct auth_round *round, struct es_buf *out)
{
	es_put_counted(out, round->imsi.digits);
	es_put_u8(out, (uint8_t)((round->decoy ? ROUND_DECOY : 0) | (is_set(round->reauth_id) ? ROUND_REAUTH : 0) |
	                         (round->relay.source[0] != '\0' ? ROUND_RELAY : 0)));
	es_put_counted(out, round->source);
	es_put_u16(out, round->reauths_left);
	if (round->relay.source[0] != '\0')
		relay_pack(round, out);
	else
		auth_eap_pack(&round->eap, out);
	if (is_set(round->reauth_id))
		es_put_bytes(out, es_slice_of(round->reauth_id, sizeof round->reauth_id));
}

es_status auth_round_unpack(struct es_reader *in, struct auth_round *out)
{
	struct auth_round round = { 0 };

	es_read_counted(in, round.imsi.digits, sizeof round.imsi.digits);
	unsigned flags = es_read_u8(in);
	es_read_counted(in, round.source, sizeof round.source);
	round.reauths_left = es_read_u16(in);
	bool is_relayed = (flags & ROUND_RELAY) != 0;
	es_status status = is_relayed ? relay_unpack(in, &round) : auth_eap_unpack(in, &round.eap);
	round.decoy = (flags & ROUND_DECOY) != 0;
	if ((flags & ROUND_REAUTH) != 0)
		ES_READ_ARRAY(in, round.reauth_id);
	if (status == ES_OK && (in->bad || (flags & ~(unsigned)ROUND_ALL) != 0))
		status = ES_MALFORMED;
	if (status == ES_OK)
		*out = round;
	es_wipe(&round, sizeof round);
	return status;
}

static void pack(const struct auth_session *s, struct es_buf *out)
{
	es_put_u8(out, LAYOUT);
	es_put_bytes(out, es_slice_of(s->id, sizeof s->id));
	es_put_u64(out, (uint64_t)s->expires_ms);
	es_put_u8(out, (uint8_t)((s->had_token ? FLAG_HAD_TOKEN : 0) | (s->request_stored ? FLAG_REQUEST_STORED : 0)));
	es_put_counted(out, s->tenant);
	es_put_counted(out, s->group);
	es_put_bytes(out, es_slice_of(s->terminal, sizeof s->terminal));
	es_put_bytes(out, es_slice_of(s->app_name, sizeof s->app_name));
	auth_round_pack(&s->first, out);
	if (!s->request_stored)
		es_put_bytes(out, s->request);
}

static es_status unpack(struct es_slice plain, struct auth_session *out)
{
	struct es_reader in = es_reader_of(plain);
	struct auth_session s = { 0 };

	if (es_read_u8(&in) != LAYOUT)
		return ES_MALFORMED;
	ES_READ_ARRAY(&in, s.id);
	s.expires_ms = (int64_t)es_read_u64(&in);
	uint8_t flags = es_read_u8(&in);
	s.had_token = (flags & FLAG_HAD_TOKEN) != 0;
	s.request_stored = (flags & FLAG_REQUEST_STORED) != 0;
	es_read_counted(&in, s.tenant, sizeof s.tenant);
	es_read_counted(&in, s.group, sizeof s.group);
	ES_READ_ARRAY(&in, s.terminal);
	ES_READ_ARRAY(&in, s.app_name);
	es_status status = auth_round_unpack(&in, &s.first);
	s.request = es_read_rest(&in);
	if (status == ES_OK &&
	    (!es_reader_is_done(&in) || (flags & ~FLAGS_ALL) != 0 || (s.request_stored && s.request.len > 0)))
		status = ES_MALFORMED;
	if (status == ES_OK)
		*out = s;
	es_wipe(&s, sizeof s);
	return status;
}

es_status auth_session_seal(struct es_keyring *ring, struct auth_session *session, struct es_arena *arena,
                            struct es_slice *cookie)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf plain;

	es_buf_init(&plain, PLAIN_MAX);
	session->request_stored = false;
	pack(session, &plain);
	if (es_buf_status(&plain) != ES_OK) {
		es_buf_reset(&plain);
		session->request_stored = true;
		pack(session, &plain);
	}
	ES_TRY(es_buf_status(&plain));
	return es_seal_text(ring, "session", (struct es_slice){ 0 }, es_buf_slice(&plain), arena, cookie);
}

es_status auth_session_open(struct es_keyring *ring, struct es_slice cookie, int64_t now_ms, struct es_arena *arena,
                            struct auth_session *out)
{
	struct es_slice sealed;
	struct auth_session session = { 0 };

	if (cookie.len == 0 || cookie.len > AUTH_COOKIE_MAX)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(cookie, arena, &sealed));
	if (sealed.len < ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	uint8_t *plain = es_arena_alloc(arena, sealed.len - ES_SEAL_OVERHEAD);
	if (plain == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_unseal(ring, "session", (struct es_slice){ 0 }, sealed, plain));
	ES_TRY(unpack(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD), &session));
	es_status status = now_ms >= session.expires_ms ? ES_EXPIRED : ES_OK;
	if (status == ES_OK)
		*out = session;
	auth_session_wipe(&session);
	return status;
}

void auth_session_wipe(struct auth_session *session)
{
	es_wipe(session, sizeof *session);
}

void auth_session_first_id(int64_t expires_ms, uint8_t id[AUTH_SESSION_ID])
{
	memset(id, 0, AUTH_SESSION_ID);
	for (unsigned i = 0; i < AUTH_SESSION_TIME; i++)
		id[i] = (uint8_t)((uint64_t)expires_ms >> (8 * (AUTH_SESSION_TIME - 1 - i)));
}

/* The session's id is bound as AAD: a part copied into another session's row does not open. */
es_status auth_row_seal(struct es_keyring *ring, const char *what, const uint8_t id[AUTH_SESSION_ID],
                        struct es_slice plain, struct es_arena *arena, struct es_slice *sealed)
{
	uint8_t *out = es_arena_alloc(arena, plain.len + ES_SEAL_OVERHEAD);

	if (out == NULL)
		return ES_TOO_LARGE;
	es_seal(ring, what, es_slice_of(id, AUTH_SESSION_ID), plain, out);
	*sealed = es_slice_of(out, plain.len + ES_SEAL_OVERHEAD);
	return ES_OK;
}

es_status auth_row_open(struct es_keyring *ring, const char *what, const uint8_t id[AUTH_SESSION_ID],
                        struct es_slice sealed, struct es_arena *arena, struct es_slice *plain)
{
	if (sealed.len < ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	uint8_t *out = es_arena_alloc(arena, sealed.len - ES_SEAL_OVERHEAD);
	if (out == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_unseal(ring, what, es_slice_of(id, AUTH_SESSION_ID), sealed, out));
	*plain = es_slice_of(out, sealed.len - ES_SEAL_OVERHEAD);
	return ES_OK;
}
