/* es_text_fuzz.c -- what the text decoders accept, the encoders write back; what they encode, they read again. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_id.h"
#include "es_text.h"
#include "es_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bytes_survive_every_encoding(struct es_slice bytes, struct es_arena *arena)
{
	struct es_buf text;
	struct es_slice back;

	es_buf_init(&text, 8 * bytes.len + 8);
	es_base64_encode(bytes, &text);
	assert(es_base64_decode(es_buf_slice(&text), arena, &back) == ES_OK && es_slice_eq(back, bytes));
	es_buf_reset(&text);
	es_base64url_encode(bytes, &text);
	assert(es_base64url_decode(es_buf_slice(&text), arena, &back) == ES_OK && es_slice_eq(back, bytes));
	es_buf_reset(&text);
	es_percent_encode(bytes, &text);
	assert(es_percent_decode(es_buf_slice(&text), true, arena, &back) == ES_OK && es_slice_eq(back, bytes));
	assert(es_buf_status(&text) == ES_OK);
	es_buf_free(&text);

	char *hex = es_arena_alloc(arena, 2 * bytes.len + 1);
	uint8_t *octets = es_arena_alloc(arena, bytes.len);
	assert(hex != NULL && octets != NULL);
	es_hex_encode(bytes, hex);
	assert(es_hex_decode(es_slice_str(hex), octets, bytes.len) == ES_OK);
	assert(es_slice_eq(es_slice_of(octets, bytes.len), bytes));
}

/* Base64 has one text for each value, once line breaks and padding are taken off. */
static void accepted_base64_is_canonical(struct es_slice text, struct es_arena *arena)
{
	struct es_slice value;
	struct es_buf again;
	size_t at = 0;

	if (es_base64_decode(text, arena, &value) != ES_OK)
		return;
	es_buf_init(&again, 2 * text.len + 8);
	es_base64_encode(value, &again);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '\r' && text.ptr[i] != '\n')
			assert(at < again.len && again.ptr[at++] == text.ptr[i]);
	while (at < again.len)
		assert(again.ptr[at++] == '=');
	es_buf_free(&again);
}

static void accepted_nai_is_rebuilt_from_its_parts(struct es_slice text, struct es_arena *arena)
{
	struct es_nai nai;
	size_t at = es_slice_find(text, '@');

	if (es_nai_parse(text, &nai) != ES_OK)
		return;
	char *user = es_arena_printf(arena, "%c%s", nai.lead, nai.imsi.digits);
	char *end = es_arena_printf(arena, ".mnc%s.mcc%s.3gppnetwork.org", nai.mnc, nai.mcc);
	assert(user != NULL && end != NULL);
	assert(es_slice_eq_str(es_slice_sub(text, 0, at), user));
	assert(at + 1 + strlen(end) < text.len);
	assert(es_slice_eq_nocase(es_slice_sub(text, text.len - strlen(end), text.len), es_slice_str(end)));
}

static void numbers_keep_their_bounds(struct es_slice text)
{
	uint64_t u;
	int64_t i;

	if (es_parse_u64(text, 10, 1000, &u) == ES_OK)
		assert(u >= 10 && u <= 1000 && es_text_is_digits(text));
	if (es_parse_i64(text, -5, 5, &i) == ES_OK)
		assert(i >= -5 && i <= 5);
}

static void accepted_times_are_written_back(struct es_slice text)
{
	char written[21];
	int64_t ms, again;

	if (es_time_parse(text, &ms) != ES_OK || ms >= 253402300800000) /* a zone may lead beyond the year 9999 */
		return;
	es_time_iso8601(ms, written);
	assert(es_time_parse(es_slice_str(written), &again) == ES_OK && again == ms - ms % 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice text = es_slice_of(data, size);
	struct es_slice decoded;
	struct es_arena *arena = es_arena_new(0, 64 * size + 65536);

	if (arena == NULL)
		abort();
	bytes_survive_every_encoding(text, arena);
	accepted_base64_is_canonical(text, arena);
	accepted_nai_is_rebuilt_from_its_parts(text, arena);
	numbers_keep_their_bounds(text);
	accepted_times_are_written_back(text);
	if (es_percent_decode(text, false, arena, &decoded) == ES_OK)
		assert(decoded.len <= text.len);
	if (es_text_is_clean_utf8(text))
		assert(size == 0 || memchr(data, 0, size) == NULL);
	es_arena_free(arena);
	return 0;
}
