/* policy_flow.h -- ServiceFlow_UserData: an opaque handle that names a subscriber to a page (TS.43 3.1.2), or a user of a
 * store with him (11.1.3), and says what the page is for.
 *
 * Sealed: tenant, IMSI, application, device, store, when it was made, a number used once, and its end of life. The phone and
 * whoever reads its traffic learn nothing from it; our own sheets open it (policy_engine_sheet.c), and an operator's portal has it
 * resolved by the operators' API (flow.resolve). It stands behind "sid="; after an '&' the page may be told more. */
#ifndef POLICY_FLOW_H
#define POLICY_FLOW_H

#include "es_arena.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_reader.h"
#include "policy_types.h"

#define POLICY_FLOW_LIFE_MS (INT64_C(30) * 24 * 3600 * 1000) /* phones keep the last answer and open the page later */
#define POLICY_FLOW_TEXT_MAX 1024                            /* octets of a handle, as text */
#define POLICY_FLOW_TERMINAL_MAX 128

struct policy_flow {
	int64_t issued_ms, expires_ms;
	uint8_t nonce[12];
	char tenant[32];
	struct es_imsi imsi;
	char app[8];                                 /* "ap2004": the page of this application */
	char terminal[POLICY_FLOW_TERMINAL_MAX + 1]; /* terminal_id of the phone that was told it; "" when it gave none */
	char store_vendor[POLICY_STORE_VENDOR_MAX + 1]; /* of ap2012; else "" */
	char store_user[POLICY_STORE_USER_MAX + 1];
};

/* A new one, of this moment. Longer terminals are cut: it is noted, and compared with nothing. */
void policy_flow_begin(struct policy_flow *flow, const char *tenant, const struct es_imsi *imsi, const char *app,
                       const char *terminal, int64_t now_ms);
/* The handle alone, Base64url. */
es_status policy_flow_seal(struct es_keyring *ring, const struct policy_flow *flow, struct es_arena *arena,
                           struct es_slice *out) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC; ES_EXPIRED, with `out`. */
es_status policy_flow_open(struct es_keyring *ring, struct es_slice handle, int64_t now_ms, struct es_arena *arena,
                           struct policy_flow *out) ES_MUST_USE;
/* The handle in "sid=HANDLE" or "sid=HANDLE&more"; empty: there is none. */
struct es_slice policy_flow_handle(struct es_slice user_data);

/* The plain form, for what carries a flow inside (policy_sheet_state.c). Reading leaves what follows. */
void policy_flow_write(const struct policy_flow *flow, struct es_buf *out);
es_status policy_flow_read(struct es_reader *r, struct policy_flow *out) ES_MUST_USE;

#endif
