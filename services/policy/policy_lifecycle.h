/* policy_lifecycle.h -- what may become of a line, and what a change means for tokens and devices. Pure. */
#ifndef POLICY_LIFECYCLE_H
#define POLICY_LIFECYCLE_H

#include "es_buf.h"
#include "policy_types.h"

/* Actions of the operators' API that move a line between states. */
enum policy_move { POLICY_MOVE_SUSPEND, POLICY_MOVE_RESUME, POLICY_MOVE_TERMINATE };

/* ES_CONFLICT: not from this state. */
es_status policy_move_to(enum policy_move move, uint8_t from, uint8_t *to) ES_MUST_USE;

/* Termination is for good: whoever gets the IMSI next is a new line, made after this one is deleted. */
bool policy_change_revives(const struct policy_subscriber *before, const struct policy_subscriber *after);
/* The line ends: whoever keeps something for it may let it go. */
bool policy_change_ends(const struct policy_subscriber *before, const struct policy_subscriber *after);
/* A line that leaves "active", or moves between the states in which it is not, loses its tokens (design decision 2). */
bool policy_change_kills_tokens(const struct policy_subscriber *before, const struct policy_subscriber *after);
/* AppIDs whose answers a change may alter, separated by blanks, into `out`; nothing written: no difference. */
void policy_changed_apps(const struct policy_subscriber *before, const struct policy_subscriber *after,
                         struct es_buf *out);
/* Whether anything but epoch, version and time differs. */
bool policy_subscriber_differs(const struct policy_subscriber *before, const struct policy_subscriber *after);

/* The same of a change of a tenant: "", when nothing differs that any answer is made from, else POLICY_ALL_APPS. */
const char *policy_tenant_changed_apps(const struct policy_tenant *before, const struct policy_tenant *after);

/* TS.43's; with the operator's own: policy_apps_of_all(). */
#define POLICY_ALL_APPS "ap2003 ap2004 ap2005 ap2006 ap2009 ap2010 ap2012 ap2013 ap2016"

#endif
