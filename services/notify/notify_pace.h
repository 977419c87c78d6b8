/* notify_pace.h -- so many a second and no more: a bucket that fills evenly. Pure: the time is given. Not locked. */
#ifndef NOTIFY_PACE_H
#define NOTIFY_PACE_H

#include <stdint.h>

struct notify_pace {
	uint32_t rate;   /* a second; 0: no bound */
	int64_t full_us; /* mono us at which the bucket is, or was, full */
};

void notify_pace_init(struct notify_pace *pace, uint32_t rate, int64_t now_us);
/* How many may go now: at most those of a tenth of a second and one, so that bursts stay short. UINT32_MAX: any. 0: *wait_ms
 * says how long until one may. */
uint32_t notify_pace_room(const struct notify_pace *pace, int64_t now_us, int64_t *wait_ms);
/* `count` went. */
void notify_pace_take(struct notify_pace *pace, int64_t now_us, uint32_t count);

#endif
