/* notify_smpp_status.h -- what an SMSC's command_status means for a message and for the bind it came on. Pure. */
#ifndef NOTIFY_SMPP_STATUS_H
#define NOTIFY_SMPP_STATUS_H

#include "notify_message.h"

enum notify_smpp_effect {
	SMPP_GOES_ON,
	SMPP_SLOWS_DOWN, /* nothing for a while, then fewer */
	SMPP_REBINDS,    /* this bind is none any more */
	SMPP_STOPS,      /* our credential or address: a person has to look */
};

struct notify_smpp_status {
	uint32_t status;
	const char *name; /* "ESME_RTHROTTLED" */
	enum notify_verdict verdict;
	enum notify_reason reason;
	enum notify_smpp_effect effect;
};

/* `vendor`: what statuses of 0x400 and above mean, NOTIFY_LATER or NOTIFY_REFUSED. One that is in no table is worth another
 * try. Never NULL; static. */
const struct notify_smpp_status *notify_smpp_status_of(uint32_t status, enum notify_verdict vendor);

#endif
