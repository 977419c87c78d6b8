/* dia_door.c -- an answer's attributes against dia_attr.h's rows. */
#include "dia_door.h"

#include <string.h>

#include "dia_message.h"

enum { FLAGS_AT = 4, MANDATORY = 0x40, GROUPS_MAX = 8 };
enum base_command { CAPABILITIES = 257, WATCHDOG = 280, DISCONNECT = 282 };

static bool is_base(uint32_t command)
{
	return command == CAPABILITIES || command == WATCHDOG || command == DISCONNECT;
}

static bool is_ours(uint32_t command)
{
	for (size_t i = 0; i < dia_command_count; i++)
		if (dia_commands[i].code == command)
			return true;
	return false;
}

static const struct dia_attr_row *row_of(const struct dia_avp *avp)
{
	for (size_t i = 0; i < DIA_ATTR_COUNT; i++)
		if (dia_attrs[i].code == avp->code && dia_attrs[i].vendor == avp->vendor)
			return &dia_attrs[i];
	return NULL;
}

static bool check_group(uint8_t *octets, size_t len, bool spares_unknown, unsigned depth, bool *spoiled);

static bool has_its_size(const struct dia_attr_row *row, const struct dia_avp *avp, uint8_t *data, bool spares_unknown,
                         unsigned depth, bool *spoiled)
{
	switch (row->type) {
	case DIA_OCTETS: return true;
	case DIA_U32:
	case DIA_I32: return avp->data.len == 4;
	case DIA_U64: return avp->data.len == 8;
	case DIA_GROUP: return check_group(data, avp->data.len, spares_unknown, depth + 1, spoiled);
	}
	return false;
}

/* The attribute at `at` becomes one that nobody knows and nobody has to. */
static void disguise(uint8_t *at)
{
	memset(at, 0xff, 4);
	at[FLAGS_AT] &= (uint8_t)~MANDATORY;
}

/* False: it does not parse, or is too deep. The base protocol has attributes that are no rows here. */
static bool check_group(uint8_t *octets, size_t len, bool spares_unknown, unsigned depth, bool *spoiled)
{
	struct es_slice rest = es_slice_of(octets, len);
	struct dia_avp avp;
	es_status status;

	if (depth > GROUPS_MAX)
		return false;
	for (;;) {
		uint8_t *at = octets + (len - rest.len);
		status = dia_avp_next(&rest, &avp);
		if (status != ES_OK)
			break;
		const struct dia_attr_row *row = row_of(&avp);
		uint8_t *data = octets + (avp.data.ptr - octets);
		if (row == NULL && (spares_unknown || (avp.flags & MANDATORY) == 0))
			continue;
		if (row != NULL && has_its_size(row, &avp, data, spares_unknown, depth, spoiled))
			continue;
		disguise(at);
		*spoiled = true;
	}
	return status == ES_NOT_FOUND;
}

enum dia_door dia_door_check(uint8_t *octets, size_t len, uint32_t *id)
{
	struct dia_message message;
	bool spoiled = false;

	/* What is no message ends the connection anyway; requests it answers as it should. */
	if (dia_message_parse(es_slice_of(octets, len), &message) != ES_OK || (message.flags & DIA_REQUEST) != 0)
		return DIA_DOOR_PASS;
	*id = message.end_to_end;
	if (!is_base(message.command) && !is_ours(message.command)) {
		octets[0] = 0;
		return DIA_DOOR_BREAK;
	}
	(void)check_group(octets + DIA_HEADER, len - DIA_HEADER, is_base(message.command), 0, &spoiled);
	return spoiled ? DIA_DOOR_SPOILED : DIA_DOOR_PASS;
}
