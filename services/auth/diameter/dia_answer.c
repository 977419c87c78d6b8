/* dia_answer.c -- the common parts of requests and answers. */
#include "dia_answer.h"

#include "es_id.h"
#include "es_text.h"

enum { NO_STATE_MAINTAINED = 1, RAT_WLAN = 0 };

static bool is_identity(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		      c == '_'))
			return false;
	}
	return text.len > 0 && text.len <= 255;
}

es_status dia_result_read(struct es_slice body, struct dia_result *out)
{
	struct dia_result result = { 0 };
	struct es_slice group;
	uint32_t vendor = 0;

	if (dia_find(body, DIA_ORIGIN_HOST, &result.peer) != ES_OK || !is_identity(result.peer))
		result.peer = (struct es_slice){ 0 };
	const es_status status = dia_find(body, DIA_EXPERIMENTAL_RESULT, &group);
	if (status == ES_MALFORMED)
		return status;
	if (status == ES_OK) {
		if (dia_find_u32(group, DIA_VENDOR_ID, &vendor) != ES_OK ||
		    dia_find_u32(group, DIA_EXPERIMENTAL_CODE, &result.code) != ES_OK)
			return ES_MALFORMED;
		result.is_experimental = true;
		if (vendor != DIA_3GPP) {
			result.code = 0;
			result.why = "Experimental-Result of another vendor";
		}
	} else if (dia_find_u32(body, DIA_RESULT_CODE, &result.code) != ES_OK) {
		return ES_MALFORMED;
	}
	*out = result;
	return ES_OK;
}

char *dia_session_id(const struct dia_node *node, uint32_t high, uint32_t low, struct es_arena *arena)
{
	return es_arena_printf(arena, "%s;%u;%u;openes", node->identity, high, low);
}

static void put_application(struct dia_writer *w, const struct dia_source *source)
{
	if (source->role == DIA_AAA) {
		dia_put_u32(w, DIA_AUTH_APPLICATION_ID, source->app);
		return;
	}
	const size_t group = dia_open(w, DIA_VENDOR_APPLICATION_ID);
	dia_put_u32(w, DIA_VENDOR_ID, DIA_3GPP);
	dia_put_u32(w, DIA_AUTH_APPLICATION_ID, source->app);
	dia_close(w, group);
	dia_put_u32(w, DIA_AUTH_SESSION_STATE, NO_STATE_MAINTAINED);
}

void dia_put_front(struct dia_writer *w, const struct dia_config *config, const struct dia_source *source,
                   const char *session, const char *destination_host)
{
	const char *host = destination_host[0] != '\0' ? destination_host : source->destination_host;

	dia_put_str(w, DIA_SESSION_ID, session);
	put_application(w, source);
	dia_put_str(w, DIA_ORIGIN_HOST, config->node.identity);
	dia_put_str(w, DIA_ORIGIN_REALM, config->node.realm);
	dia_put_str(w, DIA_DESTINATION_REALM, source->realm);
	if (host[0] != '\0')
		dia_put_str(w, DIA_DESTINATION_HOST, host);
}

void dia_put_rat(struct dia_writer *w, const struct dia_source *source)
{
	if (source->rat != DIA_RAT_NO)
		dia_put_u32_flag(w, DIA_RAT_TYPE, RAT_WLAN, source->rat == DIA_RAT_MANDATORY);
}

es_status dia_imsi_of(struct es_slice user_name, struct es_slice *digits)
{
	const struct es_slice name = es_slice_sub(user_name, 0, es_slice_find(user_name, '@'));
	struct es_imsi imsi;
	struct es_nai nai;

	/* 0<IMSI>@realm of a root NAI has a digit in front; 16 digits can be nothing else */
	const struct es_slice text =
		name.len < user_name.len && es_nai_parse(user_name, &nai) == ES_OK ? es_slice_sub(name, 1, name.len) : name;
	ES_TRY(es_imsi_parse(text, &imsi));
	*digits = text;
	return ES_OK;
}
