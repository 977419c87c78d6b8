/* notify_sms_body.h -- what goes to an HTTP SMS gateway, from a template, and what its answer means. Pure. */
#ifndef NOTIFY_SMS_BODY_H
#define NOTIFY_SMS_BODY_H

#include <stdbool.h>

#include "es_buf.h"
#include "es_slice.h"
#include "notify_message.h"

struct notify_sms_values {
	struct es_slice to, from, text;
	struct es_slice udh, data; /* of a wake-up, in hexadecimal */
};

/* Whether the template names {to} and {text}. */
bool notify_sms_template_is_usable(const char *template);
/* Whether it names {to}, {udh} and {data}: one for wake-ups. */
bool notify_sms_template_wakes(const char *template);
/* JSON: as the inside of a string literal; else application/x-www-form-urlencoded. */
void notify_sms_body(const char *template, bool is_json, const struct notify_sms_values *values, struct es_buf *out);
/* What an HTTP answer means for a wake-up; a text has one try. `retry_after_s` -1: none. */
void notify_sms_heard(long code, int64_t retry_after_s, struct notify_heard *out);

#endif
