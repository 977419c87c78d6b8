/* es_id.c -- the only makers of subscriber identifiers. */
#include "es_id.h"

#include <string.h>

#include "es_text.h"

enum { IMSI_MIN = 6, IMSI_MAX = 15, MSISDN_MIN = 5, MSISDN_MAX = 15 };

es_status es_imsi_parse(struct es_slice text, struct es_imsi *out)
{
	if (text.len < IMSI_MIN || text.len > IMSI_MAX || !es_text_is_digits(text))
		return ES_MALFORMED;
	*out = (struct es_imsi){ "" };
	memcpy(out->digits, text.ptr, text.len);
	return ES_OK;
}

es_status es_msisdn_parse(struct es_slice text, struct es_msisdn *out)
{
	if (text.len < 1 + MSISDN_MIN || text.len > 1 + MSISDN_MAX || text.ptr[0] != '+' ||
	    !es_text_is_digits(es_slice_sub(text, 1, text.len)))
		return ES_MALFORMED;
	*out = (struct es_msisdn){ "" };
	memcpy(out->text, text.ptr, text.len);
	return ES_OK;
}

/* Takes the last label off a domain name. */
static struct es_slice take_last_label(struct es_slice *name)
{
	struct es_slice all = *name;
	size_t dot = all.len;

	while (dot > 0 && all.ptr[dot - 1] != '.')
		dot--;
	*name = es_slice_sub(all, 0, dot == 0 ? 0 : dot - 1);
	return es_slice_sub(all, dot, all.len);
}

/* "mnc001" -> "001" */
static bool network_code(struct es_slice label, struct es_slice prefix, char out[4])
{
	struct es_slice code = es_slice_sub(label, prefix.len, label.len);

	if (!es_slice_eq_nocase(es_slice_sub(label, 0, prefix.len), prefix) || code.len != 3 || !es_text_is_digits(code))
		return false;
	memcpy(out, code.ptr, 3);
	out[3] = '\0';
	return true;
}

/* Letters, digits and hyphens in labels of 1 to 63 (RFC 1035 2.3.1). */
static bool is_host_name(struct es_slice name)
{
	size_t label = 0;

	if (name.len == 0 || name.len > 253)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i], folded = c | 0x20;
		if (c == '.' && label > 0) {
			label = 0;
			continue;
		}
		if (!(c >= '0' && c <= '9') && !(folded >= 'a' && folded <= 'z') && c != '-')
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0;
}

es_status es_nai_parse(struct es_slice text, struct es_nai *out)
{
	size_t at = es_slice_find(text, '@');
	struct es_slice user = es_slice_sub(text, 0, at);
	struct es_slice realm = es_slice_sub(text, at + 1, text.len);
	struct es_nai nai = { .lead = '\0' };

	/* TS 23.003 19.3.2: the first digit says the method, 8 is the last in use; the IMSI follows. */
	if (user.len == 0 || user.ptr[0] < '0' || user.ptr[0] > '8' || !is_host_name(realm))
		return ES_MALFORMED;
	nai.lead = (char)user.ptr[0];
	ES_TRY(es_imsi_parse(es_slice_sub(user, 1, user.len), &nai.imsi));
	if (!es_slice_eq_nocase(take_last_label(&realm), ES_SLICE_LIT("org")) ||
	    !es_slice_eq_nocase(take_last_label(&realm), ES_SLICE_LIT("3gppnetwork")) ||
	    !network_code(take_last_label(&realm), ES_SLICE_LIT("mcc"), nai.mcc) ||
	    !network_code(take_last_label(&realm), ES_SLICE_LIT("mnc"), nai.mnc) ||
	    realm.len == 0) /* nai.epc, nai.5gc, wlan, or what the operator has agreed */
		return ES_MALFORMED;
	*out = nai;
	return ES_OK;
}
