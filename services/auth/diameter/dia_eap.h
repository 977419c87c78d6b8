/* dia_eap.h -- SWm and STa (SWa): EAP packets to a 3GPP AAA and back (TS 29.273 7 and 5, RFC 4072). Pure. */
#ifndef DIA_EAP_H
#define DIA_EAP_H

#include "dia_answer.h"

struct dia_eap_ask {
	const char *session, *destination_host; /* destination_host "": the first round */
	struct es_slice nai, packet, state;     /* state empty: none */
};
es_status dia_eap_write_der(const struct dia_config *config, const struct dia_source *source,
                            const struct dia_eap_ask *ask, struct es_buf *out) ES_MUST_USE;
es_status dia_eap_write_str(const struct dia_config *config, const struct dia_source *source,
                            const struct dia_eap_ask *ask, struct es_buf *out) ES_MUST_USE;

struct dia_eap_answer {
	struct es_slice packet, state; /* may be empty */
	bool keeps_state;              /* of success: the AAA waits for the end of the session */
	struct es_slice imsi;          /* of User-Name; empty: none, or no permanent identity */
};
/* ES_MALFORMED: another round is wanted and there is no packet, or what is there does not parse. */
es_status dia_eap_read(struct es_slice body, const struct dia_result *result, struct dia_eap_answer *out) ES_MUST_USE;

#endif
