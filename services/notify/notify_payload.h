/* notify_payload.h -- what a wake-up says, as a template of JSON that an account may have changed (TS.43 2.6.2). Pure.
 *
 *   {app}        the AppID as a JSON string, several as an array of strings (V12-NOTIF-06)
 *   {apps_text}  for inside quotes: the AppID, of several the array as text, where a provider takes strings alone
 *   {timestamp}  for inside quotes: 2026-03-01T09:30:00+00:00 (V12-NOTIF-07)
 *
 * There is no word for whose it is, so that no template can tell. */
#ifndef NOTIFY_PAYLOAD_H
#define NOTIFY_PAYLOAD_H

#include "es_buf.h"
#include "notify_message.h"

/* V12-NOTIF-05: data.app and data.timestamp. */
#define NOTIFY_PAYLOAD "{\"data\":{\"app\":{app},\"timestamp\":\"{timestamp}\"}}"
/* Background, so that the client is started without anything to be seen. */
#define NOTIFY_PAYLOAD_APNS "{\"aps\":{\"content-available\":1},\"data\":{\"app\":{app},\"timestamp\":\"{timestamp}\"}}"
/* The member `data` of its message: text values alone. */
#define NOTIFY_PAYLOAD_FCM "{\"app\":\"{apps_text}\",\"timestamp\":\"{timestamp}\"}"

void notify_payload_write(const char *template, const struct notify_message *message, struct es_buf *out);
/* NULL, or what is wrong with a template: what comes out of it is no JSON object, has no app or no timestamp, is longer than
 * `max` octets with all applications that a message may name, or, where only strings are allowed, has another value. */
const char *notify_payload_fault(const char *template, size_t max, bool only_strings);

#endif
