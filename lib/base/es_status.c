/* es_status.c -- names and meanings of the failures, all from the one list. */
#include "es_status.h"

static const struct {
	const char *name, *meaning;
	bool retryable;
} statuses[] = {
#define ES_STATUS_ROW(symbol, name_, retryable_, meaning_) [ES_##symbol] = { name_, meaning_, retryable_ },
	ES_STATUS_LIST(ES_STATUS_ROW)
#undef ES_STATUS_ROW
};

static bool is_listed(es_status status)
{
	return (unsigned)status < ES_STATUS_COUNT;
}

const char *es_status_name(es_status status)
{
	return is_listed(status) ? statuses[status].name : "unknown";
}

const char *es_status_meaning(es_status status)
{
	return is_listed(status) ? statuses[status].meaning : "a status outside the list";
}

bool es_status_is_retryable(es_status status)
{
	return is_listed(status) && statuses[status].retryable;
}

es_status es_status_from_wire(unsigned number)
{
	return number < ES_STATUS_COUNT ? (es_status)number : ES_INTERNAL;
}
