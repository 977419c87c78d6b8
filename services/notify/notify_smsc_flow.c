/* notify_smsc_flow.c -- a pause that doubles, a rate that halves and comes back by quarters. */
#include "notify_smsc_flow.h"

#define SECOND INT64_C(1000000)
#define PAUSE_MAX (60 * SECOND)
#define STEP (10 * SECOND)

void notify_smsc_flow_init(struct notify_smsc_flow *flow, uint32_t rate, int64_t now_us)
{
	*flow = (struct notify_smsc_flow){ .set = rate };
	notify_pace_init(&flow->pace, rate, now_us);
}

uint32_t notify_smsc_flow_room(const struct notify_smsc_flow *flow, int64_t now_us, int64_t *wait_ms)
{
	if (now_us < flow->paused_until) {
		*wait_ms = (flow->paused_until - now_us + 999) / 1000;
		return 0;
	}
	return notify_pace_room(&flow->pace, now_us, wait_ms);
}

void notify_smsc_flow_sent(struct notify_smsc_flow *flow, int64_t now_us)
{
	const int64_t second = now_us / SECOND;

	if (second != flow->second) {
		flow->last_count = second == flow->second + 1 ? flow->now_count : 0;
		flow->now_count = 0;
		flow->second = second;
	}
	flow->now_count++;
	notify_pace_take(&flow->pace, now_us, 1);
}

/* What it was when it was too many. Unbound: as many as really went in a second. */
static uint32_t rate_of(const struct notify_smsc_flow *flow)
{
	if (flow->pace.rate > 0)
		return flow->pace.rate;
	return flow->last_count > flow->now_count ? flow->last_count : flow->now_count;
}

void notify_smsc_flow_throttled(struct notify_smsc_flow *flow, int64_t now_us)
{
	if (now_us < flow->paused_until)
		return;
	const uint32_t rate = rate_of(flow);

	flow->pause = flow->pause == 0 ? SECOND : flow->pause * 2 < PAUSE_MAX ? flow->pause * 2 : PAUSE_MAX;
	flow->paused_until = now_us + flow->pause;
	flow->stepped = flow->paused_until;
	if (flow->pace.rate == 0)
		flow->before = rate;
	notify_pace_init(&flow->pace, rate > 2 ? rate / 2 : 1, flow->paused_until);
}

void notify_smsc_flow_taken(struct notify_smsc_flow *flow, int64_t now_us)
{
	if (flow->pause == 0 || now_us - flow->stepped < STEP)
		return;
	const uint32_t more = flow->pace.rate + flow->pace.rate / 4 + 1;
	/* Without a rate of its own it is free again at twice what was too much. */
	const uint64_t end = flow->set > 0 ? flow->set : (uint64_t)flow->before * 2;

	flow->stepped = now_us;
	flow->pace.rate = more < end ? more : flow->set;
	if (flow->pace.rate == flow->set)
		flow->pause = 0;
}
