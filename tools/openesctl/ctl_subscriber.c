/* ctl_subscriber.c -- adding and removing: a subscriber is policy's, its keys are auth's, and a crash may come between.
 *
 * Keys first, subscriber last; removal the other way. So what is left over is keys nobody can use, never a subscriber
 * whose phone is turned away. `openesctl check` finds those. */
#include <stdio.h>

#include "ctl_body.h"
#include "ctl_secret.h"
#include "es_cleanup.h"
#include "es_json.h"

#define SUBSCRIBER_PATH "/v1/tenants/{tenant}/subscribers/{imsi}"
#define KEYS_PATH SUBSCRIBER_PATH "/keys"

static bool gives_keys(const struct ctl *ctl)
{
	return ctl_value(ctl, CTL_K) != NULL || ctl_value(ctl, CTL_OPC) != NULL || ctl_value(ctl, CTL_OP) != NULL;
}

/* Seals and sends what --k and its friends say for the SIM `imsi`. */
static int keys_send(struct ctl *ctl, const char *imsi)
{
	ES_CLEANUP(ctl_secret_wipe) struct ctl_secret secret = { .has_sqn = false };
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct ctl_sealer sealer;

	int code = ctl_secret_read(ctl, &secret);
	if (code == CTL_OK)
		code = ctl_sealer_open(ctl, &sealer);
	if (code != CTL_OK)
		return code;
	code = ctl_keys_put(ctl, &sealer, imsi, &secret, &answer);
	return code == CTL_OK ? CTL_OK : ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

int ctl_run_keys_set(struct ctl *ctl)
{
	int code = keys_send(ctl, ctl_value(ctl, CTL_IMSI));
	if (code != CTL_OK)
		return code;
	if (ctl_wants_json(ctl))
		(void)puts("{}");
	ctl_say(ctl, "the keys are set");
	return CTL_OK;
}

/* A subscriber that could not be made leaves no keys behind; one that was there before keeps them. */
bool ctl_keys_undo(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer there = { .status = 0 }, gone = { .status = 0 };

	if (ctl_ask(ctl, "GET", SUBSCRIBER_PATH, NULL, &there) == CTL_OK)
		return true;
	if (there.status != 404)
		return false;
	return ctl_ask(ctl, "DELETE", KEYS_PATH, NULL, &gone) == CTL_OK || gone.status == 404;
}

static void undo_and_say(struct ctl *ctl)
{
	(void)fputs(ctl_keys_undo(ctl) ? "  nothing was left half done: its keys are as before, or removed again\n"
	                               : "  its keys are still there; openesctl check --mend removes them\n",
	            stderr);
}

int ctl_run_subscriber_add(struct ctl *ctl)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	uint8_t storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	if (body == NULL || cJSON_AddStringToObject(body, "imsi", ctl_value(ctl, CTL_IMSI)) == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	if (ctl_body_fill(&ctl->args, body, &error) != ES_OK)
		return ctl_complain(CTL_USAGE, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	bool with_keys = gives_keys(ctl);
	int code = with_keys ? keys_send(ctl, ctl_value(ctl, CTL_IMSI)) : CTL_OK;
	if (code != CTL_OK)
		return code;
	code = ctl_request(ctl, "PUT", SUBSCRIBER_PATH, body, &answer);
	if (code != CTL_OK) {
		if (with_keys)
			undo_and_say(ctl);
		return code;
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(answer.json);
	ctl_say(ctl, "%s %s %s", ctl_value(ctl, CTL_IMSI),
	        answer.status == 201 ? "is a subscriber now" : "was there and is as given now",
	        with_keys ? "with its keys" : "(its keys as they were)");
	return CTL_OK;
}

int ctl_run_subscriber_remove(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer subscriber = { .status = 0 }, keys = { .status = 0 };

	int code = ctl_ask(ctl, "DELETE", SUBSCRIBER_PATH, NULL, &subscriber);
	if (code != CTL_OK && subscriber.status != 404)
		return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
	/* Also when the subscriber was not there any more: this may be the second try. */
	bool was_there = code == CTL_OK;
	code = ctl_ask(ctl, "DELETE", KEYS_PATH, NULL, &keys);
	if (code != CTL_OK && keys.status != 404)
		return ctl_complain(code, "the subscriber is removed, its keys are not: %s\n  run the same command again",
		                    ctl_api_problem(ctl->api));
	if (ctl_wants_json(ctl))
		(void)printf("{\"subscriber\":\"%s\",\"keys\":\"%s\"}\n", was_there ? "removed" : "absent",
		             code == CTL_OK ? "removed" : "absent");
	ctl_say(ctl, "%s: %s", ctl_value(ctl, CTL_IMSI),
	        was_there ? "removed, with its keys" : "was no subscriber; no keys are left");
	return CTL_OK;
}

/* Puts another IMSI in the place of --imsi; gives back the one that was there. */
static char *imsi_swap(struct ctl *ctl, char *imsi)
{
	char *before = ctl->args.value[CTL_IMSI];
	ctl->args.value[CTL_IMSI] = imsi;
	return before;
}

static int swap(struct ctl *ctl, const char *new_imsi, struct ctl_answer *answer)
{
	ES_CLEANUP(es_json_done) cJSON *body = new_imsi != NULL ? cJSON_CreateObject() : NULL;

	if (new_imsi != NULL && (body == NULL || cJSON_AddStringToObject(body, "new_imsi", new_imsi) == NULL))
		return ctl_complain(CTL_REFUSED, "out of memory");
	return ctl_request(ctl, "POST", SUBSCRIBER_PATH ":swap-sim", body, answer);
}

/* The new SIM's keys first, then the subscriber, the old SIM's keys last. */
int ctl_run_swap_sim(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 }, old_keys = { .status = 0 };
	char *old_imsi = ctl->args.value[CTL_IMSI], *new_imsi = ctl->args.value[CTL_NEW_IMSI];

	(void)imsi_swap(ctl, new_imsi != NULL ? new_imsi : old_imsi);
	int code = gives_keys(ctl) ? keys_send(ctl, ctl_value(ctl, CTL_IMSI)) : CTL_OK;
	if (code != CTL_OK)
		return code;
	(void)imsi_swap(ctl, old_imsi);
	code = swap(ctl, new_imsi, &answer);
	if (code != CTL_OK && new_imsi != NULL && gives_keys(ctl)) {
		(void)imsi_swap(ctl, new_imsi);
		undo_and_say(ctl);
	}
	if (code != CTL_OK)
		return code;
	if (new_imsi != NULL && ctl_ask(ctl, "DELETE", KEYS_PATH, NULL, &old_keys) != CTL_OK && old_keys.status != 404)
		(void)ctl_complain(CTL_OK, "the old SIM's keys are still there: %s\n  openesctl check --mend removes them",
		                   ctl_api_problem(ctl->api));
	if (ctl_wants_json(ctl))
		ctl_print_json(answer.json);
	ctl_say(ctl, "%s is the SIM now; what phones still hold of the old one is void",
	        new_imsi != NULL ? new_imsi : old_imsi);
	return CTL_OK;
}
