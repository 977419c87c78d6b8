/* notify_message.c -- the names of what becomes of messages. */
#include "notify_message.h"

const char *const notify_reason_names[NOTIFY_REASONS] = {
	[NOTIFY_WHY_NONE] = "none",
	[NOTIFY_WHY_TOKEN] = "token",
	[NOTIFY_WHY_SENDER] = "sender",
	[NOTIFY_WHY_MESSAGE] = "message",
	[NOTIFY_WHY_CREDENTIAL] = "credential",
	[NOTIFY_WHY_DEVICE_RATE] = "device_rate",
	[NOTIFY_WHY_RATE] = "rate",
	[NOTIFY_WHY_PROVIDER] = "provider",
	[NOTIFY_WHY_UNREACHABLE] = "unreachable",
	[NOTIFY_WHY_NOT_READABLE] = "not_readable",
	[NOTIFY_WHY_EXPIRED] = "expired",
	[NOTIFY_WHY_NO_ACCOUNT] = "no_account",
	[NOTIFY_WHY_NO_NUMBER] = "no_number",
};

const char *const notify_channel_names[NOTIFY_CHANNELS] = {
	[NOTIFY_GCM] = "gcm", [NOTIFY_FCM] = "fcm", [NOTIFY_WNS] = "wns", [NOTIFY_APNS] = "apns", [NOTIFY_BY_SMS] = "sms",
};
