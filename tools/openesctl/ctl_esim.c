/* ctl_esim.c -- an order with the steps it has gone, and a profile that another channel activated. */
#include "ctl.h"
#include "ctl_view.h"
#include "es_cleanup.h"
#include "es_json.h"

#define OUTPUT_MAX (1u << 20)

static const struct ctl_view steps_view = { (const struct ctl_column[]){ { "AT", "at", 20 },
	                                                                     { "STEP", "step", 14 },
	                                                                     { "OUTCOME", "outcome", 9 },
	                                                                     { "WHY", "reason", 0 },
	                                                                     { NULL, NULL, 0 } } };

static int print_order(cJSON *order)
{
	cJSON *steps = cJSON_DetachItemFromObjectCaseSensitive(order, "steps");
	struct es_buf text;

	es_buf_init(&text, OUTPUT_MAX);
	ctl_view_object(order, &text);
	es_put_u8(&text, '\n');
	ctl_view_lines(&steps_view, steps, true, &text);
	cJSON_Delete(steps);
	return ctl_print(&text);
}

int ctl_run_order_show(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	int code = ctl_request(ctl, "GET", ctl->args.command->path, NULL, &answer);

	if (code != CTL_OK || ctl_wants_json(ctl))
		return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
	return print_order(answer.json);
}

int ctl_run_profile_put(struct ctl *ctl)
{
	const char *file = ctl_value(ctl, CTL_FILE);
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (file == NULL)
		body = cJSON_CreateObject();
	int code = file != NULL ? ctl_json_file(file, &body) : CTL_OK;
	if (code == CTL_OK)
		code = ctl_fill(ctl, body);
	if (code == CTL_OK)
		code = ctl_request(ctl, "PUT", ctl->args.command->path, body, &answer);
	return code == CTL_OK ? ctl_print_object(ctl, answer.json) : code;
}
