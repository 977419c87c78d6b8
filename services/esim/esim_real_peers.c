/* esim_real_peers.c -- a step of an order as a function of ES2+, or as a question to the BSS. */
#include "esim_real_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "esim_bss.h"
#include "esim_odsa.h"
#include "esim_smdp.h"

struct esim_real_peers {
	struct esim_smdp *smdp;
	struct esim_bss *bss;
};

/* ---- SM-DP+ ---- */

/* The same each time the same is asked for; another one when another ICCID or MatchingID had to be chosen. */
static void make_call_id(const struct esim_ask *ask, const char *matching_id, char *out, size_t size)
{
	const struct es_slice parts[] = { es_slice_str(ask->target->iccid), es_slice_str("$"),
		                              es_slice_str(matching_id != NULL ? matching_id : "") };
	uint8_t digest[32];
	char hex[9];

	es_sha256(parts, ES_COUNT(parts), digest);
	es_hex_encode(es_slice_of(digest, 4), hex);
	(void)snprintf(out, size, "%s.%s.%s", ask->order->id, esim_step_name((enum esim_step)ask->order->step), hex);
}

static enum esim_es2_function function_of(const struct esim_order *order)
{
	switch (order->step) {
	case ESIM_STEP_DOWNLOAD_ORDER: return ESIM_ES2_DOWNLOAD_ORDER;
	case ESIM_STEP_CONFIRM_ORDER: return ESIM_ES2_CONFIRM_ORDER;
	case ESIM_STEP_RELEASE: return ESIM_ES2_RELEASE_PROFILE;
	default: return ESIM_ES2_CANCEL_ORDER;
	}
}

static void ask_smdp(struct esim_real_peers *peers, const char *section, const struct esim_ask *ask,
                     esim_heard_fn *heard, void *user)
{
	const struct esim_order *o = ask->order;
	const struct esim_profile *p = ask->target;
	const enum esim_es2_function function = function_of(o);
	char call_id[128];
	struct esim_es2_request request = { .function = function,
		                                .iccid = p->iccid,
		                                .eid = p->eid,
		                                .profile_type = o->profile_type,
		                                .matching_id = function == ESIM_ES2_CONFIRM_ORDER ? p->matching_id : NULL,
		                                .confirmation_code = p->confirmation_code,
		                                .release = (o->flags & ESIM_LATE) == 0,
		                                .reusable = true,
		                                .is_repeat = (o->flags & ESIM_UNSURE) != 0,
		                                .is_fetched = (o->flags & (ESIM_FETCHED | ESIM_SEEN)) != 0 };

	if (function == ESIM_ES2_CANCEL_ORDER && p->matching_id[0] != '\0')
		request.matching_id = p->matching_id;
	if (o->download == ESIM_DOWNLOAD_SMDS && p->by_address)
		request.smds_address = esim_smdp_smds(peers->smdp, section);
	make_call_id(ask, request.matching_id, call_id, sizeof call_id);
	request.call_id = call_id;
	esim_smdp_send(peers->smdp, section, &request, heard, user);
}

/* ---- BSS ---- */

static void ask_bss(struct esim_real_peers *peers, const char *section, const struct esim_ask *ask,
                    esim_heard_fn *heard, void *user)
{
	const struct esim_order *o = ask->order;
	const struct esim_profile *p = ask->profile;
	const bool is_new = esim_order_makes_profile(o);
	const struct esim_bss_request request = {
		.step = esim_step_name((enum esim_step)o->step),
		.order = o->id,
		.tenant = o->tenant,
		.kind = esim_kind_names[o->kind],
		.app = esim_app_id((enum esim_app)o->app),
		.imsi = o->imsi,
		.msisdn = o->msisdn,
		.service = esim_service_names[p->service],
		.plan = o->plan,
		.enterprise_id = o->enterprise,
		.device = { p->device, p->eid, p->vendor, p->model, p->name },
		.requesting_device = o->requester,
		.iccid = is_new ? "" : p->iccid,
		.old_iccid = o->old_iccid,
		.old_device = o->old_device,
		.response = o->step == ESIM_STEP_VERIFY ? o->response : "",
		.profile = { p->iccid, p->profile_imsi, p->msisdn },
	};

	esim_bss_send(peers->bss, section, &request, heard, user);
}

/* ---- as the runner sees them ---- */

static struct esim_pace pace(void *user, enum esim_peer peer, const char *section)
{
	struct esim_real_peers *peers = user;

	return peer == ESIM_PEER_BSS ? esim_bss_pace(peers->bss, section) : esim_smdp_pace(peers->smdp, section);
}

static bool enter(void *user, enum esim_peer peer, const char *section)
{
	struct esim_real_peers *peers = user;

	return peer == ESIM_PEER_BSS ? esim_bss_enter(peers->bss, section) : esim_smdp_enter(peers->smdp, section);
}

static void leave(void *user, enum esim_peer peer, const char *section)
{
	struct esim_real_peers *peers = user;

	if (peer == ESIM_PEER_BSS)
		esim_bss_leave(peers->bss, section);
	else
		esim_smdp_leave(peers->smdp, section);
}

static const char *fqdn(void *user, const char *section)
{
	struct esim_real_peers *peers = user;

	return esim_smdp_fqdn(peers->smdp, section);
}

static void send(void *user, enum esim_peer peer, const char *section, const struct esim_ask *ask, esim_heard_fn *heard,
                 void *heard_user)
{
	if (peer == ESIM_PEER_BSS)
		ask_bss(user, section, ask, heard, heard_user);
	else
		ask_smdp(user, section, ask, heard, heard_user);
}

/* ---- life ---- */

es_status esim_real_peers_start(const char *file, struct esim_real_peers **out, struct esim_peers *as,
                                struct es_buf *error)
{
	struct esim_real_peers *peers = calloc(1, sizeof *peers);

	if (peers == NULL)
		return ES_TOO_LARGE;
	es_status status = esim_smdp_start(file, &peers->smdp, error);
	if (status == ES_OK)
		status = esim_bss_start(file, &peers->bss, error);
	if (status != ES_OK) {
		esim_real_peers_stop(peers);
		esim_real_peers_free(peers);
		return status;
	}
	*as = (struct esim_peers){ pace, enter, leave, fqdn, send, peers };
	*out = peers;
	return ES_OK;
}

void esim_real_peers_stop(struct esim_real_peers *peers)
{
	if (peers == NULL)
		return;
	esim_smdp_stop(peers->smdp);
	esim_bss_stop(peers->bss);
}

void esim_real_peers_free(struct esim_real_peers *peers)
{
	if (peers == NULL)
		return;
	esim_smdp_free(peers->smdp);
	esim_bss_free(peers->bss);
	free(peers);
}

struct esim_smdp *esim_real_peers_smdp(struct esim_real_peers *peers)
{
	return peers->smdp;
}
