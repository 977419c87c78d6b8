/* dia_traffic.c -- messages to and from freeDiameter's threads. */
#include "dia_library_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dia_door.h"
#include "dia_log_filter.h"
#include "dia_message.h"
#include "es_log.h"

/* Beyond what its own rules add or take. */
enum { SCORE_BASE = 100000, GRACE_MS = 200, HOST_MAX = 256 };

struct dia_asked {
	struct msg *request;
	uint32_t application;
};

static uint32_t id_of(struct msg *message, bool *is_request)
{
	struct msg_hdr *header = NULL;

	if (message == NULL || fd_msg_hdr(message, &header) != 0)
		return 0;
	*is_request = (header->msg_flags & CMD_FLAG_REQUEST) != 0;
	return header->msg_eteid;
}

/* ---- our requests ---- */

static void on_answer(void *data, struct msg **message)
{
	const struct dia_library_hooks *hooks = dia_library.hooks;
	const uint32_t id = (uint32_t)(uintptr_t)data;
	uint8_t *octets = NULL;
	size_t len = 0;

	if (fd_msg_bufferize(*message, &octets, &len) == 0) {
		hooks->answered(hooks->user, id, es_slice_of(octets, len));
		explicit_bzero(octets, len);
		free(octets);
	} else {
		hooks->discarded(hooks->user, id);
	}
	(void)fd_msg_free(*message);
	*message = NULL;
}

/* The one who asked has been told by a clock of ours. */
static void on_expiry(void *data, DiamId_t peer, size_t len, struct msg **message)
{
	(void)data;
	(void)peer;
	(void)len;
	(void)fd_msg_free(*message);
	*message = NULL;
}

static struct timespec wall_after(int64_t ms)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += (time_t)(ms / 1000);
	at.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	return at;
}

es_status dia_library_send(struct es_slice octets, uint32_t id, int64_t ms)
{
	const struct timespec until = wall_after(ms + GRACE_MS);
	uint8_t *copy = malloc(octets.len);
	struct msg *message = NULL;

	if (copy == NULL)
		return ES_TOO_LARGE;
	memcpy(copy, octets.ptr, octets.len);
	if (fd_msg_parse_buffer(&copy, octets.len, &message) != 0) {
		free(copy);
		return ES_INTERNAL;
	}
	if (fd_msg_parse_dict(message, fd_g_config->cnf_dict, NULL) != 0 ||
	    fd_msg_send_timeout(&message, on_answer, (void *)(uintptr_t)id, on_expiry, &until) != 0) {
		if (message != NULL)
			(void)fd_msg_free(message);
		return ES_INTERNAL;
	}
	return ES_OK;
}

/* Scores are ours alone: which peers serve a source, in which order, and which have been tried. */
static int on_route(void *data, struct msg **message, struct fd_list *candidates)
{
	const struct dia_library_hooks *hooks = dia_library.hooks;
	bool is_request = false;
	const uint32_t id = id_of(*message, &is_request);
	size_t best_peer = 0;
	int best = -1;

	(void)data;
	if (!is_request)
		return 0;
	for (struct fd_list *link = candidates->next; link != candidates; link = link->next) {
		struct rtd_candidate *candidate = (struct rtd_candidate *)(void *)link;
		const size_t peer =
			dia_config_peer_of_host(dia_library.config, es_slice_of(candidate->diamid, candidate->diamidlen));
		const int score = peer == SIZE_MAX ? -1 : hooks->score(hooks->user, id, peer);
		candidate->score = score < 0 ? -SCORE_BASE : SCORE_BASE + 10 * score;
		if (score > best) {
			best = score;
			best_peer = peer;
		}
	}
	if (best >= 0)
		hooks->sending(hooks->user, id, best_peer);
	return 0;
}

/* ---- what it says of messages and peers: without their contents ---- */

static void log_filtered(const char *event, struct peer_hdr *peer, const char *text)
{
	const char *host = peer != NULL ? peer->info.pi_diamid : "";
	char shown[512];
	struct es_buf out;

	es_buf_init_fixed(&out, shown, sizeof shown);
	dia_log_filter(es_slice_str(text), &out);
	es_warn(NULL, event, es_f_str("peer", host), es_f_slice("why", es_buf_slice(&out)));
}

