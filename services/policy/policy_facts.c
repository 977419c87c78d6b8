/* policy_facts.c -- the table of facts. */
#include "policy_facts.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_effects.h"
#include "policy_rules.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MINUTES 1440

static bool text(struct policy_value *out, const char *value)
{
	out->text = value;
	return value != NULL && value[0] != '\0';
}

static bool number(struct policy_value *out, int64_t value)
{
	out->number = value;
	return true;
}

/* ---- the line ---- */

static bool line_status(const struct policy_context *context, struct policy_value *out)
{
	return text(out, policy_status_names[context->subscriber->status]);
}

static bool line_account(const struct policy_context *context, struct policy_value *out)
{
	return text(out, policy_account_names[context->subscriber->account]);
}

static bool line_plan(const struct policy_context *context, struct policy_value *out)
{
	return text(out, context->subscriber->plan);
}

static bool line_imsi(const struct policy_context *context, struct policy_value *out)
{
	return text(out, context->subscriber->imsi);
}

static bool line_msisdn(const struct policy_context *context, struct policy_value *out)
{
	return text(out, context->subscriber->msisdn);
}

/* Those in force. */
static bool line_addons(const struct policy_context *context, struct policy_value *out)
{
	const struct policy_objects *addons = &context->subscriber->data.addons;
	const struct policy_line_addon *items = addons->items;

	out->items = out->own;
	for (size_t i = 0; i < addons->count && out->count < ES_COUNT(out->own); i++)
		if (items[i].until_ms == 0 || items[i].until_ms > context->now_ms)
			out->own[out->count++] = items[i].id;
	return true;
}

static bool line_opt_outs(const struct policy_context *context, struct policy_value *out)
{
	out->items = out->own;
	for (unsigned i = 0; policy_service_names[i] != NULL && out->count < ES_COUNT(out->own); i++)
		if ((context->subscriber->opt_outs >> i & 1) != 0)
			out->own[out->count++] = policy_service_names[i];
	return true;
}

static bool prov(struct policy_value *out, uint8_t value)
{
	return text(out, policy_prov_names[value & 3]);
}

static bool line_voice(const struct policy_context *context, struct policy_value *out)
{
	return prov(out, context->subscriber->voice_prov);
}

static bool line_sms(const struct policy_context *context, struct policy_value *out)
{
	return prov(out, context->subscriber->sms_prov);
}

static bool line_vowifi(const struct policy_context *context, struct policy_value *out)
{
	return prov(out, context->subscriber->vowifi.prov);
}

static bool line_billing(const struct policy_context *context, struct policy_value *out)
{
	return prov(out, context->subscriber->billing.prov);
}

static bool line_satellite(const struct policy_context *context, struct policy_value *out)
{
	return prov(out, context->subscriber->satellite_prov);
}

static bool plan_features(const struct policy_context *context, struct policy_value *out)
{
	if (context->effects != NULL) {
		out->items = context->effects->features;
		out->count = context->effects->feature_count;
	} else if (context->plan != NULL) {
		out->items = context->plan->features.items;
		out->count = context->plan->features.count;
	}
	return true;
}

/* ---- usage, as ap2010 tells it ---- */

static const struct policy_usage *usage_of(const struct policy_context *context, enum policy_usage_type type)
{
	const struct policy_objects *usage = &context->subscriber->data.usage;
	const struct policy_usage *items = usage->items;

	for (size_t i = 0; i < usage->count; i++)
		if (items[i].type == type && policy_usage_is_told(context, &items[i]))
			return &items[i];
	return NULL;
}

static int64_t allowance_of(const struct policy_context *context, enum policy_usage_type type)
{
	const struct policy_usage *usage = usage_of(context, type);

	if (usage != NULL && usage->allowance >= 0)
		return usage->allowance;
	return context->plan != NULL ? context->plan->data.allowances[type] : -1;
}

static bool used(const struct policy_context *context, enum policy_usage_type type, struct policy_value *out)
{
	const struct policy_usage *usage = usage_of(context, type);
	return usage != NULL && number(out, usage->used);
}

static bool allowance(const struct policy_context *context, enum policy_usage_type type, struct policy_value *out)
{
	const int64_t octets = allowance_of(context, type);
	return octets >= 0 && number(out, octets);
}

