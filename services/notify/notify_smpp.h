/* notify_smpp.h -- SMPP 3.4 as an ESME speaks it: PDUs written, and read from who may be anybody. Pure.
 *
 * Readers are strict: what is short, long, unterminated, or has octets left over is ES_MALFORMED. Slices point into what was
 * read. Clauses are of "Short Message Peer to Peer Protocol Specification v3.4", issue 1.2. */
#ifndef NOTIFY_SMPP_H
#define NOTIFY_SMPP_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#define NOTIFY_SMPP_HEADER 16
#define NOTIFY_SMPP_PDU_MAX 8192 /* octets; whoever sends more is not listened to */
#define NOTIFY_SMPP_SEQUENCE_MAX 0x7fffffffu
#define NOTIFY_SMPP_ID_SIZE 66 /* a message_id with its NUL (4.4.2) */
#define NOTIFY_SMPP_MESSAGE_MAX 254

/* Commands (5.1.2.1). */
#define SMPP_SUBMIT_SM 0x00000004u
#define SMPP_DELIVER_SM 0x00000005u
#define SMPP_UNBIND 0x00000006u
#define SMPP_BIND_TRANSCEIVER 0x00000009u
#define SMPP_ENQUIRE_LINK 0x00000015u
#define SMPP_ALERT_NOTIFICATION 0x00000102u
#define SMPP_GENERIC_NACK 0x80000000u
#define SMPP_RESPONSE 0x80000000u /* of a command: its id with this bit */

enum { SMPP_ESM_UDHI = 0x40, SMPP_ESM_TYPE = 0x3c, SMPP_ESM_RECEIPT = 0x04, SMPP_ESM_INTERMEDIATE = 0x20 }; /* 5.2.12 */

struct notify_smpp_pdu {
	uint32_t command, status, sequence;
	struct es_slice body;
};

enum notify_smpp_framing { SMPP_PDU_WHOLE, SMPP_PDU_PARTIAL, SMPP_PDU_BAD };
/* The PDU at the start of what was received. PARTIAL: more octets are to come. BAD: its length is none we take, and where the
 * next one begins nobody knows. */
enum notify_smpp_framing notify_smpp_frame(struct es_slice received, struct notify_smpp_pdu *out, size_t *taken);

/* ---- bodies that come ---- */

/* bind_transceiver_resp (4.1.6) with its TLVs; empty with an error, and from some with success. */
es_status notify_smpp_read_bind(struct es_slice body, uint8_t *version /* 0: not said */) ES_MUST_USE;
/* submit_sm_resp (4.4.2): "" where there is none. */
es_status notify_smpp_read_submit(struct es_slice body, char id[NOTIFY_SMPP_ID_SIZE]) ES_MUST_USE;

struct notify_smpp_deliver { /* 4.6.1 */
	struct es_slice source, destination;
	uint8_t esm_class, data_coding;
	struct es_slice message;   /* short_message, or the TLV message_payload */
	struct es_slice receipted; /* TLV receipted_message_id without its NUL; empty: none */
	uint8_t state;             /* TLV message_state; 0: none */
};
es_status notify_smpp_read_deliver(struct es_slice body, struct notify_smpp_deliver *out) ES_MUST_USE;
es_status notify_smpp_read_alert(struct es_slice body) ES_MUST_USE; /* 4.12.1 */
/* enquire_link, unbind, their responses and generic_nack: no body. */
es_status notify_smpp_read_empty(struct es_slice body) ES_MUST_USE;

/* ---- PDUs that go ---- */

struct notify_smpp_bind {                           /* 4.1.5 */
	const char *system_id, *password, *system_type; /* at most 15, 8, 12 octets */
	uint8_t ton, npi;
	const char *address_range; /* at most 40 */
};
void notify_smpp_put_bind(const struct notify_smpp_bind *bind, uint32_t sequence, struct es_buf *out);

struct notify_smpp_address {
	uint8_t ton, npi;
	const char *digits; /* at most 20 octets */
};

struct notify_smpp_submit {   /* 4.4.1 */
	const char *service_type; /* at most 5 */
	struct notify_smpp_address source, destination;
	uint8_t esm_class, protocol_id, priority, registered_delivery, data_coding;
	const char *validity; /* "" or 16 characters (7.1.1) */
	struct es_slice message;
	bool has_ports; /* TLVs source_port and destination_port */
	uint16_t source_port, destination_port;
	uint8_t sar_total, sar_number; /* TLVs sar_*, where sar_total is more than 1 */
	uint16_t sar_reference;
};
void notify_smpp_put_submit(const struct notify_smpp_submit *submit, uint32_t sequence, struct es_buf *out);
/* Without a body: enquire_link, unbind, their responses, generic_nack. */
void notify_smpp_put_empty(uint32_t command, uint32_t status, uint32_t sequence, struct es_buf *out);
void notify_smpp_put_deliver_resp(uint32_t status, uint32_t sequence, struct es_buf *out);

/* "000000HHMMSS000R" (7.1.1.2), up to 99 days; `out` holds 17. */
void notify_smpp_validity(int64_t ms, char out[17]);

#endif
