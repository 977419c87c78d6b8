/* ph_usim.c -- the USIM's side of TS 33.102 6.3.3 and 6.3.5. */
#include "ph_usim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_milenage.h"
#include "es_text.h"

enum { STATE_FILE_MAX = 4096 };

static uint64_t load_u48(const uint8_t in[6])
{
	uint64_t v = 0;
	for (size_t i = 0; i < 6; i++)
		v = v << 8 | in[i];
	return v;
}

static void store_u48(uint8_t out[6], uint64_t v)
{
	for (size_t i = 0; i < 6; i++)
		out[i] = (uint8_t)(v >> (40 - 8 * i));
}

void ph_usim_init(struct ph_usim *usim, const struct es_imsi *imsi, const uint8_t k[16], const uint8_t opc[16],
                  uint64_t sqn)
{
	memset(usim, 0, sizeof *usim);
	usim->imsi = *imsi;
	memcpy(usim->k, k, sizeof usim->k);
	memcpy(usim->opc, opc, sizeof usim->opc);
	for (size_t i = 0; i < PH_IND_COUNT; i++)
		usim->seq[i] = sqn >> PH_IND_BITS;
}

void ph_usim_init_tuak(struct ph_usim *usim, const struct es_imsi *imsi, const struct es_tuak *tuak, uint64_t sqn)
{
	static const uint8_t none[16];

	ph_usim_init(usim, imsi, none, none, sqn);
	usim->is_tuak = true;
	usim->tuak = *tuak;
}

void ph_usim_wipe(struct ph_usim *usim)
{
	es_wipe(usim, sizeof *usim);
}

/* SQN_MS: the highest SQN accepted so far (TS 33.102 C.2.2). */
static uint64_t highest(const struct ph_usim *usim)
{
	uint64_t sqn = 0;
	for (size_t i = 0; i < PH_IND_COUNT; i++)
		if (usim->seq[i] > 0 && (usim->seq[i] << PH_IND_BITS | i) > sqn)
			sqn = usim->seq[i] << PH_IND_BITS | i;
	return sqn;
}

static bool is_fresh(const struct ph_usim *usim, uint64_t sqn)
{
	uint64_t seq = sqn >> PH_IND_BITS, top = highest(usim) >> PH_IND_BITS;
	return seq > usim->seq[sqn % PH_IND_COUNT] && (seq <= top || seq - top <= PH_DELTA);
}

/* f1 to f5; f1 needs the SQN that AK hides, so `sqn` is uncovered on the way. */
static void run_functions(const struct ph_usim *usim, const uint8_t rand[16], const uint8_t autn[16], uint8_t sqn[6],
                          uint8_t mac_a[8], struct ph_usim_answer *out)
{
	static const uint8_t zeros[6];
	struct es_milenage_out f;
	struct es_tuak_out t;
	uint8_t mac[32];

	if (usim->is_tuak) {
		es_tuak_f2345(&usim->tuak, rand, &t);
		memcpy(f.ak, t.ak, sizeof f.ak);
	} else {
		es_milenage(usim->k, usim->opc, rand, zeros, autn + 6, &f);
	}
	for (size_t i = 0; i < 6; i++)
		sqn[i] = autn[i] ^ f.ak[i];
	if (usim->is_tuak) {
		es_tuak_f1(&usim->tuak, rand, sqn, autn + 6, mac);
		memcpy(mac_a, mac, 8);
		out->res_len = usim->tuak.res;
		memcpy(out->res, t.res, out->res_len);
		memcpy(out->ck, t.ck, sizeof out->ck);
		memcpy(out->ik, t.ik, sizeof out->ik);
		es_wipe(&t, sizeof t);
	} else {
		es_milenage(usim->k, usim->opc, rand, sqn, autn + 6, &f);
		memcpy(mac_a, f.mac_a, 8);
		out->res_len = sizeof f.res;
		memcpy(out->res, f.res, sizeof f.res);
		memcpy(out->ck, f.ck, sizeof out->ck);
		memcpy(out->ik, f.ik, sizeof out->ik);
	}
	es_wipe(&f, sizeof f);
}

