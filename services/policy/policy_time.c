/* policy_time.c -- times of the operators' API: as ours, without parts of a second. */
#include "es_time.h"
#include "policy_resource.h"

es_status policy_time_parse(struct es_slice text, int64_t *out)
{
	return es_slice_find(text, '.') < text.len ? ES_MALFORMED : es_time_parse(text, out);
}
