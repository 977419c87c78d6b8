/* notify_smpp_fuzz.c -- octets of an SMSC: frames, every reader of their bodies, receipts; and texts that are to be sent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify_smpp.h"
#include "notify_smpp_receipt.h"
#include "notify_smpp_status.h"
#include "notify_sms_parts.h"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static bool is_within(struct es_slice part, struct es_slice whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void read_bodies(const struct notify_smpp_pdu *pdu)
{
	struct notify_smpp_deliver deliver;
	struct notify_receipt receipt;
	char id[NOTIFY_SMPP_ID_SIZE];
	uint8_t version;

	(void)notify_smpp_status_of(pdu->status, NOTIFY_LATER);
	require((notify_smpp_read_empty(pdu->body) == ES_OK) == (pdu->body.len == 0));
	require(notify_smpp_read_alert(pdu->body) != ES_OK || pdu->body.len >= 6);
	require(notify_smpp_read_bind(pdu->body, &version) != ES_OK || pdu->body.len == 0 || pdu->body.len >= 1);
	require(notify_smpp_read_submit(pdu->body, id) != ES_OK || strlen(id) <= pdu->body.len);
	if (notify_smpp_read_deliver(pdu->body, &deliver) != ES_OK)
		return;
	require(is_within(deliver.message, pdu->body) && is_within(deliver.receipted, pdu->body));
	require(deliver.receipted.len < NOTIFY_SMPP_ID_SIZE);
	if (notify_smpp_receipt(&deliver, &receipt))
		require(is_within(receipt.id, pdu->body) && receipt.state < RECEIPT_STATES);
}

static void split(struct es_slice text)
{
	static const enum notify_text_coding codings[] = { TEXT_GSM, TEXT_ASCII, TEXT_LATIN1 };
	static struct notify_sms_parts parts;

	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		if (notify_sms_text(codings[i], text, 1, &parts) != ES_OK)
			continue;
		require(parts.count >= 1 && parts.count <= NOTIFY_SMS_PARTS_MAX);
		for (size_t j = 0; j < parts.count; j++)
			require(parts.part[j].len <= NOTIFY_SMS_PART_MAX && parts.part[j].udh_len <= parts.part[j].len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_slice left = es_slice_of(data, size);
	struct notify_smpp_pdu pdu;
	size_t taken = 0;

	if (size < 2048)
		split(left);
	while (notify_smpp_frame(left, &pdu, &taken) == SMPP_PDU_WHOLE) {
		require(taken >= NOTIFY_SMPP_HEADER && taken <= left.len && is_within(pdu.body, left));
		read_bodies(&pdu);
		left = es_slice_sub(left, taken, left.len);
	}
	return 0;
}
