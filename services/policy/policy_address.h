/* policy_address.h -- the operator's address service: what it is asked, and what it says. Pure. docs/sheets.md shows both forms. */
#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include "es_buf.h"
#include "policy_sheet.h"

enum policy_address_form { POLICY_ADDRESS_TMF673, POLICY_ADDRESS_SIMPLE };

/* JSON, into `out`. */
void policy_address_ask(enum policy_address_form form, const struct policy_address *address, struct es_buf *out);

struct policy_addresses {
	struct policy_candidate items[POLICY_CANDIDATES_MAX]; /* of the arena */
	size_t count;
	bool is_exact; /* the one that was asked for */
};
/* ES_MALFORMED: it says nothing that can be used. None at all is an answer: the address is not known. */
es_status policy_address_read(enum policy_address_form form, struct es_slice body, struct es_arena *arena,
                              struct policy_addresses *out) ES_MUST_USE;

#endif
