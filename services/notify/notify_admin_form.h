/* notify_admin_form.h -- what operators may write about notifications, and how it is told them. Pure. */
#ifndef NOTIFY_ADMIN_FORM_H
#define NOTIFY_ADMIN_FORM_H

#include "es_json.h"
#include "notify_message.h"

/* What is wrong, and where; `field` NULL: nothing. */
struct notify_fault {
	const char *field, *text;
};

/* "" for a number that is none. */
const char *notify_channel_name(enum notify_channel channel);
/* 0: no such name. */
enum notify_channel notify_channel_named(const char *name);
bool notify_reason_is_known(const char *name);

/* ---- a test ---- */

struct notify_test {
	const char *apps[NOTIFY_APPS_MAX]; /* of the body */
	size_t app_count;                  /* 0: any */
	const char *terminal_id;           /* "": any */
	enum notify_channel channel;       /* 0: any but SMS */
};
/* `body` NULL: none was sent. Its texts outlive the test. */
bool notify_form_test(const cJSON *body, struct notify_test *out, struct notify_fault *fault) ES_MUST_USE;
/* Whether a registration is meant. FCM's are GCM's, too, which FCM delivers. */
bool notify_test_means(const struct notify_test *test, const char *app, const char *terminal_id,
                       enum notify_channel channel);

/* ---- a mass change ---- */

#define NOTIFY_RATE_MAX 100000
bool notify_form_rate(const cJSON *body, uint32_t *rate, struct notify_fault *fault) ES_MUST_USE;

/* 0 to 100; 100 only when all lines are gone past. `total` > 0. */
int64_t notify_percent(int64_t lines, int64_t total);
/* When a change that runs will have gone past all of its lines (wall ms): as many wake-ups a line as so far (one, where none is
 * gone past), `rate` a second. 0: cannot be told. */
int64_t notify_estimated_end(int64_t lines, int64_t total, int64_t woken, int64_t rate, int64_t now_ms);

/* ---- as JSON ---- */

/* app, app_name, channel, terminal_id, account */
void notify_write_client(struct es_json_out *j, const char *app, const char *app_name, enum notify_channel channel,
                         const char *terminal_id, const char *account);
/* "trace": the trace id in a traceparent, as Openes-Trace has it. */
void notify_write_trace(struct es_json_out *j, const char *traceparent);
/* "apps" of blank-separated ones. */
void notify_write_apps(struct es_json_out *j, const char *apps);

#endif
