/* ctl_subscriber.c -- adding and removing: a subscriber is policy's, its keys are auth's, and a crash may come between.
 *
 * Keys first, subscriber last; removal the other way. So what is left over is keys nobody can use, never a subscriber
 * whose phone is turned away. `openesctl check` finds those. */
#include <stdio.h>

#include "ctl_secret.h"
#include "es_cleanup.h"
#include "es_json.h"

#define SUBSCRIBER_PATH "/v1/tenants/{tenant}/subscribers/{imsi}"
#define KEYS_PATH SUBSCRIBER_PATH "/keys"
#define SWAP_PATH SUBSCRIBER_PATH ":swap-sim"

/* Seals and sends the keys of the SIM of --imsi. */
static int keys_send(struct ctl *ctl, const struct ctl_secret *secret)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct ctl_sealer sealer;

	int code = ctl_sealer_open(ctl, &sealer);
	if (code != CTL_OK)
		return code;
	code = ctl_keys_put(ctl, &sealer, ctl_value(ctl, CTL_IMSI), secret, &answer);
	return code == CTL_OK ? CTL_OK : ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

int ctl_run_keys_set(struct ctl *ctl)
{
	ES_CLEANUP(ctl_secret_wipe) struct ctl_secret secret = { .has_sqn = false };

	int code = ctl_secret_read(ctl, &secret);
	if (code == CTL_OK)
		code = keys_send(ctl, &secret);
	if (code != CTL_OK)
		return code;
	if (ctl_wants_json(ctl))
		(void)puts("{}");
	ctl_say(ctl, "the keys are set");
	return CTL_OK;
}

enum ctl_undo ctl_keys_undo(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer there = { .status = 0 }, gone = { .status = 0 };

	if (ctl_ask(ctl, "GET", SUBSCRIBER_PATH, NULL, &there) == CTL_OK)
		return CTL_KEPT;
	if (there.status != 404)
		return CTL_LEFT;
	return ctl_ask(ctl, "DELETE", KEYS_PATH, NULL, &gone) == CTL_OK || gone.status == 404 ? CTL_UNDONE : CTL_LEFT;
}

static void undo_and_say(struct ctl *ctl)
{
	static const char *const said[] = {
		[CTL_UNDONE] = "  nothing was left half done: its keys are removed again\n",
		[CTL_KEPT] = "  the keys are set, the rest is not: run the same command again\n",
		[CTL_LEFT] = "  its keys may still be there; openesctl check --mend removes them\n",
	};
	(void)fputs(said[ctl_keys_undo(ctl)], stderr);
}

/* Would the server take it? Asked before keys are touched: those that were there cannot be brought back. */
static int attempt(struct ctl *ctl, const char *method, const char *path, const cJSON *body)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	return ctl_request(ctl, method, path, body, &answer);
}

static int add_with_keys(struct ctl *ctl, const cJSON *body)
{
	ES_CLEANUP(ctl_secret_wipe) struct ctl_secret secret = { .has_sqn = false };

	int code = ctl_secret_read(ctl, &secret);
	if (code == CTL_OK)
		code = attempt(ctl, "PUT", SUBSCRIBER_PATH "?dry_run=true", body);
	return code == CTL_OK ? keys_send(ctl, &secret) : code;
}

int ctl_run_subscriber_add(struct ctl *ctl)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (body == NULL || cJSON_AddStringToObject(body, "imsi", ctl_value(ctl, CTL_IMSI)) == NULL)
		return ctl_complain(CTL_REFUSED, "out of memory");
	int code = ctl_fill(ctl, body);
	bool with_keys = ctl_secret_is_given(ctl);
	if (code == CTL_OK && with_keys)
		code = add_with_keys(ctl, body);
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

/* The new SIM's keys, once the server has said that it would swap. */
static int swap_keys(struct ctl *ctl, const cJSON *body, char *sim)
{
	ES_CLEANUP(ctl_secret_wipe) struct ctl_secret secret = { .has_sqn = false };
	char *old = ctl->args.value[CTL_IMSI];

	int code = ctl_secret_read(ctl, &secret);
	if (code == CTL_OK)
		code = attempt(ctl, "POST", SWAP_PATH "?dry_run=true", body);
	if (code != CTL_OK)
		return code;
	ctl->args.value[CTL_IMSI] = sim;
	code = keys_send(ctl, &secret);
	ctl->args.value[CTL_IMSI] = old;
	return code;
}

/* The new SIM's keys first, then the subscriber, the old SIM's keys last. */
int ctl_run_swap_sim(struct ctl *ctl)
{
	char *old_imsi = ctl->args.value[CTL_IMSI], *new_imsi = ctl->args.value[CTL_NEW_IMSI];
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 }, old_keys = { .status = 0 };
	ES_CLEANUP(es_json_done) cJSON *body = new_imsi != NULL ? cJSON_CreateObject() : NULL;
	char *sim = new_imsi != NULL ? new_imsi : old_imsi;
	bool with_keys = ctl_secret_is_given(ctl);

	if (new_imsi != NULL && (body == NULL || cJSON_AddStringToObject(body, "new_imsi", new_imsi) == NULL))
		return ctl_complain(CTL_REFUSED, "out of memory");
	int code = with_keys ? swap_keys(ctl, body, sim) : CTL_OK;
	if (code != CTL_OK)
		return code;
	code = ctl_request(ctl, "POST", SWAP_PATH, body, &answer);
	if (code != CTL_OK) {
		ctl->args.value[CTL_IMSI] = sim;
		if (with_keys)
			undo_and_say(ctl);
		return code;
	}
	if (new_imsi != NULL && ctl_ask(ctl, "DELETE", KEYS_PATH, NULL, &old_keys) != CTL_OK && old_keys.status != 404)
		(void)ctl_complain(CTL_OK, "the old SIM's keys are still there: %s\n  openesctl check --mend removes them",
		                   ctl_api_problem(ctl->api));
	if (ctl_wants_json(ctl))
		ctl_print_json(answer.json);
	ctl_say(ctl, "%s is the SIM now; what phones still hold of the old one is void", sim);
	return CTL_OK;
}
