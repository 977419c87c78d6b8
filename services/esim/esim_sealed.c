/* esim_sealed.c -- members to octets, octets to a seal, and back. */
#include "esim_sealed.h"

#include "es_cleanup.h"
#include "es_crypto.h"

es_status esim_seal_row(const struct esim_store *store, const struct esim_sealed *how, const char *id, const void *row,
                        uint8_t *out, struct es_slice *octets)
{
	uint8_t room[ESIM_DATA_MAX - ES_SEAL_OVERHEAD];
	struct es_buf plain;

	es_buf_init_fixed(&plain, room, sizeof room);
	esim_row_write(how->members, how->count, row, &plain);
	const es_status status = es_buf_status(&plain);
	if (status == ES_OK) {
		es_seal(store->ring, how->purpose, es_slice_str(id), es_buf_slice(&plain), out);
		*octets = es_slice_of(out, plain.len + ES_SEAL_OVERHEAD);
	}
	es_wipe(room, sizeof room);
	return status;
}

es_status esim_open_row(const struct esim_store *store, const struct esim_sealed *how, const char *id,
                        struct es_slice octets, void *row)
{
	uint8_t room[ESIM_DATA_MAX];

	if (octets.len < ES_SEAL_OVERHEAD || octets.len > ESIM_DATA_MAX)
		return ES_INTERNAL;
	es_status status = es_unseal(store->ring, how->purpose, es_slice_str(id), octets, room);
	if (status == ES_OK)
		status = esim_row_read(how->members, how->count, es_slice_of(room, octets.len - ES_SEAL_OVERHEAD), row);
	es_wipe(room, sizeof room);
	return status == ES_MALFORMED ? ES_INTERNAL : status;
}

es_status esim_col_text(struct es_rows *rows, int column, char *out, size_t size)
{
	return es_slice_to_str(es_col_text(rows, column), out, size) ? ES_OK : ES_INTERNAL;
}
