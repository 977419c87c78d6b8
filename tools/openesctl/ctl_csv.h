/* ctl_csv.h -- one line of a subscriber list: CSV (RFC 4180) with a header line that names the columns. Pure.
 *
 * Columns, in any order: imsi, msisdn, plan, status, k, opc, amf, and VoWiFi's terms, address, provisioning. imsi and
 * plan are needed. Separator is ',' or, when the header has it and no comma, ';'. Fields may be quoted; a field never spans lines. Keys in a row are secrets: the
 * caller wipes the row, and no reason given here repeats a value. */
#ifndef CTL_CSV_H
#define CTL_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "es_id.h"
#include "es_slice.h"
#include "es_status.h"

#define CTL_CSV_LINE_MAX 1024 /* octets, line end included */
#define CTL_CSV_COLUMNS_MAX 16

enum ctl_csv_column {
	CTL_CSV_IMSI,
	CTL_CSV_MSISDN,
	CTL_CSV_PLAN,
	CTL_CSV_STATUS,
	CTL_CSV_K,
	CTL_CSV_OPC,
	CTL_CSV_AMF,
	CTL_CSV_TERMS,
	CTL_CSV_ADDRESS,
	CTL_CSV_PROVISIONING,
	CTL_CSV_COLUMNS
};

struct ctl_csv {
	uint8_t separator;
	uint8_t columns[CTL_CSV_COLUMNS_MAX]; /* enum ctl_csv_column of each field of a line */
	size_t count;
};

struct ctl_csv_row {
	struct es_imsi imsi;
	char msisdn[17]; /* "": none */
	char plan[64];
	char status[16]; /* "": the server's default; so the next three, words of the operators' API */
	char terms[16], address[16], provisioning[16];
	bool has_keys;
	uint8_t k[16], opc[16], amf[2];
};

/* One field: for lists of other things, too (ctl_row.h). The room, and wiping it, is the caller's. */
struct ctl_csv_field {
	uint8_t *text;
	size_t size, len;
};
/* Takes a field and the separator behind it off `rest`. `more`: another field follows. NULL, or why it is no field. */
const char *ctl_csv_field(struct es_slice *rest, uint8_t separator, struct ctl_csv_field *out, bool *more);
/* What it says: without the blanks around it. Within its room. */
struct es_slice ctl_csv_text(const struct ctl_csv_field *field);
/* A line without its end, and without a byte order mark. */
struct es_slice ctl_csv_body(struct es_slice line);

/* Empty lines and lines starting with '#' carry nothing. */
bool ctl_csv_is_blank(struct es_slice line);
/* ES_MALFORMED with a sentence in `why` (static storage). A byte order mark is passed over. */
es_status ctl_csv_header(struct es_slice line, struct ctl_csv *out, const char **why) ES_MUST_USE;
es_status ctl_csv_row(const struct ctl_csv *csv, struct es_slice line, struct ctl_csv_row *out,
                      const char **why) ES_MUST_USE;

#endif
