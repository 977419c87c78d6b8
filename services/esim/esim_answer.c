/* esim_answer.c -- names and order of parameters as TS.43 6.5 has them. Pure. */
#include "esim_answer.h"

#include <string.h>

#include "es_buf.h"
#include "es_text.h"

void esim_answer_put(struct esim_answer *answer, struct es_doc_node *parent, const char *name, struct es_slice value)
{
	struct es_doc_node *under = parent != NULL ? parent : answer->root;

	if (under == NULL || es_doc_parm(answer->arena, under, es_slice_str(name), value) == NULL)
		answer->is_short = true;
}

void esim_answer_put_str(struct esim_answer *answer, struct es_doc_node *parent, const char *name, const char *value)
{
	esim_answer_put(answer, parent, name, es_slice_str(value));
}

void esim_answer_put_number(struct esim_answer *answer, struct es_doc_node *parent, const char *name, int64_t value)
{
	const char *text = es_arena_printf(answer->arena, "%lld", (long long)value);

	esim_answer_put_str(answer, parent, name, text != NULL ? text : "");
	answer->is_short = answer->is_short || text == NULL;
}

struct es_doc_node *esim_answer_open(struct esim_answer *answer, struct es_doc_node *parent, const char *name,
                                     bool is_list)
{
	struct es_doc_node *under = parent != NULL ? parent : answer->root;
	struct es_doc_node *node =
		under != NULL ? es_doc_characteristic(answer->arena, under, es_slice_str(name), is_list) : NULL;

	answer->is_short = answer->is_short || node == NULL;
	return node;
}

void esim_answer_result(struct esim_answer *answer, enum esim_result result, const char *reason)
{
	answer->verdict = ESIM_ANSWERS;
	answer->result = result;
	answer->reason = reason;
	answer->root = es_doc_characteristic(answer->arena, NULL, ES_SLICE_LIT(""), false);
	esim_answer_put_number(answer, NULL, "OperationResult", result);
}

void esim_answer_begin(struct esim_answer *answer)
{
	esim_answer_result(answer, ESIM_SUCCESS, "");
}

void esim_answer_subscription(struct esim_answer *answer, enum esim_subscription result)
{
	esim_answer_begin(answer);
	esim_answer_put_number(answer, NULL, "SubscriptionResult", result);
}

void esim_answer_done(struct esim_answer *answer)
{
	esim_answer_subscription(answer, ESIM_ALL_DONE);
}

void esim_answer_sheet(const struct esim_request *request, struct esim_answer *answer)
{
	const struct esim_facts *facts = &request->facts;

	esim_answer_subscription(answer, ESIM_TO_SHEET);
	answer->verdict = ESIM_ASKS_SHEET;
	esim_answer_put_str(answer, NULL, "SubscriptionServiceURL", facts->sheet_url);
	if (facts->sheet_user_data[0] != '\0')
		esim_answer_put_str(answer, NULL, "SubscriptionServiceUserData", facts->sheet_user_data);
	if (facts->sheet_contents_type[0] != '\0')
		esim_answer_put_str(answer, NULL, "SubscriptionServiceContentsType", facts->sheet_contents_type);
}

/* With `prefix` before it, in Base64. */
static void put_base64(struct esim_answer *answer, struct es_doc_node *parent, const char *name, const char *prefix,
                       const char *plain)
{
	struct es_buf text;

	es_buf_init(&text, 2048);
	es_put_str(&text, prefix);
	es_base64_encode(es_slice_str(plain), &text);
	const struct es_slice kept = es_arena_copy(answer->arena, es_buf_slice(&text));
	answer->is_short = answer->is_short || es_buf_status(&text) != ES_OK || kept.ptr == NULL;
	es_buf_wipe(&text);
	esim_answer_put(answer, parent, name, kept);
}

/* TS.43 T41: by address and ICCID, or by activation code, which is Base64. */
void esim_answer_download(struct esim_answer *answer, struct es_doc_node *parent, const struct esim_profile *profile)
{
	struct es_doc_node *info = esim_answer_open(answer, parent, "DownloadInfo", false);

	if (profile->by_address) {
		esim_answer_put_str(answer, info, "ProfileIccid", profile->iccid);
		esim_answer_put_str(answer, info, "ProfileSmdpAddress", profile->smdp_address);
	} else {
		put_base64(answer, info, "ProfileActivationCode", "", profile->activation_code);
	}
}

void esim_answer_interval(struct esim_answer *answer, struct es_doc_node *parent, int64_t seconds)
{
	if (seconds <= 0)
		return;
	const bool is_minutes = seconds % 60 == 0;
	esim_answer_put_number(answer, parent, "PollingInterval", is_minutes ? seconds / 60 : seconds);
	if (!is_minutes)
		esim_answer_put_number(answer, parent, "PollingIntervalUnit", 1);
}

void esim_answer_primary(const struct esim_request *request, struct esim_answer *answer,
                         const struct esim_profile *profile)
{
	struct es_doc_node *one = esim_answer_open(answer, NULL, "PrimaryConfiguration", false);

	(void)request;
	esim_answer_put_str(answer, one, "ICCID", profile->iccid);
	esim_answer_put_number(answer, one, "ServiceStatus", profile->status);
	esim_answer_download(answer, one, profile);
}
