/* policy_n5g.c -- EquipmentStatus and ProblemDetails. */
#include "policy_n5g.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"

es_status policy_n5g_write_url(const char *root, const struct policy_imei *imei, struct es_buf *out)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	es_put_printf(out, "%.*s/n5g-eir-eic/v1/equipment-status?pei=imei-%s%c", (int)len, root, imei->digits,
	              policy_imei_check_digit(imei->digits));
	es_put_u8(out, 0);
	return es_buf_status(out);
}

static uint8_t read_status(const cJSON *json, const char **why)
{
	static const struct {
		const char *name;
		uint8_t state;
	} states[] = {
		{ "WHITELISTED", POLICY_EQUIPMENT_ALLOWED },
		{ "GREYLISTED", POLICY_EQUIPMENT_TRACKED },
		{ "BLACKLISTED", POLICY_EQUIPMENT_BLOCKED },
	};
	const char *status = cJSON_IsObject(json) ? es_json_str(json, "status") : NULL;

	for (size_t i = 0; status != NULL && i < ES_COUNT(states); i++)
		if (strcmp(status, states[i].name) == 0)
			return states[i].state;
	*why = "200 without a status that is known";
	return POLICY_EQUIPMENT_UNAVAILABLE;
}

static uint8_t read_problem(const cJSON *json, bool is_empty, const char **why)
{
	const char *cause = cJSON_IsObject(json) ? es_json_str(json, "cause") : NULL;

	if (is_empty || (cJSON_IsObject(json) && (cause == NULL || strcmp(cause, "ERROR_EQUIPMENT_UNKNOWN") == 0)))
		return POLICY_EQUIPMENT_UNKNOWN;
	*why = "404 that is not about the device";
	return POLICY_EQUIPMENT_UNAVAILABLE;
}

uint8_t policy_n5g_read(long code, struct es_slice body, const char **why)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	*why = "";
	if (code != 200 && code != 404) {
		*why = "an answer other than 200 and 404";
		return POLICY_EQUIPMENT_UNAVAILABLE;
	}
	if (body.len > 0 && es_json_parse(body, ES_JSON_SMALL, &json) != ES_OK) {
		*why = "an answer that is not JSON";
		return POLICY_EQUIPMENT_UNAVAILABLE;
	}
	return code == 200 ? read_status(json, why) : read_problem(json, body.len == 0, why);
}
