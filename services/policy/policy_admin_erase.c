/* policy_admin_erase.c -- erasing a subscriber on request: the line, what was noted of it, and its name in the trail. */
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "policy_admin_call.h"
#include "policy_lifecycle.h"
#include "policy_qos_follow.h"

/* What stays, and why: said to whoever asks for erasure, so that he can say it to the person. */
static const struct {
	const char *what, *why;
} kept[] = {
	{ "trail", "operators answer for what they did: time, operator and action stay, the person is a pseudonym that is "
	           "noted nowhere else" },
	{ "events", "auth, esim and notify learn from them whom to forget; they go after seven days" },
	{ "exchanges and re-authentication contexts of auth",
	  "sealed, of no use without the line, and gone when they expire" },
	{ "orders for quality of service that the network has not yet let go of",
	  "they go as soon as it has; what cannot be ended is listed until an operator cancels it" },
	{ "keys of the SIM", "they belong to the card: delete them with keys.delete when it is not used again" },
};

#define MOVES_MAX 32

/* A line and the IMSIs it had before. */
struct erasure {
	struct policy_admin_call *call;
	const char *pseudonym;
	struct {
		const char *imsi;
		int64_t until_ms; /* it was this line's */
	} names[MOVES_MAX];
	size_t count;
	int64_t entries; /* of the trail */
};

static es_status take_name(int64_t at_ms, const char *previous, void *user)
{
	struct erasure *e = user;

	if (strcmp(previous, e->names[0].imsi) == 0 || e->count == MOVES_MAX)
		return ES_OK;
	e->names[e->count].imsi = previous;
	e->names[e->count++].until_ms = at_ms;
	return ES_OK;
}

static es_status find_names(struct erasure *e, const char *imsi)
{
	e->count = 1;
	e->names[0].imsi = imsi;
	e->names[0].until_ms = INT64_MAX;
	return policy_row_sim_changes(e->call->conn, e->call->tenant, imsi, e->call->arena, take_name, e);
}

/* "erased-" and 64 random bits: entries of one erasure belong together, and lead nowhere. */
static const char *draw_pseudonym(struct es_arena *arena)
{
	uint8_t bits[8];
	char text[17];

	es_random(bits, sizeof bits);
	for (size_t i = 0; i < sizeof bits; i++) {
		text[2 * i] = "0123456789abcdef"[bits[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bits[i] & 15];
	}
	text[16] = '\0';
	return es_arena_printf(arena, "erased-%s", text);
}

static es_status rename_in_trail(struct erasure *e)
{
	for (size_t i = 0; i < e->count; i++) {
		int64_t entries = 0;
		ES_TRY(policy_row_audit_erase(e->call->conn, e->call->tenant, e->names[i].imsi, e->pseudonym,
		                              e->names[i].until_ms, &entries));
		e->entries += entries;
	}
	return ES_OK;
}

static es_status answer(const struct erasure *e, bool existed)
{
	struct es_json_out j = policy_answer_start(e->call);

	es_json_object(&j, "erased");
	es_json_put_bool(&j, "subscriber", existed);
	es_json_put_i64(&j, "trail_entries", e->entries);
	es_json_end_object(&j);
	es_json_put_str(&j, "pseudonym", e->pseudonym);
	es_json_array(&j, "kept");
	for (size_t i = 0; i < ES_COUNT(kept); i++) {
		es_json_object(&j, NULL);
		es_json_put_str(&j, "what", kept[i].what);
		es_json_put_str(&j, "why", kept[i].why);
		es_json_end_object(&j);
	}
	es_json_end_array(&j);
	return policy_answer_end(e->call, &j, POLICY_ADMIN_DONE);
}

/* Repeatable: of a line that is gone already the trail is looked through again, and the others are told again. Everything
 * that hangs on the line goes with its row. */
es_status policy_do_subscriber_erase(struct policy_admin_call *call)
{
	struct erasure e = { .call = call, .pseudonym = draw_pseudonym(call->arena) };
	const char *imsi = policy_param(call, "imsi");
	struct es_imsi valid;
	uint64_t sequence = 0;

	if (es_imsi_parse(es_slice_str(imsi), &valid) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "imsi", "6 to 15 digits");
	call->resource = e.pseudonym != NULL ? es_arena_printf(call->arena, "subscriber/%s", e.pseudonym) : NULL;
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(find_names(&e, imsi));
	es_status status = policy_row_subscriber_delete(call->conn, call->tenant, imsi);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	ES_TRY(policy_qos_leave(call->conn, call->tenant, imsi, call->now_ms));
	ES_TRY(rename_in_trail(&e));
	ES_TRY(policy_tell(call, "subscriber.erased", call->tenant, imsi, POLICY_ALL_APPS, &sequence));
	return answer(&e, status == ES_OK);
}
