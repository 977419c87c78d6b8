/* ctl_csv_fuzz.c -- any file: what is accepted as a row can be written in plain form and read again as the same row. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ctl_csv.h"
#include "es_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct ctl_csv_row *row)
{
	static const char header[] = "imsi,msisdn,plan,status,k,opc,amf,terms,address,provisioning";
	char line[CTL_CSV_LINE_MAX], k[33] = "", opc[33] = "", amf[5] = "", plan[2 * sizeof row->plan];
	struct ctl_csv csv;
	struct ctl_csv_row again;
	const char *why = NULL;
	size_t n = 0;

	if (row->has_keys) {
		es_hex_encode(es_slice_of(row->k, sizeof row->k), k);
		es_hex_encode(es_slice_of(row->opc, sizeof row->opc), opc);
		es_hex_encode(es_slice_of(row->amf, sizeof row->amf), amf);
	}
	for (const char *p = row->plan; *p != '\0'; p++) {
		if (*p == '"')
			plan[n++] = '"';
		plan[n++] = *p;
	}
	plan[n] = '\0';
	(void)snprintf(line, sizeof line, "%s,%s,\"%s\",%s,%s,%s,%s,%s,%s,%s", row->imsi.digits, row->msisdn, plan,
	               row->status, k, opc, amf, row->terms, row->address, row->provisioning);
	assert(ctl_csv_header(es_slice_str(header), &csv, &why) == ES_OK);
	assert(ctl_csv_row(&csv, es_slice_str(line), &again, &why) == ES_OK);
	assert(memcmp(row, &again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice rest = es_slice_of(data, size);
	struct ctl_csv csv;
	const char *why = NULL;

	struct es_slice line = es_slice_cut(&rest, '\n');
	if (ctl_csv_header(line, &csv, &why) != ES_OK) {
		assert(why != NULL);
		return 0;
	}
	while (rest.ptr != NULL) {
		struct ctl_csv_row row;
		line = es_slice_cut(&rest, '\n');
		why = NULL;
		if (ctl_csv_is_blank(line))
			continue;
		if (ctl_csv_row(&csv, line, &row, &why) == ES_OK)
			round_trip(&row);
		else
			assert(why != NULL);
	}
	return 0;
}
