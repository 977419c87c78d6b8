/* notify_sms_body.h -- the body of a request to the SMS gateway, from its template. Pure. */
#ifndef NOTIFY_SMS_BODY_H
#define NOTIFY_SMS_BODY_H

#include <stdbool.h>

#include "es_buf.h"
#include "es_slice.h"

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

#endif
