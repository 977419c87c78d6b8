/* policy_qos_send.h -- the network's interfaces for quality of service: one section [qos NAME] of the QoS file each
 * (docs/qos.md).
 *
 * A PCF by N5 (TS 29.514, Npcf_PolicyAuthorization), or a CAMARA quality-on-demand API. Every request of an order carries its
 * id as Idempotency-Key and x-correlator, and the same body: a peer that has acted upon it answers with what it made.
 * Knows no database. */
#ifndef POLICY_QOS_SEND_H
#define POLICY_QOS_SEND_H

#include "policy_qos.h"

struct policy_qos_net;

/* `file` "": there are no sections. What is wrong with the file is said in `error`. */
es_status policy_qos_net_start(const char *file, struct policy_qos_net **out, struct es_buf *error) ES_MUST_USE;
/* Ends what is under way: every `done` has run. NULL is fine. */
void policy_qos_net_stop(struct policy_qos_net *net);
void policy_qos_net_free(struct policy_qos_net *net); /* after policy_qos_net_stop(); NULL is fine */

/* Of a section; one that there is not has a pace, too. */
struct policy_qos_pace policy_qos_net_pace(struct policy_qos_net *net, const char *source);
/* False: as many are under way with it as may be. True: policy_qos_net_send() has to follow. */
bool policy_qos_net_enter(struct policy_qos_net *net, const char *source);
/* Takes it back: nothing is sent. */
void policy_qos_net_leave(struct policy_qos_net *net, const char *source);

/* Once, here or on the fetcher's thread; may not block. `heard` is valid during the call. */
typedef void policy_qos_sent(const struct policy_qos_heard *heard, void *user);
/* POLICY_QOS_CREATE or POLICY_QOS_REMOVE of an order, which is read before this returns. */
void policy_qos_net_send(struct policy_qos_net *net, enum policy_qos_act act, const struct policy_qos_order *order,
                         policy_qos_sent *done, void *user);

#endif
