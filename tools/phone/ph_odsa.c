/* ph_odsa.c -- one table says which parameter of which structure goes where; the walk keeps track of the structure. */
#include "ph_odsa.h"

#include <stddef.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

#include "ph_doc.h"

enum { OPEN_MAX = 20, NUMBER_MAX = 1000000 };

/* The structures of an answer. A configuration holds DownloadInfo and MSG as an application does. */
enum place { OUTSIDE, APPLICATION, CONFIGURATION, DOWNLOAD, MESSAGE, PLAN, DEVICE, PLACES };
enum kind { NUMBER, TEXT, BASE64 };

struct field {
	enum place place;
	const char *name;
	enum kind kind;
	size_t at, size;
};

#define MEMBER_SIZE(type, member) sizeof(((type *)NULL)->member)
#define NUMBER_OF(place, name, type, member)                                                                           \
	{                                                                                                                  \
		place, name, NUMBER, offsetof(type, member), sizeof(int64_t)                                                   \
	}
#define TEXT_OF(place, name, type, member)                                                                             \
	{                                                                                                                  \
		place, name, TEXT, offsetof(type, member), MEMBER_SIZE(type, member)                                           \
	}
#define APP_NUMBER(name, member) NUMBER_OF(APPLICATION, name, struct ph_odsa, member)
#define APP_TEXT(name, member) TEXT_OF(APPLICATION, name, struct ph_odsa, member)
#define CONF_NUMBER(name, member) NUMBER_OF(CONFIGURATION, name, struct ph_configuration, member)
#define CONF_TEXT(name, member) TEXT_OF(CONFIGURATION, name, struct ph_configuration, member)
#define MSG_NUMBER(name, member) NUMBER_OF(MESSAGE, name, struct ph_message, member)
#define MSG_TEXT(name, member) TEXT_OF(MESSAGE, name, struct ph_message, member)

static const struct field fields[] = {
	APP_NUMBER("OperationResult", operation_result),
	APP_NUMBER("CompanionAppEligibility", eligibility),
	APP_NUMBER("PrimaryAppEligibility", eligibility),
	APP_NUMBER("EnterpriseAppEligibility", eligibility),
	APP_NUMBER("SubscriptionResult", subscription_result),
	APP_NUMBER("ServiceStatus", service_status),
	APP_NUMBER("PollingInterval", polling),
	APP_NUMBER("PollingIntervalUnit", polling_unit),
	APP_NUMBER("RegisterNotifStatus", registered),
	APP_TEXT("CompanionDeviceServices", services),
	APP_TEXT("GeneralErrorText", error_text),
	APP_TEXT("GeneralErrorURL", error_url),
	APP_TEXT("SubscriptionServiceURL", sheet_url),
	APP_TEXT("SubscriptionServiceUserData", sheet_data),
	APP_TEXT("SubscriptionServiceContentsType", sheet_type),
	APP_TEXT("TemporaryToken", temporary_token),
	APP_TEXT("TemporaryTokenExpiry", token_expiry),
	APP_TEXT("OperationTargets", targets),
	CONF_TEXT("ICCID", iccid),
	CONF_TEXT("CompanionDeviceService", service),
	CONF_NUMBER("ServiceStatus", status),
	CONF_NUMBER("SecondaryICCID", is_secondary),
	CONF_NUMBER("PollingInterval", polling),
	CONF_NUMBER("PollingIntervalUnit", polling_unit),
	TEXT_OF(DEVICE, "CompanionTerminalFriendlyName", struct ph_configuration, friendly_name),
	TEXT_OF(DEVICE, "CompanionTerminalVendor", struct ph_configuration, vendor),
	TEXT_OF(DOWNLOAD, "ProfileIccid", struct ph_download, iccid),
	TEXT_OF(DOWNLOAD, "ProfileSmdpAddress", struct ph_download, smdp_address),
	{ DOWNLOAD, "ProfileActivationCode", BASE64, offsetof(struct ph_download, activation_code),
	  MEMBER_SIZE(struct ph_download, activation_code) },
	MSG_TEXT("Title", title),
	MSG_TEXT("Message", text),
	MSG_NUMBER("Accept_btn", has_accept),
	MSG_NUMBER("Reject_btn", has_reject),
	MSG_NUMBER("Accept_freetext", has_freetext),
	MSG_TEXT("Accept_freetext_hint", hint),
	MSG_TEXT("Accept_freetext_validation", validation),
	MSG_TEXT("Accept_freetext_validation_failed_error_text", error_text),
	TEXT_OF(PLAN, "PlanId", struct ph_odsa, plan),
};