static bool remaining(const struct policy_context *context, enum policy_usage_type type, struct policy_value *out)
{
	const struct policy_usage *usage = usage_of(context, type);
	const int64_t octets = allowance_of(context, type);

	if (usage == NULL || octets < 0)
		return false;
	return number(out, octets > usage->used ? octets - usage->used : 0);
}

#define USAGE(name, what, type)                                                                                        \
	static bool name(const struct policy_context *context, struct policy_value *out)                                   \
	{                                                                                                                  \
		return what(context, type, out);                                                                               \
	}
USAGE(cellular_used, used, POLICY_USAGE_CELLULAR)
USAGE(cellular_allowance, allowance, POLICY_USAGE_CELLULAR)
USAGE(cellular_remaining, remaining, POLICY_USAGE_CELLULAR)
USAGE(tethering_used, used, POLICY_USAGE_TETHERING)
USAGE(tethering_allowance, allowance, POLICY_USAGE_TETHERING)
USAGE(tethering_remaining, remaining, POLICY_USAGE_TETHERING)
#undef USAGE

/* ---- the device, and what it asks ---- */

static bool asked(const struct policy_context *context, const char *value, struct policy_value *out)
{
	return context->asking != NULL && text(out, value);
}

#define ASKED(name, member)                                                                                            \
	static bool name(const struct policy_context *context, struct policy_value *out)                                   \
	{                                                                                                                  \
		return context->asking != NULL && asked(context, context->asking->member, out);                                \
	}
ASKED(device_id, terminal_id)
ASKED(device_vendor, vendor)
ASKED(device_model, model)
ASKED(device_sw_version, sw_version)
ASKED(request_app_name, app_name)
ASKED(request_gid1, gid1)
#undef ASKED

/* The first eight digits of an IMEI. */
static bool device_tac(const struct policy_context *context, struct policy_value *out)
{
	return context->asking != NULL && text(out, context->asking->tac);
}

static bool request_version(const struct policy_context *context, struct policy_value *out)
{
	return number(out, context->version_major);
}

static bool request_language(const struct policy_context *context, struct policy_value *out)
{
	return text(out, policy_language_code(context->language));
}

static bool app_status(const struct policy_context *context, struct policy_value *out)
{
	static const char *const names[] = { "disabled", "enabled", "incompatible", "provisioning" };
	return context->own_status != NULL && text(out, names[*context->own_status & 3]);
}

/* ---- what the table of models and the EIR say of the device ---- */

static bool device_eir(const struct policy_context *context, struct policy_value *out)
{
	return context->equipment != NULL && context->equipment->state != POLICY_EQUIPMENT_NOT_ASKED &&
	       text(out, policy_equipment_names[context->equipment->state]);
}

static bool model_vendor(const struct policy_context *context, struct policy_value *out)
{
	return context->equipment != NULL && text(out, context->equipment->vendor);
}

static bool model_name(const struct policy_context *context, struct policy_value *out)
{
	return context->equipment != NULL && text(out, context->equipment->model);
}

/* Of a model that is in no table nothing is known. */
static bool model_capabilities(const struct policy_context *context, struct policy_value *out)
{
	if (context->equipment == NULL || (context->equipment->vendor[0] == '\0' && context->equipment->model[0] == '\0'))
		return false;
	out->items = context->equipment->capabilities.items;
	out->count = context->equipment->capabilities.count;
	return true;
}

/* ---- the past of the line, in the tenant's windows ---- */

static bool history_sim_changes(const struct policy_context *context, struct policy_value *out)
{
	return context->history != NULL && number(out, context->history->sim_changes);
}

static bool history_devices(const struct policy_context *context, struct policy_value *out)
{
	return context->history != NULL && number(out, context->history->devices);
}

static bool history_attempts(const struct policy_context *context, struct policy_value *out)
{
	return context->history != NULL && number(out, context->history->attempts);
}

/* ---- the network ---- */

static const char *visited(const struct policy_context *context)
{
	const struct policy_pair *pair = policy_own_fact(context, "visited_plmn");
	return pair != NULL && pair->kind == POLICY_PAIR_TEXT ? pair->text : NULL;
}

static bool network_plmn(const struct policy_context *context, struct policy_value *out)
{
	return text(out, visited(context));
}

