/* notify_register.h -- what a notif_action with its notif_token asks for, and what is answered (TS.43 2.3, 2.9.5). Pure. */
#ifndef NOTIFY_REGISTER_H
#define NOTIFY_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_slice.h"

/* notif_action, where it names a channel; and SMS, which needs no registration. */
enum notify_channel { NOTIFY_GCM = 1, NOTIFY_FCM = 2, NOTIFY_WNS = 3, NOTIFY_APNS = 4, NOTIFY_BY_SMS = 5 };

/* RegisterNotifStatus. */
enum notify_status { NOTIFY_SUCCESS = 0, NOTIFY_INVALID_TOKEN = 1, NOTIFY_DUPLICATE_TOKEN = 2 };
#define NOTIFY_STATUS_COUNT 3

enum notify_wish { NOTIFY_REFUSE, NOTIFY_DISABLE, NOTIFY_ENABLE };

/* What is asked for; `channel` is written for NOTIFY_ENABLE. NOTIFY_REFUSE is answered with INVALID TOKEN: an action out
 * of range (settled rule 11), no token, or one that its channel could never have given out. */
enum notify_wish notify_wish_of(int32_t action, struct es_slice token, enum notify_channel *channel);

/* Whether the token has the form of its channel. */
bool notify_token_is_valid(enum notify_channel channel, struct es_slice token);

/* The one status of a request about `apps` applications, `duplicates` of which had this very registration already
 * (settled rule 12): a duplicate only when nothing was new. */
enum notify_status notify_outcome(size_t apps, size_t duplicates);

#endif
