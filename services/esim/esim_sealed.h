/* esim_sealed.h -- the column `data`: members of a row, sealed and bound to whose row it is. For esim_store_*.c alone. */
#ifndef ESIM_SEALED_H
#define ESIM_SEALED_H

#include "esim_row.h"
#include "esim_store.h"

#define ESIM_DATA_MAX 4096

struct esim_sealed {
	const char *purpose; /* of the ring */
	const struct esim_member *members;
	size_t count;
};
/* `out` has ESIM_DATA_MAX octets; what is used of it is in `octets`. */
es_status esim_seal_row(const struct esim_store *store, const struct esim_sealed *how, const char *id, const void *row,
                        uint8_t *out, struct es_slice *octets) ES_MUST_USE;
es_status esim_open_row(const struct esim_store *store, const struct esim_sealed *how, const char *id,
                        struct es_slice octets, void *row) ES_MUST_USE;
/* Into an array with room for `size`; ES_INTERNAL: the database holds what we never wrote. */
es_status esim_col_text(struct es_rows *rows, int column, char *out, size_t size) ES_MUST_USE;
#define ESIM_COL(rows, column, array) esim_col_text((rows), (column), (array), sizeof(array))

#endif
