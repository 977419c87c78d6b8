/* gw_outcome.c -- the device front's own table of HTTP statuses. */
#include "gw_outcome.h"

static const struct {
	const char *label, *text;
	unsigned status;
} rows[GW_OUTCOME_COUNT] = {
#define GW_OUTCOME_ROW(name, label_, code, text_)                                                                      \
	[GW_OUTCOME_##name] = { .label = label_, .text = text_, .status = code },
	GW_OUTCOME_LIST(GW_OUTCOME_ROW)
#undef GW_OUTCOME_ROW
};

unsigned gw_outcome_status(enum gw_outcome outcome)
{
	return rows[outcome].status;
}

const char *gw_outcome_label(enum gw_outcome outcome)
{
	return rows[outcome].label;
}

const char *gw_outcome_text(enum gw_outcome outcome)
{
	return rows[outcome].text;
}

enum gw_outcome gw_outcome_of_fault(enum gw_fault fault)
{
	switch (fault) {
	case GW_FAULT_VERSION_UNSUPPORTED: return GW_OUTCOME_VERSION;
	case GW_FAULT_BODY_SIZE: return GW_OUTCOME_TOO_LARGE;
	case GW_FAULT_NONE:
	case GW_FAULT_SYNTAX:
	case GW_FAULT_TOO_MANY:
	case GW_FAULT_TOO_LONG:
	case GW_FAULT_TEXT:
	case GW_FAULT_REPEATED:
	case GW_FAULT_VERSION:
	case GW_FAULT_APP:
	case GW_FAULT_TERMINAL:
	case GW_FAULT_NOTIF:
	case GW_FAULT_APP_PARAM:
	case GW_FAULT_PACKET:
	case GW_FAULT_CODING:
	case GW_FAULT_COUNT: break;
	}
	return GW_OUTCOME_BAD_REQUEST;
}

/* Whatever may go away by itself is 503 with Retry-After: phones remember 400, 403 and 500 and stop asking. */
enum gw_outcome gw_outcome_of_status(es_status status)
{
	return es_status_is_retryable(status) ? GW_OUTCOME_UNAVAILABLE : GW_OUTCOME_INTERNAL;
}
