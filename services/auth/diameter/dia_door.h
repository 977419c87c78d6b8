/* dia_door.h -- what comes from the network, before freeDiameter sees it. Pure.
 *
 * The library asserts that it could read Result-Code in any answer that its dictionary does not take; one bad attribute before it, or
 * a command that nobody knows, and the process is gone. So answers are looked at here first. */
#ifndef DIA_DOOR_H
#define DIA_DOOR_H

#include <stddef.h>
#include <stdint.h>

enum dia_door {
	DIA_DOOR_PASS, /* as it is */
	DIA_DOOR_SPOILED, /* an answer with an attribute that is unknown and has the M bit, or has a wrong size: made harmless, to
	                     be counted as malformed */
	DIA_DOOR_BREAK, /* an answer to nothing we ask: the version was changed, so that the library ends the connection */
};

/* May change `octets`; sizes stay. `*id`: the end-to-end identifier, when it is not PASS. */
enum dia_door dia_door_check(uint8_t *octets, size_t len, uint32_t *id);

#endif
