/* es_eap.c -- EAP-AKA packets in: what may appear, outside and inside AT_ENCR_DATA, is tables; all else follows from them. */
#include "es_eap.h"

#include <stddef.h>

#include "es_cleanup.h"
#include "es_reader.h"

enum { AKA = 1, AKA_PRIME = 2, ANY_AKA = AKA | AKA_PRIME };

/* Messages, as bits for the table of attributes. */
enum {
	Q_CHALLENGE = 1 << 0,
	Q_IDENTITY = 1 << 1,
	Q_NOTIFICATION = 1 << 2,
	Q_REAUTH = 1 << 3,
	R_CHALLENGE = 1 << 4,
	R_REJECT = 1 << 5,
	R_SYNC = 1 << 6,
	R_IDENTITY = 1 << 7,
	R_NOTIFICATION = 1 << 8,
	R_REAUTH = 1 << 9,
	R_CLIENT_ERROR = 1 << 10,
	NOWHERE = 0, /* only inside AT_ENCR_DATA */
};
#define CHALLENGES (Q_CHALLENGE | R_CHALLENGE)
#define REAUTHS (Q_REAUTH | R_REAUTH)
#define NOTIFICATIONS (Q_NOTIFICATION | R_NOTIFICATION)

/* RFC 4187 section 8.1 and 9: which subtype goes in which direction. */
static const struct {
	uint8_t code, subtype;
	unsigned message;
} messages[] = {
	{ EAP_REQUEST, AKA_CHALLENGE, Q_CHALLENGE },           { EAP_REQUEST, AKA_IDENTITY, Q_IDENTITY },
	{ EAP_REQUEST, AKA_NOTIFICATION, Q_NOTIFICATION },     { EAP_REQUEST, AKA_REAUTHENTICATION, Q_REAUTH },
	{ EAP_RESPONSE, AKA_CHALLENGE, R_CHALLENGE },          { EAP_RESPONSE, AKA_AUTHENTICATION_REJECT, R_REJECT },
	{ EAP_RESPONSE, AKA_SYNCHRONIZATION_FAILURE, R_SYNC }, { EAP_RESPONSE, AKA_IDENTITY, R_IDENTITY },
	{ EAP_RESPONSE, AKA_NOTIFICATION, R_NOTIFICATION },    { EAP_RESPONSE, AKA_REAUTHENTICATION, R_REAUTH },
	{ EAP_RESPONSE, AKA_CLIENT_ERROR, R_CLIENT_ERROR },
};

/* How the value is laid out, after type and length. */
enum layout {
	L_FLAG,     /* two reserved octets */
	L_U16,      /* a 16-bit number */
	L_RESERVED, /* two reserved octets, then the value */
	L_PLAIN,    /* the value */
	L_COUNTED,  /* its length in octets, the value, up to three octets of padding */
	L_RES,      /* its length in bits, the value, padding */
	L_BLOCKS,   /* two reserved octets, then a multiple of 16 */
	L_KDF,      /* a 16-bit number that may repeat */
	L_ZEROS,    /* zeros (AT_PADDING) */
};

#define FIELD(name) offsetof(struct es_eap_packet, name)
#define INNER(name) offsetof(struct es_eap_inner, name)
#define NO_FIELD SIZE_MAX

