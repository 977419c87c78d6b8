/* es_eap_fuzz.c -- what the parser accepts, the writer can write, and the parser reads the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_eap.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static es_status rewrite(const struct es_eap_packet *p, struct es_buf *buf, struct es_slice *packet)
{
	struct es_eap_writer w = es_eap_begin(buf, p->code, p->identifier, p->type, p->subtype);
	uint8_t *mac = NULL;

	const struct {
		bool has;
		uint8_t attr;
		struct es_slice value;
	} sixteen[] = { { p->has_rand, AT_RAND, p->rand }, { p->has_autn, AT_AUTN, p->autn }, { p->has_iv, AT_IV, p->iv } },
	  counted[] = { { p->has_identity, AT_IDENTITY, p->identity }, { p->has_kdf_input, AT_KDF_INPUT, p->kdf_input } };
	for (size_t i = 0; i < ES_COUNT(sixteen); i++)
		if (sixteen[i].has)
			es_eap_put_16(&w, sixteen[i].attr, sixteen[i].value.ptr);
	for (size_t i = 0; i < ES_COUNT(counted); i++)
		if (counted[i].has)
			es_eap_put_counted(&w, counted[i].attr, counted[i].value);
	const struct {
		bool has;
		uint8_t attr;
		uint16_t value;
	} numbers[] = { { p->has_notification, AT_NOTIFICATION, p->notification },
		            { p->has_client_error_code, AT_CLIENT_ERROR_CODE, p->client_error_code },
		            { p->has_bidding, AT_BIDDING, p->bidding },
		            { p->has_permanent_id_req, AT_PERMANENT_ID_REQ, 0 },
		            { p->has_any_id_req, AT_ANY_ID_REQ, 0 },
		            { p->has_fullauth_id_req, AT_FULLAUTH_ID_REQ, 0 },
		            { p->has_result_ind, AT_RESULT_IND, 0 } };
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		if (numbers[i].has)
			es_eap_put_u16(&w, numbers[i].attr, numbers[i].value);
	for (size_t i = 0; i < p->kdf_count; i++)
		es_eap_put_u16(&w, AT_KDF, p->kdf[i]);
	if (p->has_res)
		es_eap_put_res(&w, p->res);
	if (p->has_auts)
		es_eap_put_auts(&w, p->auts.ptr);
	if (p->has_checkcode)
		es_eap_put_checkcode(&w, p->checkcode);
	if (p->has_encr_data)
		es_eap_put_encr_data(&w, p->encr_data);
	if (p->has_mac)
		es_eap_put_mac_space(&w);
	ES_TRY(es_eap_end(&w, packet, &mac));
	must((mac != NULL) == p->has_mac);
	if (mac != NULL)
		memcpy(mac, p->mac.ptr, 16);
	return ES_OK;
}

static void must_be_same(const struct es_eap_packet *a, const struct es_eap_packet *b)
{
	must(a->code == b->code && a->identifier == b->identifier && a->type == b->type && a->subtype == b->subtype);
	must(a->has_rand == b->has_rand && a->has_autn == b->has_autn && a->has_res == b->has_res);
	must(a->has_auts == b->has_auts && a->has_mac == b->has_mac && a->has_checkcode == b->has_checkcode);
	must(es_slice_eq(a->rand, b->rand) && es_slice_eq(a->autn, b->autn) && es_slice_eq(a->res, b->res));
	must(es_slice_eq(a->auts, b->auts) && es_slice_eq(a->mac, b->mac) && es_slice_eq(a->iv, b->iv));
	must(es_slice_eq(a->identity, b->identity) && es_slice_eq(a->kdf_input, b->kdf_input));
	must(es_slice_eq(a->checkcode, b->checkcode) && a->has_result_ind == b->has_result_ind);
	must(a->notification == b->notification && a->client_error_code == b->client_error_code);
	must(a->has_encr_data == b->has_encr_data && es_slice_eq(a->encr_data, b->encr_data));
	must(a->bidding == b->bidding && a->kdf_count == b->kdf_count);
	must(memcmp(a->kdf, b->kdf, sizeof a->kdf) == 0);
}

static void rewrite_inner(const struct es_eap_inner *p, struct es_buf *buf, struct es_slice *plain)
{
	struct es_eap_writer w = es_eap_begin_inner(buf);

	if (p->has_counter)
		es_eap_put_u16(&w, AT_COUNTER, p->counter);
	if (p->has_counter_too_small)
		es_eap_put_u16(&w, AT_COUNTER_TOO_SMALL, 0);
	if (p->has_nonce_s)
		es_eap_put_16(&w, AT_NONCE_S, p->nonce_s.ptr);
	if (p->has_next_pseudonym)
		es_eap_put_counted(&w, AT_NEXT_PSEUDONYM, p->next_pseudonym);
	if (p->has_next_reauth_id)
		es_eap_put_counted(&w, AT_NEXT_REAUTH_ID, p->next_reauth_id);
	must(es_eap_end_inner(&w, plain) == ES_OK);
}

/* What stands in AT_ENCR_DATA is taken as if it were decrypted already. */
static void check_inner(const struct es_eap_packet *packet)
{
	static uint8_t storage[ES_EAP_MAX_PACKET];
	struct es_eap_inner a, b;
	struct es_buf buf;
	struct es_slice plain;

	if (es_eap_parse_inner(packet, packet->encr_data, &a) != ES_OK)
		return;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	rewrite_inner(&a, &buf, &plain);
	must(plain.len % 16 == 0 && es_eap_parse_inner(packet, plain, &b) == ES_OK);
	must(a.has_counter == b.has_counter && a.counter == b.counter && a.has_nonce_s == b.has_nonce_s);
	must(a.has_counter_too_small == b.has_counter_too_small && es_slice_eq(a.nonce_s, b.nonce_s));
	must(a.has_next_pseudonym == b.has_next_pseudonym && es_slice_eq(a.next_pseudonym, b.next_pseudonym));
	must(a.has_next_reauth_id == b.has_next_reauth_id && es_slice_eq(a.next_reauth_id, b.next_reauth_id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t storage[ES_EAP_MAX_PACKET];
	struct es_eap_packet first, second;
	struct es_buf buf;
	struct es_slice written;

	if (es_eap_parse(es_slice_of(data, size), &first) != ES_OK)
		return 0;
	must(first.whole.ptr == data && first.whole.len == size);
	must(!first.has_mac || (first.mac.len == 16 && first.mac.ptr > data && first.mac.ptr + 16 <= data + size));
	if (first.type != EAP_TYPE_AKA && first.type != EAP_TYPE_AKA_PRIME)
		return 0;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	must(rewrite(&first, &buf, &written) == ES_OK);
	must(es_eap_parse(written, &second) == ES_OK);
	must_be_same(&first, &second);
	check_inner(&first);
	must(first.res_bits % 8 != 0 || first.res_bits == second.res_bits);
	return 0;
}
