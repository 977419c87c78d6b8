/* esim_es2.c -- ES2+ orders to an SM-DP+: bodies (SGP.22 5.3.1 to 5.3.4, 6.5.1) and reading answers. */
#include "esim_es2.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_es2_json.h"

#define ICCID_NIBBLES 20

const char *const esim_es2_names[ESIM_ES2_FUNCTIONS] = {
	[ESIM_ES2_DOWNLOAD_ORDER] = "downloadOrder",
	[ESIM_ES2_CONFIRM_ORDER] = "confirmOrder",
	[ESIM_ES2_CANCEL_ORDER] = "cancelOrder",
	[ESIM_ES2_RELEASE_PROFILE] = "releaseProfile",
};

static bool is_told(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* ---- requests ---- */

static void put(struct es_json_out *j, const char *name, const char *text)
{
	if (is_told(text))
		es_json_put_str(j, name, text);
}

/* Servers before version 2.2 insist on 20 characters; of the two that 18 digits would need no server's schema knows. */
static void put_iccid(struct es_json_out *j, const char *iccid)
{
	char padded[ESIM_ICCID + 2];

	(void)snprintf(padded, sizeof padded, "%s%s", iccid, strlen(iccid) == ICCID_NIBBLES - 1 ? "F" : "");
	es_json_put_str(j, "iccid", padded);
}

static void write_confirm(struct es_json_out *j, const struct esim_es2_request *r)
{
	if (r->matching_id != NULL)
		es_json_put_str(j, "matchingId", r->matching_id);
	put(j, "confirmationCode", r->confirmation_code);
	put(j, "smdsAddress", r->smds_address);
	es_json_put_bool(j, "releaseFlag", r->release);
}

es_status esim_es2_write(const struct esim_es2_request *r, const char *requester, struct es_buf *out)
{
	const bool needs_iccid = r->function != ESIM_ES2_DOWNLOAD_ORDER || !is_told(r->profile_type);
	struct es_json_out j = es_json_to(out);
	char digits[ESIM_ICCID + 1] = "";

	if ((needs_iccid || is_told(r->iccid)) && !esim_es2_iccid(es_slice_str(r->iccid), digits))
		return ES_MALFORMED;
	es_json_object(&j, NULL);
	es_json_object(&j, "header");
	es_json_put_str(&j, "functionRequesterIdentifier", requester);
	es_json_put_str(&j, "functionCallIdentifier", r->call_id);
	es_json_end_object(&j);
	if (digits[0] != '\0')
		put_iccid(&j, digits);
	if (r->function != ESIM_ES2_RELEASE_PROFILE)
		put(&j, "eid", r->eid);
	if (r->function == ESIM_ES2_DOWNLOAD_ORDER)
		put(&j, "profileType", r->profile_type);
	if (r->function == ESIM_ES2_CONFIRM_ORDER)
		write_confirm(&j, r);
	if (r->function == ESIM_ES2_CANCEL_ORDER) {
		put(&j, "matchingId", r->matching_id);
		es_json_put_str(&j, "finalProfileStatusIndicator", r->reusable ? "Available" : "Unavailable");
	}
	es_json_end_object(&j);
	return es_buf_status(out);
}

/* ---- answers ---- */

static void hear(struct esim_heard *out, enum esim_heard_outcome outcome, const char *reason)
{
	out->outcome = outcome;
	(void)snprintf(out->reason, sizeof out->reason, "%s", reason);
}

static bool is_of(const char *text, const char *more)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') &&
		    strchr(more, *c) == NULL)
			return false;
	return true;
}

/* A member that goes into an activation code, where "$" parts the fields: false when it cannot. */
static bool keep(const cJSON *json, const char *name, const char *more, char *out, size_t size)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, name);

	if (member == NULL || cJSON_IsNull(member))
		return true;
	if (!cJSON_IsString(member) || !is_of(member->valuestring, more) || strlen(member->valuestring) >= size)
		return false;
	return es_slice_to_str(es_slice_str(member->valuestring), out, size);
}