static bool network_is_home(const struct policy_context *context, struct policy_value *out)
{
	const struct policy_list *plmns = &context->tenant->plmns;
	const char *plmn = visited(context);
	bool home = false;

	if (plmn == NULL || plmn[0] == '\0')
		return false;
	for (size_t i = 0; i < plmns->count; i++)
		home = home || strcmp(plmns->items[i], plmn) == 0;
	return number(out, home);
}

/* ---- the clock, by the rules' own offset from UTC ---- */

static int64_t local_minutes(const struct policy_context *context)
{
	const int64_t offset = context->book != NULL && context->book->rules != NULL ? context->book->rules->utc_offset : 0;
	return context->now_ms / MINUTE_MS + offset;
}

static bool time_clock(const struct policy_context *context, struct policy_value *out)
{
	return number(out, local_minutes(context) % DAY_MINUTES);
}

static bool time_weekday(const struct policy_context *context, struct policy_value *out)
{
	static const char *const names[] = { "thu", "fri", "sat", "sun", "mon", "tue", "wed" }; /* 1 January 1970 */
	return text(out, names[local_minutes(context) / DAY_MINUTES % 7]);
}

static bool time_now(const struct policy_context *context, struct policy_value *out)
{
	return number(out, context->now_ms);
}

/* ---- the table ---- */

#define LINE "subscriber"
#define SAYS "device, not verified"

static const struct policy_fact facts[] = {
	{ "app.status", POLICY_VALUE_TEXT, "decision", 0, app_status },
	{ "device.eir", POLICY_VALUE_TEXT, "EIR", 0, device_eir },
	{ "device.id", POLICY_VALUE_TEXT, SAYS, 0, device_id },
	{ "device.model", POLICY_VALUE_TEXT, SAYS, 0, device_model },
	{ "device.sw_version", POLICY_VALUE_TEXT, SAYS, 0, device_sw_version },
	{ "device.tac", POLICY_VALUE_TEXT, SAYS, 0, device_tac },
	{ "device.vendor", POLICY_VALUE_TEXT, SAYS, 0, device_vendor },
	{ "history.attempts", POLICY_VALUE_NUMBER, "history", POLICY_NEEDS_HISTORY, history_attempts },
	{ "history.devices", POLICY_VALUE_NUMBER, "history", POLICY_NEEDS_HISTORY, history_devices },
	{ "history.sim_changes", POLICY_VALUE_NUMBER, "history", POLICY_NEEDS_HISTORY, history_sim_changes },
	{ "line.account", POLICY_VALUE_TEXT, LINE, 0, line_account },
	{ "line.addons", POLICY_VALUE_SET, LINE, 0, line_addons },
	{ "line.billing", POLICY_VALUE_TEXT, LINE, 0, line_billing },
	{ "line.imsi", POLICY_VALUE_TEXT, LINE, 0, line_imsi },
	{ "line.msisdn", POLICY_VALUE_TEXT, LINE, 0, line_msisdn },
	{ "line.opt_outs", POLICY_VALUE_SET, LINE, 0, line_opt_outs },
	{ "line.plan", POLICY_VALUE_TEXT, LINE, 0, line_plan },
	{ "line.satellite", POLICY_VALUE_TEXT, LINE, 0, line_satellite },
	{ "line.sms", POLICY_VALUE_TEXT, LINE, 0, line_sms },
	{ "line.status", POLICY_VALUE_TEXT, LINE, 0, line_status },
	{ "line.voice", POLICY_VALUE_TEXT, LINE, 0, line_voice },
	{ "line.vowifi", POLICY_VALUE_TEXT, LINE, 0, line_vowifi },
	{ "model.capabilities", POLICY_VALUE_SET, "table of models", 0, model_capabilities },
	{ "model.name", POLICY_VALUE_TEXT, "table of models", 0, model_name },
	{ "model.vendor", POLICY_VALUE_TEXT, "table of models", 0, model_vendor },
	{ "network.is_home", POLICY_VALUE_BOOL, "operator", 0, network_is_home },
	{ "network.plmn", POLICY_VALUE_TEXT, "operator", 0, network_plmn },
	{ "plan.features", POLICY_VALUE_SET, "plan, add-ons and rules", 0, plan_features },
	{ "request.app_name", POLICY_VALUE_TEXT, "request", 0, request_app_name },
	{ "request.gid1", POLICY_VALUE_TEXT, "request", 0, request_gid1 },
	{ "request.language", POLICY_VALUE_TEXT, "request", 0, request_language },
	{ "request.version", POLICY_VALUE_NUMBER, "request", 0, request_version },
	{ "time.clock", POLICY_VALUE_CLOCK, "clock", 0, time_clock },
	{ "time.now", POLICY_VALUE_TIME, "clock", 0, time_now },
	{ "time.weekday", POLICY_VALUE_TEXT, "clock", 0, time_weekday },
	{ "usage.cellular.allowance", POLICY_VALUE_NUMBER, LINE, 0, cellular_allowance },
	{ "usage.cellular.remaining", POLICY_VALUE_NUMBER, LINE, 0, cellular_remaining },
	{ "usage.cellular.used", POLICY_VALUE_NUMBER, LINE, 0, cellular_used },
	{ "usage.tethering.allowance", POLICY_VALUE_NUMBER, LINE, 0, tethering_allowance },
	{ "usage.tethering.remaining", POLICY_VALUE_NUMBER, LINE, 0, tethering_remaining },
	{ "usage.tethering.used", POLICY_VALUE_NUMBER, LINE, 0, tethering_used },
};

