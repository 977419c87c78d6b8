/* dia_eap.c -- DER and STR out, DEA in. */
#include "dia_eap.h"

enum { AUTHORIZE_AUTHENTICATE = 3, STATE_MAINTAINED = 0, LOGOUT = 1 };

es_status dia_eap_write_der(const struct dia_config *config, const struct dia_source *source,
                            const struct dia_eap_ask *ask, struct es_buf *out)
{
	struct dia_writer w = dia_begin(out, DIA_REQUEST | DIA_PROXIABLE, DIA_EAP, source->app);

	dia_put_front(&w, config, source, ask->session, ask->destination_host);
	dia_put_u32(&w, DIA_AUTH_REQUEST_TYPE, AUTHORIZE_AUTHENTICATE);
	dia_put(&w, DIA_EAP_PAYLOAD, ask->packet);
	dia_put(&w, DIA_USER_NAME, ask->nai);
	dia_put_rat(&w, source);
	if (source->app == DIA_APP_STA && source->anid[0] != '\0')
		dia_put_str(&w, DIA_ANID, source->anid);
	if (source->visited_network[0] != '\0')
		dia_put_str(&w, DIA_VISITED_NETWORK, source->visited_network);
	if (ask->state.len > 0)
		dia_put(&w, DIA_STATE, ask->state);
	return dia_end(&w);
}

es_status dia_eap_write_str(const struct dia_config *config, const struct dia_source *source,
                            const struct dia_eap_ask *ask, struct es_buf *out)
{
	struct dia_writer w = dia_begin(out, DIA_REQUEST | DIA_PROXIABLE, DIA_SESSION_TERMINATION, source->app);

	dia_put_front(&w, config, source, ask->session, ask->destination_host);
	dia_put_u32(&w, DIA_TERMINATION_CAUSE, LOGOUT);
	dia_put(&w, DIA_USER_NAME, ask->nai);
	return dia_end(&w);
}

/* As dia_find(), but absence is an empty slice. */
static es_status find_or_empty(struct es_slice body, enum dia_attr attr, struct es_slice *out)
{
	const es_status status = dia_find(body, attr, out);

	if (status != ES_NOT_FOUND)
		return status;
	*out = (struct es_slice){ 0 };
	return ES_OK;
}

es_status dia_eap_read(struct es_slice body, const struct dia_result *result, struct dia_eap_answer *out)
{
	struct dia_eap_answer answer = { 0 };
	struct es_slice user = { 0 };
	uint32_t kept = STATE_MAINTAINED;

	ES_TRY(find_or_empty(body, DIA_EAP_PAYLOAD, &answer.packet));
	if (answer.packet.len == 0) /* the AAA did not understand the last one and repeats its own */
		ES_TRY(find_or_empty(body, DIA_EAP_REISSUED_PAYLOAD, &answer.packet));
	ES_TRY(find_or_empty(body, DIA_STATE, &answer.state));
	ES_TRY(find_or_empty(body, DIA_USER_NAME, &user));
	(void)!dia_imsi_of(user, &answer.imsi);
	const es_status said = dia_find_u32(body, DIA_AUTH_SESSION_STATE, &kept);
	if (said == ES_MALFORMED)
		return said;
	answer.keeps_state = result->code == DIA_SUCCESS && !result->is_experimental && kept == STATE_MAINTAINED;
	if (result->code == DIA_MULTI_ROUND && !result->is_experimental && answer.packet.len == 0)
		return ES_MALFORMED;
	*out = answer;
	return ES_OK;
}