/* A message that does not parse may not show more than that; `other` is text only where there is a message. */
static void on_bad_message(struct msg *message, struct peer_hdr *peer, const char *text)
{
	const struct dia_library_hooks *hooks = dia_library.hooks;
	bool is_request = true;
	const uint32_t id = id_of(message, &is_request);

	log_filtered("diameter.malformed", peer, message != NULL ? text : "not a Diameter message");
	if (!is_request)
		hooks->discarded(hooks->user, id);
}

static void on_event(enum fd_hook_type type, struct msg *message, struct peer_hdr *peer, void *other,
                     struct fd_hook_permsgdata *pmd, void *data)
{
	(void)pmd;
	(void)data;
	if (type == HOOK_MESSAGE_PARSING_ERROR)
		on_bad_message(message, peer, other);
	else if (type == HOOK_PEER_CONNECT_SUCCESS)
		es_info(NULL, "diameter.peer_open", es_f_str("peer", peer != NULL ? peer->info.pi_diamid : ""));
	else if (type == HOOK_PEER_CONNECT_FAILED)
		log_filtered("diameter.peer_lost", peer, other);
	else if (type == HOOK_MESSAGE_FAILOVER)
		es_debug(NULL, "diameter.failover", es_f_str("from", peer != NULL ? peer->info.pi_diamid : ""));
	else if (type == HOOK_MESSAGE_ROUTING_ERROR || type == HOOK_MESSAGE_DROPPED)
		es_debug(NULL, "diameter.not_routed"); /* nobody to send it to, or too late: whoever asked has been told */
}

/* The library says not to change anything here; it reads what is here all the same (dia_door.h). */
static void on_octets(enum fd_hook_type type, struct msg *message, struct peer_hdr *peer, void *other,
                      struct fd_hook_permsgdata *pmd, void *data)
{
	const struct dia_library_hooks *hooks = dia_library.hooks;
	struct fd_cnx_rcvdata *received = other;
	uint32_t id = 0;

	(void)type;
	(void)message;
	(void)peer;
	(void)pmd;
	(void)data;
	const enum dia_door door = dia_door_check(received->buffer, received->length, &id);
	if (door == DIA_DOOR_PASS)
		return;
	es_warn(NULL, "diameter.malformed", es_f_bool("ends_connection", door == DIA_DOOR_BREAK));
	hooks->discarded(hooks->user, id);
}

/* ---- their requests ---- */

static int on_request(struct msg **message, struct avp *avp, struct session *session, void *data,
                      enum disp_action *action)
{
	const struct dia_library_hooks *hooks = dia_library.hooks;
	struct msg_hdr *header = NULL;
	uint8_t *octets = NULL;
	size_t len = 0;

	(void)avp;
	(void)session;
	(void)data;
	if (fd_msg_hdr(*message, &header) != 0 || (header->msg_flags & CMD_FLAG_REQUEST) == 0)
		return 0;
	struct dia_asked *asked = malloc(sizeof *asked);
	if (asked == NULL || fd_msg_bufferize(*message, &octets, &len) != 0) {
		free(asked);
		return ENOMEM;
	}
	*asked = (struct dia_asked){ .request = *message, .application = header->msg_appl };
	*message = NULL;
	*action = DISP_ACT_CONT;
	if (!hooks->asked(hooks->asked_user, asked, es_slice_of(octets, len))) {
		*message = asked->request;
		free(asked);
		if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, message, 0) == 0 &&
		    fd_msg_rescode_set(*message, (char[]){ "DIAMETER_TOO_BUSY" }, NULL, NULL, 1) == 0)
			*action = DISP_ACT_SEND;
	}
	free(octets);
	return 0;
}

static es_status add_number(msg_or_avp *parent, enum dia_attr attr, uint32_t number)
{
	union avp_value value;
	struct avp *avp;

	if (dia_attrs[attr].type == DIA_I32)
		value.i32 = (int32_t)number;
	else
		value.u32 = number;
	if (fd_msg_avp_new(dia_library.models[attr], 0, &avp) != 0)
		return ES_TOO_LARGE;
	struct avp_hdr *header;
	if (fd_msg_avp_hdr(avp, &header) == 0)
		header->avp_flags |= AVP_FLAG_MANDATORY;
	if (fd_msg_avp_setvalue(avp, &value) != 0 || fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, avp) != 0) {
		(void)fd_msg_free(avp);
		return ES_TOO_LARGE;
	}
	return ES_OK;
}

