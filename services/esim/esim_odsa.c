/* esim_odsa.c -- the table of operations and the order in which a request is judged. Pure. */
#include "esim_odsa.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_answer.h"
#include "esim_operations.h"

#define REQUIRED_MAX 4

/* Parameters an application must bring (TS.43 6.2, request matrix; annex A31: what is needed to act). */
struct requirement {
	unsigned apps;
	const char *params[REQUIRED_MAX];
};

struct operation {
	const char *name;
	unsigned apps;   /* that carry it (TS.43 6.1) */
	unsigned served; /* for which `run` answers */
	enum esim_needs needs;
	bool is_optional; /* not offered: the device is told so in the document, and goes on (annex A2) */
	struct requirement required[3];
	void (*run)(const struct esim_request *request, struct esim_answer *answer);
};

#define ODSA (ESIM_COMPANION | ESIM_PRIMARY | ESIM_SERVER)

static void ask_wrongly(const struct esim_request *request, struct esim_answer *answer)
{
	(void)request;
	esim_answer_result(answer, ESIM_INVALID_PARAMETER, "operation_targets cannot be granted");
}

static const struct operation operations[ESIM_OPERATIONS] = {
	{ .name = "CheckEligibility",
	  .apps = ODSA,
	  .served = ODSA,
	  .required = { { ESIM_COMPANION, { "companion_terminal_id" } } },
	  .run = esim_check_eligibility },
	{ .name = "ManageSubscription",
	  .apps = ODSA,
	  .served = ODSA,
	  .needs = ESIM_NEEDS_ORDERS,
	  .required = { { ODSA, { "operation_type" } },
	                { ESIM_COMPANION, { "companion_terminal_id", "companion_terminal_eid" } },
	                { ESIM_SERVER, { "enterprise_terminal_id" } } },
	  .run = esim_manage_subscription },
	{ .name = "ManageService",
	  .apps = ESIM_COMPANION | ESIM_PRIMARY,
	  .served = ESIM_COMPANION | ESIM_PRIMARY,
	  .needs = ESIM_NEEDS_ORDERS,
	  .is_optional = true,
	  .required = { { ESIM_COMPANION | ESIM_PRIMARY, { "operation_type" } },
	                { ESIM_COMPANION,
	                  { "companion_terminal_id", "companion_terminal_service", "companion_terminal_iccid" } } },
	  .run = esim_manage_service },
	/* Without companion_terminal_id it means all companions (annex A12). */
	{ .name = "AcquireConfiguration",
	  .apps = ODSA,
	  .served = ODSA,
	  .needs = ESIM_NEEDS_LINE,
	  .run = esim_acquire_configuration },
	{ .name = "AcquirePlan", .apps = ESIM_SERVER, .served = ESIM_SERVER, .run = esim_acquire_plan },
	/* The rest is answered by auth and policy; a temporary token that is asked for wrongly comes here (V12-ODSA-AT-01). */
	{ .name = "AcquireTemporaryToken",
	  .apps = ESIM_PRIMARY | ESIM_INFORMATION | ESIM_APP_AUTH,
	  .served = ESIM_PRIMARY,
	  .run = ask_wrongly },
	{ .name = "GetPhoneNumber", .apps = ESIM_INFORMATION },
	{ .name = "VerifyPhoneNumber", .apps = ESIM_INFORMATION },
	{ .name = "GetSubscriberInfo", .apps = ESIM_INFORMATION },
	{ .name = "AcquireOperatorToken", .apps = ESIM_APP_AUTH },
};

const char *const esim_operation_names[ESIM_OPERATION_LABELS] = {
	"CheckEligibility",
	"ManageSubscription",
	"ManageService",
	"AcquireConfiguration",
	"AcquirePlan",
	"AcquireTemporaryToken",
	"GetPhoneNumber",
	"VerifyPhoneNumber",
	"GetSubscriberInfo",
	"AcquireOperatorToken",
	[ESIM_OPERATION_UNKNOWN] = "unknown",
	[ESIM_OPERATION_NONE] = "none",
};

static const struct {
	const char *id;
	enum esim_app app;
} apps[] = { { "ap2006", ESIM_COMPANION }, { "ap2009", ESIM_PRIMARY }, { "ap2011", ESIM_SERVER } };

