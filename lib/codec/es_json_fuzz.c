/* es_json_fuzz.c -- what the scanner accepts, cJSON reads; any bytes as a string come back as clean text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_json_scan.h"
#include "es_text.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static size_t count(const cJSON *node)
{
	size_t n = 1;
	const cJSON *child;
	cJSON_ArrayForEach(child, node) n += count(child);
	return n;
}

static void string_comes_back_clean(struct es_slice text)
{
	ES_CLEANUP(es_buf_free) struct es_buf literal;
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;

	es_buf_init(&literal, 1 << 24);
	es_json_string(&literal, text);
	es_status status = es_json_parse(es_buf_slice(&literal), (struct es_json_limits){ 1 << 24, 1, 1 }, &tree);
	if (memchr(text.ptr, 0, text.len) != NULL) {
		must(status == ES_MALFORMED); /* \u0000 is written, and refused by our own reader */
		return;
	}
	must(status == ES_OK);
	struct es_slice back = es_slice_str(cJSON_GetStringValue(tree));
	must(back.len >= text.len);
	if (es_text_is_clean_utf8(text))
		must(es_slice_eq(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	struct es_slice text = es_slice_of(data, size);
	size_t values = 0;

	es_status scanned = es_json_scan(text, ES_JSON_SMALL, &values);
	es_status parsed = es_json_parse(text, ES_JSON_SMALL, &tree);
	if (scanned != ES_OK)
		must(parsed == scanned && tree == NULL);
	else if (parsed == ES_OK)
		must(count(tree) == values);
	else /* only a duplicate member may come between, and cJSON itself would have taken it */
		must((tree = cJSON_ParseWithLength((const char *)data, size)) != NULL);
	if (size > 0)
		string_comes_back_clean(text);
	return 0;
}
