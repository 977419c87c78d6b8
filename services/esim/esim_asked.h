/* esim_asked.h -- one ManageSubscription while it is judged: how it ends, which profile it means, what comes first. Pure.
 * For esim_manage.c and esim_transfer.c alone. */
#ifndef ESIM_ASKED_H
#define ESIM_ASKED_H

#include "esim_odsa.h"

struct esim_asked {
	const struct esim_request *request;
	struct esim_answer *answer;
	const struct esim_settings *settings;
	struct esim_draft *draft;
	char iccid[ESIM_ICCID + 1]; /* that it is about; "" */
};

/* ---- ends ---- */

void esim_asked_invalid(const struct esim_asked *a, const char *reason);
void esim_asked_dismiss(const struct esim_asked *a, const char *reason);
void esim_asked_deny(const struct esim_asked *a, const char *reason);
void esim_asked_done(const struct esim_asked *a);
void esim_asked_busy(const struct esim_asked *a);
/* Without anybody to order a profile from: OperationResult 100. */
void esim_asked_order(const struct esim_asked *a, enum esim_kind kind);
void esim_asked_to_sheet(const struct esim_asked *a, enum esim_kind kind);
/* By the order about it that there is. */
void esim_asked_follow(const struct esim_asked *a, const struct esim_profile *p);
/* Of a profile that is to come to this device and is not there yet: its order says how far it is; without one it waits to be
 * downloaded, and the device perhaps never heard of it. */
void esim_asked_coming(const struct esim_asked *a, const struct esim_profile *p);

/* ---- finding: NULL for none ---- */

bool esim_asked_is_on(const struct esim_asked *a, const struct esim_profile *p);
const struct esim_profile *esim_asked_of_iccid(const struct esim_asked *a, const char *iccid);
/* The one that lives on this device, rather than one whose place it takes; of a phone with several the one that is under way,
 * and no other (it may have two). */
const struct esim_profile *esim_asked_of_device(const struct esim_asked *a, bool under_way);
/* The profile that an ICCID, or else the device, names, as the subject; NULL: the request has been ended. */
const struct esim_profile *esim_asked_named(const struct esim_asked *a);
/* Under way. */
const struct esim_order *esim_asked_order_of(const struct esim_asked *a, const struct esim_profile *p);
/* An order that has yet to see it on its device, or does something to it: of two about one profile only one would hear of
 * it. */
bool esim_asked_is_busy(const struct esim_asked *a, const struct esim_profile *p);
/* A request that names the ICCID of a profile it does something to shows that the profile is on a device: no SM-DP+ has to
 * have said so. */
void esim_asked_shows(const struct esim_asked *a, const struct esim_profile *p, const char *iccid);
/* An order under way takes its place. */
bool esim_asked_is_replaced(const struct esim_asked *a, const struct esim_profile *p);
bool esim_asked_is_ending(const struct esim_order *o);

/* ---- the draft ---- */

void esim_asked_about(const struct esim_asked *a, const struct esim_profile *p);
/* The new one takes the place of `p`. */
void esim_asked_replaces(const struct esim_asked *a, const struct esim_profile *p);
/* The plan: the one that is named, the only one there is, or the first where nobody can choose. False: it cannot be had. */
bool esim_asked_settle_plan(const struct esim_asked *a, bool *is_open);

/* ---- asking first ---- */

/* The device asks its user, or has asked. True: the request goes no further, it was ended. */
bool esim_asked_user(const struct esim_asked *a, enum esim_input when);
bool esim_asked_has_sheet(const struct esim_asked *a);
bool esim_asked_has_management(const struct esim_asked *a); /* an SM-DP+ or a BSS to order from */
bool esim_asked_wants_sheet(const struct esim_asked *a, bool is_choice);

/* esim_transfer.c: types 3 and 7. */
void esim_asked_transfer(const struct esim_asked *a);
void esim_asked_recover(const struct esim_asked *a);

#endif
