/* gw_sign.h -- the texts of an HTTP message signature (RFC 9421) and of Content-Digest (RFC 9530): what is signed, and how
 * it is written as structured fields (RFC 8941). Pure but for the digest. */
#ifndef GW_SIGN_H
#define GW_SIGN_H

#include <stdbool.h>

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct gw_sign_component {
	const char *name; /* of a field in lower case, or derived: "@status" */
	bool of_request;  /* `;req`: of the request that is answered (RFC 9421 2.4) */
	struct es_slice value;
};

struct gw_sign_params {
	int64_t created_s; /* since 1970 */
	const char *key_id;
	const char *alg, *tag; /* NULL: left out */
};

/* The inner list of components with the parameters: what follows the label in Signature-Input, and the value of
 * "@signature-params". ES_MALFORMED: a text that no sf-string can hold; ES_TOO_LARGE: `out` is full. */
es_status gw_sign_input(const struct gw_sign_component *components, size_t count, const struct gw_sign_params *params,
                        struct es_buf *out) ES_MUST_USE;
/* The signature base (RFC 9421 2.5); `input` is what gw_sign_input() wrote. ES_MALFORMED: a value with a line break or
 * with octets outside ASCII. */
es_status gw_sign_base(const struct gw_sign_component *components, size_t count, struct es_slice input,
                       struct es_buf *out) ES_MUST_USE;

/* "sha-256=:...:" of the content as it is sent, codings included. */
void gw_sign_digest(struct es_slice content, struct es_buf *out);

/* Values of a request as its sender knows them, whatever blanks and raw octets came over the wire: */
/* "@authority" of what Host said: lower case, without the port of https. */
void gw_sign_authority(struct es_slice host, struct es_buf *out);
/* "@path" of the decoded path, "@query" of the raw query without '?'. */
void gw_sign_path(struct es_slice path, struct es_buf *out);
void gw_sign_query(struct es_slice query, struct es_buf *out);

#endif
