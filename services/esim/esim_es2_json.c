/* esim_es2_json.c -- status, ICCID and EID as ES2+ writes them (SGP.22 6.5.1). */
#include "esim_es2_json.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

/* Dotted numbers: they go into logs and are compared with a table. */
static void keep_code(const cJSON *data, const char *name, char out[16])
{
	const char *text = es_json_str(data, name);

	out[0] = '\0';
	if (text != NULL && text[strspn(text, "0123456789.")] == '\0' && strlen(text) < 16)
		(void)es_slice_to_str(es_slice_str(text), out, 16);
}

es_status esim_es2_status_read(const cJSON *status, struct esim_es2_status *out)
{
	static const char *const names[] = { "Executed-Success", "Executed-WithWarning", "Failed", "Expired" };
	const char *said = cJSON_IsObject(status) ? es_json_str(status, "status") : NULL;
	size_t i = 0;

	while (i < ES_COUNT(names) && !es_slice_eq_nocase(es_slice_str(said), es_slice_str(names[i])))
		i++;
	if (i == ES_COUNT(names))
		return ES_MALFORMED;
	memset(out, 0, sizeof *out);
	out->status = (enum esim_es2_execution)i;
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(status, "statusCodeData");
	if (cJSON_IsObject(data)) {
		keep_code(data, "subjectCode", out->subject);
		keep_code(data, "reasonCode", out->reason);
	}
	return ES_OK;
}

bool esim_es2_iccid(struct es_slice text, char out[ESIM_ICCID + 1])
{
	size_t len = text.len;

	if (len > ESIM_ICCID)
		return false;
	while (len > 0 && (text.ptr[len - 1] == 'F' || text.ptr[len - 1] == 'f'))
		len--;
	const struct es_slice digits = es_slice_sub(text, 0, len);
	return len >= 18 && es_text_is_digits(digits) && es_slice_to_str(digits, out, ESIM_ICCID + 1);
}

void esim_es2_eid(const cJSON *object, char out[ESIM_EID + 1])
{
	const struct es_slice eid = es_slice_str(es_json_str(object, "eid"));

	out[0] = '\0';
	if (eid.len == ESIM_EID && es_text_is_digits(eid))
		(void)es_slice_to_str(eid, out, ESIM_EID + 1);
}
