/* esim_smdp_int.h -- what the sections of SM-DP+s and the requests to them share; nobody else includes it. */
#ifndef ESIM_SMDP_INT_H
#define ESIM_SMDP_INT_H

#include "es_peer.h"
#include "esim_smdp.h"

#define ESIM_SMDP_SECTIONS 64
#define ESIM_SMDP_CERTIFICATES 4 /* of a section */
#define ESIM_SMDP_FINGERPRINT 64

struct esim_smdp_config {
	struct es_peer_settings peer;
	int64_t lease, retry_first, retry_max;
	uint32_t tries_max;
	const char *requester_id, *protocol, *smdp_address, *smds_address;
	const char *notify_certificates, *deleted_points, *enabled_points, *disabled_points;
};

struct esim_smdp_section {
	const char *name;
	const struct esim_smdp_config *config;
	struct es_peer peer;
	struct esim_es2_points points;
	char certificates[ESIM_SMDP_CERTIFICATES][ESIM_SMDP_FINGERPRINT + 1]; /* lower case; "" behind the last */
};

struct esim_smdp {
	struct es_arena *arena; /* what the file says */
	struct es_fetcher *fetcher;
	struct esim_smdp_section sections[ESIM_SMDP_SECTIONS];
	size_t count;
};

/* NULL: there is none. */
struct esim_smdp_section *esim_smdp_find(struct esim_smdp *smdp, const char *name);
void esim_smdp_register(void); /* metrics of the requests */

#endif