/* TS 33.102 6.3.3: AUTS = SQN_MS xor AK* | MAC-S, with AMF 0000. */
static void make_auts(const struct ph_usim *usim, const uint8_t rand[16], uint64_t sqn_ms, uint8_t auts[14])
{
	static const uint8_t amf[2];
	struct es_milenage_out f;
	uint8_t sqn[6], mac[32];

	store_u48(sqn, sqn_ms);
	if (usim->is_tuak) {
		es_tuak_f5_star(&usim->tuak, rand, f.ak_s);
		es_tuak_f1_star(&usim->tuak, rand, sqn, amf, mac);
		memcpy(f.mac_s, mac, 8);
	} else {
		es_milenage(usim->k, usim->opc, rand, sqn, amf, &f);
	}
	for (size_t i = 0; i < 6; i++)
		auts[i] = sqn[i] ^ f.ak_s[i];
	memcpy(auts + 6, f.mac_s, 8);
	es_wipe(&f, sizeof f);
}

enum ph_usim_result ph_usim_authenticate(struct ph_usim *usim, const uint8_t rand[16], const uint8_t autn[16],
                                         struct ph_usim_answer *out)
{
	uint8_t sqn[6], mac_a[8];

	*out = (struct ph_usim_answer){ .sqn_ms = highest(usim) };
	run_functions(usim, rand, autn, sqn, mac_a, out);
	out->sqn = load_u48(sqn);
	if (usim->is_impostor)
		return PH_USIM_OK;
	if (!es_ct_equal(mac_a, autn + 8, 8))
		return PH_USIM_MAC_FAILURE;
	if (!is_fresh(usim, out->sqn)) {
		make_auts(usim, rand, out->sqn_ms, out->auts);
		return PH_USIM_SYNC_FAILURE;
	}
	usim->seq[out->sqn % PH_IND_COUNT] = out->sqn >> PH_IND_BITS;
	return PH_USIM_OK;
}

/* `imsi <digits>` or `sqn <12 hexadecimal digits>`. */
static es_status load_line(struct ph_usim *usim, struct es_slice line)
{
	struct es_slice rest = line;
	struct es_slice key = es_slice_cut(&rest, ' ');
	uint8_t sqn[6];

	if (es_slice_eq_str(key, "imsi"))
		return es_slice_eq_str(rest, usim->imsi.digits) ? ES_OK : ES_CONFLICT;
	if (!es_slice_eq_str(key, "sqn"))
		return ES_MALFORMED;
	ES_TRY(es_hex_decode(rest, sqn, sizeof sqn));
	uint64_t v = load_u48(sqn);
	usim->seq[v % PH_IND_COUNT] = v >> PH_IND_BITS;
	return ES_OK;
}

es_status ph_usim_load(struct ph_usim *usim, const char *path)
{
	char text[STATE_FILE_MAX];
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return ES_NOT_FOUND;
	size_t len = fread(text, 1, sizeof text, f);
	bool whole = feof(f) != 0;
	(void)fclose(f);
	if (!whole)
		return ES_MALFORMED;

	struct ph_usim loaded = *usim;
	es_status status = ES_OK;
	for (struct es_slice rest = es_slice_of(text, len); rest.ptr != NULL && status == ES_OK;) {
		struct es_slice line = es_slice_trim(es_slice_cut(&rest, '\n'));
		if (line.len > 0 && line.ptr[0] != '#')
			status = load_line(&loaded, line);
	}
	if (status == ES_OK)
		*usim = loaded;
	ph_usim_wipe(&loaded);
	return status;
}

/* Written beside and moved into place: a power cut leaves the old numbers, never half a file. */
es_status ph_usim_save(const struct ph_usim *usim, const char *path)
{
	char beside[4096];
	int n = snprintf(beside, sizeof beside, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof beside)
		return ES_TOO_LARGE;
	FILE *f = fopen(beside, "we");
	if (f == NULL)
		return ES_UNAVAILABLE;
	bool ok = fprintf(f, "# openes-phone: what this software USIM has accepted, one SQN for each IND\nimsi %s\n",
	                  usim->imsi.digits) > 0;
	for (size_t i = 0; i < PH_IND_COUNT; i++)
		if (usim->seq[i] > 0)
			ok = fprintf(f, "sqn %012" PRIx64 "\n", usim->seq[i] << PH_IND_BITS | i) > 0 && ok;
	ok = fclose(f) == 0 && ok;
	return ok && rename(beside, path) == 0 ? ES_OK : ES_UNAVAILABLE;
}
