/* ph_flow.c -- variables by name, expectations word by word, and the list for people. The flows are in ph_flows.c. */
#include "ph_flow.h"

#include <inttypes.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

static const char *const var_names[PH_VARS] = {
	[PH_V_IMEI] = "imei",
	[PH_V_COMPANION_IMEI] = "companion_imei",
	[PH_V_OLD_COMPANION_IMEI] = "old_companion_imei",
	[PH_V_TARGET_IMEI] = "target_imei",
	[PH_V_OLD_IMEI] = "old_imei",
	[PH_V_EID] = "eid",
	[PH_V_ICCID] = "iccid",
	[PH_V_OLD_ICCID] = "old_iccid",
	[PH_V_VENDOR] = "vendor",
	[PH_V_MODEL] = "model",
	[PH_V_NAME] = "name",
	[PH_V_SERVICE] = "service",
	[PH_V_PLAN] = "plan",
	[PH_V_REQUESTOR] = "requestor",
	[PH_V_ENTERPRISE] = "enterprise",
	[PH_V_ACCESS_TOKEN] = "access_token",
	[PH_V_TEMPORARY_TOKEN] = "temporary_token",
	[PH_V_MSISDN] = "msisdn",
	[PH_V_OTP] = "otp",
	[PH_V_MSG_BTN] = "msg_btn",
	[PH_V_MSG_RESPONSE] = "msg_response",
	[PH_V_REDOWNLOADABLE] = "redownloadable",
};

const char *ph_var_name(enum ph_var var)
{
	return var < PH_VARS ? var_names[var] : NULL;
}

enum ph_var ph_var_of(struct es_slice name)
{
	enum ph_var var = 0;

	while (var < PH_VARS && !es_slice_eq_str(name, var_names[var]))
		var++;
	return var;
}

bool ph_var_set(struct ph_vars *vars, enum ph_var var, const char *value)
{
	size_t len = strlen(value);

	if (len >= PH_VAR_SIZE)
		return false;
	memmove(vars->at[var], value, len + 1);
	return true;
}

/* ---- flows ---- */

const struct ph_flow *ph_flow_of(const char *name)
{
	for (size_t i = 0; i < ph_flow_count; i++)
		if (strcmp(ph_flows[i].name, name) == 0)
			return &ph_flows[i];
	return NULL;
}

unsigned ph_flow_length(const struct ph_flow *flow)
{
	unsigned n = 0;

	while (n < PH_STEPS_MAX && flow->steps[n].does != NULL)
		n++;
	return n;
}

void ph_flow_list(FILE *out)
{
	(void)fputs("Call flows of TS.43 that openes-phone plays (openes-phone odsa FLOW --url ...):\n", out);
	for (size_t i = 0; i < ph_flow_count; i++) {
		const struct ph_flow *flow = &ph_flows[i];
		(void)fprintf(out, "\n%s   (%s, section %s%s%s)\n  %s\n", flow->name, flow->app, flow->section,
		              flow->figure == NULL ? "" : ", figure ", flow->figure == NULL ? "" : flow->figure, flow->what);
		for (unsigned n = 0; n < ph_flow_length(flow); n++) {
			const struct ph_step *step = &flow->steps[n];
			(void)fprintf(out, "  %u. %-22s %s%s%s%s\n", n + 1, step->operation == NULL ? "-" : step->operation,
			              step->does, (step->flags & PH_OPTIONAL) != 0 ? " (optional)" : "",
			              step->expects == NULL ? "" : ": ", step->expects == NULL ? "" : step->expects);
		}
	}
}

/* ---- expectations ---- */

static const char *number(int64_t value, char text[24])
{
	if (value < 0)
		return "absent";
	(void)snprintf(text, 24, "%" PRId64, value);
	return text;
}

static const char *yes(bool is)
{
	return is ? "yes" : "no";
}

static const char *of_http(const struct ph_heard *h, char text[24])
{
	return number(h->http, text);
}

static const char *of_result(const struct ph_heard *h, char text[24])
{
	return number(h->odsa == NULL ? -1 : h->odsa->operation_result, text);
}

static const char *of_eligibility(const struct ph_heard *h, char text[24])
{
	return number(h->odsa == NULL ? -1 : h->odsa->eligibility, text);
}

static const char *of_subscription(const struct ph_heard *h, char text[24])
{
	return number(h->odsa == NULL ? -1 : h->odsa->subscription_result, text);
}

/* Of the configuration, or of the application itself (ManageService). */
static const char *of_service(const struct ph_heard *h, char text[24])
{
	if (h->odsa != NULL && h->odsa->service_status >= 0)
		return number(h->odsa->service_status, text);
	return number(h->configuration == NULL ? -1 : h->configuration->status, text);
}

static const char *of_configurations(const struct ph_heard *h, char text[24])
{
	(void)text;
	return h->odsa != NULL && h->odsa->configuration_count > 0 ? "some" : "none";
}

static const char *of_message(const struct ph_heard *h, char text[24])
{
	(void)text;
	return yes(h->odsa != NULL && h->odsa->message.is_given);
}

static const char *of_token(const struct ph_heard *h, char text[24])
{
	(void)text;
	return yes(h->odsa != NULL && h->odsa->temporary_token[0] != 0);
}

static const char *of_plan(const struct ph_heard *h, char text[24])
{
	(void)text;
	return yes(h->odsa != NULL && h->odsa->plan[0] != 0);
}

static const char *of_download(const struct ph_heard *h, char text[24])
{
	(void)text;
	return yes(h->was_downloaded);
}

static const struct fact {
	const char *name;
	const char *(*of)(const struct ph_heard *h, char text[24]);
} facts[] = {
	{ "HTTP", of_http },
	{ "OperationResult", of_result },
	{ "Eligibility", of_eligibility },
	{ "SubscriptionResult", of_subscription },
	{ "ServiceStatus", of_service },
	{ "Configurations", of_configurations },
	{ "MSG", of_message },
	{ "TemporaryToken", of_token },
	{ "Plan", of_plan },
	{ "Downloaded", of_download },
};

static const struct fact *fact_of(struct es_slice name)
{
	for (size_t i = 0; i < ES_COUNT(facts); i++)
		if (es_slice_eq_str(name, facts[i].name))
			return &facts[i];
	return NULL;
}

/* "2|4" */
static bool is_among(struct es_slice alternatives, const char *value)
{
	while (alternatives.ptr != NULL)
		if (es_slice_eq_str(es_slice_cut(&alternatives, '|'), value))
			return true;
	return false;
}

bool ph_expects(const char *expects, const struct ph_heard *heard, struct es_buf *why)
{
	struct es_slice rest = es_slice_str(expects);

	while (rest.len > 0) {
		char text[24];
		struct es_slice wanted = es_slice_cut(&rest, ' '), name = es_slice_cut(&wanted, '=');
		const struct fact *fact = fact_of(name);
		const char *is = fact == NULL ? "unknown" : fact->of(heard, text);
		if (fact == NULL || !is_among(wanted, is)) {
			es_put_printf(why, ES_SLICE_FMT " is %s where " ES_SLICE_FMT " was expected", ES_SLICE_ARG(name), is,
			              ES_SLICE_ARG(wanted));
			return false;
		}
	}
	return true;
}

bool ph_expects_is_sound(const char *expects)
{
	struct es_slice rest = es_slice_str(expects);

	while (rest.len > 0) {
		struct es_slice wanted = es_slice_cut(&rest, ' '), name = es_slice_cut(&wanted, '=');
		if (fact_of(name) == NULL || wanted.len == 0)
			return false;
	}
	return true;
}
