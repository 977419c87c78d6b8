/* ctl_check.c -- what a crash left between policy and auth: keys without a subscriber, subscribers without keys.
 *
 * Every subscriber is asked for its keys. Keys cannot be listed, on purpose; but each that was ever ordered is in the
 * audit trail, so whoever is named there and is no subscriber is looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "es_buf.h"
#include "es_cleanup.h"
#include "es_id.h"
#include "es_json.h"
#include "es_slice.h"

#define SUBSCRIBER_PATH "/v1/tenants/{tenant}/subscribers/{imsi}"
#define KEYS_PATH SUBSCRIBER_PATH "/keys"
#define CANDIDATES_MAX (64u << 20)
/* Younger keys may belong to somebody who is being added right now. */
#define SETTLED_S 600

struct check {
	struct es_buf named; /* struct es_imsi, one after the other */
	cJSON *without_keys, *without_subscriber;
	size_t subscribers, mended;
};

static bool keys_exist(const struct ctl_answer *answer)
{
	bool exists = false;
	return answer->json != NULL && es_json_bool(answer->json, "exists", &exists) && exists;
}

/* Keys set so long ago that nobody is still at it. */
static bool keys_are_settled(const struct ctl_answer *answer)
{
	const char *updated = es_json_str(answer->json, "updated");
	struct tm tm = { 0 };

	if (updated == NULL || strptime(updated, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	return time(NULL) - timegm(&tm) >= SETTLED_S;
}

static bool note(cJSON *list, const char *imsi)
{
	cJSON *item = cJSON_CreateString(imsi);
	if (item != NULL && cJSON_AddItemToArray(list, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static int on_subscriber(struct ctl *ctl, const cJSON *item, void *user)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct check *check = user;
	struct es_imsi imsi;

	if (es_imsi_parse(es_slice_str(es_json_str(item, "imsi")), &imsi) != ES_OK)
		return CTL_OK;
	check->subscribers++;
	ctl->args.value[CTL_IMSI] = imsi.digits;
	int code = ctl_request(ctl, "GET", KEYS_PATH, NULL, &answer);
	ctl->args.value[CTL_IMSI] = NULL;
	if (code != CTL_OK)
		return code;
	return keys_exist(&answer) || note(check->without_keys, imsi.digits) ? CTL_OK : CTL_REFUSED;
}

/* "subscriber/001010000000042/keys" names an IMSI. */
static int on_record(struct ctl *ctl, const cJSON *item, void *user)
{
	struct check *check = user;
	struct es_slice rest = es_slice_str(es_json_str(item, "resource"));
	struct es_imsi imsi = { .digits = "" };

	(void)ctl;
	struct es_slice kind = es_slice_cut(&rest, '/'), text = es_slice_cut(&rest, '/');
	if (es_slice_eq_str(kind, "subscriber") && es_imsi_parse(text, &imsi) == ES_OK)
		es_put_bytes(&check->named, es_slice_of(&imsi, sizeof imsi));
	return es_buf_status(&check->named) == ES_OK
	           ? CTL_OK
	           : ctl_complain(CTL_REFUSED, "the audit trail names too many subscribers");
}

static int by_digits(const void *a, const void *b)
{
	return strncmp(((const struct es_imsi *)a)->digits, ((const struct es_imsi *)b)->digits, sizeof(struct es_imsi));
}

static int mend(struct ctl *ctl, struct check *check)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (ctl_value(ctl, CTL_MEND) == NULL)
		return CTL_OK;
	int code = ctl_request(ctl, "DELETE", KEYS_PATH, NULL, &answer);
	check->mended += code == CTL_OK;
	return code;
}

/* --imsi is set. */
static int look_at(struct ctl *ctl, struct check *check)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer subscriber = { .status = 0 }, keys = { .status = 0 };

	int code = ctl_ask(ctl, "GET", SUBSCRIBER_PATH, NULL, &subscriber);
	if (code == CTL_OK)
		return CTL_OK;
	if (subscriber.status != 404)
		return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
	code = ctl_request(ctl, "GET", KEYS_PATH, NULL, &keys);
	if (code != CTL_OK || !keys_exist(&keys) || !keys_are_settled(&keys))
		return code;
	return note(check->without_subscriber, ctl_value(ctl, CTL_IMSI)) ? mend(ctl, check) : CTL_REFUSED;
}

static int look_at_named(struct ctl *ctl, struct check *check)
{
	size_t count = check->named.len / sizeof(struct es_imsi);
	struct es_imsi last = { .digits = "" };
	int code = CTL_OK;

	if (count > 0)
		qsort(check->named.ptr, count, sizeof(struct es_imsi), by_digits);
	for (size_t i = 0; i < count && code == CTL_OK; i++) {
		struct es_imsi imsi;
		memcpy(&imsi, check->named.ptr + i * sizeof imsi, sizeof imsi);
		if (by_digits(&imsi, &last) == 0)
			continue;
		last = imsi;
		ctl->args.value[CTL_IMSI] = imsi.digits;
		code = look_at(ctl, check);
		ctl->args.value[CTL_IMSI] = NULL;
	}
	return code;
}

static void print_list(const cJSON *list)
{
	const cJSON *item = NULL;
	cJSON_ArrayForEach(item, list)(void) printf("  %s\n", item->valuestring);
}

static void report(const struct ctl *ctl, const struct check *check)
{
	int keyless = cJSON_GetArraySize(check->without_keys), orphans = cJSON_GetArraySize(check->without_subscriber);

	if (ctl_wants_json(ctl)) {
		cJSON *json = cJSON_CreateObject();
		(void)cJSON_AddNumberToObject(json, "subscribers", (double)check->subscribers);
		(void)cJSON_AddItemReferenceToObject(json, "without_keys", check->without_keys);
		(void)cJSON_AddItemReferenceToObject(json, "keys_without_subscriber", check->without_subscriber);
		(void)cJSON_AddNumberToObject(json, "mended", (double)check->mended);
		ctl_print_json(json);
		cJSON_Delete(json);
		return;
	}
	(void)printf("%zu subscribers\n%d without keys%s\n", check->subscribers, keyless,
	             keyless > 0 ? ": give them with openesctl keys set, unless an HSS has them" : "");
	print_list(check->without_keys);
	(void)printf("%d keys without a subscriber", orphans);
	if (orphans > 0)
		(void)printf(": %s", check->mended > 0 ? "removed" : "openesctl check --mend removes them");
	(void)putchar('\n');
	print_list(check->without_subscriber);
}

int ctl_run_check(struct ctl *ctl)
{
	static const uint8_t of_tenant[] = { CTL_TENANT, CTL_NONE };
	struct check check = { .without_keys = cJSON_CreateArray(), .without_subscriber = cJSON_CreateArray() };
	int code = CTL_REFUSED;

	es_buf_init(&check.named, CANDIDATES_MAX);
	if (check.without_keys != NULL && check.without_subscriber != NULL)
		code = ctl_pages(ctl, "/v1/tenants/{tenant}/subscribers", NULL, 0, on_subscriber, &check);
	if (code == CTL_OK)
		code = ctl_pages(ctl, "/v1/audit", of_tenant, 0, on_record, &check);
	if (code == CTL_OK)
		code = look_at_named(ctl, &check);
	if (code == CTL_OK) {
		report(ctl, &check);
		size_t orphans = (size_t)cJSON_GetArraySize(check.without_subscriber);
		code = cJSON_GetArraySize(check.without_keys) > 0 || check.mended < orphans ? CTL_REFUSED : CTL_OK;
	}
	es_buf_free(&check.named);
	cJSON_Delete(check.without_keys);
	cJSON_Delete(check.without_subscriber);
	return code;
}
