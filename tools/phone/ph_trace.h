/* ph_trace.h -- tells the story of one phone: every HTTP message, every EAP packet, the document. K, CK, IK never.
 *
 * Every function does nothing when `trace` is NULL. */
#ifndef PH_TRACE_H
#define PH_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "es_arena.h"
#include "es_slice.h"

#include "ph_client.h"
#include "ph_eap_peer.h"
#include "ph_http.h"

struct ph_trace {
	FILE *out;
	bool has_colour;
	unsigned messages;
	const uint8_t *amf; /* two octets expected in AUTN; NULL: whatever comes */
};

struct ph_trace ph_trace_to(FILE *out);

void ph_trace_line(struct ph_trace *trace, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ph_trace_request(struct ph_trace *trace, const struct ph_http_request *request, const struct ph_param *params,
                      size_t param_count, const struct ph_profile *profile);
void ph_trace_answer(struct ph_trace *trace, const struct ph_http_answer *answer);
void ph_trace_packet(struct ph_trace *trace, struct es_slice packet);
/* What the SIM made of it, and the packet that goes back. */
void ph_trace_step(struct ph_trace *trace, const struct ph_eap_step *step);
void ph_trace_document(struct ph_trace *trace, struct es_slice document, bool is_json, struct es_arena *arena);

#endif
