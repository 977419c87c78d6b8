/* esim_es2_notice.h -- what an SM-DP+ tells of a profile: ES2+ HandleDownloadProgressInfo (SGP.22 v2 5.3.5), and
 * HandleNotification, as v3 has it. Pure.
 *
 * Senders differ: numbers come as texts, times in seconds, members under the names of another version. Notices come twice,
 * late, and out of order: whoever hears them goes by (ICCID, point, time). */
#ifndef ESIM_ES2_NOTICE_H
#define ESIM_ES2_NOTICE_H

#include "esim_es2.h"

struct esim_es2_notice {
	char iccid[ESIM_ICCID + 1];
	char eid[ESIM_EID + 1], profile_type[ESIM_NAME + 1], imei[17]; /* "": not told */
	uint32_t point;                                                /* as the SM-DP+ numbers them */
	bool is_ok;                                                    /* it went well, perhaps with a warning */
	bool is_final;                /* the download has failed, and trying again with the same order would not help */
	char reason[ESIM_REASON + 1]; /* "8.2.7/6.4 ..."; "": it told no codes */
	char subject_code[16], reason_code[16];
	int64_t timestamp_ms; /* wall; 0: not told, or not to be read */
};

/* ES_MALFORMED: no JSON, or one without ICCID, point or status. */
es_status esim_es2_notice_read(struct es_slice body, struct esim_es2_notice *out) ES_MUST_USE;

enum esim_es2_event {
	ESIM_EVENT_OTHER,
	ESIM_EVENT_ELIGIBLE,   /* 1: the device was looked at */
	ESIM_EVENT_CODE,       /* 2: a confirmation code was */
	ESIM_EVENT_DOWNLOADED, /* 3 */
	ESIM_EVENT_INSTALLED,  /* 4 */
	ESIM_EVENT_DELETED,
	ESIM_EVENT_ENABLED,
	ESIM_EVENT_DISABLED,
	ESIM_EVENTS
};
extern const char *const esim_es2_event_names[ESIM_EVENTS];

/* Numbers beyond 4 are each vendor's: 0 is none. */
#define ESIM_ES2_POINTS_MAX 4
struct esim_es2_points {
	uint32_t deleted[ESIM_ES2_POINTS_MAX], enabled[ESIM_ES2_POINTS_MAX], disabled[ESIM_ES2_POINTS_MAX];
};
/* "101" or "6,101"; "": none. ES_MALFORMED: no such list, or longer; 1 to 4 are what they are. */
es_status esim_es2_points_read(const char *list, uint32_t out[ESIM_ES2_POINTS_MAX]) ES_MUST_USE;
enum esim_es2_event esim_es2_event(const struct esim_es2_points *points, uint32_t point);

#endif
