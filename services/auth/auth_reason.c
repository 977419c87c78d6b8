/* auth_reason.c -- the names of auth_reason.h. */
#include "auth_reason.h"

const char *const auth_reason_names[AUTH_REASON_COUNT] = {
#define AUTH_REASON_NAME(name, text) [AUTH_##name] = (text),
	AUTH_REASON_LIST(AUTH_REASON_NAME)
#undef AUTH_REASON_NAME
};