/* RFC 4187 section 10.1, RFC 9048 section 6.1 and 6.6: sizes in words of four octets, header included. */
static const struct attr_rule {
	uint8_t attr, min_words, max_words, types;
	enum layout layout;
	unsigned where;
	size_t has, value;
} attr_rules[] = {
	{ AT_RAND, 5, 5, ANY_AKA, L_RESERVED, Q_CHALLENGE, FIELD(has_rand), FIELD(rand) },
	{ AT_AUTN, 5, 5, ANY_AKA, L_RESERVED, Q_CHALLENGE, FIELD(has_autn), FIELD(autn) },
	{ AT_RES, 2, 5, ANY_AKA, L_RES, R_CHALLENGE, FIELD(has_res), NO_FIELD },
	{ AT_AUTS, 4, 4, ANY_AKA, L_PLAIN, R_SYNC, FIELD(has_auts), FIELD(auts) },
	{ AT_PADDING, 1, 3, ANY_AKA, L_ZEROS, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_PERMANENT_ID_REQ, 1, 1, ANY_AKA, L_FLAG, Q_IDENTITY, FIELD(has_permanent_id_req), NO_FIELD },
	{ AT_MAC, 5, 5, ANY_AKA, L_RESERVED, CHALLENGES | REAUTHS | NOTIFICATIONS, FIELD(has_mac), FIELD(mac) },
	{ AT_NOTIFICATION, 1, 1, ANY_AKA, L_U16, Q_NOTIFICATION, FIELD(has_notification), FIELD(notification) },
	{ AT_ANY_ID_REQ, 1, 1, ANY_AKA, L_FLAG, Q_IDENTITY, FIELD(has_any_id_req), NO_FIELD },
	{ AT_IDENTITY, 1, 255, ANY_AKA, L_COUNTED, R_IDENTITY, FIELD(has_identity), FIELD(identity) },
	{ AT_FULLAUTH_ID_REQ, 1, 1, ANY_AKA, L_FLAG, Q_IDENTITY, FIELD(has_fullauth_id_req), NO_FIELD },
	{ AT_COUNTER, 1, 1, ANY_AKA, L_U16, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_COUNTER_TOO_SMALL, 1, 1, ANY_AKA, L_FLAG, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_NONCE_S, 5, 5, ANY_AKA, L_RESERVED, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_CLIENT_ERROR_CODE, 1, 1, ANY_AKA, L_U16, R_CLIENT_ERROR, FIELD(has_client_error_code),
	  FIELD(client_error_code) },
	{ AT_KDF_INPUT, 1, 255, AKA_PRIME, L_COUNTED, Q_CHALLENGE, FIELD(has_kdf_input), FIELD(kdf_input) },
	{ AT_KDF, 1, 1, AKA_PRIME, L_KDF, CHALLENGES | R_SYNC, NO_FIELD, NO_FIELD },
	{ AT_IV, 5, 5, ANY_AKA, L_RESERVED, CHALLENGES | REAUTHS | NOTIFICATIONS, FIELD(has_iv), FIELD(iv) },
	{ AT_ENCR_DATA, 5, 253, ANY_AKA, L_BLOCKS, CHALLENGES | REAUTHS | NOTIFICATIONS, FIELD(has_encr_data),
	  FIELD(encr_data) },
	{ AT_NEXT_PSEUDONYM, 1, 255, ANY_AKA, L_COUNTED, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_NEXT_REAUTH_ID, 1, 255, ANY_AKA, L_COUNTED, NOWHERE, NO_FIELD, NO_FIELD },
	{ AT_CHECKCODE, 1, 6, AKA, L_RESERVED, CHALLENGES | REAUTHS, FIELD(has_checkcode), FIELD(checkcode) },
	{ AT_CHECKCODE, 1, 9, AKA_PRIME, L_RESERVED, CHALLENGES | REAUTHS, FIELD(has_checkcode), FIELD(checkcode) },
	{ AT_RESULT_IND, 1, 1, ANY_AKA, L_FLAG, CHALLENGES | REAUTHS, FIELD(has_result_ind), NO_FIELD },
	{ AT_BIDDING, 1, 1, AKA, L_U16, Q_CHALLENGE, FIELD(has_bidding), FIELD(bidding) },
};

