/* notify_smpp_receipt.h -- delivery receipts (SMPP 3.4, 5.2.12 and appendix B): of which message, and what became of it. Pure. */
#ifndef NOTIFY_SMPP_RECEIPT_H
#define NOTIFY_SMPP_RECEIPT_H

#include "notify_smpp.h"

enum notify_receipt_state { /* 5.2.28 */
	                        RECEIPT_UNREADABLE,
	                        RECEIPT_ENROUTE,
	                        RECEIPT_DELIVERED,
	                        RECEIPT_EXPIRED,
	                        RECEIPT_DELETED,
	                        RECEIPT_UNDELIVERABLE,
	                        RECEIPT_ACCEPTED,
	                        RECEIPT_UNKNOWN,
	                        RECEIPT_REJECTED,
	                        RECEIPT_STATES
};
extern const char *const notify_receipt_names[RECEIPT_STATES];

struct notify_receipt {
	struct es_slice id; /* into the PDU; empty: not said */
	enum notify_receipt_state state;
};

/* False: it is none but a message from a phone. TLVs where they are, else "id:... stat:..." in the text. */
bool notify_smpp_receipt(const struct notify_smpp_deliver *deliver, struct notify_receipt *out);

#endif
