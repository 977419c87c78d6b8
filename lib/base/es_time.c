/* es_time.c -- times of the operators' API, of TS.43 and of their peers (ISO 8601 with a zone). */
#include "es_time.h"

#include "es_text.h"

#define SECONDS_END 19 /* "YYYY-MM-DDThh:mm:ss" */

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
	/* Days since 1970-01-01 of the proleptic Gregorian calendar; the year starts in March so that leap days end it. */
	y -= m <= 2;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool two(struct es_slice text, size_t at, uint32_t min, uint32_t max, uint32_t *out)
{
	return es_parse_u32(es_slice_sub(text, at, at + 2), min, max, out) == ES_OK;
}

/* What stands before the zone, without parts of a second. */
static es_status read_local(struct es_slice text, int64_t *seconds)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint32_t year, month, day, hour, minute, second;

	if (text.len < SECONDS_END || text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != 'T' ||
	    text.ptr[13] != ':' || text.ptr[16] != ':')
		return ES_MALFORMED;
	if (es_parse_u32(es_slice_sub(text, 0, 4), 1970, 9999, &year) != ES_OK || !two(text, 5, 1, 12, &month) ||
	    !two(text, 8, 1, 31, &day) || !two(text, 11, 0, 23, &hour) || !two(text, 14, 0, 59, &minute) ||
	    !two(text, 17, 0, 59, &second))
		return ES_MALFORMED;
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > (uint32_t)month_days[month - 1] + (month == 2 && leap ? 1 : 0))
		return ES_MALFORMED;
	*seconds =
		days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
	return ES_OK;
}

/* ".250": 250. Takes them off the front. */
static es_status take_parts(struct es_slice *rest, int64_t *ms)
{
	size_t end = 1;
	int64_t parts = 0;

	if (rest->len == 0 || rest->ptr[0] != '.')
		return ES_OK;
	while (end < rest->len && rest->ptr[end] >= '0' && rest->ptr[end] <= '9')
		end++;
	if (end == 1)
		return ES_MALFORMED;
	for (size_t i = 1; i <= 3; i++)
		parts = parts * 10 + (i < end ? rest->ptr[i] - '0' : 0);
	*ms = parts;
	*rest = es_slice_sub(*rest, end, rest->len);
	return ES_OK;
}

static es_status read_zone(struct es_slice zone, int64_t *seconds)
{
	uint32_t hours, minutes;

	*seconds = 0;
	if (zone.len == 1 && (zone.ptr[0] == 'Z' || zone.ptr[0] == 'z'))
		return ES_OK;
	if (zone.len != 6 || (zone.ptr[0] != '+' && zone.ptr[0] != '-') || zone.ptr[3] != ':' ||
	    !two(zone, 1, 0, 14, &hours) || !two(zone, 4, 0, 59, &minutes))
		return ES_MALFORMED;
	*seconds = ((int64_t)hours * 3600 + (int64_t)minutes * 60) * (zone.ptr[0] == '-' ? -1 : 1);
	return ES_OK;
}

es_status es_time_parse(struct es_slice text, int64_t *out)
{
	struct es_slice rest = es_slice_sub(text, SECONDS_END, text.len);
	int64_t seconds, zone, ms = 0;

	ES_TRY(read_local(text, &seconds));
	ES_TRY(take_parts(&rest, &ms));
	ES_TRY(read_zone(rest, &zone));
	if (seconds < zone)
		return ES_MALFORMED;
	*out = (seconds - zone) * 1000 + ms;
	return ES_OK;
}
