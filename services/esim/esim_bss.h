/* esim_bss.h -- the operator's order management, asked for each step of an order that is its business: one section [bss NAME] of
 * the peers file each (docs/esim-bss.md). Knows no database.
 *
 * Every request carries order and step as Idempotency-Key: a BSS that has acted upon it answers as it did then. */
#ifndef ESIM_BSS_H
#define ESIM_BSS_H

#include "esim_bss_message.h"
#include "esim_order.h"

struct esim_bss;

/* `file` "": there are no sections. What is wrong with the file is said in `error`; sections of another kind in it are somebody
 * else's. */
es_status esim_bss_start(const char *file, struct esim_bss **out, struct es_buf *error) ES_MUST_USE;
/* Ends what is under way: every `done` has run. NULL is fine. */
void esim_bss_stop(struct esim_bss *bss);
void esim_bss_free(struct esim_bss *bss); /* after esim_bss_stop(); NULL is fine */

/* Of a section; one that there is not has a pace, too: the file may be mended. */
struct esim_pace esim_bss_pace(struct esim_bss *bss, const char *name);
/* False: as many are under way with it as may be, or it is left alone for a while. True: esim_bss_send() or esim_bss_leave() has to follow. */
bool esim_bss_enter(struct esim_bss *bss, const char *name);
/* Takes it back: nothing is sent. */
void esim_bss_leave(struct esim_bss *bss, const char *name);

/* Once, here or on the fetcher's thread; may not block. `heard` is valid during the call, and wiped after it. */
typedef void esim_bss_sent(const struct esim_heard *heard, void *user);
/* The request is read before this returns. */
void esim_bss_send(struct esim_bss *bss, const char *name, const struct esim_bss_request *request, esim_bss_sent *done,
                   void *user);

#endif
