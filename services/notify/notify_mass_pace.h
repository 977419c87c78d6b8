/* notify_mass_pace.h -- when the wake-ups of a mass change are due: so many a second, one after the other. Pure: the time is
 * given. */
#ifndef NOTIFY_MASS_PACE_H
#define NOTIFY_MASS_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* How far they are made ahead of the clock: so much goes out after it was paused. */
#define NOTIFY_MASS_AHEAD_MS 1000

struct notify_mass_pace {
	int64_t rate;     /* a second, at least 1 */
	int64_t paced_us; /* wall us: the next one is due then */
};

/* Goes on where it was, or now: what was missed by a pause or a stall is not made up for. */
void notify_mass_pace_begin(struct notify_mass_pace *pace, int64_t rate, int64_t paced_us, int64_t now_us);
/* Whether another line may be made now. */
bool notify_mass_pace_has_room(const struct notify_mass_pace *pace, int64_t now_us);
int64_t notify_mass_pace_due_ms(const struct notify_mass_pace *pace);
/* A line made that many messages, all due at notify_mass_pace_due_ms(). */
void notify_mass_pace_take(struct notify_mass_pace *pace, int64_t messages);
/* ms until about half of what may be made ahead is free again; 0: it is. */
int64_t notify_mass_pace_wait_ms(const struct notify_mass_pace *pace, int64_t now_us);

#endif
