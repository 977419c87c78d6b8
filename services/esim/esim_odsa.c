/* esim_odsa.c -- the table of operations and the order in which a request is judged. Pure. */
#include "esim_odsa.h"

#include <assert.h>

#include "es_cleanup.h"
#include "esim_eligibility.h"

#define REQUIRED_MAX 4

/* Parameters an application must bring (TS.43 6.2, request matrix). */
struct requirement {
	unsigned apps;
	const char *params[REQUIRED_MAX];
};

struct operation {
	const char *name;
	unsigned apps;    /* that carry it (TS.43 6.1) */
	unsigned served;  /* for which `run` answers */
	bool is_optional; /* not offered: the device is told so in the document and goes on (annex A2) */
	struct requirement required[2];
	void (*run)(const struct esim_request *request, struct esim_answer *answer);
};

#define ODSA (ESIM_COMPANION | ESIM_PRIMARY | ESIM_SERVER)

static const struct operation operations[ESIM_OPERATIONS] = {
	{ .name = "CheckEligibility",
	  .apps = ODSA,
	  .served = ESIM_COMPANION | ESIM_PRIMARY,
	  .required = { { ESIM_COMPANION, { "companion_terminal_id" } } },
	  .run = esim_check_eligibility },
	{ .name = "ManageSubscription",
	  .apps = ODSA,
	  .required = { { ODSA, { "operation_type" } },
	                { ESIM_COMPANION, { "companion_terminal_id", "companion_terminal_eid" } } } },
	{ .name = "ManageService",
	  .apps = ESIM_COMPANION | ESIM_PRIMARY,
	  .is_optional = true,
	  .required = { { ESIM_COMPANION | ESIM_PRIMARY, { "operation_type" } },
	                { ESIM_COMPANION,
	                  { "companion_terminal_id", "companion_terminal_service", "companion_terminal_iccid" } } } },
	/* Without companion_terminal_id it means all companions (annex A12). */
	{ .name = "AcquireConfiguration", .apps = ODSA },
	{ .name = "AcquirePlan", .apps = ESIM_SERVER },
	{ .name = "AcquireTemporaryToken",
	  .apps = ESIM_PRIMARY | ESIM_INFORMATION | ESIM_APP_AUTH,
	  .required = { { ESIM_PRIMARY, { "operation_targets" } } } },
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

/* OperationResult as it is written. */
static const struct {
	enum esim_result result;
	const char *text;
} result_texts[] = {
	{ ESIM_SUCCESS, "1" },
	{ ESIM_ERROR_GENERAL, "100" },
	{ ESIM_INVALID_OPERATION, "101" },
	{ ESIM_INVALID_PARAMETER, "102" },
	{ ESIM_NOT_SUPPORTED, "103" },
	{ ESIM_INVALID_MSG_RESPONSE, "104" },
};

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

size_t esim_operation_index(struct es_slice operation)
{
	if (operation.len == 0)
		return ESIM_OPERATION_NONE;
	for (size_t i = 0; i < ES_COUNT(operations); i++)
		if (es_slice_eq_nocase(operation, es_slice_str(operations[i].name)))
			return i;
	return ESIM_OPERATION_UNKNOWN;
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

void esim_answer_add(struct esim_answer *answer, const char *name, struct es_slice value)
{
	assert(answer->node_count < ESIM_NODES_MAX);
	answer->nodes[answer->node_count++] = (struct esim_node){ .name = name, .value = value };
}

/* Every answer to an operation begins with it (TS.43 6.5.1). */
static void add_result(struct esim_answer *answer, enum esim_result result)
{
	answer->result = result;
	for (size_t i = 0; i < ES_COUNT(result_texts); i++)
		if (result_texts[i].result == result)
			esim_answer_add(answer, "OperationResult", es_slice_str(result_texts[i].text));
}

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
		add_result(out, ESIM_INVALID_OPERATION);
		return;
	}
	if ((op->served & request->app) == 0) {
		out->is_offered = op->is_optional;
		if (op->is_optional)
			add_result(out, ESIM_NOT_SUPPORTED);
		return;
	}
	for (size_t i = 0; i < ES_COUNT(op->required); i++) {
		if (has_all(request, &op->required[i]))
			continue;
		add_result(out, ESIM_INVALID_PARAMETER);
		return;
	}
	add_result(out, ESIM_SUCCESS);
	op->run(request, out);
}

/* Settled rule 18: what is wrong with an operation is said in the document; one that exists and is not offered is 405. */
void esim_operate(const struct esim_request *request, struct esim_answer *out)
{
	const size_t index = esim_operation_index(request->operation);

	*out = (struct esim_answer){ .is_offered = true };
	if (index == ESIM_OPERATION_NONE)
		return; /* the authentication step: AppID alone */
	if (index == ESIM_OPERATION_UNKNOWN)
		add_result(out, ESIM_INVALID_OPERATION);
	else
		run_operation(&operations[index], request, out);
}
