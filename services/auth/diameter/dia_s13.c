/* dia_s13.c -- ME-Identity-Check out, Equipment-Status in. */
#include "dia_s13.h"

#include "es_text.h"

enum { IMEI_DIGITS = 14, SOFTWARE_DIGITS = 2 };

bool dia_s13_can_ask(const char *imei, const char *software)
{
	const struct es_slice a = es_slice_str(imei), b = es_slice_str(software);

	return a.len == IMEI_DIGITS && es_text_is_digits(a) &&
	       (b.len == 0 || (b.len == SOFTWARE_DIGITS && es_text_is_digits(b)));
}

es_status dia_s13_write_ecr(const struct dia_config *config, const struct dia_source *source, const char *session,
                            const char *imei, const char *software, struct es_buf *out)
{
	struct dia_writer w = dia_begin(out, DIA_REQUEST | DIA_PROXIABLE, DIA_ME_IDENTITY_CHECK, DIA_APP_S13);

	dia_put_front(&w, config, source, session, "");
	const size_t terminal = dia_open(&w, DIA_TERMINAL_INFORMATION);
	dia_put_str(&w, DIA_IMEI, imei);
	if (software[0] != '\0')
		dia_put_str(&w, DIA_SOFTWARE_VERSION, software);
	dia_close(&w, terminal);
	return dia_end(&w);
}

es_status dia_s13_read_status(struct es_slice body, enum dia_equipment_status *out)
{
	uint32_t status;

	ES_TRY(dia_find_u32(body, DIA_EQUIPMENT_STATUS, &status));
	if (status > DIA_GREYLISTED)
		return ES_MALFORMED;
	*out = (enum dia_equipment_status)status;
	return ES_OK;
}
