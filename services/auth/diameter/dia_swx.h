/* dia_swx.h -- SWx as the 3GPP AAA server speaks it to an HSS (TS 29.273 8): questions, answers, and what the HSS says
 * unasked. Slices that are read point into the message. Pure. */
#ifndef DIA_SWX_H
#define DIA_SWX_H

#include "dia_answer.h"

struct dia_vector_ask {
	const char *imsi;
	bool is_aka_prime;
	const char *network_name;   /* ANID of EAP-AKA' */
	struct es_slice rand, auts; /* 16 and 14 octets: resynchronisation; else empty */
};
es_status dia_swx_write_mar(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const struct dia_vector_ask *ask, struct es_buf *out) ES_MUST_USE;
es_status dia_swx_write_sar(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const char *imsi, struct es_buf *out) ES_MUST_USE;

struct dia_vector {
	struct es_slice rand, autn, xres, ck, ik; /* 16, 16, 4..16, 16, 16 octets */
};
/* Of the item with the lowest number. ES_NOT_FOUND: success without a vector, as where another AAA serves the subscriber.
 * ES_MALFORMED: a size or the scheme is not right. */
es_status dia_swx_read_vector(struct es_slice body, bool is_aka_prime, struct dia_vector *out) ES_MUST_USE;

struct dia_profile {
	char msisdn[17]; /* with '+'; "": not told */
	bool has_access, access_barred;
};
/* From SAA and PPR. ES_NOT_FOUND: no user data. */
es_status dia_swx_read_profile(struct es_slice body, struct dia_profile *out) ES_MUST_USE;

/* RTR and PPR. */
struct dia_notice {
	struct es_slice imsi;
	char reason[64]; /* of RTR: number and text, clean */
};
es_status dia_swx_read_notice(struct es_slice body, struct dia_notice *out) ES_MUST_USE;

#endif