void policy_fact_each(void (*each)(const struct policy_fact *fact, void *user), void *user)
{
	for (size_t i = 0; i < ES_COUNT(facts); i++)
		each(&facts[i], user);
}

es_status policy_fact_find(const char *name, struct policy_fact_ref *out)
{
	const size_t prefix = sizeof POLICY_FACT_OWN - 1;

	if (strncmp(name, POLICY_FACT_OWN, prefix) == 0 && name[prefix] != '\0') {
		*out = (struct policy_fact_ref){ .own = name + prefix };
		return ES_OK;
	}
	for (size_t i = 0; i < ES_COUNT(facts); i++) {
		if (strcmp(facts[i].name, name) != 0)
			continue;
		*out = (struct policy_fact_ref){ .fact = &facts[i] };
		return ES_OK;
	}
	return ES_NOT_FOUND;
}

/* ---- values ---- */

const struct policy_pair *policy_own_fact(const struct policy_context *context, const char *name)
{
	const struct policy_pairs *pairs = &context->subscriber->data.facts;

	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].name, name) == 0)
			return &pairs->items[i];
	return NULL;
}

static bool own(const char *name, const struct policy_context *context, struct policy_value *out)
{
	static const uint8_t kinds[] = {
		[POLICY_PAIR_TEXT] = POLICY_VALUE_TEXT,
		[POLICY_PAIR_NUMBER] = POLICY_VALUE_NUMBER,
		[POLICY_PAIR_BOOL] = POLICY_VALUE_BOOL,
	};
	const struct policy_pair *pair = policy_own_fact(context, name);

	if (pair == NULL)
		return false;
	out->kind = kinds[pair->kind];
	out->text = pair->text;
	out->number = pair->number;
	return true;
}

bool policy_fact_get(const struct policy_fact_ref *ref, const struct policy_context *context, struct policy_value *out)
{
	out->kind = ref->fact != NULL ? ref->fact->kind : POLICY_VALUE_TEXT;
	out->text = "";
	out->number = 0;
	out->items = NULL;
	out->count = 0;
	return ref->fact != NULL ? ref->fact->get(context, out) : own(ref->own, context, out);
}

const char *policy_fact_source(const struct policy_fact_ref *ref)
{
	return ref->fact != NULL ? ref->fact->source : "operator";
}

void policy_value_print(const struct policy_value *value, struct es_buf *out)
{
	char time[21];

	switch ((enum policy_value_kind)value->kind) {
	case POLICY_VALUE_TEXT: es_put_str(out, value->text); break;
	case POLICY_VALUE_BOOL:
	case POLICY_VALUE_NUMBER: es_put_printf(out, "%lld", (long long)value->number); break;
	case POLICY_VALUE_SET:
		for (size_t i = 0; i < value->count; i++)
			es_put_printf(out, "%s%s", i > 0 ? "," : "", value->items[i]);
		break;
	case POLICY_VALUE_CLOCK:
		es_put_printf(out, "%02d:%02d", (int)(value->number / 60), (int)(value->number % 60));
		break;
	case POLICY_VALUE_TIME:
		es_time_iso8601(value->number, time);
		es_put_str(out, time);
		break;
	}
}