bool esim_app_parse(struct es_slice app_id, enum esim_app *out)
{
	for (size_t i = 0; i < ES_COUNT(apps); i++) {
		if (!es_slice_eq_nocase(app_id, es_slice_str(apps[i].id)))
			continue;
		*out = apps[i].app;
		return true;
	}
	return false;
}

const char *esim_app_id(enum esim_app app)
{
	for (size_t i = 0; i < ES_COUNT(apps); i++)
		if (apps[i].app == app)
			return apps[i].id;
	return "";
}

size_t esim_operation_index(struct es_slice operation)
{
	if (operation.len == 0)
		return ESIM_OPERATION_NONE;
	for (size_t i = 0; i < ES_COUNT(operations); i++)
		if (es_slice_eq_nocase(operation, es_slice_str(operations[i].name)))
			return i;
	return ESIM_OPERATION_UNKNOWN;
}

enum esim_needs esim_operation_needs(enum esim_app app, struct es_slice operation)
{
	const size_t index = esim_operation_index(operation);

	return index < ESIM_OPERATIONS && (operations[index].served & app) != 0 ? operations[index].needs
	                                                                        : ESIM_NEEDS_NOTHING;
}

struct es_slice esim_param(const struct esim_request *request, const char *name)
{
	for (size_t i = 0; i < request->param_count; i++) {
		const struct esim_param *p = &request->params[i];
		if (es_slice_eq_nocase(p->name, es_slice_str(name)))
			return es_slice_eq_nocase(p->value, ES_SLICE_LIT("null")) ? (struct es_slice){ NULL, 0 } : p->value;
	}
	return (struct es_slice){ NULL, 0 };
}

struct es_slice esim_param_of(const struct esim_request *request, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		const struct es_slice value = esim_param(request, names[i]);
		if (value.len > 0)
			return value;
	}
	return (struct es_slice){ NULL, 0 };
}

/* ---- who and what a request is about ---- */

static const char *const device_names[] = { "companion_terminal_id", "target_terminal_id", "enterprise_terminal_id",
	                                        NULL };
static const char *const eid_names[] = { "companion_terminal_eid", "target_terminal_eid", "terminal_eid",
	                                     "enterprise_terminal_eid", NULL };
static const char *const iccid_names[] = { "companion_terminal_iccid", "target_terminal_iccid", "terminal_iccid",
	                                       NULL };

static struct es_slice without_padding(struct es_slice iccid)
{
	if (iccid.len > 0 && (iccid.ptr[iccid.len - 1] | 0x20) == 'f')
		iccid.len--;
	return iccid;
}

static bool iccid_to(struct es_slice value, char out[ESIM_ICCID + 1])
{
	const struct es_slice digits = without_padding(value);

	out[0] = '\0';
	return value.len == 0 || (digits.len >= 18 && digits.len <= ESIM_ICCID && es_text_is_digits(digits) &&
	                          es_slice_to_str(digits, out, ESIM_ICCID + 1));
}

bool esim_iccid_of(const struct esim_request *request, char out[ESIM_ICCID + 1])
{
	return iccid_to(esim_param_of(request, iccid_names), out);
}

static uint8_t service_of(struct es_slice name)
{
	for (uint8_t i = ESIM_SHARED_NUMBER; esim_service_names[i] != NULL; i++)
		if (es_slice_eq_nocase(name, es_slice_str(esim_service_names[i])))
			return i;
	return ESIM_SERVICE_NONE;
}

#define CUT(value, to) es_slice_to_str_cut((value), (to), sizeof(to))

static void read_old(const struct esim_request *request, struct esim_draft *draft)
{
	static const char *const iccids[] = { "old_companion_terminal_iccid", "old_terminal_iccid", NULL };
	static const char *const devices[] = { "old_companion_terminal_id", "old_terminal_id", NULL };

	(void)iccid_to(esim_param_of(request, iccids), draft->old_iccid);
	CUT(esim_param_of(request, devices), draft->old_device);
	draft->redownloads = es_slice_eq_str(esim_param(request, "redownloadable_profile"), "1");
}

