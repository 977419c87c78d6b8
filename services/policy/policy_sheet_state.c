/* policy_sheet_state.c -- sealing and opening what a page carries. */
#include "policy_sheet_state.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

#define PURPOSE "sheet"
#define FORMAT 1
#define FORMAT_ESIM 2 /* and a choice behind it */
#define CHOICE_MAX 128
#define PLAIN_MAX 4096

static void put_text(struct es_buf *out, const char *text)
{
	const struct es_slice slice = es_slice_str(text);

	es_put_u16(out, (uint16_t)slice.len);
	es_put_bytes(out, slice);
}

static void put_candidate(struct es_buf *out, const struct policy_candidate *candidate)
{
	put_text(out, candidate->id);
	put_text(out, candidate->label);
}

static const char *read_text(struct es_reader *r, size_t max, struct es_arena *arena, bool *bad)
{
	const struct es_slice text = es_read_bytes(r, es_read_u16(r));
	const char *copy = text.len <= max ? es_arena_strdup(arena, text) : NULL;

	*bad = *bad || copy == NULL || strlen(copy) != text.len;
	return copy;
}

static struct policy_candidate read_candidate(struct es_reader *r, struct es_arena *arena, bool *bad)
{
	struct policy_candidate candidate = { .id = read_text(r, POLICY_CANDIDATE_ID_MAX, arena, bad) };

	candidate.label = read_text(r, POLICY_CANDIDATE_LABEL_MAX, arena, bad);
	return candidate;
}

static const struct {
	size_t at;
} choices[] = {
	{ offsetof(struct policy_esim_choice, plan) },
	{ offsetof(struct policy_esim_choice, service) },
	{ offsetof(struct policy_esim_choice, iccid) },
	{ offsetof(struct policy_esim_choice, terminal) },
};

static void put_choice(struct es_buf *out, const struct policy_esim_choice *choice)
{
	es_put_u8(out, choice->kind);
	es_put_u8(out, choice->looks);
	es_put_u8(out, choice->is_temporary);
	for (size_t i = 0; i < ES_COUNT(choices); i++)
		put_text(out, *(const char *const *)(const void *)((const uint8_t *)choice + choices[i].at));
}

static void read_choice(struct es_reader *r, struct es_arena *arena, struct policy_esim_choice *out, bool *bad)
{
	out->kind = es_read_u8(r);
	out->looks = es_read_u8(r);
	out->is_temporary = es_read_u8(r) != 0;
	for (size_t i = 0; i < ES_COUNT(choices); i++) {
		const char *text = read_text(r, CHOICE_MAX, arena, bad);
		memcpy((uint8_t *)out + choices[i].at, &text, sizeof text);
	}
	*bad = *bad || out->kind >= POLICY_ESIM_KINDS;
}

static void write_state(const struct policy_sheet_state *state, struct es_buf *out)
{
	es_put_u8(out, state->esim.plan != NULL ? FORMAT_ESIM : FORMAT);
	policy_flow_write(&state->flow, out);
	es_put_u64(out, (uint64_t)state->opened_ms);
	es_put_u64(out, (uint64_t)state->boost_type);
	es_put_u8(out, state->step);
	es_put_u8(out, state->is_changing);
	es_put_u64(out, (uint64_t)state->accepted_ms);
	put_text(out, state->accepted != NULL ? state->accepted : "");
	es_put_bytes(out, es_slice_of(state->digest, sizeof state->digest));
	es_put_u8(out, state->chosen.id != NULL);
	if (state->chosen.id != NULL)
		put_candidate(out, &state->chosen);
	es_put_u8(out, (uint8_t)state->candidate_count);
	for (size_t i = 0; i < state->candidate_count; i++)
		put_candidate(out, &state->candidates[i]);
	if (state->esim.plan != NULL)
		put_choice(out, &state->esim);
}

es_status policy_sheet_state_read(struct es_slice plain, struct es_arena *arena, struct policy_sheet_state *out)
{
	struct es_reader r = es_reader_of(plain);
	struct policy_sheet_state state = { .boost_type = -1 };
	const uint8_t format = es_read_u8(&r);
	bool bad = format != FORMAT && format != FORMAT_ESIM;

	ES_TRY(policy_flow_read(&r, &state.flow));
	state.opened_ms = (int64_t)es_read_u64(&r);
	state.boost_type = (int64_t)es_read_u64(&r);
	state.step = es_read_u8(&r);
	state.is_changing = es_read_u8(&r) != 0;
	state.accepted_ms = (int64_t)es_read_u64(&r);
	state.accepted = read_text(&r, 128, arena, &bad);
	const struct es_slice digest = es_read_bytes(&r, sizeof state.digest);
	if (digest.len != sizeof state.digest)
		return ES_MALFORMED;
	memcpy(state.digest, digest.ptr, sizeof state.digest);
	if (es_read_u8(&r) != 0)
		state.chosen = read_candidate(&r, arena, &bad);
	state.candidate_count = es_read_u8(&r);
	if (bad || state.step >= POLICY_STEPS || state.candidate_count > POLICY_CANDIDATES_MAX)
		return ES_MALFORMED;
	for (size_t i = 0; i < state.candidate_count; i++)
		state.candidates[i] = read_candidate(&r, arena, &bad);
	if (format == FORMAT_ESIM)
		read_choice(&r, arena, &state.esim, &bad);
	if (bad || !es_reader_is_done(&r))
		return ES_MALFORMED;
	*out = state;
	return ES_OK;
}

es_status policy_sheet_state_seal(struct es_keyring *ring, const struct policy_sheet_state *state,
                                  struct es_arena *arena, struct es_slice *out)
{
	uint8_t plain[PLAIN_MAX], sealed[PLAIN_MAX + ES_SEAL_OVERHEAD], text[POLICY_PAGE_TEXT_MAX];
	struct es_buf p, t;

	es_buf_init_fixed(&p, plain, sizeof plain);
	write_state(state, &p);
	ES_TRY(es_buf_status(&p));
	es_seal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, es_buf_slice(&p), sealed);
	es_buf_init_fixed(&t, text, sizeof text);
	es_base64url_encode(es_slice_of(sealed, p.len + ES_SEAL_OVERHEAD), &t);
	ES_TRY(es_buf_status(&t));
	*out = es_arena_copy(arena, es_buf_slice(&t));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_sheet_state_open(struct es_keyring *ring, struct es_slice text, int64_t now_ms, struct es_arena *arena,
                                  struct policy_sheet_state *out)
{
	uint8_t plain[PLAIN_MAX];
	struct policy_sheet_state state;
	struct es_slice sealed;

	if (text.len == 0 || text.len > POLICY_PAGE_TEXT_MAX)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(text, arena, &sealed));
	if (sealed.len < ES_SEAL_OVERHEAD || sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(es_unseal(ring, PURPOSE, (struct es_slice){ NULL, 0 }, sealed, plain));
	ES_TRY(policy_sheet_state_read(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD), arena, &state));
	*out = state;
	const int64_t life_ms = state.step == POLICY_STEP_PAY ? POLICY_ORDER_LIFE_MS : POLICY_PAGE_LIFE_MS;
	return now_ms < state.opened_ms + life_ms ? ES_OK : ES_EXPIRED;
}
