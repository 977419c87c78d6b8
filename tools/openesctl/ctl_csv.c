/* ctl_csv.c -- one line of a subscriber list. Pure. */
#include "ctl_csv.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define FIELD_MAX 128 /* octets: more than any column here holds */

static const char *const column_names[CTL_CSV_COLUMNS] = {
	[CTL_CSV_IMSI] = "imsi",
	[CTL_CSV_MSISDN] = "msisdn",
	[CTL_CSV_PLAN] = "plan",
	[CTL_CSV_STATUS] = "status",
	[CTL_CSV_K] = "k",
	[CTL_CSV_OPC] = "opc",
	[CTL_CSV_AMF] = "amf",
	[CTL_CSV_TERMS] = "terms",
	[CTL_CSV_ADDRESS] = "address",
	[CTL_CSV_PROVISIONING] = "provisioning",
};

static const char *const statuses[] = { "active", "suspended", "barred", "terminated", NULL };
static const char *const data_states[] = { "not_available", "available", "not_required", "in_progress", NULL };
static const char *const prov_states[] = { "not_provisioned", "provisioned", "not_required", "in_progress", NULL };

struct es_slice ctl_csv_text(const struct ctl_csv_field *field)
{
	return es_slice_trim(es_slice_of(field->text, field->len));
}

struct es_slice ctl_csv_body(struct es_slice line)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
		line.len--;
	return es_slice_starts_with(line, es_slice_of(mark, sizeof mark)) ? es_slice_sub(line, sizeof mark, line.len)
	                                                                  : line;
}

bool ctl_csv_is_blank(struct es_slice line)
{
	line = es_slice_trim(line);
	return line.len == 0 || line.ptr[0] == '#';
}

static bool push(struct ctl_csv_field *out, uint8_t c)
{
	if (out->len == out->size)
		return false;
	out->text[out->len++] = c;
	return true;
}

/* A quoted field from behind its opening quote: up to the closing one, "" being one quote. Leaves `rest` behind it. */
static const char *quoted_take(struct es_slice *rest, struct ctl_csv_field *out)
{
	while (rest->len > 0) {
		uint8_t c = rest->ptr[0];
		*rest = es_slice_sub(*rest, 1, rest->len);
		if (c == '"') {
			if (rest->len == 0 || rest->ptr[0] != '"')
				return NULL;
			*rest = es_slice_sub(*rest, 1, rest->len);
		}
		if (!push(out, c))
			return "a field is too long";
	}
	return "a quoted field does not end on its line";
}

const char *ctl_csv_field(struct es_slice *rest, uint8_t separator, struct ctl_csv_field *out, bool *more)
{
	out->len = 0;
	if (rest->len > 0 && rest->ptr[0] == '"') {
		*rest = es_slice_sub(*rest, 1, rest->len);
		const char *why = quoted_take(rest, out);
		if (why != NULL)
			return why;
		if (rest->len > 0 && rest->ptr[0] != separator)
			return "text follows a closing quote";
	}
	while (rest->len > 0 && rest->ptr[0] != separator) {
		if (!push(out, rest->ptr[0]))
			return "a field is too long";
		*rest = es_slice_sub(*rest, 1, rest->len);
	}
	*more = rest->len > 0;
	*rest = es_slice_sub(*rest, 1, rest->len);
	return es_text_is_clean_utf8(ctl_csv_text(out)) ? NULL : "a field is not clean text (UTF-8)";
}

static const char *header_read(struct es_slice rest, struct ctl_csv *csv)
{
	bool seen[CTL_CSV_COLUMNS] = { false }, more = true;
	uint8_t room[FIELD_MAX];

	while (more) {
		struct ctl_csv_field field = { .text = room, .size = sizeof room };
		const char *why = ctl_csv_field(&rest, csv->separator, &field, &more);
		if (why != NULL)
			return why;
		size_t column = 0;
		while (column < CTL_CSV_COLUMNS &&
		       !es_slice_eq_nocase(ctl_csv_text(&field), es_slice_str(column_names[column])))
			column++;
		if (column == CTL_CSV_COLUMNS || csv->count == CTL_CSV_COLUMNS_MAX)
			return "the first line has to name the columns: imsi,plan and any of "
				   "msisdn,status,k,opc,amf,terms,address,provisioning";
		if (seen[column])
			return "the first line names a column twice";
		seen[column] = true;
		csv->columns[csv->count++] = (uint8_t)column;
	}
	if (!seen[CTL_CSV_IMSI] || !seen[CTL_CSV_PLAN])
		return "the columns imsi and plan are needed";
	if (seen[CTL_CSV_K] != seen[CTL_CSV_OPC])
		return "the columns k and opc go together";
	return NULL;
}

es_status ctl_csv_header(struct es_slice line, struct ctl_csv *out, const char **why)
{
	struct ctl_csv csv = { .separator = ',' };

	line = ctl_csv_body(line);
	if (es_slice_find(line, ',') == line.len && es_slice_find(line, ';') < line.len)
		csv.separator = ';';
	const char *reason = header_read(line, &csv);
	if (reason != NULL) {
		*why = reason;
		return ES_MALFORMED;
	}
	*out = csv;
	return ES_OK;
}

