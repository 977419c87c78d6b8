/* esim_activation_code.c -- fields between dollar signs, each of its own characters. */
#include "esim_activation_code.h"

#include <string.h>

#include "es_cleanup.h"
#include "esim_types.h"

#define HOST_MAX 253
#define LABEL_MAX 63

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_label(struct es_slice label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!is_letter_or_digit(label.ptr[i]) && label.ptr[i] != '-')
			return false;
	return label.len > 0 && label.len <= LABEL_MAX && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

bool esim_is_host(struct es_slice text)
{
	if (text.len == 0 || text.len > HOST_MAX || text.ptr[text.len - 1] == '.')
		return false;
	while (text.len > 0)
		if (!is_label(es_slice_cut(&text, '.')))
			return false;
	return true;
}

static bool holds_only(struct es_slice text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(characters, text.ptr[i]) == NULL)
			return false;
	return true;
}

/* Of capital letters, digits and hyphens, says SGP.22; a device takes more, and has to find what the SM-DP+ has. */
static bool is_matching_id(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_letter_or_digit(text.ptr[i]) && !holds_only(es_slice_sub(text, i, i + 1), "-._:/+*%"))
			return false;
	return text.len <= ESIM_MATCHING_ID;
}

static bool is_oid(struct es_slice text)
{
	return holds_only(text, "0123456789.");
}

static bool is_flag(struct es_slice text)
{
	return text.len == 0 || es_slice_eq_str(text, "1");
}

static bool is_key_id(struct es_slice text)
{
	return holds_only(text, "0123456789abcdefABCDEF");
}

static bool is_format(struct es_slice text)
{
	return es_slice_eq_str(text, "1");
}

enum { FORMAT, HOST, MATCHING_ID, OID, FLAG, KEY_ID, FIELDS };
static bool (*const is_good[FIELDS])(struct es_slice) = { is_format, esim_is_host, is_matching_id,
	                                                      is_oid,    is_flag,      is_key_id };

es_status esim_activation_code_parse(struct es_slice text, struct esim_activation_code *out)
{
	struct es_slice fields[FIELDS] = { { NULL, 0 } };
	const struct es_slice prefix = ES_SLICE_LIT("LPA:");
	size_t count = 0, ends = 0;

	if (es_slice_starts_with(text, prefix))
		text = es_slice_sub(text, prefix.len, text.len);
	for (size_t i = 0; i < text.len; i++)
		ends += text.ptr[i] == '$';
	if (text.len > ESIM_CODE || ends < MATCHING_ID || ends >= FIELDS)
		return ES_MALFORMED;
	for (struct es_slice rest = text; count <= ends; count++) {
		fields[count] = es_slice_cut(&rest, '$');
		if (!is_good[count](fields[count]))
			return ES_MALFORMED;
	}
	*out = (struct esim_activation_code){ text, fields[HOST], fields[MATCHING_ID], fields[FLAG].len > 0 };
	return ES_OK;
}
