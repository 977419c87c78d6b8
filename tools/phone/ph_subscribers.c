/* ph_subscribers.c -- reading lists as openesctl imports them, as far as a phone is concerned. */
#include "ph_subscribers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

enum column { C_IMSI, C_K, C_OPC, C_COUNT };
enum { FILE_MAX = 512 << 20 };

/* Which field of a line holds what. */
struct layout {
	uint8_t separator;
	size_t field[C_COUNT];
};

struct fields {
	struct es_slice at[C_COUNT];
};

static struct fields fields_of(const struct layout *l, struct es_slice line)
{
	struct fields f = { 0 };

	for (size_t n = 0; line.ptr != NULL; n++) {
		struct es_slice field = es_slice_trim(es_slice_cut(&line, l->separator));
		for (size_t c = 0; c < C_COUNT; c++)
			if (l->field[c] == n)
				f.at[c] = field;
	}
	return f;
}

/* True when the line names columns rather than holding a subscriber. */
static bool read_header(struct es_slice line, struct layout *l)
{
	static const char *const names[] = { "imsi", "k", "opc" };
	unsigned found = 0;

	*l = (struct layout){ .separator = es_slice_find(line, ';') < line.len ? ';' : ',', .field = { 0, 1, 2 } };
	struct layout named = *l;
	for (size_t n = 0; line.ptr != NULL; n++) {
		struct es_slice field = es_slice_trim(es_slice_cut(&line, l->separator));
		for (size_t c = 0; c < C_COUNT; c++)
			if (es_slice_eq_nocase(field, es_slice_str(names[c]))) {
				named.field[c] = n;
				found++;
			}
	}
	if (found == C_COUNT)
		*l = named;
	return found == C_COUNT;
}

static es_status grow(struct ph_phones *phones, size_t *room)
{
	if (phones->count < *room)
		return ES_OK;
	size_t more = *room == 0 ? 256 : *room * 2;
	struct ph_phone *at = calloc(more, sizeof *at);
	if (at == NULL)
		return ES_TOO_LARGE;
	if (phones->count > 0)
		memcpy(at, phones->at, phones->count * sizeof *at);
	struct ph_phones old = { phones->at, phones->count };
	ph_phones_free(&old);
	phones->at = at;
	*room = more;
	return ES_OK;
}

static es_status add(struct ph_phones *phones, size_t *room, const struct fields *f, uint64_t sqn)
{
	uint8_t k[16], opc[16];
	struct es_imsi imsi;

	ES_TRY(es_imsi_parse(f->at[C_IMSI], &imsi));
	ES_TRY(es_hex_decode(f->at[C_K], k, sizeof k));
	ES_TRY(es_hex_decode(f->at[C_OPC], opc, sizeof opc));
	ES_TRY(grow(phones, room));
	ph_usim_init(&phones->at[phones->count++].usim, &imsi, k, opc, sqn);
	es_wipe(k, sizeof k);
	return ES_OK;
}

es_status ph_phones_parse(struct es_slice text, uint64_t sqn, struct ph_phones *out, struct es_buf *error)
{
	ES_CLEANUP(ph_phones_free) struct ph_phones phones = { 0 };
	struct layout layout = { 0 };
	size_t room = 0, number = 0;
	bool is_first = true;

	while (text.ptr != NULL) {
		struct es_slice line = es_slice_trim(es_slice_cut(&text, '\n'));
		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		bool is_header = is_first && read_header(line, &layout);
		is_first = false;
		struct fields f = fields_of(&layout, line);
		if (is_header || (f.at[C_K].len == 0 && f.at[C_OPC].len == 0))
			continue;
		es_status status = add(&phones, &room, &f, sqn);
		if (status != ES_OK) {
			es_put_printf(error, "line %zu: an IMSI and 32 hexadecimal digits each for k and opc are needed", number);
			return status;
		}
	}
	if (phones.count == 0) {
		es_put_str(error, "there is no subscriber with keys in it");
		return ES_MALFORMED;
	}
	*out = phones;
	phones = (struct ph_phones){ 0 };
	return ES_OK;
}

static void file_done(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

es_status ph_phones_load(const char *path, uint64_t sqn, struct ph_phones *out, struct es_buf *error)
{
	ES_CLEANUP(file_done) FILE *f = fopen(path, "re");
	ES_CLEANUP(es_buf_wipe) struct es_buf text;
	uint8_t chunk[65536];

	es_buf_init(&text, FILE_MAX);
	if (f == NULL) {
		es_put_printf(error, "%s: %s", path, strerror(errno));
		return ES_NOT_FOUND;
	}
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
		es_put_bytes(&text, es_slice_of(chunk, n));
	ES_TRY(es_buf_status(&text));
	es_put_printf(error, "%s: ", path);
	return ph_phones_parse(es_buf_slice(&text), sqn, out, error);
}

void ph_phone_init(struct ph_phone *phone, const struct ph_run *run, const struct es_imsi *imsi)
{
	if (run->is_tuak)
		ph_usim_init_tuak(&phone->usim, imsi, &run->tuak, run->sqn);
	else
		ph_usim_init(&phone->usim, imsi, run->k, run->opc, run->sqn);
	phone->token[0] = 0;
}

es_status ph_phones_number(const struct ph_run *run, struct ph_phones *out, struct es_buf *error)
{
	struct ph_phones phones = { calloc(run->phones, sizeof *phones.at), run->phones };
	uint64_t first = 0;

	if (phones.at == NULL)
		return ES_TOO_LARGE;
	size_t width = strlen(run->imsi.digits);
	bool ok = es_parse_u64(es_slice_str(run->imsi.digits), 0, UINT64_MAX, &first) == ES_OK;
	for (size_t i = 0; ok && i < phones.count; i++) {
		struct es_imsi imsi;
		char digits[32];
		int n = snprintf(digits, sizeof digits, "%0*llu", (int)width, (unsigned long long)first + i);
		ok = n == (int)width && es_imsi_parse(es_slice_of(digits, width), &imsi) == ES_OK;
		if (ok)
			ph_phone_init(&phones.at[i], run, &imsi);
	}
	if (!ok) {
		es_put_str(error, "there are not so many IMSIs after --imsi-base");
		ph_phones_free(&phones);
		return ES_MALFORMED;
	}
	*out = phones;
	return ES_OK;
}

void ph_phones_free(struct ph_phones *phones)
{
	if (phones->at != NULL)
		es_wipe(phones->at, phones->count * sizeof *phones->at);
	free(phones->at);
	*phones = (struct ph_phones){ 0 };
}
