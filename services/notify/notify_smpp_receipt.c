/* notify_smpp_receipt.c -- the TLVs say it; where there are none, words of the text do. */
#include "notify_smpp_receipt.h"

#include "es_cleanup.h"

const char *const notify_receipt_names[RECEIPT_STATES] = {
	[RECEIPT_UNREADABLE] = "unreadable", [RECEIPT_ENROUTE] = "enroute", [RECEIPT_DELIVERED] = "delivered",
	[RECEIPT_EXPIRED] = "expired",       [RECEIPT_DELETED] = "deleted", [RECEIPT_UNDELIVERABLE] = "undeliverable",
	[RECEIPT_ACCEPTED] = "accepted",     [RECEIPT_UNKNOWN] = "unknown", [RECEIPT_REJECTED] = "rejected",
};

/* Appendix B's words, and those some SMSCs use for what it leaves out. */
static const struct {
	const char *word;
	enum notify_receipt_state state;
} words[] = {
	{ "DELIVRD", RECEIPT_DELIVERED },     { "EXPIRED", RECEIPT_EXPIRED },  { "DELETED", RECEIPT_DELETED },
	{ "UNDELIV", RECEIPT_UNDELIVERABLE }, { "ACCEPTD", RECEIPT_ACCEPTED }, { "UNKNOWN", RECEIPT_UNKNOWN },
	{ "REJECTD", RECEIPT_REJECTED },      { "ENROUTE", RECEIPT_ENROUTE },
};

static enum notify_receipt_state state_of(struct es_slice word)
{
	for (size_t i = 0; i < ES_COUNT(words); i++)
		if (es_slice_eq_nocase(word, es_slice_str(words[i].word)))
			return words[i].state;
	return RECEIPT_UNREADABLE;
}

/* What stands between "key:" and the next blank. */
static struct es_slice value_of(struct es_slice text, struct es_slice key)
{
	while (text.ptr != NULL) {
		const struct es_slice word = es_slice_cut(&text, ' ');
		if (es_slice_eq_nocase(es_slice_sub(word, 0, key.len), key))
			return es_slice_sub(word, key.len, word.len);
	}
	return (struct es_slice){ 0 };
}

bool notify_smpp_receipt(const struct notify_smpp_deliver *deliver, struct notify_receipt *out)
{
	const uint8_t type = deliver->esm_class & SMPP_ESM_TYPE;

	if (type != SMPP_ESM_RECEIPT && type != SMPP_ESM_INTERMEDIATE)
		return false;
	out->id = deliver->receipted.len > 0 ? deliver->receipted : value_of(deliver->message, ES_SLICE_LIT("id:"));
	out->state = deliver->state > 0 && deliver->state < RECEIPT_STATES
	                 ? (enum notify_receipt_state)deliver->state
	                 : state_of(value_of(deliver->message, ES_SLICE_LIT("stat:")));
	return true;
}
