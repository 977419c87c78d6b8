/* dia_message.h -- Diameter messages (RFC 6733 3 and 4), both directions, without any library. Pure.
 *
 * The reader takes nothing for granted: every length is checked before it is used, groups are only entered where somebody
 * looks for something in them, and a group or number of the wrong size is as good as damaged. */
#ifndef DIA_MESSAGE_H
#define DIA_MESSAGE_H

#include "dia_attr.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

enum dia_message_flags { DIA_REQUEST = 0x80, DIA_PROXIABLE = 0x40, DIA_RESENT = 0x10 };

#define DIA_HEADER 20
#define DIA_MESSAGE_MAX (64u * 1024) /* octets; nothing legitimate comes near */

struct dia_message {
	uint8_t flags;
	uint32_t command, application, end_to_end;
	struct es_slice body; /* the attributes, every one of which has been walked */
};

/* ES_MALFORMED: another version, a length that is not that of the octets, an attribute that does not fit. */
es_status dia_message_parse(struct es_slice octets, struct dia_message *out) ES_MUST_USE;

struct dia_avp {
	uint32_t code, vendor;
	uint8_t flags;
	struct es_slice data;
};
/* Takes the next attribute off `*rest`. ES_NOT_FOUND at the end, ES_MALFORMED. */
es_status dia_avp_next(struct es_slice *rest, struct dia_avp *out) ES_MUST_USE;

/* Takes attributes off `*rest` up to the next `attr`, whose value it gives. As dia_avp_next(). */
es_status dia_find_next(struct es_slice *rest, enum dia_attr attr, struct es_slice *out) ES_MUST_USE;
/* The first `attr` of a body or group: ES_NOT_FOUND, or ES_MALFORMED when what stands before it does not parse. */
es_status dia_find(struct es_slice group, enum dia_attr attr, struct es_slice *out) ES_MUST_USE;
/* Also ES_MALFORMED when it has not four octets. */
es_status dia_find_u32(struct es_slice group, enum dia_attr attr, uint32_t *out) ES_MUST_USE;

/* Sets the end-to-end identifier (hop-by-hop too) and adds flags to those of a message made here. */
void dia_message_mark(uint8_t *octets, uint32_t end_to_end, uint8_t more_flags);

/* ---- writing ---- */

struct dia_writer {
	struct es_buf *buf;
	size_t start;
};
struct dia_writer dia_begin(struct es_buf *buf, uint8_t flags, enum dia_command command, enum dia_app application);
void dia_put(struct dia_writer *w, enum dia_attr attr, struct es_slice value);
void dia_put_str(struct dia_writer *w, enum dia_attr attr, const char *value);
void dia_put_u32(struct dia_writer *w, enum dia_attr attr, uint32_t value);
/* The same with the M bit as told: releases and vendors differ about some. */
void dia_put_u32_flag(struct dia_writer *w, enum dia_attr attr, uint32_t value, bool mandatory);
/* Opens a group; the value goes to dia_close(). */
size_t dia_open(struct dia_writer *w, enum dia_attr attr);
void dia_close(struct dia_writer *w, size_t group);
/* Fills the length. ES_TOO_LARGE when it did not fit. */
es_status dia_end(struct dia_writer *w) ES_MUST_USE;

#endif
