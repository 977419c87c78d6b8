/* notify_message.h -- one message to one client, and what a provider made of it. Pure. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "es_slice.h"
#include "es_trace.h"
#include "notify_register.h"

#define NOTIFY_CHANNELS (NOTIFY_BY_SMS + 1)
/* By notif_action: "fcm"; [0] is NULL. */
extern const char *const notify_channel_names[NOTIFY_CHANNELS];

#define NOTIFY_APPS_MAX 16
#define NOTIFY_COLLAPSE_SIZE 33
#define NOTIFY_DETAIL_SIZE 128

/* A wake-up. It says which applications are to be asked for and since when, and nothing of what the answers are (TS.43 2.6).
 * All it points to lives until its end has been told. */
struct notify_message {
	const char *tenant, *imsi;
	enum notify_channel channel;
	struct es_slice address; /* push token as its device gave it, or an MSISDN in digits. Secret: never logged */
	const char *apps[NOTIFY_APPS_MAX]; /* AppIDs, sorted */
	size_t app_count;
	int64_t now_ms;                      /* the timestamp in it: wall ms of this try */
	int64_t expires_ms;                  /* nobody wants it any more */
	int64_t deadline;                    /* of this try, wall ms */
	uint8_t id[16];                      /* of this try: apns-id */
	char collapse[NOTIFY_COLLAPSE_SIZE]; /* the same for all messages to this client; tells nothing of whose it is */
	struct es_trace trace;
};

/* A text for a person: a one-time code. */
struct notify_text {
	struct es_slice tenant, msisdn, text; /* text: UTF-8, secret */
	int64_t deadline;                     /* wall ms */
	const struct es_trace *trace;
};

enum notify_verdict {
	NOTIFY_ACCEPTED,
	NOTIFY_LATER,   /* to be sent again after a while: `wait_ms`, or as the back-off says */
	NOTIFY_GONE,    /* nobody has this push token any more */
	NOTIFY_REFUSED, /* this message will never be taken */
	NOTIFY_STOPPED, /* none will: the account is not set up rightly. The message waits for a person to mend that */
};

/* Why, for metrics and people: a closed set (notify_reason_names). */
enum notify_reason {
	NOTIFY_WHY_NONE,         /* accepted */
	NOTIFY_WHY_TOKEN,        /* the token is not, or no more, one of the provider's */
	NOTIFY_WHY_SENDER,       /* it is another sender's */
	NOTIFY_WHY_MESSAGE,      /* the message is malformed, too large, wrongly addressed */
	NOTIFY_WHY_CREDENTIAL,   /* our key, certificate, password or token */
	NOTIFY_WHY_DEVICE_RATE,  /* too many to this device */
	NOTIFY_WHY_RATE,         /* too many at all */
	NOTIFY_WHY_PROVIDER,     /* the provider failed */
	NOTIFY_WHY_UNREACHABLE,  /* no connection, or no answer in time */
	NOTIFY_WHY_NOT_READABLE, /* an answer, and not one of this provider's */
	NOTIFY_WHY_EXPIRED,      /* its time was over before it was taken */
	NOTIFY_WHY_NO_ACCOUNT,   /* the tenant has no account for this channel */
	NOTIFY_WHY_NO_NUMBER,    /* by SMS: the line has no number */
	NOTIFY_REASONS
};
extern const char *const notify_reason_names[NOTIFY_REASONS];

struct notify_heard {
	enum notify_verdict verdict;
	enum notify_reason reason;
	int64_t wait_ms;                 /* of NOTIFY_LATER: at least that long; 0: as the back-off says */
	int64_t gone_ms;                 /* of NOTIFY_GONE: since when, wall ms; 0: the provider did not say */
	char detail[NOTIFY_DETAIL_SIZE]; /* the provider's own word, clean ASCII: "410 Unregistered" */
};

#endif
