/* esim_order.h -- an order about a profile: its steps, and what each outcome makes of it. Pure.
 *
 * A step is written before it is asked for and after it, so that whoever finds an order in the middle knows what may have
 * happened. A process takes an order that is due (esim_order_take()), which moves its next moment to when that process is
 * given up, does what it is told to, and says what came of it (esim_order_hear()). What may have been acted upon without our
 * knowing is asked for again under the same identifiers until it is known, also when nobody wants it any more: only what is
 * known can be undone.
 *
 * Until the device may download, an order that is refused or cancelled goes back: CancelOrder, then the network, then the
 * BSS. The old profile of a transfer is not touched before the new one is there (TS.43 8.7). */
#ifndef ESIM_ORDER_H
#define ESIM_ORDER_H

#include "esim_heard.h"
#include "esim_types.h"

/* Of the section that is asked. */
struct esim_pace {
	int64_t retry_first_ms, retry_max_ms; /* the pause doubles in between */
	int64_t lease_ms;                     /* longer than a request may last */
	int64_t tries_max;                    /* of a step */
};

/* What makes an order. */
struct esim_plan {
	bool has_bss, has_smdp;  /* sections to ask */
	bool verifies;           /* what the user typed is judged by the BSS */
	bool bss_orders_profile; /* no step at the SM-DP+ is ours */
	bool provisions, releases_late, deletes_first, retires_early;
	bool is_downloaded; /* the profile that ends was downloaded: nothing is to be withdrawn */
};
/* Sets the steps of `order->kind`, its first one and its state. */
void esim_order_begin(struct esim_order *order, const struct esim_plan *plan, int64_t now_ms);

const char *esim_step_name(enum esim_step step);
/* Whether a new profile comes of it. */
bool esim_order_makes_profile(const struct esim_order *order);

enum esim_peer { ESIM_PEER_NONE, ESIM_PEER_BSS, ESIM_PEER_SMDP };
enum esim_peer esim_step_peer(enum esim_step step);
/* The one that would be asked next; ESIM_PEER_NONE: nobody. */
enum esim_peer esim_order_peer(const struct esim_order *order);

/* Of an order that is due: true, and its taker asks the peer of `order->step`. False: nobody is asked; it may have moved. */
bool esim_order_take(struct esim_order *order, const struct esim_pace *pace, int64_t now_ms);
void esim_order_hear(struct esim_order *order, const struct esim_heard *heard, const struct esim_pace *pace,
                     int64_t now_ms);

/* Somebody says that the profile is installed; that the old one is deleted. */
void esim_order_installed(struct esim_order *order, int64_t now_ms);
void esim_order_deleted(struct esim_order *order, int64_t now_ms);
/* The download failed for good: back, or for a person to look at where the old profile has ended already. */
void esim_order_failed(struct esim_order *order, const char *reason, int64_t now_ms);

/* By a person. False: it is not where that can be done. */
bool esim_order_retry(struct esim_order *order, int64_t now_ms);
/* True from the moment on that it will be undone; also of one that is undone. False: it is done, or its device may have
 * the profile. */
bool esim_order_cancel(struct esim_order *order, const char *reason, int64_t now_ms);
/* The same where nobody needs what it makes: also when the old profile has ended for it. */
bool esim_order_end_line(struct esim_order *order, int64_t now_ms);
/* What is stuck on its way back ends as it is: what is left of it is a person's to clear away. False: it is not stuck there. */
bool esim_order_close(struct esim_order *order, int64_t now_ms);

bool esim_order_is_over(const struct esim_order *order);
/* Whether a device may be told how to download. */
bool esim_order_is_offered(const struct esim_order *order);

#endif
