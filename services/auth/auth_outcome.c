/* auth_outcome.c -- the octets of an outcome. */
#include "auth_outcome.h"

#include "es_cleanup.h"

#define PLAIN_MAX 4096
#define PURPOSE "outcome"

es_status auth_outcome_seal(const struct auth_task *task, const uint8_t id[AUTH_SESSION_ID],
                            const struct auth_reply *reply, struct es_slice *sealed)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf b;

	es_buf_init(&b, PLAIN_MAX);
	es_put_u8(&b, (uint8_t)reply->outcome);
	es_put_u8(&b, (uint8_t)reply->reason);
	es_put_u64(&b, (uint64_t)reply->token_validity_s);
	es_put_u16(&b, (uint16_t)reply->packet.len);
	es_put_bytes(&b, reply->packet);
	es_put_bytes(&b, reply->token);
	ES_TRY(es_buf_status(&b));
	return auth_row_seal(task->env->session_keys, PURPOSE, id, es_buf_slice(&b), task->arena, sealed);
}

es_status auth_outcome_open(const struct auth_task *task, const uint8_t id[AUTH_SESSION_ID], struct es_slice sealed,
                            struct auth_reply *out)
{
	struct es_slice plain;

	ES_TRY(auth_row_open(task->env->session_keys, PURPOSE, id, sealed, task->arena, &plain));
	struct es_reader in = es_reader_of(plain);
	unsigned outcome = es_read_u8(&in), reason = es_read_u8(&in);
	int64_t validity = (int64_t)es_read_u64(&in);
	struct es_slice packet = es_read_bytes(&in, es_read_u16(&in));
	struct es_slice token = es_read_rest(&in);
	if (!es_reader_is_done(&in) || outcome > AUTH_LOST_SESSION || reason >= AUTH_REASON_COUNT)
		return ES_INTERNAL;
	*out = (struct auth_reply){ .outcome = (enum auth_outcome)outcome,
		                        .reason = (enum auth_reason)reason,
		                        .packet = packet,
		                        .token = token,
		                        .token_validity_s = validity };
	return ES_OK;
}

bool auth_outcome_is_refusal(const struct auth_reply *reply)
{
	return reply->outcome == AUTH_REJECT || (reply->outcome == AUTH_CHALLENGE && reply->reason != AUTH_SUCCESS);
}
