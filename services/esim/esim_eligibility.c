/* esim_eligibility.c -- CheckEligibility (TS.43 6.5.2): may this subscriber use the ODSA application? */
#include "esim_eligibility.h"

#include <string.h>

#include "es_cleanup.h"

/* In the order they are listed. */
static const char *const services[] = { "SharedNumber", "DiffNumber", "FamilyNumber" };

static bool offers(const struct esim_facts *facts, const char *service)
{
	for (size_t i = 0; i < facts->companion_service_count; i++)
		if (es_slice_eq_nocase(facts->companion_services[i], es_slice_str(service)))
			return true;
	return false;
}

/* The specification's own words, each once, with commas between. */
static struct es_slice list_services(const struct esim_facts *facts, struct esim_answer *answer)
{
	char *start = answer->text + answer->text_len;
	size_t len = 0;

	for (size_t i = 0; i < ES_COUNT(services); i++) {
		const size_t name_len = strlen(services[i]);
		if (!offers(facts, services[i]) || answer->text_len + len + 1 + name_len > sizeof answer->text)
			continue;
		if (len > 0)
			start[len++] = ',';
		memcpy(start + len, services[i], name_len);
		len += name_len;
	}
	answer->text_len += len;
	return es_slice_of(start, len);
}

/* 0 DISABLED, 1 ENABLED. 2 INCOMPATIBLE speaks of the device, which policy's facts do not. */
static struct es_slice eligibility(bool is_enabled)
{
	return is_enabled ? ES_SLICE_LIT("1") : ES_SLICE_LIT("0");
}

static void explain(const struct esim_facts *facts, struct esim_answer *answer)
{
	if (facts->not_enabled_url.len == 0)
		return;
	esim_answer_add(answer, "NotEnabledURL", facts->not_enabled_url);
	if (facts->not_enabled_user_data.len > 0)
		esim_answer_add(answer, "NotEnabledUserData", facts->not_enabled_user_data);
}

void esim_check_eligibility(const struct esim_request *request, struct esim_answer *answer)
{
	const struct esim_facts *facts = &request->facts;
	bool is_enabled = facts->primary_allowed;

	if (request->app == ESIM_COMPANION) {
		const struct es_slice list = list_services(facts, answer);
		is_enabled = facts->companion_allowed && list.len > 0; /* without a service there is nothing to activate */
		esim_answer_add(answer, "CompanionAppEligibility", eligibility(is_enabled));
		esim_answer_add(answer, "CompanionDeviceServices", list);
	} else {
		esim_answer_add(answer, "PrimaryAppEligibility", eligibility(is_enabled));
	}
	if (!is_enabled)
		explain(facts, answer);
}
