/* esim_eligibility.c -- CheckEligibility and AcquirePlan (TS.43 6.5.2, 6.5.6): what may this subscriber, or enterprise, have? */
#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "esim_answer.h"
#include "esim_operations.h"

/* TS.43 T39 */
enum eligibility { DISABLED, ENABLED, INCOMPATIBLE };

bool esim_offers_service(const struct esim_facts *facts, uint8_t service)
{
	for (size_t i = 0; i < facts->companion_service_count; i++)
		if (es_slice_eq_nocase(facts->companion_services[i], es_slice_str(esim_service_names[service])))
			return true;
	return false;
}

uint8_t esim_first_service(const struct esim_facts *facts)
{
	for (uint8_t i = ESIM_SHARED_NUMBER; esim_service_names[i] != NULL; i++)
		if (esim_offers_service(facts, i))
			return i;
	return ESIM_SERVICE_NONE;
}

size_t esim_count_services(const struct esim_facts *facts)
{
	size_t count = 0;

	for (uint8_t i = ESIM_SHARED_NUMBER; esim_service_names[i] != NULL; i++)
		count += esim_offers_service(facts, i);
	return count;
}

/* The specification's own words, each once, in its order, with commas between. */
static void put_services(const struct esim_facts *facts, struct esim_answer *answer)
{
	char room[128];
	struct es_buf list;

	es_buf_init_fixed(&list, room, sizeof room);
	for (uint8_t i = ESIM_SHARED_NUMBER; esim_service_names[i] != NULL; i++)
		if (esim_offers_service(facts, i))
			es_put_printf(&list, "%s%s", list.len > 0 ? "," : "", esim_service_names[i]);
	const struct es_slice kept = es_arena_copy(answer->arena, es_buf_slice(&list));
	answer->is_short = answer->is_short || (list.len > 0 && kept.ptr == NULL);
	esim_answer_put(answer, NULL, "CompanionDeviceServices", kept);
}

static enum eligibility judge(bool is_incompatible, bool is_enabled)
{
	return is_incompatible ? INCOMPATIBLE : is_enabled ? ENABLED : DISABLED;
}

static void explain(const struct esim_facts *facts, struct esim_answer *answer)
{
	if (facts->not_enabled_url.len == 0)
		return;
	esim_answer_put(answer, NULL, "NotEnabledURL", facts->not_enabled_url);
	if (facts->not_enabled_user_data.len > 0)
		esim_answer_put(answer, NULL, "NotEnabledUserData", facts->not_enabled_user_data);
}

static enum eligibility of_companion(const struct esim_request *request, struct esim_answer *answer)
{
	const struct esim_facts *facts = &request->facts;
	/* Without a service there is nothing to activate. */
	const bool is_enabled = facts->companion_allowed && esim_first_service(facts) != ESIM_SERVICE_NONE;
	const enum eligibility e = judge(facts->companion_incompatible, is_enabled);

	esim_answer_put_number(answer, NULL, "CompanionAppEligibility", e);
	put_services(facts, answer);
	return e;
}

/* A device that is told to come back is told so as often as MaxRefreshRequest says, and then no more (V12-ODSA-CE-08). */
static enum eligibility of_primary(const struct esim_request *request, struct esim_answer *answer)
{
	const struct esim_facts *facts = &request->facts;
	const enum eligibility e = judge(facts->primary_incompatible, facts->primary_allowed);
	const uint32_t max = facts->settings.max_refresh;

	esim_answer_put_number(answer, NULL, "PrimaryAppEligibility", e);
	if (e == DISABLED && (max == 0 || request->eligibility_polls < max))
		esim_answer_interval(answer, NULL, facts->eligibility_polling_s);
	return e;
}

static enum eligibility of_enterprise(const struct esim_request *request, struct esim_answer *answer)
{
	const enum eligibility e = judge(false, request->facts.enterprise_allowed);

	esim_answer_put_number(answer, NULL, "EnterpriseAppEligibility", e);
	return e;
}

void esim_check_eligibility(const struct esim_request *request, struct esim_answer *answer)
{
	esim_answer_begin(answer);
	const enum eligibility e = request->app == ESIM_COMPANION ? of_companion(request, answer)
	                           : request->app == ESIM_PRIMARY ? of_primary(request, answer)
	                                                          : of_enterprise(request, answer);
	if (e != ENABLED && request->app != ESIM_SERVER)
		explain(&request->facts, answer);
}

void esim_acquire_plan(const struct esim_request *request, struct esim_answer *answer)
{
	const struct esim_facts *facts = &request->facts;
	struct es_doc_node *offers = NULL;

	esim_answer_begin(answer);
	if (facts->enterprise_allowed && facts->offer_count > 0)
		offers = esim_answer_open(answer, NULL, "PlanOffers", true);
	for (size_t i = 0; offers != NULL && i < facts->offer_count; i++) {
		const struct esim_offer *plan = &facts->offers[i];
		struct es_doc_node *one = esim_answer_open(answer, offers, "PlanOffer", false);
		esim_answer_put_str(answer, one, "PlanId", plan->id);
		if (plan->name[0] != '\0')
			esim_answer_put_str(answer, one, "PlanName", plan->name);
		if (plan->description[0] != '\0')
			esim_answer_put_str(answer, one, "PlanDescription", plan->description);
	}
}
