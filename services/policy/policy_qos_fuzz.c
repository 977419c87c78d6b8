/* policy_qos_fuzz.c -- Location headers and bodies of networks: what is taken from them is one segment of a path. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "policy_qos.h"
#include "policy_qos_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(es_status (*read)(struct es_slice, struct es_buf *), struct es_slice text)
{
	char room[POLICY_QOS_REMOTE_MAX + 1];
	struct es_buf out;

	es_buf_init_fixed(&out, room, sizeof room);
	if (read(text, &out) != ES_OK)
		return;
	assert(strlen(room) == out.len - 1 && out.len > 1);
	assert(strpbrk(room, "/?# \r\n") == NULL && strcmp(room, "..") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(policy_qos_read_location, es_slice_of(data, size));
	check(policy_qos_read_session, es_slice_of(data, size));
	return 0;
}
