/* notify_rules.c -- which account a channel is served by. */
#include "notify_rules.h"

const char *notify_rules_account(const struct notify_rules *rules, enum notify_channel channel)
{
	switch (channel) {
	case NOTIFY_GCM:
	case NOTIFY_FCM: return rules->fcm;
	case NOTIFY_WNS: return rules->wns;
	case NOTIFY_APNS: return rules->apns;
	case NOTIFY_BY_SMS: return rules->sms;
	}
	return "";
}
