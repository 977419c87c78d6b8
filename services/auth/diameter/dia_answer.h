/* dia_answer.h -- what every answer says: how it went, and who says so. Pure. */
#ifndef DIA_ANSWER_H
#define DIA_ANSWER_H

#include "dia_config.h"
#include "dia_message.h"

/* Codes that are looked at here; what they mean for a subscriber is auth's business (auth_diameter_result.h). */
enum dia_code {
	DIA_MULTI_ROUND = 1001,
	DIA_SUCCESS = 2001,
	DIA_UNABLE_TO_DELIVER = 3002,
	DIA_TOO_BUSY = 3004,
};

struct dia_result {
	uint32_t code; /* 0: none that can be used */
	bool is_experimental;
	struct es_slice peer; /* Origin-Host, in the message; text of DiameterIdentity, else empty */
	const char *why;      /* NULL: the code says it all */
};

/* Experimental-Result stands over Result-Code: an answer that has both is a refusal in 3GPP's words. Neither, or one that is
 * damaged, is ES_MALFORMED; one of a vendor other than 3GPP has code 0. */
es_status dia_result_read(struct es_slice body, struct dia_result *out) ES_MUST_USE;

/* Session-Id (RFC 6733 8.8); NULL when the arena is exhausted. */
char *dia_session_id(const struct dia_node *node, uint32_t high, uint32_t low, struct es_arena *arena);

/* What every request begins with. `destination_host` "": the source's, or none. */
void dia_put_front(struct dia_writer *w, const struct dia_config *config, const struct dia_source *source,
                   const char *session, const char *destination_host);
void dia_put_rat(struct dia_writer *w, const struct dia_source *source);

/* An IMSI of a User-Name: digits, or a NAI that begins with them. */
es_status dia_imsi_of(struct es_slice user_name, struct es_slice *digits) ES_MUST_USE;

#endif