static const struct {
	const char *name;
	enum place place;
} structures[] = {
	{ "CompanionConfiguration", CONFIGURATION },
	{ "PrimaryConfiguration", CONFIGURATION },
	{ "EnterpriseConfiguration", CONFIGURATION },
	{ "CompanionDeviceInfo", DEVICE },
	{ "DownloadInfo", DOWNLOAD },
	{ "MSG", MESSAGE },
	{ "PlanOffer", PLAN },
};

struct reading {
	const char *app;
	bool is_json;
	struct es_arena *arena;
	struct ph_odsa *out;
	enum place open[OPEN_MAX];
	unsigned depth;
	bool is_ours, was_found;              /* the application being read; any of them */
	struct ph_configuration spare, *here; /* the configuration being read; `spare` takes what is too many */
	es_status status;
};

static void forget_configuration(struct ph_configuration *c)
{
	*c = (struct ph_configuration){ .status = -1, .polling = -1 };
}

static void open_configuration(struct reading *r)
{
	bool has_room = r->out->configuration_count < PH_CONFIGURATIONS_MAX;

	r->here = has_room ? &r->out->configurations[r->out->configuration_count++] : &r->spare;
	forget_configuration(r->here);
}

/* Which structure a characteristic or an object opens; a list around structures is as if it were not there. */
static enum place place_of(struct reading *r, struct es_slice name)
{
	enum place around = r->depth == 0 ? OUTSIDE : r->open[r->depth - 1];

	if (r->depth == 0) {
		r->is_ours = r->is_json && es_slice_eq_nocase(name, es_slice_str(r->app));
		return r->is_ours || (!r->is_json && es_slice_eq_nocase(name, ES_SLICE_LIT("APPLICATION"))) ? APPLICATION
		                                                                                            : OUTSIDE;
	}
	for (size_t i = 0; i < ES_COUNT(structures); i++)
		if (around != OUTSIDE && es_slice_eq_nocase(name, es_slice_str(structures[i].name)))
			return structures[i].place;
	return around;
}

static void open_structure(struct reading *r, struct es_slice name)
{
	if (r->depth == OPEN_MAX) {
		r->status = ES_MALFORMED;
		return;
	}
	enum place place = place_of(r, name), around = r->depth == 0 ? OUTSIDE : r->open[r->depth - 1];
	r->open[r->depth++] = place;
	if (!r->is_ours || place == around)
		return;
	if (place == CONFIGURATION)
		open_configuration(r);
	if (place == DOWNLOAD)
		(r->here != NULL ? &r->here->download : &r->out->download)->is_given = true;
	if (place == MESSAGE)
		r->out->message.is_given = true;
}

static void close_structure(struct reading *r)
{
	if (r->depth == 0)
		return;
	enum place place = r->open[--r->depth];
	if (place == CONFIGURATION && (r->depth == 0 || r->open[r->depth - 1] != CONFIGURATION))
		r->here = NULL;
	if (r->depth == 0)
		r->is_ours = false;
}

static void *base_of(struct reading *r, enum place place)
{
	switch (place) {
	case CONFIGURATION:
	case DEVICE: return r->here;
	case DOWNLOAD: return r->here != NULL ? &r->here->download : &r->out->download;
	case MESSAGE: return &r->out->message;
	case PLAN: return r->out->plan[0] == 0 ? r->out : NULL; /* the first offer is the one taken */
	case APPLICATION: return r->out;
	case OUTSIDE:
	case PLACES: break;
	}
	return NULL;
}

static es_status take_value(struct reading *r, const struct field *f, char *into, struct es_slice value)
{
	int64_t number = 0;

	switch (f->kind) {
	case NUMBER:
		ES_TRY(es_parse_i64(es_slice_trim(value), 0, NUMBER_MAX, &number));
		memcpy(into, &number, sizeof number);
		return ES_OK;
	case BASE64: ES_TRY(es_base64_decode(value, r->arena, &value)); break;
	case TEXT: break;
	}
	return es_slice_to_str(value, into, f->size) ? ES_OK : ES_MALFORMED;
}

