/* auth_reauth_flow.c -- rows of table reauth, sealed, to contexts and back. */
#include "auth_reauth_flow.h"

#include <string.h>

#include "auth_challenge.h"
#include "auth_pseudonym.h"
#include "auth_store.h"
#include "es_cleanup.h"
#include "es_crypto.h"

#define LIFE_MS (INT64_C(7) * 86400 * 1000)
#define PURPOSE "reauth"

static void put_fixed(struct es_buf *out, const char *text, size_t size)
{
	es_put_bytes(out, es_slice_of(text, size));
}

static es_status seal(struct auth_task *task, const struct auth_reauth_found *content, const uint8_t id[AUTH_REAUTH_ID],
                      struct es_slice *sealed)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf b;
	uint8_t packed[AUTH_REAUTH_PACKED];

	es_buf_init(&b, 256);
	put_fixed(&b, content->tenant, sizeof content->tenant);
	put_fixed(&b, content->imsi.digits, sizeof content->imsi.digits);
	es_put_u16(&b, content->left);
	auth_reauth_pack(&content->context, packed);
	es_put_bytes(&b, es_slice_of(packed, sizeof packed));
	es_wipe(packed, sizeof packed);
	ES_TRY(es_buf_status(&b));
	return auth_row_seal(task->env->session_keys, PURPOSE, id, es_buf_slice(&b), task->arena, sealed);
}

/* A text in a field of fixed size: NUL-terminated inside it. */
static bool read_fixed(struct es_reader *in, char *out, size_t size)
{
	struct es_slice s = es_read_bytes(in, size);

	if (in->bad || es_slice_find(s, 0) == s.len)
		return false;
	memcpy(out, s.ptr, size);
	return true;
}

static es_status open_row(struct auth_task *task, const uint8_t id[AUTH_REAUTH_ID], struct es_slice sealed,
                          struct auth_reauth_found *out)
{
	struct es_slice plain;

	ES_TRY(auth_row_open(task->env->session_keys, PURPOSE, id, sealed, task->arena, &plain));
	struct es_reader in = es_reader_of(plain);
	if (!read_fixed(&in, out->tenant, sizeof out->tenant) ||
	    !read_fixed(&in, out->imsi.digits, sizeof out->imsi.digits))
		return ES_MALFORMED;
	out->left = es_read_u16(&in);
	return auth_reauth_unpack(es_read_rest(&in), &out->context);
}

struct lookup {
	struct auth_task *task;
	const uint8_t *id;
	struct es_slice sealed;
};

static es_status read_job(struct es_db_conn *conn, void *user)
{
	struct lookup *l = user;

	return auth_store_reauth_get(conn, l->id, l->task->env->now_ms(), l->task->arena, &l->sealed);
}

es_status auth_reauth_read(struct auth_task *task, const uint8_t id[AUTH_REAUTH_ID], struct auth_reauth_found *out)
{
	struct lookup lookup = { .task = task, .id = id };

	ES_TRY(es_db_read(task->env->db, read_job, &lookup));
	/* One that does not open is of a key ring that has moved on: the SIM authenticates in full. */
	return open_row(task, id, lookup.sealed, out) == ES_OK && out->left > 0 && out->context.counter > 0 ? ES_OK
	                                                                                                    : ES_NOT_FOUND;
}

es_status auth_reauth_request(struct auth_task *task, const uint8_t id[AUTH_REAUTH_ID],
                              const struct auth_reauth_found *found, struct auth_round *round, struct es_slice *packet)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX], nonce_s[16];
	struct auth_eap_offer offer = { .iv = { 0 } };
	struct es_buf buf;

	es_random(nonce_s, sizeof nonce_s);
	es_random(offer.iv, sizeof offer.iv);
	round->imsi = found->imsi;
	memcpy(round->reauth_id, id, AUTH_REAUTH_ID);
	memcpy(round->source, "reauth", sizeof "reauth");
	round->reauths_left = (uint16_t)(found->left - 1);
	if (round->reauths_left > 0)
		offer.next_reauth_id = auth_challenge_reauth_id(task, &round->eap);
	es_buf_init_fixed(&buf, storage, sizeof storage);
	ES_TRY(auth_eap_reauthenticate(&round->eap, &found->context, nonce_s, &offer, &buf));
	*packet = es_arena_copy(task->arena, es_buf_slice(&buf));
	return packet->ptr == NULL ? ES_TOO_LARGE : ES_OK;
}

/* ---- the end of an exchange ---- */

/* Of the identity that was given to the peer. */
static bool next_id(const struct auth_round *round, uint8_t id[AUTH_REAUTH_ID])
{
	struct es_slice rest = es_slice_str(round->eap.next_reauth_id);

	return auth_reauth_id_parse(es_slice_cut(&rest, '@'), id) == ES_OK;
}

es_status auth_reauth_row_of(struct auth_task *task, const struct auth_session *session, const struct auth_round *round,
                             struct auth_reauth_row *out)
{
	struct auth_reauth_found content = { .imsi = round->imsi, .left = round->reauths_left };

	*out = (struct auth_reauth_row){ .expires_ms = task->env->now_ms() + LIFE_MS };
	if (round->reauths_left == 0 || !next_id(round, out->id))
		return ES_OK;
	memcpy(content.tenant, session->tenant, sizeof content.tenant);
	auth_eap_context(&round->eap, &content.context);
	es_status status = seal(task, &content, out->id, &out->sealed);
	es_wipe(&content, sizeof content);
	return status;
}

es_status auth_reauth_commit(struct es_db_conn *conn, const struct auth_round *round, const struct auth_reauth_row *row)
{
	static const uint8_t none[AUTH_REAUTH_ID];

	if (memcmp(round->reauth_id, none, sizeof none) != 0)
		ES_TRY(auth_store_reauth_spend(conn, round->reauth_id));
	if (row->sealed.len == 0)
		return ES_OK;
	return auth_store_reauth_add(conn, row->id, row->sealed, row->expires_ms);
}