void esim_draft_read(const struct esim_request *request, struct esim_draft *draft)
{
	const struct es_slice eid = esim_param_of(request, eid_names), device = esim_param_of(request, device_names);

	*draft = (struct esim_draft){ .app = (uint16_t)request->app };
	CUT(es_slice_str(request->tenant), draft->tenant);
	CUT(es_slice_str(request->imsi), draft->imsi);
	CUT(es_slice_str(request->msisdn), draft->msisdn);
	CUT(es_slice_str(request->facts.enterprise_id), draft->enterprise);
	CUT(es_slice_str(request->terminal_id), draft->requester);
	read_old(request, draft);
	/* TS.43 6.3: with no other SIM at hand, terminal_id is that of the eSIM itself; unless it is the old device that asks. */
	const bool is_itself = device.len == 0 && request->app == ESIM_PRIMARY &&
	                       (draft->old_device[0] == '\0' || strcmp(draft->old_device, draft->requester) != 0);
	CUT(is_itself ? es_slice_str(request->terminal_id) : device, draft->device);
	if (eid.len == ESIM_EID && es_text_is_digits(eid))
		CUT(eid, draft->eid);
	draft->service = service_of(esim_param(request, "companion_terminal_service"));
	CUT(esim_param(request, "companion_terminal_friendly_name"), draft->name);
	CUT(esim_param(request, "companion_terminal_vendor"), draft->vendor);
	CUT(esim_param(request, "companion_terminal_model"), draft->model);
	CUT(esim_param(request, "plan_id"), draft->plan);
}

/* A value that is there and cannot be what it is called (TS.43 6.5.1: 102). */
static bool is_readable(const struct esim_request *request)
{
	static const char *const all[] = { "companion_terminal_iccid",     "target_terminal_iccid", "terminal_iccid",
		                               "old_companion_terminal_iccid", "old_terminal_iccid",    NULL };
	const struct es_slice eid = esim_param_of(request, eid_names);
	const struct es_slice service = esim_param(request, "companion_terminal_service");
	char iccid[ESIM_ICCID + 1];

	for (size_t i = 0; all[i] != NULL; i++)
		if (!iccid_to(esim_param(request, all[i]), iccid))
			return false;
	if (eid.len > 0 && (eid.len != ESIM_EID || !es_text_is_digits(eid)))
		return false;
	if (esim_param_of(request, device_names).len > ESIM_DEVICE)
		return false;
	return service.len == 0 || service_of(service) != ESIM_SERVICE_NONE;
}

/* ---- judging ---- */

static bool has_all(const struct esim_request *request, const struct requirement *required)
{
	if ((required->apps & request->app) == 0)
		return true;
	for (size_t i = 0; i < REQUIRED_MAX && required->params[i] != NULL; i++)
		if (esim_param(request, required->params[i]).len == 0)
			return false;
	return true;
}

static void run_operation(const struct operation *op, const struct esim_request *request, struct esim_answer *out)
{
	if ((op->apps & request->app) == 0) {
		esim_answer_result(out, ESIM_INVALID_OPERATION, "not of this application");
		return;
	}
	if ((op->served & request->app) == 0) {
		out->verdict = ESIM_NOT_OFFERED;
		return;
	}
	if (op->is_optional && !request->facts.settings.manage_service) { /* V12-ODSA-MV-04 */
		esim_answer_result(out, ESIM_NOT_SUPPORTED, "not offered");
		return;
	}
	for (size_t i = 0; i < ES_COUNT(op->required); i++) {
		if (has_all(request, &op->required[i]))
			continue;
		esim_answer_result(out, ESIM_INVALID_PARAMETER, "a parameter is missing");
		return;
	}
	if (!is_readable(request)) {
		esim_answer_result(out, ESIM_INVALID_PARAMETER, "an identifier is none");
		return;
	}
	op->run(request, out);
}

/* Settled rule 18: what is wrong with an operation is said in the document; one that exists and is not offered is 405. */
void esim_operate(const struct esim_request *request, struct esim_answer *out)
{
	const size_t index = esim_operation_index(request->operation);

	*out = (struct esim_answer){ .verdict = ESIM_ANSWERS, .reason = "", .arena = out->arena };
	if (index == ESIM_OPERATION_NONE)
		return; /* the authentication step: AppID alone */
	if (index == ESIM_OPERATION_UNKNOWN)
		esim_answer_result(out, ESIM_INVALID_OPERATION, "unknown");
	else
		run_operation(&operations[index], request, out);
}
