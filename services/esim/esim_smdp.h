/* esim_smdp.h -- SM-DP+s that profiles are ordered from: one section [smdp NAME] of the peers file each (docs/smdp.md).
 *
 * A function is asked once: its connection is its own, and nothing is sent again behind the caller's back. Who asks again
 * says so (esim_es2_request.is_repeat). Knows no database. Any thread; nothing blocks. */
#ifndef ESIM_SMDP_H
#define ESIM_SMDP_H

#include "esim_es2_notice.h"
#include "esim_order.h"

struct esim_smdp;

/* `file` "": there are no sections. What is wrong with the file is said in `error`; sections [bss NAME] are left to others. */
es_status esim_smdp_start(const char *file, struct esim_smdp **out, struct es_buf *error) ES_MUST_USE;
/* Ends what is under way: every `done` has run. NULL is fine. */
void esim_smdp_stop(struct esim_smdp *smdp);
void esim_smdp_free(struct esim_smdp *smdp); /* after esim_smdp_stop(); NULL is fine */

/* ---- orders ---- */

/* Of a section; one that there is not has a pace, too. */
struct esim_pace esim_smdp_pace(struct esim_smdp *smdp, const char *name);
/* False: as many are under way with it as may be, or it is left alone for a while. True: esim_smdp_send() or _leave() has to
 * follow, once. */
bool esim_smdp_enter(struct esim_smdp *smdp, const char *name);
/* Takes it back: nothing is sent. */
void esim_smdp_leave(struct esim_smdp *smdp, const char *name);

/* Once, here or on the fetcher's thread; may not block. `heard` is valid during the call. */
typedef void esim_smdp_sent(const struct esim_heard *heard, void *user);
/* The request is read before this returns. */
void esim_smdp_send(struct esim_smdp *smdp, const char *name, const struct esim_es2_request *request,
                    esim_smdp_sent *done, void *user);

/* ---- what its section says; "" where it says nothing, or where there is none ---- */

const char *esim_smdp_fqdn(struct esim_smdp *smdp,
                           const char *name); /* for activation codes, unless ConfirmOrder told one */
const char *esim_smdp_smds(struct esim_smdp *smdp, const char *name);

/* ---- notices ---- */

/* `fingerprint`: SHA-256 of a client certificate, 64 digits in lower case. The first section whose notices come with it, by
 * name; NULL: there is none. */
const char *esim_smdp_of_certificate(struct esim_smdp *smdp, const char *fingerprint);
/* Whether that section's notices come with it: sections may share one. */
bool esim_smdp_has_certificate(struct esim_smdp *smdp, const char *name, const char *fingerprint);
/* What its number of a point means. */
enum esim_es2_event esim_smdp_event(struct esim_smdp *smdp, const char *name, uint32_t point);

#endif
