/* es_fetch_header.c -- the few headers of an answer that callers need. Talks to nobody. */
#include "es_fetch_int.h"
#include "es_text.h"

#define DAY_S 86400
#define YEAR_S (365 * (int64_t)DAY_S)

/* Seconds from digits, however many, at most `max`; -1: no digits. */
static int64_t seconds(struct es_slice text, int64_t max)
{
	uint64_t value;

	if (!es_text_is_digits(text))
		return -1;
	if (es_parse_u64(text, 0, UINT64_MAX, &value) != ES_OK || value > (uint64_t)max)
		return max;
	return (int64_t)value;
}

/* RFC 9110 10.2.3: delay-seconds or HTTP-date. */
static int64_t retry_after(struct es_slice value, int64_t now_s)
{
	char date[64];

	int64_t delay = seconds(value, DAY_S);
	if (delay >= 0 || value.len >= sizeof date)
		return delay;
	for (size_t i = 0; i < value.len; i++)
		date[i] = (char)value.ptr[i];
	date[value.len] = '\0';
	int64_t at = curl_getdate(date, NULL);
	if (at < 0)
		return -1;
	return at <= now_s ? 0 : at - now_s > DAY_S ? DAY_S : at - now_s;
}

/* RFC 9111 5.2.2. */
static int64_t max_age(struct es_slice value)
{
	static const struct es_slice name = { (const uint8_t *)"max-age", 7 };
	int64_t age = -1;

	while (value.ptr != NULL) {
		struct es_slice directive = es_slice_trim(es_slice_cut(&value, ','));
		struct es_slice key = es_slice_trim(es_slice_cut(&directive, '='));

		if (es_slice_eq_nocase(key, ES_SLICE_LIT("no-store")) || es_slice_eq_nocase(key, ES_SLICE_LIT("no-cache")))
			return 0;
		if (es_slice_eq_nocase(key, name)) {
			directive = es_slice_trim(directive);
			if (directive.len >= 2 && directive.ptr[0] == '"')
				directive = es_slice_sub(directive, 1, directive.len - 1);
			age = seconds(directive, YEAR_S);
		}
	}
	return age;
}

void fetch_header_read(struct fetch_job *job, struct es_slice line, int64_t now_s)
{
	/* The first line of an answer, an interim one too: what was said before it does not count. */
	if (es_slice_starts_with(line, ES_SLICE_LIT("HTTP/"))) {
		job->content_type = job->location = job->noted = (struct es_slice){ 0 };
		job->retry_after_s = job->max_age_s = -1;
		return;
	}
	struct es_slice value = line, name = es_slice_cut(&value, ':');
	value = es_slice_trim(value);
	if (es_slice_eq_nocase(name, ES_SLICE_LIT("content-type")))
		job->content_type = es_arena_copy(job->arena, value);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("location")))
		job->location = es_arena_copy(job->arena, value);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("retry-after")))
		job->retry_after_s = retry_after(value, now_s);
	else if (es_slice_eq_nocase(name, ES_SLICE_LIT("cache-control")))
		job->max_age_s = max_age(value);
	if (job->note != NULL && es_slice_eq_nocase(name, es_slice_str(job->note)))
		job->noted = es_arena_copy(job->arena, value);
}
