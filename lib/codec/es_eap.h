/* es_eap.h -- EAP, EAP-AKA and EAP-AKA' packets (RFC 3748 section 4, RFC 4187 section 8 to 10, RFC 9048 section 6), both
 * directions.
 *
 * The parser fills a struct completely or fails; attribute rules (exact length, may repeat, may appear where) are a
 * table. The writer builds what the parser accepts. No cryptography: AT_MAC is located, not checked. Pure. */
#ifndef ES_EAP_H
#define ES_EAP_H

#include <stdbool.h>
#include <stdint.h>

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

enum es_eap_code { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };
enum es_eap_type { EAP_TYPE_IDENTITY = 1, EAP_TYPE_NAK = 3, EAP_TYPE_AKA = 23, EAP_TYPE_AKA_PRIME = 50 };
enum es_aka_subtype {
	AKA_CHALLENGE = 1,
	AKA_AUTHENTICATION_REJECT = 2,
	AKA_SYNCHRONIZATION_FAILURE = 4,
	AKA_IDENTITY = 5,
	AKA_NOTIFICATION = 12,
	AKA_REAUTHENTICATION = 13,
	AKA_CLIENT_ERROR = 14,
};
enum es_aka_attr {
	AT_RAND = 1,
	AT_AUTN = 2,
	AT_RES = 3,
	AT_AUTS = 4,
	AT_PADDING = 6,
	AT_PERMANENT_ID_REQ = 10,
	AT_MAC = 11,
	AT_NOTIFICATION = 12,
	AT_ANY_ID_REQ = 13,
	AT_IDENTITY = 14,
	AT_FULLAUTH_ID_REQ = 17,
	AT_COUNTER = 19,
	AT_COUNTER_TOO_SMALL = 20,
	AT_NONCE_S = 21,
	AT_CLIENT_ERROR_CODE = 22,
	AT_KDF_INPUT = 23,
	AT_KDF = 24,
	AT_IV = 129,
	AT_ENCR_DATA = 130,
	AT_NEXT_PSEUDONYM = 132,
	AT_NEXT_REAUTH_ID = 133,
	AT_CHECKCODE = 134,
	AT_RESULT_IND = 135,
	AT_BIDDING = 136,
};

#define ES_EAP_MAX_PACKET 4096 /* longer packets are refused: nothing legitimate comes near */

/* A parsed packet. Slices point into the packet. has_x says whether the attribute was there. */
struct es_eap_packet {
	uint8_t code, identifier, type; /* type 0 for Success and Failure */
	struct es_slice whole;
	struct es_slice nak_types;     /* of a NAK */
	struct es_slice identity_data; /* of an EAP-Response/Identity */
	uint8_t subtype;               /* AKA and AKA' only, with all below */
	bool has_rand, has_autn, has_res, has_auts, has_mac, has_notification, has_identity, has_client_error_code,
		has_checkcode, has_result_ind, has_iv, has_encr_data, has_permanent_id_req, has_any_id_req, has_fullauth_id_req,
		has_kdf_input, has_bidding;
	struct es_slice rand, autn, res, auts, mac, identity, checkcode, iv, encr_data, kdf_input;
	uint16_t res_bits, notification, client_error_code, bidding;
	uint16_t kdf[8];
	size_t kdf_count;
};

/* ES_MALFORMED for anything RFC 4187 8.1 and 10 forbid: Length not equal to the octets given, attribute length 0 or past
 * the end, unknown non-skippable attribute, duplicate, wrong size, AT_RES bits that do not fit. */
es_status es_eap_parse(struct es_slice bytes, struct es_eap_packet *out) ES_MUST_USE;

/* What AT_ENCR_DATA holds, decrypted (RFC 4187 10.12). Slices point into the octets given. */
struct es_eap_inner {
	bool has_counter, has_counter_too_small, has_nonce_s, has_next_pseudonym, has_next_reauth_id, has_padding;
	uint16_t counter;
	struct es_slice nonce_s, next_pseudonym, next_reauth_id;
};

/* `plain`: packet->encr_data decrypted. Same rules and errors as es_eap_parse(). What was decrypted with a wrong key is
 * ES_MALFORMED or nonsense: AT_MAC is checked first. */
es_status es_eap_parse_inner(const struct es_eap_packet *packet, struct es_slice plain,
                             struct es_eap_inner *out) ES_MUST_USE;

/* Writer: header with Length and AT_MAC filled in by es_eap_end. */
struct es_eap_writer {
	struct es_buf *buf;
	size_t start, mac_at; /* mac_at 0: no AT_MAC */
};
struct es_eap_writer es_eap_begin(struct es_buf *buf, uint8_t code, uint8_t identifier, uint8_t type, uint8_t subtype);
/* Attributes with two reserved octets and 16 octets of value: AT_RAND, AT_AUTN, AT_IV, AT_NONCE_S. */
void es_eap_put_16(struct es_eap_writer *w, uint8_t attr, const uint8_t value[16]);
void es_eap_put_res(struct es_eap_writer *w, struct es_slice res); /* 4..16 octets */
void es_eap_put_auts(struct es_eap_writer *w, const uint8_t auts[14]);
void es_eap_put_u16(struct es_eap_writer *w, uint8_t attr,
                    uint16_t value); /* AT_NOTIFICATION, AT_CLIENT_ERROR_CODE, ... */
void es_eap_put_counted(struct es_eap_writer *w, uint8_t attr,
                        struct es_slice value); /* actual length, value, padding: AT_IDENTITY, AT_KDF_INPUT */
void es_eap_put_checkcode(struct es_eap_writer *w, struct es_slice hash); /* empty or 20 or 32 octets */
void es_eap_put_mac_space(struct es_eap_writer *w);                       /* zeroed AT_MAC */
/* The ciphertext: what es_eap_end_inner() gave, encrypted. AT_IV goes before it. */
void es_eap_put_encr_data(struct es_eap_writer *w, struct es_slice blocks);
/* The attributes that are going to be encrypted, in a buffer of their own: es_eap_put_16(AT_NONCE_S), es_eap_put_u16
 * (AT_COUNTER, AT_COUNTER_TOO_SMALL), es_eap_put_counted (AT_NEXT_PSEUDONYM, AT_NEXT_REAUTH_ID). */
struct es_eap_writer es_eap_begin_inner(struct es_buf *buf);
/* Pads with AT_PADDING to whole blocks of 16. */
es_status es_eap_end_inner(struct es_eap_writer *w, struct es_slice *plain) ES_MUST_USE;
/* Fills Length. Returns the whole packet and, when there is an AT_MAC, where its 16 octets are to be written. */
es_status es_eap_end(struct es_eap_writer *w, struct es_slice *packet, uint8_t **mac) ES_MUST_USE;

#endif
