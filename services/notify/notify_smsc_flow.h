/* notify_smsc_flow.h -- how fast a bind sends: its rate, and what ESME_RTHROTTLED and ESME_RMSGQFUL make of it. Pure; the time
 * (mono us) is given. Not locked. */
#ifndef NOTIFY_SMSC_FLOW_H
#define NOTIFY_SMSC_FLOW_H

#include "notify_pace.h"

struct notify_smsc_flow {
	uint32_t set; /* submits a second; 0: no bound */
	struct notify_pace pace;
	int64_t paused_until, pause; /* us; pause 0: not throttled of late */
	int64_t stepped;             /* when the rate was changed last */
	uint32_t before;             /* where `set` is 0: the rate that was too much */
	int64_t second;              /* submits of this second and the last one */
	uint32_t now_count, last_count;
};

void notify_smsc_flow_init(struct notify_smsc_flow *flow, uint32_t rate, int64_t now_us);
/* As notify_pace_room(). */
uint32_t notify_smsc_flow_room(const struct notify_smsc_flow *flow, int64_t now_us, int64_t *wait_ms);
void notify_smsc_flow_sent(struct notify_smsc_flow *flow, int64_t now_us);
/* The SMSC has had too many: nothing for a second, twice as long each time up to a minute, then half as many a second. What was
 * sent before and comes back while it pauses counts once. */
void notify_smsc_flow_throttled(struct notify_smsc_flow *flow, int64_t now_us);
/* It took one: every ten seconds in which none was too many, a quarter more until all is as it was set. */
void notify_smsc_flow_taken(struct notify_smsc_flow *flow, int64_t now_us);

#endif