/* A group of Vendor-Id 3GPP and one more number. */
static es_status add_group(struct msg *answer, enum dia_attr group, enum dia_attr attr, uint32_t number)
{
	struct avp_hdr *header;
	struct avp *avp;

	if (fd_msg_avp_new(dia_library.models[group], 0, &avp) != 0)
		return ES_TOO_LARGE;
	if (fd_msg_avp_hdr(avp, &header) == 0)
		header->avp_flags |= AVP_FLAG_MANDATORY;
	if (fd_msg_avp_add(answer, MSG_BRW_LAST_CHILD, avp) != 0) {
		(void)fd_msg_free(avp);
		return ES_TOO_LARGE;
	}
	ES_TRY(add_number(avp, DIA_VENDOR_ID, DIA_3GPP));
	return add_number(avp, attr, number);
}

static es_status fill_answer(struct msg *answer, uint32_t application, uint32_t code, bool is_experimental)
{
	enum { NO_STATE_MAINTAINED = 1 };

	if (application == DIA_APP_SWX) {
		ES_TRY(add_group(answer, DIA_VENDOR_APPLICATION_ID, DIA_AUTH_APPLICATION_ID, application));
		ES_TRY(add_number(answer, DIA_AUTH_SESSION_STATE, NO_STATE_MAINTAINED));
	}
	if (is_experimental)
		ES_TRY(add_group(answer, DIA_EXPERIMENTAL_RESULT, DIA_EXPERIMENTAL_CODE, code));
	else
		ES_TRY(add_number(answer, DIA_RESULT_CODE, code));
	return fd_msg_add_origin(answer, 0) == 0 ? ES_OK : ES_TOO_LARGE;
}

void dia_library_answer(struct dia_asked *asked, uint32_t code, bool is_experimental)
{
	struct msg *message = asked->request;
	const uint32_t application = asked->application;

	free(asked);
	if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, &message, 0) != 0 ||
	    fill_answer(message, application, code, is_experimental) != ES_OK || fd_msg_send(&message, NULL, NULL) != 0)
		es_warn(NULL, "diameter.answer_lost");
	if (message != NULL)
		(void)fd_msg_free(message);
}

void dia_library_drop(struct dia_asked *asked)
{
	(void)fd_msg_free(asked->request);
	free(asked);
}

/* ---- registration ---- */

static es_status register_handler(uint32_t code, struct es_buf *error)
{
	struct disp_when when = { 0 };
	command_code_t command = code;

	if (fd_dict_search(fd_g_config->cnf_dict, DICT_COMMAND, CMD_BY_CODE_R, &command, &when.command, ENOENT) != 0 ||
	    fd_disp_register(on_request, DISP_HOW_CC, &when, NULL, NULL) != 0) {
		es_put_printf(error, "freeDiameter takes no handler of command %u", code);
		return ES_INTERNAL;
	}
	return ES_OK;
}

es_status dia_traffic_register(struct es_buf *error)
{
	static const uint32_t unasked[] = { DIA_REGISTRATION_TERMINATION, DIA_PUSH_PROFILE, DIA_ABORT_SESSION,
		                                DIA_RE_AUTH };
	/* A type with a hook is no longer dumped into the log by the library: all that have a message in them. */
	const uint32_t types =
		HOOK_MASK(HOOK_MESSAGE_RECEIVED, HOOK_MESSAGE_LOCAL, HOOK_MESSAGE_SENT, HOOK_MESSAGE_ROUTING_FORWARD,
	              HOOK_MESSAGE_ROUTING_LOCAL, HOOK_MESSAGE_PARSING_ERROR, HOOK_MESSAGE_ROUTING_ERROR,
	              HOOK_MESSAGE_DROPPED, HOOK_MESSAGE_FAILOVER, HOOK_PEER_CONNECT_SUCCESS, HOOK_PEER_CONNECT_FAILED);
	struct fd_rt_out_hdl *route = NULL;
	struct fd_hook_hdl *hook = NULL, *door = NULL;

	for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++)
		ES_TRY(register_handler(unasked[i], error));
	if (fd_rt_out_register(on_route, NULL, 0, &route) != 0 ||
	    fd_hook_register(types, on_event, NULL, NULL, &hook) != 0 ||
	    fd_hook_register(HOOK_MASK(HOOK_DATA_RECEIVED), on_octets, NULL, NULL, &door) != 0) {
		es_put_str(error, "freeDiameter takes no hooks");
		return ES_INTERNAL;
	}
	return ES_OK;
}
