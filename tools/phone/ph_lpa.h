/* ph_lpa.h -- the door of a test SM-DP+ that stands for an eUICC's LPA (SGP.22 3.1): what it is asked, what it answers. Pure.
 *
 *     POST {base}/download  {"eid", "activation_code" or "smdp_address" and "iccid", "confirmation_code"}  ->  {"iccid"}
 *     POST {base}/delete    {"eid", "iccid"}                                                               ->  {}
 *
 * Everything else than 200 is a refusal: {"error": "in words"}. */
#ifndef PH_LPA_H
#define PH_LPA_H

#include "es_buf.h"

#include "ph_http.h"
#include "ph_odsa.h"

/* The request; its path and content stand in `path` and `body`, whose status says whether they fit. `base` is the path of
 * the door. */
struct ph_http_request ph_lpa_download(const char *base, const struct ph_download *download, const char *eid,
                                       const char *confirmation_code, struct es_buf *path, struct es_buf *body);
struct ph_http_request ph_lpa_delete(const char *base, const char *iccid, const char *eid, struct es_buf *path,
                                     struct es_buf *body);

struct ph_lpa_answer {
	char iccid[24]; /* "": it did not say */
	char why[160];  /* "": it was done */
};
void ph_lpa_read(const struct ph_http_answer *answer, struct ph_lpa_answer *out);

#endif
