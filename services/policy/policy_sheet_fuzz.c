/* policy_sheet_fuzz.c -- what comes back in a page, from an address service, from a payment page, and texts of a tenant.
 *
 * The first octet picks, the rest is the input. A state that is read is one that can be sealed and read again the same. */
#include <stdlib.h>
#include <string.h>

#include "es_crypto.h"
#include "policy_address.h"
#include "policy_payment.h"
#include "policy_sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

static struct es_keyring *ring(void)
{
	static struct es_keyring *one;
	struct es_buf error;

	es_buf_init(&error, 256);
	if (one == NULL) {
		es_crypto_init();
		CHECK(es_keyring_parse(ES_SLICE_LIT("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"),
		                       &one, &error) == ES_OK);
	}
	es_buf_free(&error);
	return one;
}

static void state(struct es_slice text, struct es_arena *arena)
{
	struct policy_sheet_state first, second;
	struct es_slice sealed;

	if (policy_sheet_state_open(ring(), text, 0, arena, &first) == ES_OK ||
	    policy_flow_open(ring(), text, 0, arena, &first.flow) == ES_OK)
		return;
	if (policy_sheet_state_read(text, arena, &first) != ES_OK)
		return;
	CHECK(policy_sheet_state_seal(ring(), &first, arena, &sealed) == ES_OK);
	es_status status = policy_sheet_state_open(ring(), sealed, 0, arena, &second);
	CHECK(status == ES_OK || status == ES_EXPIRED);
	CHECK(second.step == first.step && second.candidate_count == first.candidate_count);
	CHECK(strcmp(second.flow.imsi.digits, first.flow.imsi.digits) == 0);
}

static void address(struct es_slice text, struct es_arena *arena)
{
	struct policy_addresses found;

	for (unsigned form = POLICY_ADDRESS_TMF673; form <= POLICY_ADDRESS_SIMPLE; form++) {
		if (policy_address_read((enum policy_address_form)form, text, arena, &found) != ES_OK)
			continue;
		CHECK(found.count <= POLICY_CANDIDATES_MAX && (!found.is_exact || found.count > 0));
		for (size_t i = 0; i < found.count; i++)
			CHECK(strlen(found.items[i].id) <= POLICY_CANDIDATE_ID_MAX &&
			      strlen(found.items[i].label) <= POLICY_CANDIDATE_LABEL_MAX);
	}
}

static void payment(struct es_slice text, struct es_arena *arena)
{
	const uint8_t key[32] = { 1 };
	struct policy_payment result;
	struct es_slice order;

	if (policy_payment_peek(text, arena, &order) == ES_OK)
		CHECK(order.len > 0);
	if (policy_payment_result(key, text, 0, arena, &result) == ES_OK)
		CHECK(result.order.len > 0 && result.outcome <= POLICY_PAY_UNKNOWN);
}

static void words(struct es_slice text, struct es_arena *arena)
{
	const char *item = es_arena_strdup(arena, text);
	const struct policy_tenant tenant = { .texts = { &item, 1 } };

	if (item == NULL || !policy_is_text_override(text))
		return;
	for (unsigned t = 0; t < POLICY_SAYS_COUNT; t++)
		CHECK(policy_sheet_text(&tenant, (enum policy_sheet_text)t, 0)[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const decoders[])(struct es_slice text, struct es_arena * arena) = { state, address, payment, words };
	struct es_arena *arena = es_arena_new(0, 4u << 20);

	if (size > 0 && arena != NULL)
		decoders[(uint8_t)(data[0] - '0') % 4](es_slice_of(data + 1, size - 1), arena);
	es_arena_free(arena);
	return 0;
}
