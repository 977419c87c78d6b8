/* notify_admin_form.c -- bodies of operators' requests, names and numbers in answers. Pure. */
#include "notify_admin_form.h"

#include <string.h>

#include "es_cleanup.h"

static const char *const channel_names[] = {
	[NOTIFY_GCM] = "gcm", [NOTIFY_FCM] = "fcm", [NOTIFY_WNS] = "wns", [NOTIFY_APNS] = "apns", [NOTIFY_BY_SMS] = "sms"
};

const char *notify_channel_name(enum notify_channel channel)
{
	const size_t i = (size_t)channel;

	return i < ES_COUNT(channel_names) && channel_names[i] != NULL ? channel_names[i] : "";
}

enum notify_channel notify_channel_named(const char *name)
{
	for (size_t i = NOTIFY_GCM; i < ES_COUNT(channel_names); i++)
		if (strcmp(name, channel_names[i]) == 0)
			return (enum notify_channel)i;
	return (enum notify_channel)0;
}

bool notify_reason_is_known(const char *name)
{
	for (size_t i = NOTIFY_WHY_NONE + 1; i < NOTIFY_REASONS; i++)
		if (strcmp(name, notify_reason_names[i]) == 0)
			return true;
	return false;
}

/* ---- members ---- */

static bool refuse(struct notify_fault *fault, const char *field, const char *text)
{
	*fault = (struct notify_fault){ field, text };
	return false;
}

/* "ap2" and three digits. */
static bool is_app(const char *text)
{
	return text != NULL && strlen(text) == 6 && strncmp(text, "ap2", 3) == 0 && strspn(text + 3, "0123456789") == 3;
}

static bool read_apps(const cJSON *value, struct notify_test *out, struct notify_fault *fault)
{
	static const char wrong[] = "must be an array of up to 16 applications: [\"ap2004\"]";
	const cJSON *item = NULL;

	if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) == 0 || cJSON_GetArraySize(value) > NOTIFY_APPS_MAX)
		return refuse(fault, "apps", wrong);
	cJSON_ArrayForEach(item, value)
	{
		const char *app = cJSON_GetStringValue(item);
		if (!is_app(app))
			return refuse(fault, "apps", wrong);
		for (size_t i = 0; i < out->app_count; i++)
			if (strcmp(out->apps[i], app) == 0)
				return refuse(fault, "apps", "names one twice");
		out->apps[out->app_count++] = app;
	}
	return true;
}

static bool read_terminal(const cJSON *value, struct notify_test *out, struct notify_fault *fault)
{
	const char *text = cJSON_GetStringValue(value);

	if (text == NULL || text[0] == '\0' || strlen(text) > 64)
		return refuse(fault, "terminal_id", "must be a device's IMEI or UUID");
	out->terminal_id = text;
	return true;
}

static bool read_channel(const cJSON *value, struct notify_test *out, struct notify_fault *fault)
{
	const char *text = cJSON_GetStringValue(value);

	out->channel = text != NULL ? notify_channel_named(text) : (enum notify_channel)0;
	return out->channel != 0 || refuse(fault, "channel", "must be one of: fcm, apns, wns, sms, gcm");
}

bool notify_form_test(const cJSON *body, struct notify_test *out, struct notify_fault *fault)
{
	static const struct {
		const char *name;
		bool (*read)(const cJSON *value, struct notify_test *out, struct notify_fault *fault);
	} members[] = { { "apps", read_apps }, { "terminal_id", read_terminal }, { "channel", read_channel } };

	*out = (struct notify_test){ .terminal_id = "" };
	for (const cJSON *value = body != NULL ? body->child : NULL; value != NULL; value = value->next) {
		size_t i = 0;
		while (i < ES_COUNT(members) && strcmp(value->string, members[i].name) != 0)
			i++;
		if (i == ES_COUNT(members))
			return refuse(fault, "body", "may have apps, terminal_id and channel");
		if (!members[i].read(value, out, fault))
			return false;
	}
	if (out->channel == NOTIFY_BY_SMS && out->app_count == 0)
		return refuse(fault, "apps", "is missing: by SMS nothing is registered, so say what for");
	if (out->channel == NOTIFY_BY_SMS && out->terminal_id[0] != '\0')
		return refuse(fault, "terminal_id", "an SMS goes to the line, not to one of its devices");
	return true;
}

bool notify_test_means(const struct notify_test *test, const char *app, const char *terminal_id,
                       enum notify_channel channel)
{
	bool is_named = test->app_count == 0;

	for (size_t i = 0; i < test->app_count; i++)
		is_named = is_named || strcmp(test->apps[i], app) == 0;
	return is_named && (test->terminal_id[0] == '\0' || strcmp(test->terminal_id, terminal_id) == 0) &&
	       (test->channel == 0 || test->channel == channel || (test->channel == NOTIFY_FCM && channel == NOTIFY_GCM));
}

/* ---- mass changes ---- */

bool notify_form_rate(const cJSON *body, uint32_t *rate, struct notify_fault *fault)
{
	int64_t value = 0;

	if (body == NULL || cJSON_GetArraySize(body) != 1 || !es_json_i64(body, "rate", &value) || value < 1 ||
	    value > NOTIFY_RATE_MAX)
		return refuse(fault, "rate", "must be a number from 1 to 100000, and nothing else");
	*rate = (uint32_t)value;
	return true;
}

int64_t notify_percent(int64_t lines, int64_t total)
{
	if (lines >= total)
		return 100;
	return lines < 0 ? 0 : (int64_t)((double)lines * 100 / (double)total);
}

int64_t notify_estimated_end(int64_t lines, int64_t total, int64_t woken, int64_t rate, int64_t now_ms)
{
	if (total < 0 || rate <= 0)
		return 0;
	const double left = total > lines ? (double)(total - lines) : 0;
	const double each = lines > 0 ? (double)woken / (double)lines : 1;
	const double ms = left * each / (double)rate * 1000;

	return ms < 1e14 ? now_ms + (int64_t)ms : 0;
}

/* ---- as JSON ---- */

void notify_write_client(struct es_json_out *j, const char *app, const char *app_name, enum notify_channel channel,
                         const char *terminal_id, const char *account)
{
	es_json_put_str(j, "app", app);
	es_json_put_str(j, "app_name", app_name);
	es_json_put_str(j, "channel", notify_channel_name(channel));
	es_json_put_str(j, "terminal_id", terminal_id);
	es_json_put_str(j, "account", account);
}

void notify_write_trace(struct es_json_out *j, const char *traceparent)
{
	const struct es_slice text = es_slice_str(traceparent);

	es_json_put(j, "trace", text.len == 55 ? es_slice_sub(text, 3, 35) : es_slice_sub(text, 0, 0));
}

void notify_write_apps(struct es_json_out *j, const char *apps)
{
	struct es_slice rest = es_slice_str(apps);

	es_json_array(j, "apps");
	while (rest.len > 0) {
		const struct es_slice app = es_slice_cut(&rest, ' ');
		if (app.len > 0)
			es_json_put(j, NULL, app);
	}
	es_json_end_array(j);
}