/* What is wrong there will be so each time, and each time another profile may be taken: a person has to look. */
static void read_ordered(const struct esim_es2_request *r, const cJSON *json, struct esim_heard *out)
{
	char asked[ESIM_ICCID + 1] = "";
	const cJSON *told = cJSON_GetObjectItemCaseSensitive(json, "iccid");
	const bool is_named = is_told(r->iccid) && esim_es2_iccid(es_slice_str(r->iccid), asked);

	if (told == NULL && is_named)
		(void)snprintf(out->iccid, sizeof out->iccid, "%s", asked);
	else if (!esim_es2_iccid(es_slice_str(cJSON_GetStringValue(told)), out->iccid))
		hear(out, ESIM_HEARD_REFUSED, "its answer names no profile");
	else if (is_named && strcmp(asked, out->iccid) != 0)
		hear(out, ESIM_HEARD_REFUSED, "its answer names another profile");
}

static void read_confirmed(const struct esim_es2_request *r, const cJSON *json, struct esim_heard *out)
{
	bool is_good = keep(json, "matchingId", "-._:/+*%", out->matching_id, sizeof out->matching_id);

	esim_es2_eid(json, out->eid);
	if (r->matching_id != NULL && out->matching_id[0] == '\0')
		(void)snprintf(out->matching_id, sizeof out->matching_id, "%s", r->matching_id);
	else if (out->matching_id[0] == '\0')
		is_good = false;
	if (!is_good)
		hear(out, ESIM_HEARD_REFUSED, "its answer has no matching id that can be used");
	else if (!keep(json, "smdpAddress", "-.", out->smdp_address, sizeof out->smdp_address))
		hear(out, ESIM_HEARD_REFUSED, "its answer has an SM-DP+ address that cannot be used");
}

/* By what we had named, since the answer that said more is lost. */
static void conclude(const struct esim_es2_request *r, struct esim_heard *out)
{
	if (r->function == ESIM_ES2_DOWNLOAD_ORDER)
		(void)esim_es2_iccid(es_slice_str(r->iccid), out->iccid);
	if (r->function == ESIM_ES2_CONFIRM_ORDER)
		(void)snprintf(out->matching_id, sizeof out->matching_id, "%s", r->matching_id);
}

static void read_failed(const struct esim_es2_request *r, const struct esim_es2_status *status, struct esim_heard *out)
{
	out->outcome = esim_es2_meaning(r, status->subject, status->reason);
	esim_es2_words(status->subject, status->reason, out->reason, sizeof out->reason);
	if (out->outcome == ESIM_HEARD_DONE)
		conclude(r, out);
}

static void read_executed(const struct esim_es2_request *r, const cJSON *json, const struct esim_es2_status *status,
                          struct esim_heard *out)
{
	hear(out, ESIM_HEARD_DONE, "");
	if (r->function == ESIM_ES2_DOWNLOAD_ORDER)
		read_ordered(r, json, out);
	if (r->function == ESIM_ES2_CONFIRM_ORDER)
		read_confirmed(r, json, out);
	if (status->status == ESIM_ES2_WARNING && out->outcome == ESIM_HEARD_DONE)
		esim_es2_words(status->subject, status->reason, out->reason, sizeof out->reason);
}

bool esim_es2_read(const struct esim_es2_request *r, struct es_slice body, struct esim_heard *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct esim_es2_status status;

	memset(out, 0, sizeof *out);
	if (es_json_parse(body, ESIM_ES2_LIMITS, &json) != ES_OK) {
		hear(out, ESIM_HEARD_LOST, "its answer is no JSON");
		return false;
	}
	const cJSON *header = cJSON_GetObjectItemCaseSensitive(json, "header");
	if (esim_es2_status_read(cJSON_GetObjectItemCaseSensitive(header, "functionExecutionStatus"), &status) != ES_OK) {
		hear(out, ESIM_HEARD_LOST, "its answer has no status");
		return false;
	}
	if (status.status == ESIM_ES2_EXPIRED)
		hear(out, ESIM_HEARD_UNHEARD, "expired before it was executed");
	else if (status.status == ESIM_ES2_FAILED)
		read_failed(r, &status, out);
	else
		read_executed(r, json, &status, out);
	return true;
}