/* ---- a row ---- */

struct fields {
	struct ctl_csv_field of[CTL_CSV_COLUMNS]; /* of a column the list does not have: no text */
	uint8_t rooms[CTL_CSV_COLUMNS][FIELD_MAX];
};

static void fields_wipe(struct fields *fields)
{
	es_wipe(fields, sizeof *fields);
}

static void text_copy(char *out, size_t size, struct es_slice text)
{
	size_t n = text.len < size ? text.len : size - 1;
	if (n > 0)
		memcpy(out, text.ptr, n);
	out[n] = '\0';
}

static const char *keys_read(const struct fields *fields, struct ctl_csv_row *row)
{
	struct es_slice k = ctl_csv_text(&fields->of[CTL_CSV_K]), opc = ctl_csv_text(&fields->of[CTL_CSV_OPC]);
	struct es_slice amf = ctl_csv_text(&fields->of[CTL_CSV_AMF]);

	if (k.len == 0 && opc.len == 0)
		return amf.len == 0 ? NULL : "amf without k and opc";
	if (es_hex_decode(k, row->k, sizeof row->k) != ES_OK)
		return "k is not 32 hexadecimal digits";
	if (es_hex_decode(opc, row->opc, sizeof row->opc) != ES_OK)
		return "opc is not 32 hexadecimal digits";
	if (amf.len == 0)
		amf = ES_SLICE_LIT("8000"); /* separation bit set: TS 33.402 6.2 wants it for EAP-AKA', EAP-AKA does not mind */
	if (es_hex_decode(amf, row->amf, sizeof row->amf) != ES_OK)
		return "amf is not 4 hexadecimal digits";
	row->has_keys = true;
	return NULL;
}

/* Copies a word that is one of `words`, or none. */
static bool word_copy(struct es_slice text, const char *const *words, char *out, size_t size)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (es_slice_eq_str(text, words[i])) {
			text_copy(out, size, text);
			return true;
		}
	}
	return text.len == 0;
}

static const char *row_from(const struct fields *fields, struct ctl_csv_row *row)
{
	struct es_slice msisdn = ctl_csv_text(&fields->of[CTL_CSV_MSISDN]), plan = ctl_csv_text(&fields->of[CTL_CSV_PLAN]);
	struct es_msisdn checked;

	if (es_imsi_parse(ctl_csv_text(&fields->of[CTL_CSV_IMSI]), &row->imsi) != ES_OK)
		return "imsi is not 6 to 15 digits";
	if (msisdn.len > 0 && es_msisdn_parse(msisdn, &checked) != ES_OK)
		return "msisdn is not '+' and 5 to 15 digits";
	if (plan.len == 0 || plan.len >= sizeof row->plan)
		return "plan is empty or longer than 63 characters";
	if (!word_copy(ctl_csv_text(&fields->of[CTL_CSV_STATUS]), statuses, row->status, sizeof row->status))
		return "status is none of active, suspended, barred, terminated";
	if (!word_copy(ctl_csv_text(&fields->of[CTL_CSV_TERMS]), data_states, row->terms, sizeof row->terms))
		return "terms is none of not_available, available, not_required, in_progress";
	if (!word_copy(ctl_csv_text(&fields->of[CTL_CSV_ADDRESS]), data_states, row->address, sizeof row->address))
		return "address is none of not_available, available, not_required, in_progress";
	if (!word_copy(ctl_csv_text(&fields->of[CTL_CSV_PROVISIONING]), prov_states, row->provisioning,
	               sizeof row->provisioning))
		return "provisioning is none of not_provisioned, provisioned, not_required, in_progress";
	text_copy(row->msisdn, sizeof row->msisdn, msisdn);
	text_copy(row->plan, sizeof row->plan, plan);
	return keys_read(fields, row);
}

static const char *fields_read(const struct ctl_csv *csv, struct es_slice rest, struct fields *fields)
{
	bool more = true;

	for (size_t i = 0; i < csv->count; i++) {
		if (!more)
			return "the line has fewer fields than the first line has columns";
		const uint8_t column = csv->columns[i];
		fields->of[column] = (struct ctl_csv_field){ .text = fields->rooms[column], .size = FIELD_MAX };
		const char *why = ctl_csv_field(&rest, csv->separator, &fields->of[column], &more);
		if (why != NULL)
			return why;
	}
	return more ? "the line has more fields than the first line has columns" : NULL;
}

es_status ctl_csv_row(const struct ctl_csv *csv, struct es_slice line, struct ctl_csv_row *out, const char **why)
{
	ES_CLEANUP(fields_wipe) struct fields fields = { 0 };
	struct ctl_csv_row row = { .has_keys = false };

	const char *reason = fields_read(csv, ctl_csv_body(line), &fields);
	if (reason == NULL)
		reason = row_from(&fields, &row);
	if (reason == NULL)
		*out = row;
	else
		*why = reason;
	es_wipe(&row, sizeof row);
	return reason == NULL ? ES_OK : ES_MALFORMED;
}
