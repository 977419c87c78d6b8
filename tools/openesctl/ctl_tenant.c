/* ctl_tenant.c -- the tenant that need not be named, since there is no other. */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "es_cleanup.h"
#include "es_json.h"

static int name_them(const cJSON *tenants)
{
	char storage[512];
	struct es_buf names;
	const cJSON *tenant = NULL;

	if (cJSON_GetArraySize(tenants) == 0)
		return ctl_complain(CTL_USAGE, "there is no tenant yet; openesctl tenant set --help shows how to make one");
	es_buf_init_fixed(&names, storage, sizeof storage);
	cJSON_ArrayForEach(tenant, tenants)
		es_put_printf(&names, "%s%s", names.len > 0 ? ", " : "", es_json_str(tenant, "id"));
	return ctl_complain(CTL_USAGE, "say which tenant, with --tenant or the variable OPENES_TENANT: " ES_SLICE_FMT,
	                    ES_SLICE_ARG(es_buf_slice(&names)));
}

int ctl_tenant_default(struct ctl *ctl)
{
	static char id[64];
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (ctl_value(ctl, CTL_TENANT) != NULL)
		return CTL_OK;
	int code = ctl_request(ctl, "GET", "/v1/tenants?limit=20", NULL, &answer);
	if (code != CTL_OK)
		return code;
	const cJSON *tenants = cJSON_GetObjectItemCaseSensitive(answer.json, "items");
	const char *only = cJSON_GetArraySize(tenants) == 1 ? es_json_str(tenants->child, "id") : NULL;
	if (only == NULL || strlen(only) >= sizeof id)
		return name_them(tenants);
	memcpy(id, only, strlen(only) + 1);
	ctl->args.value[CTL_TENANT] = id;
	return CTL_OK;
}
