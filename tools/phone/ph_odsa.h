/* ph_odsa.h -- what an answer to an ODSA operation says (TS.43 6.5), read from XML or JSON into one struct. Pure. */
#ifndef PH_ODSA_H
#define PH_ODSA_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"

#define PH_CONFIGURATIONS_MAX 8 /* that are looked at */

enum { PH_SUCCESS = 1, PH_INVALID_MSG_RESPONSE = 104, PH_NOT_SUPPORTED = 103 };

/* SubscriptionResult (6.5.3). */
enum ph_subscription {
	PH_TO_WEBSHEET = 1,
	PH_DOWNLOAD_PROFILE,
	PH_DONE,
	PH_DELAYED_DOWNLOAD,
	PH_DISMISS,
	PH_DELETE_PROFILE_IN_USE,
	PH_REDOWNLOADABLE_MANDATORY,
	PH_REQUIRES_USER_INPUT,
};

/* ServiceStatus (6.5.4). */
enum ph_service { PH_ACTIVATED = 1, PH_ACTIVATING, PH_DEACTIVATED, PH_DEACTIVATED_NO_REUSE };

/* A text is empty where nothing was said; one that does not fit is malformed. */
struct ph_download {
	bool is_given;
	char iccid[24], smdp_address[256], activation_code[256]; /* the code decoded */
};

struct ph_configuration {
	char iccid[24], service[16], friendly_name[64], vendor[64];
	int64_t status, is_secondary;
	int64_t polling, polling_unit; /* PollingInterval, -1: absent; 0 minutes, 1 seconds, 2 deciseconds */
	struct ph_download download;
};

struct ph_message {
	bool is_given;
	char title[128], text[512], hint[128], validation[256], error_text[256];
	int64_t has_accept, has_reject, has_freetext;
};

struct ph_odsa {
	int64_t operation_result, eligibility, subscription_result, service_status; /* -1: absent */
	int64_t polling, polling_unit;                                              /* of CheckEligibility */
	int64_t registered;                                                         /* RegisterNotifStatus */
	char services[64], error_text[256], error_url[1024];
	char sheet_url[1024], sheet_data[4096], sheet_type[8]; /* SubscriptionService*, as they came */
	char temporary_token[1024], token_expiry[32], targets[256];
	char plan[64]; /* the first of PlanOffers */
	struct ph_download download;
	struct ph_message message;
	struct ph_configuration configurations[PH_CONFIGURATIONS_MAX];
	size_t configuration_count;
};

/* ES_MALFORMED: no document, a number that is none, a text that is too long. ES_NOT_FOUND: it has nothing of `app`
 * ("ap2006"). */
es_status ph_odsa_read(struct es_slice document, bool is_json, const char *app, struct es_arena *arena,
                       struct ph_odsa *out) ES_MUST_USE;

/* How long a device waits before it asks again, in milliseconds; 0: it is not to ask on its own (6.5.2, 6.5.5). */
int64_t ph_polling_ms(int64_t interval, int64_t unit);

/* What a value of SubscriptionResult, ServiceStatus, OperationResult is called; "" when it is none. */
const char *ph_subscription_name(int64_t value);
const char *ph_service_name(int64_t value);
const char *ph_operation_result_name(int64_t value);

#endif