static void take_parameter(struct reading *r, struct es_slice name, struct es_slice value)
{
	enum place place = r->depth == 0 ? OUTSIDE : r->open[r->depth - 1];

	if (!r->is_json && r->depth == 1 && place == APPLICATION && es_slice_eq_nocase(name, ES_SLICE_LIT("AppID"))) {
		r->is_ours = es_slice_eq_nocase(value, es_slice_str(r->app));
		r->was_found = r->was_found || r->is_ours;
		return;
	}
	if (!r->is_ours)
		return;
	for (size_t i = 0; i < ES_COUNT(fields); i++) {
		const struct field *f = &fields[i];
		if (f->place != place || !es_slice_eq_nocase(name, es_slice_str(f->name)))
			continue;
		char *base = base_of(r, place);
		if (base != NULL && r->status == ES_OK)
			r->status = take_value(r, f, base + f->at, value);
		return;
	}
}

static void visit(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name, struct es_slice value)
{
	struct reading *r = user;

	(void)depth;
	switch (event) {
	case PH_DOC_OPEN:
		open_structure(r, name);
		r->was_found = r->was_found || r->is_ours;
		break;
	case PH_DOC_PARM: take_parameter(r, name, value); break;
	case PH_DOC_CLOSE: close_structure(r); break;
	}
}

es_status ph_odsa_read(struct es_slice document, bool is_json, const char *app, struct es_arena *arena,
                       struct ph_odsa *out)
{
	struct reading r = { .app = app, .is_json = is_json, .arena = arena, .out = out };

	*out = (struct ph_odsa){ .operation_result = -1,
		                     .eligibility = -1,
		                     .subscription_result = -1,
		                     .service_status = -1,
		                     .polling = -1,
		                     .registered = -1 };
	ES_TRY(ph_doc_walk(document, is_json, arena, visit, &r));
	ES_TRY(r.status);
	return r.was_found ? ES_OK : ES_NOT_FOUND;
}

int64_t ph_polling_ms(int64_t interval, int64_t unit)
{
	static const int64_t units[] = { 60000, 1000, 100 };

	if (interval <= 0)
		return 0;
	return interval * units[unit >= 0 && unit < (int64_t)ES_COUNT(units) ? unit : 0];
}

/* ---- names ---- */

static const char *name_in(const char *const *names, size_t count, int64_t value)
{
	return value > 0 && (size_t)value < count ? names[value] : "";
}

const char *ph_subscription_name(int64_t value)
{
	static const char *const names[] = {
		[PH_TO_WEBSHEET] = "continue to web sheet",
		[PH_DOWNLOAD_PROFILE] = "download profile",
		[PH_DONE] = "done",
		[PH_DELAYED_DOWNLOAD] = "delayed download",
		[PH_DISMISS] = "dismiss",
		[PH_DELETE_PROFILE_IN_USE] = "delete profile in use",
		[PH_REDOWNLOADABLE_MANDATORY] = "re-downloadable profile is mandatory",
		[PH_REQUIRES_USER_INPUT] = "requires user input",
	};
	return name_in(names, ES_COUNT(names), value);
}

const char *ph_service_name(int64_t value)
{
	static const char *const names[] = { [PH_ACTIVATED] = "activated",
		                                 [PH_ACTIVATING] = "activating",
		                                 [PH_DEACTIVATED] = "deactivated",
		                                 [PH_DEACTIVATED_NO_REUSE] = "deactivated, no reuse" };
	return name_in(names, ES_COUNT(names), value);
}

const char *ph_operation_result_name(int64_t value)
{
	static const struct {
		int64_t value;
		const char *name;
	} names[] = {
		{ PH_SUCCESS, "success" },
		{ 100, "general error" },
		{ 101, "invalid operation" },
		{ 102, "invalid parameter" },
		{ PH_NOT_SUPPORTED, "not supported operation" },
		{ PH_INVALID_MSG_RESPONSE, "invalid MSG response" },
	};
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (names[i].value == value)
			return names[i].name;
	return "";
}
