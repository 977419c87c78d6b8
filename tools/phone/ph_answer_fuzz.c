/* ph_answer_fuzz.c -- an answer read in two cuts says the same as read at once. The first octet says where the cut is. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ph_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_answer_reader whole, cut;

	if (size == 0)
		return 0;
	struct es_slice text = es_slice_of(data + 1, size - 1);
	size_t at = text.len * data[0] / 255;
	if (!ph_answer_init(&whole) || !ph_answer_init(&cut))
		abort();
	ph_answer_reset(&whole);
	ph_answer_reset(&cut);
	es_status one = ph_answer_feed(&whole, text);
	es_status two = ph_answer_feed(&cut, es_slice_sub(text, 0, at));
	if (two == ES_OK)
		two = ph_answer_feed(&cut, es_slice_sub(text, at, text.len));
	assert((one == ES_OK) == (two == ES_OK));
	if (one == ES_OK) {
		assert(whole.is_done == cut.is_done && whole.keep_alive == cut.keep_alive);
		assert(ph_answer_end(&whole) == ph_answer_end(&cut));
		assert(whole.answer.status == cut.answer.status && strcmp(whole.answer.type, cut.answer.type) == 0);
		assert(es_slice_eq(whole.answer.cookie, cut.answer.cookie) && es_slice_eq(whole.answer.body, cut.answer.body));
	}
	ph_answer_free(&whole);
	ph_answer_free(&cut);
	return 0;
}
