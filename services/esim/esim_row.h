/* esim_row.h -- plain structs as octets, for a column: a table of members, each behind a number of its own. Pure.
 *
 * A member that the octets do not have keeps what it was; a number that the table does not have is passed over: so older and
 * newer programs read each other's rows. */
#ifndef ESIM_ROW_H
#define ESIM_ROW_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct esim_member {
	uint8_t number; /* never used again */
	bool is_text;   /* an array with a NUL; else a whole number or bool of `size` octets */
	size_t offset, size;
	int64_t max; /* of a number; -1: int64_t, any */
};
#define ESIM_TEXT(type, member, number)                                                                                \
	{                                                                                                                  \
		(number), true, offsetof(type, member), sizeof(((type *)0)->member), 0                                         \
	}
#define ESIM_NUMBER(type, member, number)                                                                              \
	{                                                                                                                  \
		(number), false, offsetof(type, member), sizeof(((type *)0)->member), (__typeof__(((type *)0)->member))-1      \
	}

void esim_row_write(const struct esim_member *members, size_t count, const void *row, struct es_buf *out);
/* ES_MALFORMED: not such octets, or a text or number too large for its member; `row` is then spoilt. */
es_status esim_row_read(const struct esim_member *members, size_t count, struct es_slice octets, void *row) ES_MUST_USE;

#endif
