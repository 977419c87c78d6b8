/* esim_draft.h -- what a device wants done, before it is an order: kept while a person decides on a sheet. Pure.
 *
 * An order is made from a draft and from what the tenant has settled, at that moment. */
#ifndef ESIM_DRAFT_H
#define ESIM_DRAFT_H

#include "esim_order.h"
#include "esim_settings.h"
#include "esim_types.h"

struct esim_draft {
	uint8_t kind; /* enum esim_kind */
	uint16_t app; /* enum esim_app */
	char tenant[32], imsi[16], msisdn[17], enterprise[ESIM_NAME + 1];
	char requester[ESIM_DEVICE + 1];                 /* terminal_id of the device that asks */
	char device[ESIM_DEVICE + 1], eid[ESIM_EID + 1]; /* the device that the profile is on, or is for */
	uint8_t service;                                 /* enum esim_service */
	char name[ESIM_NAME + 1], vendor[ESIM_NAME + 1], model[ESIM_NAME + 1];
	char plan[ESIM_NAME + 1];
	char profile[ESIM_ID + 1];     /* that it is about; "": a new one */
	char old_profile[ESIM_ID + 1]; /* ours, that it takes the place of; "": none of ours */
	char old_iccid[ESIM_ICCID + 1], old_device[ESIM_DEVICE + 1];
	char response[ESIM_CODE + 1]; /* what the user typed */
	bool redownloads;             /* the device can download the old profile again */
};

/* Ids for what is new: random hexadecimal digits. */
struct esim_ids {
	char order[ESIM_ID + 1], profile[ESIM_ID + 1], matching_id[ESIM_MATCHING_ID + 1];
};

/* The order, begun, and the profile it is about: a new one, or `profile`, changed. `offer`: the plan that was chosen;
 * NULL: the line's own. */
void esim_draft_order(const struct esim_draft *draft, const struct esim_settings *settings,
                      const struct esim_offer *offer, const struct esim_ids *ids, int64_t now_ms,
                      struct esim_order *order, struct esim_profile *profile);
/* Whether its order makes a new profile. */
bool esim_draft_is_new(const struct esim_draft *draft);

#endif
