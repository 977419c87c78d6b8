/* policy_equipment.c -- list before fresh answer before EIR before old answer. */
#include "policy_equipment.h"

#include <string.h>

#include "es_text.h"

/* ---- IMEI ---- */

es_status policy_imei_parse(struct es_slice text, struct policy_imei *out)
{
	struct policy_imei imei = { .digits = "" };

	if (text.len < POLICY_IMEI_DIGITS || text.len > POLICY_IMEI_DIGITS + 2 || !es_text_is_digits(text))
		return ES_MALFORMED;
	memcpy(imei.digits, text.ptr, POLICY_IMEI_DIGITS);
	if (text.len == POLICY_IMEI_DIGITS + 2)
		memcpy(imei.software, text.ptr + POLICY_IMEI_DIGITS, 2);
	*out = imei;
	return ES_OK;
}

char policy_imei_check_digit(const char digits[POLICY_IMEI_DIGITS])
{
	unsigned sum = 0;

	for (size_t i = 0; i < POLICY_IMEI_DIGITS; i++) {
		unsigned digit = (unsigned)(digits[i] - '0') << (i % 2);
		sum += digit / 10 + digit % 10;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

/* ---- software versions ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static struct es_slice take_number(struct es_slice *text)
{
	size_t n = 0, zeros = 0;

	while (n < text->len && is_digit(text->ptr[n]))
		n++;
	while (zeros < n && text->ptr[zeros] == '0')
		zeros++;
	const struct es_slice number = es_slice_sub(*text, zeros, n);
	*text = es_slice_sub(*text, n, text->len);
	return number;
}

static int compare_numbers(struct es_slice a, struct es_slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len == 0 ? 0 : memcmp(a.ptr, b.ptr, a.len);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

int policy_sw_compare(struct es_slice a, struct es_slice b)
{
	while (a.len > 0 && b.len > 0) {
		if (is_digit(a.ptr[0]) && is_digit(b.ptr[0])) {
			const int order = compare_numbers(take_number(&a), take_number(&b));
			if (order != 0)
				return order;
			continue;
		}
		if (lower(a.ptr[0]) != lower(b.ptr[0]))
			return lower(a.ptr[0]) < lower(b.ptr[0]) ? -1 : 1;
		a = es_slice_sub(a, 1, a.len);
		b = es_slice_sub(b, 1, b.len);
	}
	return a.len == b.len ? 0 : a.len == 0 ? -1 : 1;
}

/* "vonr: 14.2" of a device whose version is not told: it is not promised. */
static es_status take_capabilities(const struct policy_list *written, struct es_slice sw_version,
                                   struct es_arena *arena, struct policy_list *out)
{
	const char **items = es_arena_array(arena, written->count, sizeof *items);
	size_t count = 0;

	if (items == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < written->count; i++) {
		struct es_slice rest = es_slice_str(written->items[i]), name = es_slice_trim(es_slice_cut(&rest, ':'));
		const struct es_slice least = es_slice_trim(rest);
		if (least.len > 0 && (sw_version.len == 0 || policy_sw_compare(sw_version, least) < 0))
			continue;
		if ((items[count] = es_arena_strdup(arena, name)) == NULL)
			return ES_TOO_LARGE;
		count++;
	}
	*out = (struct policy_list){ items, count };
	return ES_OK;
}

/* ---- what is known ---- */

bool policy_equipment_is_read(const struct policy_equipment_settings *settings)
{
	return settings->mode != POLICY_EQUIPMENT_OFF || settings->use_models;
}

static bool asks_outside(const struct policy_equipment_settings *settings)
{
	return settings->mode == POLICY_EQUIPMENT_S13 || settings->mode == POLICY_EQUIPMENT_N5G;
}

/* An answer from the future is one of another replica's clock. */
static bool is_fresh(const struct policy_equipment_settings *settings, const struct policy_equipment_facts *facts,
                     int64_t now_ms)
{
	return facts->answer != POLICY_EQUIPMENT_NOT_ASKED && now_ms - facts->answer_ms <= settings->max_age_s * 1000;
}

bool policy_equipment_asks(const struct policy_equipment_settings *settings, const struct policy_equipment_facts *facts,
                           int64_t now_ms)
{
	return asks_outside(settings) && facts->imei.digits[0] != '\0' && facts->listed == POLICY_EQUIPMENT_NOT_ASKED &&
	       !is_fresh(settings, facts, now_ms);
}

static bool is_told(uint8_t told)
{
	return told != POLICY_EQUIPMENT_NOT_ASKED && told != POLICY_EQUIPMENT_UNAVAILABLE;
}

static void conclude_state(const struct policy_equipment_settings *s, const struct policy_equipment_facts *facts,
                           uint8_t told, int64_t now_ms, struct policy_equipment *out)
{
	if (s->mode == POLICY_EQUIPMENT_OFF)
		return;
	out->state = POLICY_EQUIPMENT_UNKNOWN;
	out->as_of_ms = now_ms;
	if (facts->listed != POLICY_EQUIPMENT_NOT_ASKED) {
		out->state = facts->listed;
		out->source = "list";
		out->as_of_ms = facts->listed_ms;
		return;
	}
	if (s->mode == POLICY_EQUIPMENT_LIST) {
		out->source = "list";
		return;
	}
	if (facts->imei.digits[0] == '\0')
		return;
	out->source = s->source;
	out->state = POLICY_EQUIPMENT_UNAVAILABLE;
	if (is_told(told)) {
		out->state = told;
	} else if (is_fresh(s, facts, now_ms) ||
	           (facts->answer != POLICY_EQUIPMENT_NOT_ASKED && s->when_away == POLICY_AWAY_LAST)) {
		out->state = facts->answer;
		out->as_of_ms = facts->answer_ms;
	}
}

es_status policy_equipment_conclude(const struct policy_equipment_settings *settings,
                                    const struct policy_equipment_facts *facts, uint8_t told,
                                    struct es_slice sw_version, int64_t now_ms, struct es_arena *arena,
                                    struct policy_equipment *out)
{
	struct policy_equipment e = {
		.source = "", .vendor = facts->vendor, .model = facts->model, .version = facts->version
	};

	conclude_state(settings, facts, told, now_ms, &e);
	ES_TRY(take_capabilities(&facts->capabilities, sw_version, arena, &e.capabilities));
	*out = e;
	return ES_OK;
}

/* ---- what follows ---- */

const char *const policy_equipment_verdict_names[POLICY_EQUIPMENT_VERDICTS] = {
	[POLICY_EQUIPMENT_GOOD] = "good",
	[POLICY_EQUIPMENT_IS_BLOCKED] = "equipment_blocked",
	[POLICY_EQUIPMENT_IS_UNKNOWN] = "equipment_unknown",
	[POLICY_EQUIPMENT_NEEDS_ANSWER] = "equipment_unavailable",
};

enum policy_equipment_verdict policy_equipment_judge(const struct policy_equipment_settings *settings,
                                                     const struct policy_equipment *equipment)
{
	if (equipment->state == POLICY_EQUIPMENT_BLOCKED)
		return POLICY_EQUIPMENT_IS_BLOCKED;
	if (equipment->state == POLICY_EQUIPMENT_UNKNOWN && settings->unknown == POLICY_UNKNOWN_REFUSE)
		return POLICY_EQUIPMENT_IS_UNKNOWN;
	if (equipment->state == POLICY_EQUIPMENT_UNAVAILABLE && settings->when_away == POLICY_AWAY_UNAVAILABLE)
		return POLICY_EQUIPMENT_NEEDS_ANSWER;
	return POLICY_EQUIPMENT_GOOD;
}
