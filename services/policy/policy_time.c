/* policy_time.c -- times of the operators' API and of TS.43 (ISO 8601 with a zone). */
#include "es_text.h"
#include "policy_resource.h"

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

es_status policy_time_parse(struct es_slice text, int64_t *out)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint32_t year, month, day, hour, minute, second, zone_h = 0, zone_m = 0;

	bool utc = text.len == 20 && (text.ptr[19] == 'Z' || text.ptr[19] == 'z');
	bool offset = text.len == 25 && (text.ptr[19] == '+' || text.ptr[19] == '-') && text.ptr[22] == ':';
	if (!utc && !offset)
		return ES_MALFORMED;
	if (text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != 'T' || text.ptr[13] != ':' || text.ptr[16] != ':')
		return ES_MALFORMED;
	if (es_parse_u32(es_slice_sub(text, 0, 4), 1970, 9999, &year) != ES_OK || !two(text, 5, 1, 12, &month) ||
	    !two(text, 8, 1, 31, &day) || !two(text, 11, 0, 23, &hour) || !two(text, 14, 0, 59, &minute) ||
	    !two(text, 17, 0, 59, &second))
		return ES_MALFORMED;
	if (offset && (!two(text, 20, 0, 14, &zone_h) || !two(text, 23, 0, 59, &zone_m)))
		return ES_MALFORMED;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > (uint32_t)month_days[month - 1] + (month == 2 && leap ? 1 : 0))
		return ES_MALFORMED;

	int64_t seconds =
		days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
	int64_t zone = (int64_t)zone_h * 3600 + (int64_t)zone_m * 60;
	if (offset)
		seconds += text.ptr[19] == '-' ? zone : -zone;
	if (seconds < 0)
		return ES_MALFORMED;
	*out = seconds * 1000;
	return ES_OK;
}
