/* esim_row_fuzz.c -- octets of a column: what is read of them is a struct that is written and read again as it is. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thing {
	char text[8], long_text[64];
	bool flag;
	uint8_t small;
	uint16_t middle;
	uint32_t large;
	int64_t time;
};
#define NUMBER(member, number) ESIM_NUMBER(struct thing, member, number)
static const struct esim_member members[] = {
	ESIM_TEXT(struct thing, text, 1),
	NUMBER(flag, 2),
	NUMBER(small, 3),
	NUMBER(middle, 4),
	NUMBER(large, 5),
	NUMBER(time, 6),
	ESIM_TEXT(struct thing, long_text, 200),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct thing t, again;
	uint8_t room[256];
	struct es_buf out;

	memset(&t, 0, sizeof t);
	if (esim_row_read(members, ES_COUNT(members), es_slice_of(data, size), &t) != ES_OK)
		return 0;
	assert(memchr(t.text, '\0', sizeof t.text) != NULL && memchr(t.long_text, '\0', sizeof t.long_text) != NULL);
	es_buf_init_fixed(&out, room, sizeof room);
	esim_row_write(members, ES_COUNT(members), &t, &out);
	assert(es_buf_status(&out) == ES_OK);
	memset(&again, 0, sizeof again);
	assert(esim_row_read(members, ES_COUNT(members), es_buf_slice(&out), &again) == ES_OK);
	assert(strcmp(again.text, t.text) == 0 && strcmp(again.long_text, t.long_text) == 0);
	assert(again.flag == t.flag && again.small == t.small && again.middle == t.middle);
	assert(again.large == t.large && again.time == t.time);
	return 0;
}