/* RFC 4187 10.1, the attributes that are sent encrypted. All others are as unknown inside as these are forbidden outside. */
static const struct attr_rule inner_rules[] = {
	{ AT_PADDING, 1, 3, ANY_AKA, L_ZEROS, CHALLENGES | REAUTHS | NOTIFICATIONS, INNER(has_padding), NO_FIELD },
	{ AT_COUNTER, 1, 1, ANY_AKA, L_U16, REAUTHS | NOTIFICATIONS, INNER(has_counter), INNER(counter) },
	{ AT_COUNTER_TOO_SMALL, 1, 1, ANY_AKA, L_FLAG, R_REAUTH, INNER(has_counter_too_small), NO_FIELD },
	{ AT_NONCE_S, 5, 5, ANY_AKA, L_RESERVED, Q_REAUTH, INNER(has_nonce_s), INNER(nonce_s) },
	{ AT_NEXT_PSEUDONYM, 1, 255, ANY_AKA, L_COUNTED, Q_CHALLENGE, INNER(has_next_pseudonym), INNER(next_pseudonym) },
	{ AT_NEXT_REAUTH_ID, 1, 255, ANY_AKA, L_COUNTED, Q_CHALLENGE | Q_REAUTH, INNER(has_next_reauth_id),
	  INNER(next_reauth_id) },
};

/* What is being parsed: which rules hold, and the struct that they fill. */
struct target {
	const struct attr_rule *rules;
	size_t count;
	uint8_t types;
	unsigned message;
	void *out;
};

static const struct attr_rule *rule_of(const struct target *t, uint8_t attr)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rules[i].attr == attr && (t->rules[i].types & t->types) != 0)
			return &t->rules[i];
	return NULL;
}

static struct es_slice *slice_field(void *out, const struct attr_rule *rule)
{
	return (struct es_slice *)(void *)((uint8_t *)out + rule->value);
}

static void set_u16(void *out, const struct attr_rule *rule, uint16_t v)
{
	*(uint16_t *)(void *)((uint8_t *)out + rule->value) = v;
}

static bool take_zeros(struct es_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}

static bool take_kdf(struct es_reader *r, struct es_eap_packet *p)
{
	if (p->kdf_count == ES_COUNT(p->kdf))
		return false;
	p->kdf[p->kdf_count++] = es_read_u16(r);
	return true;
}

/* The value of `n` octets and its padding, which fills the last word and no more. */
static bool take_padded(struct es_reader *r, size_t n, struct es_slice *out)
{
	*out = es_read_bytes(r, n);
	return !r->bad && es_reader_left(r) < 4;
}

static bool take_res(struct es_reader *r, struct es_eap_packet *p)
{
	p->res_bits = es_read_u16(r);
	return p->res_bits >= 32 && p->res_bits <= 128 && take_padded(r, (p->res_bits + 7u) / 8, &p->res);
}

/* AT_KDF and AT_RES are in the table of the packet only: `out` is one then. */
static bool take_value(struct es_reader *r, const struct attr_rule *rule, void *out)
{
	switch (rule->layout) {
	case L_FLAG: return true;
	case L_U16: set_u16(out, rule, es_read_u16(r)); return true;
	case L_KDF: return take_kdf(r, out);
	case L_ZEROS: return take_zeros(es_read_rest(r)); /* RFC 4187 10.12 */
	case L_PLAIN: *slice_field(out, rule) = es_read_rest(r); return true;
	case L_RESERVED:
		(void)es_read_u16(r); /* ignored on receipt (RFC 4187 8.1) */
		*slice_field(out, rule) = es_read_rest(r);
		/* A size between the two that the attribute may have (AT_CHECKCODE: nothing or the hash). */
		return slice_field(out, rule)->len == 0 || slice_field(out, rule)->len == 4u * rule->max_words - 4;
	case L_COUNTED: return take_padded(r, es_read_u16(r), slice_field(out, rule));
	case L_RES: return take_res(r, out);
	case L_BLOCKS:
		(void)es_read_u16(r);
		*slice_field(out, rule) = es_read_rest(r);
		return slice_field(out, rule)->len % 16 == 0;
	}
	return false;
}

