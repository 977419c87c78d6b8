/* esim_heard.h -- what came of one step that was asked of an SM-DP+ or of the BSS. Pure. */
#ifndef ESIM_HEARD_H
#define ESIM_HEARD_H

#include "esim_types.h"

enum esim_heard_outcome {
	ESIM_HEARD_DONE,
	ESIM_HEARD_PENDING, /* in work there; to be asked again later */
	ESIM_HEARD_REFUSED, /* asking again would change nothing */
	ESIM_HEARD_UNHEARD, /* certainly not acted upon; later, perhaps */
	ESIM_HEARD_LOST,    /* acted upon or not */
	ESIM_HEARD_GONE,    /* too late: the profile was downloaded already */
	ESIM_HEARD_TAKEN,   /* ICCID or MatchingID is somebody else's: another one has to be chosen */
};

/* Texts are "" where nothing was told. */
struct esim_heard {
	enum esim_heard_outcome outcome;
	char reason[ESIM_REASON + 1]; /* "8.2.5/3.7 profile type: unavailable": for people and logs, without identities */
	int64_t retry_after_ms;       /* of PENDING; 0: not said */
	char iccid[ESIM_ICCID + 1];   /* without the padding F */
	char eid[ESIM_EID + 1];
	char matching_id[ESIM_MATCHING_ID + 1];
	char smdp_address[ESIM_CODE + 1];
	/* of the BSS alone */
	char profile_type[ESIM_NAME + 1], plan[ESIM_NAME + 1];
	char smdp[ESIM_NAME + 1]; /* section */
	char imsi[16], msisdn[17];
	char activation_code[ESIM_CODE + 1]; /* secret */
	char confirmation_code[17];          /* secret */
};

#endif
