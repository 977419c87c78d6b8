/* es_clock.h -- time as a parameter. Code that decides takes a time in ms; only edges read a clock. Any thread. */
#ifndef ES_CLOCK_H
#define ES_CLOCK_H

#include <stdint.h>

/* Wall clock, ms since 1970. May step. */
int64_t es_wall_ms(void);
/* Monotonic, ms (us) since some start. Never steps. */
int64_t es_mono_ms(void);
int64_t es_mono_us(void);

#endif