/* RFC 4187 8.1: type, length in words with both header octets, value. */
static es_status parse_attr(struct es_reader *r, const struct target *t)
{
	uint8_t attr = es_read_u8(r), words = es_read_u8(r);
	if (words == 0)
		return ES_MALFORMED;
	struct es_slice value = es_read_bytes(r, (size_t)words * 4 - 2);
	if (r->bad)
		return ES_MALFORMED;

	const struct attr_rule *rule = rule_of(t, attr);
	if (rule == NULL)
		return attr >= 128 ? ES_OK : ES_MALFORMED; /* 128 and above may be skipped */
	if (words < rule->min_words || words > rule->max_words || (rule->where & t->message) == 0)
		return ES_MALFORMED;
	if (rule->has != NO_FIELD) {
		bool *has = (bool *)(void *)((uint8_t *)t->out + rule->has);
		if (*has)
			return ES_MALFORMED;
		*has = true;
	}
	struct es_reader v = es_reader_of(value);
	return take_value(&v, rule, t->out) ? ES_OK : ES_MALFORMED;
}

/* 0: there is no such message. */
static unsigned message_of(const struct es_eap_packet *p)
{
	for (size_t i = 0; i < ES_COUNT(messages); i++)
		if (messages[i].code == p->code && messages[i].subtype == p->subtype)
			return messages[i].message;
	return 0;
}

static es_status parse_aka(struct es_reader *r, struct es_eap_packet *p)
{
	p->subtype = es_read_u8(r);
	(void)es_read_u16(r); /* reserved */
	if (r->bad)
		return ES_MALFORMED;
	const struct target t = { .rules = attr_rules,
		                      .count = ES_COUNT(attr_rules),
		                      .types = p->type == EAP_TYPE_AKA ? AKA : AKA_PRIME,
		                      .message = message_of(p),
		                      .out = p };
	if (t.message == 0)
		return ES_MALFORMED;
	while (es_reader_left(r) > 0)
		ES_TRY(parse_attr(r, &t));
	/* RFC 4187 10.12: AT_ENCR_DATA cannot be read without its AT_IV. */
	return p->has_encr_data && !p->has_iv ? ES_MALFORMED : ES_OK;
}

es_status es_eap_parse_inner(const struct es_eap_packet *packet, struct es_slice plain, struct es_eap_inner *out)
{
	struct es_reader r = es_reader_of(plain);
	struct es_eap_inner inner = { 0 };
	const struct target t = { .rules = inner_rules,
		                      .count = ES_COUNT(inner_rules),
		                      .types = ANY_AKA,
		                      .message = message_of(packet),
		                      .out = &inner };

	while (es_reader_left(&r) > 0)
		ES_TRY(parse_attr(&r, &t));
	*out = inner;
	return ES_OK;
}

static es_status parse_type(struct es_reader *r, struct es_eap_packet *p)
{
	p->type = es_read_u8(r);
	if (r->bad || p->type == 0)
		return ES_MALFORMED;
	switch (p->type) {
	case EAP_TYPE_IDENTITY: p->identity_data = es_read_rest(r); return ES_OK;
	case EAP_TYPE_NAK: /* RFC 3748 5.3.1: only in a response, with one octet at least */
		p->nak_types = es_read_rest(r);
		return p->code == EAP_RESPONSE && p->nak_types.len > 0 ? ES_OK : ES_MALFORMED;
	case EAP_TYPE_AKA:
	case EAP_TYPE_AKA_PRIME: return parse_aka(r, p);
	default: return ES_OK; /* well formed; the exchange refuses a method it did not ask for */
	}
}

es_status es_eap_parse(struct es_slice bytes, struct es_eap_packet *out)
{
	struct es_reader r = es_reader_of(bytes);
	struct es_eap_packet p = { .whole = bytes };

	p.code = es_read_u8(&r);
	p.identifier = es_read_u8(&r);
	uint16_t length = es_read_u16(&r);
	if (r.bad || length != bytes.len || length > ES_EAP_MAX_PACKET)
		return ES_MALFORMED;
	if (p.code == EAP_REQUEST || p.code == EAP_RESPONSE)
		ES_TRY(parse_type(&r, &p));
	else if ((p.code != EAP_SUCCESS && p.code != EAP_FAILURE) || length != 4)
		return ES_MALFORMED;
	*out = p;
	return ES_OK;
}
