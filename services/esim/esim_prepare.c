/* esim_prepare.c -- stock, MatchingID, confirmation code. */
#include "esim_prepare.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define CODE_DIGITS 6

void esim_make_id(char out[ESIM_ID + 1])
{
	uint8_t random[ESIM_ID / 2];

	es_random(random, sizeof random);
	es_hex_encode(es_slice_of(random, sizeof random), out);
}

/* 20 letters and digits of 32: 100 bits that nobody guesses. Those that are mistaken for others are left out. */
void esim_make_matching_id(char out[ESIM_MATCHING_ID + 1])
{
	static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	uint8_t random[20];

	es_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		out[i] = alphabet[random[i] % 32];
	out[sizeof random] = '\0';
}

static void make_confirmation_code(char *out, size_t size)
{
	uint8_t random[CODE_DIGITS];

	(void)size;
	for (size_t i = 0; i < CODE_DIGITS; i++) {
		do
			es_random(&random[i], 1);
		while (random[i] >= 250); /* each digit as likely as any other */
		out[i] = (char)('0' + random[i] % 10);
	}
	out[CODE_DIGITS] = '\0';
	es_wipe(random, sizeof random);
}

struct esim_profile *esim_step_target(struct esim_case *c)
{
	return c->order.kind == ESIM_RETURN && c->has_old ? &c->old : &c->profile;
}

static void say(struct esim_heard *heard, enum esim_heard_outcome outcome, const char *reason)
{
	*heard = (struct esim_heard){ .outcome = outcome };
	(void)snprintf(heard->reason, sizeof heard->reason, "%s", reason);
}

static es_status prepare_download(struct es_db_conn *conn, struct esim_case *c, int64_t now_ms, bool *can_ask,
                                  struct esim_heard *heard)
{
	if (c->profile.iccid[0] != '\0')
		return ES_OK;
	if ((c->order.flags & ESIM_REUSES) != 0) {
		memcpy(c->profile.iccid, c->order.old_iccid, sizeof c->profile.iccid);
		return ES_OK;
	}
	if ((c->order.flags & ESIM_OWN_STOCK) == 0)
		return ES_OK;
	const es_status status =
		esim_row_stock_take(conn, c->order.tenant, c->order.profile_type, c->order.id, now_ms, c->profile.iccid);
	if (status != ES_NOT_FOUND)
		return status;
	*can_ask = false;
	say(heard, ESIM_HEARD_UNHEARD, "no ICCID of the profile type is left in our stock");
	return ES_OK;
}

static es_status prepare_confirm(struct esim_case *c)
{
	if ((c->order.flags & ESIM_BY_CODE) != 0 && c->profile.confirmation_code[0] == '\0')
		make_confirmation_code(c->profile.confirmation_code, sizeof c->profile.confirmation_code);
	if (!c->profile.by_address && c->profile.matching_id[0] == '\0')
		esim_make_matching_id(c->profile.matching_id);
	return ES_OK;
}

/* What was never ordered cannot be given back, nor what is on its device. */
static void prepare_taking_back(struct esim_case *c, bool *can_ask, struct esim_heard *heard)
{
	const struct esim_profile *target = esim_step_target(c);

	if (target->iccid[0] != '\0' && target->seen_ms == 0)
		return;
	*can_ask = false;
	say(heard, target->seen_ms == 0 ? ESIM_HEARD_DONE : ESIM_HEARD_GONE, "");
}

es_status esim_prepare(struct es_db_conn *conn, struct esim_case *c, int64_t now_ms, bool *can_ask,
                       struct esim_heard *heard)
{
	*can_ask = true;
	switch (c->order.step) {
	case ESIM_STEP_DOWNLOAD_ORDER: return prepare_download(conn, c, now_ms, can_ask, heard);
	case ESIM_STEP_CONFIRM_ORDER: return prepare_confirm(c);
	case ESIM_STEP_WITHDRAW:
	case ESIM_UNDO_PROFILE: prepare_taking_back(c, can_ask, heard); return ES_OK;
	default: return ES_OK;
	}
}

/* One that was given back a moment ago, and whose former order has not heard of that yet, may be named; so it is asked again,
 * and a person has to look when it stays so. */
static es_status check_iccid(const struct esim_store *store, struct es_db_conn *conn, const struct esim_case *c,
                             struct esim_heard *heard)
{
	struct esim_profile other;

	if (heard->outcome != ESIM_HEARD_DONE || heard->iccid[0] == '\0' || strcmp(heard->iccid, c->profile.iccid) == 0)
		return ES_OK;
	const es_status status = esim_row_profile_of_iccid(store, conn, c->order.tenant, heard->iccid, &other);
	if (status == ES_OK && other.ended_ms == 0 && strcmp(other.id, c->profile.id) != 0)
		say(heard, ESIM_HEARD_LOST, "its answer names an ICCID that is another profile's");
	es_wipe(&other, sizeof other);
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status esim_prepare_heard(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c,
                             struct esim_heard *heard, int64_t now_ms)
{
	ES_TRY(check_iccid(store, conn, c, heard));
	if (heard->outcome != ESIM_HEARD_TAKEN)
		return ES_OK;
	if (c->order.step == ESIM_STEP_CONFIRM_ORDER)
		esim_make_matching_id(c->profile.matching_id);
	if (c->order.step != ESIM_STEP_DOWNLOAD_ORDER || (c->order.flags & ESIM_OWN_STOCK) == 0)
		return ES_OK;
	ES_TRY(esim_row_stock_set(conn, c->order.tenant, c->profile.iccid, ESIM_STOCK_SPOILED, now_ms));
	c->profile.iccid[0] = '\0';
	return ES_OK;
}
